//! A shard that is behind: its connections wait with what they read, lose none of it, and read no more.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use presence_hub::io::{End, Input};
use presence_model::command::Command;
use presence_model::id::SessionId;
use presence_model::limit::{Limits, Rate, Rates, Timing};
use presence_model::time::Millis;
use presence_model::wire::json::door::Door;
use presence_server::app::{App, Connections};
use presence_server::auth::gate::Gate;
use presence_server::auth::offer::{Offer, Places};
use presence_server::clock::Clock;
use presence_server::connection::{self, Newcomer};
use presence_server::dialect::Dialect;
use presence_server::directory::Directory;
use presence_server::metrics::Metrics;
use presence_server::origin::Origins;
use presence_server::router::{Errand, INBOX, Inlet, Router, Word};
use presence_server::socket::Socket;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

const PATIENCE: Duration = Duration::from_secs(10);

/// These tests are about many messages at once.
const UNLIMITED: Rate = Rate { every: Millis::ZERO, burst: 1 };

/// A connection with one shard, which the test plays, and the client's end of its line.
async fn line() -> (Arc<App>, Inlet, WebSocketStream<TcpStream>) {
    let (router, mut inlets) = Router::new(1);
    let app = Arc::new(App {
        clock: Clock::start(),
        timing: Arc::new(Timing::default()),
        limits: Arc::new(Limits { rates: Rates { typing: UNLIMITED, ..Rates::default() }, ..Limits::default() }),
        gate: Gate::Development,
        places: Places::default(),
        public_dashboards: true,
        origins: Origins::default(),
        demo: false,
        router,
        directory: Directory::default(),
        in_use: mpsc::channel(1).0,
        connections: Connections::default(),
        metrics: Metrics::new(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    let newcomer = Newcomer { dialect: Dialect::Json(Door::Rooms), offer: Offer::default(), ip: peer.ip().to_string() };
    let socket = Socket::new(server, Bytes::new(), &app.limits).await;
    tokio::spawn(connection::run(app.clone(), newcomer, socket));
    let client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
    (app, inlets.remove(0), client)
}

async fn next_input(inlet: &mut Inlet) -> Input {
    match timeout(PATIENCE, inlet.next(true)).await.expect("an input comes in time") {
        Some(Word::Errand(Errand::Input(input))) => input,
        other => panic!("{other:?}"),
    }
}

async fn say(client: &mut WebSocketStream<TcpStream>, message: serde_json::Value) {
    client.send(Message::text(message.to_string())).await.unwrap();
}

#[tokio::test]
async fn a_full_inbox_delays_and_loses_nothing() {
    let (app, mut inlet, mut client) = line().await;
    say(&mut client, json!({ "type": "auth", "token": "ann" })).await;
    let Input::Hello { connection, .. } = next_input(&mut inlet).await else { panic!("not a hello") };
    let session = SessionId::parse("s").unwrap();
    app.directory.each(&[connection], |mailbox| mailbox.establish(session.clone()));

    let count = 3 * INBOX;
    for n in 0..count {
        say(&mut client, json!({ "type": "typing", "roomId": format!("r{n}"), "data": { "isTyping": true } })).await;
    }
    // The shard sleeps. Meanwhile the line is still served: what the server has to say gets through.
    app.directory.each(&[connection], |mailbox| mailbox.push(Bytes::from_static(b"{}")));
    let heard = timeout(PATIENCE, async {
        loop {
            if let Message::Text(text) = client.next().await.unwrap().unwrap() {
                return text;
            }
        }
    });
    assert_eq!(heard.await.expect("it is heard in time").as_str(), "{}");

    client.close(None).await.unwrap();
    let mut orders = vec![];
    let end = loop {
        match next_input(&mut inlet).await {
            Input::Command { order, command: Command::Typing { room, .. }, .. } => {
                assert_eq!(room.as_str(), format!("r{}", orders.len()));
                orders.push(order);
            }
            Input::LifeSign { .. } => {}
            Input::Closed { connection: closed, end } => {
                assert_eq!(closed, connection);
                break end;
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((orders.len(), end), (count, End::Clean));
    assert!(orders.is_sorted_by(|earlier, later| earlier < later));
    assert!(timeout(Duration::from_millis(50), inlet.next(true)).await.is_err(), "the end is told once");
}

#[tokio::test]
async fn a_broken_line_is_told_once_and_one_without_hello_never() {
    let (app, mut inlet, mut client) = line().await;
    say(&mut client, json!({ "type": "auth", "token": "ann" })).await;
    let Input::Hello { connection, .. } = next_input(&mut inlet).await else { panic!("not a hello") };
    // Gone before the lobby answers.
    drop(client);
    app.directory.each(&[connection], |mailbox| mailbox.establish(SessionId::parse("s").unwrap()));
    let Input::Closed { connection: closed, end } = next_input(&mut inlet).await else { panic!("not an end") };
    assert_eq!((closed, end), (connection, End::Lost));

    let (_app, mut inlet, mut client) = line().await;
    say(&mut client, json!({ "type": "ping" })).await;
    assert!(timeout(PATIENCE, client.next()).await.unwrap().unwrap().unwrap().is_text());
    client.close(None).await.unwrap();
    assert!(timeout(PATIENCE, async { while client.next().await.is_some() {} }).await.is_ok());
    assert!(timeout(Duration::from_millis(50), inlet.next(true)).await.is_err());
}
