//! What a connected client may ask, and what it hears: each row of the methods' table.

use presence_model::limit::Limits;
use presence_model::time::Millis;
use presence_model::wire::gateway::encode::{
    encode_beacon_taken, encode_listed, presence_event, shutdown_event, tick_event,
};
use presence_model::wire::gateway::frame::encode_error;
use presence_model::wire::gateway::hello::{Greeting, encode_hello};
use presence_model::wire::gateway::protocol::{Policy, Protocol, Role};
use presence_model::wire::gateway::scope::{Held, Method, granted};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::closed::taken;
use crate::samples::{NOW, full_row, greeting, listing, own, row, strings};

const BOTH: [Protocol; 2] = [Protocol::V3, Protocol::V4];

/// The error, or what may be done.
fn asked(name: &str, protocol: Protocol, role: Role, scopes: &[&str]) -> Result<Method, Value> {
    let authorized = Method::authorized(name, protocol, role, &strings(scopes));
    authorized.map_err(|error| taken(&encode_error("1", &error))["error"].clone())
}

fn invalid(message: &str) -> Value {
    json!({ "code": "INVALID_REQUEST", "message": message })
}

fn missing(protocol: Protocol, scope: &str) -> Value {
    let message = format!("missing scope: {scope}");
    match protocol {
        Protocol::V3 => invalid(&message),
        Protocol::V4 => json!({
            "code": "FORBIDDEN",
            "message": message,
            "details": { "code": "MISSING_SCOPE", "missingScope": scope, "requiredScopes": [scope] },
        }),
    }
}

#[test]
fn each_method_has_its_scopes() {
    for protocol in BOTH {
        let list = |scopes: &[&str]| asked("system-presence", protocol, Role::Operator, scopes);
        for scope in ["operator.read", "operator.write", "operator.admin"] {
            assert_eq!(list(&["x", scope]), Ok(Method::SystemPresence), "{scope}");
        }
        for scopes in [&[][..], &["operator.approvals"], &["operator"], &["OPERATOR.READ"]] {
            assert_eq!(list(scopes), Err(missing(protocol, "operator.read")), "{scopes:?}");
        }
        let report = |scopes: &[&str]| asked("system-event", protocol, Role::Operator, scopes);
        assert_eq!(report(&["operator.admin"]), Ok(Method::SystemEvent));
        for scopes in [&[][..], &["operator.read"], &["operator.write", "operator.read"]] {
            assert_eq!(report(scopes), Err(missing(protocol, "operator.admin")), "{scopes:?}");
        }
    }
}

#[test]
fn a_node_may_ask_neither() {
    for protocol in BOTH {
        for method in ["system-presence", "system-event"] {
            let answer = asked(method, protocol, Role::Node, &["operator.admin"]);
            assert_eq!(answer, Err(invalid("unauthorized role: node")), "{method}");
        }
    }
}

#[test]
fn a_method_that_is_not_known_is_named() {
    let unknown = Err(invalid("unknown method: chat.send"));
    let ask = |protocol, role, scopes: &[&str]| asked("chat.send", protocol, role, scopes);
    assert_eq!(ask(Protocol::V3, Role::Operator, &[]), unknown);
    assert_eq!(ask(Protocol::V3, Role::Operator, &["operator.admin"]), unknown);
    assert_eq!(ask(Protocol::V4, Role::Operator, &["operator.admin"]), unknown);
    assert_eq!(ask(Protocol::V4, Role::Operator, &["operator.read"]), Err(missing(Protocol::V4, "operator.admin")));
    assert_eq!(ask(Protocol::V3, Role::Node, &[]), unknown);
    assert_eq!(ask(Protocol::V4, Role::Node, &[]), unknown);
    let long = asked(&"ü".repeat(10_000), Protocol::V3, Role::Operator, &[]).unwrap_err();
    assert_eq!(long["message"], format!("unknown method: {}", "ü".repeat(64)));
    for near in ["System-Presence", "system-presence ", "system_presence"] {
        assert_eq!(asked(near, Protocol::V3, Role::Operator, &[]), Err(invalid(&format!("unknown method: {near}"))));
    }
}

#[test]
fn one_connects_once() {
    for protocol in BOTH {
        for role in [Role::Operator, Role::Node] {
            let again = asked("connect", protocol, role, &[]);
            assert_eq!(again, Err(invalid("connect is only valid as the first request")));
        }
    }
}

#[test]
fn scopes_are_cut_to_what_the_token_has() {
    let (v3, v4) = BOTH.into();
    let (operator, node) = (Role::Operator, Role::Node);
    let all: Option<&[&str]> = None;
    for (protocol, role, asked, held, cut) in [
        (v3, operator, &[][..], all, &["operator.admin"][..]),
        (v3, node, &[], all, &[]),
        (v4, operator, &[], all, &[]),
        (v4, node, &[], all, &[]),
        (v3, operator, &[], Some(&["operator.admin"][..]), &[]),
        (v3, operator, &["operator.read"], all, &["operator.read"]),
        (v4, node, &["x", "y", "x"], all, &["x", "y"]),
        (v3, operator, &["operator.read"], Some(&["operator.read"]), &["operator.read"]),
        (v3, operator, &["operator.read"], Some(&["operator.write"]), &["operator.read"]),
        (
            v3,
            operator,
            &["operator.read", "operator.pairing"],
            Some(&["operator.admin"]),
            &["operator.read", "operator.pairing"],
        ),
        (v3, operator, &["operator.admin"], Some(&["operator.read"]), &["operator.read"]),
        (v3, operator, &["operator.admin", "operator.read"], Some(&["operator.read", "x"]), &["operator.read"]),
        (v4, operator, &["operator.write"], Some(&["operator.read", "operator.pairing"]), &["operator.read"]),
        (v4, operator, &["operator.read"], Some(&["operator.pairing", "operators.admin"]), &[]),
        (v4, operator, &["node.all", "operators.all"], Some(&["operator.admin"]), &[]),
        (v4, operator, &["operator.admin"], Some(&[]), &[]),
    ] {
        let list = held.map(strings);
        let held = list.as_deref().map_or(Held::All, Held::Only);
        assert_eq!(granted(protocol, role, &strings(asked), held), strings(cut), "{asked:?} of {held:?}");
    }
}

