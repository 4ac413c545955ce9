//! Input that no client should send: it is refused by name, the connection lives, nobody else notices.

use std::sync::Arc;

use presence_model::command::Hello;
use presence_model::id::{RoomId, SessionId};
use presence_model::refusal::Code;
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::{Client, introduction};
use presence_tests::http::get;
use presence_tests::server::Server;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// What may be wrong in a text, and which code and field the answer names.
fn bad_texts() -> Vec<(String, Code, Option<&'static str>)> {
    let join = |room: Value, kind: Value| json!({ "type": "join", "roomId": room, "roomType": kind }).to_string();
    let cursor = |x: &str| format!(r#"{{"type":"cursor","roomId":"r","data":{{"x":{x},"y":0}}}}"#);
    vec![
        ("".to_owned(), Code::BadJson, None),
        ("{".to_owned(), Code::BadJson, None),
        ("null".to_owned(), Code::BadJson, None),
        ("hello".to_owned(), Code::BadJson, None),
        ("[".repeat(5_000), Code::BadJson, None),
        ("{}".to_owned(), Code::MissingField, Some("type")),
        (r#"{"type":"no such message"}"#.to_owned(), Code::UnknownMessage, Some("type")),
        (join(json!("r"), json!("spaceship")), Code::UnknownRoomType, Some("roomType")),
        (join(json!("x".repeat(10_000)), json!("video")), Code::BadField, Some("roomId")),
        (join(json!(7), json!("video")), Code::BadField, Some("roomId")),
        (join(json!(" "), json!("video")), Code::BadField, Some("roomId")),
        (cursor("2"), Code::OutOfRange, Some("data.x")),
        (cursor("\"left\""), Code::BadField, Some("data.x")),
        (cursor("NaN"), Code::BadJson, None),
        (json!({ "type": "connect", "client": { "host": "h".repeat(10_000) } }).to_string(), Code::BadField, None),
        (format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(40_000)), Code::TooLarge, None),
    ]
}

/// A signed-in JSON socket in a room and subscribed, with nothing more under way for it.
async fn settled(server: &Server, path: &str, user: &str) -> Client {
    let mut client = Client::open(server, path).await;
    client.json(json!({ "type": "auth", "token": user })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    client.json(json!({ "type": "subscribe.presence" })).await;
    client.next_of("presence.updated").await;
    client.json(json!({ "type": "join", "roomId": "r", "roomType": "video" })).await;
    client.next_of("joined").await;
    client
}

#[tokio::test]
async fn bad_texts_are_refused_by_name_and_nobody_else_notices() {
    let server = Server::start().await;
    for path in ["/ws", "/presence"] {
        let mut witness = settled(&server, path, "bob").await;
        let mut client = settled(&server, path, "ann").await;
        witness.next_where(|message| message["type"] == "user_joined" && message["userId"] == "ann").await;
        for (text, code, field) in bad_texts() {
            client.send(Message::text(text.clone())).await;
            let error = client.next_of("error").await;
            let shown: String = text.chars().take(80).collect();
            assert_eq!(error["error"]["code"], code.name(), "{shown}: {error}");
            if let Some(field) = field {
                assert_eq!(error["error"]["field"], field, "{shown}: {error}");
            }
            assert_eq!(error["error"]["retryable"], code.retryable(), "{error}");
            assert!(error["data"]["error"].is_string() && error["timestamp"].is_string(), "{error}");
        }
        client.send(Message::binary(vec![1, 2, 3])).await;
        assert_eq!(client.next_of("error").await["error"]["code"], Code::BadJson.name());

        // What the witness hears next is the first sensible thing after all that.
        let cursor = json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.25, "y": 0.5 } });
        client.json(cursor).await;
        let heard =
            witness.next_where(|message| message["type"] != "presence.updated" && message["type"] != "ping").await;
        assert_eq!((&heard["type"], &heard["data"]["x"]), (&json!("cursor_moved"), &json!(0.25)), "{heard}");
        client.close(Some(1000)).await;
        witness.close(Some(1000)).await;
    }
}

