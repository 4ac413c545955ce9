//! What a full room costs on the wire and in the client. `cargo bench -p presence-model --all-features`.
//!
//! Each piece of work is a function of its own, never inlined, and called by nothing else: `cargo xtask instructions`
//! counts what is executed in the functions whose names begin with `hot_`.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use presence_model::command::Command;
use presence_model::event::{CursorMove, Event, RoomPicture, Welcome};
use presence_model::id::{InstanceId, RoomId, SessionId, UserId};
use presence_model::limit::Timing;
use presence_model::room::{Colour, Cursor, Member, MemberCard, RoomKey, RoomKind};
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::Output;
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::encode::encode;
use presence_model::wire::binary::frame::frames;
use presence_model::wire::binary::upstream::Upstream;
use presence_model::wire::json;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::encoded::Encoded;
use presence_model::wire::json::inbound::Inbound;

const MEMBERS: u16 = 100;
const NOW: Millis = Millis(1_736_937_000_000);

fn room() -> RoomId {
    RoomId::parse("lobby").expect("it is an id")
}

fn members() -> Vec<Member> {
    let card = |slot: u16| MemberCard {
        slot,
        session_id: SessionId::parse(&format!("{slot:032x}")).expect("digits are an id"),
        user_id: UserId::parse(&format!("user-{slot}")).expect("it is an id"),
        name: format!("Somebody {slot}"),
        image: None,
        colour: Colour(0x003B_82F6),
        joined_at: NOW,
    };
    let member = |slot| Member {
        card: Arc::new(card(slot)),
        status: Status::Active,
        liveness: Liveness::Connected,
        last_active_at: NOW,
        typing: None,
        cursor: None,
        status_message: None,
        selection: None,
        watching: None,
    };
    (0..MEMBERS).map(member).collect()
}

/// Everybody points somewhere else at each step.
fn cursors(step: u16) -> Event {
    let moved = |member: &Member| {
        let x = f64::from(member.card.slot * 7 + step) / 1_000.0;
        CursorMove { card: member.card.clone(), sequence: step as u8, cursor: Cursor::at(x, 1.0 - x) }
    };
    Event::Cursors { room: room(), channel: 1, moves: members().iter().map(moved).collect(), now: NOW }
}

fn picture() -> Event {
    Event::RoomPicture(Box::new(RoomPicture {
        room: room(),
        kind: RoomKind::Project,
        channel: 1,
        version: 1,
        created_at: NOW,
        own_slot: 0,
        own_colour: Colour(0x003B_82F6),
        watch: None,
        members: Arc::new(members()),
    }))
}

/// A client in the room, to which all have shown themselves.
fn session() -> Session {
    let session_id = SessionId::parse("0").ok();
    let instance_id = InstanceId::parse("laptop").expect("it is an id");
    let config = SessionConfig { token: None, instance_id, session_id, info: "{}".into(), seed: 42 };
    let mut session = Session::new(NOW, config);
    session.enter(NOW, RoomKey { room: room(), kind: RoomKind::Project });
    session.start(NOW);
    session.handle_open(NOW);
    let welcome = Welcome {
        session_id: SessionId::parse("0").expect("it is an id"),
        instance_id: InstanceId::parse("laptop").expect("it is an id"),
        user_id: UserId::parse("user-0").expect("it is an id"),
        name: "Somebody 0".into(),
        epoch: 1,
        server_now: NOW,
        resumed: false,
        timing: Arc::new(Timing::default()),
        listing: None,
    };
    for event in [Event::Welcome(Box::new(welcome)), picture(), cursors(0)] {
        session.handle_message(NOW, &encode(&event));
    }
    session.take_outputs();
    session
}

#[inline(never)]
fn hot_encode_cursors(event: &Event) -> Vec<u8> {
    encode(event)
}

#[inline(never)]
fn hot_encode_picture(event: &Event) -> Vec<u8> {
    encode(event)
}

#[inline(never)]
fn hot_read_cursor_command(message: &[u8]) -> Option<Upstream> {
    let frame = frames(message).next()?.ok()?;
    Upstream::read(frame.kind, frame.body).ok()?
}

#[inline(never)]
fn hot_read_cursors(message: &[u8]) -> Option<Downstream> {
    let frame = frames(message).next()?.ok()?;
    Downstream::read(frame.kind, frame.body).ok()?
}

#[inline(never)]
fn hot_read_picture(message: &[u8]) -> Option<Downstream> {
    let frame = frames(message).next()?.ok()?;
    Downstream::read(frame.kind, frame.body).ok()?
}

#[inline(never)]
fn hot_decode_json_cursor(text: &str) -> Option<Inbound> {
    json::decode::decode(Door::Ws, text).ok()
}

#[inline(never)]
fn hot_encode_json_cursors(event: &Event) -> Vec<Encoded> {
    json::encode::encode(Door::Ws, event, NOW)
}

#[inline(never)]
fn hot_session_takes_cursors(session: &mut Session, message: &[u8]) -> Vec<Output> {
    session.handle_message(NOW, message);
    session.take_outputs()
}

fn is_read<T, E>(read: Result<Option<T>, E>) -> bool {
    matches!(read, Ok(Some(_)))
}

fn codec(criterion: &mut Criterion) {
    let (cursors, picture) = (cursors(1), picture());
    let (cursors_said, picture_said) = (encode(&cursors), encode(&picture));
    let command = Upstream::Command(Command::Cursor { room: room(), cursor: Cursor::at(0.25, 0.5) }).encode();
    let text = r#"{"type":"cursor","roomId":"lobby","data":{"x":0.25,"y":0.5}}"#;
    // What cannot be read costs little: these figures must be of what can.
    assert!(json::decode::decode(Door::Ws, text).is_ok());
    for message in [&command, &cursors_said, &picture_said] {
        let frame = frames(message).next().expect("one frame").expect("a whole one");
        let is_command = std::ptr::eq(message, &command);
        assert!(if is_command {
            is_read(Upstream::read(frame.kind, frame.body))
        } else {
            is_read(Downstream::read(frame.kind, frame.body))
        });
    }

    criterion.bench_function("hot_encode_cursors", |b| b.iter(|| hot_encode_cursors(black_box(&cursors))));
    criterion.bench_function("hot_encode_picture", |b| b.iter(|| hot_encode_picture(black_box(&picture))));
    criterion.bench_function("hot_read_cursor_command", |b| b.iter(|| hot_read_cursor_command(black_box(&command))));
    criterion.bench_function("hot_read_cursors", |b| b.iter(|| hot_read_cursors(black_box(&cursors_said))));
    criterion.bench_function("hot_read_picture", |b| b.iter(|| hot_read_picture(black_box(&picture_said))));
    criterion.bench_function("hot_decode_json_cursor", |b| b.iter(|| hot_decode_json_cursor(black_box(text))));
    criterion.bench_function("hot_encode_json_cursors", |b| b.iter(|| hot_encode_json_cursors(black_box(&cursors))));
}

fn client(criterion: &mut Criterion) {
    let session = std::cell::RefCell::new(session());
    let messages = [1, 2].map(|step| encode(&cursors(step)));
    let mut step = 0;
    session.borrow_mut().handle_message(NOW, &messages[1]);
    let news = session.borrow_mut().take_outputs();
    assert_eq!(news.len(), 1, "all of them moved: {news:?}");
    criterion.bench_function("hot_session_takes_cursors", |b| {
        b.iter_batched(
            || {
                step += 1;
                &messages[step % 2]
            },
            |message| hot_session_takes_cursors(&mut session.borrow_mut(), message),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, codec, client);
criterion_main!(benches);
