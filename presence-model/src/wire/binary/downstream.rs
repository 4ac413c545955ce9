//! What the SDK is sent: words to bytes on the server, bytes to words in the browser.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::event::{Event, InstanceChange, RoomChange, RoomPicture, Welcome};
use crate::id::RoomId;
use crate::instance::Instance;
use crate::limit::Timing;
use crate::refusal::{Code, Refusal};
use crate::room::Member;
use crate::status::{Liveness, Status, Thresholds};
use crate::time::Millis;
use crate::wire::binary::cursor::{CursorRecord, read_record, write_record};
use crate::wire::binary::frame;
use crate::wire::binary::reader::{Malformed, Reader};
use crate::wire::binary::record::{
    colour, instance_id, liveness, read_instance, read_member, room_id, room_kind, session_id, status, user_id,
    write_instance, write_member,
};
use crate::wire::binary::writer::Writer;

const WELCOME: u8 = 64;
const REFUSED: u8 = 65;
const PRESENCE_PICTURE: u8 = 66;
const PRESENCE_CHANGED: u8 = 67;
const ROOM_PICTURE: u8 = 68;
const ROOM_CHANGED: u8 = 69;
const CURSORS: u8 = 70;
const ROOM_LEFT: u8 = 71;
const WISHES_TAKEN: u8 = 72;
const PROBE_REPLY: u8 = 73;

// What happened to an entry or a member.
const JOINED: u8 = 0;
const UPDATED: u8 = 1;
const INSTANCE_LEFT: u8 = 2;
const MEMBER_LEFT: u8 = 1;
const LIVENESS: u8 = 2;
const STATUS: u8 = 3;
const TYPING: u8 = 4;

/// A frame as the SDK reads it. Members are named by their slot in the room.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "read and taken apart at once, never kept")]
pub enum Downstream {
    Welcome(Box<Welcome>),
    Refused { about: String, room: Option<RoomId>, refusal: Refusal },
    PresencePicture { version: u64, entries: Vec<Instance>, truncated: bool },
    PresenceChanged { version: u64, change: InstanceChange },
    RoomPicture(Box<RoomPicture>),
    RoomChanged { channel: u32, version: u64, changes: Vec<MemberChange> },
    Cursors { channel: u32, records: Vec<CursorRecord> },
    RoomLeft { room: RoomId },
    WishesTaken { revision: u32 },
    ProbeReply { sent: Millis, server_now: Millis },
}

/// [`RoomChange`] as the wire carries it.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberChange {
    Joined(Box<Member>),
    Left(u16),
    Liveness(u16, Liveness),
    Status { slot: u16, status: Status, last_active_at: Millis },
    Typing { slot: u16, context: Option<String> },
}

/// Writes an event as one message; empty for what the binary form does not say.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut to = Writer::default();
    let kind = write(&mut to, event);
    let mut message = vec![];
    if let Some(kind) = kind {
        frame::write(&mut message, kind, &to.body);
    }
    message
}

/// The answer to a probe. The socket's owner gives it, not the hub.
pub fn encode_probe_reply(sent: Millis, server_now: Millis) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(sent.0);
    to.number(server_now.0);
    let mut message = vec![];
    frame::write(&mut message, PROBE_REPLY, &to.body);
    message
}

