//! When somebody was here last, and how often that is noted.

use presence_hub::io::End;
use presence_hub::saved::{Change, Who};
use presence_model::limit::{Limits, Timing};
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

#[test]
fn somebody_was_here_last_when_his_last_session_was() {
    let mut stage = Stage::new();
    assert_eq!(stage.last_seen("ann"), (None, false));
    let ann = stage.arrive(&Visit::of("ann").session("ann"));
    let tab = stage.arrive(&Visit::of("ann").session("tab"));
    stage.wait_with(&[ann, tab], Millis::seconds(20));
    assert_eq!(stage.last_seen("ann"), (Some(stage.now), true));
    stage.saved.clear();
    stage.close(tab, End::Clean);
    let of_user = |change: &Change| matches!(change, Change::LastSeen { who: Who::User(_), .. });
    assert!(!stage.saved.iter().any(of_user), "she is still here");
    assert_eq!(stage.last_seen("ann"), (Some(stage.now), true));
    stage.close(ann, End::Lost);
    let lost_at = stage.now;
    stage.wait(Millis::seconds(5));
    assert_eq!(stage.last_seen("ann"), (Some(lost_at), true), "she may come back");
    stage.wait(Millis::minutes(1));
    assert_eq!(stage.last_seen("ann"), (Some(lost_at), false));
    stage.restart();
    assert_eq!(stage.last_seen("ann"), (Some(lost_at), false));
    // Whose line falls silent was here when it spoke last.
    let ann = stage.arrive(&Visit::of("ann").session("ann"));
    stage.wait_with(&[ann], Millis::seconds(30));
    let spoke_at = stage.now;
    stage.wait(Millis::minutes(2));
    assert_eq!(stage.last_seen("ann"), (Some(spoke_at), false));
    stage.wait(Timing::default().last_seen_kept);
    assert_eq!(stage.last_seen("ann"), (None, false));
}

#[test]
fn of_who_hides_there_is_what_was_known_before() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann").session("ann"));
    stage.wait_with(&[ann], Millis::seconds(20));
    let hid_at = stage.now;
    stage.choose(ann, Status::Offline, None);
    let saved = stage.saved.len();
    stage.wait_with(&[ann], Millis::minutes(5));
    assert_eq!(stage.last_seen("ann"), (Some(hid_at), false));
    stage.close(ann, End::Clean);
    assert_eq!((stage.last_seen("ann"), stage.saved.len()), ((Some(hid_at), false), saved));
}

#[test]
fn a_tab_whose_line_fell_silent_takes_nothing_from_another_that_ended_later() {
    let mut stage = Stage::new();
    let silent = stage.arrive(&Visit::of("ann").session("silent").instance("laptop"));
    let tab = stage.arrive(&Visit::of("ann").session("tab").instance("laptop"));
    stage.wait(Timing::default().suspect_after - Millis::seconds(1));
    stage.life_sign(tab);
    stage.wait(Millis::seconds(2));
    let ended_at = stage.now;
    stage.close(tab, End::Clean);
    assert_eq!(stage.last_seen("ann"), (Some(ended_at), true));
    stage.wait(Millis::minutes(5));
    assert!(stage.is_empty(), "{silent} is gone");
    assert_eq!(stage.last_seen("ann"), (Some(ended_at), false));
    let of_laptop = |(who, _): &&(Who, Millis)| matches!(who, Who::Instance(_));
    assert_eq!(stage.disk().last_seen.iter().find(of_laptop).unwrap().1, ended_at);
    stage.restart();
    assert_eq!(stage.last_seen("ann"), (Some(ended_at), false));
}

#[test]
fn who_is_here_when_the_server_is_killed_was_here_until_then() {
    let mut stage = Stage::new();
    let all = ["ann", "bob"].map(|name| stage.arrive(&Visit::of(name).session(name)));
    stage.wait_with(&all, Millis::minutes(2));
    stage.close(all[1], End::Clean);
    let bob_left_at = stage.now;
    stage.wait_with(&all[..1], Millis::seconds(40));
    let killed_at = stage.now;
    stage.saved.push(Change::LastSeen { who: Who::Server, at: killed_at });
    stage.wait(Millis::minutes(3));
    stage.restart();
    for _ in 0..2 {
        assert_eq!(stage.last_seen("ann"), (Some(killed_at), false));
        assert_eq!(stage.last_seen("bob"), (Some(bob_left_at), false));
        // That the next one was alive says nothing of her.
        stage.wait(Millis::minutes(1));
        stage.saved.push(Change::LastSeen { who: Who::Server, at: stage.now });
        stage.restart();
    }
}

#[test]
fn a_server_that_ends_in_order_says_of_everybody_when_he_was_here() {
    let mut stage = Stage::new();
    let all = ["ann", "bob", "carl"].map(|name| stage.arrive(&Visit::of(name).session(name).instance("laptop")));
    stage.choose(all[2], Status::Offline, None);
    let hid_at = stage.now;
    stage.wait_with(&all, Millis::seconds(90));
    stage.close(all[1], End::Lost);
    let lost_at = stage.now;
    stage.wait_with(&all[..1], Millis::seconds(3));
    stage.saved.push(Change::LastSeen { who: Who::Server, at: stage.now + Millis::minutes(1) });
    let ended_at = stage.now;
    stage.end_and_restart();
    stage.wait(Millis::minutes(2));
    let seen = ["ann", "bob", "carl"].map(|name| stage.last_seen(name).0.unwrap());
    assert_eq!(seen, [ended_at, lost_at, hid_at]);
    let times: Vec<_> = stage.disk().last_seen.into_iter().map(|(_, at)| at).collect();
    assert_eq!(times.len(), 9, "of each the session and the instance too");
    assert!(times.iter().all(|at| seen.contains(at)), "{times:?}");
}

#[test]
fn who_stays_is_noted_once() {
    let mut stage = Stage::new();
    let all: Vec<_> = (0..60).map(|n| stage.arrive(&Visit::of(&format!("u{n}")).session(&format!("s{n}")))).collect();
    stage.wait_with(&all, Millis::minutes(10));
    assert_eq!(stage.saved.len(), 3 * all.len(), "each user, instance and session when it comes");
    // Tabs of one user are one user.
    let mut stage = Stage::new();
    let tabs = ["1", "2", "3"].map(|id| stage.arrive(&Visit::of("ann").session(id).instance("laptop")));
    stage.wait_with(&tabs, Millis::minutes(10));
    assert_eq!(stage.saved.len(), 5, "{:?}", stage.saved);
}

#[test]
fn those_who_went_longest_ago_are_forgotten() {
    let mut stage = Stage::with(1, Limits { last_seen: 2, ..Limits::default() });
    for name in ["ann", "bob", "ann", "carl"] {
        let who = stage.arrive(&Visit::of(name).session(name));
        stage.close(who, End::Clean);
        stage.wait(Millis(1));
    }
    assert_eq!(["ann", "bob", "carl"].map(|name| stage.last_seen(name).0.is_some()), [true, false, true]);
    assert_eq!(stage.disk().last_seen.len(), 6, "two of each kind");
}
