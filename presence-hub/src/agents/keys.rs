//! Keys of reports that were counted, so that none counts twice.

use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::expiry::Expiry;
use crate::saved::ReportKey;

/// The disk is told of keys that are of no use any more when they are such a part of all there may be, or when the
/// first of them has been for such a part of the time for which a key is kept.
const FULL_PARTS: usize = 16;
const TIME_PARTS: u64 = 24;

#[derive(Debug)]
pub struct Keys {
    lasts: Millis,
    most: usize,
    /// When each ends. All last as long, so this is also the order in which they came.
    ends: Expiry<ReportKey>,
    /// Keys that are still on the disk.
    dropped: usize,
    /// When the disk was told last.
    said_at: Millis,
}

impl Keys {
    pub fn new(now: Millis, timing: &Timing, limits: &Limits, saved: &[(ReportKey, Millis)]) -> Self {
        let (lasts, most) = (timing.keys_kept, limits.idempotency_keys);
        let mut keys = Self { lasts, most, ends: Expiry::default(), dropped: 0, said_at: now };
        for (key, at) in saved {
            // The clock may have been put back.
            keys.put(*at.min(&now), key.clone());
        }
        keys.drop_old(now);
        keys
    }

    pub fn has(&self, key: &ReportKey) -> bool {
        self.ends.has(key)
    }

    pub fn put(&mut self, now: Millis, key: ReportKey) {
        self.ends.set(key, now + self.lasts);
    }

    /// Drops what is too old or too much.
    pub fn drop_old(&mut self, now: Millis) {
        while self.ends.pop(now).is_some() {
            self.dropped += 1;
        }
        while self.ends.len() > self.most {
            self.ends.pop_first();
            self.dropped += 1;
        }
    }

    /// Now and then: up to when the disk can forget keys.
    pub fn take_forgotten(&mut self, now: Millis) -> Option<Millis> {
        let are_many = self.dropped > self.most / FULL_PARTS;
        let is_late = self.dropped > 0 && now.since(self.said_at) >= self.lasts.part(1, TIME_PARTS);
        if !are_many && !is_late {
            return None;
        }
        (self.dropped, self.said_at) = (0, now);
        Some(self.ends.next().map_or(now, |end| end - self.lasts - Millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::id::AgentId;

    const DAY: Millis = Millis::minutes(24 * 60);

    fn key(number: usize) -> ReportKey {
        ReportKey { agent: AgentId::parse("claude").unwrap(), key: format!("k{number}").into() }
    }

    fn keys(most: usize, saved: &[(ReportKey, Millis)]) -> Keys {
        Keys::new(DAY, &Timing::default(), &Limits { idempotency_keys: most, ..Limits::default() }, saved)
    }

    #[test]
    fn a_key_lasts_for_a_day() {
        let mut keys = keys(10, &[]);
        keys.put(DAY, key(1));
        keys.drop_old(DAY + DAY - Millis(1));
        assert!(keys.has(&key(1)));
        keys.drop_old(DAY + DAY);
        assert!(!keys.has(&key(1)));
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_and_the_disk_is_told_now_and_then() {
        let mut keys = keys(32, &[]);
        let mut told = vec![];
        for number in 0..100 {
            let now = DAY + Millis(number as u64);
            keys.put(now, key(number));
            keys.drop_old(now);
            told.extend(keys.take_forgotten(now));
        }
        assert!((68..100).all(|number| keys.has(&key(number))));
        assert!(!(0..68).any(|number| keys.has(&key(number))));
        // Every third, and always up to the last one that is gone.
        assert_eq!(told.len(), 68 / 3);
        assert_eq!(told[..2], [DAY + Millis(2), DAY + Millis(5)]);
    }

    #[test]
    fn what_is_too_old_is_dropped_at_the_start_and_the_disk_is_told_within_the_hour() {
        let saved = [(key(1), Millis(0)), (key(2), Millis(1)), (key(3), DAY + DAY)];
        let mut keys = keys(100, &saved);
        assert_eq!([1, 2, 3].map(|number| keys.has(&key(number))), [false, true, true]);
        assert_eq!(keys.take_forgotten(DAY + Millis::minutes(59)), None);
        assert_eq!(keys.take_forgotten(DAY + Millis::minutes(60)), Some(Millis(0)));
        // What came after the clock was put back came now.
        keys.drop_old(DAY + DAY);
        assert!(!keys.has(&key(3)));
        assert_eq!(keys.take_forgotten(DAY + DAY), Some(DAY + DAY));
    }
}
