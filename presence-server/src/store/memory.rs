//! A store without a disk: what every other one is compared with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use presence_hub::saved::{Change, ReportKey, Saved, Who};
use presence_model::agent::{AgentRecord, FeatureStatus};
use presence_model::feed::Notification;
use presence_model::id::{AgentId, ConversationId, FeatureId, UserId};
use presence_model::time::Millis;

use crate::store::contract::{Store, StoreError};

/// Clones share what they hold: one can be dropped and another opened, as files can.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    agents: BTreeMap<AgentId, AgentRecord>,
    keys: BTreeMap<ReportKey, Millis>,
    features: BTreeMap<FeatureId, (FeatureStatus, Millis)>,
    /// As they came.
    notifications: Vec<(UserId, Notification)>,
    members: BTreeMap<ConversationId, (Vec<UserId>, Millis)>,
    last_seen: BTreeMap<Who, Millis>,
}

impl Kept {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Agent { record, keys, at } => {
                self.agents.insert(record.agent.clone(), (**record).clone());
                self.add_keys(keys, *at);
            }
            Change::Keys { keys, at } => self.add_keys(keys, *at),
            Change::AgentForgotten(agent) => drop(self.agents.remove(agent)),
            Change::KeysForgotten { up_to } => self.keys.retain(|_, at| *at > *up_to),
            Change::Feature { feature, status, at } => drop(self.features.insert(feature.clone(), (*status, *at))),
            Change::FeatureForgotten(feature) => drop(self.features.remove(feature)),
            Change::Kept { user, notification } => {
                self.release(user, &notification.id);
                self.notifications.push((user.clone(), (**notification).clone()));
            }
            Change::NotKept { user, id } => self.release(user, id),
            Change::Members { conversation, members, .. } if members.is_empty() => {
                self.members.remove(conversation);
            }
            Change::Members { conversation, members, at } => {
                self.members.insert(conversation.clone(), (members.clone(), *at));
            }
            Change::LastSeen { who, at } => drop(self.last_seen.insert(who.clone(), *at)),
            Change::LastSeenForgotten(who) => drop(self.last_seen.remove(who)),
        }
    }

    fn add_keys(&mut self, keys: &[ReportKey], at: Millis) {
        for key in keys {
            let kept = self.keys.entry(key.clone()).or_insert(at);
            *kept = at.max(*kept);
        }
    }

    fn release(&mut self, user: &UserId, id: &str) {
        self.notifications.retain(|(to, notification)| to != user || *notification.id != *id);
    }
}

impl Store for MemoryStore {
    fn load(&mut self) -> Result<Saved, StoreError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<_> = kept.keys.iter().map(|(key, at)| (key.clone(), *at)).collect();
        keys.sort_by_key(|(_, at)| *at);
        let mut notifications = kept.notifications.clone();
        notifications.sort_by_key(|(_, notification)| notification.at);
        Ok(Saved {
            agents: kept.agents.values().cloned().collect(),
            keys,
            features: kept.features.iter().map(|(feature, (status, at))| (feature.clone(), *status, *at)).collect(),
            notifications,
            members: kept.members.iter().map(|(of, (members, at))| (of.clone(), members.clone(), *at)).collect(),
            last_seen: kept.last_seen.iter().map(|(who, at)| (who.clone(), *at)).collect(),
        })
    }

    fn commit(&mut self, changes: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        changes.for_each(|change| kept.apply(&change));
        Ok(())
    }
}
