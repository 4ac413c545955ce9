//! How a socket that has not connected begins, and each way in which it may end.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use serde::Serialize;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::time::Millis;
use crate::wire::gateway::error::{ErrorCode, GatewayError};
use crate::wire::gateway::frame::{BadFrame, EventBody};
use crate::wire::gateway::protocol::{CHALLENGE, Protocol};
use crate::wire::gateway::text::beginning;

#[derive(Serialize)]
struct Challenge<'a> {
    nonce: &'a str,
    ts: Millis,
}

/// The first frame of every socket. Clients of protocol 4 wait for it.
pub fn encode_challenge(nonce: &str, now: Millis) -> String {
    EventBody::new(CHALLENGE, &Challenge { nonce, ts: now }, None).without_seq()
}

/// Why a socket is closed before it connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeFailure {
    NotJson,
    NotARequest,
    /// A sound request, but not `connect`.
    OtherMethod,
    /// What is wrong with the params of `connect`.
    BadParams(String),
    ProtocolMismatch {
        min: u64,
        max: u64,
    },
    InvalidRole,
    /// Neither a device nor a token, where one is asked for.
    DeviceRequired,
    TokenMissing,
    /// Why the token is not taken.
    TokenMismatch(String),
    DeviceIdMismatch,
    DeviceKeyInvalid,
    DeviceSignatureExpired,
    DeviceNonceRequired,
    DeviceNonceMismatch,
    DeviceSignatureInvalid,
    /// The hub did not take the hello.
    Refused(Refusal),
    /// No `connect` came in time.
    Timeout,
}

/// A close frame takes no more than 123 bytes of text; upstream stays below.
const MAX_REASON_BYTES: usize = 120;

const CLOSE_NORMAL: u16 = 1000;
const CLOSE_PROTOCOL: u16 = 1002;
const CLOSE_POLICY: u16 = 1008;
const CLOSE_TRY_AGAIN: u16 = 1013;

impl From<&BadFrame> for HandshakeFailure {
    fn from(bad: &BadFrame) -> Self {
        match bad {
            BadFrame::NotJson => Self::NotJson,
            BadFrame::NotARequest { .. } => Self::NotARequest,
        }
    }
}

impl HandshakeFailure {
    /// What the request is answered with; `None` where there is none to answer.
    pub fn error(&self) -> Option<GatewayError> {
        let invalid = |text: &str| Some(GatewayError::invalid(text));
        let with = |text: &str, details: Value| Some(GatewayError::invalid(text).with(details));
        // Clients of protocol 4 tell people what to do by the code among the details.
        let device = |text: &str, code: &str, reason: &str| with(text, json!({ "code": code, "reason": reason }));
        match self {
            Self::NotJson | Self::NotARequest | Self::Timeout => None,
            Self::OtherMethod => invalid("invalid handshake: first request must be connect"),
            Self::BadParams(why) => invalid(&format!("invalid connect params: {why}")),
            Self::ProtocolMismatch { min, max } => with("protocol mismatch", mismatch(*min, *max)),
            Self::InvalidRole => invalid("invalid role"),
            Self::DeviceRequired => {
                let error = GatewayError::new(ErrorCode::NotPaired, "device identity required");
                Some(error.with(json!({ "code": "DEVICE_IDENTITY_REQUIRED" })))
            }
            Self::TokenMissing => with(
                "unauthorized: gateway token missing (send one in auth.token)",
                json!({ "code": "AUTH_TOKEN_MISSING" }),
            ),
            Self::TokenMismatch(why) => {
                with(&format!("unauthorized: gateway token mismatch ({why})"), json!({ "code": "AUTH_TOKEN_MISMATCH" }))
            }
            Self::DeviceIdMismatch => {
                device("device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH", "device-id-mismatch")
            }
            Self::DeviceKeyInvalid => {
                device("device public key invalid", "DEVICE_AUTH_PUBLIC_KEY_INVALID", "device-public-key")
            }
            Self::DeviceSignatureExpired => {
                device("device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED", "device-signature-stale")
            }
            Self::DeviceNonceRequired => {
                device("device nonce required", "DEVICE_AUTH_NONCE_REQUIRED", "device-nonce-missing")
            }
            Self::DeviceNonceMismatch => {
                device("device nonce mismatch", "DEVICE_AUTH_NONCE_MISMATCH", "device-nonce-mismatch")
            }
            Self::DeviceSignatureInvalid => {
                device("device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID", "device-signature")
            }
            Self::Refused(refusal) => Some(refusal.into()),
        }
    }

    /// With which code and words the socket is closed, after the error.
    pub fn close(&self) -> (u16, String) {
        let reason = match self {
            Self::NotJson | Self::Timeout => return (CLOSE_NORMAL, String::new()),
            Self::NotARequest => "invalid request frame".to_owned(),
            other => other.error().map(|error| error.message).unwrap_or_default(),
        };
        let code = match self {
            Self::ProtocolMismatch { .. } => CLOSE_PROTOCOL,
            Self::Refused(refusal) if refusal.code.retryable() => CLOSE_TRY_AGAIN,
            _ => CLOSE_POLICY,
        };
        (code, beginning(&reason, MAX_REASON_BYTES).to_owned())
    }
}

/// In the words of the client's own protocol, as far as it has one.
fn mismatch(min: u64, max: u64) -> Value {
    if max < Protocol::V4.number() {
        return json!({ "expectedProtocol": Protocol::V3.number() });
    }
    json!({
        "code": "PROTOCOL_MISMATCH",
        "clientMinProtocol": min,
        "clientMaxProtocol": max,
        "expectedProtocol": Protocol::V4.number(),
        "minimumProbeProtocol": Protocol::V3.number(),
    })
}
