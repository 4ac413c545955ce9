//! The gateway dialect against what its clients send and take.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod closed;
mod samples;

mod beacons;
mod devices;
mod entries;
mod exchange;
mod frames;
mod handshake;
mod methods;
mod params;
mod texts;
