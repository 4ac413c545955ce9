//! What a session asks its driver to do, and what it tells the app.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::id::RoomId;
use crate::session::listing::Difference;
use crate::time::Millis;
use crate::wire::binary::cursor::CursorRecord;

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
    /// Down; the next attempt has its time, or waits for a token.
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

/// Why the app is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenReason {
    /// Nothing was said to the server yet.
    #[default]
    Start,
    /// The line is up, and its token ends soon.
    Expiring,
    /// The server does not take the last one, or no more.
    Rejected,
}

impl TokenReason {
    pub const ALL: &'static [Self] = &[Self::Start, Self::Expiring, Self::Rejected];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Expiring => "expiring",
            Self::Rejected => "rejected",
        }
    }
}

/// What is other than before. Only what changed is named.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Link(Link),
    /// The server's welcome. `own` is a JSON object: who we are.
    Identity {
        own: Arc<str>,
        /// The server holds what was said of the session before.
        resumed: bool,
    },
    Instances {
        difference: Difference,
        truncated: bool,
    },
    Room(RoomNews),
    /// Members who point elsewhere now; never our own.
    Cursors {
        room: RoomId,
        moves: Vec<CursorRecord>,
    },
    /// A piece of JSON: an update with its `kind`.
    News(Arc<str>),
    /// A piece of JSON: a conversation, and who types in it now.
    Typists(Arc<str>),
    /// Of no conversation it is known any more who types in it.
    TypistsUnknown,
    /// `refusal` is a JSON object.
    Refused {
        about: Arc<str>,
        refusal: Arc<str>,
    },
    /// The app is asked for a token; it answers by `set_token`.
    Token(TokenReason),
}

#[derive(Clone, Debug, PartialEq)]
pub struct RoomNews {
    pub room: RoomId,
    pub state: RoomState,
    /// The room showed itself: what it is to hold of us has to be said again.
    pub pictured: bool,
    pub difference: Difference,
    /// A JSON object.
    pub refusal: Option<Arc<str>>,
}
