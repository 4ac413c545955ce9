//! Dashboards: sockets that follow agents and speak for nobody.

use std::collections::{BTreeMap, BTreeSet};

use jsonwebtoken::Algorithm;
use presence_model::limit::{Limits, Rate, Rates};
use presence_model::time::Millis;
use presence_tests::client::Client;
use presence_tests::http::{get, post};
use presence_tests::server::{Server, impatient};
use presence_tests::tokens::{configure, token};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const DOOR: &str = "/ws/broadcasts";

/// A server where one socket may report as much as it likes.
async fn unhurried() -> Server {
    let posting = Rate { every: Millis::ZERO, burst: 0 };
    Server::with(|config| config.limits.rates = Rates { posting, ..Rates::default() }).await
}

async fn dashboard(server: &Server) -> Client {
    let mut client = Client::open(server, DOOR).await;
    client.ping_json().await;
    client
}

async fn report(server: &Server, agent: &str, tokens: u64) {
    let event = json!({ "type": "tool_execute", "tool_name": "Bash", "cost_tokens": tokens });
    let answer = post(server, &format!("/api/agents/{agent}/events"), &[], &event).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn all_agents_are_told_at_once_and_each_change_behind_it() {
    let server = Server::start().await;
    report(&server, "claude-1", 5).await;
    report(&server, "gemini-2", 7).await;
    let mut client = Client::open(&server, DOOR).await;
    for agent in ["claude-1", "gemini-2"] {
        let update = client.next_json().await;
        assert_eq!((&update["type"], &update["agent_id"]), (&json!("presence_update"), &json!(agent)));
    }

    report(&server, "claude-1", 10).await;
    let update = client.next_where(|update| update["agent_id"] == "claude-1").await;
    let presence = get(&server, "/api/presence/claude-1").await.json();
    assert_eq!(presence["total_cost_tokens"], 15);
    let expected = json!({
        "type": "presence_update", "event_type": "presence_update", "agent_id": "claude-1",
        "presence": presence, "timestamp": update["timestamp"],
    });
    assert_eq!(update, expected);
    assert!(update["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn whatever_comes_in_between_each_dashboard_ends_with_the_newest() {
    const AGENTS: u64 = 100;
    const ROUNDS: u64 = 20;
    let server = unhurried().await;
    let mut dashboards = vec![];
    for _ in 0..3 {
        dashboards.push(dashboard(&server).await);
    }
    let mut follower = Client::open(&server, "/presence").await;
    follower.json(json!({ "type": "auth", "token": "ann" })).await;
    follower.json(json!({ "type": "subscribe.agents" })).await;
    follower.ping_json().await;
    dashboards.push(follower);
    let mut agents = Client::open(&server, DOOR).await;
    for round in 0..ROUNDS {
        for agent in 0..AGENTS {
            let agent = format!("agent-{agent}");
            let event = json!({
                "type": "agent_event", "agent_id": agent, "event_type": "tool_execute", "cost_tokens": round,
            });
            agents.json(event).await;
        }
    }
    let last = json!({ "type": "agent_event", "agent_id": "last", "event_type": "activity" });
    let newest = async || -> BTreeMap<String, Value> {
        let agents = get(&server, "/api/presence").await.json()["agents"].take();
        let agents = agents.as_array().unwrap().iter();
        agents.map(|agent| (agent["agent_id"].as_str().unwrap().to_owned(), agent.clone())).collect()
    };
    agents.ping_json().await;
    agents.json(last).await;
    for dashboard in &mut dashboards {
        let mut shown = BTreeMap::new();
        while !shown.contains_key("last") || shown.len() <= AGENTS as usize {
            let update = dashboard.next_of("presence_update").await;
            shown.insert(update["agent_id"].as_str().unwrap().to_owned(), update["presence"].clone());
        }
        // Told at the latest together with the last.
        for update in dashboard.ping_json().await {
            shown.insert(update["agent_id"].as_str().unwrap().to_owned(), update["presence"].clone());
        }
        assert_eq!(shown, newest().await);
        let tools: u64 = shown.values().map(|agent| agent["total_tools_executed"].as_u64().unwrap()).sum();
        assert_eq!(tools, ROUNDS * AGENTS);
    }
}

/// Or none could begin: what waits for a socket is bounded.
#[tokio::test]
async fn a_dashboard_is_shown_as_many_agents_as_there_may_be() {
    let server = unhurried().await;
    let (count, mut agents) = (Limits::default().agents, dashboard(&server).await);
    for number in 0..count {
        let event = json!({
            "type": "agent_event", "agent_id": format!("{number:036}"), "event_type": "tool_execute",
            "tool_name": "mcp__some_server__some_tool", "session_id": format!("{number:036}"),
            "feature_id": "feat-aa1f17eb", "activity": "reading what others wrote", "cost_tokens": 1_500_000,
        });
        agents.json(event).await;
    }
    // It hears of all of them, too.
    agents.ping_json().await;
    let mut client = Client::open(&server, DOOR).await;
    let mut shown = BTreeSet::new();
    while shown.len() < count {
        shown.insert(client.next_of("presence_update").await["agent_id"].to_string());
    }
}

#[tokio::test]
async fn what_dashboards_say_is_answered() {
    let server = Server::start().await;
    let mut client = Client::open(&server, DOOR).await;
    let mut say = async |text: &str| {
        client.send(Message::text(text)).await;
        client.next_json().await
    };
    for text in ["ping", " ping\n", r#"{"type":"ping"}"#] {
        assert_eq!(say(text).await["type"], "pong", "{text}");
    }
    let subscribed = say("subscribe").await;
    assert_eq!(subscribed["message"], "Connected to broadcast channel");
    assert!(subscribed["type"] == "subscribed" && subscribed["client_id"].is_string(), "{subscribed}");
    assert_eq!(say(r#"{"type":"auth","token":"ann"}"#).await["data"], json!({ "success": true, "userId": "ann" }));
    assert_eq!(say(r#"{"type":"auth","token":"bob"}"#).await["data"]["success"], false, "one socket, one user");
    assert_eq!(say(r#"{"type":"auth"}"#).await["data"]["userId"], "ann");
    for (text, code) in [
        ("hello", "bad_json"),
        ("{", "bad_json"),
        (r#"{"type":"join","roomId":"r","roomType":"video"}"#, "unknown_message"),
        (r#"{"type":"connect"}"#, "unknown_message"),
        ("{}", "missing_field"),
    ] {
        assert_eq!(say(text).await["error"]["code"], code, "{text}");
    }
    // It is nobody's session.
    let stats = get(&server, "/api/stats").await.json();
    assert_eq!((&stats["connected"], &stats["sessions"], &stats["users"]), (&json!(1), &json!(0), &json!(0)));
    assert_eq!(get(&server, "/api/presence").await.json()["entries"].as_array().unwrap().len(), 1, "the server's own");
    assert!(get(&server, "/metrics").await.body.contains("\npresence_sockets{door=\"broadcasts\"} 1\n"));
}

#[tokio::test]
async fn one_dashboard_too_many_is_told_why_and_closed() {
    let server = Server::with(|config| config.limits.dashboards_per_user = 2).await;
    let mut open = vec![dashboard(&server).await, dashboard(&server).await];
    let mut third = Client::open(&server, DOOR).await;
    let error = third.next_json().await["error"].clone();
    assert_eq!((&error["code"], &error["retryable"]), (&json!("too_many_dashboards"), &json!(true)));
    assert_eq!(third.closed().await, (1008, "too many dashboards".to_owned()));

    // Who signed in is counted for himself, from wherever he comes.
    open.push(Client::open(&server, "/ws/broadcasts?token=ann").await);
    // A place that is free again can be taken.
    open.remove(0).close(None).await;
    open.push(dashboard(&server).await);
    report(&server, "claude-1", 1).await;
    for client in &mut open {
        assert_eq!(client.next_json().await["agent_id"], "claude-1");
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.allow_query_token = true;
    })
    .await;
    for (path, code, close) in [
        (DOOR.to_owned(), "unauthenticated", 4501),
        (format!("{DOOR}?token=x"), "bad_token", 4501),
        (format!("{DOOR}?token={}", token("ann", -60.0)), "token_expired", 4004),
    ] {
        let mut client = Client::open(&server, &path).await;
        assert_eq!(client.next_json().await["error"]["code"], code, "{path}");
        assert_eq!(client.closed().await.0, close, "{path}");
    }
    let mut ann = Client::open(&server, &format!("{DOOR}?token={}", token("ann", 600.0))).await;
    assert!(ann.ping_json().await.is_empty());
}

#[tokio::test]
async fn a_token_that_ends_is_announced_renewed_and_at_last_the_end() {
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.allow_query_token = true;
    })
    .await;
    let mut ann = Client::open(&server, &format!("{DOOR}?token={}", token("ann", 3.0))).await;
    assert_eq!(ann.next_of("auth_expiring").await["data"], json!({ "expiresIn": 1 }));
    ann.json(json!({ "type": "auth", "token": token("ann", 3.0) })).await;
    assert_eq!(ann.next_of("auth").await["data"], json!({ "success": true, "userId": "ann" }));
    ann.next_of("auth_expiring").await;
    assert_eq!(ann.next_of("error").await["error"]["code"], "token_expired");
    assert_eq!(ann.closed().await, (4004, "token expired".to_owned()));
}

#[tokio::test]
async fn a_dashboard_that_never_says_anything_lives_and_a_dead_one_gives_its_place_back() {
    let server = Server::with(|config| {
        config.timing = impatient();
        config.limits.dashboards_per_user = 1;
    })
    .await;
    let mut silent = Client::open(&server, DOOR).await;
    // Its library answers pings while it waits for this: longer than any hello and any silence may last.
    let patience = impatient();
    let mut other = Client::open(&server, "/ws").await;
    let lives = (patience.gone_after + patience.hello_timeout).0 / patience.ping_every.0 / 2;
    for _ in 0..=lives {
        tokio::select! {
            message = silent.next() => panic!("{message:?}"),
            _ = other.next_of("ping") => {}
        }
    }
    report(&server, "claude-1", 1).await;
    assert_eq!(silent.next_json().await["agent_id"], "claude-1");

    // A line that is cut without a word is given up.
    let dead = silent.into_tcp();
    loop {
        let mut next = Client::open(&server, DOOR).await;
        if next.next_json().await["type"] == "presence_update" {
            break;
        }
        next.closed().await;
    }
    drop(dead);
    assert_eq!(patience.gone_after, Millis(500));
}
