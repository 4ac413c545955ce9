//! The thread that writes to a store.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use presence_hub::saved::Change;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::metrics::StoreMetrics;
use crate::store::contract::{Store, StoreError};
use crate::store::pending::Pending;

/// Takes changes, and never makes anybody wait. Without a store it drops them.
#[derive(Debug, Default)]
pub struct Writer {
    shared: Option<Arc<Shared>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pending: Pending,
    ends: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.state().ends = true;
        self.news.notify_one();
    }
}

impl Writer {
    /// Writes at most once in `every`, and the first change after a pause at once.
    pub fn start(store: Box<dyn Store>, every: Duration, metrics: StoreMetrics) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (end, ended) = oneshot::channel();
        let end = End { said: Some(end), failing: metrics.failing.clone() };
        let thread = WriterThread {
            shared: shared.clone(),
            store,
            every,
            metrics,
            unwritten: Pending::default(),
            failing: None,
            _end: end,
        };
        thread::Builder::new().name("store".to_owned()).spawn(move || thread.run())?;
        Ok(Self { shared: Some(shared), ended: Mutex::new(Some(ended)) })
    }

    pub fn keep(&self, change: Change) {
        let Some(shared) = &self.shared else { return };
        let mut state = shared.state();
        let is_first = state.pending.is_empty();
        state.pending.keep(change);
        drop(state);
        if is_first {
            shared.news.notify_one();
        }
    }

    /// Writes what is left. A disk that does not answer is not waited for longer than that.
    pub async fn end(&self, within: Duration) {
        let Some(shared) = &self.shared else { return };
        shared.end();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(ended) = ended else { return };
        match timeout(within, ended).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("what changed since the thread that writes failed is not kept"),
            Err(_) => tracing::error!("the disk does not answer: what changed last is not kept"),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.end();
        }
    }
}

struct WriterThread {
    shared: Arc<Shared>,
    store: Box<dyn Store>,
    every: Duration,
    metrics: StoreMetrics,
    /// What was to be written the last time, and was not.
    unwritten: Pending,
    failing: Option<Failing>,
    /// Behind the store: whoever sees the end may open it again.
    _end: End,
}

/// Says that the thread is over, unless it panicked.
struct End {
    said: Option<oneshot::Sender<()>>,
    failing: Gauge,
}

impl Drop for End {
    fn drop(&mut self) {
        if thread::panicking() {
            self.failing.set(1);
            tracing::error!("the thread that writes to the disk failed: nothing is kept from now on");
        } else if let Some(said) = self.said.take() {
            // Nobody may wait for it.
            let _ = said.send(());
        }
    }
}

struct Failing {
    since: Instant,
    pause: Duration,
}

/// Between two attempts, at first and later.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl WriterThread {
    fn run(mut self) {
        let mut next = Instant::now();
        loop {
            let ends = self.wait(next);
            let began = Instant::now();
            let outcome = match &self.unwritten {
                nothing if nothing.is_empty() => Ok(()),
                changes => self.store.commit(&mut changes.iter()),
            };
            match outcome {
                Ok(()) => self.succeed(began.elapsed()),
                Err(error) => self.fail(&error),
            }
            if ends {
                self.take_leave();
                return;
            }
            next = began + self.failing.as_ref().map_or(self.every, |failing| failing.pause);
        }
    }

    /// Waits for something to write, and takes it. True at the end.
    fn wait(&mut self, next: Instant) -> bool {
        let mut state = self.shared.state();
        loop {
            let left = next.saturating_duration_since(Instant::now());
            let nothing = state.pending.is_empty() && self.unwritten.is_empty();
            if state.ends || left.is_zero() && !nothing {
                break;
            }
            state = if nothing {
                self.shared.news.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.shared.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            };
        }
        let ends = state.ends;
        let later = std::mem::take(&mut state.pending);
        // What may take a while comes when others can go on.
        drop(state);
        if self.unwritten.is_empty() {
            self.unwritten = later;
        } else {
            self.unwritten.then(&later);
        }
        ends
    }

    fn succeed(&mut self, took: Duration) {
        let changes = std::mem::take(&mut self.unwritten).len();
        if changes == 0 {
            return;
        }
        self.metrics.pending.set(0);
        self.metrics.changes.inc_by(changes as u64);
        self.metrics.commits.observe(took.as_secs_f64());
        if let Some(failing) = self.failing.take() {
            self.metrics.failing.set(0);
            let seconds = failing.since.elapsed().as_secs();
            tracing::info!(seconds, changes, "what waited for the disk is written");
        }
    }

    fn fail(&mut self, error: &StoreError) {
        self.metrics.failures.inc();
        self.metrics.pending.set(i64::try_from(self.unwritten.len()).unwrap_or(i64::MAX));
        if let Some(failing) = &mut self.failing {
            failing.pause = (failing.pause * 2).min(LONGEST_PAUSE.max(self.every));
            return;
        }
        self.metrics.failing.set(1);
        self.failing = Some(Failing { since: Instant::now(), pause: self.every.max(SHORTEST_PAUSE) });
        tracing::error!(
            %error,
            "nothing can be written: what changes waits in memory, and is lost if the server ends before it can"
        );
    }

    fn take_leave(&self) {
        if self.failing.is_some() {
            let changes = self.unwritten.len();
            tracing::error!(changes, "what waited for the disk is lost");
        }
    }
}
