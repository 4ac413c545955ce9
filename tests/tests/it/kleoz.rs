//! Kleoz' door: its web client as it is, and what others see of it.

use presence_model::command::{Command, Hello, Wishes};
use presence_model::time::Millis;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::http::get;
use presence_tests::server::Server;
use serde_json::{Value, json};

/// What the web client says of itself.
fn connect(instance: &str) -> Value {
    json!({
        "type": "connect",
        "client": {
            "id": "kleoz-web", "instanceId": instance, "version": "1.0.0", "platform": "web", "mode": "webchat",
            "host": "app.kleoz.example",
        },
    })
}

/// As the web client comes in: with its token in the query, and its instance in the first message.
async fn come(server: &Server, user: &str, instance: &str) -> Client {
    come_by("/api/ws", server, user, instance).await
}

async fn come_by(door: &str, server: &Server, user: &str, instance: &str) -> Client {
    let mut client = Client::open(server, &format!("{door}?token={user}")).await;
    client.json(connect(instance)).await;
    client.json(json!({ "type": "subscribe", "sessionKeys": [] })).await;
    client.json(json!({ "type": "subscribe.presence" })).await;
    client.next_of("presence.updated").await;
    client
}

/// What came before the lobby's answer to a heartbeat: it answers in the order in which it was asked.
async fn until_answered(client: &mut Client) -> Vec<Value> {
    client.json(json!({ "type": "heartbeat" })).await;
    let mut before = vec![];
    loop {
        let message = client.next_json().await;
        if message["type"] == "pong" {
            return before;
        }
        before.push(message);
    }
}

/// The next event of the list, as `joined a v3`; a whole list as `updated v3 a b`.
async fn next(client: &mut Client) -> String {
    line(&next_event(client).await)
}

async fn next_event(client: &mut Client) -> Value {
    client.next_where(|message| message["type"].as_str().is_some_and(|kind| kind.starts_with("presence."))).await
}

fn line(event: &Value) -> String {
    let kind = event["type"].as_str().unwrap().trim_start_matches("presence.");
    let version = event["stateVersion"].as_u64().unwrap();
    let words = |value: &Value| value.as_str().unwrap().to_owned();
    match kind {
        "joined" => format!("joined {} v{version}", words(&event["entry"]["instanceId"])),
        "left" => format!("left {} v{version}", words(&event["instanceId"])),
        _ => format!("{kind} v{version} {}", ids(event).join(" ")),
    }
}

