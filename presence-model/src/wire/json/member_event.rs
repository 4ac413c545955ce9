//! The form of everything that members of a room hear of each other.

use serde::Serialize;

use crate::id::RoomId;
use crate::room::MemberCard;
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

pub(crate) fn event(
    room: &RoomId,
    card: &MemberCard,
    now: Millis,
    kind: &'static str,
    data: impl Serialize,
) -> Encoded {
    Encoded::new(&MemberEvent {
        kind,
        room_id: room.as_str(),
        user_id: card.user_id.as_str(),
        session_id: card.session_id.as_str(),
        data,
        timestamp: Iso(now),
    })
}
