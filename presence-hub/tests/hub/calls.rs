//! What is called over HTTP.

use presence_model::call::{Reply, Request};
use presence_model::command::{Activity, Command};
use presence_model::event::Event;
use presence_model::limit::Limits;
use presence_model::playback::{Action, PlaybackSaid};
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::Code;
use presence_model::room::{Colour, NO_SLOT, Selection};
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::asking::{acted, active, ann, code, heartbeat, join, leave, point, shown, types, with_bob};
use crate::stage::Stage;
use crate::transcript;
use crate::visit::{Visit, key, room, user};

#[test]
fn who_joins_by_a_call_is_a_member_as_others_are() {
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    // The second of two at once: the room is busy, and the answer does not wait for it.
    stage.call(&Visit::of("cyd"), Some("c"), join("lobby")).unwrap();
    let answer = stage.call(&ann(), Some("a"), join("lobby")).unwrap();
    let Reply::Joined(picture) = answer.reply else { panic!("{answer:?}") };
    assert_eq!(picture.members.iter().map(transcript::member).collect::<Vec<_>>(), ["b", "c", "a"]);
    let own = picture.members.iter().find(|member| member.card.slot == picture.own_slot).unwrap();
    assert_eq!((own.card.user_id.as_str(), own.card.colour), ("ann", picture.own_colour));
    assert_ne!(picture.own_colour, Colour::NONE);
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(bob), ["here v2 +cyd/c(c)", "here v3 +ann/a(a)", "lobby v2 +c first, +a first"]);

    stage.call(&ann(), None, point("lobby", 0.5)).unwrap();
    stage.call(&ann(), None, types("lobby")).unwrap();
    stage.wait(Millis(100));
    let told = stage.take(bob);
    assert_eq!(told.iter().filter(|line| line.contains("a@0.5,0.5")).count(), 1, "{told:?}");
    assert_eq!(stage.list("lobby"), ["b", "c", "a:types-comment@0.5,0.5"]);
    stage.call(&ann(), None, leave("lobby")).unwrap();
    assert_eq!(stage.list("lobby"), ["b", "c"]);
    assert_eq!(code(stage.call(&ann(), None, leave("lobby"))), Code::NotAMember);
    assert_eq!(code(stage.call(&ann(), None, point("lobby", 0.5))), Code::NotAMember);
}

