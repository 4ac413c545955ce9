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
}

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
