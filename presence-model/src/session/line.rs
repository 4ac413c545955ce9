//! The state of the line: when to open, when to give up, when to come back.

use crate::limit::ClientTiming;
use crate::session::output::{Link, LinkState};
use crate::session::random::Random;
use crate::time::Millis;

/// Opening a socket and hearing a welcome may each take this long.
const OPEN_TIMEOUT: Millis = Millis::seconds(10);
/// After a wake-up an unanswered probe condemns the line after this, or sooner after a long sleep.
const PROBE_TIMEOUT: Millis = Millis::seconds(2);
const PROBE_TIMEOUT_AFTER_SLEEP: Millis = Millis(750);
/// A page hidden for longer than this is taken for one that slept.
const SLEEP: Millis = Millis::seconds(30);

/// Retries after the first spread over a window that doubles from here to the cap.
const BACKOFF_START: Millis = Millis(250);
const BACKOFF_CAP: Millis = Millis::seconds(10);
/// Even the luckiest draw leaves a server that refuses at once this much air.
const BACKOFF_FLOOR: Millis = Millis(50);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not started, stopped or refused: only the app can change it.
    Down(LinkState),
    Opening,
    Greeting,
    Online,
    /// For the moment of the next attempt, or without one for what the session waits for.
    Waiting {
        until: Option<Millis>,
    },
    /// The page is put away: nothing to do until it comes back.
    Dormant,
}

/// What the line wants done at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Open,
    Abandon,
    Probe,
}

#[derive(Clone, Debug)]
pub struct Line {
    phase: Phase,
    since: Millis,
    attempt: u32,
    close_code: Option<u16>,
    heard_at: Millis,
    /// An unanswered probe and the moment at which it condemns the line.
    verdict_at: Option<Millis>,
    /// When the line was last up.
    lost_at: Millis,
    reconnect_window: Millis,
    /// How long others wait for us unseen. After a restart and after a lost line it is about the same.
    grace: Millis,
    abandon_after: Millis,
    late_after: Millis,
}

impl Line {
    pub fn new(now: Millis, timing: &ClientTiming) -> Self {
        Self {
            phase: Phase::Down(LinkState::Initial),
            since: now,
            attempt: 0,
            close_code: None,
            heard_at: now,
            verdict_at: None,
            lost_at: now,
            reconnect_window: timing.reconnect_window,
            grace: timing.restart_grace,
            abandon_after: timing.abandon_after,
            late_after: timing.late_after,
        }
    }

