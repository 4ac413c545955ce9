//! Hub and sessions against each other on a virtual clock, through a network that delays, swallows,
//! breaks and, in some worlds, loses single messages. Every run comes from a seed.

#![allow(unreachable_pub, reason = "nothing is outside of a test binary")]

mod accidents;
mod agenda;
mod chaos;
mod check;
mod client;
mod comings;
mod crossings;
mod ledger;
mod link;
mod mirror;
mod readers;
mod server;
mod shown;
mod world;

use std::collections::BTreeMap;

use presence_model::close::Close;

/// How many seeds a plain `cargo test` tries with each number of shards. `PRESENCE_SIM_SEEDS` asks for
/// more, `PRESENCE_SIM_SEED` for a single one, as a failure names it.
const SEEDS: u64 = 500;

/// What must have happened in so many worlds, or they were too tame to prove anything.
const EVENTS: [&str; 9] = [
    "catch_up",
    "resync",
    "sent back",
    "turned away",
    "excuse",
    "restart",
    Close::SessionReplaced.reason(),
    Close::Silent.reason(),
    Close::TooManySessions.reason(),
];

fn wanted(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")))
}

fn run_all(shards: usize) {
    if let Some(seed) = wanted("PRESENCE_SIM_SEED") {
        chaos::run(seed, shards);
        return;
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let seeds = wanted("PRESENCE_SIM_SEEDS").unwrap_or(SEEDS);
    for seed in 0..seeds {
        for (event, count) in chaos::run(seed, shards).counts {
            *counts.entry(event).or_default() += count;
        }
    }
    // One shard alone sends nothing to another.
    let is_needed = |event: &&str| shards > 1 || !matches!(*event, "sent back" | "turned away");
    let missing: Vec<_> = EVENTS.into_iter().filter(is_needed).filter(|event| !counts.contains_key(event)).collect();
    assert!(seeds < SEEDS || missing.is_empty(), "never happened: {missing:?}");
}

#[test]
fn all_views_come_to_the_same_with_one_shard() {
    run_all(1);
}

#[test]
fn all_views_come_to_the_same_with_three_shards() {
    run_all(3);
}

#[test]
fn a_seed_makes_one_run() {
    for seed in 0..5 {
        assert_eq!(chaos::run(seed, 3).hash(), chaos::run(seed, 3).hash(), "seed {seed}");
    }
}
