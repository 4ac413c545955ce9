//! Rooms that are open to a session besides those of its token: by the app's backend, and by calls.

use presence_hub::io::End;
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::limit::Limits;
use presence_model::playback::{Action, PlaybackSaid};
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::Code;
use presence_model::time::Millis;

use presence_model::call::Request;
use presence_model::command::Command;

use crate::asking::{ann, code, heartbeat, join, point, shown, with_bob};
use crate::stage::Stage;
use crate::visit::{Visit, answered, room};

/// Ann, whose token opens the attic alone, at a JSON door.
fn json() -> Visit {
    ann().session("a").granted("attic:r").json()
}

/// Ann in the lobby, which the backend opens.
fn opened() -> (Stage, ConnectionId, ConnectionId) {
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    let ann = stage.seat(&json());
    stage.open(ann, answered("lobby:rw"));
    stage.join(ann, "lobby");
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    (stage, bob, ann)
}

fn refusals(stage: &mut Stage, connection: ConnectionId) -> Vec<Code> {
    let refused = |event: &Event| match event {
        Event::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    };
    stage.events(connection).iter().filter_map(|event| refused(event)).collect()
}

#[test]
fn what_the_backend_opened_outlives_renewals_and_reconnects_in_which_nobody_asks() {
    let ways: [fn(&mut Stage, ConnectionId) -> ConnectionId; 4] = [
        |stage, socket| {
            stage.renew(socket, &json());
            socket
        },
        |stage, socket| {
            stage.hello(socket, &json());
            socket
        },
        |stage, socket| {
            stage.close(socket, End::Lost);
            stage.arrive(&json())
        },
        // The backend is asked, and does not answer.
        |stage, socket| {
            stage.close(socket, End::Lost);
            stage.arrive(&json().opened("lobby:?"))
        },
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let (mut stage, bob, ann) = opened();
        let ann = way(&mut stage, ann);
        assert_eq!(refusals(&mut stage, ann), [], "{number}");
        stage.wait(Millis::seconds(1));
        let told = stage.take(bob);
        assert!(told.iter().all(|line| !line.starts_with("lobby")), "{number}: {told:?}");
        stage.point(ann, "lobby", 0.5);
        assert_eq!(stage.list("lobby"), ["b", "a@0.5,0.5"], "{number}");
    }
}

#[test]
fn a_newer_answer_counts_and_an_opening_ends_with_the_stay() {
    let (mut stage, _, ann) = opened();
    stage.open(ann, answered("lobby:r"));
    stage.point(ann, "lobby", 0.5);
    assert_eq!(refusals(&mut stage, ann), [Code::Forbidden]);
    stage.open(ann, answered("lobby:"));
    stage.wish(ann, 1, &["lobby"]);
    assert_eq!(refusals(&mut stage, ann), [Code::Forbidden]);
    assert_eq!(stage.list("lobby"), ["b"]);

    let (mut stage, _, ann) = opened();
    stage.leave(ann, "lobby");
    stage.join(ann, "lobby");
    assert_eq!(refusals(&mut stage, ann), [Code::Forbidden], "nobody was asked again");
    assert_eq!(stage.list("lobby"), ["b"]);
    // Nor for another user on the same socket.
    let (mut stage, _, socket) = opened();
    stage.hello(socket, &Visit::of("eve").session("a").granted("").json());
    stage.join(socket, "lobby");
    assert_eq!(refusals(&mut stage, socket), [Code::Forbidden]);
}

#[test]
fn no_answer_is_no_final_no() {
    let mut stage = Stage::new();
    let ann = stage.seat(&json());
    stage.open(ann, answered("lobby:?"));
    stage.join(ann, "lobby");
    let events = stage.events(ann);
    let Some(Event::Refused { refusal, .. }) = events.first().map(|event| &**event) else { panic!("{events:?}") };
    assert_eq!((refusal.code, refusal.retry_after), (Code::GrantsUnavailable, Some(Millis::seconds(5))));
    stage.open(ann, answered("lobby:"));
    stage.join(ann, "lobby");
    let events = stage.events(ann);
    let Some(Event::Refused { refusal, .. }) = events.first().map(|event| &**event) else { panic!("{events:?}") };
    assert_eq!(refusal.code, Code::Forbidden);
    assert!(refusal.message.contains("neither the token nor the app's backend"), "{refusal}");
}

#[test]
fn rooms_of_a_hello_open_with_it() {
    let mut stage = Stage::new();
    let ann = stage.arrive(
        &ann().session("a").granted("").opened("lobby:r attic: yard:?").wishing(1, &["lobby", "attic", "yard"]),
    );
    assert_eq!(
        stage.take(ann),
        [
            "welcome a",
            "refused join attic: forbidden",
            "refused join yard: grants_unavailable",
            "wishes 1",
            "lobby v1 as 0 [a]"
        ]
    );
}

