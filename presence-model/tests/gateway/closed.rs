//! The schemas of protocol 3, which are closed: its clients drop a frame with anything else in it.

use serde_json::{Map, Value};

const ENTRY: [&str; 16] = [
    "host",
    "ip",
    "version",
    "platform",
    "deviceFamily",
    "modelIdentifier",
    "mode",
    "lastInputSeconds",
    "reason",
    "tags",
    "text",
    "ts",
    "deviceId",
    "roles",
    "scopes",
    "instanceId",
];

const CODES: [&str; 6] = ["INVALID_REQUEST", "NOT_PAIRED", "NOT_LINKED", "AGENT_TIMEOUT", "UNAVAILABLE", "FORBIDDEN"];

/// Reads a frame that a client would take, and fails on any other.
pub(crate) fn taken(frame: &str) -> Value {
    let value: Value = serde_json::from_str(frame).unwrap();
    no_nulls(&value);
    let fields = object(&value);
    match value["type"].as_str().unwrap() {
        "res" => response(fields),
        "event" => event(fields),
        other => panic!("no frame of a server: {other}"),
    }
    value
}

fn response(fields: &Map<String, Value>) {
    keys(fields, &["type", "id", "ok"], &["payload", "error"]);
    filled(&fields["id"]);
    match fields["ok"].as_bool().unwrap() {
        true => {
            keys(fields, &["type", "id", "ok", "payload"], &[]);
            let payload = &fields["payload"];
            if let Value::Array(entries) = payload {
                entries.iter().for_each(entry);
            } else if payload["type"] == "hello-ok" {
                hello(object(payload));
            } else {
                keys(object(payload), &["ok"], &[]);
            }
        }
        false => {
            keys(fields, &["type", "id", "ok", "error"], &[]);
            let error = object(&fields["error"]);
            keys(error, &["code", "message"], &["details", "retryable", "retryAfterMs"]);
            assert!(CODES.contains(&filled(&error["code"])), "{error:?}");
            filled(&error["message"]);
        }
    }
}

fn event(fields: &Map<String, Value>) {
    keys(fields, &["type", "event", "payload"], &["seq", "stateVersion"]);
    if let Some(seq) = fields.get("seq") {
        number(seq);
    }
    if let Some(version) = fields.get("stateVersion") {
        state_version(version);
    }
    let payload = object(&fields["payload"]);
    match filled(&fields["event"]) {
        "connect.challenge" => {
            keys(payload, &["nonce", "ts"], &[]);
            assert!(!fields.contains_key("seq"));
        }
        "presence" => {
            keys(payload, &["presence"], &[]);
            assert!(fields.contains_key("stateVersion"));
            payload["presence"].as_array().unwrap().iter().for_each(entry);
        }
        "tick" => keys(payload, &["ts"], &[]),
        "shutdown" => keys(payload, &["reason"], &["restartExpectedMs"]),
        other => panic!("no event of ours: {other}"),
    }
}

fn hello(hello: &Map<String, Value>) {
    let required = ["type", "protocol", "server", "features", "snapshot", "policy"];
    keys(hello, &required, &["canvasHostUrl", "auth"]);
    let server = object(&hello["server"]);
    keys(server, &["version", "connId"], &["commit", "host"]);
    server.values().for_each(|text| {
        filled(text);
    });
    let features = object(&hello["features"]);
    keys(features, &["methods", "events"], &[]);
    features.values().for_each(texts);

    let snapshot = object(&hello["snapshot"]);
    let required = ["presence", "health", "stateVersion", "uptimeMs"];
    keys(snapshot, &required, &["configPath", "stateDir", "sessionDefaults"]);
    snapshot["presence"].as_array().unwrap().iter().for_each(entry);
    state_version(&snapshot["stateVersion"]);
    number(&snapshot["uptimeMs"]);

    match number(&hello["protocol"]) {
        3 => assert!(!hello.contains_key("auth"), "its clients would keep a device's token"),
        4 => {
            keys(object(&hello["auth"]), &["role", "scopes"], &[]);
            keys(server, &["version", "connId"], &[]);
            object(&snapshot["health"]);
        }
        other => panic!("no protocol {other}"),
    }

    let policy = object(&hello["policy"]);
    keys(policy, &["maxPayload", "maxBufferedBytes", "tickIntervalMs"], &[]);
    assert!(policy.values().all(|bound| number(bound) >= 1));
}

fn entry(entry: &Value) {
    let entry = object(entry);
    keys(entry, &["ts"], &ENTRY);
    for (name, value) in entry {
        match name.as_str() {
            "ts" | "lastInputSeconds" => {
                number(value);
            }
            "tags" | "roles" | "scopes" => texts(value),
            "text" => assert!(value.is_string()),
            _ => {
                filled(value);
            }
        }
    }
}

fn state_version(value: &Value) {
    keys(object(value), &["presence", "health"], &[]);
    object(value).values().for_each(|version| {
        number(version);
    });
}

fn keys(fields: &Map<String, Value>, required: &[&str], optional: &[&str]) {
    for name in required {
        assert!(fields.contains_key(*name), "{name} is missing in {fields:?}");
    }
    for name in fields.keys().map(String::as_str) {
        assert!(required.contains(&name) || optional.contains(&name), "{name} is one too many in {fields:?}");
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn filled(value: &Value) -> &str {
    value.as_str().filter(|text| !text.is_empty()).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn texts(value: &Value) {
    value.as_array().unwrap().iter().for_each(|text| {
        filled(text);
    });
}

fn no_nulls(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(items) => items.iter().for_each(no_nulls),
        Value::Object(fields) => fields.values().for_each(no_nulls),
        _ => {}
    }
}
