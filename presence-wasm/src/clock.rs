//! The engine's clock: starts at the wall's time, runs with the monotonic one, and steps over sleep.
//! A wall clock alone would stand still or run backwards when somebody sets it; the monotonic one
//! alone stops on some systems while the machine sleeps.

use js_sys::{Date, Reflect};
use presence_model::time::Millis;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Performance;

/// The two clocks may differ by so much before we believe that one of them was stopped or set.
const JUMP: f64 = 2_000.0;

pub struct Clock {
    performance: Option<Performance>,
    wall: f64,
    monotonic: f64,
    now: f64,
}

impl Clock {
    pub fn new() -> Self {
        // Windows, workers and Node have it under the same name.
        let performance = Reflect::get(&js_sys::global(), &JsValue::from_str("performance")).ok();
        let performance = performance.and_then(|found| found.dyn_into().ok());
        let mut clock = Self { performance, wall: Date::now(), monotonic: 0.0, now: Date::now() };
        clock.monotonic = clock.read_monotonic();
        clock
    }

    fn read_monotonic(&self) -> f64 {
        self.performance.as_ref().map_or_else(Date::now, Performance::now)
    }

    /// The time, and by how much it jumped since it was last read.
    pub fn read(&mut self) -> (Millis, Option<Millis>) {
        let (wall, monotonic) = (Date::now(), self.read_monotonic());
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
        (self.wall + moment.0 as f64 - self.now).round()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
