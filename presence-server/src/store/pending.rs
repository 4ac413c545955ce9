//! What is still to be written. Of each subject only the newest counts, so that it stays bounded as what the hub holds
//! is, also while nothing can be written.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_hub::saved::{Change, ReportKey, Who};
use presence_model::agent::{AgentRecord, FeatureStatus};
use presence_model::feed::Notification;
use presence_model::id::{AgentId, ConversationId, FeatureId, UserId};
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
    last_seen: Newest<Who, Millis>,
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
        let Self { agents, keys, keys_forgotten, features, notifications, last_place: _, members, last_seen } = self;
        agents.is_empty()
            && keys.is_empty()
            && keys_forgotten.is_none()
            && features.is_empty()
            && notifications.is_empty()
            && members.is_empty()
            && last_seen.is_empty()
    }

    /// To be written in this order, all or none.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = vec![];
        changes.extend(self.keys_forgotten.map(|up_to| Change::KeysForgotten { up_to }));
        changes.extend(self.keys.iter().map(|(at, keys)| Change::Keys { keys: keys.clone(), at: *at }));
        changes.extend(self.agents.iter().map(|(agent, newest)| match newest {
            Some((record, at)) => Change::Agent { record: record.clone(), keys: vec![], at: *at },
            None => Change::AgentForgotten(agent.clone()),
        }));
        changes.extend(self.features.iter().map(|(feature, newest)| match newest {
            Some((status, at)) => Change::Feature { feature: feature.clone(), status: *status, at: *at },
            None => Change::FeatureForgotten(feature.clone()),
        }));
        let mut notifications: Vec<_> = self.notifications.iter().collect();
        notifications.sort_by_key(|(_, newest)| newest.as_ref().map(|(place, _)| *place));
        changes.extend(notifications.into_iter().map(|((user, id), newest)| match newest {
            Some((_, notification)) => Change::Kept { user: user.clone(), notification: notification.clone() },
            None => Change::NotKept { user: user.clone(), id: id.clone() },
        }));
        changes.extend(self.members.iter().map(|(conversation, newest)| {
            let (members, at) = newest.clone().unwrap_or_default();
            Change::Members { conversation: conversation.clone(), members, at }
        }));
        changes.extend(self.last_seen.iter().map(|(who, newest)| match newest {
            Some(at) => Change::LastSeen { who: who.clone(), at: *at },
            None => Change::LastSeenForgotten(who.clone()),
        }));
        changes
    }

    /// Takes over what came after all this.
    pub fn then(&mut self, later: &Self) {
        later.changes().into_iter().for_each(|change| self.keep(change));
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

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (&K, &Option<V>)> {
        self.entries.iter()
    }
}
