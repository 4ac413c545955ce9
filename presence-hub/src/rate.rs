//! How often one socket may say something: a bucket of tokens for each class of message, and a count of
//! what had to be refused. Pure, like everything here: the driver asks before it passes a command on.

use std::collections::VecDeque;
use std::sync::Arc;

use presence_model::command::Command;
use presence_model::limit::{Limits, Rate, Rates};
use presence_model::time::Millis;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Cursor,
    Typing,
    Selection,
    Playback,
    Broadcast,
    Heartbeat,
    Posting,
    Other,
}

impl Class {
    /// `None` for what is not counted: nobody needs to be kept from going.
    pub const fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Cursor { .. } => Some(Self::Cursor),
            Command::Typing { .. } | Command::SessionTyping { .. } => Some(Self::Typing),
            Command::Selection { .. } => Some(Self::Selection),
            Command::Playback { .. } => Some(Self::Playback),
            Command::Broadcast { .. } => Some(Self::Broadcast),
            Command::Report { .. } => Some(Self::Heartbeat),
            Command::AgentEvents { .. } => Some(Self::Posting),
            Command::Wish(_)
            | Command::ControlRequest(_)
            | Command::ControlGrant { .. }
            | Command::ControlRelease(_)
            | Command::SetStatus { .. }
            | Command::Privacy(_)
            | Command::Join { .. }
            | Command::Leave(_)
            | Command::Subscribe
            | Command::Follow(_)
            | Command::Unfollow(_)
            | Command::Unsubscribe
            | Command::Beacon { .. }
            | Command::List(_)
            | Command::Resync(_) => Some(Self::Other),
            Command::Appear | Command::CatchUp | Command::Goodbye => None,
        }
    }

    const fn rate(self, rates: &Rates) -> Rate {
        match self {
            Self::Cursor => rates.cursor,
            Self::Typing => rates.typing,
            Self::Selection => rates.selection,
            Self::Playback => rates.playback,
            Self::Broadcast => rates.broadcast,
            Self::Heartbeat => rates.heartbeat,
            Self::Posting => rates.posting,
            Self::Other => rates.other,
        }
    }
}

const CLASSES: usize = 8;

/// Holds `burst` tokens at most and gets one each `every`.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: Rate,
    /// When it will be full again. All else follows from it.
    full_at: Millis,
}

impl Bucket {
    pub const fn new(rate: Rate) -> Self {
        Self { rate, full_at: Millis::ZERO }
    }

    /// When there is a token.
    pub fn ready_at(&self) -> Millis {
        let rest = self.rate.burst.saturating_sub(1);
        self.full_at - self.rate.every.part(u64::from(rest), 1)
    }

    /// When there is one behind so many others that wait for theirs.
    pub fn ready_behind(&self, others: usize) -> Millis {
        self.ready_at() + self.rate.every.part(others as u64, 1)
    }

    pub fn take(&mut self, now: Millis) -> bool {
        let is_ready = self.ready_at() <= now;
        if is_ready {
            self.owe(now);
        }
        is_ready
    }

    /// Takes a token that may not be there yet.
    pub fn owe(&mut self, now: Millis) {
        self.full_at = self.full_at.max(now) + self.rate.every;
    }
}

/// One socket's buckets. Every socket has them, so the rates are not kept in each.
#[derive(Clone, Debug)]
pub struct Buckets {
    limits: Arc<Limits>,
    /// By [`Class`].
    full_at: [Millis; CLASSES],
}

impl Buckets {
    pub fn new(limits: &Arc<Limits>) -> Self {
        Self { limits: limits.clone(), full_at: [Millis::ZERO; CLASSES] }
    }

    /// The bucket as it is.
    pub fn of(&self, class: Class) -> Bucket {
        Bucket { rate: class.rate(&self.limits.rates), full_at: self.full_at[class as usize] }
    }

    pub fn take(&mut self, now: Millis, class: Class) -> bool {
        let mut bucket = self.of(class);
        let takes = bucket.take(now);
        self.full_at[class as usize] = bucket.full_at;
        takes
    }

