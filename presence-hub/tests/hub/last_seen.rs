//! When somebody was here last, and how often that is noted.

use std::collections::BTreeSet;

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
fn who_stays_is_noted_once_a_minute_and_not_all_at_once() {
    let mut stage = Stage::new();
    let all: Vec<_> = (0..60).map(|n| stage.arrive(&Visit::of(&format!("u{n}")).session(&format!("s{n}")))).collect();
    assert_eq!(stage.saved.len(), 3 * all.len(), "each user, instance and session when it comes");
    stage.wait_with(&all, Millis::minutes(2));
    let mut moments = BTreeSet::new();
    for _ in 0..12 {
        stage.saved.clear();
        stage.wait_with(&all, Millis::seconds(5));
        let users = stage.saved.iter().filter_map(|change| match change {
            Change::LastSeen { who: Who::User(user), .. } => Some(user.clone()),
            _ => None,
        });
        let users: Vec<_> = users.collect();
        assert!(users.len() < all.len() / 3, "{} at once", users.len());
        moments.extend(users);
    }
    assert_eq!(moments.len(), all.len(), "each in the minute");
    // Tabs of one user are one user.
    let mut stage = Stage::new();
    let tabs = ["1", "2", "3"].map(|id| stage.arrive(&Visit::of("ann").session(id).instance("laptop")));
    stage.wait_with(&tabs, Millis::minutes(2));
    stage.saved.clear();
    stage.wait_with(&tabs, Millis::minutes(10));
    let count = |is_it: fn(&Who) -> bool| {
        stage.saved.iter().filter(|change| matches!(change, Change::LastSeen { who, .. } if is_it(who))).count()
    };
    let counts = [count(|who| matches!(who, Who::User(_))), count(|who| matches!(who, Who::Instance(_)))];
    assert!(counts.iter().all(|count| (9..=10).contains(count)), "{counts:?}");
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
