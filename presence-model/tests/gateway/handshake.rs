//! Each row of the handshake's table: what comes first, what it is answered with, and how the socket closes.

use presence_model::refusal::{Code, Refusal};
use presence_model::wire::gateway::handshake::HandshakeFailure;
use presence_model::wire::gateway::protocol::{Protocol, Role};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{answer, open, params};

fn request(method: &str, params: &Value) -> String {
    json!({ "type": "req", "id": "1", "method": method, "params": params }).to_string()
}

fn ranged(min: u64, max: u64) -> Value {
    let mut params = params();
    params["minProtocol"] = json!(min);
    params["maxProtocol"] = json!(max);
    params
}

fn with(name: &str, value: Value) -> String {
    let mut params = params();
    params[name] = value;
    request("connect", &params)
}

fn failed(frame: &str) -> (Option<Value>, u16, String) {
    let (id, failure) = open(frame).unwrap_err();
    let (code, reason) = failure.close();
    // What has an answer has a request to answer.
    let answer = failure.error().map(|_| answer(&id.unwrap(), &failure).unwrap()["error"].clone());
    (answer, code, reason)
}

fn told(code: &str, message: &str) -> Option<Value> {
    Some(json!({ "code": code, "message": message }))
}

#[test]
fn a_first_frame_that_opens_nothing() {
    let invalid = |message: &str| told("INVALID_REQUEST", message);
    let first = "invalid handshake: first request must be connect";
    let bad_params = "invalid connect params: must have required property 'client'";
    let no_client = json!({ "minProtocol": 3, "maxProtocol": 3 });
    let v4_mismatch = |min: u64, max: u64| {
        Some(json!({
            "code": "INVALID_REQUEST",
            "message": "protocol mismatch",
            "details": {
                "code": "PROTOCOL_MISMATCH",
                "clientMinProtocol": min,
                "clientMaxProtocol": max,
                "expectedProtocol": 4,
                "minimumProbeProtocol": 3,
            },
        }))
    };
    let v3_mismatch = Some(json!({
        "code": "INVALID_REQUEST", "message": "protocol mismatch", "details": { "expectedProtocol": 3 },
    }));
    let rows = [
        ("hello".to_owned(), None, 1000, ""),
        (String::new(), None, 1000, ""),
        ("{".to_owned(), None, 1000, ""),
        ("null".to_owned(), None, 1008, "invalid request frame"),
        (json!({ "type": "connect", "params": params() }).to_string(), None, 1008, "invalid request frame"),
        (json!({ "type": "req", "id": 1, "method": "connect" }).to_string(), None, 1008, "invalid request frame"),
        (
            json!({ "type": "req", "id": "1", "method": "connect", "params": params(), "x": 1 }).to_string(),
            None,
            1008,
            "invalid request frame",
        ),
        ("[".repeat(1_000_000), None, 1008, "invalid request frame"),
        (request("system-presence", &json!({})), invalid(first), 1008, first),
        (request("connect", &no_client), invalid(bad_params), 1008, bad_params),
        (request("connect", &ranged(1, 2)), v3_mismatch.clone(), 1002, "protocol mismatch"),
        (request("connect", &ranged(5, 9)), v4_mismatch(5, 9), 1002, "protocol mismatch"),
        (request("connect", &ranged(4, 3)), v3_mismatch, 1002, "protocol mismatch"),
        (with("role", json!("Operator")), invalid("invalid role"), 1008, "invalid role"),
        (with("role", json!("agent")), invalid("invalid role"), 1008, "invalid role"),
    ];
    for (frame, answer, code, reason) in rows {
        let start: String = frame.chars().take(100).collect();
        assert_eq!(failed(&frame), (answer, code, reason.to_owned()), "{start}");
    }
}

