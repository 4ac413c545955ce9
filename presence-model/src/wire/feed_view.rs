//! What the pages of the SDK are told of agents and of messages to people, as JSON. See [`crate::wire::view`].

use alloc::vec::Vec;

use serde::Serialize;
#[cfg(feature = "ts")]
use std::prelude::rust_2024::*; // what the derive of ts-rs takes for granted

use crate::agent::{AgentRecord, FeatureChange};
use crate::feed::{AgentNotice, Availability, ChatMessage, Notification};
use crate::id::{FeatureId, UserId};
use crate::time::Millis;

/// An agent as it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct AgentView<'a> {
    agent_id: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "AgentStatus"))]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_tool: Option<&'a str>,
    /// When it reported last, by the server's clock.
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    last_activity: Millis,
    /// Used in its session, as the tokens were spent.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    tools: u64,
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    /// What it says of what it does, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<&'a str>,
}

/// All agents, or a part of them.
#[derive(Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "AgentsUpdate", optional_fields))]
pub struct AgentsView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"agents\""))]
    kind: &'static str,
    agents: Vec<AgentView<'a>>,
    /// Another part follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<bool>,
}

/// One agent changed.
#[derive(Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "AgentUpdate"))]
pub struct AgentChangeView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"agent\""))]
    kind: &'static str,
    agent: AgentView<'a>,
}

/// An agent reported where the work on a feature stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "FeatureUpdate", optional_fields))]
pub struct FeatureView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"feature\""))]
    kind: &'static str,
    feature_id: &'a str,
    /// Absent at the first report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "FeatureStatus"))]
    old_status: Option<&'static str>,
    #[cfg_attr(feature = "ts", ts(type = "FeatureStatus"))]
    new_status: &'static str,
    agent_id: &'a str,
    session_id: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
}

/// What an agent says of itself, for people.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "AgentStatusUpdate", optional_fields))]
pub struct NoticeView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"agent_status\""))]
    kind: &'static str,
    agent_name: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "AgentState"))]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_task: Option<&'a str>,
    /// Per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<f64>,
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
}

/// Something said in a conversation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "ChatUpdate"))]
pub struct ChatView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"chat_message\""))]
    kind: &'static str,
    conversation_id: &'a str,
    message_id: &'a str,
    content: &'a str,
    /// As the app names who says it.
    sender: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
}

/// Something that a person is to know.
#[derive(Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "NotificationUpdate"))]
pub struct NotificationView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"notification\""))]
    kind: &'static str,
    /// Of one that comes twice it is the same.
    id: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "NotificationLevel"))]
    level: &'static str,
    message: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
}

/// A user came, went or does something else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "UserPresenceUpdate"))]
pub struct UserPresenceView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"user_presence\""))]
    kind: &'static str,
    user_id: &'a str,
    #[cfg_attr(feature = "ts", ts(type = "Availability"))]
    status: &'static str,
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
}

impl<'a> From<&'a AgentRecord> for AgentView<'a> {
    fn from(record: &'a AgentRecord) -> Self {
        Self {
            agent_id: record.agent.as_str(),
            status: record.status.name(),
            feature_id: record.feature.as_ref().map(FeatureId::as_str),
            last_tool: record.last_tool.as_deref(),
            last_activity: record.last_activity,
            tools: record.tools,
            tokens: record.tokens,
            session_id: record.session.as_deref(),
            activity: record.activity.as_deref(),
        }
    }
}

impl<'a> AgentsView<'a> {
    pub fn new(agents: impl Iterator<Item = &'a AgentRecord>, more: bool) -> Self {
        Self { kind: "agents", agents: agents.map(AgentView::from).collect(), more: more.then_some(true) }
    }
}

impl<'a> AgentChangeView<'a> {
    pub fn new(agent: &'a AgentRecord) -> Self {
        Self { kind: "agent", agent: agent.into() }
    }
}

impl<'a> FeatureView<'a> {
    pub fn new(change: &'a FeatureChange, at: Millis) -> Self {
        Self {
            kind: "feature",
            feature_id: change.feature.as_str(),
            old_status: change.old.map(|old| old.name()),
            new_status: change.new.name(),
            agent_id: change.agent.as_str(),
            session_id: &change.session,
            at,
        }
    }
}

impl<'a> NoticeView<'a> {
    pub fn new(notice: &'a AgentNotice, at: Millis) -> Self {
        let AgentNotice { agent, state, task, progress } = notice;
        Self {
            kind: "agent_status",
            agent_name: agent.as_str(),
            state: state.name(),
            current_task: task.as_deref(),
            progress: *progress,
            at,
        }
    }
}

impl<'a> From<&'a ChatMessage> for ChatView<'a> {
    fn from(said: &'a ChatMessage) -> Self {
        let ChatMessage { conversation, id, content, sender, at } = said;
        Self { kind: "chat_message", conversation_id: conversation.as_str(), message_id: id, content, sender, at: *at }
    }
}

impl<'a> From<&'a Notification> for NotificationView<'a> {
    fn from(Notification { id, level, message, at }: &'a Notification) -> Self {
        Self { kind: "notification", id, level: level.name(), message, at: *at }
    }
}

impl<'a> UserPresenceView<'a> {
    pub fn new(user: &'a UserId, availability: Availability, at: Millis) -> Self {
        Self { kind: "user_presence", user_id: user.as_str(), status: availability.name(), at }
    }
}
