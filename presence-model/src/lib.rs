//! The words and the rules of presence, shared by server and browser.
//!
//! Nothing here reads a clock, waits, logs or does I/O: time is an argument, randomness a given seed.
//! Without std, nothing could; and the browser's module need not carry std's machinery for panics.
//! The files stand in reading order, and a file imports only from those above it.

#![no_std]

extern crate alloc;
// What the JSON doors are made with, and tests.
#[cfg(any(test, feature = "json"))]
#[macro_use]
extern crate std;

pub mod close;
pub mod hash;
pub mod id;
pub mod limit;
pub mod refusal;
pub mod status;
pub mod time;

pub mod following;
pub mod grant;
pub mod instance;
pub mod playback;
pub mod privacy;
pub mod room;

pub mod beacon;

pub mod agent;
pub mod feed;

pub mod command;
pub mod event;

pub mod posting;

pub mod call;

pub mod wire;

pub mod session;
