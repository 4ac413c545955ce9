//! Agents as HtmlGraph's dashboards know them, and messages to people as Code Cloud's clients do.

use alloc::string::String;

use serde::{Serialize, Serializer};

use crate::agent::{AgentRecord, FeatureChange};
use crate::feed::{AgentNotice, Availability, ChatMessage, Notification};
use crate::id::UserId;
use crate::time::Millis;
use crate::wire::json::encoded::{Encoded, text};
use crate::wire::json::time::Iso;

/// HtmlGraph's `AgentPresence`, whole. What is a text on its page is one here, empty while nothing is known: its
/// widget would print `null`, and stops at a number that is none.
#[derive(Serialize)]
pub struct AgentPresence<'a> {
    agent_id: &'a str,
    status: &'static str,
    current_feature_id: Option<&'a str>,
    last_tool_name: &'a str,
    last_activity: Iso,
    total_tools_executed: u64,
    total_cost_tokens: u64,
    session_id: &'a str,
    /// Not on the page (`CONTRACT.md` 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<&'a str>,
}

impl<'a> From<&'a AgentRecord> for AgentPresence<'a> {
    fn from(record: &'a AgentRecord) -> Self {
        Self {
            agent_id: record.agent.as_str(),
            status: record.status.name(),
            current_feature_id: record.feature.as_ref().map(|feature| feature.as_str()),
            last_tool_name: record.last_tool.as_deref().unwrap_or_default(),
            last_activity: Iso(record.last_activity),
            total_tools_executed: record.tools,
            total_cost_tokens: record.tokens,
            session_id: record.session.as_deref().unwrap_or_default(),
            activity: record.activity.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct PresenceUpdate<'a> {
    r#type: &'static str,
    event_type: &'static str,
    agent_id: &'a str,
    presence: AgentPresence<'a>,
    timestamp: Iso,
}

pub(crate) fn agent(record: &AgentRecord, now: Millis) -> Encoded {
    Encoded::new(&PresenceUpdate {
        r#type: "presence_update",
        event_type: "presence_update",
        agent_id: record.agent.as_str(),
        presence: record.into(),
        timestamp: Iso(now),
    })
}

#[derive(Serialize)]
struct FeatureUpdated<'a> {
    r#type: &'static str,
    event_type: &'static str,
    resource_id: &'a str,
    resource_type: &'static str,
    agent_id: &'a str,
    session_id: &'a str,
    payload: StatusChanged,
    timestamp: Iso,
}

#[derive(Serialize)]
struct StatusChanged {
    change_type: &'static str,
    old_status: Option<&'static str>,
    new_status: &'static str,
}

pub(crate) fn feature(change: &FeatureChange, now: Millis) -> Encoded {
    Encoded::new(&FeatureUpdated {
        r#type: "broadcast_event",
        event_type: "feature_updated",
        resource_id: change.feature.as_str(),
        resource_type: "feature",
        agent_id: change.agent.as_str(),
        session_id: &change.session,
        payload: StatusChanged {
            change_type: "status",
            old_status: change.old.map(|old| old.name()),
            new_status: change.new.name(),
        },
        timestamp: Iso(now),
    })
}

/// Code Cloud's envelope.
#[derive(Serialize)]
struct Envelope<T> {
    r#type: &'static str,
    data: T,
    timestamp: Iso,
}

fn message(kind: &'static str, data: impl Serialize, now: Millis) -> Encoded {
    Encoded::new(&Envelope { r#type: kind, data, timestamp: Iso(now) })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notice<'a> {
    agent_name: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_task: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "per_cent")]
    progress: Option<f64>,
}

/// Whole where it is whole, as its page prints it.
fn per_cent<S: Serializer>(progress: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match progress {
        Some(progress) if progress.fract() == 0.0 => to.serialize_u64(*progress as u64),
        progress => progress.serialize(to),
    }
}

pub(crate) fn notice(notice: &AgentNotice, now: Millis) -> Encoded {
    let AgentNotice { agent, state, task, progress } = notice;
    let data =
        Notice { agent_name: agent.as_str(), state: state.name(), current_task: task.as_deref(), progress: *progress };
    message("agent_status", data, now)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chat<'a> {
    conversation_id: &'a str,
    message_id: &'a str,
    content: &'a str,
    sender: &'a str,
    timestamp: Iso,
}

pub(crate) fn chat(said: &ChatMessage, now: Millis) -> Encoded {
    let ChatMessage { conversation, id, content, sender, at } = said;
    let data = Chat { conversation_id: conversation.as_str(), message_id: id, content, sender, timestamp: Iso(*at) };
    message("chat_message", data, now)
}

#[derive(Serialize)]
struct Notified<'a> {
    /// Not on Code Cloud's page, as the time.
    id: &'a str,
    level: &'static str,
    message: &'a str,
    timestamp: Iso,
}

pub(crate) fn notification(notification: &Notification, now: Millis) -> Encoded {
    let Notification { id, level, message: text, at } = notification;
    message("notification", Notified { id, level: level.name(), message: text, timestamp: Iso(*at) }, now)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Available<'a> {
    user_id: &'a str,
    status: &'static str,
}

pub(crate) fn user_presence(user: &UserId, availability: Availability, now: Millis) -> Encoded {
    message("user_presence", Available { user_id: user.as_str(), status: availability.name() }, now)
}

/// The bare text `subscribe` is answered so, as HtmlGraph does it.
pub fn subscribed(client: &str) -> String {
    #[derive(Serialize)]
    struct Subscribed<'a> {
        r#type: &'static str,
        client_id: &'a str,
        message: &'static str,
    }
    text(&Subscribed { r#type: "subscribed", client_id: client, message: "Connected to broadcast channel" })
}
