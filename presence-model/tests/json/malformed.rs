//! Each message with each of its fields wrong: the refusal names message and field.

use presence_model::refusal::Code;
use presence_model::wire::json::decode::decode;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::inbound::Refused;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Text,
    Id,
    RequiredId,
    RoomType,
    Status,
    Number,
    Seconds,
    RequiredFlag,
    Texts,
    Object,
    RequiredObject,
}

use Holds::{Id, Number, Object, RequiredFlag, RequiredId, RequiredObject, RoomType, Seconds, Status, Text, Texts};

impl Holds {
    fn must_be_there(self) -> bool {
        matches!(self, RequiredId | RoomType | RequiredFlag | RequiredObject)
    }

    /// Values that a field of this kind cannot hold.
    fn wrong(self) -> Vec<Value> {
        let long = "x".repeat(10_000);
        match self {
            Text => vec![json!(7), json!(true), json!(["a"]), json!({ "a": 1 }), json!(long)],
            Id => vec![json!(7), json!(false), json!([]), json!({}), json!(long), json!("a\u{0}b")],
            RequiredId => vec![json!(7), json!(false), json!([]), json!({}), json!(long), json!("a\nb"), json!(" ")],
            RoomType => vec![json!(7), json!([]), json!("kitchen"), json!("Video"), json!("")],
            Status => vec![json!(7), json!({}), json!("asleep"), json!("Active"), json!("")],
            Number => vec![Value::Null, json!("0.5"), json!(true), json!([0.5]), json!({}), json!(-0.1), json!(1e308)],
            Seconds => vec![Value::Null, json!("3"), json!(-1), json!([3])],
            RequiredFlag => vec![json!("true"), json!(1), json!([]), json!({})],
            Texts => vec![json!("a"), json!([7]), json!([null]), json!({}), json!([long]), json!(vec!["a"; 33])],
            Object | RequiredObject => vec![json!("a"), json!(7), json!([]), json!(true)],
        }
    }
}

/// A message's name, a sound one, and its fields by path.
type Sound = (&'static str, Value, Vec<(&'static str, Holds)>);

fn messages() -> Vec<Sound> {
    let client = json!({
        "id": "kleoz-web", "instanceId": "i", "sessionId": "s", "version": "1", "platform": "web", "mode": "webchat",
        "host": "h", "deviceFamily": "f", "modelIdentifier": "m", "agentId": "a", "roles": ["r"], "scopes": ["s"],
        "lastInputSeconds": 3, "deviceId": "d", "text": "t", "tags": ["t"],
    });
    vec![
        (
            "auth",
            json!({ "type": "auth", "token": "t", "sessionId": "s", "instanceId": "i" }),
            vec![("sessionId", Id), ("instanceId", Id)],
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
            json!({ "type": "join", "roomId": "r", "roomType": "video" }),
            vec![("roomId", RequiredId), ("roomType", RoomType)],
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
                ("data.x", Number),
                ("data.y", Number),
                ("data.timestamp", Seconds),
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
    for (_, message, _) in messages() {
        assert!(decode(Door::Ws, &message.to_string()).is_ok(), "{message}");
    }
}

#[test]
fn each_wrong_field_is_named() {
    for (name, message, fields) in messages() {
        for (path, holds) in fields {
            for wrong in holds.wrong() {
                let mut message = message.clone();
                let (object, last) = place(&mut message, path);
                object.insert(last.to_owned(), wrong);
                assert_refused(&message.to_string(), name, Code::BadField, path);
            }
        }
    }
}

#[test]
fn each_missing_field_is_named() {
    for (name, message, fields) in messages() {
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
            proptest::collection::btree_map("x|y|client|context|isTyping|sessionKey|[a-z]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_stands_in_a_field_it_is_taken_or_named(pick in any::<prop::sample::Index>(), value in any_json()) {
        let messages = messages();
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
