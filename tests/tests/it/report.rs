//! Reports of hooks at a real server.

use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use presence_agent::credential::Credential;
use presence_agent::report::{EVENTS, Report, report};
use presence_agent::trouble::Trouble;
use presence_model::id::AgentId;
use presence_tests::client::Client;
use presence_tests::http::{get, request};
use presence_tests::server::{PATIENCE, Server};
use presence_tests::tokens::{self, SERVER_KEY, sign};
use serde_json::json;

fn about(server: &Server, agent: &str) -> Report {
    Report {
        agent: Some(AgentId::parse(agent).unwrap()),
        address: Some(format!("http://{}", server.address).parse().unwrap()),
        ..Report::default()
    }
}

/// With time enough, however slow the machine is.
async fn said(report_of: Report) -> Result<(), Trouble> {
    let patient = Instant::now() + PATIENCE - Duration::from_secs(1);
    tokio::task::spawn_blocking(move || report(report_of, patient)).await.unwrap()
}

fn credential(text: &str) -> Option<Credential> {
    Credential::new(text).unwrap()
}

#[tokio::test]
async fn dashboards_see_what_is_reported() {
    let server = Server::start().await;
    let mut dashboard = Client::open(&server, "/ws/broadcasts").await;
    let bash = Report {
        tool: Some("Bash".to_owned()),
        tokens: Some(120),
        feature: Some("feat-1".to_owned()),
        session: Some("s-1".to_owned()),
        activity: Some("pushing".to_owned()),
        ..about(&server, "claude/1 ä")
    };
    said(bash.clone()).await.unwrap();
    let update = dashboard.next_of("presence_update").await;
    assert_eq!((&update["agent_id"], &update["presence"]["status"]), (&json!("claude/1 ä"), &json!("active")));
    // Each run is a report of its own, however alike they are.
    said(bash).await.unwrap();
    let mut presence = get(&server, "/api/presence/claude%2F1%20%C3%A4").await.json();
    presence.as_object_mut().unwrap().remove("last_activity");
    let expected = json!({
        "agent_id": "claude/1 ä", "status": "active", "current_feature_id": "feat-1", "last_tool_name": "Bash",
        "total_tools_executed": 2, "total_cost_tokens": 240, "session_id": "s-1", "activity": "pushing",
    });
    assert_eq!(presence, expected);

    let end = Report { event: Some("session_end".to_owned()), ..about(&server, "claude/1 ä") };
    said(end).await.unwrap();
    assert_eq!(get(&server, "/api/presence/claude%2F1%20%C3%A4").await.json()["status"], "offline");
}

#[tokio::test]
async fn every_event_is_one_that_the_server_knows() {
    let server = Server::start().await;
    for event in EVENTS {
        said(Report { event: Some(event.to_owned()), ..about(&server, event) }).await.unwrap();
        assert_eq!(get(&server, &format!("/api/presence/{event}")).await.status, 200, "{event}");
    }
}

#[tokio::test]
async fn with_keys_an_agent_reports_for_itself_and_the_key_for_all() {
    let server = Server::with(|config| tokens::configure(config, Algorithm::HS256)).await;
    let claims =
        |role: &str| json!({ "sub": "a", "aud": tokens::AUDIENCE, "exp": tokens::now() + 60.0, "roles": [role] });
    let token = |role: &str| credential(&sign(Algorithm::HS256, &claims(role)));
    for (agent, credential, code) in [
        ("a", token("agent"), None),
        ("b", token("agent"), Some("forbidden")),
        ("a", token("person"), Some("forbidden")),
        ("a", None, Some("unauthenticated")),
        ("a", credential("nonsense"), Some("bad_token")),
        ("b", credential(SERVER_KEY), None),
    ] {
        let outcome = said(Report { credential, ..about(&server, agent) }).await;
        let found = outcome.as_ref().err().map(|trouble| match trouble {
            Trouble::Refused { code, .. } => code.as_str(),
            _ => panic!("{trouble}"),
        });
        assert_eq!(found, code, "{agent}");
    }
    let bearer = format!("Bearer {SERVER_KEY}");
    let all = request(&server, "GET", "/api/presence", &[("authorization", &bearer)]).await.json();
    assert_eq!(all["agents"].as_array().unwrap().len(), 2);
}
