//! The engine's clock: starts at the wall's time, runs with the monotonic one, and steps over sleep.
//! A wall clock alone would stand still or run backwards when somebody sets it; the monotonic one
//! alone stops on some systems while the machine sleeps.

use presence_model::time::Millis;
use wasm_bindgen::JsValue;

use crate::web;

/// The two clocks may differ by so much before we believe that one of them was stopped or set.
const JUMP: f64 = 2_000.0;

pub struct Clock {
    /// Windows, workers and Node have it under the same name.
    performance: Option<JsValue>,
    wall: f64,
    monotonic: f64,
    now: f64,
}

impl Clock {
    pub fn new() -> Self {
        let performance = web::get(&web::global(), "performance");
        let wall = web::wall_clock();
        let mut clock = Self { performance, wall, monotonic: 0.0, now: wall };
        clock.monotonic = clock.read_monotonic();
        clock
    }

    fn read_monotonic(&self) -> f64 {
        let read = |performance| web::call(performance, "now", &[])?.as_f64();
        self.performance.as_ref().and_then(read).unwrap_or_else(web::wall_clock)
    }

    /// The time, and by how much it jumped since it was last read.
    pub fn read(&mut self) -> (Millis, Option<Millis>) {
        let (wall, monotonic) = (web::wall_clock(), self.read_monotonic());
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
    pub fn on_the_wall(&self, moment: Millis) -> f64 {
        // Half a millisecond more and cut off is the nearest: `round` is std's.
        (self.wall + moment.0 as f64 - self.now + 0.5) as u64 as f64
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
