//! What backends say to people.

use jsonwebtoken::Algorithm;
use presence_tests::client::Client;
use presence_tests::http::{get, post, request, send, turned_down};
use presence_tests::server::Server;
use presence_tests::tokens::{SERVER_KEY, claims, configure, sign};
use serde_json::{Value, json};

const AGENT_STATUS: &str = "/api/broadcast/agent-status";
const CHAT: &str = "/api/broadcast/chat";
const NOTIFICATION: &str = "/api/broadcast/notification";
const MEMBERS: &str = "/api/conversations/conv-1/members";

fn chat(content: &str) -> Value {
    json!({ "conversationId": "conv-1", "content": content, "sender": "LEAD" })
}

fn notification(message: &str) -> Value {
    json!({ "level": "success", "message": message })
}

async fn signed_in(server: &Server, user: &str) -> Client {
    // Who says at once which instance it is, is here at once.
    let mut client = Client::open(server, &format!("/ws?token={user}&instanceId={user}")).await;
    client.next_of("auth").await;
    client.ping_json().await;
    client
}

async fn posted(server: &Server, path: &str, body: &Value) -> Value {
    let answer = post(server, path, &[], body).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn messages_reach_those_who_are_signed_in_as_the_page_prints_them() {
    let server = Server::start().await;
    let mut ann = signed_in(&server, "ann").await;
    let mut nobody = Client::open(&server, "/ws").await;
    nobody.next_of("auth").await;

    let status =
        json!({ "agentName": "CLOUD_ASSISTANT", "state": "working", "currentTask": "Analyzing", "progress": 50 });
    assert_eq!(posted(&server, AGENT_STATUS, &status).await, json!({ "success": true, "told": 1, "kept": 0 }));
    let told = ann.next_of("agent_status").await;
    assert_eq!(told, json!({ "type": "agent_status", "data": status, "timestamp": told["timestamp"] }));
    assert_eq!(get(&server, "/api/presence/CLOUD_ASSISTANT").await.json()["status"], "active");

    let said = json!({
        "conversationId": "conv-1", "messageId": "msg-456", "content": "Task completed!", "sender": "LEAD",
        "timestamp": "2025-12-26T13:00:00.000Z",
    });
    let answer = posted(&server, CHAT, &said).await;
    assert_eq!(answer, json!({ "success": true, "told": 1, "kept": 0, "id": "msg-456" }));
    let told = ann.next_of("chat_message").await;
    assert_eq!(told, json!({ "type": "chat_message", "data": said, "timestamp": told["timestamp"] }));
    let answer = posted(&server, CHAT, &chat("without an id")).await;
    let told = ann.next_of("chat_message").await["data"].clone();
    assert!(told["messageId"] == answer["id"] && told["messageId"].as_str().unwrap().len() == 32, "{told}");

    let answer = posted(&server, NOTIFICATION, &notification("All tests passed!")).await;
    let told = ann.next_of("notification").await["data"].clone();
    assert_eq!(told["id"], answer["id"]);
    assert_eq!((&told["level"], &told["message"]), (&json!("success"), &json!("All tests passed!")));

    let heard = nobody.ping_json().await;
    assert!(heard.is_empty(), "{heard:?}");
}

#[tokio::test]
async fn a_notification_waits_for_its_reader_and_others_do_not_hear_it() {
    let server = Server::start().await;
    let mut bob = signed_in(&server, "bob").await;
    let for_ann = json!({ "level": "error", "message": "Task failed", "userId": "ann", "id": "n-1" });
    let answer = posted(&server, NOTIFICATION, &for_ann).await;
    assert_eq!(answer, json!({ "success": true, "told": 0, "kept": 1, "id": "n-1" }));
    let mut ann = Client::open(&server, "/ws?token=ann&instanceId=ann").await;
    assert_eq!(ann.next_of("notification").await["data"]["id"], "n-1");
    let answer = posted(&server, NOTIFICATION, &for_ann).await;
    assert_eq!((&answer["told"], &answer["kept"]), (&json!(1), &json!(0)));
    assert!(bob.ping_json().await.iter().all(|message| message["type"] != "notification"));
}

#[tokio::test]
async fn a_conversation_is_its_members_and_without_any_everybodys() {
    let server = Server::start().await;
    let (mut ann, mut bob) = (signed_in(&server, "ann").await, signed_in(&server, "bob").await);
    let heard = async |client: &mut Client| {
        let heard = client.ping_json().await;
        heard.into_iter().filter(|message| message["type"] == "chat_message").count()
    };
    assert_eq!(posted(&server, CHAT, &chat("to all")).await["told"], 2);
    assert_eq!((heard(&mut ann).await, heard(&mut bob).await), (1, 1));
    posted(&server, MEMBERS, &json!({ "members": ["ann", "cleo"] })).await;
    assert_eq!(posted(&server, CHAT, &chat("to ann")).await["told"], 1);
    assert_eq!((heard(&mut ann).await, heard(&mut bob).await), (1, 0));
    let mut with_members = chat("to bob");
    with_members["members"] = json!(["bob"]);
    assert_eq!(posted(&server, CHAT, &with_members).await["told"], 1);
    assert_eq!((heard(&mut ann).await, heard(&mut bob).await), (0, 1));
    posted(&server, MEMBERS, &json!({ "members": [] })).await;
    assert_eq!(posted(&server, CHAT, &chat("to all again")).await["told"], 2);
}

#[tokio::test]
async fn bad_requests_are_refused_by_name_and_nobody_hears_them() {
    let server = Server::start().await;
    let mut ann = signed_in(&server, "ann").await;
    let long = format!(r#"{{"level":"info","message":"{}"}}"#, "x".repeat(16 * 1024 + 1));
    for (path, body, status, code, field) in [
        (AGENT_STATUS, "[]", 400, "bad_json", None),
        (AGENT_STATUS, r#"{"agentName":"a"}"#, 400, "missing_field", Some("state")),
        (AGENT_STATUS, r#"{"agentName":"a","state":"working","progress":101}"#, 400, "out_of_range", Some("progress")),
        (CHAT, "hello", 400, "bad_json", None),
        (CHAT, r#"{"conversationId":"c","content":"x"}"#, 400, "missing_field", Some("sender")),
        (
            CHAT,
            r#"{"conversationId":"c","content":"x","sender":"s","members":[7]}"#,
            400,
            "bad_field",
            Some("members[0]"),
        ),
        (NOTIFICATION, r#"{"level":"fatal","message":"x"}"#, 400, "bad_field", Some("level")),
        (NOTIFICATION, &long, 400, "too_long", Some("message")),
        (MEMBERS, "{}", 400, "missing_field", Some("members")),
        ("/api/conversations/%0A/members", r#"{"members":[]}"#, 400, "bad_field", Some("id")),
    ] {
        let answer = send(&server, "POST", path, &[], body).await;
        assert_eq!(turned_down(&answer), (status, code.to_owned(), field.map(str::to_owned)), "{path} {body}");
        assert_eq!(get(&server, path).await.status, 405, "{path}");
    }
    assert!(ann.ping_json().await.is_empty());
}

#[tokio::test]
async fn only_the_apps_own_backends_may() {
    let server = Server::with(|config| configure(config, Algorithm::HS256)).await;
    let of = |name: &str, value: &str| {
        let mut claims = claims("claude-1", 600.0);
        claims[name] = json!(value);
        format!("Bearer {}", sign(Algorithm::HS256, &claims))
    };
    let (agent, admin) = (of("roles", "agent"), of("scopes", "operator.admin"));
    for (headers, status) in [
        (&[("x-server-key", SERVER_KEY)][..], 200),
        (&[("authorization", admin.as_str())][..], 200),
        (&[("authorization", agent.as_str())][..], 403),
        (&[("x-server-key", "another key")][..], 401),
        (&[][..], 401),
    ] {
        for (path, body) in [
            (CHAT, chat("x")),
            (NOTIFICATION, notification("x")),
            (MEMBERS, json!({ "members": [] })),
            (AGENT_STATUS, json!({ "agentName": "another", "state": "idle" })),
        ] {
            let answer = post(&server, path, headers, &body).await;
            assert_eq!(answer.status, status, "{path} {headers:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn when_somebody_was_here_last_is_told_to_those_who_may_know_who_is_here() {
    let server = Server::start().await;
    let seen = async |user: &str| get(&server, &format!("/api/users/{user}/last-seen")).await.json();
    assert_eq!(seen("ann").await, json!({ "userId": "ann", "lastSeen": null, "online": false }));
    let ann = signed_in(&server, "ann").await;
    let here = seen("ann").await;
    assert!(here["online"] == true && here["lastSeen"].as_str().unwrap().ends_with('Z'), "{here}");
    ann.close(None).await;
    loop {
        let gone = seen("ann").await;
        if gone["online"] == false {
            assert!(gone["lastSeen"].is_string(), "{gone}");
            break;
        }
    }
    let closed = Server::with(|config| configure(config, Algorithm::HS256)).await;
    assert_eq!(turned_down(&get(&closed, "/api/users/ann/last-seen").await).0, 401);
    let key = [("x-server-key", SERVER_KEY)];
    assert_eq!(request(&closed, "GET", "/api/users/ann/last-seen", &key).await.status, 200);
}
