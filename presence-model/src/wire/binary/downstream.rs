//! What the SDK is sent: words to bytes on the server, bytes to words in the browser.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::event::{Event, InstanceChange, RoomChange, RoomPicture, Welcome};
use crate::id::{InstanceId, RoomId, UserId};
use crate::instance::Instance;
use crate::limit::Timing;
use crate::refusal::{Code, Refusal};
use crate::room::{Colour, Member, RoomKind};
use crate::status::{Liveness, Status, Thresholds};
use crate::time::Millis;
use crate::wire::binary::cursor::{CursorRecord, read_record, write_record};
use crate::wire::binary::frame::{self, read_struct, read_varint, write_varint};
use crate::wire::binary::record::{InstanceV1, MemberV1, instance_id, room_id, session_id, user_id};

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

/// A frame as the SDK reads it. Members are named by their slot in the room.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "read and taken apart at once, never kept")]
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

#[derive(Serialize, Deserialize)]
struct WelcomeV1<'a> {
    session_id: &'a str,
    instance_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    epoch: u64,
    server_now: Millis,
    resumed: bool,
    abandon_after: Millis,
    restart_grace: Millis,
    ack_every: Millis,
    reconnect_window: Millis,
    typing_lease: Millis,
    idle_after: Millis,
    away_after: Millis,
    offline_after: Millis,
}

#[derive(Serialize, Deserialize)]
struct RefusedV1<'a> {
    about: &'a str,
    #[serde(borrow)]
    room: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    #[serde(borrow)]
    field: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct PresencePictureV1<'a> {
    version: u64,
    truncated: bool,
    #[serde(borrow)]
    entries: Vec<InstanceV1<'a>>,
}

#[derive(Serialize, Deserialize)]
struct PresenceChangedV1<'a> {
    version: u64,
    #[serde(borrow)]
    change: InstanceChangeV1<'a>,
}

#[derive(Serialize, Deserialize)]
enum InstanceChangeV1<'a> {
    #[serde(borrow)]
    Joined(InstanceV1<'a>),
    Updated(InstanceV1<'a>),
    Left {
        user_id: &'a str,
        instance_id: &'a str,
    },
}

#[derive(Serialize, Deserialize)]
struct RoomPictureV1<'a> {
    room: &'a str,
    kind: RoomKind,
    channel: u32,
    version: u64,
    created_at: Millis,
    own_slot: u16,
    own_colour: Colour,
    #[serde(borrow)]
    members: Vec<MemberV1<'a>>,
}

#[derive(Serialize, Deserialize)]
struct RoomChangedV1<'a> {
    channel: u32,
    version: u64,
    #[serde(borrow)]
    changes: Vec<MemberChangeV1<'a>>,
}

#[derive(Serialize, Deserialize)]
enum MemberChangeV1<'a> {
    #[serde(borrow)]
    Joined(MemberV1<'a>),
    Left(u16),
    Liveness(u16, Liveness),
    Status {
        slot: u16,
        status: Status,
        last_active_at: Millis,
    },
    Typing {
        slot: u16,
        context: Option<&'a str>,
    },
}

/// Writes an event as one message; empty for what the binary form does not say.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut message = vec![];
    write(&mut message, event);
    message
}

/// The answer to a probe. The socket's owner gives it, not the hub.
pub fn encode_probe_reply(sent: Millis, server_now: Millis) -> Vec<u8> {
    let mut message = vec![];
    frame::write_struct(&mut message, PROBE_REPLY, &(sent, server_now));
    message
}

