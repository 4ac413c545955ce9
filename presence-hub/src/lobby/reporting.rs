//! What agents report, and who follows it.

use presence_model::agent::{AgentEvent, Watcher};
use presence_model::id::{AgentId, ConnectionId};
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::io::CallId;
use crate::lobby::Lobby;
use crate::outputs::Outputs;

impl Lobby {
    /// A socket without a session follows agents.
    pub fn watch(&mut self, now: Millis, connection: ConnectionId, watcher: Watcher, out: &mut Outputs) {
        let _ = (now, out);
        self.followers.watch(connection, watcher, self.limits.dashboards_per_user);
    }

    pub fn take_report(&mut self, now: Millis, agent: &AgentId, events: Vec<AgentEvent>, out: &mut Outputs) {
        let _ = (now, agent, events, out);
    }

    pub fn post(&mut self, now: Millis, call: CallId, posting: Posting, out: &mut Outputs) {
        let receipt = match posting {
            Posting::Look(_) => Ok(Receipt::Agents(self.agents.all().cloned().collect())),
            posting => {
                let _ = (now, posting);
                Err(Refusal::new(Code::UnknownMessage, "not yet"))
            }
        };
        out.posted(call, receipt);
    }
}
