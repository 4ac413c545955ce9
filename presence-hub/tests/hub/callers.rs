//! For whom a call acts, and how long who lives by calls does.

use presence_hub::io::End;
use presence_model::call::Request;
use presence_model::command::Command;
use presence_model::limit::Limits;
use presence_model::refusal::Code;
use presence_model::status::Status;
use presence_model::time::Millis;
use proptest::prelude::*;

use crate::asking::{acted, active, ann, code, heartbeat, join, leave, point, types, with_bob};
use crate::stage::Stage;
use crate::visit::{Visit, session};

#[test]
fn who_lives_by_calls_is_suspect_after_60_s_and_gone_after_three_heartbeats_missed() {
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    stage.call(&ann(), Some("a"), join("lobby")).unwrap();
    for _ in 0..10 {
        stage.wait_with(&[bob], Millis::seconds(30));
        assert_eq!(acted(stage.call(&ann(), None, heartbeat())), "a");
        assert_eq!(stage.list("lobby"), ["b", "a"]);
    }
    stage.hear_nothing();
    stage.wait_with(&[bob], Millis::seconds(55));
    stage.wait(Millis(4_999));
    assert_eq!(stage.list("lobby"), ["b", "a"]);
    stage.wait(Millis(1));
    assert_eq!(stage.list("lobby"), ["b", "a:suspect"]);
    // Any call shows that it lives.
    stage.call(&ann(), None, point("lobby", 0.5)).unwrap();
    assert_eq!(stage.list("lobby"), ["b", "a@0.5,0.5"]);
    stage.life_sign(bob);
    stage.wait_with(&[bob], Millis::seconds(85));
    stage.hear_nothing();
    stage.wait(Millis(4_999));
    assert_eq!(stage.list("lobby"), ["b", "a:suspect@0.5,0.5"]);
    stage.wait(Millis(1));
    assert_eq!(stage.list("lobby"), ["b"]);
    let told = stage.take(bob);
    assert_eq!(told.iter().filter(|line| line.contains("-ann/a") || line.contains("-a last")).count(), 2, "{told:?}");
    assert_eq!(code(stage.call(&ann(), None, point("lobby", 0.5))), Code::NoSession);
}

/// What `ann` has, what her call names, and for whom it acts: `Err` where it is refused.
#[test]
fn a_call_acts_for_the_session_that_is_meant() {
    type Setting = fn(&mut Stage);
    type Case = (&'static str, Setting, Option<&'static str>, Option<&'static str>, Option<&'static str>);
    let nothing: Setting = |_| {};
    let one: Setting = |stage| _ = stage.seat(&ann().session("a"));
    let two: Setting = |stage| ["a", "a2"].map(|id| stage.seat(&ann().session(id))).into_iter().for_each(drop);
    let held: Setting = |stage| {
        let tab = stage.seat(&ann().session("a"));
        stage.close(tab, End::Lost);
    };
    let called: Setting = |stage| drop(stage.call(&ann(), Some("c"), heartbeat()));
    let called_twice: Setting =
        |stage| ["c", "c2"].into_iter().for_each(|id| drop(stage.call(&ann(), Some(id), heartbeat())));
    let both: Setting = |stage| {
        stage.call(&ann(), Some("c"), heartbeat()).unwrap();
        stage.seat(&ann().session("a"));
    };
    let gateway: Setting = |stage| _ = stage.seat(&ann().gateway().session("g"));
    let anothers: Setting = |stage| _ = stage.seat(&Visit::of("bob").session("b"));
    // The setting, the header, who acts for a join, who for anything else.
    let cases: [Case; 15] = [
        ("nothing", nothing, None, Some("fresh"), None),
        ("an id that is free", nothing, Some("x"), Some("x"), None),
        ("her only tab", one, None, Some("a"), Some("a")),
        ("her tab by its name", one, Some("a"), Some("a"), Some("a")),
        ("a name beside her tab", one, Some("x"), Some("x"), None),
        ("one of two tabs", two, Some("a2"), Some("a2"), Some("a2")),
        ("either of two tabs", two, None, None, None),
        ("a tab that is away", held, None, Some("fresh"), None),
        ("a tab that is away, by its name", held, Some("a"), Some("a"), Some("a")),
        ("what she called for before", called, None, Some("c"), Some("c")),
        ("either of what she called for", called_twice, None, None, None),
        ("the tab rather than the calls", both, None, Some("a"), Some("a")),
        ("the calls by their name", both, Some("c"), Some("c"), Some("c")),
        ("a gateway client is in no room", gateway, None, Some("fresh"), None),
        ("another's", anothers, Some("b"), Some("fresh"), None),
    ];
    for (what, set, named, joins, points) in cases {
        let mut stage = Stage::new();
        set(&mut stage);
        // Before the join: it would make a session where there is none.
        let pointed = stage.call(&ann(), named, point("lobby", 0.5));
        let refusal = pointed.unwrap_err();
        let expected = if points.is_some() { Code::NotAMember } else { Code::NoSession };
        assert_eq!(refusal.code, expected, "{what}: {refusal}");
        if points.is_none() {
            assert_eq!(refusal.field.as_deref(), Some("x-session-id"), "{what}");
        }
        match (stage.call(&ann(), named, join("lobby")), joins) {
            (Ok(answer), Some("fresh")) => {
                assert!(answer.session.unwrap().as_str().starts_with("fresh-"), "{what}");
            }
            (Ok(answer), Some(joins)) => assert_eq!(answer.session.unwrap().as_str(), joins, "{what}"),
            (Err(refusal), None) => assert_eq!(refusal.code, Code::NoSession, "{what}"),
            (answer, _) => panic!("{what}: {answer:?}"),
        }
        if let Some(points) = points {
            assert_eq!(acted(stage.call(&ann(), named, point("lobby", 0.5))), points, "{what}");
        }
    }
}