fn write(message: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Welcome(welcome) => write_welcome(message, welcome),
        Event::Refused { about, room, refusal } => {
            let Refusal { code, message: text, field } = refusal;
            let room = room.as_ref().map(RoomId::as_str);
            let body = RefusedV1 { about, room, code: code.name(), message: text, field: field.as_deref() };
            frame::write_struct(message, REFUSED, &body);
        }
        Event::PresencePicture { version, entries, truncated, .. } => {
            let entries = entries.iter().map(InstanceV1::from).collect();
            let body = PresencePictureV1 { version: *version, truncated: *truncated, entries };
            frame::write_struct(message, PRESENCE_PICTURE, &body);
        }
        Event::PresenceChanged { version, change, .. } => {
            let change = match change {
                InstanceChange::Joined(entry) => InstanceChangeV1::Joined(entry.into()),
                InstanceChange::Updated(entry) => InstanceChangeV1::Updated(entry.into()),
                InstanceChange::Left { user_id, instance_id } => {
                    InstanceChangeV1::Left { user_id: user_id.as_str(), instance_id: instance_id.as_str() }
                }
            };
            frame::write_struct(message, PRESENCE_CHANGED, &PresenceChangedV1 { version: *version, change });
        }
        Event::RoomPicture(picture) => {
            let body = RoomPictureV1 {
                room: picture.room.as_str(),
                kind: picture.kind,
                channel: picture.channel,
                version: picture.version,
                created_at: picture.created_at,
                own_slot: picture.own_slot,
                own_colour: picture.own_colour,
                members: picture.members.iter().map(MemberV1::from).collect(),
            };
            frame::write_struct(message, ROOM_PICTURE, &body);
        }
        Event::RoomChanged { channel, version, changes, .. } => {
            let changes = changes.iter().map(member_change).collect();
            frame::write_struct(
                message,
                ROOM_CHANGED,
                &RoomChangedV1 { channel: *channel, version: *version, changes },
            );
        }
        Event::Cursors { channel, moves, .. } => {
            let mut body = Vec::with_capacity(5 + moves.len() * 8);
            write_varint(&mut body, u64::from(*channel));
            for moved in moves {
                write_record(&mut body, moved.card.slot, moved.sequence, &moved.cursor);
            }
            frame::write(message, CURSORS, &body);
        }
        Event::RoomLeft { room } => frame::write_struct(message, ROOM_LEFT, &room.as_str()),
        Event::WishesTaken { revision } => frame::write_struct(message, WISHES_TAKEN, revision),
        // The SDK asks for no pong: it probes.
        Event::Pong => {}
    }
}

fn write_welcome(message: &mut Vec<u8>, welcome: &Welcome) {
    let timing = &*welcome.timing;
    let body = WelcomeV1 {
        session_id: welcome.session_id.as_str(),
        instance_id: welcome.instance_id.as_str(),
        user_id: welcome.user_id.as_str(),
        name: &welcome.name,
        epoch: welcome.epoch,
        server_now: welcome.server_now,
        resumed: welcome.resumed,
        abandon_after: timing.abandon_after,
        restart_grace: timing.restart_grace,
        ack_every: timing.ack_every,
        reconnect_window: timing.reconnect_window,
        typing_lease: timing.typing_lease,
        idle_after: timing.thresholds.idle_after,
        away_after: timing.thresholds.away_after,
        offline_after: timing.thresholds.offline_after,
    };
    frame::write_struct(message, WELCOME, &body);
}

fn member_change(change: &RoomChange) -> MemberChangeV1<'_> {
    match change {
        RoomChange::Joined { member, .. } => MemberChangeV1::Joined((&**member).into()),
        RoomChange::Left { card, .. } => MemberChangeV1::Left(card.slot),
        RoomChange::Liveness { card, liveness, .. } => MemberChangeV1::Liveness(card.slot, *liveness),
        RoomChange::Status { card, status, last_active_at } => {
            MemberChangeV1::Status { slot: card.slot, status: *status, last_active_at: *last_active_at }
        }
        RoomChange::Typing { card, context } => MemberChangeV1::Typing { slot: card.slot, context: context.as_deref() },
    }
}

impl Downstream {
    /// Whether this frame counts as volatile for acknowledgements.
    pub const fn is_volatile(kind: u8) -> bool {
        kind == CURSORS
    }

