//! Gateway clients read whole lists, also of who left lately; and what they count.

use std::sync::Arc;

use presence_hub::io::End;
use presence_model::command::{Command, Picture};
use presence_model::event::{Event, Listing};
use presence_model::id::ConnectionId;
use presence_model::instance::ClientInfo;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, beacon};

/// A gateway client that reads, and two seconds without news.
fn stage() -> (Stage, ConnectionId) {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("g").gateway().session("g"));
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    (stage, reader)
}

fn listings(events: &[Arc<Event>]) -> Vec<Listing> {
    let listing = |event: &Arc<Event>| match &**event {
        Event::Welcome(welcome) => welcome.listing.clone(),
        Event::Listing(listing) | Event::Listed { listing, .. } => Some(listing.clone()),
        _ => None,
    };
    events.iter().filter_map(listing).collect()
}

#[test]
fn a_welcome_brings_the_list_with_the_newcomer_who_is_not_told_of_itself() {
    let (mut stage, reader) = stage();
    let ann = stage.arrive(&Visit::of("ann").gateway().session("a").instance("mac"));
    assert_eq!(stage.told_lines(ann), ["welcome a list v3 [ann/mac(a) g/g(g)]"]);
    assert_eq!(stage.take(reader), ["list v3 [ann/mac(a) g/g(g)]"]);
    stage.wait(Millis::seconds(5));
    assert!(stage.take(ann).is_empty());
    // From then on it reads.
    stage.arrive(&Visit::of("bob").session("b"));
    for connection in [ann, reader] {
        let [list] = &stage.take(connection)[..] else { panic!("one list") };
        assert!(list.starts_with("list v4 [bob/b(b) "), "{list}");
    }
}

#[test]
fn a_newcomer_hears_of_what_others_did_before_the_next_list() {
    let (mut stage, reader) = stage();
    stage.arrive(&Visit::of("x").session("x"));
    assert_eq!(stage.take(reader).len(), 1);
    // This one is not told yet, and the newcomer's welcome has it; what follows is told to both.
    let busy = stage.arrive(&Visit::of("busy").session("b"));
    let late = stage.arrive(&Visit::of("late").gateway().session("l"));
    stage.set_status(busy, Status::Busy);
    stage.hear_nothing();
    stage.wait(Millis::seconds(1));
    for connection in [late, reader] {
        assert_eq!(stage.take(connection), ["list v5 [busy/b(b):busy late/l(l) x/x(x) g/g(g)]"]);
    }
}

#[test]
fn who_asks_for_no_list_is_told_none() {
    let mut stage = Stage::new();
    let mut visit = Visit::of("g").gateway().session("g");
    visit.hello.wants_listing = false;
    let quiet = stage.arrive(&visit);
    stage.arrive(&Visit::of("ann").session("a"));
    assert_eq!(stage.take(quiet), ["welcome g"]);
    // It may still ask.
    stage.ask_for_list(quiet);
    assert_eq!(stage.take(quiet), ["answer 1: list v3 [ann/a(a) g/g(g)]"]);
    // Other dialects have other words.
    let mut binary = Visit::of("r").session("r");
    binary.hello.wants_listing = true;
    let reader = stage.arrive(&binary);
    assert_eq!(stage.take(reader), ["welcome r"]);
}

#[test]
fn the_list_is_told_at_once_and_then_once_a_second() {
    let (mut stage, reader) = stage();
    let ann = stage.arrive(&Visit::of("ann").session("a"));
    assert_eq!(stage.take(reader), ["list v3 [ann/a(a) g/g(g)]"]);
    for status in [Status::Busy, Status::Reviewing, Status::Busy] {
        stage.set_status(ann, status);
    }
    stage.arrive(&Visit::of("bob").session("b"));
    stage.wait(Millis(999));
    assert!(stage.take(reader).is_empty());
    stage.wait(Millis(1));
    assert_eq!(stage.take(reader), ["list v4 [ann/a(a):busy bob/b(b) g/g(g)]"]);
    stage.wait(Millis::seconds(9));
    assert!(stage.take(reader).is_empty());
    // A beacon does not wait; what it makes known is not told again.
    stage.set_status(ann, Status::Reviewing);
    assert_eq!(stage.take(reader).len(), 1);
    stage.set_status(ann, Status::Busy);
    stage.report(reader, beacon(None));
    assert_eq!(stage.told_lines(reader), ["list v5 [g/g(g) ann/a(a):busy bob/b(b)]", "taken 1"]);
    stage.wait(Millis::seconds(2));
    assert!(stage.take(reader).is_empty());
}

