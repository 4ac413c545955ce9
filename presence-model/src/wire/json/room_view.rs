//! A room as Koko's clients see it: users, where the hub knows sessions.

use alloc::string::String;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::RoomPicture;
use crate::id::UserId;
use crate::playback::{Desync, Playback, Timeline, Watching};
use crate::room::{Cursor, Member, Selection};
use crate::status::{Liveness, Status};
use crate::time::Millis;
use crate::wire::json::time::Iso;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PresenceRoom<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    pub(crate) users: Vec<PresenceUser<'a>>,
    pub(crate) user_count: usize,
    sync_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    controller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    playback: Option<TimelineState>,
    created_at: Iso,
}

/// One user, as the session shows that was active last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PresenceUser<'a> {
    user_id: &'a str,
    session_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    color: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    last_active_at: Iso,
    room_id: &'a str,
    room_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selection: Option<Marked>,
    is_typing: bool,
    #[serde(flatten)]
    player: Player,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Marked {
    start_time: f64,
    end_time: f64,
}

/// A player in the moment of which it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaybackState {
    is_playing: bool,
    current_time: f64,
    playback_rate: f64,
}

/// What all watch, and in which moment it is so: readers go on from there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimelineState {
    #[serde(flatten)]
    playback: PlaybackState,
    server_time: Millis,
}

/// What a member's player does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Player {
    is_watching: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    playback_state: Option<PlaybackState>,
    /// How it differs from what all watch.
    #[serde(skip_serializing_if = "Option::is_none")]
    desynced: Option<&'static str>,
}

impl From<Selection> for Marked {
    fn from(Selection { start, end }: Selection) -> Self {
        Self { start_time: start, end_time: end }
    }
}

impl From<Playback> for PlaybackState {
    fn from(Playback { is_playing, current_time, rate }: Playback) -> Self {
        Self { is_playing, current_time, playback_rate: rate }
    }
}

impl TimelineState {
    pub(crate) fn new(timeline: &Timeline, now: Millis) -> Self {
        Self { playback: timeline.at(now).into(), server_time: now }
    }
}

impl Player {
    /// `followed` is the timeline that all follow, if they do and it is known.
    pub(crate) fn new(watching: Option<&Watching>, followed: Option<&Timeline>, now: Millis) -> Self {
        let state = watching.map(|Watching { playback, at, desync }| match (desync, followed) {
            (None, Some(timeline)) => timeline.at(now),
            // It waits for data, so it is where it was.
            (Some(Desync::Stalled), _) => *playback,
            _ => playback.after(now.since(*at)),
        });
        let desync = watching.and_then(|watching| watching.desync);
        Self {
            is_watching: watching.is_some(),
            playback_state: state.map(PlaybackState::from),
            desynced: desync.map(Desync::name),
        }
    }
}

impl<'a> PresenceRoom<'a> {
    pub(crate) fn new(picture: &'a RoomPicture, now: Millis) -> Self {
        let users = users(picture, now);
        let watch = picture.watch.as_deref();
        Self {
            id: picture.room.as_str(),
            kind: picture.kind.name(),
            user_count: users.len(),
            users,
            sync_enabled: watch.is_some_and(|watch| watch.is_synced),
            controller: watch.and_then(|watch| watch.controller.as_ref()).map(|person| person.user_id.as_str()),
            playback: watch.and_then(|watch| watch.timeline.as_ref()).map(|line| TimelineState::new(line, now)),
            created_at: Iso(picture.created_at),
        }
    }
}

/// One entry a user, in order of joining.
fn users(picture: &RoomPicture, now: Millis) -> Vec<PresenceUser<'_>> {
    let mut users: Vec<PresenceUser<'_>> = vec![];
    let mut places: BTreeMap<&UserId, usize> = BTreeMap::new();
    for member in picture.members.iter() {
        let mut user = user(picture, member, now);
        let Some(known) = places.get(&member.card.user_id).and_then(|place| users.get_mut(*place)) else {
            places.insert(&member.card.user_id, users.len());
            users.push(user);
            continue;
        };
        if user.last_active_at.0 >= known.last_active_at.0 {
            core::mem::swap(known, &mut user);
        }
        // Whatever the newest tab says, he types and watches if he does in any, and is there if any line lives.
        known.is_typing |= user.is_typing;
        known.liveness = more_alive(known.liveness, user.liveness);
        if !known.player.is_watching {
            known.player = user.player;
        }
    }
    users
}

fn user<'a>(picture: &'a RoomPicture, member: &'a Member, now: Millis) -> PresenceUser<'a> {
    let card = &*member.card;
    let cursor = member.cursor.filter(|cursor| !cursor.is_hidden());
    // Of a client that never reported input all we know is that it came.
    let is_known = member.last_active_at > Millis::ZERO;
    let last_active_at = if is_known { member.last_active_at } else { card.joined_at };
    let followed = picture.watch.as_ref().filter(|watch| watch.is_synced).and_then(|watch| watch.timeline.as_ref());
    PresenceUser {
        user_id: card.user_id.as_str(),
        session_id: card.session_id.as_str(),
        name: &card.name,
        image: card.image.as_deref(),
        color: card.colour.to_string(),
        status: member.status,
        status_message: member.status_message.as_deref(),
        last_active_at: Iso(last_active_at),
        room_id: picture.room.as_str(),
        room_type: picture.kind.name(),
        cursor: cursor.map(|Cursor { x, y, timestamp }| Place { timestamp, x, y }),
        selection: member.selection.map(Marked::from),
        is_typing: member.typing.is_some(),
        player: Player::new(member.watching.as_ref(), followed, now),
        liveness: member.liveness,
    }
}

fn more_alive(one: Liveness, other: Liveness) -> Liveness {
    [Liveness::Connected, Liveness::Suspect]
        .into_iter()
        .find(|liveness| [one, other].contains(liveness))
        .unwrap_or(Liveness::Gone)
}
