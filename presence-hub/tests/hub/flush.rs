//! When a room tells: at once when it was quiet, once in a window when it is busy, one version each time.

use presence_hub::io::End;
use presence_hub::window::Window;
use presence_model::command::Command;
use presence_model::limit::{Limits, Timing};
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::{Stage, pair};
use crate::visit::Visit;

#[test]
fn a_quiet_room_tells_at_once() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("x"));
    assert_eq!(stage.take(bob), ["lobby v3 ann types x"]);
}

#[test]
fn a_busy_room_tells_once_in_a_window_and_all_of_it_as_one_version() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("x"));
    stage.settle();
    stage.wait(Millis(5));
    stage.types(bob, "lobby", Some("y"));
    stage.settle();
    stage.wait(Millis(5));
    stage.set_status(ann, Status::Busy);
    stage.types(ann, "lobby", None);
    stage.wait(Millis(9));
    assert_eq!(stage.take(bob), ["lobby v3 ann types x"]);
    stage.wait(Millis(1));
    assert_eq!(stage.take(bob), ["lobby v4 bob types y, ann busy, ann stops"]);
    stage.wait(Millis::seconds(1));
    assert!(stage.take(bob).is_empty());
}

#[test]
fn a_stream_of_changes_is_told_fifty_times_a_second_at_most() {
    let (mut stage, [ann, bob]) = pair();
    for n in 0..1_000 {
        stage.types(ann, "lobby", Some(if n % 2 == 0 { "x" } else { "y" }));
        stage.wait(Millis(1));
    }
    assert!((48..=51).contains(&stage.take(bob).len()));
}

#[test]
fn a_newcomer_gets_a_picture_of_the_version_and_no_diff_of_it() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("x"));
    stage.settle();
    let carl = stage.seat(&Visit::of("carl").session("carl").wishing(1, &["lobby"]));
    stage.types(ann, "lobby", None);
    stage.close(bob, End::Clean);
    stage.hear_nothing();
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(carl), ["lobby v4 as 2 [ann carl]"]);
    assert_eq!(stage.take(ann), ["lobby v4 +carl first, ann stops, -bob last"]);
    // And it counts on from there.
    stage.types(ann, "lobby", Some("x"));
    assert_eq!(stage.take(carl), ["lobby v5 ann types x"]);
}

#[test]
fn who_comes_and_goes_within_a_window_is_in_no_picture() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("x"));
    stage.settle();
    let carl = stage.seat(&Visit::of("carl").session("carl").wishing(1, &["lobby"]));
    stage.say(carl, Command::Goodbye);
    stage.hear_nothing();
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(bob), ["lobby v4 +carl first, -carl last"]);
    assert!(stage.take(carl).is_empty());
}

#[test]
fn who_has_no_socket_is_told_nothing_and_sees_the_room_when_back() {
    let (mut stage, [ann, bob]) = pair();
    stage.close(ann, End::Lost);
    stage.types(bob, "lobby", Some("x"));
    stage.wait(Millis::seconds(1));
    let back = stage.arrive(&Visit::of("ann").session("ann").engine(1, 2).wishing(1, &["lobby"]));
    let told = stage.take(back);
    assert_eq!(told[2], "lobby v3 as 0 [ann bob:types-x]");
    assert_eq!(stage.take(bob), ["lobby v3 bob types x"]);
}

#[test]
fn a_room_of_many_moves_tells_fifty_times_a_second_though_the_shard_has_nothing_else_to_do() {
    let mut stage = Stage::by(1, Limits::default(), Timing::default());
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let mut told = |every: u64, moves: u64| {
        for n in 0..moves {
            stage.point(ann, "lobby", n as f64 / moves as f64);
            stage.settle();
            stage.wait(Millis(every));
        }
        stage.take(bob).len()
    };
    assert_eq!(told(5, 200), 200);
    assert!((49..=90).contains(&told(1, 1_000)));
    assert_eq!(told(50, 100), 100);
}

#[test]
fn rooms_with_one_rhythm_tell_in_every_window_however_late_the_last_one_was() {
    const WINDOW: Millis = Millis(50);
    let timing = Timing { flush_every: WINDOW, ..Timing::default() };
    let mut stage = Stage::by(1, Limits::default(), timing.clone());
    stage.hubs[0].set_window(&Window::new(&timing));
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.now = stage.now.next_multiple_of(WINDOW) + Millis(2);
    for n in 0..10 {
        match n % 3 {
            0 => stage.types(ann, "lobby", Some(&n.to_string())),
            _ => stage.point(ann, "lobby", f64::from(n) / 10.0),
        }
        assert_eq!(stage.take(bob), [""; 0], "{n}");
        // Each time the shard is two milliseconds late.
        stage.now += WINDOW;
        assert_eq!(stage.take(bob).len(), 1, "{n}");
    }
    // And then it is in time.
    stage.types(ann, "lobby", None);
    stage.wait(WINDOW - Millis(2));
    assert_eq!(stage.take(bob).len(), 1);
}
