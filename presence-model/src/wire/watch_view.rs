//! What the pages of the SDK are told of watching together, as JSON. See [`crate::wire::view`].

use alloc::vec::Vec;

use serde::Serialize;
use serde_json::Value;
#[cfg(feature = "ts")]
use std::prelude::rust_2024::*; // what the derive of ts-rs takes for granted

use crate::id::RoomId;
use crate::playback::{Person, Playback, Timeline, Watch, Watching};
use crate::room::{MemberCard, Selection};
use crate::time::Millis;
use crate::wire::json::plain;

/// A part of the medium, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SelectionView {
    start_time: f64,
    end_time: f64,
}

/// What a member's player did when it was said last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct WatchingView {
    is_playing: bool,
    /// Seconds into the medium.
    current_time: f64,
    playback_rate: f64,
    /// When it was so, by the server's clock.
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
    /// How it differs from what the room plays; absent while it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "DesyncReason"))]
    desync: Option<&'static str>,
}

/// What a room plays from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TimelineView {
    is_playing: bool,
    /// Seconds into the medium.
    current_time: f64,
    playback_rate: f64,
    /// When it was so, by the server's clock.
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    at: Millis,
    /// Counts what was done in the room.
    operation: u32,
}

/// A user, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PersonView<'a> {
    user_id: &'a str,
    name: &'a str,
}

/// What a room watches together, whole.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "WatchUpdate", optional_fields))]
pub struct WatchView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"watch\""))]
    kind: &'static str,
    room_id: &'a str,
    /// Whether all follow the timeline.
    sync_enabled: bool,
    /// Who drives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    controller: Option<PersonView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<TimelineView>,
    /// Who asked for control and was not answered yet.
    requests: Vec<PersonView<'a>>,
}

/// What one member said to all others, for the app to understand.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "BroadcastUpdate"))]
pub struct BroadcastView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "\"broadcast\""))]
    kind: &'static str,
    room_id: &'a str,
    user_id: &'a str,
    session_id: &'a str,
    /// As it was given.
    #[cfg_attr(feature = "ts", ts(type = "unknown"))]
    data: Value,
}

impl From<Selection> for SelectionView {
    fn from(Selection { start, end }: Selection) -> Self {
        Self { start_time: start, end_time: end }
    }
}

impl From<Watching> for WatchingView {
    fn from(Watching { playback, at, desync }: Watching) -> Self {
        let Playback { is_playing, current_time, rate } = playback;
        Self { is_playing, current_time, playback_rate: rate, at, desync: desync.map(|desync| desync.name()) }
    }
}

impl From<Timeline> for TimelineView {
    fn from(Timeline { playback, at, operation }: Timeline) -> Self {
        let Playback { is_playing, current_time, rate } = playback;
        Self { is_playing, current_time, playback_rate: rate, at, operation }
    }
}

impl<'a> From<&'a Person> for PersonView<'a> {
    fn from(Person { user_id, name }: &'a Person) -> Self {
        Self { user_id: user_id.as_str(), name }
    }
}

impl<'a> WatchView<'a> {
    pub fn new(room: &'a RoomId, watch: &'a Watch) -> Self {
        Self {
            kind: "watch",
            room_id: room.as_str(),
            sync_enabled: watch.is_synced,
            controller: watch.controller.as_ref().map(PersonView::from),
            timeline: watch.timeline.map(TimelineView::from),
            requests: watch.requests.iter().map(PersonView::from).collect(),
        }
    }
}

impl<'a> BroadcastView<'a> {
    /// `None` where the payload is no JSON, which no door lets in.
    pub fn new(room: &'a RoomId, by: &'a MemberCard, payload: &'a str) -> Option<Self> {
        Some(Self {
            kind: "broadcast",
            room_id: room.as_str(),
            user_id: by.user_id.as_str(),
            session_id: by.session_id.as_str(),
            data: plain::parse(payload).ok()?,
        })
    }
}
