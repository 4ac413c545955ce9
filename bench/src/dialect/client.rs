//! What a dialect must give: one client of it, from the upgrade to the leave. It does no I/O; the crowd
//! hands it whole messages and writes what it says.

use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::stamp::Stamp;

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Among all clients, from 0.
    pub number: usize,
    /// Among all rooms, from 0.
    pub room: usize,
}

impl Seat {
    /// A name of 8 bytes.
    pub fn user(&self) -> String {
        format!("u{:07}", self.number)
    }

    /// A name of 8 bytes.
    pub fn room_id(&self) -> String {
        format!("r{:07}", self.room)
    }
}

/// The request that opens the socket. The crowd adds what every upgrade has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upgrade {
    pub path: String,
    /// More headers, such as `Sec-WebSocket-Protocol`.
    pub headers: Vec<(&'static str, String)>,
}

impl Upgrade {
    pub fn to(path: impl Into<String>) -> Self {
        Self { path: path.into(), headers: vec![] }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A whole message. WebSocket's own pings are answered by the crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    Text(&'a [u8]),
    Binary(&'a [u8]),
}

pub trait Client {
    fn upgrade(&self) -> Upgrade;

    /// The socket is open, for the first time or again: say who we are and enter the room. Where nothing
    /// answers an entry, this is the moment to note `heard.joined()`.
    fn opened(&mut self, out: &mut Outgoing, heard: &mut Heard);

    /// Notes what the message means: `joined`, each `delivery` of another member's update (never our own),
    /// `came` and `left`, `refused`; and answers what must be answered.
    fn hear(&mut self, message: Message<'_>, out: &mut Outgoing, heard: &mut Heard);

    /// Points to the place that holds the stamp.
    fn point(&mut self, stamp: Stamp, out: &mut Outgoing);

    /// Once a second: acknowledgements, heartbeats, renewals.
    fn beat(&mut self, _out: &mut Outgoing, _heard: &mut Heard) {}

    /// Enters the room again after a leave. False where that cannot be said.
    fn join(&mut self, _out: &mut Outgoing) -> bool {
        false
    }

    /// Leaves the room; the socket stays.
    fn leave(&mut self, _out: &mut Outgoing) -> bool {
        false
    }

    /// Types, with the stamp as what is typed in.
    fn type_in(&mut self, _stamp: Stamp, _out: &mut Outgoing) -> bool {
        false
    }

    /// The socket ended without our doing. In so many microseconds the crowd opens another; by default
    /// within a window that doubles with each failure, as most clients do.
    fn retry_in(&mut self, failed: u32, chance: u64, _heard: &mut Heard) -> u64 {
        let window = (250_000_u64 << failed.min(5)).min(10_000_000);
        chance % window
    }

    /// The crowd opens a socket now.
    fn opening(&mut self, _heard: &mut Heard) {}
}
