//! What a person does, derived from when they last touched anything (`CONTRACT.md` 0 and 2).
//! Liveness is another thing: it is what the transport knows.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Active,
    Idle,
    Away,
    Busy,
    Reviewing,
    Offline,
}

impl Status {
    pub const ALL: &'static [Self] =
        &[Self::Active, Self::Idle, Self::Away, Self::Busy, Self::Reviewing, Self::Offline];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::Reviewing => "reviewing",
            Self::Offline => "offline",
        }
    }

    /// Reads a status as a client writes it; `online` is an older word for active.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "active" | "online" => Self::Active,
            "idle" => Self::Idle,
            "away" => Self::Away,
            "busy" => Self::Busy,
            "reviewing" => Self::Reviewing,
            "offline" => Self::Offline,
            _ => return None,
        })
    }

    /// Among several sessions of a user the highest counts.
    const fn presence(self) -> u8 {
        match self {
            Self::Active => 4,
            Self::Busy | Self::Reviewing => 3,
            Self::Idle => 2,
            Self::Away => 1,
            Self::Offline => 0,
        }
    }

    /// The more present of two.
    pub const fn or_more_present(self, other: Self) -> Self {
        if other.presence() > self.presence() { other } else { self }
    }
}

/// What the transport knows of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    Connected,
    /// Silent for a while: shown dimmed, still there.
    Suspect,
    Gone,
}

impl Liveness {
    pub const ALL: &'static [Self] = &[Self::Connected, Self::Suspect, Self::Gone];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Suspect => "suspect",
            Self::Gone => "gone",
        }
    }
}

/// When a person counts as idle, away and offline. All comparisons are strict, as in the kleoz page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Without input for longer than this: idle.
    pub idle_after: Millis,
    /// Without input for longer than this: away.
    pub away_after: Millis,
    /// Without any life sign for longer than this: offline.
    pub offline_after: Millis,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Thresholds {
    /// Those of the kleoz page.
    pub const USUAL: Self =
        Self { idle_after: Millis::seconds(30), away_after: Millis::seconds(120), offline_after: Millis::minutes(5) };

    /// Status by input alone. Who never reported input counts as active: there is nothing to say otherwise.
    pub fn by_input(&self, now: Millis, last_input: Option<Millis>) -> Status {
        match last_input.map(|at| now.since(at)) {
            Some(quiet) if quiet > self.away_after => Status::Away,
            Some(quiet) if quiet > self.idle_after => Status::Idle,
            _ => Status::Active,
        }
    }

    /// The first moment after `now` at which [`Self::by_input`] answers differently by itself.
    pub fn next_change(&self, now: Millis, last_input: Option<Millis>) -> Option<Millis> {
        let last_input = last_input?;
        [self.idle_after, self.away_after]
            .into_iter()
            .map(|after| last_input + after + Millis(1))
            .filter(|at| *at > now)
            .min()
    }

    /// `getUserStatus` of the kleoz page without its two slips: `now` is the server's clock, and no time at all
    /// since the last input is a value. `quiet` is the time since then as the entry tells it, if it does.
    #[inline(always)] // the browser's module of it alone then needs no memory
    pub fn user_status(&self, now: Millis, ts: Millis, quiet: Option<Millis>) -> Status {
        if now.since(ts) > self.offline_after {
            return Status::Offline;
        }
        match quiet {
            Some(quiet) if quiet > self.away_after => Status::Away,
            Some(quiet) if quiet > self.idle_after => Status::Idle,
            _ => Status::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_strict_and_announce_their_next_change() {
        let rules = Thresholds::default();
        let input = Millis::seconds(1_000);
        for (quiet_ms, status) in [
            (0, Status::Active),
            (30_000, Status::Active),
            (30_001, Status::Idle),
            (120_000, Status::Idle),
            (120_001, Status::Away),
        ] {
            assert_eq!(rules.by_input(input + Millis(quiet_ms), Some(input)), status, "{quiet_ms} ms");
        }
        let mut now = input;
        let mut seen = vec![];
        while let Some(next) = rules.next_change(now, Some(input)) {
            now = next;
            seen.push(rules.by_input(now, Some(input)));
        }
        assert_eq!(seen, [Status::Idle, Status::Away]);
    }

    #[test]
    fn user_status_follows_the_page() {
        let rules = Thresholds::default();
        let now = Millis::minutes(100);
        let seconds = Millis::seconds;
        let cases = [
            (Millis::ZERO, Some(Millis::ZERO), Status::Active),
            (Millis::ZERO, None, Status::Active),
            (Millis::ZERO, Some(seconds(30)), Status::Active),
            (Millis::ZERO, Some(seconds(31)), Status::Idle),
            (Millis::ZERO, Some(seconds(120)), Status::Idle),
            (Millis::ZERO, Some(seconds(121)), Status::Away),
            (seconds(300), Some(Millis::ZERO), Status::Active),
            (seconds(300), Some(seconds(121)), Status::Away),
            (seconds(300) + Millis(1), Some(Millis::ZERO), Status::Offline),
            (seconds(300) + Millis(1), None, Status::Offline),
        ];
        for (age, quiet, status) in cases {
            assert_eq!(rules.user_status(now, now - age, quiet), status, "{age:?} {quiet:?}");
        }
        assert_eq!(rules.user_status(now, now + seconds(3_600), None), Status::Active, "told by a clock that is ahead");
    }

    #[test]
    fn zero_is_a_threshold_and_a_value() {
        let rules = Thresholds { idle_after: Millis::ZERO, away_after: Millis(1), offline_after: Millis::ZERO };
        let now = Millis::minutes(100);
        for (age, quiet, status) in [
            (0, None, Status::Active),
            (0, Some(0), Status::Active),
            (0, Some(1), Status::Idle),
            (0, Some(2), Status::Away),
            (1, Some(0), Status::Offline),
        ] {
            assert_eq!(rules.user_status(now, now - Millis(age), quiet.map(Millis)), status, "{age} {quiet:?}");
        }
    }

    #[test]
    fn the_most_present_session_counts() {
        assert_eq!(Status::Idle.or_more_present(Status::Active), Status::Active);
        assert_eq!(Status::Idle.or_more_present(Status::Away), Status::Idle);
    }
}
