//! What every store promises. A new one is added to the table of makers, and to nothing else.

use presence_hub::saved::{Change, HERE, ReportKey, Saved, Who};
use presence_model::agent::FeatureStatus;
use presence_model::id::ConversationId;
use presence_model::time::Millis;
use presence_server::store::contract::Store;
use presence_server::store::memory::MemoryStore;
use presence_server::store::pending::Pending;
use presence_server::store::sqlite::SqliteStore;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::changes::{CommitAll, agent, any_change, feature, kept, notification, record, reported, user};
use crate::directory::Directory;

/// Opens a store that outlives what it gives out: each call gives the same one anew.
type Maker = Box<dyn FnMut() -> Box<dyn Store>>;

fn makers() -> Vec<(&'static str, Maker)> {
    let memory = MemoryStore::default();
    let directory = Directory::new();
    vec![
        ("memory", Box::new(move || Box::new(memory.clone()))),
        ("sqlite", Box::new(move || Box::new(SqliteStore::open(directory.path()).unwrap()))),
    ]
}

fn conversation(name: &str) -> ConversationId {
    ConversationId::parse(name).unwrap()
}

fn seen(name: &str, at: u64) -> (Who, Millis) {
    (Who::User(user(name)), Millis(at))
}

fn last_seen(name: &str, at: u64) -> Change {
    let (who, at) = seen(name, at);
    Change::LastSeen { who, at }
}

fn key(of: &str, key: &str, at: u64) -> (ReportKey, Millis) {
    (ReportKey { agent: agent(of), key: key.into() }, Millis(at))
}

fn working_on(name: &str, status: FeatureStatus, at: u64) -> Change {
    Change::Feature { feature: feature(name), status, at: Millis(at) }
}

fn members(name: &str, names: &[&str], at: u64) -> Change {
    let members = names.iter().map(|name| user(name)).collect();
    Change::Members { conversation: conversation(name), members, at: Millis(at) }
}

/// Commits, one after the other, and what must be kept in the end.
fn cases() -> Vec<(&'static str, Vec<Vec<Change>>, Saved)> {
    let nothing = Saved::default;
    vec![
        ("nothing", vec![vec![]], nothing()),
        (
            "the newest record of an agent, and all keys",
            vec![
                vec![reported("b", 1, &["1"], 5), reported("a", 2, &["1", "2"], 4)],
                vec![reported("b", 9, &["0"], 5), reported("b", 10, &[], 6)],
            ],
            Saved {
                agents: vec![record("a", 2), record("b", 10)],
                keys: vec![key("a", "1", 4), key("a", "2", 4), key("b", "0", 5), key("b", "1", 5)],
                ..nothing()
            },
        ),
        (
            "forgotten agents leave their keys",
            vec![vec![reported("a", 1, &["k"], 3), reported("b", 1, &[], 3)], vec![Change::AgentForgotten(agent("a"))]],
            Saved { agents: vec![record("b", 1)], keys: vec![key("a", "k", 3)], ..nothing() },
        ),
        (
            "an agent that comes back",
            vec![vec![reported("a", 1, &[], 3), Change::AgentForgotten(agent("a")), reported("a", 2, &[], 4)]],
            Saved { agents: vec![record("a", 2)], ..nothing() },
        ),
        (
            "keys up to a moment are forgotten, that one with them",
            vec![
                vec![reported("a", 1, &["old"], 3), reported("a", 1, &["on time"], 4), reported("a", 1, &["new"], 5)],
                vec![Change::KeysForgotten { up_to: Millis(4) }],
            ],
            Saved { agents: vec![record("a", 1)], keys: vec![key("a", "new", 5)], ..nothing() },
        ),
        (
            "a key that is said again counts from then",
            vec![
                vec![Change::Keys { keys: vec![key("a", "k", 0).0], at: Millis(3) }],
                vec![Change::Keys { keys: vec![key("a", "k", 0).0], at: Millis(5) }],
                vec![Change::KeysForgotten { up_to: Millis(3) }],
            ],
            Saved { keys: vec![key("a", "k", 5)], ..nothing() },
        ),
        (
            "features",
            vec![
                vec![working_on("x", FeatureStatus::Todo, 1), working_on("y", FeatureStatus::Done, 2)],
                vec![working_on("x", FeatureStatus::Blocked, 3), Change::FeatureForgotten(feature("y"))],
            ],
            Saved { features: vec![(feature("x"), FeatureStatus::Blocked, Millis(3))], ..nothing() },
        ),
        (
            "notifications, oldest first, and as they came",
            vec![
                vec![
                    kept("ann", "late", 9),
                    kept("ann", "second", 5),
                    kept("ann", "third", 5),
                    kept("bob", "first", 1),
                ],
                vec![kept("ann", "a fourth", 5), kept("cid", "first", 4)],
                vec![Change::NotKept { user: user("bob"), id: "first".into() }],
            ],
            Saved {
                notifications: vec![
                    (user("cid"), notification("first", 4)),
                    (user("ann"), notification("second", 5)),
                    (user("ann"), notification("third", 5)),
                    (user("ann"), notification("a fourth", 5)),
                    (user("ann"), notification("late", 9)),
                ],
                ..nothing()
            },
        ),
        (
            "members in their order, and none",
            vec![
                vec![members("c", &["bob"], 1), members("d", &["bob"], 1)],
                vec![members("c", &["cid", "ann"], 2), members("d", &[], 2)],
            ],
            Saved { members: vec![(conversation("c"), vec![user("cid"), user("ann")], Millis(2))], ..nothing() },
        ),
        (
            "who was seen when",
            vec![
                vec![last_seen("ann", 1), last_seen("bob", 1), last_seen("ann", 2)],
                vec![Change::LastSeenForgotten(Who::User(user("bob")))],
            ],
            Saved { last_seen: vec![seen("ann", 2)], ..nothing() },
        ),
    ]
}

