//! Followers that were shown a part of the agents, and are to be shown the rest.

use std::collections::BTreeMap;

use presence_model::id::{AgentId, ConnectionId};
use presence_model::time::Millis;

use crate::expiry::Expiry;

#[derive(Debug, Default)]
pub struct Beginners {
    /// The last agent that each was shown.
    shown: BTreeMap<ConnectionId, AgentId>,
    next: Expiry<ConnectionId>,
}

impl Beginners {
    pub fn put(&mut self, connection: ConnectionId, shown: AgentId, next: Millis) {
        self.shown.insert(connection, shown);
        self.next.set(connection, next);
    }

    pub fn forget(&mut self, connection: ConnectionId) {
        self.shown.remove(&connection);
        self.next.clear(&connection);
    }

    /// One whose next part is due, and the last agent that it was shown.
    pub fn pop(&mut self, now: Millis) -> Option<(ConnectionId, AgentId)> {
        let connection = self.next.pop(now)?;
        self.shown.remove_entry(&connection)
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        self.next.next()
    }
}
