//! A list that is full: who is not connected makes way, who waits is served, not listed, and moves up.

use presence_hub::io::End;
use presence_model::limit::Limits;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, beacon};

fn small() -> Stage {
    Stage::with(1, Limits { instances: 3, ..Limits::default() })
}

#[test]
fn the_fourth_of_three_is_served_and_not_listed() {
    let mut stage = small();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    stage.arrive(&Visit::of("ann").session("a"));
    stage.arrive(&Visit::of("bob").session("b"));
    stage.hear_nothing();
    let late = stage.arrive(&Visit::of("late").session("l").wishing(1, &["lobby"]).watching_too());
    assert_eq!(
        stage.take(late),
        ["welcome l", "here v3 [ann/a(a) bob/b(b) w/w(w)] and more", "wishes 1", "lobby v1 as 0 [l]"]
    );
    assert!(stage.take(watcher).is_empty());
    let list = stage.presence();
    assert!(list.truncated && list.entries.len() == 3);
}

#[test]
fn who_waits_is_listed_when_there_is_room() {
    let mut stage = small();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    let ann = stage.arrive(&Visit::of("ann").session("a"));
    stage.arrive(&Visit::of("bob").session("b"));
    stage.arrive(&Visit::of("late").session("l"));
    stage.hear_nothing();
    stage.close(ann, End::Clean);
    assert_eq!(stage.take(watcher), ["here v4 -ann/a", "here v5 +late/l(l)"]);
    assert!(!stage.presence().truncated);
}

#[test]
fn changes_of_who_waits_are_no_news_and_its_end_makes_no_hole() {
    let mut stage = small();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    let ann = stage.seat(&Visit::of("ann").session("a"));
    let bob = stage.seat(&Visit::of("bob").session("b"));
    let late = stage.seat(&Visit::of("late").session("l"));
    stage.hear_nothing();
    stage.wait_with(&[watcher, ann, bob], Millis::seconds(35));
    stage.close(late, End::Clean);
    stage.wait_with(&[watcher, ann, bob], Millis::seconds(1));
    assert!(stage.take(watcher).is_empty());
    stage.close(bob, End::Clean);
    assert_eq!(stage.take(watcher), ["here v4 -bob/b"]);
}

#[test]
fn who_is_not_connected_makes_way_least_recently_seen_first() {
    let mut stage = Stage::with(1, Limits { instances: 4, ..Limits::default() });
    let watcher = stage.seat(&Visit::of("w").gateway().session("w"));
    let mut living = vec![watcher];
    let reader = stage.seat(&Visit::of("r").session("r").watching(1));
    living.push(reader);
    // One left, one was reported; then the first was reported too, and the second is seen least recently.
    let gone = stage.seat(&Visit::of("w").session("x").instance("x"));
    stage.close(gone, End::Clean);
    stage.wait_with(&living, Millis::seconds(1));
    stage.report(watcher, beacon(Some("y")));
    stage.wait_with(&living, Millis::seconds(1));
    stage.report(watcher, beacon(Some("x")));
    stage.wait_with(&living, Millis::seconds(1));
    stage.hear_nothing();
    assert_eq!(stage.rows(), ["r/r(r)", "w/w(w)", "w/x()", "w/y()"]);
    stage.arrive(&Visit::of("ann").session("a"));
    assert_eq!(stage.take(reader), ["here v7 -w/y", "here v8 +ann/a(a)"]);
    stage.report(watcher, beacon(Some("z")));
    assert_eq!(stage.take(reader), ["here v9 -w/x", "here v10 +w/z()"]);
    assert_eq!(stage.rows(), ["ann/a(a)", "r/r(r)", "w/w(w)", "w/z()"]);
    assert!(!stage.presence().truncated);
}

#[test]
fn who_left_makes_way_unseen() {
    let mut stage = small();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.close(ann, End::Clean);
    stage.seat(&Visit::of("bob").session("b"));
    assert_eq!(stage.rows(), ["ann/a():offline:gone", "bob/b(b)", "w/w(w)"]);
    stage.arrive(&Visit::of("carl").session("c"));
    assert_eq!(stage.take(watcher), ["here v5 +carl/c(c)"]);
    assert_eq!(stage.rows(), ["bob/b(b)", "carl/c(c)", "w/w(w)"]);
}

#[test]
fn a_beacon_that_finds_only_living_ones_is_answered_and_dropped() {
    let mut stage = small();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    let sender = stage.seat(&Visit::of("ann").gateway().session("a"));
    stage.seat(&Visit::of("bob").session("b"));
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    stage.report(sender, beacon(Some("phone")));
    assert_eq!(stage.told_lines(sender), ["list v5 [ann/a(a) bob/b(b) w/w(w)]", "taken 1"]);
    assert!(stage.take(watcher).is_empty());
    assert!(!stage.presence().truncated, "only living ones wait");
}

#[test]
fn a_beacon_about_one_who_waits_is_kept_for_its_listing() {
    let mut stage = small();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    for name in ["bob", "carl"] {
        stage.seat(&Visit::of(name).session(name));
    }
    let late = stage.seat(&Visit::of("late").gateway().session("l"));
    let mut said = beacon(None);
    said.info.host = Some("desk".to_owned());
    stage.report(late, said);
    assert!(stage.row("late/l").is_none());
    stage.close(ann, End::Clean);
    assert_eq!(stage.row("late/l").unwrap().info.host.as_deref(), Some("desk"));
    assert!(stage.row("ann/a").is_none(), "who is connected comes before who left");
}

#[test]
fn who_has_waited_for_longest_is_listed_first() {
    let mut stage = Stage::with(1, Limits { instances: 1, ..Limits::default() });
    let first = stage.arrive(&Visit::of("m").session("first"));
    let late = ["z", "b", "a"].map(|name| stage.arrive(&Visit::of(name).session(name)));
    stage.close(first, End::Clean);
    assert_eq!(stage.rows(), ["z/z(z)"]);
    // Who goes while waiting leaves no trace.
    stage.close(late[1], End::Clean);
    stage.close(late[0], End::Clean);
    assert_eq!(stage.rows(), ["a/a(a)"]);
}
