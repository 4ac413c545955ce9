//! When one socket is due for what: pings, keepalives, and the verdict that its line is dead. Pure.

use std::sync::Arc;

use presence_model::limit::Timing;
use presence_model::time::Millis;

/// What is due for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// A WebSocket ping: browsers answer it even while their page is blocked.
    Ping,
    /// The dialect's own sign of life, which some clients wait for.
    Tick,
    /// One byte, so that script hears something: it never sees a ping.
    Keepalive,
    /// The first message did not come in time.
    HelloOverdue,
    /// Nothing was heard for as long as a line may be silent.
    Silence,
    /// The token ends in so long.
    TokenEnding(Millis),
    TokenEnded,
}

/// How a socket is kept alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    pub ticks: bool,
    pub keepalives: bool,
    pub must_say_hello: bool,
}

#[derive(Debug)]
pub struct Pulse {
    timing: Arc<Timing>,
    heard_at: Millis,
    /// When the lobby was last told of a life sign.
    told_at: Option<Millis>,
    ping_at: Millis,
    tick_at: Option<Millis>,
    keepalive_at: Option<Millis>,
    hello_by: Option<Millis>,
    /// Few have one, and all have a place for it.
    token: Option<Box<TokenWatch>>,
}

/// A token's end is agreed on by the wall clock, and waited for by ours.
#[derive(Debug)]
struct TokenWatch {
    /// By the wall clock.
    expires_at: Millis,
    /// The same by ours, as far as we know.
    ends_at: Millis,
    /// How long before it the warning is due.
    lead: Millis,
    warned: bool,
}

impl TokenWatch {
    fn next(&self) -> Millis {
        if self.warned { self.ends_at } else { self.ends_at - self.lead }
    }
}

/// The last part of a token in which its end is announced, where the configured time would be more.
const WARNED_PART: u64 = 5;

/// Code Cloud's clients expect a JSON ping at half the rate of the line's own, gateway clients a tick.
pub const PINGS_PER_TICK: u64 = 2;

/// The part of the time for a hello in which one counts as soon.
const SOON: u64 = 40;

/// Life signs the lobby hears of between two pings, at most.
const SIGNS_PER_PING: u64 = 3;

/// After a stop of the process a socket is judged again only after this part of `late_after`, when what
/// lies unread in it has been read.
const SETTLING: u64 = 20;

impl Pulse {
    /// `first_ping` is a random length up to `ping_every`: sockets that came together are not pinged together.
    pub fn new(now: Millis, timing: Arc<Timing>, habits: Habits, first_ping: Millis) -> Self {
        let ping_at = now + first_ping;
        let tick_every = timing.ping_every.part(PINGS_PER_TICK, 1);
        Self {
            heard_at: now,
            told_at: None,
            ping_at,
            tick_at: habits.ticks.then_some(now + tick_every),
            keepalive_at: habits.keepalives.then_some(now + timing.keepalive_every),
            hello_by: habits.must_say_hello.then_some(now + timing.hello_timeout),
            token: None,
            timing,
        }
    }

    /// Watches the end of the token by which the socket speaks from now on; `None`: it has none.
    pub fn watch_token(&mut self, now: Millis, wall: Millis, expires_at: Option<Millis>) {
        // The same token again is warned of once.
        if self.token.as_ref().map(|token| token.expires_at) != expires_at {
            self.token = expires_at.map(|expires_at| {
                let left = expires_at - wall;
                let lead = self.timing.token_warning.min(left.part(1, WARNED_PART));
                Box::new(TokenWatch { expires_at, ends_at: now + left, lead, warned: false })
            });
        }
    }

    /// Looks again how far the token's end is off: one of the clocks may have been set, or have slept.
    pub fn check_token(&mut self, now: Millis, wall: impl FnOnce() -> Millis) {
        if let Some(token) = &mut self.token {
            token.ends_at = now + (token.expires_at - wall());
        }
    }

    /// Notes that something was heard; true when the lobby should hear of it.
    pub fn hear(&mut self, now: Millis) -> bool {
        self.heard_at = self.heard_at.max(now);
        let every = self.timing.ping_every.part(1, SIGNS_PER_PING);
        let tells = self.told_at.is_none_or(|told_at| now.since(told_at) >= every);
        if tells {
            self.told_at = Some(now);
        }
        tells
    }

    /// Notes that data was written; pings are none.
    pub fn send(&mut self, now: Millis) {
        if let Some(keepalive_at) = &mut self.keepalive_at {
            *keepalive_at = now + self.timing.keepalive_every;
        }
    }

    /// It is known who speaks; the client may say more of itself, if it does so soon.
    pub fn expect_hello_soon(&mut self, now: Millis) {
        self.hello_by = Some(now + self.timing.hello_timeout.part(1, SOON));
    }

    /// The client said who it is, or tried to.
    pub fn greet(&mut self) {
        self.hello_by = None;
    }

