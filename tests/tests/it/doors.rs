//! Each door opens, in its dialect, and knows who came in.

use presence_model::command::Hello;
use presence_model::id::InstanceId;
use presence_model::refusal::Code;
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::{Downstream, Welcomed};
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::{Client, introduction};
use presence_tests::server::Server;
use serde_json::{Value, json};

fn welcome(frame: Downstream) -> Option<Welcomed> {
    match frame {
        Downstream::Welcome(welcome) => Some(welcome),
        _ => None,
    }
}

/// Who a welcome says we are.
fn own(welcome: &Welcomed) -> Value {
    serde_json::from_str(&welcome.own).unwrap()
}

#[tokio::test]
async fn the_binary_form_is_selected_and_welcomes() {
    let server = Server::start().await;
    let hello = Hello { instance_id: Some(InstanceId::parse("I-1").unwrap()), ..Hello::default() };
    let mut client = Client::hello(&server, "ann", hello).await;
    assert_eq!(client.protocol.as_deref(), Some("presence.v1"));
    let welcome = client.next_frame(welcome).await;
    let session = welcome.session_id.as_str();
    assert_eq!(own(&welcome), json!({ "userId": "ann", "name": "ann", "sessionId": session, "instanceId": "I-1" }));
    assert_eq!(session.len(), 32);
    assert!(!welcome.resumed);
}

#[tokio::test]
async fn without_a_token_the_binary_form_makes_a_guest() {
    let server = Server::start().await;
    let mut client = Client::open_binary(&server).await;
    let hello = Hello { instance_id: Some(InstanceId::parse("Tab-7").unwrap()), ..Hello::default() };
    client.say(&introduction(None, hello)).await;
    assert_eq!(own(&client.next_frame(welcome).await)["userId"], "guest-tab-7");
}

#[tokio::test]
async fn a_probe_is_answered_with_the_servers_clock() {
    let server = Server::start().await;
    let mut client = Client::hello(&server, "ann", Hello::default()).await;
    let welcomed = client.next_frame(welcome).await.server_now;
    client.say(&Upstream::Probe { sent: Millis(77) }).await;
    let (sent, now) = client
        .next_frame(|frame| match frame {
            Downstream::ProbeReply { sent, server_now } => Some((sent, server_now)),
            _ => None,
        })
        .await;
    assert_eq!(sent, Millis(77));
    assert!(now >= welcomed);
}

#[tokio::test]
async fn ws_greets_at_once_with_a_token_from_any_place() {
    let server = Server::start().await;
    let places: [(&str, &[(&'static str, &str)]); 3] = [
        ("/ws?token=ann", &[]),
        ("/ws", &[("authorization", "Bearer ann")]),
        // "ann" in base64url.
        ("/ws", &[("sec-websocket-protocol", "presence.json, presence.token.YW5u")]),
    ];
    for (path, headers) in places {
        let mut client = Client::open_with(&server, path, headers).await.unwrap();
        let auth = client.next_json().await;
        assert_eq!(auth["type"], "auth", "{auth}");
        assert_eq!(auth["data"]["success"], true, "{auth}");
        assert_eq!(auth["data"]["userId"], "ann", "{auth}");
        client.close(None).await;
    }
}

#[tokio::test]
async fn only_the_first_known_subprotocol_is_selected() {
    let server = Server::start().await;
    let cases = [
        ("/ws", "presence.v1", Some("presence.v1")),
        ("/ws", "graphql-ws, presence.json,presence.v1", Some("presence.json")),
        ("/ws", "presence.v1, presence.token.YW5u", Some("presence.v1")),
        ("/presence", "presence.v1, presence.json", Some("presence.json")),
        ("/api/ws", "presence.v1", Some("presence.v1")),
        ("/api/ws", "presence.json", Some("presence.json")),
    ];
    for (path, offered, selected) in cases {
        let client = Client::open_with(&server, path, &[("sec-websocket-protocol", offered)]).await.unwrap();
        assert_eq!(client.protocol.as_deref(), selected, "{path} {offered}");
    }
}

#[tokio::test]
async fn ws_lets_those_without_a_token_stay_and_sign_in_later() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/ws").await;
    let auth = client.next_json().await;
    assert_eq!(auth["data"], json!({ "success": false, "error": "No token provided" }));

    client.json(json!({ "type": "subscribe.presence" })).await;
    let error = client.next_of("error").await;
    assert_eq!(error["error"]["code"], Code::Unauthenticated.name(), "{error}");
    assert!(error["error"]["message"].as_str().unwrap().starts_with("subscribe.presence: "), "{error}");

    client.json(json!({ "type": "auth", "token": "ann" })).await;
    assert_eq!(client.next_of("auth").await["data"]["userId"], "ann");
    client.json(json!({ "type": "subscribe.presence" })).await;
    client.next_of("presence.updated").await;
}

#[tokio::test]
async fn ws_keeps_who_says_anything_else_first() {
    let server = Server::with(|config| config.timing.ping_every = Millis(200)).await;
    let mut ann = Client::open(&server, "/ws?token=ann").await;
    ann.next_of("auth").await;
    ann.json(json!({ "type": "setStatus", "status": "busy" })).await;
    // Longer than it would have been waited for a hello.
    for _ in 0..3 {
        ann.next_of("ping").await;
    }
}

#[tokio::test]
async fn connect_without_a_token_makes_a_guest() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/ws").await;
    client.json(json!({ "type": "connect", "params": { "client": { "instanceId": "ABC", "mode": "webchat" } } })).await;
    let auth = client.next_where(|message| message["type"] == "auth" && message["data"]["success"] == true).await;
    assert_eq!(auth["data"]["userId"], "guest-abc");
}

#[tokio::test]
async fn the_rooms_door_is_silent_until_auth() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/presence").await;
    assert!(client.ping_json().await.is_empty());
    client.json(json!({ "type": "auth" })).await;
    assert_eq!(client.next_of("auth").await["data"]["success"], false);
    client.json(json!({ "type": "auth", "token": "ann", "sessionId": "s-1" })).await;
    let auth = client.next_of("auth").await;
    assert_eq!(auth["data"], json!({ "success": true, "userId": "ann", "sessionId": "s-1" }));
}

#[tokio::test]
async fn a_token_that_can_be_nobody_is_refused() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/presence").await;
    client.json(json!({ "type": "auth", "token": "a\u{7}b" })).await;
    assert_eq!(client.next_of("auth").await["data"]["success"], false);
    assert!(client.ping_json().await.is_empty());

    let sdk = Client::hello(&server, "a\u{7}b", Hello::default()).await;
    assert_eq!(sdk.closed().await.0, 4501);
}

#[tokio::test]
async fn ids_may_stand_in_the_query() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/ws?token=ann&sessionId=tab-1&instanceId=I").await;
    assert_eq!(client.next_of("auth").await["data"]["sessionId"], "tab-1");
    let refused = Client::open_with(&server, &format!("/ws?sessionId={}", "x".repeat(200)), &[]).await.err().unwrap();
    assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &json!("sessionId")));
}
