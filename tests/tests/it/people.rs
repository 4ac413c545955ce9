//! Who is here, for people: Code Cloud's `user_presence`, and what waits for who is away.

use futures_util::future::join_all;
use presence_model::time::Millis;
use presence_tests::client::Client;
use presence_tests::http::{get, post};
use presence_tests::server::{Server, impatient};
use serde_json::{Value, json};

async fn come(server: &Server, path: &str) -> Client {
    let mut client = Client::open(server, path).await;
    client.next_of("auth").await;
    client.next_of("user_presence").await;
    client
}

/// The next of what is told of a user.
async fn next_of(client: &mut Client, user: &str) -> Value {
    let is_it = |message: &Value| message["type"] == "user_presence" && message["data"]["userId"] == user;
    client.next_where(is_it).await["data"]["status"].clone()
}

/// Of this type, what was told before a message to the lobby was answered.
async fn until_answered(client: &mut Client, kind: &str) -> Vec<Value> {
    client.json(json!({ "type": "heartbeat" })).await;
    let mut before = vec![];
    loop {
        let message = client.next_json().await;
        match message["type"].as_str() {
            Some("pong") => return before,
            Some(told) if told == kind => before.push(message["data"].clone()),
            _ => {}
        }
    }
}

/// Of this type, what was told before its reader was shown to be online.
async fn until_present(client: &mut Client, kind: &str) -> Vec<Value> {
    let mut before = vec![];
    let is_present = |message: &Value| {
        if message["type"] == kind {
            before.push(message["data"].clone());
        }
        message["type"] == "user_presence"
    };
    client.next_where(is_present).await;
    before.extend(until_answered(client, kind).await);
    before
}

async fn notify(server: &Server, user: &str, id: &str) -> Value {
    let body = json!({ "level": "info", "message": "hello", "userId": user, "id": id });
    post(server, "/api/broadcast/notification", &[], &body).await.json()
}

#[tokio::test]
async fn the_pages_client_hears_who_comes_goes_and_is_busy() {
    let server = Server::start().await;
    let mut bob = Client::open(&server, "/ws?token=bob").await;
    bob.next_of("auth").await;
    let own = bob.next_of("user_presence").await;
    let data = json!({ "userId": "bob", "status": "online" });
    assert_eq!(own, json!({ "type": "user_presence", "data": data, "timestamp": own["timestamp"] }));

    let mut ann = come(&server, "/ws?token=ann").await;
    assert_eq!(next_of(&mut bob, "ann").await, "online");
    for (said, heard) in [
        (json!("busy"), "busy"),
        (json!("away"), "away"),
        (json!({ "status": "busy" }), "busy"),
        (json!("offline"), "offline"),
        (json!("online"), "online"),
    ] {
        ann.json(json!({ "type": "user_presence", "data": said })).await;
        assert_eq!(next_of(&mut bob, "ann").await, heard);
        assert_eq!(next_of(&mut ann, "ann").await, heard, "it is told to all");
    }
    ann.close(None).await;
    assert_eq!(next_of(&mut bob, "ann").await, "offline");
}

#[tokio::test]
async fn what_a_user_cannot_be_is_refused_and_who_has_not_said_who_he_is_is_nobody() {
    let server = Server::start().await;
    let mut bob = come(&server, "/ws?token=bob").await;
    let mut nobody = Client::open(&server, "/ws").await;
    for (data, code) in [(json!("asleep"), "bad_field"), (json!(7), "bad_field"), (Value::Null, "missing_field")] {
        bob.json(json!({ "type": "user_presence", "data": data })).await;
        let error = bob.next_of("error").await["error"].clone();
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!("data")), "{error}");
    }
    nobody.json(json!({ "type": "user_presence", "data": "online" })).await;
    assert_eq!(nobody.next_of("error").await["error"]["code"], "unauthenticated");
    assert!(until_answered(&mut bob, "user_presence").await.is_empty());
}