    /// Reads a frame; `None` for a kind that this version does not know.
    pub fn read(kind: u8, body: &[u8]) -> Result<Option<Self>, Refusal> {
        Ok(Some(match kind {
            WELCOME => read_welcome(body)?,
            REFUSED => {
                let refused: RefusedV1<'_> = read_struct("refused", body)?;
                // A newer server's code still says its sentence.
                let code = Code::ALL.iter().find(|code| code.name() == refused.code).unwrap_or(&Code::BadField);
                let mut refusal = Refusal::new(*code, refused.message);
                refusal.field = refused.field.map(str::to_owned);
                Self::Refused { about: refused.about.to_owned(), room: refused.room.map(room_id).transpose()?, refusal }
            }
            PRESENCE_PICTURE => {
                let picture: PresencePictureV1<'_> = read_struct("presence", body)?;
                let entries = picture.entries.into_iter().map(Instance::try_from).collect::<Result<_, _>>()?;
                Self::PresencePicture { version: picture.version, entries, truncated: picture.truncated }
            }
            PRESENCE_CHANGED => {
                let changed: PresenceChangedV1<'_> = read_struct("presence", body)?;
                let change = match changed.change {
                    InstanceChangeV1::Joined(entry) => InstanceChange::Joined(entry.try_into()?),
                    InstanceChangeV1::Updated(entry) => InstanceChange::Updated(entry.try_into()?),
                    InstanceChangeV1::Left { user_id: user, instance_id: instance } => InstanceChange::Left {
                        user_id: user_id(user)? as UserId,
                        instance_id: instance_id(instance)? as InstanceId,
                    },
                };
                Self::PresenceChanged { version: changed.version, change }
            }
            ROOM_PICTURE => {
                let picture: RoomPictureV1<'_> = read_struct("room", body)?;
                let members: Vec<Member> =
                    picture.members.into_iter().map(Member::try_from).collect::<Result<_, _>>()?;
                Self::RoomPicture(Box::new(RoomPicture {
                    room: room_id(picture.room)?,
                    kind: picture.kind,
                    channel: picture.channel,
                    version: picture.version,
                    created_at: picture.created_at,
                    own_slot: picture.own_slot,
                    own_colour: picture.own_colour,
                    members: Arc::new(members),
                }))
            }
            ROOM_CHANGED => {
                let changed: RoomChangedV1<'_> = read_struct("room", body)?;
                let changes = changed.changes.into_iter().map(MemberChange::try_from).collect::<Result<_, _>>()?;
                Self::RoomChanged { channel: changed.channel, version: changed.version, changes }
            }
            CURSORS => read_cursors(body)
                .ok_or_else(|| Refusal::new(Code::BadFrame, "cursors: the body cannot be decoded").at("cursors"))?,
            ROOM_LEFT => Self::RoomLeft { room: room_id(read_struct("left", body)?)? },
            WISHES_TAKEN => Self::WishesTaken { revision: read_struct("wishes", body)? },
            PROBE_REPLY => {
                let (sent, server_now) = read_struct("probe", body)?;
                Self::ProbeReply { sent, server_now }
            }
            _ => return Ok(None),
        }))
    }
}

impl TryFrom<MemberChangeV1<'_>> for MemberChange {
    type Error = Refusal;

    fn try_from(change: MemberChangeV1<'_>) -> Result<Self, Refusal> {
        Ok(match change {
            MemberChangeV1::Joined(member) => Self::Joined(Box::new(member.try_into()?)),
            MemberChangeV1::Left(slot) => Self::Left(slot),
            MemberChangeV1::Liveness(slot, liveness) => Self::Liveness(slot, liveness),
            MemberChangeV1::Status { slot, status, last_active_at } => Self::Status { slot, status, last_active_at },
            MemberChangeV1::Typing { slot, context } => Self::Typing { slot, context: context.map(str::to_owned) },
        })
    }
}

fn read_cursors(mut body: &[u8]) -> Option<Downstream> {
    let channel = u32::try_from(read_varint(&mut body)?).ok()?;
    let mut records = vec![];
    while !body.is_empty() {
        records.push(read_record(&mut body)?);
    }
    Some(Downstream::Cursors { channel, records })
}

fn read_welcome(body: &[u8]) -> Result<Downstream, Refusal> {
    let welcome: WelcomeV1<'_> = read_struct("welcome", body)?;
    Ok(Downstream::Welcome(Box::new(Welcome {
        session_id: session_id(welcome.session_id)?,
        instance_id: instance_id(welcome.instance_id)?,
        user_id: user_id(welcome.user_id)?,
        name: welcome.name.to_owned(),
        epoch: welcome.epoch,
        server_now: welcome.server_now,
        resumed: welcome.resumed,
        timing: Arc::new(Timing {
            abandon_after: welcome.abandon_after,
            restart_grace: welcome.restart_grace,
            ack_every: welcome.ack_every,
            reconnect_window: welcome.reconnect_window,
            typing_lease: welcome.typing_lease,
            thresholds: Thresholds {
                idle_after: welcome.idle_after,
                away_after: welcome.away_after,
                offline_after: welcome.offline_after,
            },
            ..Timing::default()
        }),
    })))
}
