//! Each field of `connect`: read when sound, named when not, and what the list says of the client then.

use presence_model::command::Hello;
use presence_model::id::{InstanceId, SessionId};
use presence_model::instance::ClientInfo;
use presence_model::privacy::PrivacyChange;
use presence_model::wire::gateway::connect::Connect;
use presence_model::wire::gateway::handshake::HandshakeFailure;
use presence_model::wire::gateway::protocol::Role;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{connect, instance, params, strings, words};

/// With every field that any client sends.
fn whole() -> Value {
    json!({
        "minProtocol": 4,
        "maxProtocol": 4.0,
        "client": {
            "id": "openclaw-macos", "displayName": " Ana's Mac ", "version": "2.0", "platform": "macos 26",
            "deviceFamily": "Mac", "modelIdentifier": "Mac16,1", "mode": "ui", "instanceId": "Mac-1",
            "timeZone": "Europe/Berlin", "buildId": 7,
        },
        "caps": ["canvas"],
        "commands": ["canvas.present"],
        "permissions": { "camera": true },
        "pathEnv": "/bin",
        "role": "node",
        "scopes": ["operator.read", "operator.write"],
        "device": { "id": "2484", "publicKey": "k", "signature": "s", "signedAt": 5, "nonce": "n" },
        "auth": { "token": "t", "password": "p", "deviceToken": "d", "bootstrapToken": "b" },
        "locale": "de",
        "userAgent": "x".repeat(2_000),
        "sessionId": "tab-1",
    })
}

/// The params with the value at a path like `client/id` replaced; `None` takes it away.
fn changed(path: &str, value: Option<&Value>) -> Value {
    let mut params = whole();
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let pointer = if parent.is_empty() { String::new() } else { format!("/{parent}") };
    let object = params.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(name.to_owned(), value.clone()),
        None => object.remove(name),
    };
    params
}