    pub fn next(&self) -> Millis {
        let silent_at = self.heard_at + self.timing.gone_after;
        let token = self.token.as_deref().map(TokenWatch::next);
        let others = [self.tick_at, self.keepalive_at, self.hello_by, token];
        others.into_iter().flatten().fold(self.ping_at.min(silent_at), Millis::min)
    }

    /// Takes what is due at `now`, one at a time.
    pub fn pop(&mut self, now: Millis) -> Option<Beat> {
        // First, since it is nobody's fault when it comes late.
        if let Some(beat) = self.token_beat(now) {
            return Some(beat);
        }
        let lateness = now - self.next();
        if lateness > self.timing.late_after {
            self.excuse(now, lateness);
        }
        let is_due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        if self.heard_at + self.timing.gone_after <= now {
            return Some(Beat::Silence);
        }
        if is_due(self.hello_by) {
            self.hello_by = None;
            return Some(Beat::HelloOverdue);
        }
        if self.ping_at <= now {
            self.ping_at = now + self.timing.ping_every;
            return Some(Beat::Ping);
        }
        if is_due(self.tick_at) {
            self.tick_at = Some(now + self.timing.ping_every.part(PINGS_PER_TICK, 1));
            return Some(Beat::Tick);
        }
        if is_due(self.keepalive_at) {
            self.keepalive_at = Some(now + self.timing.keepalive_every);
            return Some(Beat::Keepalive);
        }
        None
    }

    fn token_beat(&mut self, now: Millis) -> Option<Beat> {
        let token = self.token.as_mut().filter(|token| token.next() <= now)?;
        if token.ends_at <= now {
            self.token = None;
            return Some(Beat::TokenEnded);
        }
        token.warned = true;
        Some(Beat::TokenEnding(token.ends_at - now))
    }

