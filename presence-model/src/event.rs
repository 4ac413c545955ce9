//! Everything the system may say. Dialects translate from these words.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::agent::{AgentRecord, FeatureChange};
use crate::beacon::Ticket;
use crate::feed::{AgentNotice, Availability, ChatMessage, Notification};
use crate::id::{InstanceId, RoomId, SessionId, SessionKey, UserId};
use crate::instance::Instance;
use crate::limit::Timing;
use crate::playback::{Action, Watch};
use crate::refusal::Refusal;
use crate::room::{Colour, Cursor, Member, MemberCard, RoomKind};
use crate::status::{Liveness, Status};
use crate::time::Millis;

/// The answer to hello: who you are here, and by which rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Welcome {
    pub session_id: SessionId,
    pub instance_id: InstanceId,
    pub user_id: UserId,
    pub name: String,
    /// Differs after every start of the server.
    pub epoch: u64,
    pub server_now: Millis,
    /// Whether the session was still held: its rooms and marks live on.
    pub resumed: bool,
    pub timing: Arc<Timing>,
    /// Who is here, if the hello wanted it.
    pub listing: Option<Listing>,
}

/// The whole list as gateway clients know it: also those who left lately. Newest life sign first, the
/// server's own entry before all.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub version: u64,
    pub entries: Arc<Vec<Instance>>,
    pub now: Millis,
}

/// One change of the list of who is here.
#[derive(Clone, Debug, PartialEq)]
pub enum InstanceChange {
    Joined(Instance),
    Updated(Instance),
    Left { user_id: UserId, instance_id: InstanceId },
}

impl InstanceChange {
    /// As other people's browsers may hear of it.
    pub fn without_addresses(&self) -> Self {
        match self {
            Self::Joined(entry) => Self::Joined(entry.without_addresses()),
            Self::Updated(entry) => Self::Updated(entry.without_addresses()),
            Self::Left { .. } => self.clone(),
        }
    }
}

/// A room as it stands, for one of its members.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomPicture {
    pub room: RoomId,
    pub kind: RoomKind,
    /// The room's number on the wire, the same for all members.
    pub channel: u32,
    pub version: u64,
    pub created_at: Millis,
    /// The reader's own number in the room.
    pub own_slot: u16,
    /// [`Colour::NONE`] for who is invisible.
    pub own_colour: Colour,
    /// Everyone, the reader too, in order of joining. Shared by all who get the picture at once.
    pub members: Arc<Vec<Member>>,
    /// What is watched together there, if anything is.
    pub watch: Option<Arc<Watch>>,
}

/// One change of a room. All that happened since the room's last version share the next version.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomChange {
    /// `first` when none of the user's other sessions is in the room.
    Joined {
        member: Box<Member>,
        first: bool,
    },
    /// `last` when none of the user's other sessions stays in the room.
    Left {
        card: Arc<MemberCard>,
        last: bool,
    },
    /// `user_liveness` and `status` are those of the user, over all sessions.
    Liveness {
        card: Arc<MemberCard>,
        liveness: Liveness,
        user_liveness: Liveness,
        status: Status,
    },
    /// The member is as it stands here now.
    State {
        member: Box<Member>,
        news: StateNews,
    },
    Typing {
        card: Arc<MemberCard>,
        context: Option<String>,
    },
}

/// What of a member's state is other than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateNews {
    /// The status, or what the person says of it.
    Status,
    Selection,
    /// What the player does.
    Watching,
}

/// Why a room's watch is told.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchNews {
    /// The reader is shown the room, or something changed that has no name of its own.
    State,
    /// Who has control did something to what all watch.
    Synced {
        by: Arc<MemberCard>,
        action: Action,
    },
    Requested {
        by: Arc<MemberCard>,
    },
    /// `by` gave it; `None`: it was passed on.
    Granted {
        by: Option<Arc<MemberCard>>,
        to: Arc<MemberCard>,
    },
}

/// Where a member points now.
#[derive(Clone, Debug, PartialEq)]
pub struct CursorMove {
    pub card: Arc<MemberCard>,
    /// Counts the member's moves, wrapping: an older move never replaces a newer one.
    pub sequence: u8,
    pub cursor: Cursor,
}

#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "an event lives in one shared allocation; a box would add a second")]
pub enum Event {
    Welcome(Box<Welcome>),
    /// `about` names the message that was refused, `room` the room it was for.
    Refused {
        about: &'static str,
        room: Option<RoomId>,
        refusal: Refusal,
    },
    /// The whole list; diffs count on from `version`.
    PresencePicture {
        version: u64,
        entries: Arc<Vec<Instance>>,
        truncated: bool,
        /// Whether it answers one reader, or is news for all of them.
        asked: bool,
        now: Millis,
    },
    PresenceChanged {
        version: u64,
        change: InstanceChange,
        now: Millis,
    },
    /// The list changed, for those whose hello wanted it.
    Listing(Listing),
    /// The list, for one who asked.
    Listed {
        ticket: Ticket,
        listing: Listing,
    },
    /// A beacon was taken over; whoever hears of the list has heard.
    BeaconTaken {
        ticket: Ticket,
    },
    /// Who types in a conversation now: their instances, nobody when it is empty.
    SessionTyping {
        key: SessionKey,
        instances: Vec<InstanceId>,
    },
    RoomPicture(Box<RoomPicture>),
    RoomChanged {
        room: RoomId,
        channel: u32,
        version: u64,
        changes: Vec<RoomChange>,
        now: Millis,
    },
    /// What is watched together in a room, whole.
    Watch {
        room: RoomId,
        watch: Arc<Watch>,
        news: WatchNews,
        now: Millis,
    },
    /// What one member said to all others, for the app to understand. `payload` is JSON.
    Broadcast {
        room: RoomId,
        by: Arc<MemberCard>,
        payload: Arc<str>,
        now: Millis,
    },
    /// All agents, for one who begins to follow them. Very many come in parts: `more` of them follow.
    Agents {
        agents: Arc<[Arc<AgentRecord>]>,
        more: bool,
        now: Millis,
    },
    /// An agent as it stands now.
    Agent {
        agent: Arc<AgentRecord>,
        now: Millis,
    },
    FeatureChanged {
        change: Arc<FeatureChange>,
        now: Millis,
    },
    AgentNotice {
        notice: Arc<AgentNotice>,
        now: Millis,
    },
    Chat {
        message: Arc<ChatMessage>,
        now: Millis,
    },
    Notification {
        notification: Arc<Notification>,
        /// A ping behind it carries this: whose pong brings it back was told all up to here.
        mark: Option<u64>,
        now: Millis,
    },
    UserPresence {
        user: UserId,
        availability: Availability,
        now: Millis,
    },
    /// Volatile: only the newest counts, and any may be left out.
    Cursors {
        room: RoomId,
        channel: u32,
        moves: Vec<CursorMove>,
        now: Millis,
    },
    /// The reader is no longer in the room.
    RoomLeft {
        room: RoomId,
        channel: u32,
    },
    /// The revision of the newest wishes that were taken over.
    WishesTaken {
        revision: u32,
    },
    Pong,
}
