//! A socket's line and conversation, with a shard and a lobby that the test plays: nothing of what is said
//! is lost, however it comes, and an end is told once.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token};
use presence_hub::io::{End, Input, Shard};
use presence_model::command::Command;
use presence_model::id::{ConnectionId, SessionId};
use presence_model::limit::{Limits, Rate, Rates};
use presence_model::time::Millis;
use presence_model::wire::json::door::Door;
use presence_server::app::App;
use presence_server::auth::offer::Offer;
use presence_server::connection::{Connection, Context};
use presence_server::dialect::Dialect;
use presence_server::quotas::Quotas;
use presence_server::router::{Newcomer, Router};
use presence_server::shard::socket::Socket;
use presence_server::websocket::reader::{LONGEST_HEADER, Reader};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// These tests are about many messages at once.
const UNLIMITED: Rate = Rate { every: Millis::ZERO, burst: 1 };

const ID: ConnectionId = ConnectionId(7);

struct Line {
    app: Arc<App>,
    socket: Socket,
    said: VecDeque<(Shard, Input)>,
    client: TcpStream,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
}

fn app() -> Arc<App> {
    let limits = Limits { rates: Rates { typing: UNLIMITED, ..Rates::default() }, ..Limits::default() };
    Arc::new(App {
        limits: Arc::new(limits),
        quotas: Quotas::new(UNLIMITED),
        postings_of: Quotas::new(UNLIMITED),
        ..App::bare(Router::new(1).unwrap().0)
    })
}

