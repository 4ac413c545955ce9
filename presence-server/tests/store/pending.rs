//! What waits for the disk comes to the same as everything that happened, and is not more than there are subjects.

use presence_hub::saved::Change;
use presence_server::store::contract::Store;
use presence_server::store::memory::MemoryStore;
use presence_server::store::pending::Pending;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::changes::{CommitAll, any_change, kept, reported, user};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// `before` is on the disk already; `failed` was to be written and was not; `later` came meanwhile.
    #[test]
    fn the_newest_of_each_subject_is_enough(
        before in vec(any_change(), 0..20),
        failed in vec(any_change(), 0..20),
        later in vec(any_change(), 0..20),
    ) {
        let (mut plain, mut merged) = (MemoryStore::default(), MemoryStore::default());
        for change in before.iter().chain(&failed).chain(&later) {
            plain.commit_all(std::slice::from_ref(change)).unwrap();
        }
        merged.commit_all(&before).unwrap();
        let mut unwritten = Pending::default();
        failed.into_iter().for_each(|change| unwritten.keep(change));
        let mut news = Pending::default();
        later.into_iter().for_each(|change| news.keep(change));
        unwritten.then(&news);
        merged.commit(&mut unwritten.iter()).unwrap();
        prop_assert_eq!(merged.load().unwrap(), plain.load().unwrap());
    }
}

#[test]
fn an_agent_that_reports_for_hours_waits_once() {
    let mut pending = Pending::default();
    assert!(pending.is_empty());
    for at in 0..10_000 {
        pending.keep(reported("a", at, &["key"], at));
        // As the hub does it when it has too many keys.
        pending.keep(Change::KeysForgotten { up_to: presence_model::time::Millis(at.saturating_sub(100)) });
    }
    let changes = pending.iter().count();
    assert!(!pending.is_empty() && changes < 110, "{changes}");
    assert_eq!(changes, pending.len());
}

#[test]
fn people_who_are_told_without_a_disk_do_not_pile_up_for_ever() {
    let mut pending = Pending::default();
    for number in 0..150_000 {
        let id = number.to_string();
        pending.keep(kept("ann", &id, number));
        pending.keep(Change::NotKept { user: user("ann"), id: id.into() });
    }
    assert_eq!(pending.len(), 100_000);
}
