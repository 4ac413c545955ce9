//! The browser's body of presence around the session: what the page's events mean, which tab and which
//! installed client this is, what time it is. All decisions about the line and the rooms are the session's
//! (`presence_model::session`); what only hands is the package's ([`host`]).
//!
//! Numbers, texts and bytes cross to JavaScript, and nothing else (`docs/sdk-boundary.md`).
//!
//! In the browser there is no std: what it brings for panics alone would be a third of the module.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod runtime;

pub mod host;

pub mod clock;
pub mod page;
pub mod storage;
pub mod tab;

pub mod signal;

pub mod json;
pub mod update;

pub mod driver;

pub mod bindings;

#[cfg(test)]
mod types;
