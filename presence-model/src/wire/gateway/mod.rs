//! The gateway dialect, protocols 3 and 4: requests and responses with ids, and events. What real clients
//! take and what they trip over stands in the tests; here is only translation.
//!
//! A socket begins with [`handshake`]; its first request is read by [`connect`] and answered by [`hello`].
//! After that [`scope`] says what a request may be, [`beacon`] reads the one that reports, and [`encode`]
//! writes what there is to hear.

pub mod protocol;
pub mod text;

pub mod error;
pub mod frame;
pub mod handshake;

mod params;

pub mod connect;
pub mod device;

pub mod scope;

pub mod beacon;

mod entry;

pub mod encode;
pub mod hello;
