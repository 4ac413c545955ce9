//! The limits, each with its own code; and input that makes no sense in a room. What is refused changes nothing.

use presence_model::command::{Command, Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::refusal::Code;
use presence_model::room::{RoomKey, RoomKind};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::http::get;
use presence_tests::server::Server;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

async fn signed_in(server: &Server, path: &str, user: &str) -> Client {
    let mut client = Client::open(server, path).await;
    client.json(json!({ "type": "auth", "token": user })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    client
}

fn join(room: &str) -> Value {
    json!({ "type": "join", "roomId": room, "roomType": "video" })
}

/// Somebody in a room, and the room as it was shown.
async fn member(server: &Server, path: &str, user: &str, room: &str) -> (Client, Value) {
    let mut client = signed_in(server, path, user).await;
    client.json(join(room)).await;
    let joined = client.next_of("joined").await;
    (client, joined["data"]["room"].clone())
}

/// A room as one who comes late is shown it, without him.
async fn shown(server: &Server, room: &str) -> Value {
    let (late, mut shown) = member(server, "/presence", "late", room).await;
    shown["users"].as_array_mut().unwrap().retain(|user| user["userId"] != "late");
    late.close(Some(1000)).await;
    shown
}

async fn counted(server: &Server, what: &str) -> Value {
    get(server, "/api/stats").await.json()[what].clone()
}

#[track_caller]
fn assert_code(error: &Value, code: Code) {
    assert_eq!(error["error"]["code"], code.name(), "{error}");
    assert_eq!(error["error"]["retryable"], code.retryable(), "{error}");
}

#[tokio::test]
async fn the_hundred_and_first_member_is_refused() {
    let server = Server::start().await;
    let mut members = vec![];
    for number in 0..100 {
        members.push(member(&server, "/presence", &format!("u{number}"), "r").await.0);
    }
    let mut late = signed_in(&server, "/presence", "late").await;
    let hears_of_the_end = |message: &Value| message["type"] == "user_joined" && message["userId"] == "u99";
    members[0].next_where(hears_of_the_end).await;
    late.json(join("r")).await;
    let error = late.next_of("error").await;
    assert_code(&error, Code::RoomFull);
    assert_eq!(error["roomId"], "r");
    // He is not in, and nobody heard of him.
    late.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.5 } })).await;
    assert_code(&late.next_of("error").await, Code::NotAMember);
    assert!(members[0].ping_json().await.is_empty());
    // A second tab of one who is in is no further user.
    let (second, room) = member(&server, "/ws", "u7", "r").await;
    assert_eq!(room["userCount"], 100);
    second.close(Some(1000)).await;
    // And a place that is free again may be taken.
    members.pop().unwrap().close(Some(1000)).await;
    members[0].next_where(|message| message["type"] == "user_left" && message["userId"] == "u99").await;
    late.json(join("r")).await;
    assert_eq!(late.next_of("joined").await["data"]["room"]["userCount"], 100);
}

#[tokio::test]
async fn the_eleventh_room_is_refused() {
    let server = Server::start().await;
    let mut ann = signed_in(&server, "/presence", "ann").await;
    for room in 0..10 {
        ann.json(join(&room.to_string())).await;
        ann.next_of("joined").await;
    }
    ann.json(join("eleventh")).await;
    let error = ann.next_of("error").await;
    assert_code(&error, Code::TooManyRooms);
    assert_eq!((&error["roomId"], counted(&server, "rooms").await), (&json!("eleventh"), json!(10)));
    // Rooms are a user's: another tab may enter those of the first, and no others.
    let (mut second, _) = member(&server, "/ws", "ann", "0").await;
    second.json(join("eleventh")).await;
    assert_code(&second.next_of("error").await, Code::TooManyRooms);
    ann.json(json!({ "type": "leave", "roomId": "9" })).await;
    ann.next_of("left").await;
    ann.json(join("eleventh")).await;
    ann.next_of("joined").await;
}

#[tokio::test]
async fn the_sixth_session_is_refused_and_closed() {
    let server = Server::start().await;
    let mut sessions = vec![];
    for _ in 0..5 {
        sessions.push(signed_in(&server, "/presence", "ann").await);
    }
    for path in ["/presence", "/ws"] {
        let mut sixth = Client::open(&server, path).await;
        sixth.json(json!({ "type": "auth", "token": "ann" })).await;
        assert_code(&sixth.next_of("error").await, Code::TooManySessions);
        assert_eq!(sixth.closed().await, (4003, "too many sessions".to_owned()), "{path}");
    }
    assert_eq!(counted(&server, "sessions").await, 5);
    for session in &mut sessions {
        session.ping_json().await;
    }
    sessions.pop().unwrap().close(Some(1000)).await;
    signed_in(&server, "/presence", "ann").await;
}

