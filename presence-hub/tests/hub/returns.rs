//! Who comes back without the name of its session: clients that know their instance and nothing else.

use presence_hub::hub::Counts;
use presence_hub::io::End;
use presence_model::command::Command;
use presence_model::id::ConnectionId;
use presence_model::time::Millis;

use crate::stage::{Stage, pair};
use crate::visit::Visit;

/// A reader of each form, with the list shown.
fn observers(stage: &mut Stage) -> [ConnectionId; 3] {
    let binary = stage.seat(&Visit::of("b").session("b").watching(1));
    let json = stage.seat(&Visit::of("j").session("j").json());
    stage.say(json, Command::Subscribe);
    [binary, json, stage.seat(&Visit::of("g").gateway().session("g"))]
}

fn kleoz() -> Visit {
    Visit::of("ann").json().instance("laptop").mode("webchat").host("desk")
}

fn gateway() -> Visit {
    Visit::of("ann").gateway().instance("laptop").mode("ui").host("desk")
}

#[test]
fn twenty_drops_of_under_ten_seconds_are_seen_by_nobody() {
    for visit in [kleoz(), gateway()] {
        let mut stage = Stage::new();
        let observers = observers(&mut stage);
        let mut connection = stage.arrive(&visit);
        stage.wait_with(&observers, Millis::seconds(2));
        stage.hear_nothing();
        let version = stage.version();
        for drop in 1..=20 {
            stage.wait_with(&observers, Millis(300 * drop));
            stage.close(connection, if drop % 3 == 0 { End::GoingAway } else { End::Lost });
            stage.wait_with(&observers, Millis(if drop % 3 == 0 { 2_999 } else { 9_999 }));
            connection = stage.arrive(&visit);
            let told = stage.take(connection);
            assert!(told[0].starts_with("welcome again fresh-"), "{told:?}");
        }
        for observer in observers {
            // Once in a while a living entry is told again; here nobody comes, goes or changes.
            let told = stage.take(observer);
            assert!(told.iter().all(|line| !line.contains('+') && !line.contains('-')), "{:?}: {told:?}", visit.form);
        }
        assert_eq!(stage.version(), version);
    }
}

#[test]
fn one_drop_is_told_to_no_reader_of_any_form() {
    for visit in [kleoz(), gateway()] {
        let mut stage = Stage::new();
        let observers = observers(&mut stage);
        let connection = stage.arrive(&visit);
        stage.wait_with(&observers, Millis::seconds(2));
        stage.hear_nothing();
        stage.close(connection, End::Lost);
        stage.wait_with(&observers, Millis(9_999));
        stage.arrive(&visit);
        stage.wait_with(&observers, Millis::seconds(20));
        for observer in observers {
            assert!(stage.take(observer).is_empty(), "{:?}", visit.form);
        }
    }
}

#[test]
fn a_line_that_just_dies_is_gone_once_within_45_s() {
    let mut stage = Stage::new();
    let observers = observers(&mut stage);
    let connection = stage.arrive(&gateway());
    stage.wait_with(&observers, Millis::seconds(2));
    stage.hear_nothing();
    stage.wait_with(&observers, Millis(42_999));
    let before = observers.map(|observer| stage.take(observer));
    assert!(before.iter().flatten().all(|line| !line.contains(" -ann/") && !line.contains("gone")), "{before:?}");
    stage.wait(Millis(1));
    let told = observers.map(|observer| stage.take(observer).join("; "));
    assert!(told[0].ends_with(" -ann/laptop") && told[1].ends_with(" -ann/laptop"), "{told:?}");
    assert!(told[2].contains("ann/laptop():offline:gone"), "{told:?}");
    assert_eq!(stage.take(connection).last().map(String::as_str), Some("closed 4000"));
    stage.close(connection, End::Lost);
    stage.wait_with(&observers, Millis::minutes(2));
    for observer in observers {
        assert!(stage.take(observer).is_empty(), "there is nothing more to tell");
    }
}

#[test]
fn a_session_is_not_taken_up_by_who_is_not_like_its_client() {
    let held = || Visit::of("ann").json().instance("laptop");
    let others: [(&str, Visit); 5] = [
        ("another user", Visit::of("bob").json().instance("laptop")),
        ("another instance", Visit::of("ann").json().instance("phone")),
        ("no instance", Visit::of("ann").json()),
        ("an engine", Visit::of("ann").instance("laptop")),
        ("a command-line tool", held().mode("cli")),
    ];
    for (what, other) in others {
        let mut stage = Stage::new();
        let connection = stage.arrive(&held());
        stage.close(connection, End::Lost);
        assert_eq!(stage.arrive_and_take(&other), ["welcome fresh-2"], "{what}");
    }
    let mut stage = Stage::new();
    let connection = stage.arrive(&held());
    stage.close(connection, End::Lost);
    assert_eq!(stage.arrive_and_take(&Visit::of("ann").json().instance(" LAPTOP")), ["welcome again fresh-1"]);
}