#[test]
fn what_the_token_of_a_call_opened_ends_with_it_and_not_with_the_sockets_renewal() {
    let mut stage = Stage::new();
    let tab = stage.seat(&json());
    let until = stage.now + Millis::seconds(60);
    stage.call(&ann().granted("lobby:rw").until(until), None, join("lobby")).unwrap();
    stage.renew(tab, &json());
    stage.wait_with(&[tab], Millis::seconds(59));
    stage.point(tab, "lobby", 0.5);
    assert_eq!(stage.list("lobby"), ["a@0.5,0.5"]);
    assert_eq!(refusals(&mut stage, tab), []);
    stage.wait_with(&[tab], Millis::seconds(1));
    assert_eq!(refusals(&mut stage, tab), [Code::Forbidden]);
    assert!(stage.list("lobby").is_empty());
    stage.close(tab, End::Clean);
    stage.wait(Millis::minutes(10));
    assert!(stage.is_empty() && stage.next_deadline().is_none());
}

#[test]
fn a_caller_keeps_what_the_backend_said_while_it_does_not_answer() {
    let mut stage = Stage::new();
    let caller = |answers: &str| ann().granted("").opened(answers);
    assert_eq!(code(stage.call(&caller("lobby:?"), None, join("lobby"))), Code::GrantsUnavailable);
    assert!(stage.is_empty());
    stage.call(&caller("lobby:rw"), None, join("lobby")).unwrap();
    stage.call(&caller("lobby:?"), None, point("lobby", 0.5)).unwrap();
    assert_eq!(code(stage.call(&caller("lobby:"), None, point("lobby", 0.5))), Code::Forbidden);
    // A token that opened it is not the backend.
    let tab = stage.seat(&Visit::of("bob").session("b").granted(""));
    stage
        .call(&Visit::of("bob").granted("lobby:rw").until(stage.now + Millis::minutes(1)), None, join("lobby"))
        .unwrap();
    let weak = Visit::of("bob").granted("").opened("lobby:?");
    assert_eq!(code(stage.call(&weak, None, point("lobby", 0.5))), Code::GrantsUnavailable);
    assert_eq!(refusals(&mut stage, tab), []);
}

#[test]
fn a_call_drives_what_its_own_token_lets_it() {
    let mut stage = Stage::new();
    let tab = stage.seat(&ann().session("a").wishing(1, &["lobby"]));
    let said =
        |action| Request::Act(Command::Playback { room: room("lobby"), said: Box::new(PlaybackSaid::new(action)) });
    let release = || Request::Act(Command::ControlRelease(room("lobby")));
    let reader = || ann().granted("lobby:rw");
    assert_eq!(code(stage.call(&reader(), None, said(Action::Sync))), Code::Forbidden, "takes control");
    stage.call(&reader(), None, said(Action::Pause)).expect("drives nobody");
    stage.call(&ann(), None, said(Action::Sync)).unwrap();
    assert_eq!(code(stage.call(&reader(), None, said(Action::Pause))), Code::Forbidden, "drives");
    assert_eq!(code(stage.call(&reader(), None, release())), Code::Forbidden);
    stage.call(&ann(), None, said(Action::Pause)).unwrap();
    stage.call(&ann(), None, release()).unwrap();
    assert_eq!(refusals(&mut stage, tab), []);
}

#[test]
fn a_call_that_comes_to_nothing_leaves_nobody_behind() {
    for shards in [1, 3] {
        let mut stage = Stage::with(shards, Limits { users_per_room: 1, ..Limits::default() });
        let bob = with_bob(&mut stage);
        assert_eq!(code(stage.call(&ann(), Some("a"), join("lobby"))), Code::RoomFull);
        stage.wait(Millis::seconds(1));
        assert!(stage.take(bob).is_empty());
        assert_eq!(stage.hubs[0].counts().sessions, 1);
        assert_eq!(code(stage.call(&ann(), Some("a"), point("lobby", 0.5))), Code::NoSession);
        // Who is in somewhere already stays.
        stage.call(&ann(), Some("a"), join("attic")).unwrap();
        assert_eq!(code(stage.call(&ann(), Some("a"), join("lobby"))), Code::RoomFull);
        stage.call(&ann(), Some("c"), heartbeat()).unwrap();
        assert_eq!(code(stage.call(&ann(), Some("c"), join("lobby"))), Code::RoomFull);
        assert_eq!(stage.list("attic"), ["a"]);
        stage.wait(Millis::seconds(1));
        let told = stage.take(bob);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|line| line.contains('+')), "{told:?}");
    }
}

#[test]
fn privacy_beside_a_call_holds_before_anybody_sees_its_session() {
    for request in [join("lobby"), heartbeat()] {
        let mut stage = Stage::with(3, Limits::default());
        let bob = with_bob(&mut stage);
        stage.call(&ann().invisible(), Some("a"), request).unwrap();
        stage.wait(Millis::seconds(2));
        assert!(stage.take(bob).is_empty());
        assert_eq!(stage.hubs[0].counts().users, 1);
        // It holds for what is called later, until something else is said.
        stage.call(&ann(), Some("a"), join("attic")).unwrap();
        assert!(stage.list("attic").is_empty());
        let mut seen = ann();
        seen.hello.privacy = PrivacyChange { invisible: Some(false), ..PrivacyChange::default() };
        stage.call(&seen, Some("a"), heartbeat()).unwrap();
        assert_eq!(stage.list("attic"), ["a"]);
        let answer = stage.call(&ann(), Some("a"), join("attic"));
        assert_eq!(shown(answer), ["a"]);
    }
}
