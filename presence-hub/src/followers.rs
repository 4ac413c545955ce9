//! Which sockets follow what, besides rooms and the list of who is here.

pub mod beginners;

use std::collections::{BTreeMap, BTreeSet};

use presence_model::agent::Watcher;
use presence_model::feed::Feed;
use presence_model::id::{ConnectionId, UserId};

use crate::followers::beginners::Beginners;

#[derive(Debug, Default)]
pub struct Followers {
    agents: BTreeSet<ConnectionId>,
    pub beginners: Beginners,
    messages: BTreeMap<ConnectionId, UserId>,
    by_user: BTreeSet<(UserId, ConnectionId)>,
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
                if self.messages.get(&connection) == Some(user) {
                    return false;
                }
                self.unfollow(connection, feed);
                self.by_user.insert((user.clone(), connection));
                self.messages.insert(connection, user.clone());
                true
            }
        }
    }

    /// A socket without a session follows agents. False if there are as many of its kind as may be.
    pub fn watch(&mut self, connection: ConnectionId, watcher: Watcher, most: usize) -> bool {
        if self.dashboards.contains_key(&connection) {
            return true;
        }
        let of_watcher = self.by_watcher.get(&watcher).copied().unwrap_or_default();
        if of_watcher >= most {
            return false;
        }
        self.by_watcher.insert(watcher.clone(), of_watcher + 1);
        self.dashboards.insert(connection, watcher);
        self.agents.insert(connection);
        true
    }

    pub fn unfollow(&mut self, connection: ConnectionId, feed: Feed) {
        match feed {
            Feed::Agents => {
                self.agents.remove(&connection);
                self.beginners.forget(connection);
            }
            Feed::Messages => {
                let Some(user) = self.messages.remove(&connection) else { return };
                self.by_user.remove(&(user, connection));
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
        let (first, last) = (ConnectionId(u64::MIN), ConnectionId(u64::MAX));
        let of_user = self.by_user.range((user.clone(), first)..=(user.clone(), last));
        of_user.map(|(_, connection)| *connection).collect()
    }

    pub fn is_watching(&self, connection: ConnectionId) -> bool {
        self.dashboards.contains_key(&connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user(number: u8) -> UserId {
        UserId::parse(&format!("u{number}")).unwrap()
    }

    #[derive(Clone, Debug)]
    enum Step {
        Follow(u64, u8, Feed),
        Unfollow(u64, Feed),
        Watch(u64, u8),
        Forget(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let feed = || prop_oneof![Just(Feed::Agents), Just(Feed::Messages)];
        prop_oneof![
            (0..6_u64, 0..3_u8, feed()).prop_map(|(socket, user, feed)| Step::Follow(socket, user, feed)),
            (0..6_u64, feed()).prop_map(|(socket, feed)| Step::Unfollow(socket, feed)),
            (6..12_u64, 0..2_u8).prop_map(|(socket, user)| Step::Watch(socket, user)),
            (0..12_u64).prop_map(Step::Forget),
        ]
    }

    proptest! {
        #[test]
        fn they_are_as_the_plain_rules_say(steps in proptest::collection::vec(step(), 0..60)) {
            let mut real = Followers::default();
            let (mut agents, mut messages) = (BTreeSet::new(), BTreeMap::new());
            let mut dashboards = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Follow(socket, number, feed) => {
                        let is_new = match feed {
                            Feed::Agents => agents.insert(socket),
                            Feed::Messages => messages.insert(socket, number) != Some(number),
                        };
                        prop_assert_eq!(real.follow(ConnectionId(socket), &user(number), feed), is_new);
                    }
                    Step::Unfollow(socket, feed) => {
                        match feed {
                            Feed::Agents => drop(agents.remove(&socket)),
                            Feed::Messages => drop(messages.remove(&socket)),
                        }
                        real.unfollow(ConnectionId(socket), feed);
                    }
                    Step::Watch(socket, number) => {
                        let others = dashboards.values().filter(|whose| **whose == number).count();
                        let is_let_in = dashboards.contains_key(&socket) || others < 2;
                        if is_let_in {
                            dashboards.entry(socket).or_insert(number);
                            agents.insert(socket);
                        }
                        let watcher = Watcher::User(user(number));
                        prop_assert_eq!(real.watch(ConnectionId(socket), watcher, 2), is_let_in);
                    }
                    Step::Forget(socket) => {
                        agents.remove(&socket);
                        messages.remove(&socket);
                        dashboards.remove(&socket);
                        real.forget(ConnectionId(socket));
                    }
                }
                let ids = |sockets: Vec<&u64>| sockets.into_iter().copied().map(ConnectionId).collect::<Vec<_>>();
                prop_assert_eq!(real.of_agents(), ids(agents.iter().collect()));
                prop_assert_eq!(real.of_messages(), ids(messages.keys().collect()));
                for number in 0..3 {
                    let own = messages.iter().filter(|(_, whose)| **whose == number).map(|(socket, _)| socket);
                    prop_assert_eq!(real.of_user(&user(number)), ids(own.collect()));
                }
                for socket in 0..12 {
                    prop_assert_eq!(real.is_watching(ConnectionId(socket)), dashboards.contains_key(&socket));
                }
            }
        }
    }
}