    pub fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }

    /// Whether the socket has opened: before that, nothing can be heard from it or sent to it.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Greeting | Phase::Online)
    }

    pub fn is_opening(&self) -> bool {
        self.phase == Phase::Opening
    }

    pub fn is_greeting(&self) -> bool {
        self.phase == Phase::Greeting
    }

    /// Whether there is a socket that events can belong to.
    pub fn has_socket(&self) -> bool {
        matches!(self.phase, Phase::Opening | Phase::Greeting | Phase::Online)
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. })
    }

    pub fn is_started(&self) -> bool {
        !matches!(self.phase, Phase::Down(_))
    }

    pub fn link(&self) -> Link {
        let state = match self.phase {
            Phase::Down(state) => state,
            Phase::Opening | Phase::Greeting => LinkState::Connecting,
            Phase::Online => LinkState::Online,
            Phase::Waiting { .. } | Phase::Dormant => LinkState::Waiting,
        };
        let retry_at = match self.phase {
            Phase::Waiting { until } => until,
            _ => None,
        };
        Link { state, since: self.since, attempt: self.attempt, retry_at, close_code: self.close_code }
    }

    fn enter(&mut self, now: Millis, phase: Phase) {
        self.phase = phase;
        self.since = now;
        self.heard_at = now;
        self.verdict_at = None;
    }

    pub fn open(&mut self, now: Millis) {
        self.attempt += 1;
        self.enter(now, Phase::Opening);
    }

    pub fn opened(&mut self, now: Millis) {
        self.enter(now, Phase::Greeting);
    }

    pub fn welcomed(&mut self, now: Millis, timing: &ClientTiming) {
        self.reconnect_window = timing.reconnect_window;
        self.grace = timing.restart_grace;
        self.abandon_after = timing.abandon_after;
        self.attempt = 0;
        self.close_code = None;
        self.enter(now, Phase::Online);
    }

    pub fn stop(&mut self, now: Millis, state: LinkState) {
        self.enter(now, Phase::Down(state));
        self.attempt = 0;
    }

    pub fn sleep(&mut self, now: Millis) {
        self.enter(now, Phase::Dormant);
    }

    /// The line is lost: the first retry comes within the server's window, later ones with full jitter.
    pub fn lose(&mut self, now: Millis, code: Option<u16>, random: &mut Random) {
        self.close_code = code;
        if self.is_online() {
            self.lost_at = now;
        }
        let window = match self.attempt {
            0 => self.reconnect_window,
            failed => Millis(BACKOFF_START.0 << failed.min(10)).min(self.longest_wait(now)),
        };
        let delay = random.within(window).max(if self.attempt == 0 { Millis::ZERO } else { BACKOFF_FLOOR });
        self.wait(now, Some(now + delay));
    }

    pub fn wait(&mut self, now: Millis, until: Option<Millis>) {
        self.enter(now, Phase::Waiting { until });
    }

    /// While others wait for us, whatever a cut leaves of their patience has room for an attempt. Later we
    /// wait less long than they do after a restart: the last comes back before the first gives it up.
    fn longest_wait(&self, now: Millis) -> Millis {
        let quarters = if now.since(self.lost_at) < self.grace { 1 } else { 3 };
        self.grace.part(quarters, 4).min(BACKOFF_CAP)
    }

    pub fn hear(&mut self, now: Millis) {
        self.heard_at = now;
        self.verdict_at = None;
    }

    /// The page is back: open at once if we wait; true when an open line is to be probed.
    pub fn wake(&mut self, now: Millis, hidden_for: Millis) -> Option<Due> {
        match self.phase {
            Phase::Waiting { .. } | Phase::Dormant => Some(Due::Open),
            Phase::Online => {
                let patience = if hidden_for > SLEEP { PROBE_TIMEOUT_AFTER_SLEEP } else { PROBE_TIMEOUT };
                self.verdict_at = Some(self.verdict_at.map_or(now + patience, |at| at.min(now + patience)));
                Some(Due::Probe)
            }
            Phase::Down(_) | Phase::Opening | Phase::Greeting => None,
        }
    }

    /// What is due at `now`, at most one thing.
    pub fn pop_due(&mut self, now: Millis) -> Option<Due> {
        let at = self.next_deadline()?;
        if at > now {
            return None;
        }
        match self.phase {
            Phase::Waiting { .. } => Some(Due::Open),
            Phase::Online if self.verdict_at.is_none() && now.since(at) > self.late_after => {
                // We come late ourselves: what the server sent meanwhile may lie unread before us.
                self.verdict_at = Some(now + PROBE_TIMEOUT);
                Some(Due::Probe)
            }
            _ => Some(Due::Abandon),
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Down(_) | Phase::Dormant => None,
            Phase::Waiting { until } => until,
            Phase::Opening | Phase::Greeting => Some(self.since + OPEN_TIMEOUT),
            Phase::Online => Some(self.verdict_at.unwrap_or(self.heard_at + self.abandon_after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Timing;

    fn online(now: Millis) -> Line {
        let mut line = Line::new(now, &ClientTiming::default());
        line.open(now);
        line.opened(now);
        line.welcomed(now, &ClientTiming::default());
        line
    }

    #[test]
    fn the_first_retry_keeps_to_the_window_and_later_ones_grow_to_the_cap() {
        let (mut random, now) = (Random::new(1), Millis(1_000));
        for _ in 0..500 {
            let mut line = online(now);
            line.lose(now, Some(1006), &mut random);
            assert!(line.next_deadline().unwrap() <= now + Timing::default().reconnect_window);
            for _ in 0..20 {
                line.open(now);
                line.lose(now, Some(1006), &mut random);
                let at = line.next_deadline().unwrap();
                assert!(at >= now + BACKOFF_FLOOR && at <= now + BACKOFF_CAP);
            }
        }
    }

    #[test]
    fn after_a_cut_the_line_is_back_before_the_grace_is_over() {
        let grace = Timing::default().reconnect_grace;
        for seed in 0..500 {
            let (mut random, lost) = (Random::new(seed), Millis(1_000));
            for cut in [1, 3, 5, 7] {
                let (mut line, mut now) = (online(lost), lost);
                while now < lost + Millis::seconds(cut) {
                    line.lose(now, Some(1006), &mut random);
                    now = line.next_deadline().unwrap();
                    line.open(now);
                }
                assert!(now < lost + grace, "{cut} s, seed {seed}: back after {} ms", now.since(lost).0);
            }
        }
    }

    #[test]
    fn a_silent_line_is_abandoned_and_a_late_look_probes_first() {
        let start = Millis(1_000);
        let silence = Timing::default().abandon_after;
        let mut line = online(start);
        assert_eq!(line.pop_due(start + silence - Millis(1)), None);
        assert_eq!(line.pop_due(start + silence), Some(Due::Abandon));
        let mut line = online(start);
        let late = start + silence + Millis::seconds(60);
        assert_eq!(line.pop_due(late), Some(Due::Probe));
        assert_eq!(line.pop_due(late + PROBE_TIMEOUT), Some(Due::Abandon));
    }

    #[test]
    fn an_answered_probe_clears_the_line() {
        let start = Millis(1_000);
        let mut line = online(start);
        assert_eq!(line.wake(start, Millis::seconds(60)), Some(Due::Probe));
        line.hear(start + Millis(100));
        assert_eq!(line.pop_due(start + PROBE_TIMEOUT), None);
    }
}
