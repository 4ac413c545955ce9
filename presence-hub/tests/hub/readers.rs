//! Who reads the list, in which form, and when they are told. Each form counts its own versions.

use presence_hub::io::End;
use presence_model::command::{Command, Picture};
use presence_model::event::{Event, InstanceChange};
use presence_model::instance::Instance;
use presence_model::limit::Limits;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, wishes};

/// The versions in what a reader was told.
fn versions(events: &[std::sync::Arc<Event>]) -> Vec<u64> {
    let version = |event: &std::sync::Arc<Event>| match **event {
        Event::PresencePicture { version, .. } | Event::PresenceChanged { version, .. } => Some(version),
        _ => None,
    };
    events.iter().filter_map(version).collect()
}

#[test]
fn a_subscriber_gets_the_list_and_then_every_change_as_it_happens() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r"));
    stage.say(reader, Command::Subscribe);
    assert_eq!(stage.take(reader), ["here v1 [r/r(r)]"]);
    let ann = stage.arrive(&Visit::of("ann").session("a"));
    stage.set_status(ann, Status::Busy);
    stage.close(ann, End::Clean);
    assert_eq!(stage.take(reader), ["here v2 +ann/a(a)", "here v3 ~ann/a(a):busy", "here v4 -ann/a"]);
    stage.say(reader, Command::Unsubscribe);
    stage.arrive(&Visit::of("bob").session("b"));
    assert!(stage.take(reader).is_empty());
}

#[test]
fn a_json_reader_hears_joins_and_leaves_at_once_and_the_list_once_a_second() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r").json());
    stage.wait(Millis::seconds(10));
    stage.say(reader, Command::Subscribe);
    assert_eq!(stage.take(reader), ["here v1 [r/r(r)]"]);
    let ann = stage.arrive(&Visit::of("ann").session("a"));
    assert_eq!(stage.take(reader), ["here v2 +ann/a(a)"]);
    // The first change after a quiet second is told at once, what follows waits for the next second.
    stage.set_status(ann, Status::Busy);
    assert_eq!(stage.take(reader), ["here v3 [ann/a(a):busy r/r(r)]"]);
    stage.set_status(ann, Status::Reviewing);
    stage.set_status(ann, Status::Busy);
    stage.set_status(ann, Status::Reviewing);
    stage.wait(Millis(999));
    assert!(stage.take(reader).is_empty());
    stage.wait(Millis(1));
    assert_eq!(stage.take(reader), ["here v4 [ann/a(a):reviewing r/r(r)]"]);
    // Joins and leaves do not wait, and make no hole.
    stage.set_status(ann, Status::Busy);
    stage.close(ann, End::Clean);
    assert_eq!(stage.take(reader), ["here v5 -ann/a"]);
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(reader), ["here v6 [r/r(r)]"]);
    stage.wait(Millis::seconds(5));
    assert!(stage.take(reader).is_empty());
}

#[test]
fn readers_of_both_forms_count_without_holes() {
    let mut stage = Stage::new();
    let binary = stage.seat(&Visit::of("r").session("r").watching(1));
    let json = stage.seat(&Visit::of("j").session("j").json());
    stage.say(json, Command::Subscribe);
    for n in 0..30 {
        let ann = stage.arrive(&Visit::of("ann").session("a"));
        stage.set_status(ann, if n % 2 == 0 { Status::Busy } else { Status::Reviewing });
        stage.wait(Millis(130));
        stage.close(ann, End::Clean);
        stage.life_sign(binary);
        stage.life_sign(json);
    }
    for reader in [binary, json] {
        let versions = versions(&stage.events(reader));
        assert!(versions.len() > 60, "{versions:?}");
        assert!(versions.windows(2).all(|pair| pair[1] == pair[0] + 1), "{versions:?}");
    }
}

#[test]
fn a_reader_who_missed_something_asks_for_the_list() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r").watching(1));
    stage.say(reader, Command::Resync(Picture::Presence));
    assert_eq!(stage.take(reader), ["here v1 [r/r(r)]"]);
    let stranger = stage.seat(&Visit::of("s").session("s"));
    stage.say(stranger, Command::Resync(Picture::Presence));
    assert!(stage.take(stranger).is_empty(), "who does not read gets no list");
}

#[test]
fn a_living_entry_is_told_again_before_its_stamp_is_old() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r").watching(1));
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.hear_nothing();
    stage.wait_with(&[reader, ann], Millis::seconds(239));
    assert!(stage.take(reader).is_empty(), "life signs alone are no news");
    stage.wait_with(&[reader, ann], Millis::seconds(1));
    assert_eq!(stage.take(reader), ["here v3 ~ann/a(a)", "here v4 ~r/r(r)"]);
    stage.wait_with(&[reader, ann], Millis::seconds(241));
    assert_eq!(stage.take(reader), ["here v5 ~ann/a(a)", "here v6 ~r/r(r)"]);
}

#[test]
fn a_change_in_between_puts_the_next_telling_off() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r").watching(1));
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.wait_with(&[reader, ann], Millis::seconds(120));
    stage.set_status(ann, Status::Busy);
    stage.hear_nothing();
    stage.wait_with(&[reader, ann], Millis::seconds(230));
    assert_eq!(stage.take(reader), ["here v4 ~r/r(r)"], "the reader's own entry had no change");
    stage.wait_with(&[reader, ann], Millis::seconds(11));
    assert_eq!(stage.take(reader), ["here v5 ~ann/a(a):busy"]);
}