/// Writes the body; returns the frame's kind.
fn write(to: &mut Writer, event: &Event) -> Option<u8> {
    Some(match event {
        Event::Welcome(welcome) => {
            write_welcome(to, welcome);
            WELCOME
        }
        Event::Refused { about, room, refusal } => {
            to.text(about);
            to.maybe_text(room.as_ref().map(RoomId::as_str));
            to.text(refusal.code.name());
            to.text(&refusal.message);
            to.maybe_text(refusal.field.as_deref());
            REFUSED
        }
        Event::PresencePicture { version, entries, truncated, .. } => {
            to.number(*version);
            to.flag(*truncated);
            to.list(entries, write_instance);
            PRESENCE_PICTURE
        }
        Event::PresenceChanged { version, change, .. } => {
            to.number(*version);
            write_instance_change(to, change);
            PRESENCE_CHANGED
        }
        Event::RoomPicture(picture) => {
            to.text(picture.room.as_str());
            to.number(picture.kind as u64);
            to.number(picture.channel);
            to.number(picture.version);
            to.number(picture.created_at.0);
            to.number(picture.own_slot);
            to.number(picture.own_colour.0);
            to.list(&picture.members, write_member);
            ROOM_PICTURE
        }
        Event::RoomChanged { channel, version, changes, .. } => {
            to.number(*channel);
            to.number(*version);
            to.list(changes, write_member_change);
            ROOM_CHANGED
        }
        Event::Cursors { channel, moves, .. } => {
            to.number(*channel);
            for moved in moves {
                write_record(&mut to.body, moved.card.slot, moved.sequence, &moved.cursor);
            }
            CURSORS
        }
        Event::RoomLeft { room } => {
            to.text(room.as_str());
            ROOM_LEFT
        }
        Event::WishesTaken { revision } => {
            to.number(*revision);
            WISHES_TAKEN
        }
        // The SDK asks for no pong: it probes.
        Event::Pong => return None,
    })
}

fn write_welcome(to: &mut Writer, welcome: &Welcome) {
    to.text(welcome.session_id.as_str());
    to.text(welcome.instance_id.as_str());
    to.text(welcome.user_id.as_str());
    to.text(&welcome.name);
    to.number(welcome.epoch);
    to.number(welcome.server_now.0);
    to.flag(welcome.resumed);
    let timing = &*welcome.timing;
    for length in [
        timing.abandon_after,
        timing.restart_grace,
        timing.ack_every,
        timing.reconnect_window,
        timing.typing_lease,
        timing.thresholds.idle_after,
        timing.thresholds.away_after,
        timing.thresholds.offline_after,
    ] {
        to.number(length.0);
    }
}

fn write_instance_change(to: &mut Writer, change: &InstanceChange) {
    match change {
        InstanceChange::Joined(entry) => {
            to.number(JOINED);
            write_instance(to, entry);
        }
        InstanceChange::Updated(entry) => {
            to.number(UPDATED);
            write_instance(to, entry);
        }
        InstanceChange::Left { user_id, instance_id } => {
            to.number(INSTANCE_LEFT);
            to.text(user_id.as_str());
            to.text(instance_id.as_str());
        }
    }
}

fn write_member_change(to: &mut Writer, change: &RoomChange) {
    match change {
        RoomChange::Joined { member, .. } => {
            to.number(JOINED);
            write_member(to, member);
        }
        RoomChange::Left { card, .. } => {
            to.number(MEMBER_LEFT);
            to.number(card.slot);
        }
        RoomChange::Liveness { card, liveness, .. } => {
            to.number(LIVENESS);
            to.number(card.slot);
            to.number(*liveness as u64);
        }
        RoomChange::Status { card, status, last_active_at } => {
            to.number(STATUS);
            to.number(card.slot);
            to.number(*status as u64);
            to.number(last_active_at.0);
        }
        RoomChange::Typing { card, context } => {
            to.number(TYPING);
            to.number(card.slot);
            to.maybe_text(context.as_deref());
        }
    }
}

impl Downstream {
    /// Whether this frame counts as volatile for acknowledgements.
    pub const fn is_volatile(kind: u8) -> bool {
        kind == CURSORS
    }

