//! Which part of the medium people mark.

use presence_hub::io::End;
use presence_model::time::Millis;

use crate::stage::{Stage, pair};
use crate::visit::Visit;

#[test]
fn a_selection_is_kept_told_and_cleared() {
    let (mut stage, [ann, bob]) = pair();
    stage.mark(ann, "lobby", Some((10.0, 25.5)));
    assert_eq!(stage.take(bob), ["lobby v3 ann marks 10-25.5"]);
    assert_eq!(stage.take(ann), ["lobby v3 ann marks 10-25.5"], "versions count for all");
    assert_eq!(stage.list("lobby"), ["ann:marks-10-25.5", "bob"]);
    stage.wait(Millis(100));
    let carl = stage.arrive_and_take(&Visit::of("carl").session("carl").wishing(1, &["lobby"]));
    assert_eq!(carl[2], "lobby v4 as 2 [ann:marks-10-25.5 bob carl]");
    stage.wait(Millis::seconds(20));
    stage.hear_nothing();
    stage.mark(ann, "lobby", None);
    assert_eq!(stage.take(bob), ["lobby v5 ann marks nothing"]);
}

#[test]
fn what_was_marked_already_is_no_news() {
    let (mut stage, [ann, bob]) = pair();
    for part in [None, Some((1.0, 2.0)), Some((1.0, 2.0)), Some((1.0, 3.0)), None, None] {
        stage.mark(ann, "lobby", part);
        stage.wait(Millis(100));
    }
    assert_eq!(stage.take(bob), ["lobby v3 ann marks 1-2", "lobby v4 ann marks 1-3", "lobby v5 ann marks nothing"]);
}

#[test]
fn a_selection_goes_with_its_owner() {
    let (mut stage, [ann, bob]) = pair();
    stage.mark(ann, "lobby", Some((1.0, 2.0)));
    stage.wait(Millis(100));
    stage.leave(ann, "lobby");
    stage.join(ann, "lobby");
    stage.wait(Millis(100));
    assert_eq!(stage.take(bob), ["lobby v3 ann marks 1-2", "lobby v4 -ann last, +ann first"]);
    stage.mark(ann, "lobby", Some((1.0, 2.0)));
    stage.close(ann, End::Lost);
    stage.wait(Millis::seconds(9));
    assert_eq!(stage.list("lobby"), ["bob", "ann:marks-1-2"], "who may come back has it still");
    stage.wait(Millis::seconds(2));
    assert_eq!(stage.list("lobby"), ["bob"]);
}

#[test]
fn who_may_only_read_marks_nothing() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let writer = Visit::of("ann").session("a").granted("*:rw");
    let ann = stage.seat(&writer.clone().wishing(1, &["lobby"]));
    stage.mark(ann, "lobby", Some((1.0, 2.0)));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.renew(ann, &writer.granted("*:r"));
    assert_eq!(stage.take(bob), ["lobby v3 a marks nothing"]);
    stage.hear_nothing();
    stage.mark(ann, "lobby", Some((3.0, 4.0)));
    assert_eq!(stage.take(ann), ["refused selection lobby: forbidden"]);
    assert!(stage.take(bob).is_empty());
}