#[test]
fn a_range_is_answered_with_the_highest_number_in_it() {
    for (min, max, chosen) in [
        (3, 3, Some(Protocol::V3)),
        (4, 4, Some(Protocol::V4)),
        (3, 4, Some(Protocol::V4)),
        (1, 3, Some(Protocol::V3)),
        (4, 99, Some(Protocol::V4)),
        (1, u64::MAX, Some(Protocol::V4)),
        (1, 2, None),
        (5, 5, None),
        (4, 3, None),
    ] {
        let opened = open(&request("connect", &ranged(min, max)));
        assert_eq!(opened.ok().map(|opened| opened.protocol), chosen, "{min} to {max}");
    }
}

#[test]
fn a_role_that_is_not_said_is_operator() {
    for (role, read) in [(None, Role::Operator), (Some("operator"), Role::Operator), (Some("node"), Role::Node)] {
        let frame = role.map_or_else(|| request("connect", &params()), |role| with("role", json!(role)));
        assert_eq!(open(&frame).unwrap().role, read);
    }
}

#[test]
fn who_is_not_let_in_is_told_why() {
    use HandshakeFailure as Failure;
    let rows = [
        (Failure::DeviceRequired, "NOT_PAIRED", "device identity required", "DEVICE_IDENTITY_REQUIRED"),
        (
            Failure::TokenMissing,
            "INVALID_REQUEST",
            "unauthorized: gateway token missing (send one in auth.token)",
            "AUTH_TOKEN_MISSING",
        ),
        (
            Failure::TokenMismatch("it is over".into()),
            "INVALID_REQUEST",
            "unauthorized: gateway token mismatch (it is over)",
            "AUTH_TOKEN_MISMATCH",
        ),
        (Failure::DeviceIdMismatch, "INVALID_REQUEST", "device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH"),
        (Failure::DeviceKeyInvalid, "INVALID_REQUEST", "device public key invalid", "DEVICE_AUTH_PUBLIC_KEY_INVALID"),
        (
            Failure::DeviceSignatureExpired,
            "INVALID_REQUEST",
            "device signature expired",
            "DEVICE_AUTH_SIGNATURE_EXPIRED",
        ),
        (Failure::DeviceNonceRequired, "INVALID_REQUEST", "device nonce required", "DEVICE_AUTH_NONCE_REQUIRED"),
        (Failure::DeviceNonceMismatch, "INVALID_REQUEST", "device nonce mismatch", "DEVICE_AUTH_NONCE_MISMATCH"),
        (
            Failure::DeviceSignatureInvalid,
            "INVALID_REQUEST",
            "device signature invalid",
            "DEVICE_AUTH_SIGNATURE_INVALID",
        ),
    ];
    for (failure, code, message, detail) in rows {
        let error = answer("7", &failure).unwrap()["error"].clone();
        assert_eq!((&error["code"], &error["details"]["code"]), (&json!(code), &json!(detail)));
        assert_eq!(error["message"], message);
        assert_eq!(failure.close(), (1008, message.to_owned()));
    }
}

#[test]
fn who_says_nothing_in_time_is_closed_without_a_word() {
    assert_eq!(HandshakeFailure::Timeout.error(), None);
    assert_eq!(HandshakeFailure::Timeout.close(), (1000, String::new()));
}

#[test]
fn a_hello_that_the_hub_refuses_tells_whether_to_come_back() {
    for (code, name, close) in [(Code::TooManySessions, "UNAVAILABLE", 1013), (Code::BadField, "INVALID_REQUEST", 1008)]
    {
        let failure = HandshakeFailure::Refused(Refusal::new(code, "connect: no"));
        assert_eq!(answer("1", &failure).unwrap()["error"]["code"], name);
        assert_eq!(failure.close(), (close, "connect: no".to_owned()));
    }
}

proptest! {
    #[test]
    fn no_first_frame_is_too_strange(frame in any::<String>()) {
        let _ = open(&frame);
    }

    #[test]
    fn a_close_says_no_more_than_fits(why in "[a-zß🦀]{0,200}") {
        let failure = HandshakeFailure::BadParams(why.clone());
        let (code, reason) = failure.close();
        let whole = format!("invalid connect params: {why}");
        prop_assert!(code == 1008 && reason.len() <= 120 && whole.starts_with(&reason));
        // Nothing is cut that would have fitted.
        prop_assert!(reason == whole || reason.len() > 116);
    }
}