    /// Takes a token that may not be there yet.
    pub fn owe(&mut self, now: Millis, class: Class) {
        let mut bucket = self.of(class);
        bucket.owe(now);
        self.full_at[class as usize] = bucket.full_at;
    }
}

/// What had to be refused lately.
#[derive(Clone, Debug)]
pub struct Offences {
    most: usize,
    within: Millis,
    times: VecDeque<Millis>,
}

impl Offences {
    pub const fn new(limits: &Limits) -> Self {
        Self { most: limits.abuse_after, within: limits.abuse_within, times: VecDeque::new() }
    }

    /// True when that was one too many.
    pub fn count(&mut self, now: Millis) -> bool {
        while self.times.front().is_some_and(|time| now.since(*time) >= self.within) {
            self.times.pop_front();
        }
        self.times.push_back(now);
        self.times.len() >= self.most.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_class_has_the_bucket_of_its_own_rate() {
        let rate = |burst| Rate { every: Millis(9), burst };
        let rates = Rates {
            cursor: rate(1),
            typing: rate(2),
            selection: rate(3),
            playback: rate(4),
            broadcast: rate(5),
            heartbeat: rate(6),
            posting: rate(7),
            other: rate(8),
        };
        use Class::{Broadcast, Cursor, Heartbeat, Other, Playback, Posting, Selection, Typing};
        let classes = [Cursor, Typing, Selection, Playback, Broadcast, Heartbeat, Posting, Other];
        let mut buckets = Buckets::new(&Arc::new(Limits { rates, ..Limits::default() }));
        let passed = classes.map(|class| (0..9).filter(|_| buckets.take(Millis(1_000), class)).count());
        assert_eq!(passed, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let mut bucket = Bucket::new(Rate { every: Millis(50), burst: 3 });
        let start = Millis::seconds(1_000);
        let passes = |bucket: &mut Bucket, now| (0..9).filter(|_| bucket.take(now)).count();
        assert_eq!(passes(&mut bucket, start), 3);
        assert_eq!(bucket.ready_at(), start + Millis(50));
        assert_eq!(passes(&mut bucket, start + Millis(49)), 0);
        assert_eq!(passes(&mut bucket, start + Millis(50)), 1);
        assert_eq!(passes(&mut bucket, start + Millis(150)), 2);
        assert_eq!(passes(&mut bucket, start + Millis::minutes(9)), 3);
    }

    #[test]
    fn senseless_rates_neither_block_nor_overflow() {
        for (every, burst, passes) in [(0, 0, 9), (0, 5, 9), (7, 0, 1), (u64::MAX, u32::MAX, 9)] {
            let mut bucket = Bucket::new(Rate { every: Millis(every), burst });
            let passed = (0..9).filter(|_| bucket.take(Millis(1))).count();
            assert_eq!(passed, passes, "{every} {burst}");
        }
    }

    #[test]
    fn offences_are_forgotten_after_a_time() {
        let limits = Limits { abuse_after: 3, abuse_within: Millis(10), ..Limits::default() };
        let mut offences = Offences::new(&limits);
        let counted: Vec<_> = [0, 4, 10, 11, 12].map(|now| offences.count(Millis(now))).into();
        assert_eq!(counted, [false, false, false, true, true]);
    }

    proptest! {
        /// In any stretch of time.
        #[test]
        fn no_more_passes_than_the_rate_and_a_burst(
            every in 1_u64..100, burst in 1_u32..20, steps in proptest::collection::vec(0_u64..150, 1..200),
        ) {
            let mut bucket = Bucket::new(Rate { every: Millis(every), burst });
            let mut now = Millis::seconds(1_000);
            let mut passed = vec![];
            for step in steps {
                now += Millis(step);
                let ready = bucket.ready_at() <= now;
                prop_assert_eq!(bucket.take(now), ready);
                passed.extend(ready.then_some(now));
                prop_assert!(bucket.ready_at() <= now + Millis(every), "the next token comes within a turn");
            }
            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + to.since(*from).0 / every;
                    prop_assert!((last - first + 1) as u64 <= most);
                }
            }
        }
    }
}