#[test]
fn limits_hold_for_callers_too() {
    let limits = Limits { users_per_room: 1, rooms_per_user: 2, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    let bob = with_bob(&mut stage);
    let refused = |stage: &mut Stage, name: &str| stage.call(&ann(), None, join(name)).unwrap_err();
    let full = refused(&mut stage, "lobby");
    assert_eq!((full.code, full.field.as_deref()), (Code::RoomFull, Some("roomId")));
    assert_eq!(stage.list("lobby"), ["b"]);
    assert_eq!(code(stage.call(&ann(), None, point("lobby", 0.5))), Code::NoSession);
    stage.call(&ann(), None, join("attic")).unwrap();
    assert_eq!(code(stage.call(&ann(), None, point("lobby", 0.5))), Code::NotAMember);
    assert_eq!(refused(&mut stage, "attic/video").code, Code::RoomTypeConflict);
    stage.call(&ann(), None, join("cellar")).unwrap();
    assert_eq!(refused(&mut stage, "garden").code, Code::TooManyRooms);
    assert!(stage.take(bob).iter().all(|line| line.starts_with("here")), "nothing of it is in the lobby");
}

/// A socket that is shown what its session's caller asks for is not told of his refusals.
#[test]
fn a_caller_is_refused_where_he_called() {
    let mut stage = Stage::with(1, Limits { users_per_room: 1, ..Limits::default() });
    with_bob(&mut stage);
    let tab = stage.seat(&ann().session("a"));
    assert_eq!(code(stage.call(&ann(), None, join("lobby"))), Code::RoomFull);
    assert!(stage.take(tab).is_empty());
    stage.call(&ann(), None, join("attic")).unwrap();
    assert_eq!(stage.take(tab), ["attic v1 as 0 [a]"]);
}

#[test]
fn what_is_called_too_often_is_refused_and_not_kept() {
    let mut stage = Stage::new();
    stage.call(&ann(), Some("a"), join("lobby")).unwrap();
    let burst = Limits::default().rates.cursor.burst;
    for n in 0..burst {
        stage.call(&ann(), None, point("lobby", f64::from(n) / 100.0)).unwrap();
    }
    let refusal = stage.call(&ann(), None, point("lobby", 0.9)).unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after), (Code::RateLimited, Some(Millis(50))));
    stage.call(&ann(), None, types("lobby")).expect("another kind has a rate of its own");
    stage.wait(Millis(50));
    assert_eq!(stage.list("lobby"), ["a:types-comment@0.19,0.19"]);
    stage.call(&ann(), None, point("lobby", 0.9)).unwrap();
    // Another name is another session, but not without end.
    let most = Limits::default().sessions_per_user;
    for n in 1..most {
        stage.call(&ann(), Some(&format!("a{n}")), join("lobby")).unwrap();
    }
    assert_eq!(code(stage.call(&ann(), Some("x"), join("lobby"))), Code::TooManySessions);
    assert_eq!(stage.members("lobby").len(), most);
    stage.wait(Millis::seconds(30));
    (1..most).for_each(|n| drop(stage.call(&ann(), Some(&format!("a{n}")), heartbeat()).unwrap()));
    stage.wait(Millis::seconds(30));
    stage.call(&ann(), Some("x"), join("lobby")).expect("a silent one goes for it");
    assert_eq!(stage.list("lobby"), ["a1", "a2", "a3", "a4", "x"]);
}

#[test]
fn the_token_of_the_call_counts() {
    let mut stage = Stage::new();
    stage.seat(&ann().session("a").wishing(1, &["lobby"]));
    let reader = ann().granted("lobby:r attic:r");
    // The session may, this call may not.
    assert_eq!(code(stage.call(&reader, None, point("lobby", 0.5))), Code::Forbidden);
    stage.call(&ann(), None, point("lobby", 0.5)).unwrap();
    // The call may, the session may not.
    stage.seat(&Visit::of("eve").session("e").granted("lobby:r").wishing(1, &["lobby"]));
    assert_eq!(code(stage.call(&Visit::of("eve"), None, point("lobby", 0.5))), Code::Forbidden);
    // A call may open a room to the session, and nothing else of it.
    assert_eq!(acted(stage.call(&Visit::of("eve").granted("attic:rw"), None, join("attic"))), "e");
    stage.call(&Visit::of("eve").granted("attic:rw"), None, point("attic", 0.5)).unwrap();
    assert_eq!(code(stage.call(&Visit::of("eve"), None, point("lobby", 0.5))), Code::Forbidden);
    // Who lives by calls has what the last one brought.
    let dan = || Visit::of("dan");
    stage.call(&dan().granted("lobby:r cellar:rw"), Some("d"), join("lobby")).unwrap();
    assert_eq!(code(stage.call(&dan().granted("lobby:r"), None, point("lobby", 0.5))), Code::Forbidden);
    stage.call(&dan().granted("lobby:rw"), None, point("lobby", 0.5)).unwrap();
    assert_eq!(code(stage.call(&dan().granted("attic:rw"), None, types("lobby"))), Code::Forbidden);
    assert_eq!(stage.list("lobby"), ["a@0.5,0.5", "e", "d@0.5,0.5"]);
    assert_eq!(code(stage.call(&dan().granted("attic:rw"), None, active("lobby"))), Code::Forbidden);
}

#[test]
fn who_looks_in_is_nobody_there() {
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    let answer = stage.call(&ann(), None, active("lobby")).unwrap();
    assert_eq!(answer.session, None);
    let Reply::Active(picture) = answer.reply else { panic!("no room is shown") };
    assert_eq!((picture.own_slot, picture.own_colour), (NO_SLOT, Colour::NONE));
    assert_eq!(picture.members.iter().map(transcript::member).collect::<Vec<_>>(), ["b"]);
    assert!(shown(stage.call(&ann(), None, active("lobby/video"))).is_empty());
    stage.wait(Millis::seconds(1));
    assert!(stage.take(bob).is_empty());
    assert_eq!(stage.hubs[0].counts().rooms, 1);
}

