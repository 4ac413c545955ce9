//! One thread that owns a [`Hub`] and drives it. Nothing else ever touches the hub, so it needs no lock.

use std::io;
use std::thread;

use presence_hub::hub::{Hub, HubConfig};
use presence_hub::io::{Input, Shard};
use presence_model::time::{Millis, earlier};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::directory::Directory;
use crate::postman::Postman;
use crate::router::{Errand, INBOX, Inlet, Router, Word};

/// All shards of a server. They end when this is dropped.
#[derive(Debug)]
pub struct Shards {
    pub router: Router,
    /// Its end is the word to stop.
    alive: watch::Sender<()>,
    /// Yields a shard that ended before it was told to; closes when the last one has ended.
    ended: mpsc::Receiver<Shard>,
}

impl Shards {
    pub fn start(clock: Clock, config: &HubConfig, directory: &Directory) -> io::Result<Self> {
        let (router, inlets) = Router::new(config.shards);
        let (alive, stop) = watch::channel(());
        let (running, ended) = mpsc::channel(inlets.len().max(1));
        for (index, inlet) in inlets.into_iter().enumerate() {
            let shard = Shard(index);
            let driver = Driver::new(clock, shard, config.clone(), inlet, router.clone(), directory.clone());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let end = End { shard, running: running.clone(), stop: stop.clone() };
            thread::Builder::new().name(format!("shard-{index}")).spawn(move || {
                // The whole of it lives here, so that it is dropped when the thread ends.
                let end = end;
                let mut stop = end.stop.clone();
                runtime.block_on(async {
                    tokio::select! {
                        () = driver.run() => {}
                        // Nothing is ever sent: this is the sender's end.
                        _ = stop.changed() => {}
                    }
                });
            })?;
        }
        Ok(Self { router, alive, ended })
    }

    /// Waits for a shard that ends although nobody told it to. What it owned is lost.
    pub async fn failed(&mut self) -> Shard {
        match self.ended.recv().await {
            Some(shard) => shard,
            None => std::future::pending().await,
        }
    }

    pub async fn end(self) {
        let Self { alive, mut ended, .. } = self;
        drop(alive);
        while ended.recv().await.is_some() {}
    }
}

/// Says that a shard's thread ended before it was told to: it panicked.
struct End {
    shard: Shard,
    running: mpsc::Sender<Shard>,
    stop: watch::Receiver<()>,
}

impl Drop for End {
    fn drop(&mut self) {
        let was_told = self.stop.has_changed().is_err();
        if !was_told {
            // There is a place for each shard, and each says it once.
            let _ = self.running.try_send(self.shard);
        }
    }
}

struct Driver {
    clock: Clock,
    shard: Shard,
    hub: Hub,
    inlet: Inlet,
    router: Router,
    postman: Postman,
    late_after: Millis,
    /// Until then nothing expires: inputs that lay unread are still on their way.
    settles_until: Millis,
}

/// After it was found late a shard waits this part of `late_after` for what its connections read now.
const SETTLING: u64 = 20;

/// A shard wakes at least this often within `late_after`, or a stop while it idles would go unnoticed.
const CHECKS: u64 = 5;

impl Driver {
    fn new(clock: Clock, shard: Shard, config: HubConfig, inlet: Inlet, router: Router, directory: Directory) -> Self {
        let late_after = config.timing.late_after;
        let hub = Hub::new(clock.now(), shard, config);
        let postman = Postman::new(directory, router.clone());
        Self { clock, shard, hub, inlet, router, postman, late_after, settles_until: Millis::ZERO }
    }

    async fn run(mut self) {
        let mut word = None;
        loop {
            let now = self.clock.now();
            self.take_in(now, word);
            if now >= self.settles_until {
                self.hub.expire(now);
                self.deliver(now);
            }
            let wake_at = self.next_wake(now);
            word = self.wait(wake_at).await;
            self.notice_lateness(wake_at);
        }
    }

    /// Takes in all that waits, as far as it waited when this began: deadlines must have their turn too.
    fn take_in(&mut self, now: Millis, first: Option<Word>) {
        match first {
            Some(Word::Peer(message)) => self.handle(now, Input::Peer(message)),
            Some(Word::Errand(errand)) => self.run_errand(now, errand),
            None => {}
        }
        for _ in 0..self.inlet.waiting_peers() {
            let Some(message) = self.inlet.try_peer() else { break };
            self.handle(now, Input::Peer(message));
        }
        for _ in 0..INBOX {
            if !self.takes_errands() {
                break;
            }
            let Ok(errand) = self.inlet.errands.try_recv() else { break };
            self.run_errand(now, errand);
        }
    }

    fn run_errand(&mut self, now: Millis, errand: Errand) {
        match errand {
            Errand::Input(input) => self.handle(now, input),
            // Who asked may have gone.
            Errand::Presence(answer) => drop(answer.send(self.hub.presence())),
            Errand::Count(answer) => drop(answer.send(self.hub.counts())),
        }
    }

    fn handle(&mut self, now: Millis, input: Input) {
        self.hub.handle(now, input);
        self.deliver(now);
    }

    fn deliver(&mut self, now: Millis) {
        while let Some(output) = self.hub.poll() {
            self.postman.perform(now, output);
        }
    }

    /// See [`crate::router`] on why a shard pauses its inbox.
    fn takes_errands(&self) -> bool {
        !self.router.is_crowded_beside(self.shard)
    }

    fn next_wake(&self, now: Millis) -> Millis {
        let due = self.hub.next_deadline().map(|due| due.max(self.settles_until));
        let check = now + self.late_after.part(1, CHECKS);
        let pause = (!self.takes_errands()).then_some(now + Millis(1));
        // A deadline that passed while we worked is due now, and nobody was late.
        earlier(due, pause).map_or(check, |at| at.min(check)).max(now)
    }

    async fn wait(&mut self, until: Millis) -> Option<Word> {
        let takes_errands = self.takes_errands();
        let until = self.clock.instant(until);
        tokio::select! {
            biased;
            word = self.inlet.next(takes_errands) => word,
            () = tokio::time::sleep_until(until) => None,
        }
    }

    /// A wake long after its time means that the process was stopped: sockets lie unread, and nobody is to
    /// blame for silence.
    fn notice_lateness(&mut self, planned: Millis) {
        let now = self.clock.now();
        let lateness = now - planned;
        if lateness > self.late_after {
            let settling = self.late_after.part(1, SETTLING);
            tracing::warn!(
                shard = self.shard.0,
                lateness_ms = lateness.0,
                "late: nobody is blamed for silence meanwhile"
            );
            self.hub.excuse(lateness + settling);
            self.settles_until = now + settling;
        }
    }
}
