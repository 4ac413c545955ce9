//! What the SDK is sent: every frame comes back as it went, and its bytes are those once published.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

use std::sync::Arc;

use presence_model::event::{CursorMove, Event, InstanceChange, RoomChange, RoomPicture, Welcome};
use presence_model::id::{InstanceId, RoomId, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::limit::Timing;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Colour, Cursor, Member, MemberCard, RoomKind};
use presence_model::status::{Liveness, Status, Thresholds};
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::CursorRecord;
use presence_model::wire::binary::downstream::{Downstream, MemberChange, encode, encode_probe_reply};
use presence_model::wire::binary::frame::{self, frames};
use proptest::prelude::*;

fn room() -> RoomId {
    RoomId::parse("video_123").unwrap()
}

fn entry() -> Instance {
    Instance {
        instance_id: InstanceId::parse("I-1").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann".into(),
        info: ClientInfo {
            client_id: Some("web".into()),
            host: Some("Firefox".into()),
            version: Some("1.2".into()),
            platform: Some("linux".into()),
            device_family: Some("pc".into()),
            model_identifier: Some("m1".into()),
            mode: Some("webchat".into()),
            agent_id: Some("main".into()),
            roles: vec!["operator".into()],
            scopes: vec!["operator.read".into(), "operator.write".into()],
        },
        ip: Some("10.0.0.7".into()),
        status: Status::Away,
        liveness: Liveness::Suspect,
        last_input_at: Some(Millis(1_700_000_000_000)),
        reason: Reason::Connect,
        ts: Millis(1_700_000_100_000),
        sessions: vec![SessionId::parse("s-1").unwrap(), SessionId::parse("s-2").unwrap()],
    }
}

fn bare_entry() -> Instance {
    Instance {
        info: ClientInfo::default(),
        ip: None,
        last_input_at: None,
        reason: Reason::from("a reason from the future"),
        sessions: vec![],
        ..entry()
    }
}

fn member(slot: u16) -> Member {
    Member {
        card: Arc::new(MemberCard {
            slot,
            session_id: SessionId::parse("s-1").unwrap(),
            user_id: UserId::parse("ann").unwrap(),
            name: "Ann".into(),
            image: Some("https://example.org/ann.png".into()),
            colour: Colour(0x12_34_56),
            joined_at: Millis(1_700_000_000_000),
        }),
        status: Status::Reviewing,
        liveness: Liveness::Connected,
        last_active_at: Millis(1_700_000_000_500),
        typing: Some("comment".into()),
        cursor: Some(Cursor { x: Some(0.25), y: None, timestamp: Some(12.5) }),
    }
}

fn welcome() -> Welcome {
    Welcome {
        session_id: SessionId::parse("s-1").unwrap(),
        instance_id: InstanceId::parse("I-1").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann".into(),
        epoch: 7,
        server_now: Millis(1_700_000_000_000),
        resumed: true,
        timing: Arc::new(Timing {
            abandon_after: Millis(45_001),
            restart_grace: Millis(10_001),
            ack_every: Millis(1_001),
            reconnect_window: Millis(251),
            typing_lease: Millis(5_001),
            thresholds: Thresholds {
                idle_after: Millis(30_001),
                away_after: Millis(120_001),
                offline_after: Millis(300_001),
            },
            ..Timing::default()
        }),
    }
}

fn picture() -> RoomPicture {
    RoomPicture {
        room: room(),
        kind: RoomKind::Comparison,
        channel: 300,
        version: 70_000,
        created_at: Millis(1_699_999_999_000),
        own_slot: 9,
        own_colour: Colour(0x12_34_56),
        members: Arc::new(vec![member(9), Member { typing: None, cursor: None, ..member(10) }]),
    }
}

fn presence_changed(change: InstanceChange) -> (Event, Downstream) {
    let event = Event::PresenceChanged { version: 4, change: change.clone(), now: Millis(1) };
    (event, Downstream::PresenceChanged { version: 4, change })
}

