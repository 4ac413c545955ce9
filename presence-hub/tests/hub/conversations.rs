//! Who types in a conversation, for all who hear who is here.

use presence_hub::io::End;
use presence_model::command::Command;
use presence_model::event::Event;
use presence_model::id::{ConnectionId, SessionKey};
use presence_model::limit::Limits;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

fn say(stage: &mut Stage, connection: ConnectionId, key: &str, is_typing: bool) {
    let key = SessionKey::parse(key).unwrap();
    stage.say(connection, Command::SessionTyping { key, is_typing });
}

/// What a reader was told of conversations, as `main: desk phone`.
fn told(stage: &mut Stage, reader: ConnectionId) -> Vec<String> {
    let events = stage.events(reader);
    let lines = events.iter().filter_map(|event| match &**event {
        Event::SessionTyping { key, instances } => {
            Some(std::iter::once(format!("{key}:")).chain(instances.iter().map(ToString::to_string)))
        }
        _ => None,
    });
    lines.map(|words| words.collect::<Vec<_>>().join(" ")).collect()
}

/// A reader in JSON, and Ann and Bob, each with a device.
fn people() -> (Stage, ConnectionId, [ConnectionId; 2]) {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("eve").session("eve").json());
    stage.say(reader, Command::Subscribe);
    let ann = stage.seat(&Visit::of("ann").session("ann").instance("Desk"));
    let bob = stage.seat(&Visit::of("bob").session("bob").instance("Phone"));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    (stage, reader, [ann, bob])
}

#[test]
fn who_types_is_told_in_the_order_of_beginning_until_the_lease_is_over() {
    let (mut stage, reader, [ann, bob]) = people();
    say(&mut stage, ann, "main", true);
    stage.wait(Millis::seconds(3));
    say(&mut stage, bob, "main", true);
    say(&mut stage, ann, "main", true);
    assert_eq!(told(&mut stage, reader), ["main: Desk", "main: Desk Phone"], "a renewal is no news");
    stage.wait(Millis(4_999));
    assert_eq!(told(&mut stage, reader), [""; 0]);
    stage.wait(Millis(1));
    assert_eq!(told(&mut stage, reader), ["main: Phone", "main:"]);
}

#[test]
fn who_stops_is_told_at_once_and_once() {
    let (mut stage, reader, [ann, _]) = people();
    for is_typing in [false, true, false, false] {
        say(&mut stage, ann, "main", is_typing);
    }
    stage.wait(Millis::seconds(6));
    assert_eq!(told(&mut stage, reader), ["main: Desk", "main:"]);
}

#[test]
fn typing_ends_with_its_session_and_before_its_entry() {
    let (mut stage, reader, [ann, bob]) = people();
    say(&mut stage, ann, "main", true);
    say(&mut stage, bob, "side", true);
    stage.close(bob, End::Clean);
    stage.say(ann, Command::Goodbye);
    assert_eq!(told(&mut stage, reader), ["main: Desk", "side: Phone", "side:", "main:"]);
    assert!(!stage.is_empty());
}

#[test]
fn typing_of_a_lost_line_ends_with_the_lease() {
    let (mut stage, reader, [ann, _]) = people();
    say(&mut stage, ann, "main", true);
    stage.close(ann, End::Lost);
    stage.wait(Millis(4_999));
    assert_eq!(told(&mut stage, reader), ["main: Desk"]);
    stage.wait(Millis(1));
    assert_eq!(told(&mut stage, reader), ["main:"]);
}

#[test]
fn two_tabs_are_one_instance() {
    let (mut stage, reader, [ann, _]) = people();
    // In other letters, and told by those of the entry.
    let tab = stage.seat(&Visit::of("ann").session("tab").instance("DESK"));
    stage.hear_nothing();
    say(&mut stage, tab, "main", true);
    say(&mut stage, ann, "main", true);
    say(&mut stage, tab, "main", false);
    assert_eq!(told(&mut stage, reader), ["main: Desk"]);
    say(&mut stage, ann, "main", false);
    assert_eq!(told(&mut stage, reader), ["main:"]);
}

#[test]
fn a_session_that_becomes_another_instance_types_no_more() {
    let (mut stage, reader, [ann, _]) = people();
    say(&mut stage, ann, "main", true);
    stage.hello(ann, &Visit::of("ann").session("ann").instance("Tablet"));
    assert_eq!(told(&mut stage, reader), ["main: Desk", "main:"]);
}

#[test]
fn a_further_conversation_ends_the_oldest() {
    let mut stage = Stage::with(1, Limits { rooms_per_user: 2, ..Limits::default() });
    let reader = stage.seat(&Visit::of("eve").session("eve").json());
    stage.say(reader, Command::Subscribe);
    let ann = stage.seat(&Visit::of("ann").session("ann").instance("Desk"));
    for key in ["a", "b", "a", "c"] {
        say(&mut stage, ann, key, true);
    }
    assert_eq!(told(&mut stage, reader), ["a: Desk", "b: Desk", "b:", "c: Desk"]);
}

#[test]
fn a_newcomer_is_told_behind_its_list_and_so_is_who_asks_again() {
    let (mut stage, _, [ann, bob]) = people();
    say(&mut stage, ann, "main", true);
    say(&mut stage, ann, "side", true);
    say(&mut stage, bob, "main", true);
    let reader = stage.seat(&Visit::of("cid").session("cid").json());
    for _ in 0..2 {
        stage.say(reader, Command::Subscribe);
        let lines = stage.take(reader);
        assert!(lines[0].starts_with("here v"), "{lines:?}");
        assert_eq!(lines.len(), 3);
        assert_eq!(told(&mut stage, reader), ["main: Desk Phone", "side: Desk"]);
    }
    stage.say(reader, Command::Unsubscribe);
    say(&mut stage, ann, "main", false);
    assert_eq!(told(&mut stage, reader), [""; 0]);
}

#[test]
fn binary_readers_are_told_too() {
    let (mut stage, _, [ann, bob]) = people();
    stage.say(bob, Command::Subscribe);
    stage.hear_nothing();
    say(&mut stage, ann, "main", true);
    assert_eq!(told(&mut stage, bob), ["main: Desk"]);
}

#[test]
fn who_is_not_in_the_list_types_unseen() {
    let (mut stage, reader, [ann, _]) = people();
    // Nor a tool of somebody who is.
    for (user, instance) in [("tom", "Shell"), ("ann", "Desk")] {
        let tool = stage.seat(&Visit::of(user).session("tool").instance(instance).mode("cli"));
        say(&mut stage, tool, "main", true);
        stage.say(tool, Command::Goodbye);
    }
    // Nor is seen who wants to be seen by nobody.
    say(&mut stage, ann, "side", true);
    stage.set_status(ann, Status::Offline);
    say(&mut stage, ann, "side", true);
    say(&mut stage, ann, "main", true);
    assert_eq!(told(&mut stage, reader), ["side: Desk", "side:"]);
}

#[test]
fn a_full_list_has_no_room_for_more_typists() {
    let mut stage = Stage::with(1, Limits { instances: 1, ..Limits::default() });
    let first = stage.seat(&Visit::of("ann").session("ann").json());
    stage.say(first, Command::Subscribe);
    let second = stage.seat(&Visit::of("bob").session("bob"));
    say(&mut stage, second, "main", true);
    assert_eq!(told(&mut stage, first), [""; 0]);
}
