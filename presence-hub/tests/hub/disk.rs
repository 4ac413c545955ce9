//! What survives a restart, if all was written.

use std::collections::BTreeMap;

use presence_hub::saved::{Change, Saved};
use presence_model::time::Millis;

/// What there was, after these changes.
pub(crate) fn after(saved: &Saved, changes: &[Change]) -> Saved {
    let mut agents: BTreeMap<_, _> = saved.agents.iter().map(|record| (record.agent.clone(), record.clone())).collect();
    let mut keys: BTreeMap<_, _> = saved.keys.iter().cloned().collect();
    let mut features: BTreeMap<_, _> =
        saved.features.iter().cloned().map(|(id, status, at)| (id, (status, at))).collect();
    let mut notifications = saved.notifications.clone();
    let mut members: BTreeMap<_, _> = saved.members.iter().cloned().map(|(id, all, at)| (id, (all, at))).collect();
    let mut last_seen: BTreeMap<_, _> = saved.last_seen.iter().cloned().collect();
    for change in changes.iter().cloned() {
        match change {
            Change::Agent { record, keys: new, at } => {
                agents.insert(record.agent.clone(), (*record).clone());
                keys.extend(new.into_iter().map(|key| (key, at)));
            }
            Change::Keys { keys: new, at } => keys.extend(new.into_iter().map(|key| (key, at))),
            Change::AgentForgotten(agent) => drop(agents.remove(&agent)),
            Change::KeysForgotten { up_to } => keys.retain(|_, at| *at > up_to),
            Change::Feature { feature, status, at } => drop(features.insert(feature, (status, at))),
            Change::FeatureForgotten(feature) => drop(features.remove(&feature)),
            Change::Kept { user, notification } => {
                notifications.retain(|(of, kept)| *of != user || kept.id != notification.id);
                notifications.push((user, (*notification).clone()));
            }
            Change::NotKept { user, id } => notifications.retain(|(of, kept)| *of != user || kept.id != id),
            Change::Members { conversation, members: all, at } => {
                members.remove(&conversation);
                if !all.is_empty() {
                    members.insert(conversation, (all, at));
                }
            }
            Change::LastSeen { who, at } => drop(last_seen.insert(who, at)),
            Change::LastSeenForgotten(who) => drop(last_seen.remove(&who)),
        }
    }
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_by_key(|(_, at): &(_, Millis)| *at);
    Saved {
        agents: agents.into_values().collect(),
        keys,
        features: features.into_iter().map(|(id, (status, at))| (id, status, at)).collect(),
        notifications,
        members: members.into_iter().map(|(id, (all, at))| (id, all, at)).collect(),
        last_seen: last_seen.into_iter().collect(),
    }
}
