//! What they are told, and what is there to be seen.

use std::sync::Arc;

use presence_hub::hub::Hub;
use presence_hub::io::Shard;
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::room::Member;

use crate::stage::{Desk, Stage};
use crate::transcript;
use crate::visit::key;

impl Stage {
    /// The lines since this was last asked.
    pub(crate) fn take(&mut self, connection: ConnectionId) -> Vec<String> {
        self.settle();
        self.desks.get_mut(&connection).map(|desk| std::mem::take(&mut desk.lines)).unwrap_or_default()
    }

    /// As [`Self::take`], without doing first what is due.
    pub(crate) fn told_lines(&mut self, connection: ConnectionId) -> Vec<String> {
        self.desks.get_mut(&connection).map(|desk| std::mem::take(&mut desk.lines)).unwrap_or_default()
    }

    /// The events since this was last asked.
    pub(crate) fn events(&mut self, connection: ConnectionId) -> Vec<Arc<Event>> {
        self.settle();
        self.desks.get_mut(&connection).map(|desk| std::mem::take(&mut desk.told)).unwrap_or_default()
    }

    /// As [`Self::events`], without doing first what is due.
    pub(crate) fn told(&mut self, connection: ConnectionId) -> Vec<Arc<Event>> {
        self.desks.get_mut(&connection).map(|desk| std::mem::take(&mut desk.told)).unwrap_or_default()
    }

    /// Forgets what all were told until now.
    pub(crate) fn hear_nothing(&mut self) {
        self.settle();
        for desk in self.desks.values_mut() {
            desk.lines.clear();
            desk.told.clear();
        }
    }

    pub(crate) fn desk(&self, connection: ConnectionId) -> &Desk {
        &self.desks[&connection]
    }

    pub(crate) fn connections(&self) -> Vec<ConnectionId> {
        self.desks.keys().copied().collect()
    }

    pub(crate) fn members(&self, name: &str) -> Vec<Member> {
        let key = key(name);
        let shard = Shard::of(&key.room, self.hubs.len());
        self.hubs[shard.0].members(&key).cloned().collect()
    }

    /// Who is in a room, as the hub has it.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.members(name).iter().map(transcript::member).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hubs.iter().all(Hub::is_empty)
    }

    /// The last mark behind what a socket was told.
    pub(crate) fn last_mark(&self, connection: ConnectionId) -> Option<u64> {
        self.desks[&connection].mark
    }
}
