//! What a session asks its driver to do, and what it tells the app.

use alloc::string::String;
use alloc::vec::Vec;

use crate::id::{InstanceId, InstanceName, RoomId, SessionId, UserId};
use crate::instance::Instance;
use crate::refusal::Refusal;
use crate::room::{Cursor, Member};
use crate::time::Millis;

#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a socket, abandoning an older one: nothing of it counts any more.
    Open,
    /// Write one binary message.
    Send(Vec<u8>),
    /// Close the socket with this code and forget it, without waiting for its close event.
    Close(u16),
    Tell(Change),
}

/// Where the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Initial,
    Connecting,
    Online,
    /// Down; the next attempt has its time.
    Waiting,
    Stopped,
    /// The server does not want us back.
    Refused,
}

impl LinkState {
    pub const ALL: &'static [Self] =
        &[Self::Initial, Self::Connecting, Self::Online, Self::Waiting, Self::Stopped, Self::Refused];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
        }
    }
}

/// The line as the app may show it; times are the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub state: LinkState,
    pub since: Millis,
    /// Attempts since the line was last up.
    pub attempt: u32,
    pub retry_at: Option<Millis>,
    /// How the last socket ended.
    pub close_code: Option<u16>,
}

/// Who we are, as the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user_id: UserId,
    pub name: String,
    pub session_id: SessionId,
    pub instance_id: InstanceId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomState {
    Joining,
    Joined,
    Refused,
}

impl RoomState {
    pub const ALL: &'static [Self] = &[Self::Joining, Self::Joined, Self::Refused];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Joining => "joining",
            Self::Joined => "joined",
            Self::Refused => "refused",
        }
    }
}

/// What is other than before. Only what changed is named.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Link(Link),
    Identity(Identity),
    /// With `whole`, what is not in `changed` is gone: the first picture says so, since the app may know
    /// more from an engine before this one.
    Instances {
        whole: bool,
        changed: Vec<Instance>,
        left: Vec<InstanceName>,
        truncated: bool,
    },
    Room(RoomNews),
    /// Members who point elsewhere now, by slot; never our own.
    Cursors {
        room: RoomId,
        moves: Vec<(u16, Cursor)>,
    },
    Refused {
        about: String,
        refusal: Refusal,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct RoomNews {
    pub room: RoomId,
    pub state: RoomState,
    /// Our own slot, once we are in.
    pub own_slot: Option<u16>,
    /// What is not in `changed` is gone.
    pub whole: bool,
    pub changed: Vec<Member>,
    pub left: Vec<SessionId>,
    pub refusal: Option<Refusal>,
}
