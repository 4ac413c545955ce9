//! Who says more than is listened to: the newest arrives, the rest is refused, nobody else suffers.

use presence_model::command::{Activity, Command, Hello, Picture, Wishes};
use presence_model::id::RoomId;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::server::Server;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

async fn signed_in(server: &Server, user: &str) -> Client {
    let mut client = Client::open(server, "/presence").await;
    client.json(json!({ "type": "auth", "token": user })).await;
    client.next_of("auth").await;
    client
}

fn join(room: &str) -> Value {
    json!({ "type": "join", "roomId": room, "roomType": "video" })
}

async fn member(server: &Server, user: &str) -> Client {
    let mut client = signed_in(server, user).await;
    client.json(join("r")).await;
    client.next_of("joined").await;
    client
}

/// Bob, who watches, and Ann, both in the room.
async fn bob_and_ann(server: &Server) -> (Client, Client) {
    (member(server, "bob").await, member(server, "ann").await)
}

fn key(room: &str) -> RoomKey {
    RoomKey { room: RoomId::parse(room).unwrap(), kind: RoomKind::Video }
}

#[tokio::test]
async fn the_last_of_many_cursors_arrives() {
    let server = Server::start().await;
    let (mut bob, mut ann) = bob_and_ann(&server).await;
    for n in 1..=200 {
        let x = f64::from(n) / 200.0;
        ann.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": x, "y": 0.5 } })).await;
    }
    let mut shown = 0;
    loop {
        let moved = bob.next_of("cursor_moved").await;
        shown += 1;
        if moved["data"]["x"] == 1.0 {
            break;
        }
    }
    assert!(shown < 100, "{shown} were shown");
    assert!(ann.ping_json().await.iter().all(|message| message["type"] != "error"));

    // And so does its leaving the surface.
    for n in 1..=50 {
        let x = f64::from(n) / 50.0;
        ann.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": x, "y": 0.5 } })).await;
    }
    ann.json(json!({ "type": "cursor", "roomId": "r", "data": {} })).await;
    bob.next_where(|message| message["type"] == "cursor_moved" && message["data"]["x"].is_null()).await;
}

#[tokio::test]
async fn a_flood_of_typing_ends_as_it_was_said_last() {
    let server = Server::start().await;
    let (mut bob, mut ann) = bob_and_ann(&server).await;
    let typing = |on: bool, context: &str| json!({ "type": "typing", "roomId": "r", "data": { "isTyping": on, "context": context } });
    for n in 0..20 {
        ann.json(typing(true, &n.to_string())).await;
        ann.json(typing(false, "")).await;
    }
    ann.json(typing(true, "last")).await;
    bob.next_where(|message| message["type"] == "typing_started" && message["data"]["context"] == "last").await;
    ann.json(typing(false, "")).await;
    bob.next_of("typing_stopped").await;
    assert!(ann.ping_json().await.iter().all(|message| message["type"] != "error"));
}

#[tokio::test]
async fn ten_rooms_are_entered_at_once() {
    let server = Server::start().await;
    let mut ann = Client::open(&server, "/ws").await;
    ann.json(json!({ "type": "auth", "token": "ann" })).await;
    ann.json(json!({ "type": "subscribe.presence" })).await;
    for n in 0..10 {
        ann.json(join(&n.to_string())).await;
    }
    let mut joined = 0;
    while joined < 10 {
        let message = ann.next_json().await;
        assert_ne!(message["type"], "error", "{message}");
        joined += usize::from(message["type"] == "joined");
    }
}

#[tokio::test]
async fn too_many_joins_are_refused_and_may_be_said_again() {
    let server = Server::start().await;
    let mut ann = signed_in(&server, "ann").await;
    for _ in 0..30 {
        ann.json(join("r")).await;
    }
    let refused: Vec<_> = ann.ping_json().await.into_iter().filter(|message| message["type"] == "error").collect();
    assert!(!refused.is_empty());
    let mut wait = 0;
    for message in refused {
        let error = &message["error"];
        assert_eq!((&error["code"], &error["retryable"]), (&json!("rate_limited"), &json!(true)), "{message}");
        assert!(error["message"].as_str().unwrap().starts_with("join: "), "{message}");
        wait = error["retryAfterMs"].as_u64().filter(|wait| *wait > 0).expect("it says when to come again");
    }
    // The connection lives, and then it is taken.
    let then = Instant::now() + Duration::from_millis(wait + 50);
    while Instant::now() < then {
        ann.ping_json().await;
    }
    ann.json(join("then")).await;
    ann.next_where(|message| message["type"] == "joined" && message["roomId"] == "then").await;
}

