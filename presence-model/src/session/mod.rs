//! The client's half: connect and come back, say what is wanted, keep a view of what is there.
//! Sans-I/O: the driver brings bytes, time and wake-ups, and performs what [`machine::Session`] asks.

pub mod clock;
pub mod desired;
pub mod inbound;
pub mod line;
pub mod listing;
pub mod machine;
pub mod outbound;
pub mod output;
pub mod pages;
pub mod random;
pub mod room_view;
pub mod roster;
pub mod tokens;
pub mod typing;
