//! What the SDK is sent: every frame comes back as it went, and its bytes are those once published.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod feeds;
mod read;
mod samples;

use std::sync::Arc;

use presence_model::event::{CursorMove, Event, InstanceChange, RoomChange, StateNews, WatchNews};
use presence_model::id::{InstanceId, SessionKey};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::playback::Watch;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Cursor, Member};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::{CursorRecord, Place};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::encode::{encode, encode_probe_reply};
use presence_model::wire::binary::entry::{Entry, EntryChange};
use presence_model::wire::binary::frame::{self, frames};
use presence_model::wire::view::{InstanceCard, piece};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{bare_entry, entry, member, picture, room, welcome};

fn presence_changed(change: InstanceChange, read: EntryChange) -> (Event, Downstream) {
    let event = Event::PresenceChanged { version: 4, change, now: Millis(1) };
    (event, Downstream::PresenceChanged { version: 4, changes: vec![read] })
}

fn room_changes() -> (Vec<RoomChange>, Vec<EntryChange>) {
    let card = || member(9).card;
    let told = vec![
        RoomChange::Joined { member: Box::new(member(9)), first: true },
        RoomChange::Left { card: card(), last: false },
        RoomChange::Liveness {
            card: card(),
            liveness: Liveness::Suspect,
            user_liveness: Liveness::Connected,
            status: Status::Active,
        },
        RoomChange::State {
            member: Box::new(Member { status: Status::Busy, last_active_at: Millis(99), ..member(9) }),
            news: StateNews::Status,
        },
        RoomChange::Typing { card: card(), context: Some(String::new()) },
        RoomChange::Typing { card: card(), context: None },
    ];
    let read = vec![
        EntryChange::Put(read::member(9)),
        EntryChange::Left("s-1".into()),
        EntryChange::Liveness(9, Liveness::Suspect),
        EntryChange::State(9, r#""status":"busy","lastActiveAt":99"#.into()),
        EntryChange::Typing(9, r#""typing":"""#.into()),
        EntryChange::Typing(9, "".into()),
    ];
    (told, read)
}

fn cursors() -> (Event, Downstream) {
    let places = [Cursor::at(0.0, 1.0), Cursor { timestamp: Some(2.5), ..Cursor::default() }, Cursor::default()];
    let of = |slot: u16, cursor: Cursor| CursorMove { card: member(slot).card, sequence: 33, cursor };
    let moves = (126..).zip(places).map(|(slot, cursor)| of(slot, cursor)).collect();
    let corner = Place { x: Some(0), y: Some(65_535), timestamp: None };
    let moment = Place { timestamp: Some(2_500), ..Place::default() };
    let read = [corner, moment, Place::default()];
    let records = (126..).zip(read).map(|(slot, place)| CursorRecord { slot, place }).collect();
    (
        Event::Cursors { room: room(), channel: 300, moves, now: Millis(1) },
        Downstream::Cursors { channel: 300, records },
    )
}

fn news() -> Vec<(Event, Downstream)> {
    let told = |watch: Watch, json: &str| {
        let event = Event::Watch { room: room(), watch: Arc::new(watch), news: WatchNews::State, now: Millis(1) };
        (event, Downstream::News(json.into()))
    };
    let payload = r#"{"emoji":"👍","n":[1.5,null]}"#.into();
    let broadcast = Event::Broadcast { room: room(), by: member(9).card, payload, now: Millis(1) };
    vec![
        told(samples::watch(), read::WATCH),
        told(Watch::default(), read::BARE_WATCH),
        (broadcast, Downstream::News(read::BROADCAST.into())),
    ]
}

/// A member whose state says all that one can say.
fn doing() -> (Event, Downstream) {
    let change = RoomChange::State { member: Box::new(samples::busy_member()), news: StateNews::Watching };
    let read = EntryChange::State(9, read::BUSY_STATE.into());
    (
        Event::RoomChanged { room: room(), channel: 1, version: 2, changes: vec![change], now: Millis(1) },
        Downstream::RoomChanged { channel: 1, version: 2, changes: vec![read] },
    )
}

fn session_typing(instances: &[&str], typists: &str) -> (Event, Downstream) {
    let key = SessionKey::parse("agent:\"main\"").unwrap();
    let instances = instances.iter().map(|id| InstanceId::parse(id).unwrap()).collect();
    (Event::SessionTyping { key, instances }, Downstream::SessionTyping { typists: typists.into() })
}

/// Every event that has a binary form, and what the SDK reads from it.
fn one_of_each() -> Vec<(Event, Downstream)> {
    let refusal = Refusal::new(Code::RoomFull, "join: the room holds 100 users already").at("roomId");
    let read_refusal = concat!(
        r#"{"code":"room_full","message":"join: the room holds 100 users already","retryable":true,"#,
        r#""field":"roomId"}"#,
    );
    let bare = Refusal::new(Code::TooManySessions, "hello: no");
    let read_bare = r#"{"code":"too_many_sessions","message":"hello: no","retryable":true}"#;
    let (told, changes) = room_changes();
    let gone = InstanceChange::Left { user_id: entry().user_id, instance_id: entry().instance_id };
    vec![
        (Event::Welcome(Box::new(welcome())), Downstream::Welcome(read::welcome())),
        (
            Event::Refused { about: "join", room: Some(room()), refusal },
            Downstream::Refused { about: "join".into(), room: Some(room()), refusal: read_refusal.into() },
        ),
        (
            Event::Refused { about: "hello", room: None, refusal: bare },
            Downstream::Refused { about: "hello".into(), room: None, refusal: read_bare.into() },
        ),
        (
            Event::PresencePicture {
                version: 3,
                entries: Arc::new(vec![entry(), bare_entry()]),
                truncated: true,
                asked: true,
                now: Millis(1),
            },
            Downstream::PresencePicture {
                version: 3,
                truncated: true,
                entries: vec![read::entry(read::CARD), read::entry(read::BARE_CARD)],
            },
        ),
        presence_changed(InstanceChange::Joined(entry()), EntryChange::Put(read::entry(read::CARD))),
        presence_changed(InstanceChange::Updated(bare_entry()), EntryChange::Put(read::entry(read::BARE_CARD))),
        presence_changed(gone, EntryChange::Left("ann/I-1".into())),
        (Event::RoomPicture(Box::new(picture())), Downstream::RoomPicture(read::picture())),
        (
            Event::RoomChanged { room: room(), channel: 300, version: 70_001, changes: told, now: Millis(1) },
            Downstream::RoomChanged { channel: 300, version: 70_001, changes },
        ),
        cursors(),
        (Event::RoomLeft { room: room(), channel: 1 }, Downstream::RoomLeft { room: room() }),
        (Event::WishesTaken { revision: 77 }, Downstream::WishesTaken { revision: 77 }),
        session_typing(&["I-1", "i-2"], r#""sessionKey":"agent:\"main\"","instanceIds":["I-1","i-2"]"#),
        session_typing(&[], r#""sessionKey":"agent:\"main\"","instanceIds":[]"#),
        doing(),
    ]
    .into_iter()
    .chain(news())
    .chain(feeds::all())
    .collect()
}

fn read_all(message: &[u8]) -> Vec<Downstream> {
    frames(message)
        .filter_map(|frame| frame.and_then(|frame| Downstream::read(frame.kind, frame.body)).unwrap())
        .collect()
}

#[test]
fn every_event_comes_back_as_it_went() {
    for (event, read) in one_of_each() {
        assert_eq!(read_all(&encode(&event)), [read]);
    }
}

#[test]
fn frames_of_one_message_come_back_in_their_order() {
    let message: Vec<u8> = one_of_each().iter().flat_map(|(event, _)| encode(event)).collect();
    let read: Vec<_> = one_of_each().into_iter().map(|(_, read)| read).collect();
    assert_eq!(read_all(&message), read);
}

#[test]
fn the_bytes_are_frozen() {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut lines: Vec<String> = one_of_each().iter().map(|(event, _)| hex(encode(event))).collect();
    lines.push(hex(encode_probe_reply(Millis(123_456), Millis(1_700_000_000_000))));
    // A line that differs is a frame that published SDKs would misread: give it a new kind instead. Only
    // descriptions, whose JSON nobody reads but a page, may have more fields.
    for (line, frozen) in lines.iter().zip(include_str!("../fixtures/downstream.v1.hex").lines()) {
        assert_eq!(line, frozen);
    }
    assert_eq!(lines.len(), include_str!("../fixtures/downstream.v1.hex").lines().count());
}

#[test]
fn a_probe_is_answered_with_its_own_time_and_the_servers() {
    let (sent, server_now) = (Millis(u64::MAX), Millis(1));
    assert_eq!(read_all(&encode_probe_reply(sent, server_now)), [Downstream::ProbeReply { sent, server_now }]);
}

#[test]
fn a_pong_has_no_binary_form() {
    assert!(encode(&Event::Pong).is_empty());
}

#[test]
fn only_cursors_are_volatile() {
    for (event, _) in one_of_each() {
        let kind = encode(&event)[0];
        assert_eq!(Downstream::is_volatile(kind), matches!(event, Event::Cursors { .. }), "{event:?}");
    }
}

#[test]
fn a_kind_from_the_future_is_skipped_and_so_is_what_it_adds_to_a_body() {
    let mut message = vec![];
    frame::write(&mut message, 200, b"from the future");
    frame::write(&mut message, 72, &[5, 1, 2, 3]);
    assert_eq!(read_all(&message), [Downstream::WishesTaken { revision: 5 }]);
}

#[test]
fn a_code_from_the_future_still_says_its_sentence() {
    let event = Event::Refused { about: "join", room: None, refusal: Refusal::new(Code::RoomFull, "the sentence") };
    let mut message = encode(&event);
    let code = Code::RoomFull.name();
    let at = message.windows(code.len()).position(|window| window == code.as_bytes()).unwrap();
    message[at..at + code.len()].copy_from_slice(b"room_moon");
    let read = read_all(&message);
    let [Downstream::Refused { refusal, .. }] = read.as_slice() else { panic!("{read:?}") };
    let refusal: Value = serde_json::from_str(refusal).unwrap();
    assert_eq!(refusal, json!({ "code": "room_moon", "message": "the sentence", "retryable": true }));
}

#[test]
fn a_frame_that_is_cut_off_is_not_read() {
    for (event, read) in one_of_each() {
        let message = encode(&event);
        let frame = frames(&message).next().unwrap().unwrap();
        for length in 0..frame.body.len() {
            // Cursors are read one after another, so a cut between two is a shorter frame.
            match Downstream::read(frame.kind, &frame.body[..length]) {
                Err(_) => {}
                Ok(shorter) => assert!(
                    matches!(shorter, Some(Downstream::Cursors { .. })) && shorter.as_ref() != Some(&read),
                    "{length} bytes of {event:?} are read as {shorter:?}"
                ),
            }
        }
    }
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(".{0,12}")
}

fn instance() -> impl Strategy<Value = Instance> {
    let info = (text(), text(), text(), proptest::collection::vec(".{0,6}", 0..3))
        .prop_map(|(host, mode, version, roles)| ClientInfo { host, mode, version, roles, ..ClientInfo::default() });
    let times = (proptest::option::of(any::<u64>()), any::<u64>());
    (info, text(), ".{0,8}", times, "[a-zA-Z0-9]{1,9}").prop_map(|(info, ip, reason, (input, ts), id)| Instance {
        instance_id: InstanceId::parse(&id).unwrap(),
        info,
        ip,
        status_message: None,
        last_input_at: input.map(Millis),
        reason: Reason::from(reason.as_str()),
        ts: Millis(ts),
        ..entry()
    })
}

proptest! {
    #[test]
    fn any_entry_comes_back(entries in proptest::collection::vec(instance(), 0..4), version in any::<u64>()) {
        let event = Event::PresencePicture {
            version,
            entries: Arc::new(entries.clone()),
            truncated: false,
            asked: false,
            now: Millis::ZERO,
        };
        let read = |entry: &Instance| {
            let name = entry.written_name().text().into();
            Entry { name, ..read::entry(&piece(&InstanceCard::new(entry))) }
        };
        let entries = entries.iter().map(read).collect();
        prop_assert_eq!(read_all(&encode(&event)), [Downstream::PresencePicture { version, truncated: false, entries }]);
    }

    #[test]
    fn no_body_makes_the_reader_panic(kind in 60_u8..80, body in proptest::collection::vec(any::<u8>(), 0..160)) {
        let _ = Downstream::read(kind, &body);
    }

    #[test]
    fn no_change_of_a_true_frame_makes_the_reader_panic(which in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let all = one_of_each();
        let mut message = encode(&which.get(&all).0);
        let at = at.index(message.len());
        message[at] = byte;
        for frame in frames(&message).flatten() {
            let _ = Downstream::read(frame.kind, frame.body);
        }
    }
}