#[tokio::test]
async fn heartbeats_without_number_are_answered_and_the_last_one_counts() {
    let server = Server::start().await;
    let (mut bob, mut ann) = bob_and_ann(&server).await;
    for _ in 0..100 {
        ann.json(json!({ "type": "heartbeat" })).await;
    }
    ann.json(json!({ "type": "heartbeat", "status": "busy" })).await;
    let mut pongs = 0;
    while pongs < 101 {
        let message = ann.next_json().await;
        assert_ne!(message["type"], "error", "{message}");
        pongs += usize::from(message["type"] == "pong");
    }
    bob.next_where(|message| message["type"] == "status_changed" && message["data"]["status"] == "busy").await;
}

#[tokio::test]
async fn who_goes_on_and_on_is_closed() {
    let server = Server::start().await;
    let mut witness = member(&server, "bob").await;
    for text in [join("r").to_string(), "nonsense".to_owned()] {
        let mut ann = signed_in(&server, "ann").await;
        for _ in 0..100 {
            // The server may hang up meanwhile.
            let _ = ann.try_send(Message::text(text.clone())).await;
        }
        assert_eq!(ann.closed().await, (4005, "too many messages".to_owned()), "{text}");
    }
    // Also one that never said who it is.
    let mut nobody = Client::open(&server, "/presence").await;
    for _ in 0..100 {
        let _ = nobody.try_send(Message::text(r#"{"type":"auth","token":""}"#)).await;
    }
    assert_eq!(nobody.closed().await.0, 4005);
    witness.ping_json().await;
}

#[tokio::test]
async fn control_that_is_given_does_not_overtake_what_waits() {
    let server = Server::start().await;
    let (mut bob, mut ann) = bob_and_ann(&server).await;
    let pauses = |place: u32| json!({ "action": "sync", "isPlaying": false, "currentTime": place });
    for place in 1..=20 {
        ann.json(json!({ "type": "playback", "roomId": "r", "data": pauses(place) })).await;
    }
    ann.json(json!({ "type": "control_grant", "roomId": "r", "data": { "toUserId": "bob" } })).await;
    let mut places = vec![];
    let granted = loop {
        let message = bob.next_where(|message| message["roomId"] == "r").await;
        match message["type"].as_str() {
            Some("playback_synced") => places.push(message["data"]["currentTime"].clone()),
            Some("control_granted") => break message,
            _ => {}
        }
    };
    assert_eq!((&granted["data"]["toUserId"], places.last()), (&json!("bob"), Some(&json!(20.0))));
}

#[tokio::test]
async fn all_that_an_sdk_says_in_its_first_second_is_taken() {
    let server = Server::start().await;
    let names: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    let wishes = |revision| Wishes { revision, rooms: names.iter().map(|name| key(name)).collect(), presence: true };
    let hello = Hello { incarnation: 1, wishes: Some(wishes(1)), ..Hello::default() };
    let mut ann = Client::hello(&server, "ann", hello).await;
    let mut pictures = 0;
    while pictures < 10 {
        ann.next_frame(|frame| matches!(frame, Downstream::RoomPicture(_)).then_some(())).await;
        pictures += 1;
    }
    let mut said = vec![];
    for (n, name) in (0_u32..).zip(&names) {
        let room = key(name).room;
        said.push(Command::Cursor { room: room.clone(), cursor: Cursor::at(f64::from(n) / 10.0, 0.5) });
        said.push(Command::Cursor { room: room.clone(), cursor: Cursor::default() });
        said.push(Command::Typing { room: room.clone(), context: Some("x".to_owned()) });
        said.push(Command::Resync(Picture::Room(room)));
        // An app that changes its mind with every render.
        said.push(Command::Wish(wishes(n + 2)));
    }
    let activity = Activity { said: None, input_ago: Some(Millis::ZERO) };
    said.push(Command::Report { activity, wants_pong: false });
    let mut message = vec![];
    for command in said {
        Upstream::Command(command).write(&mut message);
        Upstream::Ack { volatile_bytes: 0 }.write(&mut message);
        Upstream::Probe { sent: Millis(1) }.write(&mut message);
    }
    ann.send(message.into()).await;
    // The newest wishes are taken in the end, and nothing was refused.
    ann.next_frame(|frame| match frame {
        Downstream::Refused { about, refusal, .. } => panic!("{about}: {refusal}"),
        Downstream::WishesTaken { revision } => (revision == 11).then_some(()),
        _ => None,
    })
    .await;
}
