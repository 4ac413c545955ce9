//! When to look at which socket. A deadline that moves away costs nothing: the socket is looked at once
//! too early and asked again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use presence_model::id::ConnectionId;
use presence_model::time::Millis;

#[derive(Debug, Default)]
pub struct Alarms {
    heap: BinaryHeap<Reverse<(Millis, ConnectionId)>>,
}

/// The time for which a socket's alarm is set. It has one entry that counts; earlier ones that it was given
/// before are passed over when they ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm(Millis);

impl Default for Alarm {
    fn default() -> Self {
        Self(Millis(u64::MAX))
    }
}

impl Alarms {
    /// Sees to it that the alarm rings at `at`, or before.
    pub fn set(&mut self, alarm: &mut Alarm, id: ConnectionId, at: Millis) {
        if at < alarm.0 {
            alarm.0 = at;
            self.heap.push(Reverse((at, id)));
        }
    }

    pub fn next(&self) -> Option<Millis> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes one that rings at `now`. The caller asks [`Alarm::rings`], since it may have been set anew, or
    /// the socket may be gone.
    pub fn pop(&mut self, now: Millis) -> Option<(Millis, ConnectionId)> {
        self.next().filter(|at| *at <= now)?;
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

impl Alarm {
    /// Whether the entry that rang is this alarm's own; then it is set for no time any more.
    pub fn rings(&mut self, at: Millis) -> bool {
        let is_own = self.0 == at;
        if is_own {
            *self = Self::default();
        }
        is_own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_rings_once_at_the_earliest_time_it_was_set_for() {
        let (mut alarms, mut alarm, id) = (Alarms::default(), Alarm::default(), ConnectionId(1));
        for at in [30, 10, 20] {
            alarms.set(&mut alarm, id, Millis(at));
        }
        assert_eq!(alarms.next(), Some(Millis(10)));
        assert_eq!(alarms.pop(Millis(9)), None);
        assert_eq!(alarms.pop(Millis(10)), Some((Millis(10), id)));
        assert!(alarm.rings(Millis(10)));
        alarms.set(&mut alarm, id, Millis(40));
        // The entry for 30 is an old one.
        assert_eq!(alarms.pop(Millis(50)), Some((Millis(30), id)));
        assert!(!alarm.rings(Millis(30)));
        assert_eq!(alarms.pop(Millis(50)), Some((Millis(40), id)));
        assert!(alarm.rings(Millis(40)) && alarms.next().is_none());
    }
}