fn wrong(params: &Value) -> String {
    match Connect::read(Some(params)).unwrap_err() {
        HandshakeFailure::BadParams(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_that_clients_send_is_read() {
    let read = connect(&whole());
    assert_eq!((read.min_protocol, read.max_protocol), (4, 4));
    assert_eq!(read.client.display_name, words(" Ana's Mac "));
    assert_eq!(read.scopes, strings(&["operator.read", "operator.write"]));
    assert_eq!(read.session_id, Some(SessionId::parse("tab-1").unwrap()));
    assert_eq!(read.auth.bootstrap_token, words("b"));
}

#[test]
fn params_must_be_an_object() {
    for params in [None, Some(json!(null)), Some(json!([])), Some(json!("x"))] {
        let failure = Connect::read(params.as_ref()).unwrap_err();
        assert_eq!(failure, HandshakeFailure::BadParams("must be object".to_owned()));
    }
}

#[test]
fn what_must_be_there_is_missed_by_name() {
    for (path, told) in [
        ("minProtocol", "must have required property 'minProtocol'"),
        ("maxProtocol", "must have required property 'maxProtocol'"),
        ("client", "must have required property 'client'"),
        ("client/id", "at /client: must have required property 'id'"),
        ("client/version", "at /client: must have required property 'version'"),
        ("client/platform", "at /client: must have required property 'platform'"),
        ("client/mode", "at /client: must have required property 'mode'"),
        ("device/id", "at /device: must have required property 'id'"),
        ("device/publicKey", "at /device: must have required property 'publicKey'"),
        ("device/signature", "at /device: must have required property 'signature'"),
        ("device/signedAt", "at /device: must have required property 'signedAt'"),
    ] {
        assert_eq!(wrong(&changed(path, None)), told);
    }
}

#[test]
fn everything_else_may_be_absent() {
    for path in [
        "client/displayName",
        "client/deviceFamily",
        "client/modelIdentifier",
        "client/instanceId",
        "role",
        "scopes",
        "caps",
        "commands",
        "device",
        "device/nonce",
        "auth",
        "auth/token",
        "locale",
        "userAgent",
        "sessionId",
    ] {
        assert!(Connect::read(Some(&changed(path, None))).is_ok(), "{path}");
    }
}

#[test]
fn a_field_that_holds_what_it_cannot_hold_is_named() {
    let long = "x".repeat(10_000);
    let texts = [
        "client/id",
        "client/displayName",
        "client/version",
        "client/platform",
        "client/deviceFamily",
        "client/modelIdentifier",
        "client/mode",
        "role",
        "device/publicKey",
        "device/signature",
    ];
    let few = "NOT have fewer than 1 characters";
    for path in texts {
        for value in [json!(null), json!(7), json!({}), json!([])] {
            assert_eq!(wrong(&changed(path, Some(&value))), format!("at /{path}: must be string"));
        }
        assert_eq!(wrong(&changed(path, Some(&json!("")))), format!("at /{path}: must {few}"));
        assert_eq!(wrong(&changed(path, Some(&json!(long)))), format!("at /{path}: must have at most 256 bytes"));
    }
    for path in ["client/id", "client/version", "client/platform", "client/mode"] {
        assert_eq!(wrong(&changed(path, Some(&json!(" \t")))), format!("at /{path}: must {few}"));
    }
    for path in ["client/instanceId", "device/id", "sessionId"] {
        assert_eq!(wrong(&changed(path, Some(&json!(7)))), format!("at /{path}: must be string"));
        let long = json!("x".repeat(129));
        assert_eq!(wrong(&changed(path, Some(&long))), format!("at /{path}: must have at most 128 bytes"));
        let torn = wrong(&changed(path, Some(&json!("a\nb"))));
        assert_eq!(torn, format!("at /{path}: must not contain control characters"));
    }
    for path in ["device/nonce", "auth/token", "auth/password", "locale", "userAgent"] {
        assert_eq!(wrong(&changed(path, Some(&json!(null)))), format!("at /{path}: must be string"));
    }
    for path in ["client", "device", "auth"] {
        for value in [json!(null), json!("x"), json!([])] {
            assert_eq!(wrong(&changed(path, Some(&value))), format!("at /{path}: must be object"));
        }
    }
    for path in ["minProtocol", "maxProtocol"] {
        for value in [json!("3"), json!(null), json!(3.5)] {
            assert_eq!(wrong(&changed(path, Some(&value))), format!("at /{path}: must be integer"));
        }
        for value in [json!(0), json!(-3)] {
            assert_eq!(wrong(&changed(path, Some(&value))), format!("at /{path}: must be >= 1"));
        }
    }
    assert_eq!(wrong(&changed("device/signedAt", Some(&json!(-1)))), "at /device/signedAt: must be >= 0");
}

#[test]
fn lists_hold_texts() {
    for path in ["scopes", "caps", "commands"] {
        assert_eq!(wrong(&changed(path, Some(&json!("x")))), format!("at /{path}: must be array"));
        assert_eq!(wrong(&changed(path, Some(&json!(["a", 7])))), format!("at /{path}/1: must be string"));
        let empty = wrong(&changed(path, Some(&json!([""]))));
        assert_eq!(empty, format!("at /{path}/0: must NOT have fewer than 1 characters"));
    }
    let many = json!(vec!["x"; 33]);
    assert_eq!(wrong(&changed("scopes", Some(&many))), "at /scopes: must have at most 32 items");
    let long = json!(["x".repeat(257)]);
    assert_eq!(wrong(&changed("scopes", Some(&long))), "at /scopes/0: must have at most 256 bytes");
    // Devices know many commands, and none is kept.
    connect(&changed("commands", Some(&many)));
}

#[test]
fn modes_are_those_of_both_protocols() {
    for mode in ["webchat", "cli", "ui", "backend", "node", "probe", "test", "worker"] {
        assert_eq!(connect(&changed("client/mode", Some(&json!(mode)))).client.mode, mode);
    }
    for mode in ["UI", "Webchat", " ui", "gateway", "operator"] {
        let told = wrong(&changed("client/mode", Some(&json!(mode))));
        assert_eq!(told, "at /client/mode: must be equal to one of the allowed values");
    }
}

#[test]
fn any_client_is_welcome_and_fields_of_tomorrow_are_passed_over() {
    let mut params = whole();
    params["client"]["id"] = json!("rebranded-again");
    for place in ["", "/client", "/device", "/auth"] {
        params.pointer_mut(place).unwrap()["future"] = json!([null]);
    }
    assert_eq!(connect(&params).client.id, "rebranded-again");
}

#[test]
fn the_list_says_what_the_client_says_of_itself() {
    let hello = connect(&whole()).hello(Role::Node, strings(&["operator.read"]));
    let expected = Hello {
        session_id: Some(SessionId::parse("tab-1").unwrap()),
        instance_id: Some(instance("2484")),
        alias: Some(instance("Mac-1")),
        info: ClientInfo {
            client_id: words("openclaw-macos"),
            host: words("Ana's Mac"),
            version: words("2.0"),
            platform: words("macos 26"),
            device_family: words("Mac"),
            model_identifier: words("Mac16,1"),
            mode: words("ui"),
            agent_id: None,
            device_id: words("2484"),
            text: words("Node: Ana's Mac · mode ui"),
            tags: vec![],
            roles: strings(&["node"]),
            scopes: strings(&["operator.read"]),
        },
        wants_listing: true,
        ..Hello::default()
    };
    assert_eq!(hello, expected);
}

#[test]
fn a_client_may_say_what_is_to_be_seen_of_it() {
    let privacy =
        |path: &str, value: Value| connect(&changed(path, Some(&value))).hello(Role::Operator, vec![]).privacy;
    let change = |presence, invisible, cursor| PrivacyChange { presence, invisible, cursor };
    for place in ["", "client/"] {
        let (alone, object) = (format!("{place}invisible"), format!("{place}privacy"));
        assert_eq!(privacy(&alone, json!(true)), change(None, Some(true), None));
        let said = json!({ "presence": false, "invisible": false, "cursor": true });
        assert_eq!(privacy(&object, said), change(Some(false), Some(false), Some(true)));
        assert_eq!(wrong(&changed(&alone, Some(&json!("yes")))), format!("at /{alone}: must be boolean"));
        let bad = wrong(&changed(&object, Some(&json!({ "cursor": 1 }))));
        assert_eq!(bad, format!("at /{object}/cursor: must be boolean"));
    }
}

#[test]
fn an_entry_is_keyed_by_device_then_instance_then_session() {
    let keys = |params: &Value| {
        let hello = connect(params).hello(Role::Operator, vec![]);
        (hello.instance_id, hello.alias, hello.info.device_id)
    };
    assert_eq!(keys(&whole()), (Some(instance("2484")), Some(instance("Mac-1")), words("2484")));
    assert_eq!(keys(&changed("device", None)), (Some(instance("Mac-1")), None, None));
    assert_eq!(keys(&changed("device/id", Some(&json!("Mac-1")))), (Some(instance("mac-1")), None, words("mac-1")));
    assert_eq!(keys(&params()), (None, None, None));
    let mut blank = params();
    blank["client"]["instanceId"] = json!("  ");
    assert_eq!(keys(&blank), (None, None, None));
}

#[test]
fn the_host_is_the_name_that_is_shown() {
    let host = |name: &str| {
        let mut params = params();
        params["client"]["displayName"] = json!(name);
        connect(&params).hello(Role::Operator, vec![]).info
    };
    assert_eq!((host("Desk").host, host("Desk").text), (words("Desk"), words("Node: Desk · mode webchat")));
    assert_eq!((host("  ").host, host("  ").text), (words("webchat-ui"), words("Node: webchat-ui · mode webchat")));
}

#[test]
fn a_shared_key_may_come_as_token_or_as_password() {
    for (auth, credential) in [
        (json!({ "token": "t" }), Some("t")),
        (json!({ "password": "p" }), Some("p")),
        (json!({ "token": "t", "password": "p" }), Some("t")),
        (json!({ "token": " ", "password": "p" }), Some("p")),
        (json!({ "deviceToken": "d" }), None),
        (json!({ "token": "" }), None),
        (json!({}), None),
    ] {
        assert_eq!(connect(&changed("auth", Some(&auth))).auth.credential(), credential, "{auth}");
    }
}

#[test]
fn a_secret_is_never_shown() {
    let shown = format!("{:?}", connect(&changed("auth", Some(&json!({ "token": "hush", "password": "hush" })))));
    assert!(shown.contains("webchat") || shown.contains("Mac"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{0,5}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_in_any_field_is_too_strange(
        path in proptest::sample::select(vec![
            "minProtocol", "maxProtocol", "client", "client/id", "client/displayName", "client/version",
            "client/platform", "client/mode", "client/instanceId", "role", "scopes", "caps", "device", "device/id",
            "device/signedAt", "device/nonce", "auth", "auth/token", "sessionId", "locale",
        ]),
        value in any_json(),
    ) {
        if let Ok(connect) = Connect::read(Some(&changed(path, Some(&value)))) {
            let _ = connect.signed_texts();
            let _ = (connect.protocol(), connect.role());
        }
    }

    /// What is read has passed all checks that other doors make.
    #[test]
    fn a_hello_needs_no_further_check(
        name in any::<String>(), id in ".{1,300}", version in ".{1,40}", own in "[ -~]{1,20}", device in ".{1,9}",
    ) {
        let mut params = whole();
        params["client"]["displayName"] = json!(name);
        params["client"]["id"] = json!(id);
        params["client"]["version"] = json!(version);
        params["client"]["instanceId"] = json!(own);
        params["device"]["id"] = json!(device);
        if let Ok(connect) = Connect::read(Some(&params)) {
            let hello = connect.hello(Role::Operator, connect.scopes.clone());
            prop_assert_eq!(hello.clone().checked("connect"), Ok(hello));
            prop_assert_eq!(connect.client.instance_id, InstanceId::parse(&own).ok());
        }
    }
}
