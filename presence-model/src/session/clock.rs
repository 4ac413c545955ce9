//! How far the server's clock is from ours, from the exchange with the shortest way so far.

use crate::time::Millis;

#[derive(Clone, Debug, Default)]
pub struct ServerClock {
    best: Option<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Server minus client, in milliseconds.
    offset: i64,
    round_trip: Millis,
    taken: Millis,
}

impl ServerClock {
    /// Takes an exchange: we sent at `sent`, heard at `now`, and the server's clock said `server` between.
    pub fn note(&mut self, now: Millis, sent: Millis, server: Millis) {
        let round_trip = now.since(sent);
        let offset = as_signed(server).saturating_add(as_signed(round_trip) / 2).saturating_sub(as_signed(now));
        // A longer way is taken when the older sample may have drifted by the difference: a millisecond a second.
        let better = self.best.is_none_or(|best| round_trip <= best.round_trip + now.since(best.taken).part(1, 1_000));
        if better {
            self.best = Some(Sample { offset, round_trip, taken: now });
        }
    }

    /// Another server, or our own clock was set: the next sample counts, however long its way.
    pub fn distrust(&mut self) {
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
    fn the_shortest_way_decides() {
        let mut clock = ServerClock::default();
        let hour = Millis::minutes(60);
        clock.note(Millis(1_400), Millis(1_000), Millis(1_200) + hour);
        clock.note(Millis(2_010), Millis(2_000), Millis(2_005) + hour);
        clock.note(Millis(3_900), Millis(3_000), Millis(3_100) + hour);
        assert_eq!(clock.server_now(Millis(5_000)), Millis(5_000) + hour);
    }
}