    /// Reads a frame; `None` for a kind that this version does not know.
    pub fn read(kind: u8, body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut reader = Reader::new(name(kind), body);
        let from = &mut reader;
        let read = match kind {
            WELCOME => Self::Welcome(Box::new(read_welcome(from))),
            REFUSED => Self::Refused {
                about: from.owned(),
                room: from.maybe(room_id),
                refusal: Refusal { code: read_code(from), message: from.owned(), field: from.maybe_owned() },
            },
            PRESENCE_PICTURE => {
                let (version, truncated) = (from.number(), from.flag());
                Self::PresencePicture { version, entries: from.list(read_instance), truncated }
            }
            PRESENCE_CHANGED => Self::PresenceChanged { version: from.number(), change: read_instance_change(from) },
            ROOM_PICTURE => Self::RoomPicture(Box::new(RoomPicture {
                room: room_id(from),
                kind: room_kind(from),
                channel: from.short(),
                version: from.number(),
                created_at: from.millis(),
                own_slot: from.short(),
                own_colour: colour(from),
                members: Arc::new(from.list(read_member)),
            })),
            ROOM_CHANGED => Self::RoomChanged {
                channel: from.short(),
                version: from.number(),
                changes: from.list(read_member_change),
            },
            CURSORS => Self::Cursors { channel: from.short(), records: read_cursors(from) },
            ROOM_LEFT => Self::RoomLeft { room: room_id(from) },
            WISHES_TAKEN => Self::WishesTaken { revision: from.short() },
            PROBE_REPLY => Self::ProbeReply { sent: from.millis(), server_now: from.millis() },
            _ => return Ok(None),
        };
        reader.end(Some(read))
    }
}

/// What a frame is called when it cannot be read.
const fn name(kind: u8) -> &'static str {
    match kind {
        WELCOME => "welcome",
        REFUSED => "refused",
        PRESENCE_PICTURE | PRESENCE_CHANGED => "presence",
        ROOM_PICTURE | ROOM_CHANGED => "room",
        CURSORS => "cursors",
        ROOM_LEFT => "left",
        WISHES_TAKEN => "wishes",
        _ => "probe",
    }
}

/// A newer server's code still says its sentence.
fn read_code(from: &mut Reader<'_>) -> Code {
    let name = from.text();
    Code::ALL.iter().copied().find(|code| code.name() == name).unwrap_or(Code::BadField)
}

fn read_instance_change(from: &mut Reader<'_>) -> InstanceChange {
    match from.one_of(&[JOINED, UPDATED, INSTANCE_LEFT], INSTANCE_LEFT) {
        JOINED => InstanceChange::Joined(read_instance(from)),
        UPDATED => InstanceChange::Updated(read_instance(from)),
        _ => InstanceChange::Left { user_id: user_id(from), instance_id: instance_id(from) },
    }
}

fn read_member_change(from: &mut Reader<'_>) -> MemberChange {
    match from.one_of(&[JOINED, MEMBER_LEFT, LIVENESS, STATUS, TYPING], MEMBER_LEFT) {
        JOINED => MemberChange::Joined(Box::new(read_member(from))),
        LIVENESS => MemberChange::Liveness(from.short(), liveness(from)),
        STATUS => MemberChange::Status { slot: from.short(), status: status(from), last_active_at: from.millis() },
        TYPING => MemberChange::Typing { slot: from.short(), context: from.maybe_owned() },
        _ => MemberChange::Left(from.short()),
    }
}

fn read_cursors(from: &mut Reader<'_>) -> Vec<CursorRecord> {
    let (mut records, mut rest) = (vec![], from.rest());
    while !rest.is_empty() {
        match read_record(&mut rest) {
            Some(record) => records.push(record),
            None => {
                from.fail();
                break;
            }
        }
    }
    records
}

fn read_welcome(from: &mut Reader<'_>) -> Welcome {
    Welcome {
        session_id: session_id(from),
        instance_id: instance_id(from),
        user_id: user_id(from),
        name: from.owned(),
        epoch: from.number(),
        server_now: from.millis(),
        resumed: from.flag(),
        timing: Arc::new(Timing {
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
            ..Timing::default()
        }),
    }
}
