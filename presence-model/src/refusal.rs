//! What can be refused, and how it is told: a stable code, a sentence, the field at fault.
//! `CONTRACT.md` 6 gives the shape on the JSON doors.

use alloc::format;
use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// One row a code: its stable name on the wire, and whether the same request may succeed later.
macro_rules! codes {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, retryable: $retryable:literal; )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code { $( $(#[$doc])* $variant, )* }

        impl Code {
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            /// The name on the wire. It never changes its meaning.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// Whether asking again later can help.
            pub const fn retryable(self) -> bool {
                match self { $( Self::$variant => $retryable, )* }
            }
        }
    };
}

codes! {
    /// The text frame is not JSON.
    BadJson = "bad_json", retryable: false;
    /// The binary frame cannot be decoded.
    BadFrame = "bad_frame", retryable: false;
    /// No message of that name is known at this door.
    UnknownMessage = "unknown_message", retryable: false;
    /// A field that the message needs is absent.
    MissingField = "missing_field", retryable: false;
    /// A field holds something it cannot hold.
    BadField = "bad_field", retryable: false;
    /// A number lies outside of what the field can mean.
    OutOfRange = "out_of_range", retryable: false;
    /// A text is longer than is kept.
    TooLong = "too_long", retryable: false;
    /// There are no rooms of that type.
    UnknownRoomType = "unknown_room_type", retryable: false;
    /// The message is larger than the door takes.
    TooLarge = "too_large", retryable: false;
    /// The SDK speaks a version of the binary form that this server does not.
    UnsupportedProtocol = "unsupported_protocol", retryable: false;
    /// The socket has not said who it is.
    Unauthenticated = "unauthenticated", retryable: false;
    /// The token is not one that this server takes.
    BadToken = "bad_token", retryable: false;
    /// The token ended and was not renewed.
    TokenExpired = "token_expired", retryable: true;
    /// The token does not allow it.
    Forbidden = "forbidden", retryable: false;
    /// The app's backend did not say whether it opens the room; `retryAfterMs` says when to ask again.
    GrantsUnavailable = "grants_unavailable", retryable: true;
    /// More was asked in a time than is answered; `retryAfterMs` says when to ask again.
    RateLimited = "rate_limited", retryable: true;
    /// The session is not in that room.
    NotAMember = "not_a_member", retryable: false;
    /// Nobody who is invisible can do that: it would show.
    Invisible = "invisible", retryable: false;
    /// The session takes no part: it switched its presence off.
    PresenceOff = "presence_off", retryable: true;
    /// Only who has control can give it.
    NotInControl = "not_in_control", retryable: false;
    /// No session of the user is meant, or several could be.
    NoSession = "no_session", retryable: false;
    /// The room is open in this session under another type.
    RoomTypeConflict = "room_type_conflict", retryable: false;
    /// The room holds as many users as it may.
    RoomFull = "room_full", retryable: true;
    /// The user is in as many rooms as one may be.
    TooManyRooms = "too_many_rooms", retryable: true;
    /// The user has as many sessions as one may have.
    TooManySessions = "too_many_sessions", retryable: true;
    /// The user, or the address, has as many dashboards open as one may have.
    TooManyDashboards = "too_many_dashboards", retryable: true;
    /// As many conversations have members as may, or all of them together have as many members.
    TooManyConversations = "too_many_conversations", retryable: false;
    /// No agent of that name ever reported.
    UnknownAgent = "unknown_agent", retryable: false;
    /// The server is going down and takes nothing new.
    ShuttingDown = "shutting_down", retryable: true;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A request turned down. Nothing was stored, nobody else noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub code: Code,
    /// A lower-case sentence without full stop that names the message at fault.
    pub message: String,
    /// The path of the field at fault, as `data.x`.
    pub field: Option<String>,
    /// When to ask again, where that is known.
    pub retry_after: Option<Millis>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, retry_after: None }
    }

    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// It may be asked again after a time.
    pub fn after(mut self, wait: Millis) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// A field that holds what it cannot hold; `must` completes "must …".
    pub fn bad_field(message: &str, field: &str, must: &str) -> Self {
        Self::new(Code::BadField, format!("{message}: `{field}` must {must}")).at(field)
    }

    /// A number that lies outside of what its field can mean; `must` completes "must …".
    pub fn out_of_range(message: &str, field: &str, must: &str) -> Self {
        Self { code: Code::OutOfRange, ..Self::bad_field(message, field, must) }
    }

    /// A text of more than `most` characters.
    pub fn too_long(message: &str, field: &str, most: usize) -> Self {
        let must = format!("have at most {most} characters");
        Self { code: Code::TooLong, ..Self::bad_field(message, field, &must) }
    }

    pub fn missing_field(message: &str, field: &str) -> Self {
        Self::new(Code::MissingField, format!("{message}: `{field}` is missing")).at(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn codes_are_distinct_and_spelled_alike() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }
}
