//! The server's mind: who is connected, who is here, who is in which room. Pure: `now` is given,
//! nothing waits, locks or reads a clock. The files stand in reading order.
//!
//! A server runs one [`hub::Hub`] a shard. The first shard's has the lobby (sessions, users,
//! instances); every shard's has the rooms whose ids hash to it. What crosses between them is
//! [`io::PeerMessage`], and nothing else.

pub mod expiry;
pub mod index;
pub mod io;
pub mod outbox;
pub mod outputs;
pub mod rate;
pub mod saved;
pub mod table;
pub mod turns;
pub mod window;

pub mod agents;
pub mod conversations;
pub mod followers;
pub mod instances;
pub mod last_seen;
pub mod lobby;
pub mod messages;
pub mod people;
pub mod sessions;

pub mod palette;
pub mod watch;

pub mod room;
pub mod rooms;

pub mod hub;
