//! One thread that owns a hub, rooms and sockets, and drives them: it waits for all of them at once, and
//! between two waits nothing else touches what it owns, so there is no lock, no task and no channel for a
//! socket. The files stand in reading order.
//!
//! What must hold:
//! - A socket belongs to one shard from its handshake to its end; its connection's id says which.
//! - In each turn sockets are read before deadlines are judged: whoever spoke in time was in time.
//! - What is told is encoded once for each dialect, and each socket gets all of a turn in as few writes as
//!   its line takes.
//! - A socket whose line takes nothing keeps the few frames that it had taken out of its outbox to write, and the
//!   outbox, which is bounded.
//! - What a turn reads of one socket is bounded by the buffer, so that none starves the others.

pub mod alarms;
pub mod doorway;
pub mod letter;
pub mod socket;
pub mod sockets;

pub mod driver;

pub mod threads;
