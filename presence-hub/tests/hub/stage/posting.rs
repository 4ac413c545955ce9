//! Who posts over HTTP, who follows agents and nothing else, and what is left after a restart.

use std::sync::Arc;

use presence_hub::hub::{Hub, HubConfig};
use presence_hub::io::{CallId, Input, Shard};
use presence_hub::saved::Saved;
use presence_model::agent::{AgentEvent, Watcher};
use presence_model::id::{AgentId, ConnectionId};
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::Refusal;

use crate::disk;
use crate::stage::{Desk, Stage};

impl Stage {
    /// Somebody posts over HTTP; the answer comes before anything else happens.
    pub(crate) fn post(&mut self, posting: Posting) -> Result<Receipt, Refusal> {
        self.calls += 1;
        let call = CallId(self.calls);
        self.handle(0, Input::Post { call, posting: Box::new(posting) });
        self.receipts.remove(&call).expect("a posting is answered")
    }

    /// A socket reports for an agent.
    pub(crate) fn report_for(&mut self, agent: AgentId, events: Vec<AgentEvent>) {
        self.handle(0, Input::Reported { agent, events });
    }

    /// A socket without a session follows agents.
    pub(crate) fn watch_agents(&mut self, watcher: Watcher) -> ConnectionId {
        let connection = ConnectionId(self.desks.len() as u64);
        self.desks.insert(connection, Desk::default());
        self.handle(0, Input::Follow { connection, watcher });
        connection
    }

    /// What is on the disk.
    pub(crate) fn disk(&self) -> Saved {
        disk::after(&self.config.saved, &self.saved)
    }

    /// The server ends in order, and a new one starts.
    pub(crate) fn end_and_restart(&mut self) {
        self.hubs[0].end(self.now);
        self.collect(0);
        self.restart();
    }

    /// The server dies, and a new one has what was on the disk. Nobody has a socket any more.
    pub(crate) fn restart(&mut self) {
        let mut saved = self.disk();
        saved.settle(self.now);
        let saved = Arc::new(saved);
        self.saved.clear();
        self.config = HubConfig { epoch: self.config.epoch + 1, saved, ..self.config.clone() };
        self.hubs = (0..self.hubs.len()).map(|shard| Hub::new(self.now, Shard(shard), self.config.clone())).collect();
        self.desks.values_mut().for_each(|desk| desk.ended = true);
        self.post.clear();
    }
}
