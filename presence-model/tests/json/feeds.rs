//! What the pages of HtmlGraph and Code Cloud print of agents and of messages to people.

use std::sync::Arc;

use presence_model::agent::{AgentRecord, AgentStatus};
use presence_model::event::Event;
use presence_model::feed::{AgentNotice, AgentState, Availability, ChatMessage, Level, Notification};
use presence_model::id::{AgentId, ConversationId, FeatureId, UserId};
use presence_model::time::Millis;

/// 2025-01-14T14:50:30Z, when the agent of HtmlGraph's page was last heard of.
const HTMLGRAPH_NOW: Millis = Millis(1_736_866_230_000);

fn agent(name: &str) -> AgentId {
    AgentId::parse(name).unwrap()
}

pub(crate) fn claude() -> Event {
    let record = AgentRecord {
        status: AgentStatus::Active,
        feature: FeatureId::parse("feat-aa1f17eb").ok(),
        last_tool: Some("Bash".into()),
        tools: 42,
        tokens: 150_000,
        session: Some("sess-abc123".into()),
        ..AgentRecord::new(agent("claude-1"), HTMLGRAPH_NOW)
    };
    Event::Agent { agent: Arc::new(record), now: HTMLGRAPH_NOW }
}

pub(crate) fn notice(now: Millis) -> Event {
    let notice = AgentNotice {
        agent: agent("CLOUD_ASSISTANT"),
        state: AgentState::Working,
        task: Some("Processing webhook event".into()),
        progress: Some(45.0),
    };
    Event::AgentNotice { notice: Arc::new(notice), now }
}

pub(crate) fn chat(now: Millis) -> Event {
    let message = ChatMessage {
        conversation: ConversationId::parse("conv-123").unwrap(),
        id: "msg-456".into(),
        content: "Task completed successfully!".into(),
        sender: "ENGINEERING_LEAD_SUPERVISOR".into(),
        at: now,
    };
    Event::Chat { message: Arc::new(message), now }
}

pub(crate) fn notification(now: Millis) -> Event {
    let notification =
        Notification { id: "n-1".into(), level: Level::Success, message: "All tests passed!".into(), at: now };
    Event::Notification { notification: Arc::new(notification), mark: None, now }
}

pub(crate) fn online(now: Millis) -> Event {
    Event::UserPresence { user: UserId::parse("user_abc123").unwrap(), availability: Availability::Online, now }
}