#[tokio::test]
async fn offline_is_told_once_whichever_way_the_last_line_goes() {
    let timing = || presence_model::limit::Timing { reconnect_grace: Millis(200), ..impatient() };
    let server = Server::with(|config| config.timing = timing()).await;
    let mut bob = come(&server, "/ws?token=bob").await;
    // Closed, broken, and one that just says nothing more.
    for way in ["closed", "broken", "silent"] {
        let mut tabs = join_all(["/ws?token=ann", "/api/ws?token=ann"].map(|path| come(&server, path))).await;
        assert_eq!(next_of(&mut bob, "ann").await, "online", "{way}");
        let (last, other) = (tabs.remove(0), tabs.remove(0));
        other.close(Some(1000)).await;
        let line = match way {
            "closed" => {
                last.close(Some(1000)).await;
                None
            }
            "broken" => {
                drop(last.into_tcp());
                None
            }
            _ => Some(last.into_tcp()),
        };
        // Were it told for the other tab, or twice, the next round would hear of it.
        assert_eq!(next_of(&mut bob, "ann").await, "offline", "{way}");
        drop(line);
    }
    let seen = get(&server, "/api/users/ann/last-seen").await.json();
    assert_eq!((&seen["userId"], &seen["online"]), (&json!("ann"), &json!(false)), "{seen}");
    assert!(seen["lastSeen"].is_string(), "{seen}");
    let seen = get(&server, "/api/users/bob/last-seen").await.json();
    assert_eq!(seen["online"], json!(true), "{seen}");
}

#[tokio::test]
async fn who_wants_to_hear_nothing_is_believed_and_other_doors_ask() {
    let server = Server::start().await;
    let mut ann = come(&server, "/ws?token=ann&sessionId=tab").await;
    ann.json(json!({ "type": "unsubscribe.messages" })).await;
    // A newer hello of the same session changes nothing of that.
    ann.json(json!({ "type": "auth", "token": "ann" })).await;
    ann.next_of("auth").await;
    let mut bob = Client::open(&server, "/presence?token=bob").await;
    bob.json(json!({ "type": "auth", "token": "bob" })).await;
    bob.next_of("auth").await;
    assert_eq!(notify(&server, "bob", "n").await["kept"], 1);
    assert!(until_answered(&mut ann, "user_presence").await.is_empty());
    assert!(until_answered(&mut bob, "user_presence").await.is_empty());
    bob.json(json!({ "type": "subscribe.messages" })).await;
    assert_eq!(next_of(&mut bob, "bob").await, "online");
    assert_eq!(bob.next_of("notification").await["data"]["id"], "n");
    // As another user it begins anew.
    ann.json(json!({ "type": "auth", "token": "eve" })).await;
    assert_eq!(next_of(&mut ann, "eve").await, "online");
}

#[tokio::test]
async fn what_waits_survives_a_restart_and_is_told_until_it_was_read() {
    let directory = std::env::temp_dir().join(format!("presence-people-{}", std::process::id()));
    let start = || Server::with(|config| config.data_dir = directory.clone());
    let server = start().await;
    for id in ["1", "2"] {
        assert_eq!(notify(&server, "ann", id).await["kept"], 1);
    }
    server.stop().ended().await;

    let server = start().await;
    // The first one goes without having read on to the ping that stands behind them.
    for reads_on in [false, true] {
        let mut ann = Client::open(&server, "/ws?token=ann").await;
        for id in ["1", "2"] {
            assert_eq!(ann.next_of("notification").await["data"]["id"], id, "{reads_on}");
        }
        if reads_on {
            assert!(until_answered(&mut ann, "notification").await.is_empty());
        }
        ann.close(None).await;
    }
    let mut ann = Client::open(&server, "/ws?token=ann").await;
    assert!(until_present(&mut ann, "notification").await.is_empty());
    ann.close(None).await;
    server.stop().ended().await;

    let server = start().await;
    let seen = get(&server, "/api/users/ann/last-seen").await.json();
    assert!(seen["lastSeen"].is_string() && seen["online"] == json!(false), "{seen}");
    let mut ann = Client::open(&server, "/ws?token=ann").await;
    assert!(until_present(&mut ann, "notification").await.is_empty());
    server.stop().ended().await;
    std::fs::remove_dir_all(directory).unwrap();
}
