//! Notifications: who is told, and what waits for who is away.

use std::sync::Arc;

use presence_hub::io::End;
use presence_model::command::Command;
use presence_model::feed::Recipient;
use presence_model::id::ConnectionId;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::messages::NOTHING;
use crate::stage::Stage;
use crate::visit::{Visit, user};

impl Stage {
    /// All has arrived that somebody was told.
    fn show_reading(&mut self, connection: ConnectionId) {
        self.settle();
        let mark = self.last_mark(connection).expect("a notification was told");
        self.arrived(connection, mark);
    }
}

#[test]
fn what_waited_is_told_once_and_in_order() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    for id in ["1", "2", "3"] {
        assert_eq!(stage.notify(Some("ann"), id), (0, 1));
    }
    assert_eq!(stage.take(bob), NOTHING, "it is for her alone");
    assert_eq!(stage.kept("ann"), ["1", "2", "3"].map(Arc::from));
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann), ["welcome ann", "ann online", "info 1", "info 2", "info 3"]);
    let tab = stage.follower(&Visit::of("ann").json().session("tab"));
    assert_eq!(stage.take(tab), ["welcome tab", "ann online"]);
    stage.show_reading(ann);
    assert_eq!(stage.kept("ann"), [] as [Arc<str>; 0]);
    stage.close(ann, End::Lost);
    stage.close(tab, End::Lost);
    stage.wait(Millis::minutes(1));
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann), ["welcome ann", "ann online"]);
}

#[test]
fn who_is_here_is_told_at_all_his_sockets_and_others_are_not() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seated_follower(name));
    let tab = stage.follower(&Visit::of("ann").session("tab"));
    let deaf = stage.arrive(&Visit::of("ann").session("deaf"));
    stage.hear_nothing();
    assert_eq!(stage.notify(Some("ann"), "1"), (2, 0));
    assert_eq!([ann, tab, bob, deaf].map(|who| stage.take(who)), [&["info 1"][..], &["info 1"], &[], &[]]);
    assert_eq!(stage.notify(None, "2"), (3, 0));
    assert_eq!([ann, tab, bob, deaf].map(|who| stage.take(who)), [&["info 2"][..], &["info 2"], &["info 2"], &[]]);
    stage.show_reading(ann);
    assert_eq!(stage.kept("ann"), [] as [Arc<str>; 0], "nothing waits");
}

#[test]
fn what_was_told_to_a_dead_line_waits_again() {
    for how in ["closed", "silent", "replaced", "another tab"] {
        let mut stage = Stage::new();
        let ann = stage.seated_follower("ann");
        stage.notify(Some("ann"), "1");
        stage.show_reading(ann);
        for id in ["2", "3"] {
            assert_eq!(stage.notify(Some("ann"), id), (1, 0), "nobody knows yet");
        }
        stage.hear_nothing();
        let visit = Visit::of("ann").json().session(if how == "another tab" { "tab" } else { "ann" });
        match how {
            "closed" => stage.close(ann, End::Lost),
            "silent" => stage.wait(Timing::default().gone_after),
            _ => {}
        }
        let back = stage.follower(&visit);
        if how == "another tab" {
            assert_eq!(stage.take(back), ["welcome tab", "ann online"]);
            stage.close(ann, End::Lost);
            assert_eq!(stage.take(back), ["info 2", "info 3"]);
        } else {
            assert_eq!(stage.take(back)[1..], ["ann online", "info 2", "info 3"], "{how}");
        }
        stage.show_reading(back);
        assert_eq!(stage.kept("ann"), [] as [Arc<str>; 0], "{how}");
    }
}

#[test]
fn what_was_said_before_it_was_read_confirms_nothing() {
    for how in ["a life sign", "a goodbye", "a tab that closes", "a hello", "a killed server"] {
        let mut stage = Stage::new();
        let ann = stage.seated_follower("ann");
        stage.notify(Some("ann"), "1");
        stage.life_sign(ann);
        match how {
            "a life sign" => stage.close(ann, End::Lost),
            "a goodbye" => stage.say(ann, Command::Goodbye),
            "a tab that closes" => stage.close(ann, End::GoingAway),
            "a hello" => {
                stage.hello(ann, &Visit::of("ann").json().session("ann"));
                stage.close(ann, End::Clean);
            }
            _ => stage.restart(),
        }
        assert_eq!(stage.kept("ann"), ["1".into()], "{how}");
        let back = stage.follower(&Visit::of("ann").json().session("back"));
        assert_eq!(stage.take(back)[2..], ["info 1"], "{how}");
        stage.show_reading(back);
        stage.close(back, End::Lost);
        let back = stage.follower(&Visit::of("ann").json().session("again"));
        assert_eq!(stage.take(back)[2..], NOTHING, "{how}");
    }
}

/// Or what waits would close each socket that comes for it.
#[test]
fn much_that_waited_is_told_in_parts_and_in_order() {
    let limits = Limits::default();
    let mut stage = Stage::new();
    let most = limits.notifications_per_user;
    let worst = "\u{1}".repeat(limits.said_bytes);
    for id in 0..most {
        stage.notify_with(Recipient::User(user("ann")), &id.to_string(), &worst);
    }
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    let mut told = stage.take(ann)[2..].to_vec();
    let mut all = 0..most + 1;
    let mut parts = 0;
    // What comes meanwhile keeps its place.
    assert_eq!(stage.notify(Some("ann"), &most.to_string()), (0, 1));
    while !told.is_empty() {
        parts += 1;
        let bytes = told.len().min(most - all.start) * worst.len() * 6;
        assert!(bytes <= 256 * 1024, "{bytes} at once");
        for line in told {
            assert_eq!(line, format!("info {}", all.next().unwrap()));
        }
        stage.life_sign(ann);
        let all: Vec<_> = stage.connections();
        stage.wait_with(&all, Timing::default().gone_after);
        assert_eq!(stage.take(ann), NOTHING, "the part before is not known to have arrived");
        stage.show_reading(ann);
        told = stage.take(ann);
    }
    assert!(all.is_empty() && parts > most / 4, "{all:?} in {parts}");
    assert_eq!(stage.kept("ann"), [] as [Arc<str>; 0]);
}

