//! What a door says to one socket by itself: who you are here, what was refused, that it is there.

use alloc::string::String;

use serde::Serialize;
#[cfg(feature = "ts")]
use std::prelude::rust_2024::*; // what the derive of ts-rs takes for granted

use crate::event::Welcome;
use crate::id::{RoomId, SessionId, UserId};
use crate::refusal::Refusal;
use crate::time::Millis;
use crate::wire::json::encoded::text;
use crate::wire::json::inbound::NOT_JSON;
use crate::wire::json::time::Iso;

/// `{ type, data, timestamp }`.
#[derive(Serialize)]
struct Answer<D> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<D>,
    timestamp: Iso,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authenticated<'a> {
    success: bool,
    user_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
}

/// Kleoz' greeting: its web client reads one name, its page tells of the other.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connected<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    ws_session_id: &'a str,
    session_id: &'a str,
}

#[derive(Serialize)]
struct NotAuthenticated<'a> {
    success: bool,
    error: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Expiring {
    expires_in: u64,
}

/// Kleoz and Koko read `error`, Code Cloud reads `data`.
#[derive(Serialize)]
struct ErrorMessage<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where a room's member was refused: one socket may be in several.
    #[serde(rename = "roomId", skip_serializing_if = "Option::is_none")]
    room_id: Option<&'a str>,
    error: ErrorBody<'a>,
    data: ErrorData<'a>,
    timestamp: Iso,
}

#[derive(Serialize)]
struct ErrorData<'a> {
    error: &'a str,
}

/// A refusal as all JSON carries it, over sockets and over HTTP, and as the SDK's pages get it.
#[derive(Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "RefusalView", optional_fields))]
pub struct ErrorBody<'a> {
    /// Stable, listed in `PROTOCOL.md`.
    code: &'static str,
    message: &'a str,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// Path of the field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// When the same request may be made again, in milliseconds from now.
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "Millis"))]
    retry_after: Option<Millis>,
}

impl<'a> From<&'a Refusal> for ErrorBody<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self {
            code: refusal.code.name(),
            message: &refusal.message,
            retryable: refusal.code.retryable(),
            field: refusal.field.as_deref(),
            retry_after: refusal.retry_after,
        }
    }
}

/// `about` is the name of the refused message.
pub fn encode_refused(about: &str, refusal: &Refusal, now: Millis) -> String {
    encode_refused_in(None, about, refusal, now)
}

/// The same for what was asked of a room.
pub fn encode_refused_in(room: Option<&RoomId>, about: &str, refusal: &Refusal, now: Millis) -> String {
    // Code Cloud's clients compare this sentence.
    let sentence = if about == NOT_JSON { "Invalid message format" } else { &refusal.message };
    text(&ErrorMessage {
        kind: "error",
        room_id: room.map(RoomId::as_str),
        error: refusal.into(),
        data: ErrorData { error: sentence },
        timestamp: Iso(now),
    })
}

pub fn encode_welcome(welcome: &Welcome, now: Millis) -> String {
    let data = Authenticated {
        success: true,
        user_id: welcome.user_id.as_str(),
        session_id: Some(welcome.session_id.as_str()),
    };
    text(&Answer { kind: "auth", data: Some(data), timestamp: Iso(now) })
}

/// The same to who has no session: a dashboard.
pub fn encode_signed_in(user: &UserId, now: Millis) -> String {
    let data = Authenticated { success: true, user_id: user.as_str(), session_id: None };
    text(&Answer { kind: "auth", data: Some(data), timestamp: Iso(now) })
}

/// The first word at Kleoz' door.
pub fn encode_connected(session: &SessionId) -> String {
    text(&Connected { kind: "connected", ws_session_id: session.as_str(), session_id: session.as_str() })
}

/// The token was not taken, or there is none; `reason` is for people.
pub fn encode_auth_failed(reason: &str, now: Millis) -> String {
    let data = NotAuthenticated { success: false, error: reason };
    text(&Answer { kind: "auth", data: Some(data), timestamp: Iso(now) })
}

/// The token ends soon. Whole seconds, rounded up: what is told must not be over before it is told.
pub fn encode_auth_expiring(expires_in: Millis, now: Millis) -> String {
    let data = Expiring { expires_in: expires_in.0.div_ceil(1_000) };
    text(&Answer { kind: "auth_expiring", data: Some(data), timestamp: Iso(now) })
}

/// To a `ping` and to a `heartbeat` alike.
pub fn encode_pong(now: Millis) -> String {
    bare("pong", now)
}

/// Code Cloud's clients are asked in JSON too.
pub fn encode_ping(now: Millis) -> String {
    bare("ping", now)
}

fn bare(kind: &'static str, now: Millis) -> String {
    text(&Answer::<()> { kind, data: None, timestamp: Iso(now) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;
    use serde_json::{Value, json};

    const NOW: Millis = Millis(1_766_754_000_000);

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_error_holds_what_the_readers_of_both_originals_look_for() {
        let refusal = Refusal::bad_field("cursor", "data.x", "be a number");
        assert_eq!(
            read(&encode_refused("cursor", &refusal, NOW)),
            json!({
                "type": "error",
                "error": {
                    "code": "bad_field",
                    "message": "cursor: `data.x` must be a number",
                    "retryable": false,
                    "field": "data.x",
                },
                "data": { "error": "cursor: `data.x` must be a number" },
                "timestamp": "2025-12-26T13:00:00.000Z",
            })
        );
    }

    #[test]
    fn the_end_of_a_token_is_announced_in_seconds() {
        for (left, told) in [(60_000, 60), (59_001, 60), (1, 1)] {
            let message = read(&encode_auth_expiring(Millis(left), NOW));
            assert_eq!((&message["type"], &message["data"]), (&json!("auth_expiring"), &json!({ "expiresIn": told })));
        }
    }

    #[test]
    fn an_absent_field_is_left_out() {
        let refusal = Refusal::new(Code::RoomFull, "join: the room is full");
        let error = read(&encode_refused("join", &refusal, NOW));
        assert_eq!(
            error["error"],
            json!({ "code": "room_full", "message": "join: the room is full", "retryable": true })
        );
    }
}
