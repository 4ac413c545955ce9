//! What is told of agents and to people, with every field and with none.

use std::sync::Arc;

use presence_model::agent::{AgentRecord, AgentStatus, FeatureChange, FeatureStatus};
use presence_model::event::Event;
use presence_model::feed::{AgentNotice, AgentState, Availability, ChatMessage, Level, Notification};
use presence_model::id::{AgentId, ConversationId, FeatureId, UserId};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;

const NOW: Millis = Millis(1_700_000_000_900);
const THEN: Millis = Millis(1_700_000_000_800);

fn agent() -> AgentRecord {
    AgentRecord {
        agent: AgentId::parse("claude-1").unwrap(),
        status: AgentStatus::Active,
        feature: FeatureId::parse("feat-7").ok(),
        last_tool: Some("Bash".into()),
        last_activity: THEN,
        tools: 42,
        tokens: 150_000,
        session: Some("sess \"a\"".into()),
        activity: Some("pushing".into()),
        session_ended: false,
    }
}

fn quiet_agent() -> AgentRecord {
    AgentRecord {
        agent: AgentId::parse("gemini-2").unwrap(),
        status: AgentStatus::Idle,
        feature: None,
        last_tool: None,
        tools: 0,
        tokens: 0,
        session: None,
        activity: None,
        ..agent()
    }
}

const AGENT: &str = concat!(
    r#"{"agentId":"claude-1","status":"active","featureId":"feat-7","lastTool":"Bash","lastActivity":1700000000800,"#,
    r#""tools":42,"tokens":150000,"sessionId":"sess \"a\"","activity":"pushing"}"#,
);
const QUIET_AGENT: &str = r#"{"agentId":"gemini-2","status":"idle","lastActivity":1700000000800,"tools":0,"tokens":0}"#;

fn feature(old: Option<FeatureStatus>) -> Event {
    let change = FeatureChange {
        feature: FeatureId::parse("feat-7").unwrap(),
        old,
        new: FeatureStatus::InProgress,
        agent: agent().agent,
        session: "sess".into(),
    };
    Event::FeatureChanged { change: Arc::new(change), now: NOW }
}

fn notice(task: Option<&str>, progress: Option<f64>) -> Event {
    let notice = AgentNotice { agent: agent().agent, state: AgentState::Working, task: task.map(Into::into), progress };
    Event::AgentNotice { notice: Arc::new(notice), now: NOW }
}

fn chat() -> Event {
    let message = ChatMessage {
        conversation: ConversationId::parse("conv-1").unwrap(),
        id: "m-1".into(),
        content: "done \u{2714}".into(),
        sender: "LEAD".into(),
        at: THEN,
    };
    Event::Chat { message: Arc::new(message), now: NOW }
}

fn notification() -> Event {
    let notification = Notification { id: "n-1".into(), level: Level::Warning, message: "low".into(), at: THEN };
    Event::Notification { notification: Arc::new(notification), mark: None, now: NOW }
}

pub(crate) fn all() -> Vec<(Event, Downstream)> {
    let agents = Event::Agents { agents: [agent(), quiet_agent()].map(Arc::new).into(), more: false, now: NOW };
    let part = Event::Agents { agents: [quiet_agent()].map(Arc::new).into(), more: true, now: NOW };
    let nobody = Event::Agents { agents: Arc::default(), more: false, now: NOW };
    let user = UserId::parse("ann").unwrap();
    let told = [
        (agents, format!(r#""kind":"agents","agents":[{AGENT},{QUIET_AGENT}]"#)),
        (part, format!(r#""kind":"agents","agents":[{QUIET_AGENT}],"more":true"#)),
        (nobody, r#""kind":"agents","agents":[]"#.into()),
        (Event::Agent { agent: Arc::new(quiet_agent()), now: NOW }, format!(r#""kind":"agent","agent":{QUIET_AGENT}"#)),
        (
            feature(Some(FeatureStatus::Todo)),
            concat!(
                r#""kind":"feature","featureId":"feat-7","oldStatus":"todo","newStatus":"in_progress","#,
                r#""agentId":"claude-1","sessionId":"sess","at":1700000000900"#,
            )
            .into(),
        ),
        (
            feature(None),
            concat!(
                r#""kind":"feature","featureId":"feat-7","newStatus":"in_progress","#,
                r#""agentId":"claude-1","sessionId":"sess","at":1700000000900"#,
            )
            .into(),
        ),
        (
            notice(Some("tests"), Some(45.5)),
            concat!(
                r#""kind":"agent_status","agentName":"claude-1","state":"working","currentTask":"tests","#,
                r#""progress":45.5,"at":1700000000900"#,
            )
            .into(),
        ),
        (
            notice(None, None),
            r#""kind":"agent_status","agentName":"claude-1","state":"working","at":1700000000900"#.into(),
        ),
        (
            chat(),
            concat!(
                r#""kind":"chat_message","conversationId":"conv-1","messageId":"m-1","content":"done "#,
                "\u{2714}",
                r#"","sender":"LEAD","at":1700000000800"#,
            )
            .into(),
        ),
        (
            notification(),
            r#""kind":"notification","id":"n-1","level":"warning","message":"low","at":1700000000800"#.into(),
        ),
        (
            Event::UserPresence { user, availability: Availability::Away, now: NOW },
            r#""kind":"user_presence","userId":"ann","status":"away","at":1700000000900"#.into(),
        ),
    ];
    told.map(|(event, json): (_, String)| (event, Downstream::News(json.into()))).into()
}
