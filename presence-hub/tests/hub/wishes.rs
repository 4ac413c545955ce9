//! All that a client wants, said whole: as often as it likes, late or twice, it does no harm.

use presence_hub::io::End;
use presence_model::limit::Limits;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

#[test]
fn wished_rooms_are_entered_and_unwished_ones_left() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.wish(ann, 1, &["attic", "lobby"]);
    assert_eq!(stage.take(ann), ["wishes 1", "attic v1 as 0 [a]", "lobby v1 as 0 [a]"]);
    stage.wait(Millis::seconds(1));
    stage.wish(ann, 2, &["lobby", "yard"]);
    assert_eq!(stage.take(ann), ["wishes 2", "left attic", "yard v1 as 0 [a]"]);
    stage.wish(ann, 3, &[]);
    assert_eq!(stage.take(ann), ["wishes 3", "left lobby", "left yard"]);
}

#[test]
fn wishes_said_again_change_nothing() {
    let mut stage = Stage::new();
    let [ann, bob] = ["a", "b"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    for _ in 0..3 {
        stage.wish(ann, 1, &["lobby"]);
        stage.wait(Millis::seconds(1));
    }
    assert_eq!(stage.take(ann), ["wishes 1"; 3]);
    assert!(stage.take(bob).is_empty());
}

#[test]
fn old_wishes_that_come_late_are_not_taken() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.wish(ann, 5, &["lobby"]);
    stage.hear_nothing();
    stage.wish(ann, 4, &["attic"]);
    assert_eq!(stage.take(ann), ["wishes 5"]);
    assert_eq!(stage.list("lobby"), ["a"]);
    assert!(stage.list("attic").is_empty());
}

#[test]
fn a_hello_with_the_same_wishes_shows_every_room_to_the_new_socket() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["attic", "lobby"]));
    let ann = stage.seat(&Visit::of("ann").session("a").wishing(3, &["attic", "lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.close(ann, End::Lost);
    let back = stage.arrive(&Visit::of("ann").session("a").engine(1, 2).wishing(3, &["attic", "lobby"]));
    let told = stage.take(back);
    assert_eq!(told[..2], ["welcome again a", "wishes 3"]);
    for room in ["attic v2 as 1 [b a]", "lobby v2 as 1 [b a]"] {
        assert!(told.contains(&room.to_owned()), "{told:?}");
    }
    assert!(stage.take(bob).is_empty());
}

#[test]
fn another_engine_counts_its_wishes_from_the_start() {
    let mut stage = Stage::new();
    stage.arrive(&Visit::of("ann").session("a").wishing(9, &["lobby"]));
    let reloaded = stage.arrive(&Visit::of("ann").session("a").engine(2, 1).wishing(1, &["attic"]));
    assert_eq!(stage.take(reloaded), ["welcome again a", "wishes 1", "left lobby", "attic v1 as 0 [a]"]);
}

#[test]
fn a_hello_with_old_wishes_keeps_the_newer_ones_and_moves_the_session() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let before = stage.seat(&Visit::of("ann").session("a").engine(1, 1).wishing(5, &["lobby"]));
    let after = stage.seat(&Visit::of("ann").session("a").engine(1, 1).wishing(4, &[]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.types(bob, "lobby", Some("x"));
    assert_eq!(stage.take(after), ["lobby v3 b types x"]);
    assert!(stage.take(before).is_empty());
}

#[test]
fn a_wish_that_cannot_be_met_is_refused_and_the_others_are_met() {
    let mut stage = Stage::with(1, Limits { rooms_per_user: 2, users_per_room: 1, ..Limits::default() });
    stage.arrive(&Visit::of("bob").wishing(1, &["full"]));
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.wish(ann, 1, &["full", "lobby", "yard"]);
    assert_eq!(
        stage.take(ann),
        ["refused join yard: too_many_rooms", "wishes 1", "refused join full: room_full", "lobby v1 as 0 [a]"]
    );
    // Once its revision is taken a wish is not tried again, but the next revision tries all that are not met.
    stage.wish(ann, 2, &["lobby", "yard"]);
    assert_eq!(stage.take(ann), ["wishes 2", "yard v1 as 0 [a]"]);
}

#[test]
fn the_same_room_under_another_kind_is_left_and_entered() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby/video"]));
    stage.wish(ann, 2, &["lobby/project"]);
    assert_eq!(stage.take(ann), ["wishes 2", "left lobby", "lobby v1 as 0 [a]"]);
    assert!(stage.list("lobby/video").is_empty());
    stage.wish(ann, 3, &["lobby/project", "lobby/video"]);
    assert_eq!(stage.take(ann), ["refused join lobby: room_type_conflict", "wishes 3"]);
}

#[test]
fn rooms_joined_one_by_one_live_on_when_a_json_socket_is_replaced() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let before = stage.seat(&Visit::of("ann").session("a").json());
    stage.join(before, "lobby");
    stage.wait(Millis::seconds(1));
    let after = stage.seat(&Visit::of("ann").session("a").json());
    stage.types(bob, "lobby", Some("x"));
    assert_eq!(stage.take(after), ["lobby v3 b types x"]);
}