#[test]
fn a_heartbeat_makes_a_session_and_leaves_anothers_alone() {
    let mut stage = Stage::new();
    assert!(acted(stage.call(&ann(), None, heartbeat())).starts_with("fresh-"));
    stage.seat(&Visit::of("bob").session("b"));
    assert!(acted(stage.call(&ann(), Some("b"), heartbeat())).starts_with("fresh-"));
}

/// Eve knows which session was Bob's when he was seen.
#[test]
fn nobody_finds_out_by_calls_whether_a_session_is_there() {
    let choose = || Request::Act(Command::SetStatus { status: Status::Busy, message: None });
    let eve = Visit::of("eve");
    for request in [heartbeat, choose, || join("lobby"), || point("lobby", 0.5), || leave("lobby")] {
        let [there, not_there] = [true, false].map(|is_there| {
            let mut stage = Stage::new();
            stage.taken.insert(session("b"));
            if is_there {
                stage.seat(&Visit::of("bob").session("b").invisible().wishing(1, &["lobby"]));
            }
            stage.fresh = 10;
            let answers = [(); 2].map(|()| stage.call(&eve, Some("b"), request()));
            stage.wait(Millis::seconds(1));
            let mut told = vec![];
            if answers[0].is_ok() {
                told = stage.arrive_and_take(&eve.clone().session("b"));
            }
            format!("{answers:?} {told:?} {:?} {:?}", stage.presence(), stage.list("lobby"))
        });
        assert_eq!(there, not_there);
    }
}

#[test]
fn the_name_under_which_a_session_was_begun_means_it_from_then_on() {
    let mut stage = Stage::new();
    stage.taken.insert(session("mine"));
    let begun = acted(stage.call(&ann(), Some("mine"), heartbeat()));
    assert_ne!(begun, "mine", "only ids that were given out are ids");
    stage.call(&ann(), None, join("lobby")).unwrap();
    assert_eq!(acted(stage.call(&ann(), Some("mine"), point("lobby", 0.5))), begun);
    assert_eq!(acted(stage.call(&ann(), Some(&begun), point("lobby", 0.6))), begun);
    let tab = stage.arrive(&ann().json().session("mine"));
    assert_eq!(stage.take(tab)[0], format!("welcome again {begun}"));
    assert_eq!(code(stage.call(&Visit::of("bob"), Some("mine"), point("lobby", 0.5))), Code::NoSession);
}

#[test]
fn a_call_that_cannot_be_is_refused_and_stores_nothing() {
    let mut stage = Stage::new();
    for request in [Request::Act(Command::Subscribe), point("lobby", 0.5), leave("lobby")] {
        assert_eq!(code(stage.call(&ann(), None, request)), Code::NoSession);
    }
    assert_eq!(code(stage.call(&ann().granted("attic:rw"), None, join("lobby"))), Code::Forbidden);
    assert!(stage.is_empty());
    stage.seat(&ann().session("a"));
    assert_eq!(code(stage.call(&ann(), None, Request::Act(Command::Subscribe))), Code::UnknownMessage);
}

