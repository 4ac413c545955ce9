//! Dialects: bytes or text to command, event to bytes or text, and nothing else.
//! The binary form is the SDK's (`presence.v1`); the JSON ones are for everybody else and are left
//! out of the browser's build.

#[cfg(feature = "json")]
pub mod json;

#[cfg(feature = "json")]
pub mod gateway;

#[cfg(feature = "json")]
pub mod trpc;

#[cfg(feature = "json")]
pub mod watch_view;

#[cfg(feature = "json")]
pub mod feed_view;

#[cfg(feature = "json")]
pub mod view;

pub mod binary;