#[test]
fn the_list_is_a_bare_array() {
    let listing = listing(vec![own(), row("ana", "a")]);
    let answer = taken(&encode_listed("q", Protocol::V3, &listing));
    assert_eq!((&answer["id"], &answer["ok"]), (&json!("q"), &json!(true)));
    assert_eq!(answer["payload"].as_array().unwrap().len(), 2);
    let none = crate::samples::listing(vec![]);
    assert_eq!(taken(&encode_listed("q", Protocol::V4, &none))["payload"], json!([]));
}

#[test]
fn a_report_is_confirmed() {
    let answer = taken(&encode_beacon_taken("b"));
    assert_eq!(answer, json!({ "type": "res", "id": "b", "ok": true, "payload": { "ok": true } }));
}

#[test]
fn the_event_of_the_list_is_whole_and_numbered() {
    let listing = presence_model::event::Listing { version: 42, ..listing(vec![own(), full_row()]) };
    for protocol in BOTH {
        let body = presence_event(protocol, &listing);
        let event = taken(&body.with_seq(7));
        assert_eq!((&event["event"], &event["seq"]), (&json!("presence"), &json!(7)));
        assert_eq!(event["stateVersion"], json!({ "presence": 42, "health": 1 }));
        let listed = taken(&encode_listed("q", protocol, &listing));
        assert_eq!(event["payload"], json!({ "presence": listed["payload"] }));
    }
}

#[test]
fn ticks_and_the_end_are_events() {
    assert_eq!(
        taken(&tick_event(NOW).with_seq(1)),
        json!({ "type": "event", "event": "tick", "payload": { "ts": NOW.0 }, "seq": 1 })
    );
    let shutdown = |expected| taken(&shutdown_event("service restart", expected).with_seq(2))["payload"].clone();
    assert_eq!(shutdown(None), json!({ "reason": "service restart" }));
    assert_eq!(shutdown(Some(Millis(1_500))), json!({ "reason": "service restart", "restartExpectedMs": 1_500 }));
}

#[test]
fn each_protocol_is_greeted_in_its_form() {
    let scopes = strings(&["operator.admin"]);
    let listing = listing(vec![own()]);
    let hello = |protocol| {
        let greeting = Greeting { host: Some("desk"), ..greeting(protocol, &scopes) };
        taken(&encode_hello("1", &greeting, &listing))["payload"].clone()
    };
    let (three, four) = (hello(Protocol::V3), hello(Protocol::V4));
    assert_eq!((&three["protocol"], three.get("auth")), (&json!(3), None));
    assert_eq!(three["server"], json!({ "version": "x", "connId": "c1", "host": "desk" }));
    assert_eq!((&four["protocol"], &four["server"]), (&json!(4), &json!({ "version": "x", "connId": "c1" })));
    assert_eq!(four["auth"], json!({ "role": "operator", "scopes": ["operator.admin"] }));
    assert_eq!(three["snapshot"]["presence"][0].get("instanceId"), None);
    assert_eq!(four["snapshot"]["presence"][0]["instanceId"], "server-1");
    for hello in [three, four] {
        assert_eq!(hello["snapshot"]["stateVersion"], json!({ "presence": 1, "health": 1 }));
        assert_eq!(hello["features"]["methods"], json!(["system-presence", "system-event"]));
    }
}

#[test]
fn the_policy_is_that_of_the_limits() {
    let policy = Policy::new(&Limits { frame_bytes: 7, queued_bytes: 8, ..Limits::default() }, Millis(9));
    let told = serde_json::to_value(policy).unwrap();
    assert_eq!(told, json!({ "maxPayload": 7, "maxBufferedBytes": 8, "tickIntervalMs": 9 }));
}

proptest! {
    /// Whoever is granted a scope has it, or one that includes it.
    #[test]
    fn nobody_is_granted_more_than_the_token_has(
        asked in proptest::collection::vec("operator\\.(read|write|admin|pairing)|x|y", 0..5),
        held in proptest::collection::vec("operator\\.(read|write|admin|pairing)|x|y", 0..4),
        protocol in proptest::sample::select(BOTH.to_vec()),
    ) {
        let granted = granted(protocol, Role::Operator, &asked, Held::Only(&held));
        for scope in &granted {
            let of_admin = held.iter().any(|held| held == "operator.admin") && scope.starts_with("operator.");
            let of_write = held.iter().any(|held| held == "operator.write") && scope == "operator.read";
            prop_assert!(held.contains(scope) || of_admin || of_write, "{scope}");
        }
        for scope in asked.iter().filter(|scope| held.contains(scope)) {
            prop_assert!(granted.contains(scope));
        }
    }
}
