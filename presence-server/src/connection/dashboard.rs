//! Sockets that follow agents and speak for no session, and what agents report over any socket.

use presence_hub::io::{Input, Shard};
use presence_model::agent::{AgentEvent, Watcher};
use presence_model::close::Close;
use presence_model::command::Hello;
use presence_model::id::{AgentId, UserId};
use presence_model::refusal::{Code, Refusal};
use presence_model::wire::json::door::Door;
use tracing::debug;

use crate::auth::publishing::{may_report, nobody};
use crate::clock::wall_now;
use crate::connection::{AUTH, Connection, Context};
use crate::dialect::Dialect;

/// What errors about following are about.
const BROADCASTS: &str = "broadcasts";

impl Connection {
    pub(in crate::connection) fn is_dashboard(&self) -> bool {
        self.dialect == Dialect::Json(Door::Broadcasts)
    }

    /// Begins to follow agents, for those who may know who is here. A bad token is refused where none is needed too.
    pub(in crate::connection) fn watch(&mut self, context: &mut Context<'_>) {
        let admitted = match self.identity.is_offered() {
            true => self.introduce_dashboard(context, None).map(Watcher::User),
            false if context.app.public_dashboards => Ok(Watcher::Address(self.ip.clone())),
            false => Err(nobody(BROADCASTS)),
        };
        match admitted {
            Ok(watcher) => {
                debug!(?watcher, "watches");
                self.is_known = true;
                context.said.push_back((Shard::LOBBY, Input::Follow { connection: self.id, watcher }));
            }
            Err(refusal) => {
                // Who has an older token may come back with a newer one.
                let is_old = refusal.code == Code::TokenExpired;
                self.refuse(context, BROADCASTS, None, refusal);
                self.close(if is_old { Close::TokenExpired } else { Close::Unauthorized }.into());
            }
        }
    }

    /// Takes a newer token, or the first, by which a dashboard may say more than before.
    pub(in crate::connection) fn identify(&mut self, context: &mut Context<'_>, token: Option<String>) {
        match self.introduce_dashboard(context, token) {
            Ok(user) => self.say(&Dialect::signed_in(&user, context.now)),
            Err(refusal) => self.say(&self.dialect.not_signed_in(AUTH, refusal, context.now)),
        }
    }

    fn introduce_dashboard(&mut self, context: &Context<'_>, token: Option<String>) -> Result<UserId, Refusal> {
        let principal = match (token, self.identity.principal()) {
            (Some(token), Some(_)) => self.identity.renew(&token)?,
            (token, _) => {
                let fresh = self.identity.fresh();
                self.identity.introduce(AUTH, token.as_deref(), &mut Hello::default(), None, &fresh)?
            }
        };
        self.pulse.watch_token(context.now, wall_now(), principal.expires_at);
        Ok(principal.user_id)
    }

    /// Passes on what an agent did, if the socket may say it.
    pub(in crate::connection) fn report(
        &mut self,
        context: &mut Context<'_>,
        message: &'static str,
        agent: AgentId,
        events: Vec<AgentEvent>,
    ) {
        match may_report(&context.app.gate, self.identity.principal(), message, &agent) {
            Ok(()) => context.said.push_back((Shard::LOBBY, Input::Reported { agent, events })),
            Err(refusal) => self.refuse(context, message, None, refusal),
        }
    }
}
