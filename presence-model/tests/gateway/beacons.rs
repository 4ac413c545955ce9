//! The params of `system-event`, read.

use presence_model::beacon::Beacon;
use presence_model::id::InstanceId;
use presence_model::instance::{ClientInfo, Reason};
use presence_model::time::Millis;
use presence_model::wire::gateway::beacon::read_beacon;
use presence_model::wire::gateway::frame::encode_error;
use presence_model::wire::gateway::protocol::Protocol;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::closed::taken;
use crate::samples::{instance, strings, words};

const LINE: &str = "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason periodic · again";

fn read(params: &Value) -> Beacon {
    read_beacon(Protocol::V3, Some(params)).unwrap()
}

fn refused(protocol: Protocol, params: Option<&Value>) -> String {
    let error = read_beacon(protocol, params).unwrap_err();
    let error = &taken(&encode_error("1", &error))["error"];
    assert_eq!(error["code"], "INVALID_REQUEST");
    error["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_beacon_without_a_text_is_refused_in_the_words_of_the_protocol() {
    for params in [
        None,
        Some(json!(null)),
        Some(json!([])),
        Some(json!({})),
        Some(json!({ "text": 7 })),
        Some(json!({ "text": null })),
        Some(json!({ "text": " \n\u{a0}" })),
    ] {
        assert_eq!(refused(Protocol::V3, params.as_ref()), "text required");
        let told = refused(Protocol::V4, params.as_ref());
        assert_eq!(told, "invalid system-event params: must have required property 'text'");
    }
}

/// Whom a beacon is about that names nobody but says this.
fn named(text: &str) -> InstanceId {
    read(&json!({ "text": format!("Node: {text} (1.1.1.1) · app 1 · last input 1s ago · mode ui · reason x") }))
        .otherwise
}

#[test]
fn a_line_that_can_be_taken_apart_fills_the_fields() {
    let beacon = Beacon {
        about: None,
        otherwise: named("desk"),
        info: ClientInfo {
            host: words("Desk"),
            version: words("1.5"),
            mode: words("ui"),
            text: words(LINE),
            ..ClientInfo::default()
        },
        ip: words("10.0.0.9"),
        reason: Some(Reason::Other("periodic · again".to_owned())),
        input_ago: Some(Millis::seconds(7)),
    };
    assert_eq!(read(&json!({ "text": format!("  {LINE}\n") })), beacon);
}

#[test]
fn a_param_counts_more_than_the_line() {
    let beacon = read(&json!({
        "text": LINE,
        "deviceId": " D1 ",
        "instanceId": "i-1",
        "host": "Other",
        "ip": "10.0.0.1",
        "mode": "node",
        "version": "9",
        "platform": "linux",
        "deviceFamily": "Linux",
        "modelIdentifier": "x64",
        "lastInputSeconds": 0,
        "reason": "launch",
        "roles": ["operator", " ", "node "],
        "scopes": ["operator.read"],
        "tags": ["desk"],
    }));
    let expected = Beacon {
        about: Some(instance("D1")),
        // A host that is a param names nobody.
        otherwise: named("desk"),
        info: ClientInfo {
            host: words("Other"),
            version: words("9"),
            platform: words("linux"),
            device_family: words("Linux"),
            model_identifier: words("x64"),
            mode: words("node"),
            device_id: words("D1"),
            text: words(LINE),
            tags: strings(&["desk"]),
            roles: strings(&["operator", "node"]),
            scopes: strings(&["operator.read"]),
            ..ClientInfo::default()
        },
        ip: words("10.0.0.1"),
        reason: Some(Reason::Other("launch".to_owned())),
        input_ago: Some(Millis::ZERO),
    };
    assert_eq!(beacon, expected);
}

#[test]
fn a_param_of_a_wrong_type_is_passed_over() {
    let plain = read(&json!({ "text": "hello" }));
    let names = [
        "deviceId",
        "instanceId",
        "host",
        "ip",
        "mode",
        "version",
        "platform",
        "deviceFamily",
        "modelIdentifier",
        "reason",
        "lastInputSeconds",
        "roles",
        "scopes",
        "tags",
        "future",
    ];
    for name in names {
        for value in [json!(null), json!(true), json!({}), json!(-3), json!(["a", 7]), json!(" ")] {
            // One blank text, or one number below zero, is of no type that is taken either.
            assert_eq!(read(&json!({ "text": "hello", name: value })), plain, "{name}: {value}");
        }
    }
    // What the line says is then taken.
    assert_eq!(read(&json!({ "text": LINE, "host": 7, "lastInputSeconds": "now" })), read(&json!({ "text": LINE })));
}

#[test]
fn an_id_that_cannot_be_one_names_nobody() {
    let long = "x".repeat(129);
    for id in [long.as_str(), "a\nb", "", "\u{a0}"] {
        assert_eq!(read(&json!({ "text": "t", "deviceId": id })).about, None);
        let beacon = read(&json!({ "text": "t", "deviceId": id, "instanceId": "i" }));
        assert_eq!((beacon.about, beacon.info.device_id), (Some(instance("i")), None));
    }
}

#[test]
fn a_beacon_that_names_nobody_is_known_by_its_text_which_it_does_not_tell() {
    let id = |text: &str| read(&json!({ "text": text, "host": "other" })).otherwise;
    assert_eq!(id("Hello World").as_str(), "reported-3d58dee72d4e0c27", "the same after a restart");
    // The first 64 characters count, also of longer ones, and their case.
    assert_eq!(id(&"ä".repeat(100)), id(&"ä".repeat(64)));
    assert_ne!(id(&"ä".repeat(63)), id(&"ä".repeat(64)));
    assert_ne!(id("Hello World"), id("hello world"));
    // Of a line that can be taken apart it is the host, whose case does not count.
    assert_eq!(id(LINE), id(&LINE.replace("Desk", "DESK").replace("7s", "9s")));
    for text in [LINE, "db7 at 10.1.2.3 is down", "\u{1}\u{2}"] {
        let id = id(text);
        assert!(id.as_str().len() == 25 && InstanceId::parse(id.as_str()).is_ok(), "{id}");
    }
}

#[test]
fn seconds_are_a_length_of_time() {
    let ago = |seconds: Value| read(&json!({ "text": "t", "lastInputSeconds": seconds })).input_ago;
    assert_eq!(ago(json!(12)), Some(Millis(12_000)));
    assert_eq!(ago(json!(0.25)), Some(Millis(250)));
    assert_eq!(ago(json!(1e300)), Some(Millis(u64::MAX)));
    assert_eq!(ago(json!(-0.5)), None);
}

#[test]
fn what_is_too_long_to_keep_is_named() {
    let long = json!("x".repeat(10_000));
    for name in ["text", "host", "ip", "mode", "version", "platform", "deviceFamily", "modelIdentifier", "reason"] {
        let mut params = json!({ "text": "t" });
        params[name] = long.clone();
        let told = format!("invalid system-event params: at /{name}: must have at most 256 bytes");
        for protocol in [Protocol::V3, Protocol::V4] {
            assert_eq!(refused(protocol, Some(&params)), told);
        }
    }
    for name in ["roles", "scopes", "tags"] {
        let told = refused(Protocol::V3, Some(&json!({ "text": "t", name: [long] })));
        assert_eq!(told, format!("invalid system-event params: at /{name}: must have at most 256 bytes"));
        let told = refused(Protocol::V3, Some(&json!({ "text": "t", name: vec!["x"; 33] })));
        assert_eq!(told, format!("invalid system-event params: at /{name}: must have at most 32 items"));
    }
}

proptest! {
    #[test]
    fn whatever_is_read_needs_no_further_check(
        text in any::<String>(), host in any::<String>(), id in any::<String>(), roles in any::<Vec<String>>(),
    ) {
        let params = json!({ "text": text, "host": host, "deviceId": id, "roles": roles });
        if let Ok(beacon) = read_beacon(Protocol::V4, Some(&params)) {
            prop_assert_eq!(beacon.info.clone().checked("system-event"), Ok(beacon.info));
            prop_assert!(!beacon.otherwise.as_str().is_empty());
        }
    }
}
