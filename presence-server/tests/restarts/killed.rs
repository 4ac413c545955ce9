//! `kill -9` in the middle of agents that report.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use crate::directory::Directory;
use crate::process::{Program, command};
use crate::reporter::Reporter;

const ROUNDS: usize = 20;

/// What was answered longer ago survives.
const PROMISE: Duration = Duration::from_secs(1);

fn start(directory: &Directory) -> Program {
    let data = directory.path().to_str().unwrap();
    let mut command = command(&["--listen", "127.0.0.1:0", "--no-demo", "--log", "warn", "--data-dir", data]);
    // A fast machine shall not say more than are remembered.
    command.env("PRESENCE_LIMITS__IDEMPOTENCY_KEYS", "1000000");
    Program::start(command)
}

#[test]
fn a_killed_server_counts_nothing_twice_and_loses_a_second_at_most() {
    let directory = Directory::new();
    let mut agents = [("one-by-one", 1), ("another", 1), ("in-batches", 3), ("in-larger-ones", 8)]
        .map(|(name, batch)| Reporter::new(name, batch));
    let mut rounds_with_a_loss = 0;
    let mut program = start(&directory);
    for round in 0..ROUNDS {
        let address = program.address;
        // Some longer than the promise, or nothing would be old enough to be missed.
        let length = Duration::from_millis(if round % 10 == 9 { 1_300 } else { rand::random_range(50..400) });
        let killed = scope(|scope| {
            for agent in &mut agents {
                scope.spawn(|| agent.work(address));
            }
            sleep(length);
            let killed = Instant::now();
            drop(program);
            killed
        });
        program = start(&directory);
        for agent in &agents {
            let found = agent.found(&program);
            agent.check(found, killed - PROMISE);
            rounds_with_a_loss += usize::from(found < agent.total());
        }
        all_retry(&mut agents, &program, Some(killed - PROMISE));
    }
    assert!(rounds_with_a_loss > 0, "nothing was ever cut off: the test tests nothing");

    let counted_again = all_retry(&mut agents, &program, None);
    assert_eq!(counted_again, 0);
}

/// Whoever retries what was not answered for certain ends with what he reported.
fn all_retry(agents: &mut [Reporter], program: &Program, since: Option<Instant>) -> u64 {
    scope(|scope| {
        let retry = |agent: &mut Reporter| {
            let counted = agent.retry(program, since);
            assert_eq!(agent.found(program), agent.total());
            counted
        };
        let retries: Vec<_> = agents.iter_mut().map(|agent| scope.spawn(move || retry(agent))).collect();
        retries.into_iter().map(|retry| retry.join().unwrap()).sum()
    })
}