#[test]
fn what_was_committed_is_there_after_a_restart() {
    for (what, commits, expected) in cases() {
        for (store, mut open) in makers() {
            for commit in &commits {
                open().commit_all(commit).unwrap();
            }
            assert_eq!(open().load().unwrap(), expected, "{store}: {what}");
        }
    }
}

#[test]
fn what_is_read_does_not_depend_on_a_restart() {
    for (what, commits, expected) in cases() {
        for (store, mut open) in makers() {
            let mut store_at_work = open();
            for commit in &commits {
                store_at_work.commit_all(commit).unwrap();
            }
            assert_eq!(store_at_work.load().unwrap(), expected, "{store}: {what}");
        }
    }
}

fn folded(changes: &[Change]) -> Saved {
    let mut plain = MemoryStore::default();
    changes.iter().for_each(|change| plain.commit_all(std::slice::from_ref(change)).unwrap());
    plain.load().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However changes are cut into commits, and wherever the server restarts between them.
    #[test]
    fn a_store_is_what_its_changes_make_of_nothing(
        commits in vec((vec(any_change(), 0..20), any::<bool>()), 0..5)
    ) {
        let all: Vec<Change> = commits.iter().flat_map(|(changes, _)| changes.clone()).collect();
        let expected = folded(&all);
        for (name, mut open) in makers() {
            let mut store = open();
            for (changes, restarts) in &commits {
                store.commit_all(changes).unwrap();
                if *restarts {
                    drop(store);
                    store = open();
                }
            }
            drop(store);
            prop_assert_eq!(open().load().unwrap(), expected.clone(), "{}", name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What a start makes of times that are not over yet holds after the next one too, whatever the clock says then.
    #[test]
    fn nothing_that_is_kept_is_of_the_future(
        changes in vec(any_change(), 0..30), now in (0..20_u64).prop_map(Millis), is_here in any::<bool>()
    ) {
        for (name, mut open) in makers() {
            let mut store = open();
            store.commit_all(&changes).unwrap();
            if is_here {
                store.commit_all(&[last_seen("eve", HERE.0)]).unwrap();
            }
            let mut saved = store.load().unwrap();
            let alive_at = saved.last_seen.iter().find(|(who, _)| *who == Who::Server).map(|(_, at)| *at);
            let settled = saved.settle(now);
            let times = saved.agents.iter().map(|record| record.last_activity);
            let times = times.chain(saved.keys.iter().map(|(_, at)| *at)).chain(saved.features.iter().map(|row| row.2));
            let times = times.chain(saved.notifications.iter().map(|(_, kept)| kept.at));
            let mut times = times.chain(saved.members.iter().map(|row| row.2)).chain(saved.last_seen.iter().map(|row| row.1));
            prop_assert!(times.all(|at| at <= now), "{}: {:?}", name, saved);
            if is_here {
                let eve = saved.last_seen.iter().find(|(who, _)| *who == Who::User(user("eve")));
                prop_assert_eq!(eve.unwrap().1, alive_at.map_or(now, |at| at.min(now)));
            }
            // As a server does it: merged, in one commit.
            let mut pending = Pending::default();
            settled.into_iter().for_each(|change| pending.keep(change));
            store.commit(&mut pending.iter()).unwrap();
            drop(store);
            let mut again = open().load().unwrap();
            again.last_seen.retain(|(who, _)| *who != Who::Server);
            prop_assert_eq!(again, saved, "{}", name);
        }
    }
}

/// The memory cannot fail; what can is made to by a trigger that refuses one row.
#[test]
fn a_commit_that_fails_keeps_nothing_of_it() {
    let directory = Directory::new();
    drop(SqliteStore::open(directory.path()).unwrap());
    let database = rusqlite::Connection::open(directory.file()).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER poison BEFORE INSERT ON features WHEN NEW.feature = 'poison'
             BEGIN SELECT RAISE(ABORT, 'no more room'); END",
        )
        .unwrap();
    drop(database);
    let mut store = SqliteStore::open(directory.path()).unwrap();
    store.commit_all(&[reported("a", 1, &["one"], 1)]).unwrap();
    let before = store.load().unwrap();
    let bad = [
        reported("a", 2, &["two"], 2),
        Change::KeysForgotten { up_to: Millis(1) },
        working_on("poison", FeatureStatus::Todo, 2),
        kept("ann", "id", 2),
    ];
    let error = store.commit_all(&bad).unwrap_err().to_string();
    assert!(error.contains("no more room") && error.contains("presence.db"), "{error}");
    assert_eq!(store.load().unwrap(), before);
    // And it goes on.
    store.commit_all(&bad[..1]).unwrap();
    drop(store);
    let saved = SqliteStore::open(directory.path()).unwrap().load().unwrap();
    assert_eq!(saved.agents, [record("a", 2)]);
    assert_eq!(saved.keys, [key("a", "one", 1), key("a", "two", 2)]);
}

#[test]
fn a_full_house_is_kept() {
    let directory = Directory::new();
    let mut store = SqliteStore::open(directory.path()).unwrap();
    let names: Vec<String> = (0..2_000).map(|number| format!("agent-{number:04}")).collect();
    let changes: Vec<_> = names.iter().map(|name| reported(name, 1, &["k1", "k2", "k3"], 1)).collect();
    store.commit_all(&changes).unwrap();
    drop(store);
    let saved = SqliteStore::open(directory.path()).unwrap().load().unwrap();
    assert_eq!((saved.agents.len(), saved.keys.len()), (2_000, 6_000));
    assert!(saved.agents.iter().zip(&names).all(|(record, name)| record.agent.as_str() == name));
}
