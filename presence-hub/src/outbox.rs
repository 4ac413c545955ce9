//! What waits for one socket: an ordered lane where everything counts, and a volatile one where the
//! newest wins. Bounded: a reader too slow for the ordered lane is closed, and one that does not
//! acknowledge volatile bytes gets none until it does (`CONTRACT.md` 0).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use presence_model::limit::Limits;

/// What a volatile frame is about; a newer frame about the same replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The room's channel.
    pub channel: u32,
    /// The member it is about, where one frame is about one member; `None` where it is about many.
    pub slot: Option<u16>,
}

/// The ordered lane is full: close the socket, it may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSlow;

#[derive(Debug)]
pub struct Outbox {
    ordered: VecDeque<Bytes>,
    ordered_bytes: usize,
    volatile: BTreeMap<Subject, Bytes>,
    /// Volatile bytes ever handed to the socket, and of those the acknowledged ones.
    volatile_sent: u64,
    volatile_acknowledged: u64,
    /// Whether this reader acknowledges at all: JSON readers do not.
    acknowledges: bool,
    /// Volatile frames were left out since the last catch-up.
    skipped: bool,
    queued_bytes: usize,
    unacknowledged_bytes: u64,
}

impl Outbox {
    pub fn new(limits: &Limits, acknowledges: bool) -> Self {
        Self {
            ordered: VecDeque::new(),
            ordered_bytes: 0,
            volatile: BTreeMap::new(),
            volatile_sent: 0,
            volatile_acknowledged: 0,
            acknowledges,
            skipped: false,
            queued_bytes: limits.queued_bytes,
            unacknowledged_bytes: limits.unacknowledged_bytes as u64,
        }
    }

    pub fn push(&mut self, frame: Bytes) -> Result<(), TooSlow> {
        if self.ordered_bytes.saturating_add(frame.len()) > self.queued_bytes {
            return Err(TooSlow);
        }
        self.ordered_bytes += frame.len();
        self.ordered.push_back(frame);
        Ok(())
    }

    /// Queues a volatile frame. One about many members is skipped while an older one about the same waits,
    /// since it does not hold all that the older one holds; one about a single member replaces it.
    pub fn push_volatile(&mut self, subject: Subject, frame: Bytes) {
        let waits = self.volatile.contains_key(&subject);
        if self.is_stalled() || (waits && subject.slot.is_none()) {
            self.skipped = true;
            return;
        }
        self.volatile.insert(subject, frame);
    }

    /// Drops what waits about a subject that is no more: it must not be written behind the news of its end.
    pub fn forget(&mut self, subject: Subject) {
        self.volatile.remove(&subject);
    }

    /// The next frame to write: ordered ones first, since a volatile one may refer to a member they announce.
    pub fn pop(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.ordered.pop_front() {
            self.ordered_bytes -= frame.len();
            return Some(frame);
        }
        let (_, frame) = self.volatile.pop_first()?;
        self.volatile_sent += frame.len() as u64;
        Some(frame)
    }

    /// Takes the reader's count of volatile bytes received on this socket.
    pub fn acknowledge(&mut self, received: u64) {
        // A count beyond what was sent is nonsense and must not buy credit.
        self.volatile_acknowledged = self.volatile_acknowledged.max(received.min(self.volatile_sent));
    }

    /// Whether frames were skipped and would fit now; true once, then the caller asks for a catch-up.
    pub fn take_catch_up(&mut self) -> bool {
        let due = self.skipped && self.volatile.is_empty() && self.ordered.is_empty() && !self.is_stalled();
        if due {
            self.skipped = false;
        }
        due
    }

    fn is_stalled(&self) -> bool {
        self.acknowledges && self.volatile_sent - self.volatile_acknowledged > self.unacknowledged_bytes
    }

    /// Bytes that wait, in both lanes.
    pub fn bytes(&self) -> usize {
        self.ordered_bytes + self.volatile.values().map(Bytes::len).sum::<usize>()
    }

    pub fn is_empty(&self) -> bool {
        self.ordered.is_empty() && self.volatile.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn limits() -> Limits {
        Limits { queued_bytes: 10, unacknowledged_bytes: 8, ..Limits::default() }
    }

    const ROOM: Subject = Subject { channel: 1, slot: None };

    #[test]
    fn ordered_frames_keep_their_order_and_go_first() {
        let mut outbox = Outbox::new(&limits(), true);
        outbox.push_volatile(ROOM, frame("v"));
        outbox.push(frame("a")).unwrap();
        outbox.push(frame("b")).unwrap();
        let written: Vec<_> = std::iter::from_fn(|| outbox.pop()).collect();
        assert_eq!(written, [frame("a"), frame("b"), frame("v")]);
    }

    #[test]
    fn a_full_ordered_lane_is_a_verdict() {
        let mut outbox = Outbox::new(&limits(), true);
        outbox.push(frame("0123456789")).unwrap();
        assert_eq!(outbox.push(frame("x")), Err(TooSlow));
        assert_eq!(outbox.bytes(), 10);
    }

    #[test]
    fn the_newest_about_one_member_replaces_the_older() {
        let mut outbox = Outbox::new(&limits(), false);
        let about = Subject { channel: 1, slot: Some(4) };
        outbox.push_volatile(about, frame("old"));
        outbox.push_volatile(about, frame("new"));
        assert_eq!(outbox.pop(), Some(frame("new")));
        assert!(!outbox.take_catch_up());
    }

    #[test]
    fn a_frame_about_many_is_skipped_while_one_waits_and_made_good_later() {
        let mut outbox = Outbox::new(&limits(), true);
        outbox.push_volatile(ROOM, frame("1"));
        outbox.push_volatile(ROOM, frame("2"));
        assert!(!outbox.take_catch_up());
        assert_eq!(outbox.pop(), Some(frame("1")));
        assert!(outbox.take_catch_up());
        assert!(!outbox.take_catch_up());
    }

    #[test]
    fn who_does_not_acknowledge_gets_no_more_until_it_does() {
        let mut outbox = Outbox::new(&limits(), true);
        outbox.push_volatile(ROOM, frame("123456789"));
        assert!(outbox.pop().is_some());
        outbox.push_volatile(ROOM, frame("x"));
        assert!(outbox.is_empty() && !outbox.take_catch_up());
        outbox.acknowledge(u64::MAX);
        assert!(outbox.take_catch_up());
        outbox.push_volatile(ROOM, frame("x"));
        assert_eq!(outbox.pop(), Some(frame("x")));
    }
}
