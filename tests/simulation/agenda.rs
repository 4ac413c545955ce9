//! The virtual clock, what is due on it, and the dice. Everything that happens, happens through here,
//! so that one seed makes one run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use presence_model::id::SessionId;
use presence_model::session::random::Random;
use presence_model::time::Millis;

/// One simulated WebSocket; the server knows it as a connection of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// Which end hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Server,
    Client,
}

/// Who puts something into a shard's inbox. Each keeps the order of what it puts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Connection(LinkId),
    Shard(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    ClientWakes(usize),
    ClientActs(usize),
    /// A frozen page runs again.
    ClientThaws(usize),
    /// A page that was closed, reloaded or lost is opened again.
    ClientReturns(usize),
    /// The next thing under way arrives; `run` tells what was under way before the link broke.
    Arrives {
        link: LinkId,
        side: Side,
        run: u32,
    },
    /// An end hears that its socket broke.
    Breaks {
        link: LinkId,
        side: Side,
    },
    Heals(LinkId),
    /// The server looks after a socket: ping, keepalive, silence.
    Beats(LinkId),
    ShardHears {
        life: u64,
        from: Source,
        shard: usize,
    },
    ShardWakes {
        life: u64,
        shard: usize,
    },
    ServerDies,
    ServerStarts,
    ServerFreezes,
    ServerThaws,
    Audit,
}

#[derive(Debug)]
pub struct Agenda {
    pub now: Millis,
    pub dice: Dice,
    pub trace: Trace,
    queue: BinaryHeap<Reverse<(Millis, u64, u64, Event)>>,
    count: u64,
}

impl Agenda {
    pub fn new(seed: u64, now: Millis) -> Self {
        let dice = Dice(Random::new(seed));
        Self { now, dice, trace: Trace::default(), queue: BinaryHeap::new(), count: 0 }
    }

    /// What falls on the same moment happens in any order.
    pub fn at(&mut self, at: Millis, event: Event) {
        self.count += 1;
        let tiebreak = self.dice.0.next();
        self.queue.push(Reverse((at.max(self.now), tiebreak, self.count, event)));
    }

    pub fn after(&mut self, delay: Millis, event: Event) {
        self.at(self.now + delay, event);
    }

    /// At a random moment of those that lie so far ahead.
    pub fn sometime(&mut self, low: Millis, high: Millis, event: Event) {
        let delay = self.dice.between(low, high);
        self.after(delay, event);
    }

    /// Moves the clock to the next event until `end`, and takes it.
    pub fn next(&mut self, end: Millis) -> Option<Event> {
        let Reverse((at, ..)) = self.queue.peek()?;
        if *at > end {
            self.now = end;
            return None;
        }
        let Reverse((at, _, _, event)) = self.queue.pop()?;
        self.now = at;
        Some(event)
    }

    pub fn note(&mut self, what: &'static str, a: u64, b: u64) {
        self.trace.note(self.now, what, a, b);
    }
}

#[derive(Debug)]
pub struct Dice(Random);

impl Dice {
    /// A number from 0 to `n`, `n` left out.
    pub fn below(&mut self, n: usize) -> usize {
        (self.0.next() % n.max(1) as u64) as usize
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.0.next() % 100 < percent
    }

    pub fn between(&mut self, low: Millis, high: Millis) -> Millis {
        low + self.0.within(high - low)
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn number(&mut self) -> u64 {
        self.0.next()
    }

    pub fn fraction(&mut self) -> f64 {
        self.below(10_001) as f64 / 10_000.0
    }

    pub fn session_id(&mut self) -> SessionId {
        self.0.session_id().expect("digits are an id")
    }
}

/// The newest events in full, and a number that all of them went into.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    /// How often the rarer things happened.
    pub counts: BTreeMap<&'static str, u64>,
    newest: VecDeque<(Millis, &'static str, u64, u64)>,
}

const KEPT: usize = 40;

impl Default for Trace {
    fn default() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, counts: BTreeMap::new(), newest: VecDeque::with_capacity(KEPT) }
    }
}

impl Trace {
    fn note(&mut self, now: Millis, what: &'static str, a: u64, b: u64) {
        for part in [now.0, what.len() as u64, u64::from(what.as_bytes()[0]), a, b] {
            self.hash = (self.hash ^ part).wrapping_mul(0x0100_0000_01b3);
        }
        if self.newest.len() == KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back((now, what, a, b));
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The newest events, a line each, times counted from `start`.
    pub fn tail(&self, start: Millis) -> String {
        let line = |(at, what, a, b): &(Millis, &str, u64, u64)| format!("{:>9} {what} {a} {b}", at.since(start).0);
        self.newest.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
