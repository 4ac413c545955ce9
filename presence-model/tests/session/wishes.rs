//! What the app wants, said until it is taken.

use presence_model::room::{RoomKey, RoomKind};
use presence_model::session::machine::Session;
use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::{key, member, picture, room, taken};

#[test]
fn wishes_from_before_the_line_are_in_the_hello() {
    let mut bench = Bench::new();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.act(|session, now| session.enter(now, RoomKey { room: room("clip"), kind: RoomKind::Video }));
    bench.act(|session, now| session.set_presence(now, true));
    bench.act(Session::start);
    bench.open();
    assert_eq!(bench.sent(), ["hello a attempt 1 wish 3 [clip/video lobby] and the list"]);
}

#[test]
fn a_wish_is_said_at_once_and_again_after_2_s_until_it_is_taken() {
    let mut bench = Bench::online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    assert_eq!(bench.sent(), ["wish 1 [lobby]"]);
    bench.wait(Millis(1_999));
    assert!(bench.sent().is_empty());
    bench.wait(Millis(1));
    assert_eq!(bench.sent(), ["wish 1 [lobby]"]);
    bench.wait(Millis::seconds(2));
    assert_eq!(bench.sent(), ["wish 1 [lobby]"]);
    bench.hear(&taken(1));
    bench.wait(Millis::seconds(20));
    assert!(bench.sent().is_empty());
}

#[test]
fn an_older_revision_that_is_taken_does_not_settle_a_newer_one() {
    let mut bench = Bench::online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.wait(Millis::seconds(1));
    bench.act(|session, now| session.enter(now, key("attic")));
    bench.hear(&taken(1));
    bench.forget();
    bench.wait(Millis::seconds(2));
    assert_eq!(bench.sent(), ["wish 2 [attic lobby]"]);
}

#[test]
fn a_wish_made_while_the_server_greets_is_said_once_it_has() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.open();
    bench.act(|session, now| session.enter(now, key("lobby")));
    assert_eq!(bench.sent(), ["hello a attempt 1 wish 0 []"]);
    bench.greet();
    bench.expire();
    assert!(bench.sent().contains(&"wish 1 [lobby]".to_owned()));
}

#[test]
fn what_is_wanted_already_is_not_said_again() {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.act(|session, now| session.set_presence(now, false));
    bench.act(|session, now| session.leave(now, &room("attic")));
    bench.wait(Millis::seconds(10));
    assert_eq!((bench.sent(), bench.told()), (vec![], vec![]));
}

#[test]
fn a_room_that_is_left_is_empty_for_the_app_at_once() {
    let mut bench = Bench::in_room("lobby");
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b")]));
    bench.forget();
    bench.act(|session, now| session.leave(now, &room("lobby")));
    assert_eq!(bench.told(), ["lobby joined -a -b"]);
    assert_eq!(bench.sent(), ["wish 2 []"]);
    assert!(bench.members("lobby").is_empty());
    // What was under way still is of no interest.
    bench.hear(&picture("lobby", 1, 3, &[member(0, "a"), member(1, "b")]));
    assert!(bench.told().is_empty() && bench.members("lobby").is_empty());
}

#[test]
fn the_same_room_under_another_kind_begins_anew() {
    let mut bench = Bench::in_room("lobby");
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b")]));
    bench.forget();
    bench.act(|session, now| session.enter(now, RoomKey { room: room("lobby"), kind: RoomKind::Video }));
    assert_eq!(bench.told(), ["lobby joining -a -b"]);
    assert_eq!(bench.sent(), ["wish 2 [lobby/video]"]);
}

#[test]
fn all_is_said_again_on_a_new_line() {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.set_presence(now, true));
    bench.hear(&taken(2));
    bench.forget();
    bench.lose(Some(1006));
    bench.act(|session, now| session.enter(now, key("attic")));
    assert!(bench.sent().is_empty());
    bench.wait_for_attempt();
    bench.open();
    assert_eq!(bench.sent(), ["hello a attempt 2 wish 3 [attic lobby] and the list"]);
    bench.greet();
    bench.hear(&taken(3));
    bench.wait(Millis::seconds(1));
    assert_eq!(bench.sent(), ["probe"]);
}