#[test]
fn an_engines_session_waits_for_the_engine() {
    let mut stage = Stage::new();
    let connection = stage.arrive(&Visit::of("ann").session("tab").instance("laptop"));
    stage.close(connection, End::GoingAway);
    assert_eq!(stage.arrive_and_take(&kleoz()), ["welcome fresh-2"]);
}

#[test]
fn a_session_with_a_socket_or_in_a_room_is_left_alone() {
    let mut stage = Stage::new();
    let connection = stage.arrive(&kleoz());
    assert_eq!(stage.arrive_and_take(&kleoz()), ["welcome fresh-2"], "a second tab");
    stage.join(connection, "lobby");
    stage.close(connection, End::Lost);
    assert_eq!(stage.arrive_and_take(&kleoz()), ["welcome fresh-3"], "a room waits for who was in it");
    assert_eq!(stage.list("lobby"), ["fresh-1"]);
}

#[test]
fn of_two_that_are_held_the_one_held_last_comes_first() {
    for order in [[0, 1], [1, 0]] {
        let mut stage = Stage::new();
        let both = [stage.arrive(&kleoz()), stage.arrive(&kleoz())];
        for which in order {
            stage.close(both[which], End::Lost);
            stage.wait(Millis(1));
        }
        stage.hear_nothing();
        for which in [order[1], order[0]] {
            let back = stage.arrive(&kleoz());
            assert_eq!(stage.take(back), [format!("welcome again fresh-{}", which + 1)]);
        }
        assert_eq!(stage.arrive_and_take(&kleoz()), ["welcome fresh-5"]);
    }
}

#[test]
fn gateway_connections_do_not_count_among_a_users_sessions() {
    let mut stage = Stage::new();
    for n in 0..7 {
        let told = stage.arrive_and_take(&Visit::of("ann").gateway().instance(&format!("g{n}")));
        assert!(told[0].starts_with("welcome "), "{told:?}");
    }
    for n in 0..5 {
        assert_eq!(stage.arrive_and_take(&Visit::of("ann").session(&format!("tab-{n}"))).len(), 1);
    }
    let sixth = stage.arrive(&Visit::of("ann").session("tab-6"));
    assert_eq!(stage.take(sixth), ["refused hello: too_many_sessions", "closed 4003"]);
    let gateway = stage.arrive(&Visit::of("ann").gateway().session("late"));
    assert_eq!(stage.desk(gateway).closed, None);
    assert_eq!(stage.presence().entries.len(), 13, "and all of them are in the list");
}

#[test]
fn who_is_about_to_say_its_instance_is_not_shown_as_another_one_first() {
    let mut stage = Stage::new();
    let [binary, ..] = observers(&mut stage);
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    let provisional = || {
        let mut visit = Visit::of("ann").json();
        visit.hello.is_provisional = true;
        visit
    };
    let first = stage.arrive(&provisional());
    assert!(stage.take(binary).is_empty());
    stage.hello(first, &kleoz());
    assert_eq!(stage.take(binary), ["here v4 +ann/laptop(fresh-4)"]);
    // It lost its line, and comes back the same way.
    stage.close(first, End::Lost);
    let second = stage.arrive(&provisional());
    stage.hello(second, &kleoz());
    stage.wait_with(&[second, binary], Millis::seconds(20));
    assert!(stage.take(binary).iter().all(|line| !line.contains("laptop")), "it was never away");
    assert_eq!(stage.row("ann/laptop").unwrap().sessions.len(), 1);
    // Who says no more appears when it is told to.
    let third = stage.arrive(&provisional());
    stage.hear_nothing();
    stage.say(third, Command::Appear);
    assert_eq!(stage.take(binary).len(), 1);
    // And who goes before that was never there.
    let fourth = stage.arrive(&provisional());
    stage.close(fourth, End::Clean);
    assert!(stage.take(binary).is_empty());
}

#[test]
fn who_is_not_known_yet_counts_for_nothing() {
    let (mut stage, [ann, bob]) = pair();
    let tab = stage.seat(&Visit::of("ann").session("tab").instance("tab").input_ago(Millis::seconds(40)));
    stage.say(ann, Command::Goodbye);
    stage.join(tab, "lobby");
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let before = stage.hubs[0].counts();
    for user in ["ann", "eve"] {
        let mut visit = Visit::of(user).json();
        visit.hello.is_provisional = true;
        let unknown = stage.arrive(&visit);
        stage.wait(Millis::seconds(1));
        assert!(stage.take(bob).is_empty());
        let counts = stage.hubs[0].counts();
        assert_eq!(before, Counts { unseen: 0, ..counts }, "{user}");
        stage.close(unknown, End::Clean);
        stage.wait(Millis::seconds(1));
        assert!(stage.take(bob).is_empty());
    }
    let mut visit = Visit::of("ann").json();
    visit.hello.is_provisional = true;
    let unknown = stage.seat(&visit);
    stage.say(unknown, Command::Appear);
    assert_eq!(stage.take(bob), ["lobby v4 tab active"], "she is more present than her idle tab");
}
