//! What waits for one socket: an ordered lane where everything counts, and a volatile one where the
//! newest wins. Bounded: a reader too slow for the ordered lane is closed, and one that does not
//! acknowledge volatile bytes gets none until it does (`CONTRACT.md` 0).

use std::collections::VecDeque;

use bytes::Bytes;
use presence_model::limit::Limits;

/// The ordered lane is full: close the socket, it may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSlow;

/// Part of a frame where only the newest counts.
#[derive(Debug)]
struct Volatile {
    /// The room's channel.
    channel: u32,
    /// What the reader's acknowledgement will count for it.
    weight: u64,
    bytes: Bytes,
}

#[derive(Debug)]
pub struct Outbox {
    ordered: VecDeque<Bytes>,
    ordered_bytes: usize,
    /// Ordered frames that were ever put in.
    pushed: u64,
    volatile: VecDeque<Volatile>,
    /// Volatile bytes ever handed to the socket, and of those the acknowledged ones.
    volatile_sent: u64,
    volatile_acknowledged: u64,
    /// Whether this reader acknowledges at all: JSON readers do not.
    acknowledges: bool,
    /// Nobody looks at what the reader shows.
    hidden: bool,
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
            pushed: 0,
            volatile: VecDeque::new(),
            volatile_sent: 0,
            volatile_acknowledged: 0,
            acknowledges,
            hidden: false,
            skipped: false,
            queued_bytes: limits.queued_bytes,
            unacknowledged_bytes: limits.unacknowledged_bytes as u64,
        }
    }

    /// Puts in a frame that counts, and gives its place.
    pub fn push(&mut self, frame: Bytes) -> Result<u64, TooSlow> {
        if self.ordered_bytes.saturating_add(weight(&frame)) > self.queued_bytes {
            return Err(TooSlow);
        }
        self.ordered_bytes += weight(&frame);
        self.ordered.push_back(frame);
        self.pushed += 1;
        Ok(self.pushed - 1)
    }

    /// Whether the frame in this place was not handed out yet.
    pub fn is_waiting(&self, place: u64) -> bool {
        self.index(place).is_some()
    }

    /// Puts a frame in the place of one that waits; a smaller or larger one, so that the bound is one of frames.
    pub fn replace(&mut self, place: u64, frame: Bytes) {
        if let Some(old) = self.index(place).and_then(|index| self.ordered.get_mut(index)) {
            self.ordered_bytes = self.ordered_bytes - weight(old) + weight(&frame);
            *old = frame;
        }
    }

    fn index(&self, place: u64) -> Option<usize> {
        let handed_out = self.pushed - self.ordered.len() as u64;
        usize::try_from(place.checked_sub(handed_out)?).ok().filter(|index| *index < self.ordered.len())
    }

    /// Queues where a room's cursors are, in one or more parts. It is skipped while an older one of the same
    /// room waits, since it does not hold all that the older one holds. The reader will count `weight` bytes.
    pub fn push_volatile(&mut self, channel: u32, weight: usize, parts: impl IntoIterator<Item = Bytes>) {
        if self.hidden || self.is_stalled() || self.volatile.iter().any(|waiting| waiting.channel == channel) {
            self.skipped = true;
            return;
        }
        let mut weight = weight as u64;
        for bytes in parts.into_iter().filter(|bytes| !bytes.is_empty()) {
            self.volatile.push_back(Volatile { channel, weight: std::mem::take(&mut weight), bytes });
        }
    }

    /// While the reader is hidden it gets nothing volatile, and behind that all of it at once.
    pub fn set_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    /// Leaves out what waits of a room's cursors: it must not be written behind news that it does not know.
    pub fn forget(&mut self, channel: u32) {
        let waiting = self.volatile.len();
        self.volatile.retain(|waiting| waiting.channel != channel);
        self.skipped |= self.volatile.len() < waiting;
    }

    /// The next bytes to write: ordered ones first, since volatile ones may refer to a member they announce.
    pub fn pop(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.ordered.pop_front() {
            self.ordered_bytes -= weight(&frame);
            if self.ordered.is_empty() && self.ordered.capacity() > ROOM_KEPT {
                self.ordered = VecDeque::new();
            }
            return Some(frame);
        }
        let next = self.volatile.pop_front()?;
        self.volatile_sent += next.weight;
        Some(next.bytes)
    }

    /// Takes the reader's count of volatile bytes received on this socket.
    pub fn acknowledge(&mut self, received: u64) {
        // A count beyond what was sent is nonsense and must not buy credit.
        self.volatile_acknowledged = self.volatile_acknowledged.max(received.min(self.volatile_sent));
    }

    /// Whether frames were skipped and would fit now; true once, then the caller asks for a catch-up.
    pub fn take_catch_up(&mut self) -> bool {
        let due = self.skipped && self.is_empty() && !self.hidden && !self.is_stalled();
        if due {
            self.skipped = false;
        }
        due
    }

    fn is_stalled(&self) -> bool {
        self.acknowledges && self.volatile_sent - self.volatile_acknowledged > self.unacknowledged_bytes
    }

    /// What waits takes so many bytes, in both lanes.
    pub fn bytes(&self) -> usize {
        self.ordered_bytes + self.volatile.iter().map(|waiting| waiting.bytes.len()).sum::<usize>()
    }

    pub fn is_empty(&self) -> bool {
        self.ordered.is_empty() && self.volatile.is_empty()
    }
}