/// What makes no sense in the room `r`, by its code and field.
fn senseless() -> Vec<(String, Code, &'static str)> {
    let say = |kind: &str, data: Value| json!({ "type": kind, "roomId": "r", "data": data }).to_string();
    let status =
        |message: String| json!({ "type": "setStatus", "status": "busy", "statusMessage": message }).to_string();
    vec![
        (status("x".repeat(101)), Code::TooLong, "statusMessage"),
        (status("ü".repeat(101)), Code::TooLong, "statusMessage"),
        (json!({ "type": "setStatus", "status": "asleep" }).to_string(), Code::BadField, "status"),
        // What JavaScript makes of NaN.
        (say("cursor", json!({ "x": null, "y": 0.5 })), Code::BadField, "data.x"),
        (say("cursor", json!({ "x": 1.01, "y": 0.5 })), Code::OutOfRange, "data.x"),
        (say("cursor", json!({ "timestamp": -1 })), Code::OutOfRange, "data.timestamp"),
        (say("selection", json!({ "startTime": -0.5, "endTime": 3 })), Code::OutOfRange, "data.startTime"),
        (say("selection", json!({ "startTime": 4, "endTime": 3 })), Code::OutOfRange, "data.endTime"),
        (say("selection", json!({ "startTime": 4 })), Code::MissingField, "data.endTime"),
        (say("playback", json!({ "action": "seek", "currentTime": -1 })), Code::OutOfRange, "data.currentTime"),
        (say("playback", json!({ "action": "rate", "playbackRate": 0 })), Code::OutOfRange, "data.playbackRate"),
        (say("playback", json!({ "action": "rewind" })), Code::BadField, "data.action"),
        (say("broadcast", json!("x".repeat(4 * 1024))), Code::TooLarge, "data"),
        (json!({ "type": "broadcast", "roomId": "r" }).to_string(), Code::MissingField, "data"),
        (say("control_grant", json!({})), Code::MissingField, "data.toUserId"),
        (json!({ "type": "privacy", "data": { "invisible": "yes" } }).to_string(), Code::BadField, "data.invisible"),
        (
            json!({ "type": "join", "roomId": "q", "roomType": "kitchen" }).to_string(),
            Code::UnknownRoomType,
            "roomType",
        ),
    ]
}

#[tokio::test]
async fn what_makes_no_sense_has_its_own_code_and_changes_nothing() {
    let server = Server::start().await;
    for path in ["/presence", "/ws"] {
        let (mut ann, _) = member(&server, path, "ann", "r").await;
        ann.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.5, "y": 0.5 } })).await;
        ann.json(json!({ "type": "selection", "roomId": "r", "data": { "startTime": 1, "endTime": 2 } })).await;
        ann.ping_json().await;
        let before = shown(&server, "r").await;
        assert_eq!(before["users"][0]["selection"], json!({ "startTime": 1.0, "endTime": 2.0 }), "{before}");
        let (mut bob, _) = member(&server, path, "bob", "r").await;
        for (text, code, field) in senseless() {
            ann.send(Message::text(text.clone())).await;
            let error = ann.next_of("error").await;
            assert_code(&error, code);
            assert_eq!(error["error"]["field"], field, "{text}: {error}");
        }
        assert!(bob.ping_json().await.iter().all(|message| message["type"] == "ping"));
        bob.close(Some(1000)).await;
        assert_eq!(shown(&server, "r").await, before);
        assert_eq!(counted(&server, "rooms").await, 1);
        ann.close(Some(1000)).await;
    }
}

#[tokio::test]
async fn an_sdk_is_refused_with_the_same_codes() {
    let server = Server::start().await;
    let rooms = vec![RoomKey { room: RoomId::parse("r").unwrap(), kind: RoomKind::Video }];
    let wishes = Some(Wishes { revision: 1, rooms, presence: false });
    let mut ann = Client::hello(&server, "ann", Hello { incarnation: 1, wishes, ..Hello::default() }).await;
    ann.next_frame(|frame| matches!(frame, Downstream::RoomPicture(_)).then_some(())).await;
    for (text, code, field) in senseless() {
        let about: Value = serde_json::from_str(&text).unwrap();
        ann.say(&Upstream::Message { text: text.clone() }).await;
        let (name, refusal) = ann
            .next_frame(|frame| match frame {
                Downstream::Refused { about, refusal, .. } => Some((about, refusal)),
                _ => None,
            })
            .await;
        let refusal: Value = serde_json::from_str(&refusal).unwrap();
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!(code.name()), &json!(field)), "{text}: {refusal}");
        assert_eq!(about["type"], *name);
    }
    // Whoever speaks the binary form says who he is in it.
    for text in [r#"{"type":"auth","token":"bob"}"#, r#"{"type":"ping"}"#, "ping"] {
        ann.say(&Upstream::Message { text: text.to_owned() }).await;
        ann.next_frame(|frame| matches!(frame, Downstream::Refused { .. }).then_some(())).await;
    }
    ann.say(&Upstream::Command(Command::Goodbye)).await;
    assert_eq!(ann.closed().await.0, 1000);
}
