//! What HTTP answers to calls.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::call::{Answer, Reply};
use crate::event::RoomPicture;
use crate::time::Millis;
use crate::wire::json::encoded::text;
use crate::wire::json::room_view::{PresenceRoom, PresenceUser};
use crate::wire::json::time::Iso;
use crate::wire::trpc::failure::Failure;
use crate::wire::trpc::procedure::Procedure;

/// So many calls were told with this status that it says nothing of a single one.
const MANY: u16 = 207;
const FINE: u16 = 200;

/// The answer to one call, or to all of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub status: u16,
    /// JSON.
    pub body: String,
}

#[derive(Serialize)]
struct Success<D> {
    result: Data<D>,
}

#[derive(Serialize)]
struct Data<D> {
    data: D,
}

#[derive(Serialize)]
struct Done {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Iso>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Joined<'a> {
    room: PresenceRoom<'a>,
    assigned_color: String,
    /// Koko's answer has none; who calls again without a header needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active<'a> {
    users: Vec<PresenceUser<'a>>,
    total_count: usize,
}

#[derive(Serialize)]
struct Failed<'a> {
    error: ErrorShape<'a>,
}

#[derive(Serialize)]
struct ErrorShape<'a> {
    message: &'a str,
    code: i32,
    data: ErrorData<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorData<'a> {
    code: &'static str,
    http_status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    presence: Presence<'a>,
}

/// The same as in every other error of ours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Presence<'a> {
    code: &'static str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<Millis>,
}

impl Outcome {
    pub fn success(procedure: &Procedure, answer: &Answer, now: Millis) -> Self {
        let session = answer.session.as_ref().map(|session| session.as_str());
        let body = match &answer.reply {
            Reply::Done => result(Done { success: true, timestamp: procedure.tells_time.then_some(Iso(now)) }),
            Reply::Joined(picture) => result(joined(picture, session, now)),
            Reply::Active(picture) => {
                let PresenceRoom { users, user_count: total_count, .. } = PresenceRoom::new(picture, now);
                result(Active { users, total_count })
            }
        };
        Self { status: FINE, body }
    }

    /// `path` is what was called, if a single procedure was.
    pub fn failure(failure: &Failure, path: Option<&str>) -> Self {
        let Failure { kind, code, message, retryable, field, retry_after } = failure;
        let presence = Presence { code, retryable: *retryable, field: field.as_deref(), retry_after_ms: *retry_after };
        let data = ErrorData { code: kind.name(), http_status: kind.status(), path, presence };
        let body = text(&Failed { error: ErrorShape { message, code: kind.number(), data } });
        Self { status: kind.status(), body }
    }

    /// All of a batch, in order.
    pub fn all(outcomes: &[Self]) -> Self {
        let mut statuses = outcomes.iter().map(|outcome| outcome.status);
        let first = statuses.next().unwrap_or(FINE);
        let status = if statuses.all(|status| status == first) { first } else { MANY };
        let bodies: Vec<_> = outcomes.iter().map(|outcome| outcome.body.as_str()).collect();
        Self { status, body: format!("[{}]", bodies.join(",")) }
    }
}

fn result(data: impl Serialize) -> String {
    text(&Success { result: Data { data } })
}

fn joined<'a>(picture: &'a RoomPicture, session_id: Option<&'a str>, now: Millis) -> Joined<'a> {
    Joined { room: PresenceRoom::new(picture, now), assigned_color: picture.own_colour.text(), session_id }
}