/// The next refusal: of what, and why.
async fn next_refusal(client: &mut Client) -> (Arc<str>, Value) {
    let refused = |frame| match frame {
        Downstream::Refused { about, refusal, .. } => Some((about, refusal)),
        _ => None,
    };
    let (about, refusal) = client.next_frame(refused).await;
    (about, serde_json::from_str(&refusal).unwrap())
}

/// A hello whose client describes itself so.
fn described(info: String) -> Upstream {
    Upstream::Hello { token: Some("ann".to_owned()), info, hello: Box::default() }
}

#[tokio::test]
async fn bad_frames_are_refused_by_name_and_the_connection_lives() {
    let server = Server::start().await;
    let mut client = Client::open_binary(&server).await;
    client.say(&Upstream::Command(presence_model::command::Command::Goodbye)).await;
    let (about, refusal) = next_refusal(&mut client).await;
    assert_eq!((&*about, &refusal["code"]), ("goodbye", &json!(Code::Unauthenticated.name())));

    let bad: [(Message, Code); 5] = [
        (Message::text("{}"), Code::BadFrame),
        (Message::binary(vec![2, 3, 0xff, 0xff, 0xff]), Code::BadFrame),
        (Message::binary(vec![3, 200]), Code::BadFrame),
        (Message::binary(vec![0x7f; 40_000]), Code::TooLarge),
        (Message::binary(vec![1, 200, 1]), Code::BadFrame),
    ];
    for (message, code) in bad {
        client.send(message).await;
        assert_eq!(next_refusal(&mut client).await.1["code"], code.name());
    }
    // A kind from the future is passed over, and so is an empty message.
    client.send(Message::binary(vec![63, 1, 7])).await;
    client.send(Message::binary(vec![])).await;

    client.say(&introduction(Some("ann"), Hello::default())).await;
    client.next_frame(|frame| matches!(frame, Downstream::Welcome(_)).then_some(())).await;
    let room = RoomId::parse("nowhere").unwrap();
    let typing = presence_model::command::Command::Typing { room, context: None };
    client.say(&Upstream::Command(typing)).await;
    assert_eq!(next_refusal(&mut client).await.1["code"], Code::NotAMember.name());
}

