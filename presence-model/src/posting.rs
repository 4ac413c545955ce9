//! What agents and backends post over HTTP, and what becomes of it. Whether they may was asked at the door.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::agent::{AgentEvent, AgentRecord, FeatureStatus};
use crate::feed::{AgentNotice, ChatMessage, Notification, Recipient};
use crate::id::{AgentId, ConversationId, FeatureId, UserId};
use crate::time::Millis;

#[derive(Clone, Debug, PartialEq)]
pub enum Posting {
    Agent {
        agent: AgentId,
        events: Vec<AgentEvent>,
    },
    Feature {
        feature: FeatureId,
        status: FeatureStatus,
        agent: AgentId,
        session: Arc<str>,
        /// As [`AgentEvent::key`].
        key: Option<Arc<str>>,
    },
    Notice(AgentNotice),
    Chat {
        message: ChatMessage,
        /// Who hears of its conversation from now on, where it says so.
        members: Option<Vec<UserId>>,
    },
    /// Who hears of a conversation from now on; nobody in particular when it is empty.
    Members {
        conversation: ConversationId,
        members: Vec<UserId>,
    },
    Notify {
        to: Recipient,
        notification: Notification,
    },
    /// All agents, or one.
    Look(Option<AgentId>),
    /// When a user was here last.
    LastSeen(UserId),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    /// The agent as it stands behind its events.
    Agent {
        record: Arc<AgentRecord>,
        counted: usize,
        repeated: usize,
    },
    /// Both are as the feature stands, if it was reported before.
    Feature {
        old: Option<FeatureStatus>,
        new: FeatureStatus,
        told: usize,
    },
    /// So many sockets were told; so many people will be when they return.
    Told {
        told: usize,
        kept: usize,
    },
    Agents(Box<[Arc<AgentRecord>]>),
    /// When somebody was here last, as far as anybody may know.
    LastSeen {
        at: Option<Millis>,
        is_online: bool,
    },
}
