//! Each message with each of its fields wrong: the refusal names message and field.

use presence_model::refusal::Code;
use presence_model::wire::json::decode::decode;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::inbound::Refused;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::holds::Holds::{
    self, Action, Flag, Fraction, Id, Moment, Object, Place, Rate, RequiredAnything, RequiredFlag, RequiredId,
    RequiredObject, RequiredPlace, RequiredStatus, RoomType, Seconds, Sentence, Status, Text, Texts,
};

/// A message's name, a sound one, and its fields by path.
type Sound = (&'static str, Value, Vec<(&'static str, Holds)>);

fn messages() -> Vec<Sound> {
    let client = json!({
        "id": "kleoz-web", "instanceId": "i", "sessionId": "s", "version": "1", "platform": "web", "mode": "webchat",
        "host": "h", "deviceFamily": "f", "modelIdentifier": "m", "agentId": "a", "roles": ["r"], "scopes": ["s"],
        "lastInputSeconds": 3, "deviceId": "d", "text": "t", "tags": ["t"], "privacy": { "cursor": false },
    });
    vec![
        (
            "auth",
            json!({
                "type": "auth", "token": "t", "sessionId": "s", "instanceId": "i", "invisible": false,
                "privacy": { "presence": true, "invisible": true, "cursor": false },
            }),
            vec![
                ("sessionId", Id),
                ("instanceId", Id),
                ("invisible", Flag),
                ("privacy", Object),
                ("privacy.presence", Flag),
                ("privacy.invisible", Flag),
                ("privacy.cursor", Flag),
            ],
        ),
        (
            "connect",
            json!({ "type": "connect", "token": "t", "sessionId": "s", "instanceId": "i" }),
            vec![("sessionId", Id), ("instanceId", Id), ("client", Object), ("params", Object)],
        ),
        (
            "connect",
            json!({ "type": "connect", "client": client }),
            vec![
                ("client", Object),
                ("client.id", Text),
                ("client.instanceId", Id),
                ("client.sessionId", Id),
                ("client.version", Text),
                ("client.platform", Text),
                ("client.mode", Text),
                ("client.host", Text),
                ("client.deviceFamily", Text),
                ("client.modelIdentifier", Text),
                ("client.agentId", Text),
                ("client.deviceId", Text),
                ("client.text", Text),
                ("client.tags", Texts),
                ("client.roles", Texts),
                ("client.scopes", Texts),
                ("client.lastInputSeconds", Seconds),
                ("client.privacy", Object),
                ("client.privacy.cursor", Flag),
            ],
        ),
        (
            "connect",
            json!({ "type": "connect", "params": { "client": client, "sessionId": "s" } }),
            vec![
                ("params", Object),
                ("params.client", Object),
                ("params.client.host", Text),
                ("params.client.roles", Texts),
            ],
        ),
        (
            "connect",
            json!({ "type": "connect", "params": { "sessionId": "s", "instanceId": "i" } }),
            vec![("params.sessionId", Id), ("params.instanceId", Id)],
        ),
        (
            "join",
            json!({ "type": "join", "roomId": "r", "roomType": "video", "invisible": true, "privacy": { "cursor": true } }),
            vec![
                ("roomId", RequiredId),
                ("roomType", RoomType),
                ("invisible", Flag),
                ("privacy", Object),
                ("privacy.cursor", Flag),
            ],
        ),
        ("leave", json!({ "type": "leave", "roomId": "r" }), vec![("roomId", RequiredId)]),
        (
            "heartbeat",
            json!({ "type": "heartbeat", "status": "idle", "lastInputSeconds": 3 }),
            vec![("status", Status), ("lastInputSeconds", Seconds)],
        ),
        (
            "cursor",
            json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.5, "y": 0.5, "timestamp": 1.5 } }),
            vec![
                ("roomId", RequiredId),
                ("data", RequiredObject),
                ("data.x", Fraction),
                ("data.y", Fraction),
                ("data.timestamp", Place),
            ],
        ),
        (
            "session.typing",
            json!({ "type": "session.typing", "sessionKey": "k", "isTyping": true }),
            vec![("sessionKey", RequiredId), ("isTyping", RequiredFlag)],
        ),
        (
            "typing",
            json!({ "type": "typing", "roomId": "r", "data": { "isTyping": true, "context": "comment" } }),
            vec![
                ("roomId", RequiredId),
                ("data", RequiredObject),
                ("data.isTyping", RequiredFlag),
                ("data.context", Text),
            ],
        ),
    ]
}

