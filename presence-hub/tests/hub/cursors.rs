//! Where people point.

use presence_hub::io::End;
use presence_model::command::Command;
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::room::Cursor;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, room};

fn three() -> (Stage, [ConnectionId; 3]) {
    let mut stage = Stage::new();
    let all = ["ann", "bob", "carl"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    (stage, all)
}

#[test]
fn a_cursor_goes_to_the_others_and_not_to_who_moved_alone() {
    let (mut stage, [ann, bob, carl]) = three();
    stage.point(ann, "lobby", 0.25);
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.25,0.25"]);
    assert_eq!(stage.take(carl), ["lobby cursors ann@0.25,0.25"]);
    assert!(stage.take(ann).is_empty());
}

#[test]
fn those_who_moved_in_a_window_are_told_together_with_their_newest_place() {
    let (mut stage, [ann, bob, carl]) = three();
    stage.point(ann, "lobby", 0.1);
    stage.settle();
    stage.hear_nothing();
    for place in [0.2, 0.3, 0.4] {
        stage.point(ann, "lobby", place);
        stage.point(bob, "lobby", place + 0.5);
    }
    stage.wait(Millis(20));
    for connection in [ann, bob, carl] {
        assert_eq!(stage.take(connection), ["lobby cursors ann@0.4,0.4 bob@0.9,0.9"]);
    }
}

#[test]
fn moves_are_numbered_a_member() {
    let (mut stage, [ann, bob, _]) = three();
    for _ in 0..300 {
        stage.point(ann, "lobby", 0.5);
        stage.wait(Millis(50));
    }
    let numbers: Vec<u8> = stage
        .events(bob)
        .iter()
        .filter_map(|event| match &**event {
            Event::Cursors { moves, .. } => Some(moves[0].sequence),
            _ => None,
        })
        .collect();
    assert_eq!(numbers, (1..=300_u32).map(|n| n as u8).collect::<Vec<_>>());
}

#[test]
fn a_cursor_that_left_the_surface_is_told_as_nowhere() {
    let (mut stage, [ann, bob, _]) = three();
    stage.point(ann, "lobby", 0.5);
    stage.wait(Millis(50));
    stage.say(ann, Command::Cursor { room: room("lobby"), cursor: Cursor::default() });
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.5,0.5", "lobby cursors ann@nowhere"]);
    assert_eq!(stage.list("lobby"), ["ann", "bob", "carl"]);
}

#[test]
fn a_cursor_vanishes_with_its_owner() {
    let (mut stage, [ann, bob, _]) = three();
    stage.point(ann, "lobby", 0.5);
    stage.settle();
    stage.hear_nothing();
    stage.point(ann, "lobby", 0.6);
    stage.leave(ann, "lobby");
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(bob), ["lobby v3 -ann last"]);
}

#[test]
fn who_could_not_be_sent_every_move_is_shown_where_all_are_now() {
    let (mut stage, [ann, bob, carl]) = three();
    stage.point(ann, "lobby", 0.5);
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.say(bob, Command::CatchUp);
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.5,0.5 bob@nowhere carl@nowhere"]);
    assert!(stage.take(carl).is_empty());
    // Moves of the same window are in it, once.
    stage.wait(Millis(20));
    stage.say(bob, Command::CatchUp);
    stage.settle();
    stage.say(bob, Command::CatchUp);
    stage.point(ann, "lobby", 0.75);
    stage.hear_nothing();
    stage.wait(Millis(20));
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.75,0.75 bob@nowhere carl@nowhere"]);
    assert_eq!(stage.take(carl), ["lobby cursors ann@0.75,0.75"]);
}

#[test]
fn a_lost_members_cursor_stays_while_it_may_come_back() {
    let (mut stage, [ann, bob, _]) = three();
    stage.point(ann, "lobby", 0.5);
    stage.close(ann, End::Lost);
    stage.wait(Millis::seconds(5));
    assert_eq!(stage.list("lobby"), ["ann@0.5,0.5", "bob", "carl"]);
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.5,0.5"]);
}
