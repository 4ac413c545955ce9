//! The engine's clock: starts at the wall's time, runs with the monotonic one, and steps over sleep.
//! A wall clock alone would stand still or run backwards when somebody sets it; the monotonic one
//! alone stops on some systems while the machine sleeps.

use presence_model::time::Millis;

use crate::host;

/// The two clocks may differ by so much before we believe that one of them was stopped or set.
const JUMP: f64 = 2_000.0;

pub struct Clock {
    wall: f64,
    monotonic: f64,
    now: f64,
}

impl Clock {
    /// A clock that shows `wall` when the monotonic one shows `monotonic`.
    pub const fn new(wall: f64, monotonic: f64) -> Self {
        Self { wall, monotonic, now: wall }
    }

    /// The time, and by how much it jumped since it was last read.
    pub fn read(&mut self) -> (Millis, Option<Millis>) {
        let (wall, monotonic) = (host::wall_clock(), host::monotonic_clock());
        let ran = (monotonic - self.monotonic).max(0.0);
        let on_the_wall = wall - self.wall;
        let jumped = on_the_wall - ran > JUMP;
        self.now += if jumped { on_the_wall } else { ran };
        let was_set_back = on_the_wall - ran < -JUMP;
        (self.wall, self.monotonic) = (wall, monotonic);
        let jump = (jumped || was_set_back).then_some(Millis(on_the_wall.abs() as u64));
        (Millis(self.now as u64), jump)
    }

    /// A moment of this clock as `Date.now()` would give it.
    pub fn on_the_wall(&self, moment: Millis) -> Millis {
        // Half a millisecond more and cut off is the nearest: `round` is std's.
        Millis((self.wall + moment.0 as f64 - self.now + 0.5) as u64)
    }
}
