//! One report from a hook. It never holds up the agent that it is about: there is one deadline for everything, nothing
//! is queued, and nothing is tried again.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use presence_model::id::AgentId;
use serde_json::{Map, Value};

use crate::address::{ServerAddress, segment};
use crate::credential::{Credential, Credentials};
use crate::hook::Hook;
use crate::http::{Request, ask};
use crate::name;
use crate::trouble::Trouble;

/// For all of it, from when the program began: stdin, the name of the server, the line, the answer.
pub const DEADLINE: Duration = Duration::from_millis(200);

/// What an agent may report.
pub const EVENTS: [&str; 6] = ["tool_execute", "feature_change", "session_start", "session_end", "activity", "offline"];

/// What the command line says; a hook and the environment may say the rest.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub agent: Option<AgentId>,
    pub address: Option<ServerAddress>,
    pub credential: Option<Credential>,
    /// One of [`EVENTS`].
    pub event: Option<String>,
    pub tool: Option<String>,
    pub tokens: Option<u64>,
    pub feature: Option<String>,
    pub session: Option<String>,
    pub activity: Option<String>,
    /// Whether stdin holds what a hook is told.
    pub reads_hook: bool,
}

/// Says it, or gives up in time.
pub fn report(report: Report, began: Instant) -> Result<(), Trouble> {
    let deadline = began + DEADLINE;
    let agent = name::find(report.agent.clone())?.ok_or(Trouble::Nameless)?;
    let (done, outcome) = mpsc::channel();
    // Left behind when time is over: neither the look-up of a name nor a read from stdin can be ended.
    let sending = move || {
        let _ = done.send(send(&report, &agent, deadline));
    };
    thread::Builder::new().spawn(sending).map_err(Trouble::Runtime)?;
    outcome
        .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        .unwrap_or_else(|_| Err(Trouble::Late("the server".to_owned())))
}

fn send(report: &Report, agent: &AgentId, deadline: Instant) -> Result<(), Trouble> {
    let address = ServerAddress::find(report.address.clone())?;
    let found = match &report.credential {
        Some(_) => Credentials::default(),
        None => Credentials::of_environment()?,
    };
    let hook = if report.reads_hook { Hook::read(io::stdin().lock())? } else { Hook::default() };
    let request = Request {
        method: "POST",
        path: &format!("/api/agents/{}/events", segment(agent.as_str())),
        credential: report.credential.as_ref().or_else(|| found.of_agent()),
        key: Some(&format!("{:032x}", rand::random::<u128>())),
        body: Some(&body(report, &hook)),
    };
    ask(&address, &request, deadline).map(drop)
}

/// What was said on the command line counts before what the hook was told.
fn body(report: &Report, hook: &Hook) -> Value {
    let tool = report.tool.as_ref().or(hook.tool_name.as_ref());
    let usual = match (tool, &report.feature) {
        (Some(_), _) => "tool_execute",
        (None, Some(_)) => "feature_change",
        (None, None) => "activity",
    };
    let event = report.event.as_deref().or_else(|| hook.event()).unwrap_or(usual);
    let texts = [
        ("tool_name", tool),
        ("feature_id", report.feature.as_ref()),
        ("session_id", report.session.as_ref().or(hook.session_id.as_ref())),
        ("activity", report.activity.as_ref()),
    ];
    let mut body = Map::new();
    body.insert("type".to_owned(), event.into());
    body.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.as_str().into()))));
    body.extend(report.tokens.map(|tokens| ("cost_tokens".to_owned(), tokens.into())));
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bare() -> Report {
        Report { agent: AgentId::parse("claude-1").ok(), ..Report::default() }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn what_was_said_decides_what_it_is() {
        let hook = Hook { hook_event_name: text("PreToolUse"), tool_name: text("Read"), session_id: text("s-1") };
        for (report, hook, expected) in [
            (bare(), Hook::default(), json!({ "type": "activity" })),
            (
                Report { tool: text("Bash"), tokens: Some(120), feature: text("feat-1"), ..bare() },
                Hook::default(),
                json!({ "type": "tool_execute", "tool_name": "Bash", "cost_tokens": 120, "feature_id": "feat-1" }),
            ),
            (
                Report { feature: text("feat-1"), ..bare() },
                Hook::default(),
                json!({ "type": "feature_change", "feature_id": "feat-1" }),
            ),
            (bare(), hook.clone(), json!({ "type": "activity", "tool_name": "Read", "session_id": "s-1" })),
            (
                Report { event: text("session_end"), tool: text("Bash"), session: text("s-2"), ..bare() },
                hook,
                json!({ "type": "session_end", "tool_name": "Bash", "session_id": "s-2" }),
            ),
            (
                Report { activity: text("pushing"), ..bare() },
                Hook { tool_name: text("Bash"), ..Hook::default() },
                json!({ "type": "tool_execute", "tool_name": "Bash", "activity": "pushing" }),
            ),
        ] {
            assert_eq!(body(&report, &hook), expected);
        }
    }

    #[test]
    fn an_agent_is_held_up_for_a_fifth_of_a_second_at_most() {
        assert_eq!(DEADLINE, Duration::from_millis(200));
        // The time is over when it begins: it does not wait for the answer that never comes.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let report_now = Report { address: Some(address), ..bare() };
        let trouble = report(report_now, Instant::now() - DEADLINE).unwrap_err();
        assert!(matches!(trouble, Trouble::Late(_)), "{trouble}");
    }
}