#[test]
fn who_left_stays_in_the_list_until_its_time_is_over() {
    let (mut stage, reader) = stage();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    let ann = stage.seat(&Visit::of("ann").session("a").host("desk"));
    stage.wait_with(&[reader, watcher], Millis::seconds(2));
    stage.hear_nothing();
    stage.close(ann, End::Clean);
    assert_eq!(stage.take(watcher), ["here v4 -ann/a"]);
    assert_eq!(stage.take(reader), ["list v5 [ann/a():offline:gone g/g(g) w/w(w)]"]);
    let left = stage.row("ann/a").unwrap();
    assert_eq!((left.reason.as_str(), left.ts, left.info.host.as_deref()), ("disconnect", stage.now, Some("desk")));
    assert_eq!(stage.presence().entries.len(), 2, "others are not shown it");
    stage.wait_with(&[reader, watcher], Millis::minutes(5));
    assert!(stage.row("ann/a").is_some(), "as old as it may be");
    stage.hear_nothing();
    stage.wait(Millis(1));
    assert_eq!(stage.take(reader), ["list v5 [g/g(g) w/w(w)]"]);
    assert!(stage.take(watcher).is_empty(), "for others it had gone");
    assert!(stage.row("ann/a").is_none());
}

#[test]
fn who_comes_back_to_an_entry_that_left_joins_anew() {
    let (mut stage, reader) = stage();
    let watcher = stage.seat(&Visit::of("w").session("w").watching(1));
    let ann = stage.seat(&Visit::of("ann").session("a").instance("Mac").host("desk"));
    stage.close(ann, End::Clean);
    stage.wait_with(&[reader, watcher], Millis::seconds(2));
    stage.hear_nothing();
    stage.arrive(&Visit::of("ann").session("b").instance("mac"));
    assert_eq!(stage.take(watcher), ["here v5 +ann/Mac(b)"]);
    let [list] = &stage.take(reader)[..] else { panic!("one list") };
    assert!(list.contains(" [ann/Mac(b) "), "{list}");
    let back = stage.row("ann/mac").unwrap();
    assert_eq!((back.reason.as_str(), back.info.host.as_deref()), ("connect", Some("desk")));
}

#[test]
fn another_user_on_the_same_socket_replaces_the_entry() {
    let (mut stage, _) = stage();
    let socket = stage.arrive(&Visit::of("ann").json().instance("mac"));
    stage.hello(socket, &Visit::of("bob").json().instance("mac"));
    assert_eq!(stage.rows(), ["bob/mac(fresh-3)", "g/g(g)"]);
    // And a session that is of another instance now leaves nothing of itself behind.
    stage.hello(socket, &Visit::of("bob").json().instance("phone"));
    assert_eq!(stage.rows(), ["bob/phone(fresh-3)", "g/g(g)"]);
    // Its other tab does.
    stage.arrive(&Visit::of("bob").session("tab").instance("phone"));
    stage.hello(socket, &Visit::of("bob").json().instance("mac"));
    assert_eq!(stage.rows(), ["bob/mac(fresh-3)", "bob/phone(tab)", "g/g(g)"]);
}

#[test]
fn the_version_counts_who_came_who_went_and_what_was_reported() {
    let (mut stage, reader) = stage();
    let mut version = 2;
    let mut counts = |stage: &mut Stage, by: u64, what: &str| {
        version += by;
        assert_eq!(stage.version(), version, "{what}");
    };
    let ann = stage.arrive(&Visit::of("ann").session("a").instance("mac"));
    counts(&mut stage, 1, "a connect");
    let tab = stage.arrive(&Visit::of("ann").session("b").instance("mac"));
    counts(&mut stage, 1, "a second connection of the same instance");
    stage.set_status(ann, Status::Busy);
    counts(&mut stage, 0, "a status");
    stage.close(ann, End::Lost);
    stage.wait_with(&[reader, tab], Millis::seconds(9));
    counts(&mut stage, 0, "a drop");
    let ann = stage.arrive(&Visit::of("ann").session("a").instance("mac").engine(1, 2));
    counts(&mut stage, 0, "a return in time");
    stage.close(ann, End::Clean);
    counts(&mut stage, 1, "the end of a tab");
    stage.close(tab, End::Lost);
    stage.wait_with(&[reader], Millis::seconds(10));
    counts(&mut stage, 1, "the end of the last one");
    stage.report(reader, beacon(Some("phone")));
    counts(&mut stage, 1, "a beacon");
    stage.report(reader, beacon(None));
    counts(&mut stage, 1, "a beacon about itself");
    stage.arrive(&Visit::of("ann").session("t").mode("cli"));
    counts(&mut stage, 0, "a command-line tool");
    stage.wait_with(&[reader], Millis::minutes(6));
    counts(&mut stage, 0, "pruning");
    assert_eq!(stage.rows(), ["g/g(g)"]);
}

