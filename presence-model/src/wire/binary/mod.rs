//! `presence.v1`: the SDK's binary form. `PROTOCOL.md` describes it byte by byte.
//!
//! A published struct is frozen: fixtures hold its bytes, and a change is a new kind.

pub mod varint;

pub mod reader;
pub mod writer;

pub mod cursor;

pub mod frame;
pub mod record;

pub mod entry;

pub mod downstream;
pub mod uplink;
pub mod upstream;

#[cfg(feature = "json")]
pub mod encode;