#[test]
fn one_line_that_lives_is_enough() {
    let mut stage = Stage::new();
    let [ann, tab] = ["ann", "tab"].map(|id| stage.follower(&Visit::of("ann").json().session(id)));
    stage.notify(Some("ann"), "1");
    stage.close(tab, End::Lost);
    stage.show_reading(ann);
    stage.close(ann, End::Lost);
    let back = stage.follower(&Visit::of("ann").json().session("back"));
    assert_eq!(stage.take(back), ["welcome back", "ann online"]);
}

#[test]
fn whose_line_is_suspect_is_told_when_it_shows_itself_again() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let ann = stage.seated_follower("ann");
    stage.wait_with(&[bob], Timing::default().suspect_after);
    assert_eq!(stage.notify(Some("ann"), "1"), (0, 1));
    assert_eq!(stage.take(ann), NOTHING);
    stage.life_sign(ann);
    assert_eq!(stage.take(ann), ["info 1"]);
    // The same, with a tab that lives: both hear it at once.
    stage.wait_with(&[bob], Timing::default().suspect_after);
    let tab = stage.follower(&Visit::of("ann").json().session("tab"));
    stage.hear_nothing();
    assert_eq!(stage.notify(Some("ann"), "2"), (1, 0));
    assert_eq!([ann, tab].map(|who| stage.take(who)), [["info 2"], ["info 2"]]);
}

#[test]
fn what_waits_survives_a_restart_and_what_arrived_does_not() {
    let mut stage = Stage::new();
    for id in ["1", "2"] {
        stage.notify(Some("ann"), id);
    }
    stage.restart();
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann)[2..], ["info 1", "info 2"]);
    stage.show_reading(ann);
    stage.restart();
    stage.notify(Some("ann"), "3");
    stage.restart();
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann)[2..], ["info 3"]);
    // Nobody knows whether that arrived.
    stage.restart();
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann)[2..], ["info 3"]);
}

#[test]
fn what_waits_is_bounded_and_the_oldest_go() {
    let limits = Limits { notifications_per_user: 3, notifications: 5, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    for id in ["1", "2", "3", "4"] {
        stage.notify(Some("ann"), id);
    }
    stage.notify(Some("ann"), "4");
    assert_eq!(stage.kept("ann"), ["2", "3", "4"].map(Arc::from), "the same waits once");
    for id in ["5", "6", "7"] {
        stage.notify(Some("bob"), id);
    }
    assert_eq!(stage.kept("ann"), ["3", "4"].map(Arc::from));
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann)[2..], ["info 3", "info 4"]);
    // What is told and not known to have arrived is bounded by itself, and drives away nothing that waits.
    for id in ["a", "b", "c", "d"] {
        stage.notify(Some("ann"), id);
    }
    assert_eq!(stage.kept("bob"), ["5", "6", "7"].map(Arc::from));
    stage.close(ann, End::Lost);
    assert_eq!(stage.kept("ann"), ["b", "c", "d"].map(Arc::from));
    assert_eq!(stage.kept("bob"), ["6", "7"].map(Arc::from));
}

#[test]
fn what_waits_is_bounded_in_bytes() {
    let limits = Limits { notification_bytes_kept: 4_000, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    for (name, id) in [("ann", "1"), ("bob", "2"), ("carl", "3"), ("dora", "4")] {
        stage.notify_with(Recipient::User(user(name)), id, &"x".repeat(1_000));
    }
    assert_eq!(["ann", "bob", "carl", "dora"].map(|name| stage.kept(name).len()), [0, 1, 1, 1]);
}

#[test]
fn what_waited_for_too_long_is_not_told() {
    let mut stage = Stage::new();
    stage.notify(Some("ann"), "old");
    stage.wait(Millis::minutes(1));
    stage.notify(Some("ann"), "new");
    stage.wait(Timing::default().notifications_kept - Millis::minutes(1));
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann)[2..], ["info new"]);
    assert_eq!(stage.kept("ann"), ["new".into()]);
}

#[test]
fn who_is_here_unseen_hears_it_and_nobody_learns_that() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let ann = stage.follower(&Visit::of("ann").json().session("ann").invisible());
    stage.hear_nothing();
    assert_eq!(stage.notify(Some("ann"), "1"), (0, 1));
    assert_eq!(stage.notify(None, "2"), (1, 0));
    assert_eq!(stage.chat("c", "3"), 1);
    stage.members_are("d", &["ann"]);
    assert_eq!(stage.chat("d", "4"), 0);
    assert_eq!(stage.last_seen("ann"), (None, false));
    assert_eq!(stage.take(ann), ["info 1", "info 2", "chat c 3", "chat d 4"]);
    assert_eq!(stage.take(bob), ["info 2", "chat c 3"]);
    stage.show_reading(ann);
    assert_eq!(stage.kept("ann"), [] as [Arc<str>; 0]);
}