#[test]
fn wishes_begin_and_end_a_subscription() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r"));
    stage.say(reader, Command::Wish(wishes(1, &[], true)));
    assert_eq!(stage.take(reader), ["here v1 [r/r(r)]", "wishes 1"]);
    stage.say(reader, Command::Wish(wishes(2, &["lobby"], true)));
    assert_eq!(stage.take(reader), ["wishes 2", "lobby v1 as 0 [r]"], "a list that is read already is not shown anew");
    stage.say(reader, Command::Wish(wishes(3, &["lobby"], false)));
    stage.arrive(&Visit::of("ann").session("a"));
    assert_eq!(stage.take(reader), ["wishes 3"]);
}

#[test]
fn a_socket_that_was_replaced_reads_no_more_and_the_new_one_gets_the_list() {
    let mut stage = Stage::new();
    let before = stage.seat(&Visit::of("r").session("r").watching(1));
    let after = stage.arrive(&Visit::of("r").session("r").watching(1).engine(2, 1));
    assert_eq!(stage.take(after), ["welcome again r", "here v1 [r/r(r)]", "wishes 1"]);
    stage.arrive(&Visit::of("ann").session("a"));
    assert_eq!(stage.take(before), ["closed 4500"]);
    assert_eq!(stage.take(after), ["here v2 +ann/a(a)"]);
}

/// What a reader was told of Ann's machine: `host@ip` in each event.
fn machines(events: &[std::sync::Arc<Event>]) -> Vec<String> {
    let shown = |entry: &Instance| {
        format!("{}@{}", entry.info.host.as_deref().unwrap_or("-"), entry.ip.as_deref().unwrap_or("-"))
    };
    let of_ann = |event: &std::sync::Arc<Event>| match &**event {
        Event::PresencePicture { entries, .. } => {
            entries.iter().find(|entry| entry.user_id.as_str() == "ann").map(shown)
        }
        Event::PresenceChanged { change: InstanceChange::Joined(entry) | InstanceChange::Updated(entry), .. } => {
            (entry.user_id.as_str() == "ann").then(|| shown(entry))
        }
        _ => None,
    };
    events.iter().filter_map(of_ann).collect()
}

#[test]
fn where_others_connect_from_is_told_to_operators_only() {
    for json in [false, true] {
        let mut stage = Stage::new();
        let form = |visit: Visit| if json { visit.json() } else { visit };
        let plain = |name: &str| form(Visit::of(name).session(name).scoped(&[]));
        let readers = [
            stage.seat(&plain("guest")),
            stage.seat(&form(Visit::of("olga").session("olga").scoped(&["operator.read"]))),
            stage.seat(&form(Visit::of("admin").session("admin").scoped(&["x", "operator.admin"]))),
        ];
        for reader in readers {
            stage.say(reader, Command::Subscribe);
        }
        stage.wait(Millis::seconds(2));
        stage.hear_nothing();
        let ann = stage.arrive(&Visit::of("ann").session("a").host("desk").ip("10.0.0.1"));
        stage.set_status(ann, Status::Busy);
        stage.wait(Millis::seconds(2));
        let heard = readers.map(|reader| machines(&stage.events(reader)));
        assert!(heard[0].len() >= 2 && heard[0].iter().all(|machine| machine == "-@-"), "json {json}: {heard:?}");
        for operator in &heard[1..] {
            assert!(operator.len() >= 2 && operator.iter().all(|machine| machine == "desk@10.0.0.1"), "{heard:?}");
        }
        // Another token shows more, or less, at once.
        stage.renew(readers[0], &plain("guest").scoped(&["operator.read"]));
        assert_eq!(machines(&stage.events(readers[0])), ["desk@10.0.0.1"]);
        stage.renew(readers[0], &plain("guest"));
        assert_eq!(machines(&stage.events(readers[0])), ["-@-"]);
        stage.renew(readers[0], &plain("guest"));
        assert!(stage.events(readers[0]).is_empty(), "the same again is no news");
    }
}

#[test]
fn who_knows_rows_by_their_instance_alone_is_shown_the_list_when_one_of_two_leaves() {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r").json());
    stage.say(reader, Command::Subscribe);
    let ann = stage.arrive(&Visit::of("ann").session("a").instance("browser"));
    stage.arrive(&Visit::of("bob").session("b").instance("browser"));
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    stage.close(ann, End::Clean);
    assert_eq!(stage.take(reader), ["here v4 -ann/browser", "here v5 [bob/browser(b) r/r(r)]"]);
}

#[test]
fn a_list_that_begins_to_leave_somebody_out_is_told() {
    let mut stage = Stage::with(1, Limits { instances: 2, ..Limits::default() });
    let reader = stage.seat(&Visit::of("r").session("r").json());
    stage.say(reader, Command::Subscribe);
    stage.arrive(&Visit::of("ann").session("a"));
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    let bob = stage.arrive(&Visit::of("bob").session("b"));
    assert_eq!(stage.take(reader), ["here v3 [ann/a(a) r/r(r)] and more"]);
    stage.close(bob, End::Clean);
    stage.wait(Millis::seconds(2));
    assert_eq!(stage.take(reader), ["here v4 [ann/a(a) r/r(r)]"]);
}
