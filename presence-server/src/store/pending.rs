//! What is still to be written. Of each subject only the newest counts, so that it stays bounded as what the hub holds
//! is, also while nothing can be written.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_hub::saved::{Change, ReportKey, Who};
use presence_model::agent::{AgentRecord, FeatureStatus};
use presence_model::feed::Notification;
use presence_model::id::{AgentId, ConversationId, FeatureId, InstanceKey, SessionId, UserId};
use presence_model::time::Millis;

#[derive(Debug, Default)]
pub struct Pending {
    agents: Newest<AgentId, (Arc<AgentRecord>, Millis)>,
    keys: BTreeMap<Millis, Vec<ReportKey>>,
    keys_forgotten: Option<Millis>,
    features: Newest<FeatureId, (FeatureStatus, Millis)>,
    /// With their place among all, which tells which came first.
    notifications: Newest<(UserId, Arc<str>), (u64, Arc<Notification>)>,
    last_place: u64,
    members: Newest<ConversationId, (Vec<UserId>, Millis)>,
    last_seen: LastSeen,
}

/// Apart, since of each who comes there is one in each, and a key of all kinds would be as large as the largest.
#[derive(Debug, Default)]
struct LastSeen {
    users: Newest<UserId, Millis>,
    instances: Newest<InstanceKey, Millis>,
    sessions: Newest<SessionId, Millis>,
    server: Newest<(), Millis>,
}

impl LastSeen {
    fn set(&mut self, who: Who, at: Millis) {
        match who {
            Who::User(user) => self.users.set(user, at),
            Who::Instance(instance) => self.instances.set(instance, at),
            Who::Session(session) => self.sessions.set(session, at),
            Who::Server => self.server.set((), at),
        }
    }

    fn forget(&mut self, who: Who) {
        match who {
            Who::User(user) => self.users.forget(user),
            Who::Instance(instance) => self.instances.forget(instance),
            Who::Session(session) => self.sessions.forget(session),
            Who::Server => self.server.forget(()),
        }
    }

    fn len(&self) -> usize {
        let Self { users, instances, sessions, server } = self;
        users.len() + instances.len() + sessions.len() + server.len()
    }

    fn iter(&self) -> impl Iterator<Item = Change> {
        fn of<K: Ord + Clone>(which: &Newest<K, Millis>, who: fn(K) -> Who) -> impl Iterator<Item = Change> {
            which.iter().map(move |(key, newest)| match (who(key.clone()), newest) {
                (who, Some(at)) => Change::LastSeen { who, at: *at },
                (who, None) => Change::LastSeenForgotten(who),
            })
        }
        let people = of(&self.users, Who::User).chain(of(&self.instances, Who::Instance));
        people.chain(of(&self.sessions, Who::Session)).chain(of(&self.server, |()| Who::Server))
    }
}

impl Pending {
    pub fn keep(&mut self, change: Change) {
        match change {
            Change::Agent { record, keys, at } => {
                self.agents.set(record.agent.clone(), (record, at));
                self.add_keys(keys, at);
            }
            Change::Keys { keys, at } => self.add_keys(keys, at),
            Change::AgentForgotten(agent) => self.agents.forget(agent),
            Change::KeysForgotten { up_to } => {
                self.keys = self.keys.split_off(&(up_to + Millis(1)));
                self.keys_forgotten = self.keys_forgotten.max(Some(up_to));
            }
            Change::Feature { feature, status, at } => self.features.set(feature, (status, at)),
            Change::FeatureForgotten(feature) => self.features.forget(feature),
            Change::Kept { user, notification } => {
                self.last_place += 1;
                self.notifications.set((user, notification.id.clone()), (self.last_place, notification));
            }
            Change::NotKept { user, id } => self.notifications.forget((user, id)),
            Change::Members { conversation, members, .. } if members.is_empty() => self.members.forget(conversation),
            Change::Members { conversation, members, at } => self.members.set(conversation, (members, at)),
            Change::LastSeen { who, at } => self.last_seen.set(who, at),
            Change::LastSeenForgotten(who) => self.last_seen.forget(who),
        }
    }

    fn add_keys(&mut self, keys: Vec<ReportKey>, at: Millis) {
        if !keys.is_empty() {
            self.keys.entry(at).or_default().extend(keys);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many changes it comes to.
    pub fn len(&self) -> usize {
        let Self { agents, keys, keys_forgotten, features, notifications, last_place: _, members, last_seen } = self;
        usize::from(keys_forgotten.is_some())
            + keys.len()
            + agents.len()
            + features.len()
            + notifications.len()
            + members.len()
            + last_seen.len()
    }

    /// To be written in this order, all or none. There may be many, so each is made when it is its turn.
    pub fn iter(&self) -> impl Iterator<Item = Change> {
        let keys_forgotten = self.keys_forgotten.map(|up_to| Change::KeysForgotten { up_to }).into_iter();
        let keys = self.keys.iter().map(|(at, keys)| Change::Keys { keys: keys.clone(), at: *at });
        let agents = self.agents.iter().map(|(agent, newest)| match newest {
            Some((record, at)) => Change::Agent { record: record.clone(), keys: vec![], at: *at },
            None => Change::AgentForgotten(agent.clone()),
        });
        let features = self.features.iter().map(|(feature, newest)| match newest {
            Some((status, at)) => Change::Feature { feature: feature.clone(), status: *status, at: *at },
            None => Change::FeatureForgotten(feature.clone()),
        });
        let mut notifications: Vec<_> = self.notifications.iter().collect();
        notifications.sort_by_key(|(_, newest)| newest.as_ref().map(|(place, _)| *place));
        let notifications = notifications.into_iter().map(|((user, id), newest)| match newest {
            Some((_, notification)) => Change::Kept { user: user.clone(), notification: notification.clone() },
            None => Change::NotKept { user: user.clone(), id: id.clone() },
        });
        let members = self.members.iter().map(|(conversation, newest)| {
            let (members, at) = newest.clone().unwrap_or_default();
            Change::Members { conversation: conversation.clone(), members, at }
        });
        keys_forgotten
            .chain(keys)
            .chain(agents)
            .chain(features)
            .chain(notifications)
            .chain(members)
            .chain(self.last_seen.iter())
    }

    /// Takes over what came after all this.
    pub fn then(&mut self, later: &Self) {
        later.iter().for_each(|change| self.keep(change));
    }
}

/// How many that are forgotten wait at most, of each kind: without a disk there would be more and more of them. What is
/// forgotten above that may be known again after a restart.
const MOST_FORGOTTEN: usize = 100_000;

/// The newest of each subject; `None` if it is forgotten.
#[derive(Debug)]
struct Newest<K, V> {
    entries: BTreeMap<K, Option<V>>,
    forgotten: usize,
}

impl<K, V> Default for Newest<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), forgotten: 0 }
    }
}

impl<K: Ord, V> Newest<K, V> {
    fn set(&mut self, of: K, newest: V) {
        let was = self.entries.insert(of, Some(newest));
        self.forgotten -= usize::from(matches!(was, Some(None)));
    }

    fn forget(&mut self, which: K) {
        let was = self.entries.remove(&which);
        self.forgotten -= usize::from(matches!(was, Some(None)));
        if self.forgotten < MOST_FORGOTTEN {
            self.entries.insert(which, None);
            self.forgotten += 1;
        }
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn iter(&self) -> impl Iterator<Item = (&K, &Option<V>)> {
        self.entries.iter()
    }
}