/// The same of what is watched, marked and said in rooms.
fn messages_of_rooms() -> Vec<Sound> {
    let playback = json!({
        "action": "seek", "isPlaying": true, "currentTime": 3.5, "playbackRate": 1.5, "serverTime": 7, "stalled": false,
    });
    let status = json!({ "status": "busy", "statusMessage": "back at 9" });
    vec![
        (
            "selection",
            json!({ "type": "selection", "roomId": "r", "data": { "startTime": 1.5, "endTime": 1e9 } }),
            vec![
                ("roomId", RequiredId),
                ("data", RequiredObject),
                ("data.startTime", RequiredPlace),
                ("data.endTime", RequiredPlace),
            ],
        ),
        (
            "setStatus",
            json!({ "type": "setStatus", "status": "busy", "statusMessage": "back at 9" }),
            vec![("status", RequiredStatus), ("statusMessage", Sentence), ("data", Object)],
        ),
        (
            "setStatus",
            // Above, the other status is there when this one is missing.
            json!({ "type": "setStatus", "data": status }),
            vec![("data.statusMessage", Sentence)],
        ),
        (
            "playback",
            json!({ "type": "playback", "roomId": "r", "data": playback }),
            vec![
                ("roomId", RequiredId),
                ("data", RequiredObject),
                ("data.action", Action),
                ("data.isPlaying", Flag),
                ("data.currentTime", Place),
                ("data.playbackRate", Rate),
                ("data.serverTime", Moment),
                ("data.stalled", Flag),
            ],
        ),
        ("control_request", json!({ "type": "control_request", "roomId": "r" }), vec![("roomId", RequiredId)]),
        (
            "control_grant",
            json!({ "type": "control_grant", "roomId": "r", "data": { "toUserId": "u" } }),
            vec![("roomId", RequiredId), ("data", RequiredObject), ("data.toUserId", RequiredId)],
        ),
        ("control_release", json!({ "type": "control_release", "roomId": "r" }), vec![("roomId", RequiredId)]),
        (
            "broadcast",
            json!({ "type": "broadcast", "roomId": "r", "data": [1, null, { "a": "b" }] }),
            vec![("roomId", RequiredId), ("data", RequiredAnything)],
        ),
        (
            "privacy",
            json!({ "type": "privacy", "data": { "presence": true, "invisible": false, "cursor": true } }),
            vec![("data", RequiredObject), ("data.presence", Flag), ("data.invisible", Flag), ("data.cursor", Flag)],
        ),
    ]
}

fn all() -> impl Iterator<Item = Sound> {
    messages().into_iter().chain(messages_of_rooms())
}

/// The object in which the last step of the path stands, and that step.
fn place<'a>(message: &'a mut Value, path: &'a str) -> (&'a mut serde_json::Map<String, Value>, &'a str) {
    let (outer, name) = path.rsplit_once('.').unwrap_or(("", path));
    let object = outer.split('.').filter(|step| !step.is_empty()).fold(message, |at, step| &mut at[step]);
    (object.as_object_mut().unwrap(), name)
}

#[track_caller]
fn assert_refused(text: &str, name: &str, code: Code, field: &str) {
    for door in [Door::Ws, Door::Rooms, Door::Kleoz] {
        let Err(Refused { about, refusal }) = decode(door, text) else { panic!("{text} is taken") };
        assert_eq!((about, refusal.code, refusal.field.as_deref()), (name, code, Some(field)), "{text}");
        assert!(refusal.message.starts_with(&format!("{name}: `{field}` ")), "{}", refusal.message);
        assert!(refusal.message.len() < 200, "{}", refusal.message);
    }
}

#[test]
fn each_message_is_taken_as_it_should_be() {
    for (_, message, _) in all() {
        assert!(decode(Door::Ws, &message.to_string()).is_ok(), "{message}");
    }
}

