//! Watching together: what plays, where it is by now, and who does not follow (`CONTRACT.md` 3). Times of the
//! medium are seconds, moments are the server's.

use alloc::string::String;
use alloc::vec::Vec;

use crate::id::UserId;
use crate::refusal::Refusal;
use crate::time::Millis;

/// A player's state in one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    pub is_playing: bool,
    /// Seconds into the medium.
    pub current_time: f64,
    /// 1 is the medium's own speed.
    pub rate: f64,
}

/// What plays from a moment on, until somebody does something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    pub playback: Playback,
    /// When it was so, by the server's clock.
    pub at: Millis,
    /// Counts what was done in the room; a later one replaces an earlier one.
    pub operation: u32,
}

/// What a client does to its player, or to everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Watch together, from this state on.
    Sync,
    Play,
    Pause,
    Seek,
    Rate,
    /// Watch together no more.
    Stop,
}

/// What a client says of its player. What is left out is as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaybackSaid {
    pub action: Action,
    pub is_playing: Option<bool>,
    pub current_time: Option<f64>,
    pub rate: Option<f64>,
    /// When it was so by the server's clock, as far as the client knows that; else it is so when it arrives.
    pub at: Option<Millis>,
    /// The player would play and has nothing to play.
    pub is_stalled: bool,
}

/// How a viewer's player differs from what the room plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desync {
    Paused,
    /// The room pauses.
    Playing,
    /// Waits for data.
    Stalled,
    /// At another place, or at another speed.
    Elsewhere,
}

/// What a member's player does, as it was said last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watching {
    pub playback: Playback,
    /// When it was so, by the server's clock.
    pub at: Millis,
    /// `None` while it follows the room, or there is nothing to follow.
    pub desync: Option<Desync>,
}

/// Someone who is named to people: a user, whatever sessions they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user_id: UserId,
    pub name: String,
}

/// What a room watches together, and who drives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    /// Whether all follow the timeline.
    pub is_synced: bool,
    /// A member of the room, or nobody.
    pub controller: Option<Person>,
    pub timeline: Option<Timeline>,
    /// Who asked for control and was not answered yet, the first one first.
    pub requests: Vec<Person>,
}

/// The slowest and the fastest that browsers play.
const SLOWEST: f64 = 0.0625;
const FASTEST: f64 = 16.0;

/// A medium longer than this (a year) is none.
const LONGEST: f64 = 366.0 * 24.0 * 3_600.0;

/// No line brings what is said later than this.
const LATEST: Millis = Millis::seconds(5);

/// A viewer so far from the room's place, in seconds, is somewhere else.
pub const FAR_OFF: f64 = 1.0;

/// How many seconds into the medium a player is so long after it was at `current_time`. A source of truth for both
/// sides, so it takes plain numbers.
#[inline(always)] // the browser's module of it alone then needs no memory
pub fn position(is_playing: bool, current_time: f64, rate: f64, elapsed_ms: f64) -> f64 {
    if is_playing { current_time + elapsed_ms / 1_000.0 * rate } else { current_time }
}

/// How a player differs that is so many seconds ahead of the room. Of plain numbers, as [`position`] is.
#[inline(always)]
pub fn desync(
    room_plays: bool,
    room_rate: f64,
    is_playing: bool,
    rate: f64,
    drift: f64,
    is_stalled: bool,
) -> Option<Desync> {
    if is_stalled && room_plays {
        Some(Desync::Stalled)
    } else if room_plays != is_playing {
        Some(if room_plays { Desync::Paused } else { Desync::Playing })
    } else if drift.abs() > FAR_OFF || room_rate != rate {
        Some(Desync::Elsewhere)
    } else {
        None
    }
}

impl Playback {
    /// The same player so long after.
    pub fn after(self, elapsed: Millis) -> Self {
        let Self { is_playing, current_time, rate } = self;
        Self { current_time: position(is_playing, current_time, rate, elapsed.0 as f64), ..self }
    }
}

impl Timeline {
    /// What plays at a moment.
    pub fn at(&self, now: Millis) -> Playback {
        self.playback.after(now.since(self.at))
    }

    /// How a player that is at `playback` in a moment differs.
    pub fn desync(&self, now: Millis, playback: Playback, is_stalled: bool) -> Option<Desync> {
        let room = self.at(now);
        let drift = playback.current_time - room.current_time;
        desync(room.is_playing, room.rate, playback.is_playing, playback.rate, drift, is_stalled)
    }
}

impl Watching {
    /// What the player does at a moment, if nobody touched it since.
    pub fn at(&self, now: Millis) -> Playback {
        self.playback.after(now.since(self.at))
    }

