//! The browser's body of presence: socket, timers, storage and page events around the session.
//! All decisions are the session's (`presence_model::session`); here is only what they need of the world.

pub mod bindings;
pub mod clock;
pub mod convert;
pub mod driver;
pub mod host;
pub mod lifecycle;
pub mod options;
pub mod platform;
pub mod shape;
pub mod socket;
pub mod storage;
pub mod tab;

#[cfg(test)]
mod types;
