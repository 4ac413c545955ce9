//! The frames as serde and postcard write them: what the form was made with, and is held to.

use presence_model::command::{Activity, Command, Picture, Wishes};
use presence_model::event::{Event, Welcome};
use presence_model::id::{InstanceId, RoomId};
use presence_model::room::RoomKind;
use presence_model::status::Status;
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::{write_place, write_record};
use presence_model::wire::binary::frame::PROTOCOL;
use presence_model::wire::binary::upstream::Upstream;
use presence_model::wire::binary::varint::write_varint;
use presence_model::wire::json::answer::ErrorBody;
use presence_model::wire::json::encoded::text;
use presence_model::wire::view::{SelfView, TypistsView, piece};
use presence_model::wire::watch_view::{BroadcastView, WatchView};
use serde::Serialize;

use crate::records::{EntryChangeV1, EntryV1, RoomKeyV1};

const WELCOME: u8 = 64;
const REFUSED: u8 = 65;
const PRESENCE_PICTURE: u8 = 66;
const PRESENCE_CHANGED: u8 = 67;
const ROOM_PICTURE: u8 = 68;
const ROOM_CHANGED: u8 = 69;
const CURSORS: u8 = 70;
const ROOM_LEFT: u8 = 71;
const WISHES_TAKEN: u8 = 72;
const SESSION_TYPING: u8 = 75;
const NEWS: u8 = 76;

const HELLO: u8 = 1;
const WISH: u8 = 2;
const CURSOR: u8 = 3;
const TYPING: u8 = 4;
const REPORT: u8 = 5;
const RESYNC: u8 = 6;
const ACK: u8 = 7;
const PROBE: u8 = 8;
const AUTH: u8 = 10;
const MESSAGE: u8 = 12;
const HIDDEN: u8 = 13;
const GOODBYE: u8 = 9;
const SAID_SESSION_TYPING: u8 = 11;

#[derive(Serialize)]
struct WelcomeV1<'a> {
    session_id: &'a str,
    own: String,
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

#[derive(Serialize)]
struct RefusedV1<'a> {
    about: &'a str,
    room: Option<&'a str>,
    refusal: String,
}

#[derive(Serialize)]
struct PresencePictureV1 {
    version: u64,
    truncated: bool,
    entries: Vec<EntryV1>,
}

#[derive(Serialize)]
struct PresenceChangedV1 {
    version: u64,
    changes: Vec<EntryChangeV1>,
}

#[derive(Serialize)]
struct RoomPictureV1<'a> {
    room: &'a str,
    kind: RoomKind,
    channel: u32,
    version: u64,
    own_slot: u16,
    members: Vec<EntryV1>,
}

#[derive(Serialize)]
struct RoomChangedV1 {
    channel: u32,
    version: u64,
    changes: Vec<EntryChangeV1>,
}

#[derive(Serialize)]
struct HelloV1<'a> {
    protocol: u16,
    token: Option<&'a str>,
    session: Option<&'a str>,
    instance: Option<&'a str>,
    incarnation: u64,
    attempt: u32,
    info: &'a str,
    report: ReportV1,
    wishes: Option<WishesV1<'a>>,
}

#[derive(Serialize)]
struct WishesV1<'a> {
    revision: u32,
    rooms: Vec<RoomKeyV1<'a>>,
    presence: bool,
}

#[derive(Serialize)]
struct TypingV1<'a> {
    room: &'a str,
    context: Option<&'a str>,
}

#[derive(Serialize)]
struct SessionTypingV1<'a> {
    key: &'a str,
    is_typing: bool,
}

#[derive(Serialize)]
struct ReportV1 {
    said: Option<Status>,
    input_ago: Option<Millis>,
}

#[derive(Serialize)]
struct ResyncV1<'a> {
    /// Absent: the list of who is here.
    room: Option<&'a str>,
}

impl<'a> From<&'a Wishes> for WishesV1<'a> {
    fn from(wishes: &'a Wishes) -> Self {
        let rooms = wishes.rooms.iter().map(RoomKeyV1::from).collect();
        Self { revision: wishes.revision, rooms, presence: wishes.presence }
    }
}

impl From<&Activity> for ReportV1 {
    fn from(activity: &Activity) -> Self {
        Self { said: activity.said, input_ago: activity.input_ago }
    }
}

fn write_struct(message: &mut Vec<u8>, kind: u8, body: &impl Serialize) {
    let body = postcard::to_allocvec(body).unwrap();
    presence_model::wire::binary::frame::write(message, kind, &body);
}

