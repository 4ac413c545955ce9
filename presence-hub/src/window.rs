//! How long rooms gather what they tell. Longer windows cost less, since each recipient gets one write a
//! window; a shard with little to do can afford short ones, or none. Pure: the shard says how busy it was.

use std::time::Duration;

use presence_model::limit::Timing;
use presence_model::time::Millis;

/// The share of its time, in percent, above which a shard goes from each window to the next longer one.
const BOUNDS: [u64; 3] = [35, 25, 60];

/// Long enough for some windows to fall into it, short enough for a storm to be met while it lasts.
const JUDGED_EVERY: Duration = Duration::from_millis(200);

/// A shorter window is tried after so many judgements in favour of it. A crowd that comes and goes must not
/// make the window do the same.
const PATIENCE: u32 = 5;

/// Shorter windows would end one after the other.
const ALIGNED_FROM: Millis = Millis(20);

/// What asks for an answer waits as long too.
const LONGEST_GATHERING: Millis = Millis(5);

#[derive(Debug)]
pub struct Window {
    /// From short to long.
    steps: [Millis; BOUNDS.len() + 1],
    step: usize,
    /// Since the last judgement.
    elapsed: Duration,
    /// Judgements in a row that a shorter window would do.
    calm: u32,
}

/// What a shard did in some time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Of this time the shard was at work.
    pub busy: Duration,
    /// Moves of cursors that were told, once for each recipient.
    pub moves: u64,
    /// In so many frames.
    pub frames: u64,
}

impl Window {
    pub fn new(timing: &Timing) -> Self {
        let Timing { flush_every, flush_every_lively, flush_every_busy, flush_every_crowded, .. } = timing;
        let mut steps = [*flush_every, *flush_every_lively, *flush_every_busy, *flush_every_crowded];
        for step in 1..steps.len() {
            steps[step] = steps[step].max(steps[step - 1]);
        }
        Self { steps, step: 0, elapsed: Duration::ZERO, calm: 0 }
    }

    pub fn length(&self) -> Millis {
        self.steps[self.step]
    }

    /// The length of the windows if all rooms have the same ones: then all that is told comes at once, and who hears
    /// of several rooms, or has them all to carry, wakes up once.
    pub fn rhythm(&self) -> Option<Millis> {
        Some(self.length()).filter(|length| *length >= ALIGNED_FROM)
    }

    /// How long to let input gather, instead of waking up for each piece of it. It reaches others with the end of
    /// the window anyhow.
    pub fn gathers_input(&self) -> Millis {
        self.length().part(1, 4).min(LONGEST_GATHERING)
    }

    /// Notes that time went by; true when it is time to [`Self::judge`].
    pub fn note(&mut self, elapsed: Duration) -> bool {
        self.elapsed += elapsed;
        self.elapsed >= JUDGED_EVERY
    }

    /// Judges by what was done since the last judgement.
    pub fn judge(&mut self, work: Work) {
        let share = percent(work.busy, std::mem::take(&mut self.elapsed));
        if BOUNDS.get(self.step).is_some_and(|bound| share > *bound) {
            self.step += 1;
            self.calm = 0;
            return;
        }
        let Some(shorter) = self.step.checked_sub(1) else { return };
        // At worst the cost grows as the number of frames does: by that of windows, but to no more than one for
        // each move.
        let windows = share * self.steps[self.step].0 / self.steps[shorter].0.max(1);
        let alone = share * work.moves / work.frames.max(1);
        self.calm = if windows.min(alone) < BOUNDS[shorter] { self.calm + 1 } else { 0 };
        if self.calm >= PATIENCE {
            self.step = shorter;
            self.calm = 0;
        }
    }
}

fn percent(part: Duration, whole: Duration) -> u64 {
    let percent = part.as_micros() * 100 / whole.as_micros().max(1);
    u64::try_from(percent).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rooms of so many members with so many moves a second, in which each frame and each move costs something.
    #[derive(Clone, Copy)]
    struct Crowd {
        rooms: u64,
        members: u64,
        rate: u64,
    }

    impl Crowd {
        /// What is done in a fifth of a second.
        fn work(self, window: Millis) -> Work {
            let moves = self.rooms * self.members * self.rate / 5;
            let flushes = 200_u64.checked_div(window.0).map_or(moves, |most| moves.min(self.rooms * most));
            let frames = flushes * self.members;
            let busy = Duration::from_micros(4 * frames + 4 * moves + moves * self.members / 20);
            Work { busy, moves: moves * self.members, frames }
        }
    }

    fn run(window: &mut Window, judgements: usize, crowd: Crowd) -> Vec<u64> {
        let judged = |window: &mut Window| {
            assert!(window.note(JUDGED_EVERY));
            window.judge(crowd.work(window.length()));
            window.length().0
        };
        (0..judgements).map(|_| judged(window)).collect()
    }

    const NOBODY: Crowd = Crowd { rooms: 0, members: 0, rate: 0 };

    #[test]
    fn the_window_follows_the_load_and_returns_slowly() {
        let mut window = Window::new(&Timing::default());
        let crowd = |rooms, members| Crowd { rooms, members, rate: 20 };
        assert_eq!(run(&mut window, 3, crowd(10, 10)), [0; 3]);
        assert_eq!(run(&mut window, 9, crowd(1, 100)), [8; 9]);
        assert_eq!(run(&mut window, 9, crowd(5, 100)), [20; 9]);
        assert_eq!(window.gathers_input(), Millis(5));
        assert_eq!(run(&mut window, 9, crowd(40, 100)), [50; 9]);
        assert_eq!(run(&mut window, 15, NOBODY), [50, 50, 50, 50, 20, 20, 20, 20, 20, 8, 8, 8, 8, 8, 0]);
        assert_eq!(window.gathers_input(), Millis::ZERO);
    }

    #[test]
    fn a_steady_load_does_not_make_it_swing() {
        for (rooms, members) in (1..60).flat_map(|rooms| [2, 5, 10, 30, 100].map(|members| (rooms, members))) {
            let mut window = Window::new(&Timing::default());
            let lengths = run(&mut window, 60, Crowd { rooms, members, rate: 20 });
            let settled = &lengths[20..];
            assert!(settled.iter().all(|length| *length == settled[0]), "{rooms} × {members}: {lengths:?}");
        }
    }

    #[test]
    fn one_length_can_be_asked_for() {
        let timing = Timing { flush_every: Millis(50), ..Timing::default() };
        let everybody = Crowd { rooms: 100, members: 100, rate: 20 };
        assert_eq!(run(&mut Window::new(&timing), 5, everybody), [50; 5]);
    }
}
