//! What goes into a hub and what comes out: the whole of its surface to the driver.

use std::sync::Arc;

use presence_model::agent::{AgentEvent, Watcher};
use presence_model::call::{Answer, Request};
use presence_model::close::Close;
use presence_model::command::{Command, Hello, Principal};
use presence_model::event::Event;
use presence_model::grant::{Granted, Grants};
use presence_model::hash::fnv1a;
use presence_model::id::{AgentId, ConnectionId, RoomId, SessionId};
use presence_model::posting::{Posting, Receipt};
use presence_model::privacy::{Privacy, PrivacyChange};
use presence_model::refusal::Refusal;
use presence_model::room::RoomKey;
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::saved::Change;

/// A shard's number; the lobby is in shard 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard(pub usize);

impl Shard {
    pub const LOBBY: Self = Self(0);

    /// The shard that owns a room. The same id under all kinds goes to the same owner.
    pub fn of(room: &RoomId, shards: usize) -> Self {
        Self((fnv1a(room.as_str().as_bytes()) % shards.max(1) as u64) as usize)
    }

    /// Who handles a command: the room's owner for what only touches the room, else the lobby.
    pub fn for_command(command: &Command, shards: usize) -> Self {
        command.room().map_or(Self::LOBBY, |room| Self::of(room, shards))
    }
}

/// How a socket hears: deltas in binary, whole lists and user-level events in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Binary,
    Json,
    /// Whole lists, also of those who left lately.
    Gateway,
}

/// How a socket ended (`CONTRACT.md` 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Close 1000 or without a code: the session ends with it.
    Clean,
    /// Close 1001: a tab was closed or reloaded.
    GoingAway,
    /// Anything else: the line broke.
    Lost,
}

impl End {
    /// Reads the close code a socket ended with; `None` when the line just broke.
    /// 1005 stands for a close frame without a code.
    pub const fn from_code(code: Option<u16>) -> Self {
        match code {
            Some(1000 | 1005) => Self::Clean,
            Some(1001) => Self::GoingAway,
            _ => Self::Lost,
        }
    }
}

/// Tells a call from all others, so that its answer finds who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Something asked over HTTP.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: CallId,
    pub principal: Principal,
    /// When the token ends.
    pub until: Option<Millis>,
    /// What the app's backend said of rooms that the token does not open.
    pub granted: Granted,
    /// Holds for the session that acts.
    pub privacy: PrivacyChange,
    /// The session that the caller named.
    pub session: Option<SessionId>,
    /// An id never used before, taken when the call makes a session and names none that it may take up.
    pub fresh: SessionId,
    pub ip: Option<String>,
    pub request: Request,
}

/// A command's place among those of its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub place: u64,
    /// The place of the last word, up to this one, that changes what others may see of the session. The lobby knows it
    /// first: a room that does not know it yet must not act on what was said behind it.
    pub behind: u64,
}

impl Order {
    /// The order of a command that is said next.
    #[must_use]
    pub fn then(self, command: &Command) -> Self {
        let changes_privacy = match command {
            Command::Privacy(_) | Command::SetStatus { .. } => true,
            Command::Join { privacy, .. } => *privacy != PrivacyChange::default(),
            Command::Report { activity, .. } => activity.said.is_some(),
            _ => false,
        };
        let place = self.place + 1;
        Self { place, behind: if changes_privacy { place } else { self.behind } }
    }

    /// The same after a hello, which may say anything.
    #[must_use]
    pub const fn then_hello(self) -> Self {
        Self { place: self.place + 1, behind: self.place + 1 }
    }
}

#[derive(Clone, Debug)]
pub enum Input {
    /// A socket whose token was checked says hello. To the lobby; answered with [`Output::Established`]
    /// or a refusal and a close. A second hello on the same socket renews its information.
    /// `fresh` is an id never used before, taken when the hello names no session it may take up.
    Hello {
        connection: ConnectionId,
        form: Form,
        principal: Principal,
        /// What the app's backend said of wished rooms.
        granted: Granted,
        hello: Box<Hello>,
        fresh: SessionId,
        ip: Option<String>,
    },
    /// A socket that said hello brought a newer token of the same user. To the lobby.
    Renewed { connection: ConnectionId, principal: Principal },
    /// What the app's backend said of rooms that the next command joins. To the lobby.
    Granted { connection: ConnectionId, granted: Granted },
    /// To the shard that [`Shard::for_command`] names, a catch-up to every shard. `order` rises with every command of a
    /// connection.
    Command { connection: ConnectionId, session: SessionId, order: Order, command: Command },
    /// Something was heard on the socket: a frame, a pong. To the lobby, at most once in a few seconds.
    LifeSign { connection: ConnectionId },
    /// All that a socket was told up to a mark has arrived. To the lobby.
    Arrived { connection: ConnectionId, mark: u64 },
    /// The socket ended. To the lobby, exactly once for each connection that said hello.
    Closed { connection: ConnectionId, end: End },
    /// A socket that speaks for no session follows agents. To the lobby; refused and closed when it is one too many.
    Follow { connection: ConnectionId, watcher: Watcher },
    /// Such a socket, or one with a session, reports for an agent. To the lobby.
    Reported { agent: AgentId, events: Vec<AgentEvent> },
    /// Something is posted. To the lobby; answered exactly once with [`Output::Posted`].
    Post { call: CallId, posting: Box<Posting> },
    /// Somebody calls. To the lobby; answered exactly once with [`Output::Answer`], perhaps by another shard.
    Call(Box<Call>),
    /// From another shard. Between two shards messages keep their order.
    Peer(PeerMessage),
}

