//! What a device signs, and when it must have signed it.

use presence_model::time::Millis;
use presence_model::wire::gateway::connect::{Connect, Device};
use presence_model::wire::gateway::device::{MAX_SKEW, decode_base64url};
use presence_model::wire::gateway::handshake::HandshakeFailure;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{NOW, connect, params, value};

fn with_device(change: impl Fn(&mut Value)) -> Connect {
    let mut params = params();
    params["device"] = json!({ "id": "D1", "publicKey": "AAA", "signature": "AAA", "signedAt": NOW.0, "nonce": "n-1" });
    change(&mut params);
    connect(&params)
}

fn device(change: impl Fn(&mut Value)) -> Device {
    with_device(|params| change(&mut params["device"])).device.unwrap()
}

#[test]
fn the_recorded_client_signed_one_of_these() {
    let recorded = value(&crate::samples::fixture("connect.json"));
    let scopes = "operator.admin,operator.approvals,operator.pairing";
    assert_eq!(
        connect(&recorded["params"]).signed_texts(),
        [
            format!("v3|2484…|cli|cli|operator|{scopes}|1795174352907||n-1|linux|"),
            format!("v2|2484…|cli|cli|operator|{scopes}|1795174352907||n-1"),
        ]
    );
}

#[test]
fn what_is_signed_follows_what_is_sent() {
    let at = NOW.0;
    let texts = |change: fn(&mut Value)| with_device(change).signed_texts();
    let start = "D1|webchat-ui|webchat|operator|";
    assert_eq!(texts(|_| ())[1], format!("v2|{start}|{at}||n-1"));
    assert_eq!(texts(|params| params["auth"] = json!({ "token": "t" }))[1], format!("v2|{start}|{at}|t|n-1"));
    let both = |params: &mut Value| params["auth"] = json!({ "deviceToken": "d", "token": "t" });
    assert_eq!(texts(both)[1], format!("v2|{start}|{at}|t|n-1"));
    let other = |params: &mut Value| params["auth"] = json!({ "deviceToken": "d", "bootstrapToken": "b" });
    assert_eq!(texts(other)[1], format!("v2|{start}|{at}|d|n-1"));
    // As it was sent: unsorted, and not what is granted in its place.
    let node = |params: &mut Value| {
        params["role"] = json!("node");
        params["scopes"] = json!(["b", "a", "b"]);
    };
    assert_eq!(texts(node)[1], format!("v2|D1|webchat-ui|webchat|node|b,a,b|{at}||n-1"));
    let described = |params: &mut Value| {
        params["client"]["platform"] = json!(" MacOS ÄÖ ");
        params["client"]["deviceFamily"] = json!(" Mac ");
    };
    assert_eq!(texts(described)[0], format!("v3|{start}|{at}||n-1|macos ÄÖ|mac"));
    let unasked = |params: &mut Value| params["device"]["nonce"] = json!("");
    assert_eq!(texts(unasked), [format!("v1|{start}|{at}|")]);
    assert!(connect(&params()).signed_texts().is_empty());
}

#[test]
fn a_signature_is_of_this_moment() {
    let signed = |at: Millis| device(|device| device["signedAt"] = json!(at.0)).check(NOW, "n-1", false);
    let expired = Err(HandshakeFailure::DeviceSignatureExpired);
    for (at, judged) in [
        (NOW, Ok(())),
        (NOW - MAX_SKEW, Ok(())),
        (NOW + MAX_SKEW, Ok(())),
        (NOW - MAX_SKEW - Millis(1), expired.clone()),
        (NOW + MAX_SKEW + Millis(1), expired.clone()),
        (Millis(0), expired.clone()),
        (Millis(u64::MAX), expired),
    ] {
        assert_eq!(signed(at), judged, "{at}");
    }
}

#[test]
fn a_signature_is_of_this_socket() {
    let nonce = |nonce: Value, is_local| device(|device| device["nonce"] = nonce.clone()).check(NOW, "n-1", is_local);
    for is_local in [true, false] {
        assert_eq!(nonce(json!("n-1"), is_local), Ok(()));
        assert_eq!(nonce(json!("n-2"), is_local), Err(HandshakeFailure::DeviceNonceMismatch));
        assert_eq!(nonce(json!("N-1"), is_local), Err(HandshakeFailure::DeviceNonceMismatch));
    }
    assert_eq!(nonce(json!(""), true), Ok(()));
    assert_eq!(nonce(json!(""), false), Err(HandshakeFailure::DeviceNonceRequired));
}

#[test]
fn keys_and_signatures_have_their_length() {
    let key = |text: &str| device(|device| device["publicKey"] = json!(text)).key();
    let signature = |text: &str| device(|device| device["signature"] = json!(text)).signature();
    assert_eq!(key(&"A".repeat(43)), Ok([0; 32]));
    assert_eq!(key(&format!("{}8", "_".repeat(42))), Ok([0xff; 32]));
    assert_eq!(signature(&"A".repeat(86)), Ok([0; 64]));
    for text in ["A".repeat(42), "A".repeat(44), "ä".repeat(20), "!".repeat(43)] {
        assert_eq!(key(&text), Err(HandshakeFailure::DeviceKeyInvalid), "{text}");
    }
    for text in ["A".repeat(43), "A".repeat(87), ".".repeat(86)] {
        assert_eq!(signature(&text), Err(HandshakeFailure::DeviceSignatureInvalid), "{text}");
    }
}

#[test]
fn base64_of_both_alphabets() {
    for (text, bytes) in [
        ("", &b""[..]),
        ("Zg", b"f"),
        ("Zg==", b"f"),
        ("Zm8", b"fo"),
        ("Zm9v", b"foo"),
        ("Zm9vYmFy", b"foobar"),
        ("-_8", &[0xfb, 0xff]),
        ("+/8=", &[0xfb, 0xff]),
    ] {
        assert_eq!(decode_base64url(text).as_deref(), Some(bytes), "{text}");
    }
    for text in ["A", "AAAAA", "Zg=g", "Z g", "Zm9v\n", "ä"] {
        assert_eq!(decode_base64url(text), None, "{text}");
    }
}

/// The slow and plain way: all bits of all letters, cut into bytes.
fn encoded(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letter = |bits: &[u8]| {
        let bits = format!("{:0<6}", std::str::from_utf8(bits).unwrap());
        char::from(LETTERS[usize::from_str_radix(&bits, 2).unwrap()])
    };
    bits.as_bytes().chunks(6).map(letter).collect()
}

proptest! {
    #[test]
    fn bytes_come_back(bytes in any::<Vec<u8>>()) {
        prop_assert_eq!(decode_base64url(&encoded(&bytes)), Some(bytes));
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        let _ = decode_base64url(&text);
    }
}
