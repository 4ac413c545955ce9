//! What agents report, over HTTP and over sockets, and who is believed.

use jsonwebtoken::Algorithm;
use presence_model::command::Hello;
use presence_model::limit::{Rate, Rates};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::http::{get, post, request, send, turned_down};
use presence_tests::server::{Server, impatient};
use presence_tests::tokens::{SERVER_KEY, claims, configure, sign, token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const EVENTS: &str = "/api/agents/claude-1/events";
const STATUS: &str = "/api/broadcast/features/feat-1/status";

/// The headers that name who reports a feature's status.
const NAMED: [(&str, &str); 2] = [("x-agent-id", "claude-1"), ("x-session-id", "sess-1")];

fn tool(tokens: u64) -> Value {
    json!({ "type": "tool_execute", "tool_name": "Bash", "cost_tokens": tokens })
}

async fn presence(server: &Server, agent: &str) -> Value {
    get(server, &format!("/api/presence/{agent}")).await.json()
}

/// How much an agent did, as anybody is told.
async fn counted(server: &Server, agent: &str) -> (Value, Value) {
    let mut presence = presence(server, agent).await;
    (presence["total_tools_executed"].take(), presence["total_cost_tokens"].take())
}

#[tokio::test]
async fn what_an_agent_does_is_counted_and_shown_everywhere() {
    let server = Server::start().await;
    let event = json!({
        "type": "tool_execute", "tool_name": "Bash", "cost_tokens": 1500, "feature_id": "feat-1",
        "session_id": "sess-1", "activity": "pushing",
    });
    let answer = post(&server, EVENTS, &[], &event).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let mut body = answer.json();
    let presence = body["presence"].take();
    assert_eq!(body, json!({ "success": true, "agent_id": "claude-1", "counted": 1, "repeated": 0, "presence": null }));
    let mut told = presence.clone();
    assert!(told["last_activity"].take().as_str().unwrap().ends_with('Z'), "{presence}");
    assert_eq!(
        told,
        json!({
            "agent_id": "claude-1", "status": "active", "current_feature_id": "feat-1", "last_tool_name": "Bash",
            "last_activity": null, "total_tools_executed": 1, "total_cost_tokens": 1500, "session_id": "sess-1",
            "activity": "pushing",
        })
    );
    assert_eq!(self::presence(&server, "claude-1").await, presence);
    assert_eq!(get(&server, "/api/presence").await.json()["agents"], json!([presence]));
    assert_eq!(get(&server, "/api/stats").await.json()["agents"], 1);
    assert!(get(&server, "/metrics").await.body.contains("\npresence_agents 1\n"));

    // Nothing is null but the feature, which HtmlGraph's page knows to be absent.
    post(&server, "/api/agents/a%2Fb/events", &[], &json!({ "event_type": "offline" })).await;
    let mut bare = self::presence(&server, "a%2Fb").await;
    bare["last_activity"].take();
    assert_eq!(
        bare,
        json!({
            "agent_id": "a/b", "status": "offline", "current_feature_id": null, "last_tool_name": "",
            "last_activity": null, "total_tools_executed": 0, "total_cost_tokens": 0, "session_id": "",
        })
    );
}

#[tokio::test]
async fn an_agent_that_nobody_knows_is_not_found() {
    let server = Server::start().await;
    let answer = get(&server, "/api/presence/nobody").await;
    assert_eq!(turned_down(&answer), (404, "unknown_agent".to_owned(), Some("agent_id".to_owned())));
    assert_eq!(answer.json()["detail"], "Agent not found");
    let long = get(&server, &format!("/api/presence/{}", "x".repeat(200))).await;
    assert_eq!(turned_down(&long), (400, "bad_field".to_owned(), Some("agent_id".to_owned())));
}

#[tokio::test]
async fn a_retry_counts_once() {
    let server = Server::start().await;
    let report = async |path: &str, headers: &[(&str, &str)], body: &Value| {
        let answer = post(&server, path, headers, body).await.json();
        (answer["counted"].as_u64().unwrap(), answer["repeated"].as_u64().unwrap())
    };
    let key = [("Idempotency-Key", "k-1")];
    assert_eq!(report(EVENTS, &key, &tool(10)).await, (1, 0));
    for _ in 0..3 {
        assert_eq!(report(EVENTS, &key, &tool(10)).await, (0, 1));
    }
    let mut with_field = tool(10);
    with_field["idempotency_key"] = json!("k-1");
    assert_eq!(report(EVENTS, &[], &with_field).await, (0, 1), "it is the same key in either place");
    assert_eq!(counted(&server, "claude-1").await, (json!(1), json!(10)));
    // Another agent's key is another one, and what names none counts each time.
    assert_eq!(report("/api/agents/claude-2/events", &key, &tool(10)).await, (1, 0));
    assert_eq!(report(EVENTS, &[], &tool(10)).await, (1, 0));

    let batch = json!([tool(1), { "type": "activity", "idempotency_key": "k-1" }, tool(1)]);
    assert_eq!(report(EVENTS, &[("Idempotency-Key", "b")], &batch).await, (2, 1));
    let longer = json!([tool(1), tool(1), tool(1), tool(1)]);
    assert_eq!(report(EVENTS, &[("Idempotency-Key", "b")], &longer).await, (2, 2));
    assert_eq!(counted(&server, "claude-1").await, (json!(6), json!(24)));
}

#[tokio::test]
async fn a_batch_counts_as_a_whole_or_not_at_all() {
    let server = Server::with(|config| config.limits.events_per_batch = 3).await;
    for bad in [json!({ "type": "dance" }), json!({ "type": "activity", "cost_tokens": 1.5 }), json!(7)] {
        let answer = post(&server, EVENTS, &[], &json!({ "events": [tool(1), tool(1), bad] })).await;
        let (status, _, field) = turned_down(&answer);
        assert!(status == 400 && field.unwrap().starts_with("events[2]"), "{answer:?}");
    }
    let answer = post(&server, EVENTS, &[], &json!([tool(1), tool(1), tool(1), tool(1)])).await;
    assert_eq!(turned_down(&answer), (400, "out_of_range".to_owned(), Some("events".to_owned())));
    assert_eq!(get(&server, "/api/presence/claude-1").await.status, 404, "nothing was stored");
    let answer = post(&server, EVENTS, &[], &json!({ "events": [tool(1), tool(2), tool(3)] })).await;
    assert_eq!(answer.json()["counted"], 3);
    assert_eq!(counted(&server, "claude-1").await, (json!(3), json!(6)));
}

#[tokio::test]
async fn the_retry_of_a_features_status_counts_once() {
    let server = Server::start().await;
    let set = async |status: &str, key: &'static str| {
        let headers = [NAMED[0], NAMED[1], ("idempotency-key", key)];
        let answer = post(&server, STATUS, &headers, &json!({ "new_status": status })).await.json();
        [&answer["old_status"], &answer["new_status"]].map(|status| status.as_str().map(str::to_owned))
    };
    let [todo, done] = ["todo", "done"].map(|status| Some(status.to_owned()));
    assert_eq!(set("todo", "k1").await, [None, todo.clone()]);
    assert_eq!(set("done", "k2").await, [todo, done.clone()]);
    assert_eq!(set("todo", "k1").await, [done.clone(), done]);
}