#[test]
fn a_socket_that_names_the_session_takes_it_over() {
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    stage.call(&ann(), Some("a"), join("lobby")).unwrap();
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let tab = stage.arrive(&ann().json().session("a").instance("laptop"));
    assert_eq!(stage.take(tab)[0], "welcome again a");
    assert!(stage.take(bob).iter().all(|line| line.starts_with("here")), "nobody came or went");
    stage.call(&ann(), None, point("lobby", 0.5)).unwrap();
    stage.wait_with(&[bob], Millis::seconds(45));
    assert_eq!(stage.desk(tab).closed, Some(4_000), "calls do not show that the socket lives");
    assert_eq!(stage.list("lobby"), ["b"]);
}

/// With several shards the room's owner answers, and once, whatever else is under way.
#[test]
fn a_call_is_answered_once_by_whoever_knows() {
    let mut stage = Stage::with(3, Limits::default());
    stage.post_is_held = true;
    let rooms = ["lobby", "attic", "cellar", "garden", "kitchen"];
    let joins = rooms.map(|name| stage.call_only(&ann(), Some("a"), join(name)));
    let points = rooms.map(|name| stage.call_only(&ann(), None, point(name, 0.5)));
    let looks = rooms.map(|name| stage.call_only(&Visit::of("bob"), None, active(name)));
    while stage.deliver_any() {}
    for id in joins.into_iter().chain(points).chain(looks) {
        let answer = stage.answer(id).expect("it is answered");
        assert!(answer.is_ok(), "{answer:?}");
    }
    stage.post_is_held = false;
    for name in rooms {
        assert_eq!(stage.list(name), ["a@0.5,0.5"]);
    }
}

#[derive(Clone, Debug)]
enum Happening {
    /// A caller, whom he names, what he asks, in which room.
    Call(usize, Option<usize>, usize, usize),
    Sit(usize, usize),
    Stand(usize),
    Deliver(usize),
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..3_usize, proptest::option::of(0..6_usize), 0..7_usize, 0..3_usize)
            .prop_map(|(who, named, what, place)| Happening::Call(who, named, what, place)),
        2 => (0..3_usize, 0..6_usize).prop_map(|(who, named)| Happening::Sit(who, named)),
        1 => any::<usize>().prop_map(Happening::Stand),
        4 => any::<usize>().prop_map(Happening::Deliver),
        2 => (0..40_000_u64).prop_map(Happening::Wait),
    ]
}

proptest! {
    /// Whatever overtakes what: the post between shards keeps the order of each pair, and nothing else.
    #[test]
    fn every_call_is_answered_once_and_nobody_stays_who_does_not_call(
        happenings in proptest::collection::vec(happening(), 1..60),
    ) {
        let users = ["ann", "bob", "cyd"];
        let rooms = ["lobby", "attic", "cellar"];
        let limits = Limits { users_per_room: 2, rooms_per_user: 2, sessions_per_user: 2, ..Limits::default() };
        let mut stage = Stage::with(3, limits);
        stage.post_is_held = true;
        let mut calls = vec![];
        let mut sockets = vec![];
        for happening in happenings {
            match happening {
                Happening::Call(who, named, what, place) => {
                    let named = named.map(|named| format!("s{named}"));
                    let name = rooms[place];
                    let request = match what {
                        0 | 1 => join(name),
                        2 => leave(name),
                        3 => heartbeat(),
                        4 => point(name, 0.5),
                        5 => types(name),
                        _ => active(name),
                    };
                    calls.push(stage.call_only(&Visit::of(users[who]), named.as_deref(), request));
                }
                Happening::Sit(who, named) => {
                    sockets.push(stage.arrive(&Visit::of(users[who]).json().session(&format!("s{named}"))));
                }
                Happening::Stand(which) if !sockets.is_empty() => {
                    stage.close(sockets.swap_remove(which % sockets.len()), End::Lost);
                }
                Happening::Deliver(which) => {
                    let post = stage.under_way();
                    if let Some((from, to)) = post.get(which % post.len().max(1)) {
                        stage.deliver(*from, *to);
                    }
                }
                Happening::Wait(time) => stage.wait(Millis(time)),
                Happening::Stand(_) => {}
            }
        }
        while stage.deliver_any() {}
        for id in calls {
            prop_assert!(stage.answer(id).is_some(), "{:?} is not answered", id);
        }
        stage.post_is_held = false;
        stage.wait(Millis::seconds(91));
        stage.wait(Millis::seconds(91));
        prop_assert!(stage.is_empty());
    }
}