#[test]
fn each_wrong_field_is_named() {
    for (name, message, fields) in all() {
        for (path, holds) in fields {
            let wrong = holds.wrong().into_iter().map(|value| (value, Code::BadField));
            for (value, code) in wrong.chain(holds.senseless()) {
                let mut message = message.clone();
                let (object, last) = place(&mut message, path);
                object.insert(last.to_owned(), value);
                assert_refused(&message.to_string(), name, code, path);
            }
        }
    }
}

#[test]
fn each_missing_field_is_named() {
    for (name, message, fields) in all() {
        for (path, holds) in fields {
            let mut message = message.clone();
            place(&mut message, path).0.remove(path.rsplit('.').next().unwrap());
            if holds.must_be_there() {
                assert_refused(&message.to_string(), name, Code::MissingField, path);
            } else {
                assert!(decode(Door::Ws, &message.to_string()).is_ok(), "{message}");
            }
        }
    }
}

#[test]
fn a_token_is_a_text() {
    for (text, field) in [
        (r#"{"type":"auth","token":7}"#, "token"),
        (r#"{"type":"connect","token":["t"]}"#, "token"),
        (r#"{"type":"connect","params":{"token":{}}}"#, "params.token"),
    ] {
        assert_refused(text, if text.contains("auth") { "auth" } else { "connect" }, Code::BadField, field);
    }
}

#[test]
fn a_status_in_data_is_named_there() {
    assert_refused(r#"{"type":"setStatus","data":{"status":"asleep"}}"#, "setStatus", Code::BadField, "data.status");
    assert_refused(r#"{"type":"setStatus","data":{}}"#, "setStatus", Code::MissingField, "status");
}

#[test]
fn what_a_user_may_be_is_named() {
    let refused = |text: &str, code, field| {
        assert_refused(text, "user_presence", code, field);
    };
    for data in ["\"active\"", "\"Online\"", "\"\"", "7", "true", "[\"online\"]"] {
        refused(&format!(r#"{{"type":"user_presence","data":{data}}}"#), Code::BadField, "data");
    }
    refused(r#"{"type":"user_presence"}"#, Code::MissingField, "data");
    refused(r#"{"type":"user_presence","data":null}"#, Code::MissingField, "data");
    refused(r#"{"type":"user_presence","data":{}}"#, Code::MissingField, "data.status");
    refused(r#"{"type":"user_presence","data":{"status":"idle"}}"#, Code::BadField, "data.status");
    refused(r#"{"type":"user_presence","data":{"status":7}}"#, Code::BadField, "data.status");
}

#[test]
fn nothing_ends_before_it_begins() {
    let text = r#"{"type":"selection","roomId":"r","data":{"startTime":3,"endTime":2.5}}"#;
    assert_refused(text, "selection", Code::OutOfRange, "data.endTime");
}

#[test]
fn unknown_names_are_refused_by_type() {
    for kind in ["", "JOIN", "join ", "user_joined", "welcome", "__proto__"] {
        let text = json!({ "type": kind, "roomId": "r" }).to_string();
        assert_refused(&text, "message", Code::UnknownMessage, "type");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(
                "x|y|client|context|isTyping|sessionKey|startTime|endTime|action|currentTime|toUserId|invisible|[a-z]",
                inner,
                0..4
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_stands_in_a_field_it_is_taken_or_named(pick in any::<prop::sample::Index>(), value in any_json()) {
        let messages: Vec<_> = all().collect();
        let fields: Vec<_> = messages
            .iter()
            .flat_map(|(name, message, fields)| fields.iter().map(move |(path, _)| (*name, message, *path)))
            .collect();
        let (name, message, path) = fields[pick.index(fields.len())];
        let mut message = message.clone();
        let (object, last) = place(&mut message, path);
        object.insert(last.to_owned(), value);
        if let Err(Refused { about, refusal }) = decode(Door::Ws, &message.to_string()) {
            prop_assert_eq!(about, name);
            let field = refusal.field.unwrap_or_default();
            prop_assert!(field.starts_with(path), "{} for {}", field, path);
        }
    }
}