#[tokio::test]
async fn the_status_of_a_feature_is_told_with_what_it_was() {
    let server = Server::start().await;
    let mut dashboard = Client::open(&server, "/ws/broadcasts").await;
    dashboard.ping_json().await;
    let set = async |status: &str| post(&server, STATUS, &NAMED, &json!({ "new_status": status })).await.json();
    let mut first = set("todo").await;
    assert!(first["timestamp"].take().as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "success": true, "feature_id": "feat-1", "old_status": null, "new_status": "todo",
        "clients_notified": 1, "timestamp": null,
    });
    assert_eq!(first, expected);
    assert_eq!(set("in_progress").await["old_status"], "todo");
    let told = dashboard.next_where(|told| told["payload"]["new_status"] == "in_progress").await;
    assert_eq!(
        told,
        json!({
            "type": "broadcast_event", "event_type": "feature_updated", "resource_id": "feat-1",
            "resource_type": "feature", "agent_id": "claude-1", "session_id": "sess-1",
            "payload": { "change_type": "status", "old_status": "todo", "new_status": "in_progress" },
            "timestamp": told["timestamp"],
        })
    );
    let presence = presence(&server, "claude-1").await;
    assert_eq!((&presence["current_feature_id"], &presence["session_id"]), (&json!("feat-1"), &json!("sess-1")));
}

