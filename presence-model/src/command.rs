//! Everything a client may ask. Dialects translate into these words; the hub knows no others.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::agent::AgentEvent;
use crate::beacon::{Beacon, Ticket};
use crate::feed::Feed;
use crate::grant::{Grants, Right};
use crate::id::{AgentId, InstanceId, RoomId, SessionId, SessionKey, UserId};
use crate::instance::{ClientInfo, check_text};
use crate::limit::{Limits, MAX_CONTEXT_BYTES, MAX_STATUS_MESSAGE};
use crate::playback::PlaybackSaid;
use crate::privacy::PrivacyChange;
use crate::refusal::{Code, Refusal};
use crate::room::{Cursor, RoomKey, Selection};
use crate::status::Status;
use crate::time::Millis;

/// Who the server's checks found behind a token, and what the token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub user_id: UserId,
    pub name: String,
    pub image: Option<String>,
    /// What the user is here: `agent`, `moderator`, …
    pub roles: Vec<String>,
    /// What the user may ask for: `operator.read`, `operator.admin`, …
    pub scopes: Vec<String>,
    pub rooms: Grants,
    /// Whether nobody asks what it may: the server's own key, and anybody in development.
    pub holds_all: bool,
    /// When the token ends, by the wall clock; `None`: never.
    pub expires_at: Option<Millis>,
}

/// The first thing a client says on a socket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hello {
    /// The session to take up again; a new one when absent, or when it is another user's.
    pub session_id: Option<SessionId>,
    /// The installed client; the session counts as its own when absent.
    pub instance_id: Option<InstanceId>,
    /// What the client calls its instance where another id is known for it: that of its device.
    pub alias: Option<InstanceId>,
    /// Random, new for each start of an engine: revisions count within one incarnation.
    pub incarnation: u64,
    /// Rises with every socket an incarnation opens, so that a hello that was long under way does not
    /// take the session back from a newer socket.
    pub attempt: u32,
    pub info: ClientInfo,
    pub activity: Activity,
    pub privacy: PrivacyChange,
    /// What the client wants to be in; `None` where the dialect says it piece by piece.
    pub wishes: Option<Wishes>,
    /// Whether the client is about to say which instance it is: until then it is in no list.
    pub is_provisional: bool,
    /// Whether the welcome is to bring the list of who is here, and changes to follow.
    pub wants_listing: bool,
}

/// All that a client wants to take part in. Sending it twice, or an old one late, does no harm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Rises with every change within an incarnation; the server keeps the highest.
    pub revision: u32,
    pub rooms: Vec<RoomKey>,
    /// Whether to hear who is here.
    pub presence: bool,
}

/// What a client reports of its person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Said by the client; `idle` and `away` last until the next input.
    pub said: Option<Status>,
    /// How long ago the person last touched anything.
    pub input_ago: Option<Millis>,
}

/// What may be asked for whole again after a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    Presence,
    Room(RoomId),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The newest wishes, replacing older ones.
    Wish(Wishes),
    Join {
        key: RoomKey,
        /// Holds for the session, as [`Self::Privacy`] does.
        privacy: PrivacyChange,
    },
    Leave(RoomId),
    Cursor {
        room: RoomId,
        cursor: Cursor,
    },
    /// Typing in a context, or no more.
    Typing {
        room: RoomId,
        context: Option<String>,
    },
    /// What the person marks in the medium, or nothing any more.
    Selection {
        room: RoomId,
        selection: Option<Selection>,
    },
    /// What the client's player does: everybody's, if it has control.
    Playback {
        room: RoomId,
        said: Box<PlaybackSaid>,
    },
    ControlRequest(RoomId),
    /// Passes control on, or takes it back from nobody.
    ControlGrant {
        room: RoomId,
        to: UserId,
    },
    /// Gives control up, or takes the request for it back.
    ControlRelease(RoomId),
    /// Something that only the app understands, for everybody else in the room.
    Broadcast {
        room: RoomId,
        /// JSON.
        payload: Arc<str>,
    },
    /// A status that the person chose, with what they say of it.
    SetStatus {
        status: Status,
        message: Option<String>,
    },
    Privacy(PrivacyChange),
    /// What the person does; answered with [`crate::event::Event::Pong`] where the dialect asks for it.
    Report {
        activity: Activity,
        wants_pong: bool,
    },
    /// After a provisional hello nothing more was said: the session is listed as what it is known for.
    Appear,
    Subscribe,
    Unsubscribe,
    Follow(Feed),
    Unfollow(Feed),
    /// What an agent did. The door has asked whether the sender may report for it.
    AgentEvents {
        agent: AgentId,
        events: Vec<AgentEvent>,
    },
    /// Typing in a conversation of the list, or no more.
    SessionTyping {
        key: SessionKey,
        is_typing: bool,
    },
    /// What somebody reports of an instance; answered with [`crate::event::Event::BeaconTaken`].
    Beacon {
        ticket: Ticket,
        beacon: Box<Beacon>,
    },
    /// Who is here, once; answered with [`crate::event::Event::Listed`].
    List(Ticket),
    Resync(Picture),
    /// Volatile frames were skipped for this socket and fit again: send where everyone is now.
    CatchUp,
    /// The session ends now; nothing to wait for.
    Goodbye,
}