/// Which lane of an outbox an event goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Everything arrives, in order.
    Ordered,
    /// Only the newest counts.
    Volatile,
}

#[derive(Clone, Debug)]
pub enum Output {
    /// Encode once for each form and give it to all of `to`.
    Tell {
        to: Vec<ConnectionId>,
        event: Arc<Event>,
        lane: Lane,
    },
    /// The connection speaks for this session from now on. Comes before anything is told to it.
    Established {
        connection: ConnectionId,
        session: SessionId,
    },
    /// Close the socket, after what was told to it.
    Close {
        connection: ConnectionId,
        close: Close,
    },
    Peer {
        shard: Shard,
        message: PeerMessage,
    },
    /// To be kept across restarts.
    Save(Change),
    /// What became of a posting.
    Posted {
        call: CallId,
        receipt: Box<Result<Receipt, Refusal>>,
    },
    /// What became of a call.
    Answer {
        call: CallId,
        answer: Box<Result<Answer, Refusal>>,
    },
}

/// A session as rooms need to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Visitor {
    pub session: SessionId,
    pub principal: Principal,
    /// `None` while the session is held without a socket.
    pub socket: Option<Socket>,
    pub status: Status,
    pub status_message: Option<Arc<str>>,
    pub privacy: Privacy,
    pub liveness: Liveness,
    pub last_active_at: Millis,
}

/// Where a session hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    pub connection: ConnectionId,
    pub form: Form,
}

/// What crosses between shards.
#[derive(Clone, Debug)]
pub enum PeerMessage {
    // From the lobby to a room's owner.
    /// Let the session in, or show it the room again.
    Enter {
        visitor: Box<Visitor>,
        key: RoomKey,
        /// Comes back when the visitor is turned away.
        number: u64,
        /// The call that asked for it, to be answered instead of the socket.
        call: Option<CallId>,
    },
    Exit {
        session: SessionId,
        room: RoomId,
    },
    /// The session's socket is another one now, or none.
    Moved {
        session: SessionId,
        socket: Option<Socket>,
    },
    Liveness {
        session: SessionId,
        liveness: Liveness,
    },
    /// Whether others may see where the session points, from now on.
    CursorSharing {
        session: SessionId,
        shares: bool,
    },
    /// What the session's token allows in rooms, from now on.
    Granted {
        session: SessionId,
        rooms: Grants,
    },
    /// The status of the user behind these sessions, which are all of that user's.
    Status {
        sessions: Vec<SessionId>,
        status: Status,
        message: Option<Arc<str>>,
        last_active_at: Millis,
    },
    /// The session is over.
    Ended {
        session: SessionId,
    },
    /// A command that overtook its join, on its way back: the join has arrived before it.
    Returned {
        connection: ConnectionId,
        session: SessionId,
        order: Order,
        command: Command,
    },

    /// What a session's caller asks of a room, and what he may do there. For a session without a socket that holds
    /// from now on.
    Called {
        call: CallId,
        session: SessionId,
        grants: Grants,
        holds: bool,
        command: Command,
    },
    /// Somebody asks who is in a room.
    Look {
        call: CallId,
        key: RoomKey,
    },

    // From a room's owner to the lobby.
    /// A command for a room that the session is not in, as far as the owner knows. It may have overtaken
    /// its join on the way through the lobby, so the lobby sends it back behind the join.
    Overtook {
        connection: ConnectionId,
        session: SessionId,
        order: Order,
        command: Command,
    },
    /// The owner let the session in, for a call.
    LetIn {
        session: SessionId,
    },
    /// The owner did not let the session in, and told it so.
    TurnedAway {
        session: SessionId,
        room: RoomId,
        number: u64,
    },
}
