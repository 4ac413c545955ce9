//! What is said to people, whatever room they are in (`CONTRACT.md` 5).

use alloc::sync::Arc;

use crate::agent::AgentStatus;
use crate::id::{AgentId, ConversationId, UserId};
use crate::status::Status;
use crate::time::Millis;

/// What a socket may follow besides rooms and the list of who is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feed {
    /// Each agent's state, and each change of it.
    Agents,
    /// Who comes and goes, what agents say of themselves, chat, notifications.
    Messages,
}

/// What an agent says of itself, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentNotice {
    pub agent: AgentId,
    pub state: AgentState,
    pub task: Option<Arc<str>>,
    /// Per cent.
    pub progress: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// Ready for work.
    Idle,
    Working,
    Stopped,
}

impl AgentState {
    pub const ALL: &'static [Self] = &[Self::Idle, Self::Working, Self::Stopped];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Working => "working",
            Self::Stopped => "stopped",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }

    pub const fn of(status: AgentStatus) -> Self {
        match status {
            AgentStatus::Active => Self::Working,
            AgentStatus::Idle => Self::Idle,
            AgentStatus::Offline => Self::Stopped,
        }
    }

    pub const fn status(self) -> AgentStatus {
        match self {
            Self::Working => AgentStatus::Active,
            Self::Idle => AgentStatus::Idle,
            Self::Stopped => AgentStatus::Offline,
        }
    }
}

/// Something said in a conversation. Conversations are the app's; nobody joins them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    pub conversation: ConversationId,
    pub id: Arc<str>,
    pub content: Arc<str>,
    /// As the app names who says it; not a user of ours by necessity.
    pub sender: Arc<str>,
    pub at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Success,
    Warning,
    Error,
}

impl Level {
    pub const ALL: &'static [Self] = &[Self::Info, Self::Success, Self::Warning, Self::Error];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.name() == name)
    }
}

/// Something that a person is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Tells a reader who gets it twice that it is the same.
    pub id: Arc<str>,
    pub level: Level,
    pub message: Arc<str>,
    pub at: Millis,
}

/// What is told of a user who comes, goes or does something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Online,
    Away,
    Busy,
    Offline,
}

impl Availability {
    pub const ALL: &'static [Self] = &[Self::Online, Self::Away, Self::Busy, Self::Offline];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::Offline => "offline",
        }
    }

    pub const fn of(status: Status) -> Self {
        match status {
            Status::Active => Self::Online,
            Status::Idle | Status::Away => Self::Away,
            Status::Busy | Status::Reviewing => Self::Busy,
            Status::Offline => Self::Offline,
        }
    }
}

/// To whom a notification goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// All who follow messages now.
    All,
    /// One, perhaps later.
    User(UserId),
}
