//! Koko's rooms, as their members hear of them.

use alloc::string::String;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use serde::Serialize;

use crate::event::{CursorMove, RoomChange, RoomPicture, StateNews};
use crate::id::RoomId;
use crate::room::{Cursor, Member, MemberCard, Selection};
use crate::status::{Liveness, Status};
use crate::time::Millis;
use crate::wire::json::encoded::Encoded;
use crate::wire::json::member_event::event;
use crate::wire::json::room_view::{Marked, Player, PresenceRoom};
use crate::wire::json::time::Iso;

/// What is told to the asker alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a, D> {
    #[serde(rename = "type")]
    kind: &'static str,
    room_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<D>,
    timestamp: Iso,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JoinedData<'a> {
    room: PresenceRoom<'a>,
    assigned_color: String,
}

/// A place and the colour to draw it in. With the colour alone: nothing to draw any more.
#[derive(Serialize)]
struct Pointer {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<f64>,
    color: String,
}

/// A part of the medium and the colour to draw it in. With the colour alone: nothing is marked any more.
#[derive(Serialize)]
struct Mark {
    #[serde(flatten)]
    marked: Option<Marked>,
    color: String,
}

/// On Koko's page but for the last three, without which a reader would take the newcomer for active.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Newcomer<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    color: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    liveness: Liveness,
}

/// The person, with what they say of it; or the line; or the player.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Doing<'a> {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness: Option<Liveness>,
    #[serde(flatten)]
    player: Option<Player>,
}

#[derive(Serialize)]
struct Typing<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a str>,
}

#[derive(Serialize)]
struct Nothing {}

/// The room as it stands, for one who joined it.
pub(crate) fn joined(picture: &RoomPicture, now: Millis) -> Encoded {
    let data = JoinedData { room: PresenceRoom::new(picture, now), assigned_color: picture.own_colour.to_string() };
    Encoded::new(&Answer { kind: "joined", room_id: picture.room.as_str(), data: Some(data), timestamp: Iso(now) })
}

pub(crate) fn left(room: &RoomId, now: Millis) -> Encoded {
    Encoded::new(&Answer::<()> { kind: "left", room_id: room.as_str(), data: None, timestamp: Iso(now) })
}

/// What one change makes of messages. Nobody is told what his own session did.
pub(crate) fn changed(room: &RoomId, change: &RoomChange, now: Millis) -> Vec<Encoded> {
    match change {
        RoomChange::Joined { member, first: true } => {
            let Member { card, status, status_message, liveness, .. } = &**member;
            let data = Newcomer {
                name: &card.name,
                image: card.image.as_deref(),
                color: card.colour.to_string(),
                status: *status,
                status_message: status_message.as_deref(),
                liveness: *liveness,
            };
            vec![event(room, card, now, "user_joined", data).not_for(&card.session_id)]
        }
        // One more tab of somebody who is here already.
        RoomChange::Joined { first: false, .. } => vec![],
        RoomChange::Left { card, last: true } => {
            vec![event(room, card, now, "user_left", Nothing {}).not_for(&card.session_id)]
        }
        // The user stays, but what this tab showed of him must not stay with those who saw it.
        RoomChange::Left { card, last: false } => {
            vec![
                moved_to(room, card, &Cursor::default(), now),
                selected(room, card, None, now),
                typing(room, card, None, now),
            ]
        }
        RoomChange::Liveness { card, user_liveness, status, .. } => {
            let data = Doing { status: *status, status_message: None, liveness: Some(*user_liveness), player: None };
            vec![event(room, card, now, "status_changed", data)]
        }
        RoomChange::State { member, news } => vec![state(room, member, *news, now)],
        RoomChange::Typing { card, context } => vec![typing(room, card, context.as_deref(), now)],
    }
}

pub(crate) fn moved(room: &RoomId, moved: &CursorMove, now: Millis) -> Encoded {
    moved_to(room, &moved.card, &moved.cursor, now)
}

fn moved_to(room: &RoomId, card: &MemberCard, cursor: &Cursor, now: Millis) -> Encoded {
    let Cursor { x, y, timestamp } = *cursor;
    let data = Pointer { timestamp, x, y, color: card.colour.to_string() };
    event(room, card, now, "cursor_moved", data).not_for(&card.session_id)
}

fn selected(room: &RoomId, card: &MemberCard, selection: Option<Selection>, now: Millis) -> Encoded {
    let data = Mark { marked: selection.map(Marked::from), color: card.colour.to_string() };
    event(room, card, now, "selection_changed", data).not_for(&card.session_id)
}

/// The status may come from another tab, and whether a player follows from what another one does: these are
/// told to the member too.
fn state(room: &RoomId, member: &Member, news: StateNews, now: Millis) -> Encoded {
    let player = match news {
        StateNews::Selection => return selected(room, &member.card, member.selection, now),
        StateNews::Status => None,
        StateNews::Watching => Some(Player::new(member.watching.as_ref(), None, now)),
    };
    let status_message = member.status_message.as_deref();
    let data = Doing { status: member.status, status_message, liveness: None, player };
    event(room, &member.card, now, "status_changed", data)
}

fn typing(room: &RoomId, card: &MemberCard, context: Option<&str>, now: Millis) -> Encoded {
    let kind = if context.is_some() { "typing_started" } else { "typing_stopped" };
    // An empty context is one that the client did not name.
    let data = Typing { context: context.filter(|context| !context.is_empty()) };
    event(room, card, now, kind, data).not_for(&card.session_id)
}