impl Command {
    /// The message's name in errors.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Wish(_) => "wish",
            Self::Join { .. } => "join",
            Self::Leave(_) => "leave",
            Self::Cursor { .. } => "cursor",
            Self::Typing { .. } => "typing",
            Self::Selection { .. } => "selection",
            Self::Playback { .. } => "playback",
            Self::ControlRequest(_) => "control_request",
            Self::ControlGrant { .. } => "control_grant",
            Self::ControlRelease(_) => "control_release",
            Self::Broadcast { .. } => "broadcast",
            Self::SetStatus { .. } => "setStatus",
            Self::Privacy(_) => "privacy",
            Self::Report { .. } => "heartbeat",
            Self::Appear => "appear",
            Self::Subscribe => "subscribe.presence",
            Self::Unsubscribe => "unsubscribe.presence",
            Self::Follow(Feed::Agents) => "subscribe.agents",
            Self::Follow(Feed::Messages) => "subscribe.messages",
            Self::Unfollow(Feed::Agents) => "unsubscribe.agents",
            Self::Unfollow(Feed::Messages) => "unsubscribe.messages",
            Self::AgentEvents { .. } => "agent_event",
            Self::SessionTyping { .. } => "session.typing",
            Self::Beacon { .. } => "system-event",
            Self::List(_) => "system-presence",
            Self::Resync(_) => "resync",
            Self::CatchUp => "catch_up",
            Self::Goodbye => "goodbye",
        }
    }

    /// The number of the question that this is, where it has one.
    pub const fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Beacon { ticket, .. } | Self::List(ticket) => Some(*ticket),
            _ => None,
        }
    }

    /// The room whose owner handles the command by itself; `None` for what the lobby handles.
    pub const fn room(&self) -> Option<&RoomId> {
        match self {
            Self::Cursor { room, .. }
            | Self::Typing { room, .. }
            | Self::Selection { room, .. }
            | Self::Playback { room, .. }
            | Self::ControlRequest(room)
            | Self::ControlGrant { room, .. }
            | Self::ControlRelease(room)
            | Self::Broadcast { room, .. }
            | Self::Resync(Picture::Room(room)) => Some(room),
            _ => None,
        }
    }

    /// The right that the sender needs in the room of the command, besides being in it.
    pub const fn right(&self) -> Option<Right> {
        match self {
            Self::Cursor { .. } | Self::Typing { .. } | Self::Selection { .. } | Self::Broadcast { .. } => {
                Some(Right::Write)
            }
            Self::ControlRequest(_) | Self::ControlGrant { .. } => Some(Right::Control),
            _ => None,
        }
    }

    /// Refuses what no state could make sensible. Every dialect calls it once, after decoding.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        match &mut self {
            Self::Cursor { cursor, .. } => *cursor = cursor.checked()?,
            Self::Typing { context: Some(context), .. } if context.len() > MAX_CONTEXT_BYTES => {
                let must = format!("have at most {MAX_CONTEXT_BYTES} bytes");
                return Err(Refusal::bad_field("typing", "data.context", &must));
            }
            Self::Selection { selection: Some(selection), .. } => *selection = selection.checked()?,
            Self::Playback { said, .. } => **said = PlaybackSaid::clone(said).checked()?,
            Self::SetStatus { message: Some(message), .. } if message.chars().count() > MAX_STATUS_MESSAGE => {
                return Err(Refusal::too_long("setStatus", "statusMessage", MAX_STATUS_MESSAGE));
            }
            _ => {}
        }
        Ok(self)
    }

    /// Refuses what is larger than the server hands on. Doors that take such call it after [`Self::checked`].
    pub fn within(self, limits: &Limits) -> Result<Self, Refusal> {
        match &self {
            Self::Broadcast { payload, .. } if payload.len() > limits.broadcast_bytes => {
                let must = format!("have at most {} bytes as JSON", limits.broadcast_bytes);
                Err(Refusal { code: Code::TooLarge, ..Refusal::bad_field("broadcast", "data", &must) })
            }
            Self::AgentEvents { events, .. } if events.len() > limits.events_per_batch => {
                let must = format!("have 1 to {} events", limits.events_per_batch);
                Err(Refusal::out_of_range("agent_event", "events", &must))
            }
            _ => Ok(self),
        }
    }
}

impl Hello {
    pub fn checked(mut self, message: &str) -> Result<Self, Refusal> {
        self.info = self.info.checked(message)?;
        Ok(self)
    }
}

impl Principal {
    /// Whether the bearer may look into the server, and see where others connect from (`CONTRACT.md` 2).
    pub fn is_operator(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope.as_str(), "operator.read" | "operator.write" | "operator.admin"))
    }

    /// Somebody whom nobody asked for a key: everything is allowed, for ever.
    pub fn trusted(user_id: UserId) -> Self {
        Self {
            name: user_id.as_str().to_owned(),
            user_id,
            image: None,
            roles: Vec::new(),
            scopes: alloc::vec!["operator.read".to_owned()],
            rooms: Grants::All,
            holds_all: true,
            expires_at: None,
        }
    }

    /// The same person by a name that fits where names are shown; without one the user's id stays it.
    pub fn named(self, mut name: Option<String>, image: Option<String>) -> Result<Self, Refusal> {
        check_text("auth", "name", &mut name)?;
        Ok(Self { name: name.unwrap_or(self.name), image, ..self })
    }
}
