//! `getUserStatus` of the kleoz page for JavaScript: the model's rule as a module so small that a page compiles it
//! where it stands, without waiting. Only numbers cross, and there is no wasm-bindgen: what `cargo xtask build`
//! leaves of it has one export, no memory and no import.

pub mod user_status;
