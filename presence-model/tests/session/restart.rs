//! The server's next life: nobody is told to have left only because it was restarted.

use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::{changed, joined, list, listed, member, picture, taken};

/// In the lobby with bob and carl, reading a list of two, and welcomed by the server's next life.
fn restarted() -> Bench {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.set_presence(now, true));
    bench.hear(&taken(2));
    bench.hear(&list(7, &["x", "y"]));
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b"), member(2, "c")]));
    bench.epoch += 1;
    bench.reconnect();
    bench.hear(&taken(2));
    bench.forget();
    bench
}

#[test]
fn members_missing_from_the_first_picture_are_suspect_for_10_s_and_then_gone() {
    let mut bench = restarted();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert_eq!(bench.told()[0], "lobby joined +b:suspect +c:suspect");
    bench.wait(Millis(9_999));
    assert!(bench.told().is_empty());
    bench.wait(Millis(1));
    assert_eq!(bench.told(), ["lobby joined -b -c"]);
    assert_eq!(bench.members("lobby"), ["a"]);
}

#[test]
fn who_comes_back_in_time_is_connected_again() {
    let mut bench = restarted();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    bench.forget();
    bench.wait(Millis::seconds(4));
    bench.hear(&changed(1, 2, vec![joined(member(1, "b"))]));
    assert_eq!(bench.told(), ["lobby joined +b"]);
    // A second picture within the time keeps those who may still come.
    bench.hear(&picture("lobby", 1, 3, &[member(0, "a"), member(1, "b")]));
    assert_eq!(bench.told()[0], "lobby joined");
    bench.wait(Millis::seconds(6));
    assert_eq!(bench.told(), ["lobby joined -c"]);
}

#[test]
fn a_suspect_of_the_last_life_has_no_slot_that_another_may_have() {
    let mut bench = restarted();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    bench.hear(&changed(1, 2, vec![joined(member(1, "new"))]));
    bench.hear(&changed(1, 3, vec![crate::words::left(&member(1, "new"))]));
    assert_eq!(bench.members("lobby"), ["a", "b:suspect", "c:suspect"]);
}

#[test]
fn the_list_keeps_its_missing_entries_for_the_same_time() {
    let mut bench = restarted();
    bench.hear(&list(1, &["y"]));
    assert_eq!(bench.told(), ["list +x:suspect"]);
    bench.hear(&listed(2, "z"));
    bench.forget();
    bench.wait(Millis::seconds(10));
    assert_eq!(bench.told(), ["list -u/x"]);
}

#[test]
fn a_second_restart_within_the_time_gives_nobody_more_of_it() {
    let mut bench = restarted();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    bench.wait(Millis::seconds(6));
    bench.epoch += 1;
    bench.reconnect();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    bench.forget();
    bench.wait(Millis::seconds(5));
    assert_eq!(bench.told(), ["lobby joined -b -c"]);
}