#[tokio::test]
async fn bad_requests_are_refused_by_name_and_nothing_is_stored() {
    let server = Server::start().await;
    let good = json!({ "new_status": "done" }).to_string();
    let long = "x".repeat(129);
    let long_id = format!("/api/agents/{long}/events");
    let long_key = "x".repeat(257);
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str, Option<&'a str>);
    let named = &NAMED[..];
    let cases: &[Case<'_>] = &[
        (EVENTS, &[], "", 400, "bad_json", None),
        (EVENTS, &[], "{", 400, "bad_json", None),
        (EVENTS, &[], "\"tool_execute\"", 400, "bad_json", None),
        (EVENTS, &[], "{}", 400, "missing_field", Some("type")),
        (EVENTS, &[], r#"{"type":"dance"}"#, 400, "bad_field", Some("type")),
        (EVENTS, &[], r#"{"type":"activity","cost_tokens":-1}"#, 400, "out_of_range", Some("cost_tokens")),
        (EVENTS, &[], r#"{"type":"activity","cost_tokens":NaN}"#, 400, "bad_json", None),
        (EVENTS, &[], "[]", 400, "out_of_range", Some("events")),
        (
            EVENTS,
            &[("idempotency-key", &long_key)],
            r#"{"type":"activity"}"#,
            400,
            "bad_field",
            Some("Idempotency-Key"),
        ),
        (&long_id, &[], r#"{"type":"activity"}"#, 400, "bad_field", Some("agent_id")),
        ("/api/agents/%20/events", &[], r#"{"type":"activity"}"#, 400, "bad_field", Some("agent_id")),
        ("/api/agents/%ff/events", &[], r#"{"type":"activity"}"#, 400, "bad_field", Some("agent_id")),
        (STATUS, &[], &good, 422, "missing_field", Some("X-Agent-ID")),
        (STATUS, &named[..1], &good, 422, "missing_field", Some("X-Session-ID")),
        (STATUS, &[("x-agent-id", " "), named[1]], &good, 422, "missing_field", Some("X-Agent-ID")),
        (STATUS, &[("x-agent-id", &long), named[1]], &good, 400, "bad_field", Some("X-Agent-ID")),
        (STATUS, named, "{}", 400, "missing_field", Some("new_status")),
        (STATUS, named, r#"{"new_status":"finished"}"#, 400, "bad_field", Some("new_status")),
        (STATUS, named, "[]", 400, "bad_json", None),
    ];
    for (path, headers, body, status, code, field) in cases {
        let answer = send(&server, "POST", path, headers, body).await;
        let expected = (*status, (*code).to_owned(), field.map(str::to_owned));
        assert_eq!(turned_down(&answer), expected, "{path} {body}");
    }
    assert_eq!(get(&server, "/api/presence").await.json()["agents"], json!([]));
    for path in [EVENTS, STATUS] {
        assert_eq!(turned_down(&get(&server, path).await).0, 405, "{path}");
    }
    assert_eq!(request(&server, "POST", "/api/presence/x", &[("content-length", "0")]).await.status, 405);
}

#[tokio::test]
async fn a_body_is_bounded_in_size_and_in_time() {
    let server = Server::with(|config| {
        config.timing = impatient();
        config.limits.posted_bytes = 1_000;
    })
    .await;
    let large = format!(r#"{{"type":"activity","x":"{}"}}"#, "x".repeat(2_000));
    let answer = send(&server, "POST", EVENTS, &[], &large).await;
    assert_eq!(
        (turned_down(&answer), answer.header("connection")),
        ((413, "too_large".to_owned(), None), Some("close"))
    );

    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("POST {EVENTS} HTTP/1.1\r\nhost: {}\r\ncontent-length: 100\r\n\r\n{{", server.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn an_agent_reports_for_itself_and_who_has_the_key_for_all() {
    let server = Server::with(|config| configure(config, Algorithm::HS256)).await;
    let of = |sub: &str, more: &[(&str, Value)]| {
        let mut claims = claims(sub, 600.0);
        more.iter().for_each(|(name, value)| claims[*name] = value.clone());
        format!("Bearer {}", sign(Algorithm::HS256, &claims))
    };
    let agent = json!(["agent"]);
    for (who, headers, status) in [
        ("the key", vec![("x-server-key", SERVER_KEY.to_owned())], 200),
        ("the key as a token", vec![("authorization", format!("Bearer {SERVER_KEY}"))], 200),
        ("the agent", vec![("authorization", of("claude-1", &[("roles", agent.clone())]))], 200),
        ("an administrator", vec![("authorization", of("ann", &[("scopes", json!("operator.admin"))]))], 200),
        ("nobody", vec![], 401),
        ("who guesses the key", vec![("x-server-key", "a key".to_owned())], 401),
        ("an old token", vec![("authorization", format!("Bearer {}", token("claude-1", -60.0)))], 401),
        ("a user of the agent's name", vec![("authorization", of("claude-1", &[]))], 403),
        ("another agent", vec![("authorization", of("claude-2", &[("roles", agent.clone())]))], 403),
        ("an operator", vec![("authorization", of("ann", &[("scopes", json!("operator.write"))]))], 403),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = post(&server, EVENTS, &headers, &tool(1)).await;
        assert_eq!(answer.status, status, "{who}: {answer:?}");
        let named = [&NAMED[..], &headers].concat();
        let answer = post(&server, STATUS, &named, &json!({ "new_status": "done" })).await;
        assert_eq!(answer.status, status, "{who}: {answer:?}");
        let status_of = json!({ "agentName": "claude-1", "state": "working" });
        let answer = post(&server, "/api/broadcast/agent-status", &headers, &status_of).await;
        assert_eq!(answer.status, status, "{who}: {answer:?}");
    }
    let ann = [("authorization", of("ann", &[]))];
    let headers: Vec<_> = ann.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let read = request(&server, "GET", "/api/presence/claude-1", &headers).await;
    assert_eq!((read.status, &read.json()["total_cost_tokens"]), (200, &json!(4)));
    assert_eq!(turned_down(&get(&server, "/api/presence/claude-1").await).0, 401);
}

#[tokio::test]
async fn who_reports_too_often_is_told_to_wait_but_not_the_servers_key() {
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        let posting = Rate { every: Millis::minutes(10), burst: 3 };
        config.limits.rates = Rates { posting, ..Rates::default() };
    })
    .await;
    let mut claims = claims("claude-1", 600.0);
    claims["roles"] = json!("agent");
    let agent = format!("Bearer {}", sign(Algorithm::HS256, &claims));
    let report = async |header: (&str, &str)| post(&server, EVENTS, &[header], &tool(1)).await;
    for _ in 0..3 {
        assert_eq!(report(("authorization", &agent)).await.status, 200);
    }
    let answer = report(("authorization", &agent)).await;
    assert_eq!(turned_down(&answer), (429, "rate_limited".to_owned(), None));
    assert!(answer.json()["error"]["retryAfterMs"].as_u64().unwrap() > 1_000, "{answer:?}");
    assert!(answer.header("retry-after").is_some());
    for _ in 0..10 {
        assert_eq!(report(("x-server-key", SERVER_KEY)).await.status, 200);
    }
}

#[tokio::test]
async fn over_a_socket_the_same_counts_the_same() {
    let server = Server::start().await;
    let said = |more: Value| {
        let mut message = json!({ "type": "agent_event", "agent_id": "claude-1" });
        more.as_object().unwrap().iter().for_each(|(name, value)| message[name] = value.clone());
        message
    };
    let event = json!({ "event_type": "tool_execute", "cost_tokens": 5, "idempotency_key": "k" });
    // Dashboards, whoever signed in, and in development whoever did not.
    for path in ["/ws/broadcasts", "/ws?token=ann", "/ws"] {
        let mut client = Client::open(&server, path).await;
        client.json(said(event.clone())).await;
        client.json(said(json!({ "events": [tool(1), tool(1)] }))).await;
        assert!(client.ping_json().await.iter().all(|message| message["type"] != "error"), "{path}");
    }
    // And the SDK, in a frame that carries the words of the others.
    let mut sdk = Client::hello(&server, "ann", Hello::default()).await;
    for text in [said(event.clone()), said(json!({ "events": [tool(1)] })), said(json!({ "event_type": "dance" }))] {
        sdk.say(&Upstream::Message { text: text.to_string() }).await;
    }
    let refused = sdk.next_frame(|frame| match frame {
        Downstream::Refused { about, refusal, .. } => Some((about.to_string(), refusal.to_string())),
        _ => None,
    });
    let (about, refusal) = refused.await;
    assert!(about == "agent_event" && refusal.contains("event_type"), "{refusal}");
    let answer = post(&server, EVENTS, &[("idempotency-key", "k")], &tool(5)).await.json();
    assert_eq!((&answer["repeated"], &answer["presence"]["total_cost_tokens"]), (&json!(1), &json!(12)));

    let mut client = Client::open(&server, "/ws/broadcasts").await;
    for (more, code, field) in [
        (json!({}), "missing_field", "type"),
        (json!({ "event_type": "dance" }), "bad_field", "event_type"),
        (json!({ "event_type": "activity", "cost_tokens": -1 }), "out_of_range", "cost_tokens"),
        (json!({ "agent_id": " ", "event_type": "activity" }), "bad_field", "agent_id"),
        (json!({ "events": [tool(1), {}] }), "missing_field", "events[1].type"),
        (json!({ "events": [] }), "out_of_range", "events"),
    ] {
        client.json(said(more.clone())).await;
        let error = client.next_of("error").await["error"].clone();
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(field)), "{more}");
        assert!(error["message"].as_str().unwrap().starts_with("agent_event: "), "{error}");
    }
    assert_eq!(counted(&server, "claude-1").await, (json!(8), json!(12)));
}

#[tokio::test]
async fn over_a_socket_the_same_are_believed() {
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.public_dashboards = true;
        config.allow_query_token = true;
    })
    .await;
    let mut claims = claims("claude-1", 600.0);
    claims["roles"] = json!("agent");
    let agent = sign(Algorithm::HS256, &claims);
    let event = json!({ "type": "agent_event", "agent_id": "claude-1", "event_type": "activity", "cost_tokens": 1 });
    for (path, refused) in [
        ("/ws/broadcasts".to_owned(), Some("unauthenticated")),
        ("/ws".to_owned(), Some("unauthenticated")),
        (format!("/ws/broadcasts?token={}", token("claude-1", 600.0)), Some("forbidden")),
        (format!("/ws?token={}", token("claude-1", 600.0)), Some("forbidden")),
        (format!("/ws/broadcasts?token={agent}"), None),
        (format!("/ws?token={agent}"), None),
        (format!("/presence?token={agent}"), Some("unauthenticated")),
    ] {
        let mut client = Client::open(&server, &path).await;
        client.json(event.clone()).await;
        let told = client.ping_json().await;
        let error = told.iter().find(|message| message["type"] == "error");
        assert_eq!(error.and_then(|error| error["error"]["code"].as_str()), refused, "{path}");
    }
    let presence = get(&server, "/api/presence/claude-1").await.json();
    assert_eq!(presence["total_cost_tokens"], 2);
}
