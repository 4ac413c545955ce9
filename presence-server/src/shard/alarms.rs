//! When to look at which socket. A deadline that moves away costs nothing: the socket is looked at once
//! too early and asked again.

use std::collections::BTreeSet;

use presence_model::id::ConnectionId;
use presence_model::time::Millis;

#[derive(Debug, Default)]
pub struct Alarms {
    by_time: BTreeSet<(Millis, ConnectionId)>,
}

/// The time for which a socket's alarm is set.
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
            self.by_time.remove(&(alarm.0, id));
            self.by_time.insert((at, id));
            alarm.0 = at;
        }
    }

    pub fn next(&self) -> Option<Millis> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes one that rings at `now`, of a socket that may be gone. If it is not, the caller says so to its
    /// [`Alarm`].
    pub fn pop(&mut self, now: Millis) -> Option<ConnectionId> {
        self.next().filter(|at| *at <= now)?;
        self.by_time.pop_first().map(|(_, id)| id)
    }
}

impl Alarm {
    /// It is set for no time any more.
    pub fn ring(&mut self) {
        *self = Self::default();
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
        assert_eq!(alarms.pop(Millis(10)), Some(id));
        alarm.ring();
        assert_eq!(alarms.next(), None);
        alarms.set(&mut alarm, id, Millis(40));
        assert_eq!((alarms.next(), alarms.pop(Millis(50))), (Some(Millis(40)), Some(id)));
    }
}