    /// Moves what would be held against the client by the time in which nobody could listen to it. The
    /// rest is due now, so that the same time is not counted again.
    fn excuse(&mut self, now: Millis, lateness: Millis) {
        let moved = lateness + self.timing.late_after.part(1, SETTLING);
        self.heard_at += moved;
        self.hello_by = self.hello_by.map(|by| by + moved);
        self.ping_at = self.ping_at.max(now);
        self.tick_at = self.tick_at.map(|at| at.max(now));
        self.keepalive_at = self.keepalive_at.map(|at| at.max(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Habits = Habits { ticks: true, keepalives: true, must_say_hello: true };
    const NONE: Habits = Habits { ticks: false, keepalives: false, must_say_hello: false };
    const START: Millis = Millis::seconds(1_000);

    fn pulse(habits: Habits) -> Pulse {
        Pulse::new(START, Arc::new(Timing::default()), habits, Millis::seconds(5))
    }

    /// What becomes due until `end`, by seconds after the start.
    fn run(pulse: &mut Pulse, end: u64) -> Vec<(u64, Beat)> {
        let mut beats = vec![];
        while pulse.next() <= START + Millis::seconds(end) {
            let now = pulse.next();
            beats.extend(pulse.pop(now).map(|beat| (now.since(START).0 / 1_000, beat)));
        }
        beats
    }

    #[test]
    fn a_socket_that_says_nothing_is_pinged_and_given_up() {
        let mut pulse = pulse(NONE);
        assert_eq!(run(&mut pulse, 44), [(5, Beat::Ping), (20, Beat::Ping), (35, Beat::Ping)]);
        assert_eq!(pulse.next(), START + Millis::seconds(45));
        assert_eq!(pulse.pop(START + Millis::seconds(45)), Some(Beat::Silence));
    }

    #[test]
    fn a_quiet_socket_gets_all_that_its_habits_ask_for() {
        let mut pulse = pulse(ALL);
        let beats = run(&mut pulse, 31);
        assert_eq!(
            beats,
            [(5, Beat::Ping), (10, Beat::HelloOverdue), (20, Beat::Ping), (20, Beat::Keepalive), (30, Beat::Tick)]
        );
    }

    #[test]
    fn who_is_known_already_is_waited_for_a_moment_only() {
        let mut pulse = pulse(NONE);
        pulse.expect_hello_soon(START);
        assert_eq!(pulse.next(), START + Millis(250));
        assert_eq!(pulse.pop(pulse.next()), Some(Beat::HelloOverdue));
        pulse.expect_hello_soon(START);
        pulse.greet();
        assert_eq!(pulse.next(), START + Millis::seconds(5));
    }

    #[test]
    fn what_is_heard_and_sent_moves_deadlines() {
        let mut pulse = pulse(Habits { must_say_hello: false, ..ALL });
        pulse.send(START + Millis::seconds(15));
        assert!(!run(&mut pulse, 34).iter().any(|(_, beat)| *beat == Beat::Keepalive));
        pulse.hear(START + Millis::seconds(30));
        assert!(!run(&mut pulse, 74).iter().any(|(_, beat)| *beat == Beat::Silence));
        assert_eq!(pulse.pop(START + Millis::seconds(75)), Some(Beat::Silence));
    }

    #[test]
    fn the_lobby_hears_of_life_signs_now_and_then() {
        let mut pulse = pulse(NONE);
        let told: Vec<_> = (0..=12).map(|s| pulse.hear(START + Millis::seconds(s))).collect();
        let at: Vec<_> = told.iter().enumerate().filter(|(_, told)| **told).map(|(at, _)| at).collect();
        assert_eq!(at, [0, 5, 10]);
    }

    /// What becomes due of a token alone, while everything else is as it should be.
    fn token_beats(pulse: &mut Pulse, from: u64, end: u64, wall_ahead: u64) -> Vec<(u64, Beat)> {
        let mut beats = vec![];
        for second in from..=end {
            let now = START + Millis::seconds(second);
            pulse.hear(now);
            pulse.check_token(now, || now + Millis::seconds(wall_ahead));
            let due = std::iter::from_fn(|| pulse.pop(now));
            let ours = due.filter(|beat| matches!(beat, Beat::TokenEnding(_) | Beat::TokenEnded));
            beats.extend(ours.map(|beat| (second, beat)));
        }
        beats
    }

    #[test]
    fn the_end_of_a_token_is_announced_and_comes() {
        let minute = Millis::seconds(60);
        for (lasts, warned_at, left) in [(3_600, 3_540, minute), (100, 80, Millis::seconds(20))] {
            let mut pulse = pulse(NONE);
            pulse.watch_token(START, START, Some(START + Millis::seconds(lasts)));
            let due = [(warned_at, Beat::TokenEnding(left)), (lasts, Beat::TokenEnded)];
            assert_eq!(token_beats(&mut pulse, 0, 4_000, 0), due);
        }
    }

    #[test]
    fn a_newer_token_takes_the_place_of_the_older_and_the_same_one_does_not() {
        let mut pulse = pulse(NONE);
        let end = |seconds| Some(START + Millis::seconds(seconds));
        pulse.watch_token(START, START, end(100));
        assert_eq!(token_beats(&mut pulse, 0, 90, 0).len(), 1);
        let now = START + Millis::seconds(90);
        pulse.watch_token(now, now, end(100));
        assert_eq!(token_beats(&mut pulse, 91, 95, 0), []);
        pulse.watch_token(now, now, end(190));
        assert_eq!(token_beats(&mut pulse, 91, 189, 0), [(170, Beat::TokenEnding(Millis::seconds(20)))]);
        pulse.watch_token(now, now, None);
        assert_eq!(token_beats(&mut pulse, 189, 999, 0), []);
    }

    #[test]
    fn the_wall_clock_says_when_a_token_ends() {
        let mut ahead = pulse(NONE);
        ahead.watch_token(START, START, Some(START + Millis::seconds(1_000)));
        // The wall clock was set, or went on while the machine slept.
        assert_eq!(token_beats(&mut ahead, 1, 1, 2_000), [(1, Beat::TokenEnded)]);
        let mut behind = pulse(NONE);
        let wall = START + Millis::seconds(900);
        behind.watch_token(START, wall, Some(START + Millis::seconds(1_000)));
        let due = [(980, Beat::TokenEnding(Millis::seconds(20))), (1_000, Beat::TokenEnded)];
        assert_eq!(token_beats(&mut behind, 1, 1_100, 0), due);
    }

    #[test]
    fn a_token_that_ended_in_a_stop_of_the_process_ends_and_blames_nothing_else() {
        let mut pulse = pulse(NONE);
        pulse.watch_token(START, START, Some(START + Millis::seconds(30)));
        let resumed = START + Millis::seconds(100);
        let due: Vec<_> = std::iter::from_fn(|| pulse.pop(resumed)).collect();
        assert_eq!(due, [Beat::TokenEnded, Beat::Ping]);
    }

    #[test]
    fn a_stopped_process_blames_nobody() {
        for stopped_at in [1, 14, 44] {
            let mut pulse = pulse(ALL);
            pulse.greet();
            run(&mut pulse, stopped_at);
            let resumed = START + Millis::seconds(stopped_at + 60);
            let mut due = vec![];
            while pulse.next() <= resumed {
                due.extend(pulse.pop(resumed));
            }
            assert!(due.contains(&Beat::Ping) && !due.contains(&Beat::Silence), "{stopped_at}: {due:?}");
            // From here on silence counts again, and no more than once.
            let silent_at = (0..)
                .map(|s| resumed + Millis::seconds(s))
                .find(|now| std::iter::from_fn(|| pulse.pop(*now)).any(|beat| beat == Beat::Silence));
            assert!(silent_at.unwrap() <= resumed + Millis::seconds(46), "{stopped_at}: {silent_at:?}");
        }
    }
}