impl Line {
    fn open() -> Self {
        let app = app();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, peer) = listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        let mut stream = mio::net::TcpStream::from_std(server);
        let poll = Poll::new().unwrap();
        poll.registry().register(&mut stream, Token(0), Interest::READABLE | Interest::WRITABLE).unwrap();
        let in_use = mpsc::channel(1).0;
        let mut newcomer = Newcomer {
            stream,
            read: Bytes::new(),
            dialect: Dialect::Json(Door::Rooms),
            offer: Offer::default(),
            ip: peer.ip().to_string(),
            in_use,
        };
        let mut said = VecDeque::new();
        let context = Context { app: &app, now: app.clock.now(), said: &mut said };
        let connection = Connection::new(&context, ID, &mut newcomer);
        let Newcomer { stream, in_use, .. } = newcomer;
        let socket = Socket::new(stream, Reader::new(app.limits.frame_bytes), connection, in_use);
        // Small, so that what is said does not come in one piece.
        let buffer = vec![0; app.limits.frame_bytes + LONGEST_HEADER + 512];
        Self { app, socket, said, client, poll, events: Events::with_capacity(8), buffer }
    }

    /// As a shard does it, until `done`.
    fn until(&mut self, done: impl Fn(&Self) -> bool) {
        loop {
            let mut context = Context { app: &self.app, now: self.app.clock.now(), said: &mut self.said };
            while self.socket.has_to_read() {
                self.socket.read(&mut context, &mut self.buffer);
            }
            self.socket.look_after(&mut context);
            if done(self) {
                return;
            }
            if !self.socket.has_to_read() {
                self.poll.poll(&mut self.events, Some(PATIENCE)).unwrap();
                assert!(!self.events.is_empty(), "nothing comes any more");
                self.events.iter().for_each(|event| self.socket.note(event));
            }
        }
    }

    fn establish(&mut self) {
        let mut context = Context { app: &self.app, now: self.app.clock.now(), said: &mut self.said };
        self.socket.connection.establish(&mut context, SessionId::parse("s").unwrap());
    }

    fn next_input(&mut self) -> Option<Input> {
        loop {
            match self.said.pop_front()?.1 {
                Input::LifeSign { .. } => {}
                input => return Some(input),
            }
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(10);

/// A frame of the client's, with a mask that changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

fn text(message: &Value) -> Vec<u8> {
    frame(0x81, message.to_string().as_bytes())
}

fn auth() -> Vec<u8> {
    text(&json!({ "type": "auth", "token": "ann" }))
}

fn bye() -> Vec<u8> {
    frame(0x88, &1000_u16.to_be_bytes())
}

#[test]
fn what_is_said_before_the_lobby_answers_waits_and_comes_in_order() {
    const COUNT: usize = 3_000;
    let mut line = Line::open();
    let mut all = auth();
    for n in 0..COUNT {
        let typing = json!({ "type": "typing", "roomId": format!("r{n}"), "data": { "isTyping": true } });
        all.extend(text(&typing));
    }
    all.extend(bye());
    let mut client = line.client.try_clone().unwrap();
    let writing = std::thread::spawn(move || client.write_all(&all).unwrap());

    line.until(|line| !line.said.is_empty());
    let Some(Input::Hello { connection: ID, .. }) = line.next_input() else { panic!("not a hello") };
    assert!(!line.socket.has_to_read() && line.next_input().is_none(), "it waits for the lobby");

    line.establish();
    line.until(|line| matches!(line.said.back(), Some((_, Input::Closed { .. }))));
    writing.join().unwrap();
    let mut orders = vec![];
    let end = loop {
        match line.next_input() {
            Some(Input::Command { order, command: Command::Typing { room, .. }, .. }) => {
                assert_eq!(room.as_str(), format!("r{}", orders.len()));
                orders.push(order);
            }
            Some(Input::Closed { connection: ID, end }) => break end,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((orders.len(), end), (COUNT, End::Clean));
    assert!(orders.is_sorted_by_key(|order| order.place));

    // The close is answered with the same code, and the line ends when both ends are done with it.
    let mut heard = vec![];
    line.client.read_to_end(&mut heard).unwrap();
    assert!(heard.ends_with(b"\x88\x02\x03\xe8"), "{heard:?}");
    line.client.shutdown(std::net::Shutdown::Both).unwrap();
    line.until(|line| line.socket.is_gone());
    assert!(line.next_input().is_none(), "the end is told once");
}

#[test]
fn a_broken_line_is_told_once_and_one_without_hello_never() {
    let mut line = Line::open();
    line.client.write_all(&auth()).unwrap();
    line.until(|line| !line.said.is_empty());
    let Some(Input::Hello { .. }) = line.next_input() else { panic!("not a hello") };
    // Gone before the lobby answers.
    line.client.shutdown(std::net::Shutdown::Both).unwrap();
    line.establish();
    line.until(|line| line.socket.is_gone());
    let Some(Input::Closed { connection: ID, end: End::Lost }) = line.next_input() else { panic!("not an end") };
    assert!(line.next_input().is_none());

    let mut line = Line::open();
    line.client.write_all(&[text(&json!({ "type": "ping" })), bye()].concat()).unwrap();
    line.client.shutdown(std::net::Shutdown::Write).unwrap();
    line.until(|line| line.socket.is_gone());
    assert!(line.next_input().is_none());
    let mut heard = vec![];
    line.client.read_to_end(&mut heard).unwrap();
    assert!(heard.ends_with(b"\x88\x02\x03\xe8"), "{heard:?}");
}

#[test]
fn the_newest_ping_is_answered_with_its_payload_and_before_hello_too() {
    let mut line = Line::open();
    let pings = [frame(0x89, b"hello"), frame(0x89, b"are you there"), frame(0x8a, b"")];
    line.client.write_all(&pings.concat()).unwrap();
    line.client.write_all(&bye()).unwrap();
    line.client.shutdown(std::net::Shutdown::Write).unwrap();
    line.until(|line| line.socket.is_gone());
    let mut heard = vec![];
    line.client.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"\x8a\x0dare you there\x88\x02\x03\xe8");
}

#[test]
fn what_the_line_does_not_take_at_once_arrives_whole_and_in_order() {
    let mut line = Line::open();
    let frames: Vec<_> = (0..200_u32).map(|n| Bytes::from(n.to_be_bytes().repeat(5_000))).collect();
    let expected = frames.concat();
    for frame in &frames {
        line.socket.connection.fill(|_, outbox| outbox.push(frame.clone()).map(drop));
    }
    let mut client = line.client.try_clone().unwrap();
    let size = expected.len();
    let reading = std::thread::spawn(move || {
        let mut heard = vec![0; size];
        client.read_exact(&mut heard).unwrap();
        heard
    });
    line.until(|line| !line.socket.has_unwritten());
    assert!(reading.join().unwrap() == expected);
    assert!(line.socket.connection.ending().is_none());
}
