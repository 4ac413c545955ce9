//! What holds whatever the driver, the person, the server and the network do.

use presence_model::event::Event;
use presence_model::refusal::Code;
use presence_model::room::Cursor;
use presence_model::session::machine::Session;
use presence_model::time::Millis;
use presence_model::wire::binary::encode::{encode, encode_probe_reply};
use presence_model::wire::binary::frame;
use proptest::prelude::*;
use proptest::sample::select;

use crate::bench::Bench;
use crate::words::{
    changed, conversation, joined, key, left, list, listed, member, moved, picture, refused, room, session_typing,
    taken, unlisted, welcome,
};

const ROOMS: [&str; 3] = ["attic", "lobby", "yard"];

#[derive(Clone, Debug)]
enum Step {
    Start,
    Stop,
    Enter(&'static str),
    Leave(&'static str),
    Presence(bool),
    Point(&'static str, f64),
    Hide(&'static str),
    Type(&'static str, &'static str),
    StopTyping(&'static str),
    Converse(&'static str),
    StopConversing(&'static str),
    Touch,
    Open,
    Hear(Vec<u8>),
    Lose(Option<u16>),
    Wake(Millis),
    Jump(Millis),
    Cache,
    Wait(Millis),
    Sleep(Millis),
}

fn event() -> impl Strategy<Value = Event> {
    let name = || select(&ROOMS[..]);
    let id = || select(&["a", "b", "c"][..]);
    let version = || prop_oneof![0_u64..8, Just(u64::MAX)];
    prop_oneof![
        3 => (id(), 0_u64..3, prop_oneof![Just(5_u64), any::<u64>()])
            .prop_map(|(id, epoch, now)| welcome(id, epoch, Millis(now))),
        2 => (name(), 0_u32..4, version(), proptest::collection::vec((0_u16..5, id()), 1..4)).prop_map(
            |(name, channel, version, members)| {
                let members: Vec<_> = members.into_iter().map(|(slot, id)| member(slot, id)).collect();
                picture(name, channel, version, &members)
            }
        ),
        2 => (0_u32..4, version(), 0_u16..5, id(), any::<bool>()).prop_map(|(channel, version, slot, id, comes)| {
            let member = member(slot, id);
            changed(channel, version, vec![if comes { joined(member) } else { left(&member) }])
        }),
        1 => (0_u32..4, any::<u8>(), 0_u16..5)
            .prop_map(|(channel, n, slot)| moved(channel, n, &member(slot, "b"), Cursor::at(0.5, 0.5))),
        1 => version().prop_map(|version| list(version, &["x", "y"])),
        1 => version().prop_map(|version| listed(version, "z")),
        1 => version().prop_map(|version| unlisted(version, "x")),
        1 => (0_u32..6).prop_map(taken),
        1 => name().prop_map(|name| refused(name, Code::RoomFull)),
        1 => (name(), id()).prop_map(|(name, id)| session_typing(name, &[id])),
        1 => name().prop_map(|name| Event::RoomLeft { room: room(name), channel: 1 }),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let frame = (60_u8..76, proptest::collection::vec(any::<u8>(), 0..60)).prop_map(|(kind, body)| {
        let mut message = vec![];
        frame::write(&mut message, kind, &body);
        message
    });
    prop_oneof![
        8 => event().prop_map(|event| encode(&event)),
        1 => (any::<u64>(), any::<u64>()).prop_map(|(sent, now)| encode_probe_reply(Millis(sent), Millis(now))),
        1 => frame,
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => Just(vec![frame::KEEPALIVE]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let name = || select(&ROOMS[..]);
    let code = select(
        &[None, Some(1000), Some(1006), Some(1012), Some(4000), Some(4003), Some(4500), Some(4501), Some(4800)][..],
    );
    let time = || prop_oneof![5 => 0_u64..300, 3 => 0_u64..12_000, 1 => 0_u64..200_000].prop_map(Millis);
    prop_oneof![
        2 => Just(Step::Start),
        1 => Just(Step::Stop),
        3 => name().prop_map(Step::Enter),
        1 => name().prop_map(Step::Leave),
        1 => any::<bool>().prop_map(Step::Presence),
        4 => (name(), -0.1..1.1).prop_map(|(name, x)| Step::Point(name, x)),
        1 => name().prop_map(Step::Hide),
        3 => (name(), select(&["comment", "reply"][..])).prop_map(|(name, context)| Step::Type(name, context)),
        1 => name().prop_map(Step::StopTyping),
        2 => name().prop_map(Step::Converse),
        1 => name().prop_map(Step::StopConversing),
        2 => Just(Step::Touch),
        6 => Just(Step::Open),
        12 => bytes().prop_map(Step::Hear),
        1 => code.prop_map(Step::Lose),
        1 => time().prop_map(Step::Wake),
        1 => time().prop_map(Step::Jump),
        1 => Just(Step::Cache),
        6 => time().prop_map(Step::Wait),
        1 => time().prop_map(Step::Sleep),
    ]
}

fn play(bench: &mut Bench, step: Step) {
    match step {
        Step::Start => bench.act(Session::start),
        Step::Stop => bench.act(Session::stop),
        Step::Enter(name) => bench.act(|session, now| session.enter(now, key(name))),
        Step::Leave(name) => bench.act(|session, now| session.leave(now, &room(name))),
        Step::Presence(on) => bench.act(|session, now| session.set_presence(now, on)),
        Step::Point(name, x) => bench.act(|session, now| session.point(now, &room(name), Cursor::at(x, x))),
        Step::Hide(name) => bench.act(|session, now| session.point(now, &room(name), Cursor::default())),
        Step::Type(name, context) => bench.act(|session, now| session.type_in(now, &room(name), context)),
        Step::StopTyping(name) => bench.act(|session, now| session.stop_typing(now, &room(name))),
        Step::Converse(name) => bench.act(|session, now| session.type_in_session(now, &conversation(name))),
        Step::StopConversing(name) => {
            bench.act(|session, now| session.stop_typing_in_session(now, &conversation(name)));
        }
        Step::Touch => bench.act(Session::note_input),
        Step::Open if bench.is_opening() => bench.open(),
        Step::Open => bench.act(Session::handle_open),
        Step::Hear(bytes) => bench.hear_bytes(&bytes),
        Step::Lose(code) => bench.lose(code),
        Step::Wake(hidden) => bench.act(|session, now| session.handle_wake(now, hidden)),
        Step::Jump(jump) => {
            bench.now += jump;
            bench.act(|session, now| session.handle_clock_jump(now, jump));
        }
        Step::Cache => bench.act(Session::handle_page_cached),
        Step::Wait(time) => bench.wait(time),
        Step::Sleep(time) => bench.sleep(time),
    }
}

proptest! {
    // The bench itself checks that nothing is sent or closed without a socket, and that whatever fell due
    // was done: a deadline that stays in the past would keep a driver busy for ever.
    #[test]
    fn nothing_panics_and_no_deadline_stays_behind(steps in proptest::collection::vec(step(), 1..100)) {
        let mut bench = Bench::new();
        for step in steps {
            play(&mut bench, step);
            bench.expire();
            prop_assert_eq!(bench.session.is_online(), bench.state() == "online");
        }
    }

    #[test]
    fn no_bytes_make_an_open_session_panic(messages in proptest::collection::vec(bytes(), 1..30)) {
        let mut bench = Bench::in_room("lobby");
        for message in messages {
            bench.hear_bytes(&message);
        }
        bench.wait(Millis::minutes(2));
    }

    #[test]
    fn whatever_came_before_a_stop_lets_the_driver_sleep(steps in proptest::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new();
        for step in steps {
            play(&mut bench, step);
        }
        bench.act(Session::stop);
        bench.wait(Millis::minutes(1));
        prop_assert_eq!(bench.session.next_deadline(), None);
    }
}
