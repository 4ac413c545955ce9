//! Where a room's playback is by now, how a viewer's player differs from it and how it is brought there: the model's
//! rules for `presence-wasm/playback`, as a module so small that a page compiles it where it stands, without waiting.
//! Only numbers cross, and there is no wasm-bindgen: what `cargo xtask build` leaves of it has no memory and no import.

pub mod rules;