#[tokio::test]
async fn a_hello_that_describes_its_client_badly_is_refused_by_field_and_may_be_said_again() {
    let server = Server::start().await;
    let mut client = Client::open_binary(&server).await;
    let bad: [(String, &str, &str); 11] = [
        (String::new(), "client", "client"),
        ("{".to_owned(), "client", "client"),
        ("null".to_owned(), "client", "client"),
        ("[]".to_owned(), "client", "client"),
        (r#"{"host":"a"} {}"#.to_owned(), "client", "client"),
        (format!("{{\"mode\":{}", "[".repeat(5_000)), "client", "client"),
        (json!({ "host": "h".repeat(10_000) }).to_string(), "host", "bytes"),
        (json!({ "mode": 7 }).to_string(), "mode", "text"),
        (json!({ "clientId": {} }).to_string(), "clientId", "text"),
        (json!({ "roles": "operator" }).to_string(), "roles", "list"),
        (json!({ "scopes": vec!["s"; 1_000] }).to_string(), "scopes", "items"),
    ];
    for (info, field, named) in bad {
        let shown: String = info.chars().take(80).collect();
        client.say(&described(info)).await;
        let (about, refusal) = next_refusal(&mut client).await;
        assert_eq!((&*about, &refusal["code"]), ("hello", &json!(Code::BadField.name())), "{shown}: {refusal}");
        assert_eq!(refusal["field"], field, "{shown}: {refusal}");
        assert_eq!(refusal["retryable"], false, "{shown}: {refusal}");
        let message = refusal["message"].as_str().unwrap();
        assert!(message.starts_with("hello: ") && message.contains(named), "{shown}: {refusal}");
    }
    let good = json!({ "clientId": "c", "host": " \"T\" ", "mode": null, "roles": ["r", ""], "unknown": 7 });
    client.say(&described(good.to_string())).await;
    client.next_frame(|frame| matches!(frame, Downstream::Welcome(_)).then_some(())).await;
    let list = get(&server, "/api/presence").await.json();
    // Besides the server's own.
    let others = list["entries"].as_array().unwrap().iter().filter(|entry| entry["mode"] != "gateway");
    let shown: Vec<_> = others.map(|entry| (&entry["host"], &entry["roles"])).collect();
    assert_eq!(shown, [(&json!("\"T\""), &json!(["r"]))], "{list}");
}

#[tokio::test]
async fn a_protocol_from_the_future_is_told_to_stay_away() {
    let server = Server::start().await;
    let mut client = Client::open_binary(&server).await;
    let mut hello = introduction(None, Hello::default()).encode();
    // Behind kind and length stands the protocol's number.
    hello[2] = 9;
    client.send(Message::binary(hello)).await;
    assert_eq!(client.closed().await.0, 4502);
}

#[tokio::test]
async fn what_breaks_websocket_closes_as_its_standard_says() {
    let server = Server::start().await;
    let limits = presence_model::limit::Limits::default();
    for path in ["/ws", "/presence"] {
        let mut client = Client::open(&server, path).await;
        // The server may hang up while this is under way.
        let _ = client.try_send(Message::text("x".repeat(limits.frame_bytes + 1))).await;
        assert_eq!(client.closed().await.0, 1009, "{path}: too large a frame");

        let mut client = Client::open(&server, path).await;
        let part = |opcode, last| Message::Frame(Frame::message(vec![b'x'; 40_000], OpCode::Data(opcode), last));
        client.send(part(Data::Text, false)).await;
        let _ = client.try_send(part(Data::Continue, true)).await;
        assert_eq!(client.closed().await.0, 1009, "{path}: too large in parts");

        let mut client = Client::open(&server, path).await;
        client.send(Message::Frame(Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true))).await;
        assert_eq!(client.closed().await.0, 1007, "{path}: not UTF-8");

        let mut client = Client::open(&server, path).await;
        client.send(Message::Frame(Frame::message(vec![], OpCode::Data(Data::Continue), true))).await;
        assert_eq!(client.closed().await.0, 1002, "{path}: a continuation of nothing");
    }
}

#[tokio::test]
async fn bytes_that_are_no_frames_hurt_nobody() {
    let server = Server::start().await;
    let mut witness = settled(&server, "/ws", "bob").await;
    for garbage in
        [&[0xff; 64][..], b"GET / HTTP/1.1\r\n\r\n", &[0x81], &[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
    {
        let mut stream = Client::hello(&server, "ann", Hello::default()).await.into_tcp();
        stream.write_all(garbage).await.unwrap();
        drop(stream);
    }
    witness.ping_json().await;
}

#[tokio::test]
async fn a_session_of_another_user_is_not_taken_over() {
    let server = Server::start().await;
    let mut ann = Client::open(&server, "/presence").await;
    ann.json(json!({ "type": "auth", "token": "ann", "sessionId": "tab" })).await;
    ann.next_of("auth").await;
    let hello = Hello { session_id: Some(SessionId::parse("tab").unwrap()), ..Hello::default() };
    let mut bob = Client::hello(&server, "bob", hello).await;
    let session = bob
        .next_frame(|frame| match frame {
            Downstream::Welcome(welcome) => Some(welcome.session_id),
            _ => None,
        })
        .await;
    assert_ne!(session.as_str(), "tab");
    assert!(ann.ping_json().await.is_empty());
    bob.say(&Upstream::Probe { sent: Millis(1) }).await;
    bob.next_frame(|frame| matches!(frame, Downstream::ProbeReply { .. }).then_some(())).await;
}
