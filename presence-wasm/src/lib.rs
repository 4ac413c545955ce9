//! The browser's body of presence: socket, timers, storage and page events around the session.
//! All decisions are the session's (`presence_model::session`); here is only what they need of the world.
//!
//! In the browser there is no std: what it brings for panics alone would be a third of the module.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod runtime;

pub mod web;

pub mod clock;
pub mod host;
pub mod options;
pub mod platform;
pub mod storage;

pub mod convert;
pub mod shape;

pub mod bindings;
pub mod driver;
pub mod page;
pub mod signal;
pub mod socket;
pub mod tab;

#[cfg(test)]
mod types;
