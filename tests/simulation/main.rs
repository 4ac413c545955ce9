//! Hub and sessions against each other on a virtual clock, through a network that delays, swallows,
//! breaks and, in some worlds, loses single messages. Every run comes from a seed.

#![allow(unreachable_pub, reason = "nothing is outside of a test binary")]

mod agenda;
mod chaos;
mod check;
mod client;
mod ledger;
mod link;
mod mirror;
mod server;
mod world;

/// How many seeds a plain `cargo test` tries with each number of shards.
const SEEDS: u64 = 100;

fn wanted(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")))
}

fn run_all(shards: usize) {
    let seeds = match wanted("PRESENCE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..wanted("PRESENCE_SIM_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        chaos::run(seed, shards);
    }
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
        assert_eq!(chaos::run(seed, 3), chaos::run(seed, 3), "seed {seed}");
    }
}

// SURVEY-BEGIN
#[test]
fn survey() {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    static LAST: Mutex<String> = Mutex::new(String::new());
    if std::env::var("PRESENCE_SIM_SURVEY").is_err() { return }
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or("?").to_owned();
        *LAST.lock().unwrap() = format!("{} {}", info.location().map_or(String::new(), |l| format!("{}:{}", l.file(), l.line())), text);
    }));
    let mut found: BTreeMap<String, Vec<(u64, usize, String)>> = BTreeMap::new();
    for seed in 0..wanted("PRESENCE_SIM_SEEDS").unwrap_or(100) {
        for shards in [1, 3] {
            if std::panic::catch_unwind(|| chaos::run(seed, shards)).is_err() {
                let text = LAST.lock().unwrap().clone();
                let place = text.split(' ').next().unwrap_or("").to_owned();
                found.entry(place).or_default().push((seed, shards, text));
            }
        }
    }
    for (place, all) in &found {
        println!("{place}: {} times", all.len());
        for (seed, shards, text) in all.iter().take(3) { println!("   seed {seed} x{shards}: {}", text.chars().take(400).collect::<String>()); }
    }
}
// SURVEY-END
