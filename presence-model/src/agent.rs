//! Programs that report what they do (`CONTRACT.md` 4).

use alloc::string::String;
use alloc::sync::Arc;

use crate::id::{AgentId, FeatureId, UserId};
use crate::time::Millis;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentStatus {
    Active,
    /// It reported nothing for [`crate::limit::Timing::agent_idle_after`].
    Idle,
    /// It said so, or its session ended.
    Offline,
}

impl AgentStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Offline => "offline",
        }
    }
}

/// An agent as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRecord {
    pub agent: AgentId,
    pub status: AgentStatus,
    pub feature: Option<FeatureId>,
    pub last_tool: Option<Arc<str>>,
    pub last_activity: Millis,
    /// In its session, as the tokens.
    pub tools: u64,
    pub tokens: u64,
    pub session: Option<Arc<str>>,
    /// What it says of what it does, for people: `pushing`.
    pub activity: Option<Arc<str>>,
}

/// What an agent did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    ToolExecute,
    FeatureChange,
    SessionStart,
    SessionEnd,
    /// Nothing that has a name of its own: it lives, and perhaps says what it does.
    Activity,
    Offline,
}

/// One thing that an agent reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEvent {
    pub deed: Deed,
    pub tool: Option<Arc<str>>,
    /// Spent since the last report.
    pub tokens: u64,
    pub feature: Option<FeatureId>,
    pub session: Option<Arc<str>>,
    pub activity: Option<Arc<str>>,
    /// The same again is a retry, and counts once. Compared together with the agent.
    pub key: Option<Arc<str>>,
}

/// Where the work on a feature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureStatus {
    Todo,
    InProgress,
    Blocked,
    Done,
}

impl FeatureStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Done => "done",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Todo, Self::InProgress, Self::Blocked, Self::Done].into_iter().find(|status| status.name() == name)
    }
}

/// A feature's status was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureChange {
    pub feature: FeatureId,
    /// `None` for the first report.
    pub old: Option<FeatureStatus>,
    pub new: FeatureStatus,
    pub agent: AgentId,
    pub session: Arc<str>,
}

/// Whoever follows agents: dashboards count for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watcher {
    User(UserId),
    /// Who did not sign in, by the address he comes from.
    Address(String),
}
