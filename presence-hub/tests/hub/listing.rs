//! A list that is full: who waits is served, not listed, and moves up.

use presence_hub::io::End;
use presence_model::limit::Limits;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

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
    let list = stage.hubs[0].presence();
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
    assert!(!stage.hubs[0].presence().truncated);
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
