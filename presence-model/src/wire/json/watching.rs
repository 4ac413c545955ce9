//! Watching together, and what members say to each other past us.

use alloc::vec;
use alloc::vec::Vec;

use serde::Serialize;

use crate::event::WatchNews;
use crate::id::RoomId;
use crate::playback::Watch;
use crate::room::MemberCard;
use crate::time::Millis;
use crate::wire::json::encoded::Encoded;
use crate::wire::json::member_event::event;
use crate::wire::json::plain;
use crate::wire::json::room_view::TimelineState;

/// What plays now, and who did what to it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Synced<'a> {
    /// Absent when nothing is watched together any more.
    #[serde(flatten)]
    timeline: Option<TimelineState>,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_id: Option<u32>,
    sync_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    controller: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Requested<'a> {
    requester_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Granted<'a> {
    to_user_id: &'a str,
    controller_name: &'a str,
    /// Absent when it was passed on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_user_id: Option<&'a str>,
}

/// Who asks for control and who gives it hear of it too: it is their only answer.
pub(crate) fn watch(room: &RoomId, watch: &Watch, news: &WatchNews, now: Millis) -> Vec<Encoded> {
    match news {
        // None of the eleven events says it: who joins is told with the room.
        WatchNews::State => vec![],
        WatchNews::Synced { by, action } => {
            let data = Synced {
                timeline: watch.timeline.as_ref().map(|timeline| TimelineState::new(timeline, now)),
                action: action.name(),
                operation_id: watch.timeline.as_ref().map(|timeline| timeline.operation),
                sync_enabled: watch.is_synced,
                controller: watch.controller.as_ref().map(|person| person.user_id.as_str()),
            };
            vec![event(room, by, now, "playback_synced", data).not_for(&by.session_id)]
        }
        WatchNews::Requested { by } => {
            vec![event(room, by, now, "control_requested", Requested { requester_name: &by.name })]
        }
        WatchNews::Granted { by, to } => {
            let data = Granted {
                to_user_id: to.user_id.as_str(),
                controller_name: &to.name,
                from_user_id: by.as_ref().map(|by| by.user_id.as_str()),
            };
            vec![event(room, by.as_ref().unwrap_or(to), now, "control_granted", data)]
        }
    }
}

/// As it was given. What is no JSON no door lets in.
pub(crate) fn broadcast(room: &RoomId, by: &MemberCard, payload: &str, now: Millis) -> Option<Encoded> {
    let data = plain::parse(payload).ok()?;
    Some(event(room, by, now, "broadcast", data).not_for(&by.session_id))
}
