//! The same people over several shards: what crosses between them may be under way for long.

use presence_hub::io::{End, Shard};
use presence_model::command::Command;
use presence_model::id::ConnectionId;
use presence_model::limit::Limits;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, room};

const SHARDS: usize = 3;

/// A room that this shard owns.
fn room_of(shard: usize) -> String {
    (0..100).map(|n| format!("room-{n}")).find(|name| Shard::of(&room(name), SHARDS).0 == shard).unwrap()
}

/// A room away from the lobby, and a session that is not in it, with the post held.
fn held(limits: Limits) -> (Stage, String, ConnectionId) {
    let mut stage = Stage::with(SHARDS, limits);
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.post_is_held = true;
    (stage, room_of(1), ann)
}

fn deliver_all(stage: &mut Stage) {
    stage.post_is_held = false;
    stage.deliver_any();
    stage.settle();
    while stage.deliver_any() {}
    stage.settle();
}

#[test]
fn a_room_has_the_same_owner_after_every_restart() {
    let owners = ["lobby", "attic", "video_123", "b"].map(|name| Shard::of(&room(name), 8).0);
    assert_eq!(owners, [3, 4, 7, 5]);
    assert!((0..100).all(|n| Shard::of(&room(&n.to_string()), 0) == Shard::LOBBY));
}

#[test]
fn rooms_of_every_shard_work_alike() {
    for shard in 0..SHARDS {
        let name = room_of(shard);
        let mut stage = Stage::with(SHARDS, Limits::default());
        let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &[&name]));
        let ann = stage.arrive(&Visit::of("ann").session("a").wishing(1, &[&name]));
        stage.wait(Millis::seconds(1));
        assert_eq!(stage.take(ann), ["welcome a", "wishes 1", &format!("{name} v2 as 1 [b a]")]);
        stage.point(ann, &name, 0.5);
        stage.wait(Millis::seconds(1));
        stage.say(bob, Command::CatchUp);
        stage.wait(Millis::seconds(1));
        stage.set_status(ann, presence_model::status::Status::Busy);
        stage.wait(Millis::seconds(1));
        stage.close(ann, End::Clean);
        stage.wait(Millis::seconds(1));
        let told = ["v2 +a first", "cursors a@0.5,0.5", "cursors b@nowhere a@0.5,0.5", "v3 a busy", "v4 -a last"];
        assert_eq!(stage.take(bob), told.map(|line| format!("{name} {line}")));
    }
}

#[test]
fn a_command_that_overtakes_its_join_is_not_lost() {
    let (mut stage, name, ann) = held(Limits::default());
    stage.join(ann, &name);
    stage.point(ann, &name, 0.5);
    assert_eq!(stage.under_way(), [(0, 1), (1, 0)]);
    // The room's word that it knows of no such member arrives first.
    stage.deliver(1, 0);
    stage.deliver(0, 1);
    stage.deliver(0, 1);
    deliver_all(&mut stage);
    assert_eq!(stage.take(ann), [format!("{name} v1 as 0 [a@0.5,0.5]")]);
}

#[test]
fn a_command_sent_back_behind_its_join_does_not_undo_a_newer_one() {
    let (mut stage, name, ann) = held(Limits::default());
    stage.join(ann, &name);
    stage.point(ann, &name, 0.25);
    stage.deliver(0, 1);
    stage.point(ann, &name, 0.75);
    deliver_all(&mut stage);
    assert_eq!(stage.list(&name), ["a@0.75,0.75"]);
}

#[test]
fn who_is_no_member_is_told_so_after_the_way_through_the_lobby() {
    let (mut stage, name, ann) = held(Limits::default());
    stage.point(ann, &name, 0.5);
    assert!(stage.take(ann).is_empty());
    stage.deliver(1, 0);
    stage.deliver(0, 1);
    assert_eq!(stage.take(ann), [format!("refused cursor {name}: not_a_member")]);
}

#[test]
fn a_new_socket_speaks_before_its_room_has_heard_of_it_and_is_not_lost() {
    let (mut stage, name, ann) = held(Limits::default());
    stage.post_is_held = false;
    stage.join(ann, &name);
    stage.post_is_held = true;
    let after = stage.arrive(&Visit::of("ann").session("a").engine(2, 1).wishing(1, &[&name]));
    stage.point(after, &name, 0.5);
    stage.point(ann, &name, 0.25);
    deliver_all(&mut stage);
    assert_eq!(stage.list(&name), ["a@0.5,0.5"]);
}

#[test]
fn an_answer_to_an_earlier_join_does_not_undo_a_later_one() {
    let limits = Limits { users_per_room: 1, ..Limits::default() };
    let mut stage = Stage::with(SHARDS, limits);
    let name = room_of(1);
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &[&name]));
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.post_is_held = true;
    stage.join(ann, &name);
    stage.deliver(0, 1);
    // The room turned her away, which the lobby does not know yet; she gives up, bob leaves, she tries again.
    stage.leave(ann, &name);
    stage.leave(bob, &name);
    stage.join(ann, &name);
    while stage.deliver(0, 1) {}
    deliver_all(&mut stage);
    assert_eq!(stage.list(&name), ["a"]);
    stage.say(ann, Command::Goodbye);
    stage.wait(Millis::seconds(1));
    assert!(stage.list(&name).is_empty(), "and the lobby knows where she is");
}

#[test]
fn all_shards_hear_of_the_end() {
    let mut stage = Stage::with(SHARDS, Limits::default());
    let rooms: Vec<_> = (0..SHARDS).map(room_of).collect();
    let rooms: Vec<_> = rooms.iter().map(String::as_str).collect();
    let ann = stage.arrive(&Visit::of("ann").wishing(1, &rooms));
    stage.wait(Millis::seconds(1));
    assert!(rooms.iter().all(|name| stage.list(name).len() == 1));
    stage.close(ann, End::Lost);
    stage.wait(Millis::seconds(11));
    assert!(stage.is_empty());
    stage.outlast_traces();
    assert_eq!(stage.next_deadline(), None);
}
