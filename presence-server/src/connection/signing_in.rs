//! Who speaks: the first word of a socket, a later one that says it anew, a newer token.

use presence_hub::io::{Input, Shard};
use presence_model::close::Close;
use presence_model::command::{Command, Hello};
use presence_model::refusal::Code;
use tracing::debug;

use crate::clock::wall_now;
use crate::connection::{AUTH, Connection, Context};
use crate::dialect::Dialect;

/// How far it is known who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) enum Greeting {
    Awaited,
    /// The lobby was told, and has not answered.
    Passed,
    Answered,
}

impl Connection {
    /// `/ws` says at once who a token's bearer is. Which instance that is comes with a `connect`, if one comes: so the
    /// list waits for a moment, or it would show somebody else first.
    pub(in crate::connection) fn answer_before_asked(&mut self, context: &mut Context<'_>) {
        let is_provisional = self.identity.is_offered() && !self.identity.is_placed();
        let hello = Hello { is_provisional, ..Hello::default() };
        self.introduce(context, None, Box::new(hello), AUTH);
        if is_provisional && self.greeting == Greeting::Passed {
            self.is_offered = true;
            self.pulse.expect_hello_soon(context.now);
        }
    }

    /// The first message says no more of who speaks, or none came in time.
    pub(in crate::connection) fn stop_waiting(&mut self, context: &mut Context<'_>) {
        self.is_offered = false;
        // Or who says anything else first would be closed for it.
        self.pulse.greet();
        match (self.greeting, self.session.is_some()) {
            (Greeting::Awaited, _) => self.introduce(context, None, Box::default(), AUTH),
            (_, true) => self.send(context, Shard::LOBBY, Command::Appear),
            // The lobby has not answered; nothing is lost by another moment.
            (_, false) => {
                self.is_offered = true;
                self.pulse.expect_hello_soon(context.now);
            }
        }
    }

    /// Finds out who speaks, and tells the lobby.
    pub(in crate::connection) fn introduce(
        &mut self,
        context: &mut Context<'_>,
        token: Option<String>,
        mut hello: Box<Hello>,
        message: &'static str,
    ) {
        self.pulse.greet();
        self.is_offered = false;
        let fresh = self.identity.fresh();
        let device = self.talk.as_ref().and_then(|talk| talk.device());
        let before = self.identity.principal().map(|principal| principal.user_id.clone());
        match self.identity.introduce(message, token.as_deref(), &mut hello, device, &fresh) {
            Ok(principal) => {
                if let Some(talk) = &mut self.talk {
                    talk.admit(&principal, &mut hello);
                }
                debug!(said = message, user = %principal.user_id, "hello");
                if before.is_some_and(|user| user != principal.user_id) {
                    self.forget_asking();
                }
                self.pulse.watch_token(context.now, wall_now(), principal.expires_at);
                // Also by a later hello the socket may come to speak for another session: what follows it waits.
                self.greeting = Greeting::Passed;
                // It may hide a session that rooms know of by this socket.
                if self.session.is_some() {
                    self.order = self.order.then_hello();
                }
                self.is_known = true;
                let (connection, form, ip) = (self.id, self.dialect.form(), Some(self.ip.clone()));
                let granted = Vec::new();
                let input = Input::Hello { connection, form, principal, granted, hello, fresh, ip };
                self.greet_lobby(context, input);
            }
            Err(refusal) => {
                debug!(said = message, code = %refusal.code, "not signed in");
                if let Some(said) = self.talk.as_mut().and_then(|talk| talk.turn_away(&refusal)) {
                    return self.act_on(context, said);
                }
                // Who has an older token may come back with a newer one.
                let is_old = refusal.code == Code::TokenExpired;
                self.say(&self.dialect.not_signed_in(message, refusal, context.now));
                if self.dialect == Dialect::Binary {
                    self.close(if is_old { Close::TokenExpired } else { Close::Unauthorized }.into());
                }
            }
        }
    }

    /// Takes a newer token of the same user; any other changes nothing.
    pub(in crate::connection) fn renew(&mut self, context: &mut Context<'_>, token: &str) {
        match self.identity.renew(token) {
            Ok(principal) => {
                debug!(user = %principal.user_id, "renewed");
                self.pulse.watch_token(context.now, wall_now(), principal.expires_at);
                context.said.push_back((Shard::LOBBY, Input::Renewed { connection: self.id, principal }));
            }
            Err(refusal) => self.refuse(context, AUTH, None, refusal),
        }
    }
}
