//! What is to survive a restart: changes on their way to the disk, and what was there at the start.
//! Newer changes of the same subject replace older ones, so that what waits stays bounded.

use std::sync::Arc;

use presence_model::agent::{AgentRecord, FeatureStatus};
use presence_model::feed::Notification;
use presence_model::id::{AgentId, ConversationId, FeatureId, InstanceKey, SessionId, UserId};
use presence_model::time::Millis;

/// The key of a report, and when it came. The same key of another agent is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportKey {
    pub agent: AgentId,
    pub key: Arc<str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An agent as it stands, with the keys of the reports that made it so: both or none are kept.
    Agent {
        record: Arc<AgentRecord>,
        keys: Vec<ReportKey>,
        at: Millis,
    },
    /// Keys whose agents are kept with them.
    Keys {
        keys: Vec<ReportKey>,
        at: Millis,
    },
    AgentForgotten(AgentId),
    /// Keys that came up to then are of no use any more.
    KeysForgotten {
        up_to: Millis,
    },
    Feature {
        feature: FeatureId,
        status: FeatureStatus,
        at: Millis,
    },
    FeatureForgotten(FeatureId),
    /// Somebody is to be told when he returns.
    Kept {
        user: UserId,
        notification: Arc<Notification>,
    },
    /// He was told, or it waited for too long.
    NotKept {
        user: UserId,
        id: Arc<str>,
    },
    /// Without members it is forgotten.
    Members {
        conversation: ConversationId,
        members: Vec<UserId>,
        at: Millis,
    },
    /// [`HERE`] of who is here.
    LastSeen {
        who: Who,
        at: Millis,
    },
    LastSeenForgotten(Who),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    User(UserId),
    Instance(InstanceKey),
    Session(SessionId),
    /// The server itself, which says it again and again: those of [`HERE`] were here until then.
    Server,
}

/// Instead of a time that would have to be written again and again for everybody: he is here as long as the server
/// runs. Every store can hold it.
pub const HERE: Millis = Millis(i64::MAX as u64);

/// All that was kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    pub agents: Vec<AgentRecord>,
    /// Oldest first.
    pub keys: Vec<(ReportKey, Millis)>,
    pub features: Vec<(FeatureId, FeatureStatus, Millis)>,
    /// Oldest first.
    pub notifications: Vec<(UserId, Notification)>,
    pub members: Vec<(ConversationId, Vec<UserId>, Millis)>,
    pub last_seen: Vec<(Who, Millis)>,
}

impl Saved {
    /// To be done once, at a start: who was here went with the server, and nothing happened later than now, although
    /// the clock may have been put back. Returns what keeps it so on the disk.
    pub fn settle(&mut self, now: Millis) -> Vec<Change> {
        let mut changes = vec![];
        let alive_at = self.last_seen.iter().find(|(who, _)| *who == Who::Server).map_or(now, |(_, at)| *at).min(now);
        self.last_seen.retain(|(who, _)| *who != Who::Server);
        for (who, at) in self.last_seen.iter_mut().filter(|(_, at)| *at > now) {
            *at = if *at == HERE { alive_at } else { now };
            changes.push(Change::LastSeen { who: who.clone(), at: *at });
        }
        self.settle_keys(now, &mut changes);
        for record in self.agents.iter_mut().filter(|record| record.last_activity > now) {
            record.last_activity = now;
            changes.push(Change::Agent { record: Arc::new(record.clone()), keys: vec![], at: now });
        }
        for (feature, status, at) in self.features.iter_mut().filter(|(.., at)| *at > now) {
            *at = now;
            changes.push(Change::Feature { feature: feature.clone(), status: *status, at: now });
        }
        for (user, notification) in self.notifications.iter_mut().filter(|(_, kept)| kept.at > now) {
            notification.at = now;
            changes.push(Change::Kept { user: user.clone(), notification: Arc::new(notification.clone()) });
        }
        for (conversation, members, at) in self.members.iter_mut().filter(|(.., at)| *at > now) {
            *at = now;
            changes.push(Change::Members { conversation: conversation.clone(), members: members.clone(), at: now });
        }
        changes
    }

    /// Keys cannot be made older, only forgotten and told again.
    fn settle_keys(&mut self, now: Millis, changes: &mut Vec<Change>) {
        let Some(last) = self.keys.last().map(|(_, at)| *at).filter(|last| *last > now) else { return };
        changes.push(Change::KeysForgotten { up_to: last });
        self.keys.iter_mut().for_each(|(_, at)| *at = now.min(*at));
        self.keys.sort_by(|(one, one_at), (other, other_at)| (one_at, one).cmp(&(other_at, other)));
        for of_one_time in self.keys.chunk_by(|(_, one), (_, other)| one == other) {
            let keys = of_one_time.iter().map(|(key, _)| key.clone()).collect();
            changes.push(Change::Keys { keys, at: of_one_time[0].1 });
        }
    }
}