fn room_changes() -> (Vec<RoomChange>, Vec<MemberChange>) {
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
        RoomChange::Status { card: card(), status: Status::Busy, last_active_at: Millis(99) },
        RoomChange::Typing { card: card(), context: Some(String::new()) },
        RoomChange::Typing { card: card(), context: None },
    ];
    let read = vec![
        MemberChange::Joined(Box::new(member(9))),
        MemberChange::Left(9),
        MemberChange::Liveness(9, Liveness::Suspect),
        MemberChange::Status { slot: 9, status: Status::Busy, last_active_at: Millis(99) },
        MemberChange::Typing { slot: 9, context: Some(String::new()) },
        MemberChange::Typing { slot: 9, context: None },
    ];
    (told, read)
}

fn cursors() -> (Event, Downstream) {
    let places = [Cursor::at(0.0, 1.0), Cursor { timestamp: Some(2.5), ..Cursor::default() }, Cursor::default()];
    let of = |slot: u16, cursor: Cursor| CursorMove { card: member(slot).card, sequence: 33, cursor };
    let moves = (126..).zip(places).map(|(slot, cursor)| of(slot, cursor)).collect();
    // Of the sequence number five bits go over the wire.
    let records = (126..).zip(places).map(|(slot, cursor)| CursorRecord { slot, sequence: 1, cursor }).collect();
    (
        Event::Cursors { room: room(), channel: 300, moves, now: Millis(1) },
        Downstream::Cursors { channel: 300, records },
    )
}

/// Every event that has a binary form, and what the SDK reads from it.
fn one_of_each() -> Vec<(Event, Downstream)> {
    let refusal = Refusal::new(Code::RoomFull, "join: the room holds 100 users already").at("roomId");
    let bare = Refusal::new(Code::TooManySessions, "hello: no");
    let (told, read) = room_changes();
    vec![
        (Event::Welcome(Box::new(welcome())), Downstream::Welcome(Box::new(welcome()))),
        (
            Event::Refused { about: "join", room: Some(room()), refusal: refusal.clone() },
            Downstream::Refused { about: "join".into(), room: Some(room()), refusal },
        ),
        (
            Event::Refused { about: "hello", room: None, refusal: bare.clone() },
            Downstream::Refused { about: "hello".into(), room: None, refusal: bare },
        ),
        (
            Event::PresencePicture {
                version: 3,
                entries: Arc::new(vec![entry(), bare_entry()]),
                truncated: true,
                now: Millis(1),
            },
            Downstream::PresencePicture { version: 3, entries: vec![entry(), bare_entry()], truncated: true },
        ),
        presence_changed(InstanceChange::Joined(entry())),
        presence_changed(InstanceChange::Updated(bare_entry())),
        presence_changed(InstanceChange::Left { user_id: entry().user_id, instance_id: entry().instance_id }),
        (Event::RoomPicture(Box::new(picture())), Downstream::RoomPicture(Box::new(picture()))),
        (
            Event::RoomChanged { room: room(), channel: 300, version: 70_001, changes: told, now: Millis(1) },
            Downstream::RoomChanged { channel: 300, version: 70_001, changes: read },
        ),
        cursors(),
        (Event::RoomLeft { room: room() }, Downstream::RoomLeft { room: room() }),
        (Event::WishesTaken { revision: 77 }, Downstream::WishesTaken { revision: 77 }),
    ]
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
    // A line that differs is a frame that published SDKs would misread: give it a new kind instead.
    for (line, frozen) in lines.iter().zip(include_str!("fixtures/downstream.v1.hex").lines()) {
        assert_eq!(line, frozen);
    }
    assert_eq!(lines.len(), include_str!("fixtures/downstream.v1.hex").lines().count());
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
    assert_eq!((refusal.message.as_str(), refusal.code.retryable()), ("the sentence", false));
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
            now: Millis::ZERO,
        };
        prop_assert_eq!(read_all(&encode(&event)), [Downstream::PresencePicture { version, entries, truncated: false }]);
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
