//! The thread that writes: nobody waits for it, and a disk that fails is asked again.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use presence_hub::saved::{Change, Saved};
use presence_server::metrics::StoreMetrics;
use presence_server::store::contract::{Store, StoreError};
use presence_server::store::memory::MemoryStore;
use presence_server::store::writer::Writer;

use crate::changes::{record, reported};

const PATIENCE: Duration = Duration::from_secs(10);

/// A disk that does what a test says.
#[derive(Clone, Default)]
struct Disk {
    memory: MemoryStore,
    fails: Arc<Mutex<bool>>,
    /// How many changes each attempt brought.
    attempts: Arc<Mutex<Vec<usize>>>,
}

impl Disk {
    fn fail(&self, fails: bool) {
        *self.fails.lock().unwrap() = fails;
    }

    fn attempts(&self) -> Vec<usize> {
        self.attempts.lock().unwrap().clone()
    }

    fn saved(&self) -> Saved {
        self.memory.clone().load().unwrap()
    }
}

impl Store for Disk {
    fn load(&mut self) -> Result<Saved, StoreError> {
        self.memory.load()
    }

    fn commit(&mut self, changes: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError> {
        let changes: Vec<_> = changes.collect();
        self.attempts.lock().unwrap().push(changes.len());
        if *self.fails.lock().unwrap() {
            return Err(StoreError::NotWritten("no more room".to_owned()));
        }
        self.memory.commit(&mut changes.into_iter())
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        yield_now();
    }
}

#[tokio::test]
async fn everything_is_written_before_the_end() {
    let disk = Disk::default();
    let every = Duration::from_secs(3_600);
    let metrics = StoreMetrics::default();
    let writer = Writer::start(Box::new(disk.clone()), every, metrics.clone()).unwrap();
    for tokens in 1..=1_000 {
        writer.keep(reported("a", tokens, &[], tokens));
    }
    writer.keep(reported("b", 1, &["key"], 5));
    writer.end(PATIENCE).await;
    let saved = disk.saved();
    assert_eq!(saved.agents, [record("a", 1_000), record("b", 1)]);
    assert_eq!(saved.keys.len(), 1);
    // The first at once, the rest together.
    assert!(disk.attempts().len() <= 2, "{:?}", disk.attempts());
    assert_eq!((metrics.failing.get(), metrics.failures.get(), metrics.pending.get()), (0, 0, 0));
    assert_eq!(metrics.changes.get(), disk.attempts().iter().sum::<usize>() as u64);
}

#[test]
fn a_lone_change_does_not_wait() {
    let disk = Disk::default();
    let writer = Writer::start(Box::new(disk.clone()), Duration::from_secs(3_600), StoreMetrics::default()).unwrap();
    writer.keep(reported("a", 1, &[], 1));
    until("it is written", || disk.saved().agents == [record("a", 1)]);
}

#[test]
fn changes_gather_for_a_while() {
    let disk = Disk::default();
    let every = Duration::from_millis(20);
    let began = Instant::now();
    let writer = Writer::start(Box::new(disk.clone()), every, StoreMetrics::default()).unwrap();
    let mut tokens = 0;
    while disk.attempts().len() < 5 {
        tokens += 1;
        writer.keep(reported("a", tokens, &[], tokens));
        yield_now();
    }
    let most = 2 + began.elapsed().as_millis() / every.as_millis();
    assert!(disk.attempts().len() as u128 <= most, "{:?} in {most}", disk.attempts());
}

#[tokio::test]
async fn a_disk_that_fails_is_asked_again_and_has_everything_then() {
    let disk = Disk::default();
    disk.fail(true);
    let metrics = StoreMetrics::default();
    let writer = Writer::start(Box::new(disk.clone()), Duration::from_millis(1), metrics.clone()).unwrap();
    writer.keep(reported("a", 1, &["one"], 1));
    until("it fails", || metrics.failing.get() == 1 && disk.attempts().len() >= 2);
    writer.keep(reported("a", 2, &["two"], 2));
    writer.keep(reported("b", 1, &["one"], 2));
    until("more waits", || metrics.pending.get() >= 4);
    assert_eq!(disk.saved(), Saved::default());
    assert!(metrics.failures.get() >= 2);

    disk.fail(false);
    until("it is written", || metrics.failing.get() == 0);
    assert_eq!(metrics.pending.get(), 0);
    let saved = disk.saved();
    assert_eq!(saved.agents, [record("a", 2), record("b", 1)]);
    assert_eq!(saved.keys.len(), 3);

    disk.fail(true);
    writer.keep(reported("a", 3, &[], 3));
    writer.end(PATIENCE).await;
    assert_eq!(disk.saved(), saved, "the end is not waited for by a disk that fails");
}

/// Each commit says that it began, and waits until it may go on.
struct Stuck {
    began: Sender<usize>,
    go_on: Receiver<()>,
}

impl Store for Stuck {
    fn load(&mut self) -> Result<Saved, StoreError> {
        Ok(Saved::default())
    }

    fn commit(&mut self, changes: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError> {
        self.began.send(changes.count()).unwrap();
        let _ = self.go_on.recv();
        Ok(())
    }
}

/// It would not end otherwise.
#[tokio::test]
async fn nobody_waits_for_a_disk_that_does_not_answer() {
    let ((began, begins), (free, go_on)) = (channel(), channel());
    let store = Stuck { began, go_on };
    let writer = Writer::start(Box::new(store), Duration::ZERO, StoreMetrics::default()).unwrap();
    writer.keep(reported("a", 0, &[], 0));
    assert_eq!(begins.recv_timeout(PATIENCE), Ok(1));
    for tokens in 0..100_000 {
        writer.keep(reported("a", tokens, &[], tokens));
    }
    free.send(()).unwrap();
    assert_eq!(begins.recv_timeout(PATIENCE), Ok(1), "what came meanwhile is one change");
    writer.end(Duration::from_millis(1)).await;
    drop(free);
}

/// A store that has a bug.
struct Broken;

impl Store for Broken {
    fn load(&mut self) -> Result<Saved, StoreError> {
        Ok(Saved::default())
    }

    fn commit(&mut self, _: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError> {
        panic!("as the test wants it")
    }
}

#[tokio::test]
async fn a_thread_that_panics_does_not_go_unnoticed() {
    let metrics = StoreMetrics::default();
    let writer = Writer::start(Box::new(Broken), Duration::ZERO, metrics.clone()).unwrap();
    writer.keep(reported("a", 0, &[], 0));
    until("it is seen from outside", || metrics.failing.get() == 1);
    writer.keep(reported("a", 1, &[], 1));
    writer.end(PATIENCE).await;
    assert_eq!(metrics.failing.get(), 1);
}

#[tokio::test]
async fn without_a_store_nothing_is_kept_and_nothing_waits() {
    let writer = Writer::default();
    writer.keep(reported("a", 1, &[], 1));
    writer.end(PATIENCE).await;
}

#[test]
fn the_thread_ends_with_the_server() {
    let ((began, begins), (free, go_on)) = (channel(), channel::<()>());
    let writer = Writer::start(Box::new(Stuck { began, go_on }), Duration::ZERO, StoreMetrics::default()).unwrap();
    drop(writer);
    // The store is dropped, and its end of the channel.
    assert!(begins.recv_timeout(PATIENCE).is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Disconnected));
    drop(free);
}
