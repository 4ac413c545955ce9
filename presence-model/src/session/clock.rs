//! How far the server's clock is from ours, from the exchange with the shortest way so far.

use crate::time::Millis;

#[derive(Clone, Debug, Default)]
pub struct ServerClock {
    best: Option<Sample>,
    /// Exchanges since the last one was not to be trusted any more.
    exchanges: u32,
}

/// On a way longer than this the two directions may differ by more than people forgive who watch together.
const LONG: Millis = Millis(50);

/// Of so many exchanges on a long way the shortest is near the truth.
const ENOUGH: u32 = 8;

#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Server minus client, in milliseconds.
    offset: i64,
    round_trip: Millis,
    taken: Millis,
}

impl ServerClock {
    /// Takes an exchange: we sent at `sent`, heard at `now`, and the server's clock said `server` between. True when
    /// another one at once is worth its bytes.
    pub fn note(&mut self, now: Millis, sent: Millis, server: Millis) -> bool {
        let round_trip = now.since(sent);
        let offset = as_signed(server).saturating_add(as_signed(round_trip) / 2).saturating_sub(as_signed(now));
        // A longer way is taken when the older sample may have drifted by the difference: a millisecond a second.
        let better = self.best.is_none_or(|best| round_trip <= best.round_trip + now.since(best.taken).part(1, 1_000));
        if better {
            self.best = Some(Sample { offset, round_trip, taken: now });
        }
        self.exchanges += u32::from(self.exchanges < ENOUGH);
        round_trip > LONG && self.exchanges < ENOUGH
    }

    /// Another server, or our own clock was set: the next sample counts, however long its way.
    pub fn distrust(&mut self) {
        self.exchanges = 0;
        if let Some(best) = &mut self.best {
            best.round_trip = Millis(u64::MAX);
        }
    }

    pub fn offset(&self) -> i64 {
        self.best.map_or(0, |best| best.offset)
    }

    /// The server's clock, as far as we know it.
    pub fn server_now(&self, now: Millis) -> Millis {
        Millis(now.0.saturating_add_signed(self.offset()))
    }
}

fn as_signed(millis: Millis) -> i64 {
    i64::try_from(millis.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_way_is_gone_again_a_few_times_and_a_short_one_is_not() {
        let exchange = |clock: &mut ServerClock, way| clock.note(Millis(1_000) + way, Millis(1_000), Millis(5_000));
        let mut clock = ServerClock::default();
        assert!(!exchange(&mut clock, Millis(3)));
        clock.distrust();
        assert_eq!((0..20).filter(|_| exchange(&mut clock, Millis(300))).count(), 7);
        clock.distrust();
        assert!(exchange(&mut clock, Millis(300)));
    }

    #[test]
    fn the_shortest_way_decides() {
        let mut clock = ServerClock::default();
        let hour = Millis::minutes(60);
        clock.note(Millis(1_400), Millis(1_000), Millis(1_200) + hour);
        clock.note(Millis(2_010), Millis(2_000), Millis(2_005) + hour);
        clock.note(Millis(3_900), Millis(3_000), Millis(3_100) + hour);
        assert_eq!(clock.server_now(Millis(5_000)), Millis(5_000) + hour);
    }
}