pub(crate) fn write_event(message: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Welcome(welcome) => write_welcome(message, welcome),
        Event::Refused { about, room, refusal } => {
            let room = room.as_ref().map(RoomId::as_str);
            let body = RefusedV1 { about, room, refusal: text(&ErrorBody::from(refusal)) };
            write_struct(message, REFUSED, &body);
        }
        Event::PresencePicture { version, entries, truncated, .. } => {
            let entries = entries.iter().map(EntryV1::from).collect();
            let body = PresencePictureV1 { version: *version, truncated: *truncated, entries };
            write_struct(message, PRESENCE_PICTURE, &body);
        }
        Event::PresenceChanged { version, change, .. } => {
            let changes = vec![change.into()];
            write_struct(message, PRESENCE_CHANGED, &PresenceChangedV1 { version: *version, changes });
        }
        Event::RoomPicture(picture) => {
            let body = RoomPictureV1 {
                room: picture.room.as_str(),
                kind: picture.kind,
                channel: picture.channel,
                version: picture.version,
                own_slot: picture.own_slot,
                members: picture.members.iter().map(EntryV1::from).collect(),
            };
            write_struct(message, ROOM_PICTURE, &body);
        }
        Event::RoomChanged { channel, version, changes, .. } => {
            let changes = changes.iter().map(EntryChangeV1::from).collect();
            write_struct(message, ROOM_CHANGED, &RoomChangedV1 { channel: *channel, version: *version, changes });
        }
        Event::Cursors { channel, moves, .. } => {
            let mut body = Vec::with_capacity(5 + moves.len() * 8);
            write_varint(&mut body, u64::from(*channel));
            for moved in moves {
                write_record(&mut body, moved.card.slot, moved.sequence, (&moved.cursor).into());
            }
            presence_model::wire::binary::frame::write(message, CURSORS, &body);
        }
        Event::RoomLeft { room, .. } => write_struct(message, ROOM_LEFT, &room.as_str()),
        Event::WishesTaken { revision } => write_struct(message, WISHES_TAKEN, revision),
        Event::SessionTyping { key, instances } => {
            let instance_ids = instances.iter().map(InstanceId::as_str).collect();
            let typists = piece(&TypistsView { session_key: key.as_str(), instance_ids });
            write_struct(message, SESSION_TYPING, &typists);
        }
        Event::Watch { room, watch, .. } => write_struct(message, NEWS, &piece(&WatchView::new(room, watch))),
        Event::Broadcast { room, by, payload, .. } => {
            if let Some(view) = BroadcastView::new(room, by, payload) {
                write_struct(message, NEWS, &piece(&view));
            }
        }
        // The SDK asks for none of these.
        _ => {}
    }
}

fn write_welcome(message: &mut Vec<u8>, welcome: &Welcome) {
    let timing = &*welcome.timing;
    let body = WelcomeV1 {
        session_id: welcome.session_id.as_str(),
        own: text(&SelfView::new(welcome)),
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
    write_struct(message, WELCOME, &body);
}

pub(crate) fn write_upstream(message: &mut Vec<u8>, frame: &Upstream) {
    match frame {
        Upstream::Hello { token, info, hello } => write_struct(
            message,
            HELLO,
            &HelloV1 {
                protocol: PROTOCOL,
                token: token.as_deref(),
                session: hello.session_id.as_ref().map(|id| id.as_str()),
                instance: hello.instance_id.as_ref().map(|id| id.as_str()),
                incarnation: hello.incarnation,
                attempt: hello.attempt,
                info,
                report: (&hello.activity).into(),
                wishes: hello.wishes.as_ref().map(WishesV1::from),
            },
        ),
        Upstream::Command(Command::Wish(wishes)) => write_struct(message, WISH, &WishesV1::from(wishes)),
        Upstream::Command(Command::Cursor { room, cursor }) => {
            let mut body = postcard::to_allocvec(room.as_str()).unwrap_or_default();
            write_place(&mut body, 0, cursor.into());
            presence_model::wire::binary::frame::write(message, CURSOR, &body);
        }
        Upstream::Command(Command::Typing { room, context }) => {
            write_struct(message, TYPING, &TypingV1 { room: room.as_str(), context: context.as_deref() });
        }
        Upstream::Command(Command::SessionTyping { key, is_typing }) => {
            let body = SessionTypingV1 { key: key.as_str(), is_typing: *is_typing };
            write_struct(message, SAID_SESSION_TYPING, &body);
        }
        Upstream::Command(Command::Report { activity, .. }) => {
            write_struct(message, REPORT, &ReportV1::from(activity));
        }
        Upstream::Command(Command::Resync(picture)) => {
            let room = match picture {
                Picture::Presence => None,
                Picture::Room(room) => Some(room.as_str()),
            };
            write_struct(message, RESYNC, &ResyncV1 { room });
        }
        Upstream::Command(Command::Goodbye) => presence_model::wire::binary::frame::write(message, GOODBYE, &[]),
        // The SDK says these through its wishes, or never.
        Upstream::Command(_) => {}
        Upstream::Ack { volatile_bytes } => write_struct(message, ACK, volatile_bytes),
        Upstream::Probe { sent } => write_struct(message, PROBE, sent),
        Upstream::Auth { token } => write_struct(message, AUTH, token),
        Upstream::Message { text } => write_struct(message, MESSAGE, text),
        Upstream::Hidden(is_hidden) => write_struct(message, HIDDEN, is_hidden),
    }
}