#[test]
fn the_version_starts_at_one_and_the_first_connect_makes_two() {
    let mut stage = Stage::new();
    let first = stage.arrive(&Visit::of("g").gateway().session("g"));
    assert_eq!(stage.take(first), ["welcome g list v2 [g/g(g)]"]);
    let mut stage = Stage::new();
    let tool = stage.arrive(&Visit::of("g").gateway().session("g").mode("cli"));
    assert_eq!(stage.take(tool), ["welcome g list v1 []"]);
}

#[test]
fn the_newest_life_sign_comes_first() {
    let (mut stage, reader) = stage();
    let names = ["a", "b", "c"];
    let people = names.map(|name| {
        stage.wait(Millis(10));
        stage.arrive(&Visit::of(name).session(name))
    });
    stage.wait(Millis(10));
    stage.life_sign(people[1]);
    stage.wait(Millis(10));
    stage.close(people[0], End::Clean);
    stage.hear_nothing();
    stage.ask_for_list(reader);
    assert_eq!(stage.take(reader), ["answer 1: list v6 [a/a():offline:gone b/b(b) c/c(c) g/g(g)]"]);
}

#[test]
fn where_others_are_is_shown_to_operators_only() {
    let mut stage = Stage::new();
    let mut desk = Visit::of("ann").session("ann").host("desk").ip("10.0.0.7");
    desk.hello.info.text = Some("Node: desk (10.0.0.7)".to_owned());
    stage.arrive(&desk);
    let plain = stage.arrive(&Visit::of("p").gateway().session("p").scoped(&[]));
    let operator = stage.arrive(&Visit::of("o").gateway().session("o").scoped(&["operator.read"]));
    let machine = |listing: &Listing| {
        let entry = listing.entries.iter().find(|entry| entry.user_id.as_str() == "ann").unwrap();
        let ClientInfo { host, text, .. } = &entry.info;
        [host.clone(), entry.ip.clone(), text.clone()].map(|text| text.is_some())
    };
    for time in [0, 2] {
        stage.wait(Millis::seconds(time));
        for (reader, sees) in [(plain, false), (operator, true)] {
            stage.ask_for_list(reader);
            stage.report(reader, beacon(Some("phone")));
            let told = listings(&stage.events(reader));
            assert!(told.len() >= 2 && told.iter().all(|listing| machine(listing) == [sees; 3]), "{told:?}");
        }
    }
    // Another token shows more at once.
    stage.hear_nothing();
    stage.renew(plain, &Visit::of("p").gateway().scoped(&["operator.read"]));
    let [listing] = &listings(&stage.events(plain))[..] else { panic!("one list") };
    assert_eq!(machine(listing), [true; 3]);
}

#[test]
fn a_list_is_given_again_before_its_stamps_are_old() {
    let (mut stage, reader) = stage();
    stage.wait_with(&[reader], Millis::seconds(235));
    assert!(stage.take(reader).is_empty());
    stage.wait_with(&[reader], Millis::seconds(5));
    assert_eq!(stage.take(reader), ["list v2 [g/g(g)]"]);
}

#[test]
fn who_missed_something_gets_the_list_and_who_unsubscribes_none() {
    let (mut stage, reader) = stage();
    for command in [Command::Resync(Picture::Presence), Command::Subscribe] {
        stage.say(reader, command);
        assert_eq!(stage.take(reader), ["list v2 [g/g(g)]"]);
    }
    // What it was given is not told again.
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.set_status(ann, Status::Busy);
    stage.say(reader, Command::Resync(Picture::Presence));
    assert_eq!(stage.take(reader), ["list v3 [ann/a(a):busy g/g(g)]"]);
    stage.wait(Millis::seconds(2));
    assert!(stage.take(reader).is_empty());
    stage.say(reader, Command::Unsubscribe);
    stage.arrive(&Visit::of("bob").session("b"));
    stage.wait(Millis::seconds(2));
    assert!(stage.take(reader).is_empty());
    // A beacon is answered all the same.
    stage.report(reader, beacon(None));
    assert_eq!(stage.take(reader), ["taken 1"]);
}