/// Without the server's own.
fn ids(list: &Value) -> Vec<String> {
    let entries = list["entries"].as_array().unwrap().iter().filter(|entry| entry["mode"] != "gateway");
    let mut ids: Vec<_> = entries.map(|entry| entry["instanceId"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn version(list: &Value) -> u64 {
    list["stateVersion"].as_u64().unwrap()
}

#[tokio::test]
async fn it_greets_at_once_by_both_names_of_the_session() {
    let server = Server::start().await;
    for (path, session) in [("/api/ws?token=ann", None), ("/api/ws?token=bob&sessionId=tab-1", Some("tab-1"))] {
        let mut client = Client::open(&server, path).await;
        let greeting = client.next_json().await;
        assert_eq!((&greeting["type"], &greeting["wsSessionId"]), (&json!("connected"), &greeting["sessionId"]));
        assert!(session.is_none_or(|session| greeting["sessionId"] == session), "{greeting}");
        // By itself, though the client says nothing.
        let auth = client.next_json().await;
        assert_eq!((&auth["type"], &auth["data"]["success"]), (&json!("auth"), &json!(true)));
        assert_eq!(auth["data"]["sessionId"], greeting["sessionId"]);
        let told = until_answered(&mut client).await;
        assert!(told.len() == 1 && told[0]["type"] == "user_presence", "{told:?}");
    }
}

#[tokio::test]
async fn who_brings_no_token_is_greeted_too_and_may_say_who_it_is() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/api/ws").await;
    let greeting = client.next_json().await;
    assert_eq!(greeting["type"], "connected");
    assert_eq!(client.next_json().await["data"], json!({ "success": false, "error": "No token provided" }));
    client.json(connect("Laptop")).await;
    let auth = client.next_json().await;
    let session = &greeting["sessionId"];
    assert_eq!(auth["data"], json!({ "success": true, "userId": "guest-laptop", "sessionId": session }));
}

#[tokio::test]
async fn a_session_that_is_another_users_is_not_the_one_it_gets_and_the_greeting_is_said_again() {
    let server = Server::start().await;
    let mut ann = Client::open(&server, "/api/ws?token=ann&sessionId=tab-1").await;
    ann.next_of("auth").await;
    let mut bob = Client::open(&server, "/api/ws?token=bob&sessionId=tab-1").await;
    assert_eq!(bob.next_json().await["sessionId"], "tab-1");
    let greeting = bob.next_json().await;
    assert_eq!(greeting["type"], "connected");
    assert_ne!(greeting["sessionId"], "tab-1");
    assert_eq!(bob.next_of("auth").await["data"]["sessionId"], greeting["sessionId"]);
    // Which it keeps.
    bob.json(connect("laptop")).await;
    assert_eq!(bob.next_of("auth").await["data"]["sessionId"], greeting["sessionId"]);
    let told = until_answered(&mut ann).await;
    assert!(told.iter().all(|message| message["type"] == "user_presence"), "{told:?}");
}

#[tokio::test]
async fn the_web_client_gets_what_it_waits_for_in_order() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/api/ws?token=ann").await;
    for message in [
        connect("laptop"),
        json!({ "type": "subscribe", "sessionKeys": ["agent:main:main"] }),
        json!({ "type": "subscribe.presence" }),
        json!({ "type": "subscribe.presence" }),
    ] {
        client.json(message).await;
    }
    let told = until_answered(&mut client).await;
    let kinds: Vec<_> = told.iter().map(|message| message["type"].as_str().unwrap()).collect();
    let lists = ["presence.snapshot", "presence.updated"];
    assert_eq!(kinds, [&["connected", "auth", "user_presence"], &lists[..], &lists[..]].concat());
    let told = &told[3..];
    for list in told {
        assert_eq!((ids(list), version(list)), (vec!["laptop".to_owned()], version(&told[0])));
    }
    let entries = told[0]["entries"].as_array().unwrap();
    let own = entries.iter().find(|entry| entry["instanceId"] == "laptop").unwrap();
    assert_eq!(
        (&own["host"], &own["mode"], &own["reason"]),
        (&json!("app.kleoz.example"), &json!("webchat"), &json!("connect"))
    );
    assert!(!told[0].to_string().contains("null"), "{}", told[0]);
}

#[tokio::test]
async fn on_the_other_doors_a_subscriber_gets_no_snapshot() {
    let server = Server::start().await;
    for path in ["/ws", "/presence"] {
        let mut client = Client::open(&server, path).await;
        client.json(json!({ "type": "auth", "token": "ann" })).await;
        client.next_where(|message| message["data"]["success"] == true).await;
        client.json(json!({ "type": "subscribe.presence" })).await;
        let mut told = until_answered(&mut client).await;
        told.retain(|message| message["type"] != "user_presence");
        assert_eq!((told.len(), &told[0]["type"]), (1, &json!("presence.updated")), "{path}");
    }
}

#[tokio::test]
async fn others_see_it_come_change_and_go_with_versions_one_higher_each() {
    let server = Server::with(|config| config.timing.json_list_every = Millis::ZERO).await;
    let mut eve = Client::open(&server, "/api/ws?token=eve").await;
    eve.json(connect("watch")).await;
    eve.json(json!({ "type": "subscribe.presence" })).await;
    let first = version(&eve.next_of("presence.updated").await);

    let mut ann = come(&server, "ann", "laptop").await;
    assert_eq!(next(&mut eve).await, format!("joined laptop v{}", first + 1));
    // A second `connect` on the socket is no second coming.
    let mut again = connect("laptop");
    again["client"]["version"] = json!("2.0.0");
    ann.json(again).await;
    let updated = next_event(&mut eve).await;
    assert_eq!(line(&updated), format!("updated v{} laptop watch", first + 2));
    assert!(updated["entries"].as_array().unwrap().iter().any(|entry| entry["version"] == "2.0.0"), "{updated}");
    ann.close(None).await;
    assert_eq!(next(&mut eve).await, format!("left laptop v{}", first + 3));
}

#[tokio::test]
async fn who_says_nothing_is_seen_all_the_same() {
    let server = Server::start().await;
    let mut eve = come(&server, "eve", "watch").await;
    let mut silent = Client::open(&server, "/api/ws?token=ann&instanceId=phone").await;
    assert!(next(&mut eve).await.starts_with("joined phone v"));
    silent.next_of("auth").await;
}

async fn twenty_lost_lines_are_seen_by_nobody(door: &str) {
    let server = Server::with(|config| config.timing.json_list_every = Millis::ZERO).await;
    let mut eve = come(&server, "eve", "watch").await;
    let mut ann = come_by(door, &server, "ann", "laptop").await;
    assert!(next(&mut eve).await.starts_with("joined laptop v"));
    for _ in 0..20 {
        // It knows no session, as Kleoz' client does not.
        drop(ann.into_tcp());
        while get(&server, "/api/stats").await.json()["authenticated"] != 1 {}
        ann = come_by(door, &server, "ann", "laptop").await;
    }
    let told = until_answered(&mut eve).await;
    let told: Vec<_> = told.iter().map(|message| (&message["type"], &message["data"]["status"])).collect();
    assert_eq!(told, [(&json!("user_presence"), &json!("online"))], "{door}: that she came");
    ann.close(None).await;
    assert!(next(&mut eve).await.starts_with("left laptop v"), "{door}");
}

#[tokio::test]
async fn twenty_lost_lines_at_api_ws_are_seen_by_nobody() {
    twenty_lost_lines_are_seen_by_nobody("/api/ws").await;
}

#[tokio::test]
async fn twenty_lost_lines_at_ws_are_seen_by_nobody() {
    twenty_lost_lines_are_seen_by_nobody("/ws").await;
}

#[tokio::test]
async fn who_types_in_a_conversation_is_told_until_the_lease_is_over() {
    let server = Server::with(|config| config.timing.typing_lease = Millis(300)).await;
    let mut eve = come(&server, "eve", "watch").await;
    let mut ann = come(&server, "ann", "laptop").await;
    let typing =
        |key: &str, is_typing: bool| json!({ "type": "session.typing", "sessionKey": key, "isTyping": is_typing });
    let told = |message: &Value| (message["sessionKey"].clone(), message["userIds"].clone());

    ann.json(typing("main", true)).await;
    assert_eq!(told(&eve.next_of("session.typing").await), (json!("main"), json!(["laptop"])));
    // One who comes later is told behind its list.
    let mut late = come(&server, "cid", "phone").await;
    late.next_of("session.typing").await;
    assert_eq!(told(&eve.next_of("session.typing").await), (json!("main"), json!([])), "the lease was over");

    ann.json(typing("side", true)).await;
    ann.json(typing("side", false)).await;
    assert_eq!(told(&eve.next_of("session.typing").await), (json!("side"), json!(["laptop"])));
    assert_eq!(told(&eve.next_of("session.typing").await), (json!("side"), json!([])));

    ann.json(json!({ "type": "session.typing", "sessionKey": "main" })).await;
    let error = ann.next_of("error").await["error"].clone();
    assert_eq!((&error["code"], &error["field"]), (&json!("missing_field"), &json!("isTyping")));
}

#[tokio::test]
async fn an_sdk_that_hears_who_is_here_is_not_confused_by_conversations() {
    let server = Server::start().await;
    let wishes = Some(Wishes { revision: 1, rooms: vec![], presence: true });
    let mut sdk = Client::hello(&server, "bob", Hello { incarnation: 1, wishes, ..Hello::default() }).await;
    let mut ann = come(&server, "ann", "laptop").await;
    ann.json(json!({ "type": "session.typing", "sessionKey": "main", "isTyping": true })).await;
    ann.next_of("session.typing").await;
    sdk.say(&Upstream::Command(Command::Goodbye)).await;
    assert_eq!(sdk.closed().await.0, 1000);
}

#[tokio::test]
async fn the_list_over_http_is_the_same_and_may_hold_who_left() {
    let server = Server::start().await;
    let mut ann = come(&server, "ann", "laptop").await;
    let list = get(&server, "/api/presence").await.json();
    ann.json(json!({ "type": "subscribe.presence" })).await;
    let told = ann.next_of("presence.snapshot").await;
    assert_eq!((ids(&list), version(&list)), (ids(&told), version(&told)));
    ann.close(None).await;

    let listed = async |query: &str| ids(&get(&server, &format!("/api/presence{query}")).await.json());
    assert_eq!(listed("").await, [""; 0]);
    assert_eq!(listed("?include=disconnected").await, ["laptop"]);
    let refused = get(&server, "/api/presence?include=all").await;
    assert_eq!((refused.status, &refused.json()["error"]["field"]), (400, &json!("include")));
}

#[tokio::test]
async fn at_ws_a_token_in_the_request_is_answered_at_once_and_shown_as_what_connect_names() {
    let server = Server::start().await;
    let mut observer = come(&server, "olga", "o").await;
    let mut ann = Client::open(&server, "/ws?token=ann").await;
    assert_eq!(ann.next_of("auth").await["data"]["userId"], "ann");
    ann.json(connect("laptop")).await;
    ann.next_of("auth").await;
    assert_eq!(next(&mut observer).await, "joined laptop v2");
    // Who says something else, or nothing, is shown as well.
    let mut bob = Client::open(&server, "/ws?token=bob").await;
    let session = bob.next_of("auth").await["data"]["sessionId"].as_str().unwrap().to_owned();
    bob.ping_json().await;
    assert_eq!(next(&mut observer).await, format!("joined {session} v3"));
    let mut cid = Client::open(&server, "/ws?token=cid").await;
    let session = cid.next_of("auth").await["data"]["sessionId"].as_str().unwrap().to_owned();
    assert_eq!(next(&mut observer).await, format!("joined {session} v4"));
    // Who goes before that was never there.
    Client::open(&server, "/ws?token=dan").await.close(Some(1000)).await;
    let eve = Client::open(&server, "/ws?token=eve&instanceId=eve-1").await;
    assert_eq!(next(&mut observer).await, "joined eve-1 v5");
    drop(eve);
}