    /// Whether one who knows this has to hear of the other.
    pub fn differs(&self, now: Millis, other: &Self) -> bool {
        let (own, new) = (self.at(now), other.at(now));
        (own.is_playing, own.rate, self.desync) != (new.is_playing, new.rate, other.desync)
            || (own.current_time - new.current_time).abs() > FAR_OFF
    }
}

impl Action {
    pub const ALL: &'static [Self] = &[Self::Sync, Self::Play, Self::Pause, Self::Seek, Self::Rate, Self::Stop];

    /// It completes "must …".
    pub const MUST: &'static str = "be sync, play, pause, seek, rate or stop";

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Play => "play",
            Self::Pause => "pause",
            Self::Seek => "seek",
            Self::Rate => "rate",
            Self::Stop => "stop",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == text)
    }
}

impl Desync {
    pub const ALL: &'static [Self] = &[Self::Paused, Self::Playing, Self::Stalled, Self::Elsewhere];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Playing => "playing",
            Self::Stalled => "stalled",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl PlaybackSaid {
    pub const fn new(action: Action) -> Self {
        Self { action, is_playing: None, current_time: None, rate: None, at: None, is_stalled: false }
    }

    /// When it was so, if the client says that of a moment that can be meant; else it is so now.
    pub fn moment(&self, now: Millis) -> Millis {
        self.at.filter(|at| *at <= now && now.since(*at) <= LATEST).unwrap_or(now)
    }

    /// The player's state, from what it was before.
    pub fn over(&self, before: Playback) -> Playback {
        let by_action = match self.action {
            Action::Play => true,
            Action::Pause => false,
            Action::Sync | Action::Seek | Action::Rate | Action::Stop => before.is_playing,
        };
        Playback {
            is_playing: self.is_playing.unwrap_or(by_action),
            current_time: self.current_time.unwrap_or(before.current_time),
            rate: self.rate.unwrap_or(before.rate),
        }
    }

    /// Two that were said one after the other as one: whoever hears only that ends where both lead.
    pub fn then(self, newer: Self) -> Self {
        let is_about_all = |action| matches!(action, Action::Sync | Action::Stop);
        let was_playing = self.is_playing.or(match self.action {
            Action::Play => Some(true),
            Action::Pause => Some(false),
            _ => None,
        });
        // A place that was said is of its moment: a player that played was further by the other one.
        let place = self.current_time.map(|place| match (self.at, newer.at) {
            (Some(then), Some(at)) => {
                let rate = self.rate.unwrap_or(1.0);
                position(was_playing == Some(true), place, rate, at.since(then).0 as f64)
            }
            _ => place,
        });
        Self {
            action: if is_about_all(self.action) && !is_about_all(newer.action) { self.action } else { newer.action },
            is_playing: newer.is_playing.or(match newer.action {
                Action::Play => Some(true),
                Action::Pause => Some(false),
                _ => was_playing,
            }),
            current_time: newer.current_time.or(place),
            rate: newer.rate.or(self.rate),
            at: if newer.current_time.is_some() { newer.at } else { newer.at.or(self.at) },
            is_stalled: newer.is_stalled,
        }
    }

    pub fn checked(self) -> Result<Self, Refusal> {
        let is_place = |seconds: f64| (0.0..=LONGEST).contains(&seconds);
        if self.current_time.is_some_and(|seconds| !is_place(seconds)) {
            let must = "be a number of seconds, 0 or more";
            return Err(Refusal::out_of_range("playback", "data.currentTime", must));
        }
        if self.rate.is_some_and(|rate| !(SLOWEST..=FASTEST).contains(&rate)) {
            return Err(Refusal::out_of_range("playback", "data.playbackRate", "be a number from 0.0625 to 16"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;

    const ROOM: Timeline = Timeline {
        playback: Playback { is_playing: true, current_time: 10.0, rate: 2.0 },
        at: Millis(1_000),
        operation: 1,
    };

    #[test]
    fn what_plays_goes_on_at_its_speed_and_what_pauses_stays() {
        assert_eq!(ROOM.at(Millis(2_500)).current_time, 13.0);
        assert_eq!(ROOM.at(Millis(0)).current_time, 10.0, "told before it is so");
        let paused = Timeline { playback: Playback { is_playing: false, ..ROOM.playback }, ..ROOM };
        assert_eq!(paused.at(Millis(2_500)).current_time, 10.0);
    }

    #[test]
    fn a_viewer_who_differs_is_told_how() {
        let own = |is_playing, current_time, rate| Playback { is_playing, current_time, rate };
        let now = Millis(2_000);
        for (playback, is_stalled, desync) in [
            (own(true, 12.0, 2.0), false, None),
            (own(true, 12.9, 2.0), false, None),
            (own(true, 13.1, 2.0), false, Some(Desync::Elsewhere)),
            (own(true, 12.0, 1.0), false, Some(Desync::Elsewhere)),
            (own(false, 12.0, 2.0), false, Some(Desync::Paused)),
            (own(true, 12.0, 2.0), true, Some(Desync::Stalled)),
        ] {
            assert_eq!(ROOM.desync(now, playback, is_stalled), desync, "{playback:?}");
        }
        let paused = Timeline { playback: Playback { is_playing: false, ..ROOM.playback }, ..ROOM };
        assert_eq!(paused.desync(now, own(true, 10.0, 2.0), false), Some(Desync::Playing));
        assert_eq!(paused.desync(now, own(false, 10.0, 2.0), true), None, "who pauses waits for nothing");
    }

    #[test]
    fn what_waits_for_its_turn_ends_where_all_of_it_leads() {
        let said = PlaybackSaid::new;
        let before = Playback { is_playing: false, current_time: 3.0, rate: 1.0 };
        let seek = PlaybackSaid { current_time: Some(30.0), ..said(Action::Seek) };
        let rate = PlaybackSaid { rate: Some(1.5), ..said(Action::Rate) };
        let all = said(Action::Play).then(seek).then(rate);
        assert_eq!(all.over(before), Playback { is_playing: true, current_time: 30.0, rate: 1.5 });
        assert_eq!(said(Action::Sync).then(said(Action::Pause)).action, Action::Sync);
        assert_eq!(said(Action::Sync).then(said(Action::Stop)).action, Action::Stop);
        assert!(!said(Action::Play).then(said(Action::Pause)).over(before).is_playing);
    }

    #[test]
    fn only_a_moment_that_can_be_meant_is_believed() {
        for (at, meant) in [
            (None, 60_000),
            (Some(60_000), 60_000),
            (Some(59_700), 59_700),
            (Some(55_000), 55_000),
            (Some(54_999), 60_000),
            (Some(60_001), 60_000),
            (Some(u64::MAX), 60_000),
        ] {
            let said = PlaybackSaid { at: at.map(Millis), ..PlaybackSaid::new(Action::Seek) };
            assert_eq!(said.moment(Millis(60_000)), Millis(meant), "{at:?}");
        }
    }

    #[test]
    fn a_place_that_was_said_is_of_its_moment() {
        let at = |at, said| PlaybackSaid { at: Some(Millis(at)), ..said };
        let seek = PlaybackSaid { current_time: Some(30.0), ..PlaybackSaid::new(Action::Seek) };
        for (is_playing, rate, place) in [
            (Some(true), None, 30.2),
            (Some(true), Some(2.0), 30.4),
            (Some(false), None, 30.0),
            // Nobody says that it played.
            (None, None, 30.0),
        ] {
            let older = at(1_000, PlaybackSaid { is_playing, rate, ..seek.clone() });
            let both = older.then(at(1_200, PlaybackSaid::new(Action::Pause)));
            assert_eq!((both.current_time, both.at, both.is_playing), (Some(place), Some(Millis(1_200)), Some(false)));
        }
        let newer = at(1_200, PlaybackSaid { current_time: Some(5.0), ..PlaybackSaid::new(Action::Seek) });
        assert_eq!(at(1_000, seek).then(newer).current_time, Some(5.0));
    }

    #[test]
    fn a_player_differs_from_what_was_told_of_it_when_it_shows() {
        let watching = |is_playing, current_time, desync| {
            let playback = Playback { is_playing, current_time, rate: 1.0 };
            Watching { playback, at: Millis(1_000), desync }
        };
        let told = watching(true, 10.0, None);
        for (new, differs) in [
            (watching(true, 10.0, None), false),
            (watching(true, 11.0, None), false),
            (watching(true, 11.1, None), true),
            (watching(false, 10.0, None), true),
            (watching(true, 10.0, Some(Desync::Elsewhere)), true),
            (Watching { at: Millis(2_000), ..watching(true, 11.0, None) }, false),
            (Watching { at: Millis(2_000), ..watching(true, 10.0, None) }, false),
            (Watching { at: Millis(3_000), ..watching(true, 10.0, None) }, true),
        ] {
            assert_eq!(told.differs(Millis(3_000), &new), differs, "{new:?}");
        }
    }

    #[test]
    fn no_time_before_the_beginning_and_no_speed_that_nobody_plays() {
        for (said, field) in [
            (PlaybackSaid { current_time: Some(-1.0), ..PlaybackSaid::new(Action::Seek) }, "data.currentTime"),
            (PlaybackSaid { current_time: Some(f64::NAN), ..PlaybackSaid::new(Action::Seek) }, "data.currentTime"),
            (PlaybackSaid { rate: Some(0.0), ..PlaybackSaid::new(Action::Rate) }, "data.playbackRate"),
            (PlaybackSaid { rate: Some(f64::INFINITY), ..PlaybackSaid::new(Action::Rate) }, "data.playbackRate"),
        ] {
            let refusal = said.checked().unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::OutOfRange, Some(field)));
        }
    }
}
