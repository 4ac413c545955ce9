//! What the SDK is sent, as the engine in the browser reads it. [`crate::wire::binary::encode`] writes it.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::id::{RoomId, SessionId};
use crate::limit::ClientTiming;
use crate::room::RoomKind;
use crate::status::Thresholds;
use crate::time::Millis;
use crate::wire::binary::cursor::{CursorRecord, read_record};
use crate::wire::binary::entry::{Entry, EntryChange, read_change, read_entry};
use crate::wire::binary::reader::{Malformed, Reader};
use crate::wire::binary::record::{room_id, room_kind, session_id};

pub const WELCOME: u8 = 64;
pub const REFUSED: u8 = 65;
pub const PRESENCE_PICTURE: u8 = 66;
pub const PRESENCE_CHANGED: u8 = 67;
pub const ROOM_PICTURE: u8 = 68;
pub const ROOM_CHANGED: u8 = 69;
pub const CURSORS: u8 = 70;
pub const ROOM_LEFT: u8 = 71;
pub const WISHES_TAKEN: u8 = 72;
pub const PROBE_REPLY: u8 = 73;
pub const AUTH_EXPIRING: u8 = 74;
pub const SESSION_TYPING: u8 = 75;
pub const NEWS: u8 = 76;

/// A frame as the SDK reads it. Members are named by their slot in the room.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "read and taken apart at once, never kept")]
pub enum Downstream {
    Welcome(Welcomed),
    /// `refusal` is a JSON object.
    Refused {
        about: Arc<str>,
        room: Option<RoomId>,
        refusal: Arc<str>,
    },
    PresencePicture {
        version: u64,
        truncated: bool,
        entries: Vec<Entry>,
    },
    PresenceChanged {
        version: u64,
        changes: Vec<EntryChange>,
    },
    RoomPicture(RoomPictured),
    RoomChanged {
        channel: u32,
        version: u64,
        changes: Vec<EntryChange>,
    },
    Cursors {
        channel: u32,
        records: Vec<CursorRecord>,
    },
    RoomLeft {
        room: RoomId,
    },
    WishesTaken {
        revision: u32,
    },
    ProbeReply {
        sent: Millis,
        server_now: Millis,
    },
    /// The token ends in so long; another one is wanted before.
    AuthExpiring {
        expires_in: Millis,
    },
    /// `typists` is a piece of JSON: a conversation, and who types in it now.
    SessionTyping {
        typists: Arc<str>,
    },
    /// A piece of JSON that the engine hands on: an update with its `kind`.
    News(Arc<str>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Welcomed {
    pub session_id: SessionId,
    /// A JSON object: who we are.
    pub own: Arc<str>,
    pub epoch: u64,
    pub server_now: Millis,
    pub resumed: bool,
    pub timing: ClientTiming,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPictured {
    pub room: RoomId,
    pub kind: RoomKind,
    pub channel: u32,
    pub version: u64,
    pub own_slot: u16,
    pub members: Vec<Entry>,
}

impl Downstream {
    /// Whether this frame counts as volatile for acknowledgements.
    pub const fn is_volatile(kind: u8) -> bool {
        kind == CURSORS
    }

    /// Reads a frame; `None` for a kind that this version does not know.
    pub fn read(kind: u8, body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut reader = Reader::new("frame", body);
        let from = &mut reader;
        let read = match kind {
            WELCOME => Self::Welcome(read_welcome(from)),
            REFUSED => Self::Refused { about: from.shared(), room: from.maybe(room_id), refusal: from.shared() },
            PRESENCE_PICTURE => {
                Self::PresencePicture { version: from.number(), truncated: from.flag(), entries: from.list(read_entry) }
            }
            PRESENCE_CHANGED => Self::PresenceChanged { version: from.number(), changes: from.list(read_change) },
            ROOM_PICTURE => Self::RoomPicture(RoomPictured {
                room: room_id(from),
                kind: room_kind(from),
                channel: from.short(),
                version: from.number(),
                own_slot: from.short(),
                members: from.list(read_entry),
            }),
            ROOM_CHANGED => {
                Self::RoomChanged { channel: from.short(), version: from.number(), changes: from.list(read_change) }
            }
            CURSORS => Self::Cursors { channel: from.short(), records: read_cursors(from) },
            ROOM_LEFT => Self::RoomLeft { room: room_id(from) },
            WISHES_TAKEN => Self::WishesTaken { revision: from.short() },
            PROBE_REPLY => Self::ProbeReply { sent: from.millis(), server_now: from.millis() },
            AUTH_EXPIRING => Self::AuthExpiring { expires_in: from.millis() },
            SESSION_TYPING => Self::SessionTyping { typists: from.shared() },
            NEWS => Self::News(from.shared()),
            _ => return Ok(None),
        };
        reader.end(Some(read))
    }
}

fn read_cursors(from: &mut Reader<'_>) -> Vec<CursorRecord> {
    let mut records = vec![];
    while !from.is_done() {
        records.push(read_record(from));
    }
    records
}

fn read_welcome(from: &mut Reader<'_>) -> Welcomed {
    Welcomed {
        session_id: session_id(from),
        own: from.shared(),
        epoch: from.number(),
        server_now: from.millis(),
        resumed: from.flag(),
        timing: ClientTiming {
            abandon_after: from.millis(),
            restart_grace: from.millis(),
            ack_every: from.millis(),
            reconnect_window: from.millis(),
            typing_lease: from.millis(),
            thresholds: Thresholds {
                idle_after: from.millis(),
                away_after: from.millis(),
                offline_after: from.millis(),
            },
            ..ClientTiming::default()
        },
    }
}
