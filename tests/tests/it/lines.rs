//! Lines that live, lines that die without a word, and readers that do not keep up.

use std::time::Duration;

use futures_util::FutureExt;
use presence_model::command::{Command, Hello};
use presence_model::id::RoomId;
use presence_model::limit::Timing;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::http::get;
use presence_tests::server::{PATIENCE, Server, impatient};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout};

async fn impatient_server() -> Server {
    Server::with(|config| config.timing = impatient()).await
}

/// Whether an instance is in the list, as HTTP tells it.
async fn is_listed(server: &Server, instance: &str) -> bool {
    let body = get(server, "/api/presence").await.json();
    body["entries"].as_array().unwrap().iter().any(|entry| entry["instanceId"] == instance)
}

/// Waits until an instance has left the list.
async fn left(server: &Server, instance: &str) {
    let gone = async { while is_listed(server, instance).await {} };
    timeout(PATIENCE, gone).await.expect("the instance leaves the list");
}

/// A JSON client that is listed.
async fn listed(server: &Server, instance: &str) -> Client {
    let mut client = Client::open(server, "/ws").await;
    client.json(json!({ "type": "connect", "token": "ann", "client": { "instanceId": instance } })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    assert!(is_listed(server, instance).await);
    client
}

#[tokio::test]
async fn a_client_that_never_answers_is_noticed_and_leaves() {
    let server = impatient_server().await;
    let mut stream = listed(&server, "dead").await.into_tcp();
    left(&server, "dead").await;
    // The server hung up on it; what it still wrote may be read or thrown away.
    let end = async { while matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {} };
    timeout(PATIENCE, end).await.expect("the server hangs up");
}

#[tokio::test]
async fn a_client_that_only_answers_pings_lives_on() {
    let server = impatient_server().await;
    let mut client = listed(&server, "quiet").await;
    // Reading answers pings. JSON pings come at half their rate: more than one `gone_after` passes here.
    for _ in 0..4 {
        client.next_of("ping").await;
    }
    assert!(is_listed(&server, "quiet").await);
}

#[tokio::test]
async fn a_quiet_binary_socket_hears_a_byte_now_and_then() {
    let server = impatient_server().await;
    let mut client = Client::hello(&server, "ann", Hello::default()).await;
    let started = Instant::now();
    client.next_keepalive().await;
    client.next_keepalive().await;
    let every = Duration::from_millis(impatient().keepalive_every.0);
    assert!(started.elapsed() >= every, "{:?}", started.elapsed());
}

#[tokio::test]
async fn who_says_no_hello_is_closed_and_who_may_stay_stays() {
    let server = impatient_server().await;
    let binary = Client::open_binary(&server).await;
    assert_eq!(binary.closed().await.0, 4002);
    let rooms = Client::open(&server, "/presence").await;
    assert_eq!(rooms.closed().await.0, 4002);
    // `/ws` was answered already, and may wait with its sign-in as long as it likes.
    let mut ws = Client::open(&server, "/ws").await;
    let patience = Duration::from_millis(2 * impatient().hello_timeout.0);
    let stays = async {
        loop {
            ws.next().await;
        }
    };
    assert!(timeout(patience, stays).await.is_err());
    ws.json(json!({ "type": "connect" })).await;
    ws.next_where(|message| message["data"]["success"] == true).await;
}

#[tokio::test]
async fn a_clean_goodbye_is_immediate_and_a_lost_line_is_waited_for() {
    let server = Server::with(|config| {
        config.timing = Timing { reconnect_grace: Millis(300), ..Timing::default() };
    })
    .await;
    for code in [Some(1000), None] {
        let client = listed(&server, "clean").await;
        client.close(code).await;
        left(&server, "clean").await;
    }
    let client = listed(&server, "lost").await;
    let lost_at = Instant::now();
    drop(client.into_tcp());
    left(&server, "lost").await;
    let held = lost_at.elapsed();
    // The server counts whole milliseconds.
    assert!(held >= Duration::from_millis(299), "{held:?}");
}

fn room() -> RoomId {
    RoomId::parse("r").unwrap()
}

/// An SDK in the room, and a reader that has seen it come.
async fn in_room(server: &Server, user: &str) -> Client {
    use presence_model::command::Wishes;
    let rooms = vec![RoomKey { room: room(), kind: RoomKind::Video }];
    let wishes = Wishes { revision: 1, rooms, presence: false };
    let hello = Hello { incarnation: 1, wishes: Some(wishes), ..Hello::default() };
    let mut client = Client::hello(server, user, hello).await;
    client.next_frame(|frame| matches!(frame, Downstream::RoomPicture(_)).then_some(())).await;
    client
}

#[tokio::test]
async fn who_does_not_acknowledge_gets_no_cursors_until_it_does() {
    let server = Server::with(|config| {
        config.limits.unacknowledged_bytes = 60;
        config.timing.flush_every = Millis(1);
    })
    .await;
    let mut reader = in_room(&server, "bob").await;
    let mut mover = in_room(&server, "ann").await;
    let mut count = |frame: Downstream| match frame {
        Downstream::Cursors { records, .. } => Some(records.len() as u64),
        _ => None,
    };
    // Enough moves for several times the unacknowledged bytes, each at its own flush.
    let mut seen = 0;
    for step in 0..200_u32 {
        let cursor = Cursor::at(f64::from(step) / 200.0, 0.5);
        mover.say(&Upstream::Command(Command::Cursor { room: room(), cursor })).await;
        mover.say(&Upstream::Probe { sent: Millis(u64::from(step)) }).await;
        mover.next_frame(|frame| matches!(frame, Downstream::ProbeReply { .. }).then_some(())).await;
        while let Some(records) = reader.next_frame(&mut count).now_or_never() {
            seen += records;
        }
    }
    assert!(seen < 60, "{seen} cursors came unacknowledged");
    // More than was ever sent counts as all of it.
    reader.say(&Upstream::Ack { volatile_bytes: u64::MAX }).await;
    // Where all are now comes by itself.
    reader
        .next_frame(|frame| match frame {
            Downstream::Cursors { records, .. } => records
                .into_iter()
                .map(|record| Cursor::from(record.place))
                .find(|cursor| cursor.x.is_some_and(|x| x > 0.99)),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_reader_too_slow_for_what_counts_is_closed_and_may_return() {
    let server = Server::with(|config| {
        config.limits.queued_bytes = 2_000;
        config.limits.rates.other.every = Millis::ZERO;
    })
    .await;
    let mut reader = Client::open(&server, "/presence").await;
    reader.json(json!({ "type": "auth", "token": "bob" })).await;
    reader.next_of("auth").await;
    // One answer larger than all that may wait.
    for n in 0..40 {
        reader.json(json!({ "type": "join", "roomId": format!("{n}{}", "x".repeat(100)), "roomType": "video" })).await;
    }
    let mut others = vec![];
    for n in 0..4 {
        let mut other = Client::open(&server, "/ws").await;
        let host = "h".repeat(250);
        let client = json!({ "instanceId": n.to_string(), "host": host, "platform": host, "version": host });
        other.json(json!({ "type": "connect", "token": format!("user-{n}"), "client": client })).await;
        // The door's own greeting, and the answer.
        other.next_of("auth").await;
        other.next_of("auth").await;
        others.push(other);
    }
    reader.json(json!({ "type": "subscribe.presence" })).await;
    assert_eq!(reader.closed().await.0, 4001);
}