/// What a frame takes of the bound: with many small ones what holds them is most of it.
fn weight(frame: &Bytes) -> usize {
    frame.len() + FRAME_BYTES
}

/// About what a frame takes besides its bytes.
const FRAME_BYTES: usize = 64;

/// An idle socket keeps room for so many frames.
const ROOM_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_hidden_gets_nothing_volatile_and_one_catch_up_when_shown() {
        let mut outbox = Outbox::new(&Limits::default(), true);
        outbox.set_hidden(true);
        for _ in 0..100 {
            outbox.push_volatile(1, 4, [frame("move")]);
        }
        outbox.push(frame("news")).unwrap();
        assert_eq!((outbox.pop(), outbox.pop(), outbox.take_catch_up()), (Some(frame("news")), None, false));
        outbox.set_hidden(false);
        assert!(outbox.take_catch_up() && !outbox.take_catch_up());
        outbox.push_volatile(1, 4, [frame("move")]);
        assert_eq!(outbox.pop(), Some(frame("move")));
    }

    fn frame(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn limits() -> Limits {
        Limits { queued_bytes: 10 + 2 * FRAME_BYTES, unacknowledged_bytes: 8, ..Limits::default() }
    }

    const ROOM: u32 = 1;

    fn moves(outbox: &mut Outbox, text: &str) {
        outbox.push_volatile(ROOM, text.len(), [frame(text)]);
    }

    #[test]
    fn ordered_frames_keep_their_order_and_go_first() {
        let mut outbox = Outbox::new(&limits(), true);
        moves(&mut outbox, "v");
        outbox.push(frame("a")).unwrap();
        outbox.push(frame("b")).unwrap();
        let written: Vec<_> = std::iter::from_fn(|| outbox.pop()).collect();
        assert_eq!(written, [frame("a"), frame("b"), frame("v")]);
    }

    #[test]
    fn a_full_ordered_lane_is_a_verdict() {
        let mut outbox = Outbox::new(&limits(), true);
        outbox.push(frame("012345678")).unwrap();
        outbox.push(frame("9")).unwrap();
        assert_eq!(outbox.push(frame("")), Err(TooSlow));
        assert_eq!(outbox.bytes(), 10 + 2 * FRAME_BYTES);
        while outbox.pop().is_some() {}
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn parts_are_one_frame_and_empty_ones_are_none() {
        let mut outbox = Outbox::new(&limits(), true);
        outbox.push_volatile(ROOM, 3, [frame("12"), frame(""), frame("34")]);
        outbox.push_volatile(ROOM + 1, 1, [frame("x")]);
        assert_eq!(outbox.bytes(), 5);
        let written: Vec<_> = std::iter::from_fn(|| outbox.pop()).collect();
        assert_eq!(written, [frame("12"), frame("34"), frame("x")]);
        assert_eq!(outbox.volatile_sent, 4);
    }

    #[test]
    fn cursors_are_skipped_while_some_wait_and_made_good_later() {
        let mut outbox = Outbox::new(&limits(), true);
        moves(&mut outbox, "1");
        moves(&mut outbox, "2");
        assert!(!outbox.take_catch_up());
        assert_eq!(outbox.pop(), Some(frame("1")));
        assert!(outbox.take_catch_up());
        assert!(!outbox.take_catch_up());
    }

    #[test]
    fn what_is_forgotten_is_made_good_later() {
        let mut outbox = Outbox::new(&limits(), false);
        outbox.forget(ROOM);
        assert!(!outbox.take_catch_up());
        moves(&mut outbox, "old");
        outbox.forget(ROOM);
        assert_eq!(outbox.pop(), None);
        assert!(outbox.take_catch_up());
    }

    #[test]
    fn who_does_not_acknowledge_gets_no_more_until_it_does() {
        let mut outbox = Outbox::new(&limits(), true);
        moves(&mut outbox, "123456789");
        assert!(outbox.pop().is_some());
        moves(&mut outbox, "x");
        assert!(outbox.is_empty() && !outbox.take_catch_up());
        outbox.acknowledge(u64::MAX);
        assert!(outbox.take_catch_up());
        moves(&mut outbox, "x");
        assert_eq!(outbox.pop(), Some(frame("x")));
    }

    #[test]
    fn a_frame_that_waits_can_be_replaced_in_its_place_and_one_that_is_gone_cannot() {
        let mut outbox = Outbox::new(&Limits { queued_bytes: 1_000, ..Limits::default() }, false);
        let places = ["first", "old", "last"].map(|frame| outbox.push(Bytes::from(frame)).unwrap());
        assert_eq!(outbox.pop(), Some(Bytes::from("first")));
        assert_eq!(places.map(|place| outbox.is_waiting(place)), [false, true, true]);
        let held = outbox.bytes();
        outbox.replace(places[1], Bytes::from("newer"));
        outbox.replace(places[0], Bytes::from("too late"));
        assert_eq!(outbox.bytes(), held + 2);
        let rest: Vec<_> = std::iter::from_fn(|| outbox.pop()).collect();
        assert_eq!(rest, ["newer", "last"]);
        assert!(outbox.is_empty() && outbox.bytes() == 0 && !outbox.is_waiting(places[2] + 1));
    }
}
