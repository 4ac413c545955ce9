//! What people say to all others in a room, in words that only the app understands.

use presence_hub::io::End;
use presence_model::event::Event;
use presence_model::limit::{Limits, Rate};
use presence_model::refusal::Code;
use presence_model::time::Millis;

use crate::stage::{Stage, pair};
use crate::visit::Visit;

#[test]
fn a_broadcast_reaches_all_others_each_one_and_in_order() {
    let (mut stage, [ann, bob]) = pair();
    let tab = stage.seat(&Visit::of("ann").session("tab").json().wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    for payload in ["1", "1", "2"] {
        stage.broadcast(ann, "lobby", payload);
    }
    let told = ["lobby ann says 1", "lobby ann says 1", "lobby ann says 2"];
    assert_eq!(stage.take(bob), told);
    assert_eq!(stage.take(tab), told, "another tab is another session");
    assert!(stage.take(ann).is_empty());
}

#[test]
fn it_comes_behind_what_was_before_it() {
    let (mut stage, [ann, bob]) = pair();
    let carl = stage.arrive(&Visit::of("carl").session("carl").wishing(1, &["lobby"]));
    stage.types(carl, "lobby", Some("x"));
    stage.broadcast(carl, "lobby", "\"hi\"");
    stage.sync(carl, "lobby", 3.0);
    stage.broadcast(carl, "lobby", "\"look\"");
    assert_eq!(
        stage.take(bob),
        [
            "lobby v3 +carl first, carl types x, carl plays-3x1",
            "lobby carl says \"hi\"",
            "lobby watch carl sync [plays-3x1 #1 by carl]",
            "lobby carl says \"look\"",
        ]
    );
    assert_eq!(stage.take(ann).len(), 4);
    let told = stage.take(carl);
    assert!(told.iter().all(|line| !line.contains("says")), "{told:?}");
}

#[test]
fn newcomers_hear_nothing_of_what_was_said_before() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann").session("ann").wishing(1, &["lobby"]));
    stage.broadcast(ann, "lobby", "1");
    let carl = stage.arrive(&Visit::of("carl").session("carl").wishing(1, &["lobby"]));
    stage.broadcast(ann, "lobby", "2");
    let told = stage.take(carl);
    assert_eq!(told[1..], ["wishes 1", "lobby v1 as 1 [ann carl]", "lobby ann says 2"]);
    // Who is shown the room again has heard what was said.
    stage.broadcast(ann, "lobby", "3");
    stage.join(carl, "lobby");
    stage.wait(Millis(20));
    assert_eq!(stage.take(carl)[..2], ["lobby v1 as 1 [ann carl]", "lobby ann says 3"]);
}

#[test]
fn who_has_no_socket_misses_it() {
    let (mut stage, [ann, bob]) = pair();
    stage.close(bob, End::Lost);
    stage.broadcast(ann, "lobby", "1");
    stage.wait(Millis::seconds(1));
    let visit = Visit::of("bob").session("bob").engine(1, 2).wishing(1, &["lobby"]);
    let told = stage.arrive_and_take(&visit);
    assert!(told.iter().all(|line| !line.contains("says")), "{told:?}");
}

#[test]
fn a_room_passes_on_only_so_many() {
    let limits = Limits { room_broadcasts: Rate { every: Millis(5), burst: 3 }, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    let [ann, bob, carl] = ["ann", "bob", "carl"].map(|name| {
        let visit = Visit::of(name).session(name).wishing(1, &["lobby", "attic"]);
        stage.seat(&visit)
    });
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    for n in 0..4 {
        let sender = if n % 2 == 0 { ann } else { bob };
        stage.broadcast(sender, "lobby", &n.to_string());
    }
    stage.broadcast(ann, "attic", "9");
    assert_eq!(
        stage.take(carl),
        ["attic ann says 9", "lobby ann says 0", "lobby bob says 1", "lobby ann says 2"],
        "each room for itself"
    );
    let refused = stage.events(bob).into_iter().find_map(|event| match &*event {
        Event::Refused { about, refusal, .. } => Some((*about, refusal.clone())),
        _ => None,
    });
    let (about, refusal) = refused.unwrap();
    assert_eq!((about, refusal.code, refusal.retry_after), ("broadcast", Code::RateLimited, Some(Millis(5))));
    stage.wait(Millis(5));
    stage.hear_nothing();
    stage.broadcast(bob, "lobby", "5");
    stage.wait(Millis(20));
    assert_eq!(stage.take(carl), ["lobby bob says 5"]);
}

#[test]
fn who_is_outside_or_may_not_write_is_refused() {
    let (mut stage, [_, bob]) = pair();
    let carl = stage.seat(&Visit::of("carl").session("c").granted("*:r").wishing(1, &["lobby"]));
    let dora = stage.seat(&Visit::of("dora").session("d"));
    stage.hear_nothing();
    stage.broadcast(carl, "lobby", "1");
    stage.broadcast(dora, "lobby", "1");
    assert_eq!(stage.take(carl), ["refused broadcast lobby: forbidden"]);
    assert_eq!(stage.take(dora), ["refused broadcast lobby: not_a_member"]);
    assert!(stage.take(bob).is_empty());
}
