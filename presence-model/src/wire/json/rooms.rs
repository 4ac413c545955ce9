//! Koko's rooms, as their members hear of them.

use alloc::string::String;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::{CursorMove, RoomChange, RoomPicture};
use crate::id::{RoomId, UserId};
use crate::room::{Cursor, Member, MemberCard};
use crate::status::{Liveness, Status};
use crate::time::Millis;
use crate::wire::json::encoded::Encoded;
use crate::wire::json::time::Iso;

/// Something a member did: `{ type, roomId, userId, sessionId, data, timestamp }`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberEvent<'a, D> {
    #[serde(rename = "type")]
    kind: &'static str,
    room_id: &'a str,
    user_id: &'a str,
    session_id: &'a str,
    data: D,
    timestamp: Iso,
}

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceRoom<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    users: Vec<PresenceUser<'a>>,
    user_count: usize,
    /// Nobody can switch it on yet.
    sync_enabled: bool,
    created_at: Iso,
}

/// One user, as the session shows that was active last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceUser<'a> {
    user_id: &'a str,
    session_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    color: String,
    status: Status,
    last_active_at: Iso,
    room_id: &'a str,
    room_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<Place>,
    is_typing: bool,
    /// Only playback can tell, and nobody reports any yet.
    is_watching: bool,
    liveness: Liveness,
}

#[derive(Serialize)]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<f64>,
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

/// On Koko's page but for the last two, without which a reader would take the newcomer for active.
#[derive(Serialize)]
struct Newcomer<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    color: String,
    status: Status,
    liveness: Liveness,
}

#[derive(Serialize)]
struct Doing {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness: Option<Liveness>,
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
    let users = users(picture);
    let room = PresenceRoom {
        id: picture.room.as_str(),
        kind: picture.kind.name(),
        user_count: users.len(),
        users,
        sync_enabled: false,
        created_at: Iso(picture.created_at),
    };
    let data = JoinedData { room, assigned_color: picture.own_colour.to_string() };
    Encoded::new(&Answer { kind: "joined", room_id: picture.room.as_str(), data: Some(data), timestamp: Iso(now) })
}

pub(crate) fn left(room: &RoomId, now: Millis) -> Encoded {
    Encoded::new(&Answer::<()> { kind: "left", room_id: room.as_str(), data: None, timestamp: Iso(now) })
}

/// What one change makes of messages. Nobody is told what his own session did.
pub(crate) fn changed(room: &RoomId, change: &RoomChange, now: Millis) -> Vec<Encoded> {
    match change {
        RoomChange::Joined { member, first: true } => {
            let Member { card, status, liveness, .. } = &**member;
            let data = Newcomer {
                name: &card.name,
                image: card.image.as_deref(),
                color: card.colour.to_string(),
                status: *status,
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
            vec![moved_to(room, card, &Cursor::default(), now), typing(room, card, None, now)]
        }
        RoomChange::Liveness { card, user_liveness, status, .. } => {
            let data = Doing { status: Some(*status), liveness: Some(*user_liveness) };
            vec![event(room, card, now, "status_changed", data)]
        }
        RoomChange::State { member, .. } => {
            let data = Doing { status: Some(member.status), liveness: None };
            vec![event(room, &member.card, now, "status_changed", data)]
        }
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

fn typing(room: &RoomId, card: &MemberCard, context: Option<&str>, now: Millis) -> Encoded {
    let kind = if context.is_some() { "typing_started" } else { "typing_stopped" };
    // An empty context is one that the client did not name.
    let data = Typing { context: context.filter(|context| !context.is_empty()) };
    event(room, card, now, kind, data).not_for(&card.session_id)
}

fn event(room: &RoomId, card: &MemberCard, now: Millis, kind: &'static str, data: impl Serialize) -> Encoded {
    Encoded::new(&MemberEvent {
        kind,
        room_id: room.as_str(),
        user_id: card.user_id.as_str(),
        session_id: card.session_id.as_str(),
        data,
        timestamp: Iso(now),
    })
}

/// One entry a user, in order of joining.
fn users(picture: &RoomPicture) -> Vec<PresenceUser<'_>> {
    let mut users: Vec<PresenceUser<'_>> = vec![];
    let mut places: BTreeMap<&UserId, usize> = BTreeMap::new();
    for member in picture.members.iter() {
        let user = user(picture, member);
        let Some(known) = places.get(&member.card.user_id).and_then(|place| users.get_mut(*place)) else {
            places.insert(&member.card.user_id, users.len());
            users.push(user);
            continue;
        };
        // Whatever the newest tab says, he types if he types in any, and is there if any line lives.
        let is_typing = known.is_typing || user.is_typing;
        let liveness = more_alive(known.liveness, user.liveness);
        if user.last_active_at.0 >= known.last_active_at.0 {
            *known = user;
        }
        known.is_typing = is_typing;
        known.liveness = liveness;
    }
    users
}

fn user<'a>(picture: &'a RoomPicture, member: &'a Member) -> PresenceUser<'a> {
    let card = &*member.card;
    let cursor = member.cursor.filter(|cursor| !cursor.is_hidden());
    // Of a client that never reported input all we know is that it came.
    let is_known = member.last_active_at > Millis::ZERO;
    let last_active_at = if is_known { member.last_active_at } else { card.joined_at };
    PresenceUser {
        user_id: card.user_id.as_str(),
        session_id: card.session_id.as_str(),
        name: &card.name,
        image: card.image.as_deref(),
        color: card.colour.to_string(),
        status: member.status,
        last_active_at: Iso(last_active_at),
        room_id: picture.room.as_str(),
        room_type: picture.kind.name(),
        cursor: cursor.map(|Cursor { x, y, timestamp }| Place { timestamp, x, y }),
        is_typing: member.typing.is_some(),
        is_watching: false,
        liveness: member.liveness,
    }
}

fn more_alive(one: Liveness, other: Liveness) -> Liveness {
    [Liveness::Connected, Liveness::Suspect]
        .into_iter()
        .find(|liveness| [one, other].contains(liveness))
        .unwrap_or(Liveness::Gone)
}
