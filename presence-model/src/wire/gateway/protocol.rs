//! What both ends agree on before anything else: the protocol's number, who the client is here, and by which
//! bounds it is served.

use core::fmt;

use serde::Serialize;

use crate::limit::Limits;
use crate::time::Millis;

/// The numbers that clients of today speak. Each wants exactly its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    V3,
    V4,
}

impl Protocol {
    pub const fn number(self) -> u64 {
        match self {
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    /// The highest that lies in a client's range.
    pub fn choose(min: u64, max: u64) -> Option<Self> {
        [Self::V4, Self::V3].into_iter().find(|protocol| (min..=max).contains(&protocol.number()))
    }
}

/// What a client is to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It looks, and asks for something to be done.
    Operator,
    /// It is a device that others ask; it may not ask itself.
    Node,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Node => "node",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Operator, Self::Node].into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Between two ticks. Clients give a line up that had none for twice as long.
pub const TICK_EVERY: Millis = Millis::seconds(30);

/// The bounds that a hello announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// A larger frame closes the socket.
    pub max_payload: usize,
    /// More bytes than this waiting for the client close it.
    pub max_buffered_bytes: usize,
    #[serde(rename = "tickIntervalMs")]
    pub tick_every: Millis,
}

impl Policy {
    pub const fn new(limits: &Limits, tick_every: Millis) -> Self {
        Self { max_payload: limits.frame_bytes, max_buffered_bytes: limits.queued_bytes, tick_every }
    }
}

/// How often the picture of something changed. A client takes an event only if both numbers are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StateVersion {
    pub presence: u64,
    health: u64,
}

impl StateVersion {
    /// Of health this server says nothing, so it never changes.
    pub const fn new(presence: u64) -> Self {
        Self { presence, health: 1 }
    }
}

/// The first request of every client, and never a later one.
pub const CONNECT: &str = "connect";
pub(crate) const SYSTEM_PRESENCE: &str = "system-presence";
pub(crate) const SYSTEM_EVENT: &str = "system-event";

pub(crate) const CHALLENGE: &str = "connect.challenge";
pub(crate) const PRESENCE: &str = "presence";
pub(crate) const TICK: &str = "tick";
pub(crate) const SHUTDOWN: &str = "shutdown";

/// What a client may ask after its `connect`.
pub const METHODS: [&str; 2] = [SYSTEM_PRESENCE, SYSTEM_EVENT];

/// What a client may hear.
pub const EVENTS: [&str; 4] = [CHALLENGE, PRESENCE, TICK, SHUTDOWN];