#[test]
fn what_members_do_by_calls_is_what_they_do_through_sockets() {
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    let lobby = || room("lobby");
    let act = |stage: &mut Stage, command| stage.call(&ann(), Some("a"), Request::Act(command));
    act(&mut stage, Command::Join { key: key("lobby"), privacy: PrivacyChange::default() }).unwrap();
    let message = Some("reading".to_owned());
    act(&mut stage, Command::SetStatus { status: Status::Busy, message }).unwrap();
    let selection = Some(Selection { start: 10.0, end: 25.5 });
    act(&mut stage, Command::Selection { room: lobby(), selection }).unwrap();
    act(&mut stage, Command::ControlRequest(lobby())).unwrap();
    let said = PlaybackSaid { current_time: Some(45.5), ..PlaybackSaid::new(Action::Sync) };
    act(&mut stage, Command::Playback { room: lobby(), said: Box::new(said) }).unwrap();
    stage.wait(Millis::seconds(1));
    let member = stage.members("lobby").pop().unwrap();
    assert_eq!((member.status, member.status_message.as_deref()), (Status::Busy, Some("reading")));
    assert_eq!(member.selection, selection);
    let watch = stage.hubs[0].watch(&key("lobby")).unwrap();
    assert!(watch.is_synced);
    assert_eq!(watch.controller.as_ref().unwrap().user_id.as_str(), "ann");
    stage.hear_nothing();
    act(&mut stage, Command::Broadcast { room: lobby(), payload: "1".into() }).unwrap();
    let told = stage.events(bob);
    assert!(told.iter().any(|event| matches!(&**event, Event::Broadcast { payload, .. } if &**payload == "1")));
    act(&mut stage, Command::ControlGrant { room: lobby(), to: user("bob") }).unwrap();
    let refused = act(&mut stage, Command::ControlGrant { room: lobby(), to: user("bob") });
    assert_eq!(code(refused), Code::NotInControl);
}

#[test]
fn who_hides_by_a_call_is_seen_by_nobody() {
    let invisible = PrivacyChange { invisible: Some(true), ..PrivacyChange::default() };
    let mut stage = Stage::new();
    let bob = with_bob(&mut stage);
    let hidden = Request::Act(Command::Join { key: key("lobby"), privacy: invisible });
    let answer = stage.call(&ann(), Some("a"), hidden).unwrap();
    let Reply::Joined(picture) = answer.reply else { panic!("no room is shown") };
    assert_eq!((picture.own_slot, picture.own_colour, picture.members.len()), (NO_SLOT, Colour::NONE, 1));
    stage.call(&ann(), None, point("lobby", 0.5)).expect("it is dropped in silence");
    let broadcast = Request::Act(Command::Broadcast { room: room("lobby"), payload: "1".into() });
    assert_eq!(code(stage.call(&ann(), None, broadcast)), Code::Invisible);
    let offline = Activity { said: Some(Status::Offline), input_ago: None };
    let report = Request::Act(Command::Report { activity: offline, wants_pong: false });
    stage.call(&Visit::of("cyd"), Some("c"), report).unwrap();
    let status = Request::Act(Command::SetStatus { status: Status::Offline, message: None });
    stage.call(&Visit::of("dan"), Some("d"), status).unwrap();
    stage.wait_with(&[bob], Millis::seconds(120));
    assert_eq!(stage.take(bob), [""; 0]);
    let absent = PrivacyChange { presence: Some(false), ..PrivacyChange::default() };
    let join = Request::Act(Command::Join { key: key("lobby"), privacy: absent });
    assert_eq!(code(stage.call(&ann(), Some("a"), join)), Code::PresenceOff);
}
