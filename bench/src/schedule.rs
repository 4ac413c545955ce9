//! Who is due when: many do the same once a period, spread evenly over it.

/// Times are microseconds.
#[derive(Clone, Debug)]
pub struct Schedule {
    start: u64,
    period: f64,
    /// How many take turns.
    count: u64,
    /// Turns given so far.
    given: u64,
    latest: u64,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub who: usize,
    /// So much later than it should be.
    pub late: u64,
}

impl Schedule {
    pub fn new(start: u64, per_second: f64, count: usize) -> Self {
        Self { start, period: 1_000_000.0 / per_second, count: count as u64, given: 0, latest: 0 }
    }

    /// When the next turn is due.
    pub fn next_due(&self) -> u64 {
        self.start + (self.given as f64 * self.period / self.count as f64) as u64
    }

    /// The next turn, if it is due.
    pub fn take(&mut self, now: u64) -> Option<Turn> {
        let late = now.checked_sub(self.next_due())?;
        let who = usize::try_from(self.given % self.count).ok()?;
        self.given += 1;
        self.latest = self.latest.max(late);
        Some(Turn { who, late })
    }

    /// How late the latest turn was since this was last asked.
    pub fn take_latest(&mut self) -> u64 {
        std::mem::take(&mut self.latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_spread_over_the_period_and_none_is_left_out() {
        let mut schedule = Schedule::new(1_000, 20.0, 5);
        assert_eq!(schedule.take(999), None);
        let turns: Vec<_> = std::iter::from_fn(|| schedule.take(51_000)).collect();
        let expected: Vec<_> =
            [0, 1, 2, 3, 4, 0].iter().zip(0..).map(|(who, k)| Turn { who: *who, late: 50_000 - 10_000 * k }).collect();
        assert_eq!(turns, expected);
        assert_eq!((schedule.take_latest(), schedule.take_latest()), (50_000, 0));
        assert_eq!(schedule.next_due(), 61_000);
    }
}
