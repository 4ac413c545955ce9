//! What tRPC calls an error: one of its names, with its number and HTTP's status, and beside it our own code.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::refusal::{Code, Refusal};
use crate::time::Millis;

/// One row a kind: its name, its number in JSON-RPC, HTTP's status.
macro_rules! kinds {
    ($( $variant:ident = $name:literal, $number:literal, $status:literal; )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $( $variant, )* }

        impl Kind {
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// Clients that get no number here believe that they talk to something else.
            pub const fn number(self) -> i32 {
                match self { $( Self::$variant => $number, )* }
            }

            pub const fn status(self) -> u16 {
                match self { $( Self::$variant => $status, )* }
            }
        }
    };
}

kinds! {
    BadRequest = "BAD_REQUEST", -32_600, 400;
    Unauthorized = "UNAUTHORIZED", -32_001, 401;
    Forbidden = "FORBIDDEN", -32_003, 403;
    NotFound = "NOT_FOUND", -32_004, 404;
    MethodNotSupported = "METHOD_NOT_SUPPORTED", -32_005, 405;
    Timeout = "TIMEOUT", -32_008, 408;
    Conflict = "CONFLICT", -32_009, 409;
    PreconditionFailed = "PRECONDITION_FAILED", -32_012, 412;
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", -32_013, 413;
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", -32_015, 415;
    TooManyRequests = "TOO_MANY_REQUESTS", -32_029, 429;
    ServiceUnavailable = "SERVICE_UNAVAILABLE", -32_603, 503;
}

impl From<Code> for Kind {
    fn from(code: Code) -> Self {
        match code {
            Code::Unauthenticated | Code::BadToken | Code::TokenExpired => Self::Unauthorized,
            Code::Forbidden | Code::NotAMember | Code::Invisible | Code::NotInControl => Self::Forbidden,
            Code::RoomFull | Code::TooManyRooms | Code::RoomTypeConflict | Code::TooManySessions => Self::Conflict,
            Code::NoSession | Code::PresenceOff => Self::PreconditionFailed,
            Code::RateLimited => Self::TooManyRequests,
            Code::TooLarge => Self::PayloadTooLarge,
            Code::ShuttingDown | Code::GrantsUnavailable => Self::ServiceUnavailable,
            // Version 11 has no other name for what is no JSON.
            _ => Self::BadRequest,
        }
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    /// One of the hub's codes, or one of HTTP's own.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retryable: bool,
    pub(crate) field: Option<String>,
    pub retry_after: Option<Millis>,
}

/// How much of a path that is none is told back.
const SHOWN_OF_A_PATH: usize = 80;

impl Failure {
    fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), retryable: false, field: None, retry_after: None }
    }

    pub fn no_procedure(path: &str) -> Self {
        let shown: String = path.chars().take(SHOWN_OF_A_PATH).collect();
        Self::new(Kind::NotFound, "not_found", format!("No procedure found on path \"{shown}\""))
    }

    pub fn wrong_method(path: &str, allowed: &str) -> Self {
        let text = format!("`{path}` is called by {allowed}");
        Self::new(Kind::MethodNotSupported, "method_not_allowed", text)
    }

    pub fn no_token() -> Self {
        Self::new(Kind::Unauthorized, Code::Unauthenticated.name(), "Authentication required")
    }

    pub fn not_json_content() -> Self {
        let text = "the body must be JSON, and say so: `content-type: application/json`";
        Self::new(Kind::UnsupportedMediaType, "unsupported_media_type", text)
    }

    pub fn forbidden(code: &'static str, message: &str) -> Self {
        Self::new(Kind::Forbidden, code, message.to_owned())
    }

    /// The rest of the request, or the answer to it, did not come in time.
    pub fn late(message: &str) -> Self {
        Self { retryable: true, ..Self::new(Kind::Timeout, "timeout", message.to_owned()) }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            kind: refusal.code.into(),
            code: refusal.code.name(),
            retryable: refusal.code.retryable(),
            message: refusal.message,
            field: refusal.field,
            retry_after: refusal.retry_after,
        }
    }
}
