//! Which sockets follow what, besides rooms and the list of who is here.

use std::collections::{BTreeMap, BTreeSet};

use presence_model::agent::Watcher;
use presence_model::feed::Feed;
use presence_model::id::{ConnectionId, UserId};

#[derive(Debug, Default)]
pub struct Followers {
    agents: BTreeSet<ConnectionId>,
    messages: BTreeMap<ConnectionId, UserId>,
    by_user: BTreeMap<UserId, BTreeSet<ConnectionId>>,
    /// Sockets without a session, and whose they count as.
    dashboards: BTreeMap<ConnectionId, Watcher>,
    by_watcher: BTreeMap<Watcher, usize>,
}

impl Followers {
    /// True if it did not follow before.
    pub fn follow(&mut self, connection: ConnectionId, user: &UserId, feed: Feed) -> bool {
        match feed {
            Feed::Agents => self.agents.insert(connection),
            Feed::Messages => {
                self.by_user.entry(user.clone()).or_default().insert(connection);
                self.messages.insert(connection, user.clone()).is_none()
            }
        }
    }

    /// A socket without a session follows agents. False if there are as many of its kind as may be.
    pub fn watch(&mut self, connection: ConnectionId, watcher: Watcher, most: usize) -> bool {
        let of_watcher = self.by_watcher.get(&watcher).copied().unwrap_or_default();
        if of_watcher >= most {
            return false;
        }
        self.by_watcher.insert(watcher.clone(), of_watcher + 1);
        self.dashboards.insert(connection, watcher);
        self.agents.insert(connection)
    }

    pub fn unfollow(&mut self, connection: ConnectionId, feed: Feed) {
        match feed {
            Feed::Agents => {
                self.agents.remove(&connection);
            }
            Feed::Messages => {
                let Some(user) = self.messages.remove(&connection) else { return };
                if let Some(sockets) = self.by_user.get_mut(&user) {
                    sockets.remove(&connection);
                    if sockets.is_empty() {
                        self.by_user.remove(&user);
                    }
                }
            }
        }
    }

    /// The socket is gone.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.unfollow(connection, Feed::Agents);
        self.unfollow(connection, Feed::Messages);
        let Some(watcher) = self.dashboards.remove(&connection) else { return };
        if let Some(count) = self.by_watcher.get_mut(&watcher) {
            *count -= 1;
            if *count == 0 {
                self.by_watcher.remove(&watcher);
            }
        }
    }

    pub fn of_agents(&self) -> Vec<ConnectionId> {
        self.agents.iter().copied().collect()
    }

    pub fn of_messages(&self) -> Vec<ConnectionId> {
        self.messages.keys().copied().collect()
    }

    /// Where a user hears of messages.
    pub fn of_user(&self, user: &UserId) -> Vec<ConnectionId> {
        self.by_user.get(user).into_iter().flatten().copied().collect()
    }

    pub fn is_watching(&self, connection: ConnectionId) -> bool {
        self.dashboards.contains_key(&connection)
    }
}
