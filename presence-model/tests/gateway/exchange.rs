//! A real client's exchange with a gateway, recorded: each frame of the client is read, each of the server is
//! written again.

use presence_model::time::Millis;
use presence_model::wire::gateway::encode::encode_listed;
use presence_model::wire::gateway::frame::Request;
use presence_model::wire::gateway::handshake::encode_challenge;
use presence_model::wire::gateway::hello::encode_hello;
use presence_model::wire::gateway::protocol::{EVENTS, METHODS, Protocol, Role};
use presence_model::wire::gateway::scope::{Held, Method, granted};
use serde_json::json;

use crate::closed::taken;
use crate::samples::{Opened, fixture, greeting, instance, listing, open, own, strings, value, words};

#[test]
fn the_challenge_is_written() {
    let ours = taken(&encode_challenge("n-1", Millis(1_795_174_352_901)));
    assert_eq!(ours, value(&fixture("connect_challenge.json")));
}

#[test]
fn the_clients_first_frame_is_read() {
    let Opened { id, protocol, role, connect } = open(&fixture("connect.json")).unwrap();
    assert_eq!((id.as_str(), protocol, role), ("debd…", Protocol::V3, Role::Operator));
    assert_eq!(connect.scopes, strings(&["operator.admin", "operator.approvals", "operator.pairing"]));
    let device = connect.device.as_ref().unwrap();
    assert_eq!((device.nonce.as_deref(), device.signed_at), (Some("n-1"), Millis(1_795_174_352_907)));
    assert_eq!(connect.auth.credential(), None);

    let hello = connect.hello(role, granted(protocol, role, &connect.scopes, Held::All));
    assert_eq!((hello.instance_id, hello.alias), (Some(instance("2484…")), Some(instance("aa75…"))));
    assert_eq!((&hello.info.host, &hello.info.mode), (&words("cli"), &words("cli")));
    assert_eq!(hello.info.scopes, connect.scopes);
    assert!(!hello.info.is_listed());
}

#[test]
fn the_hello_is_written() {
    let ours = encode_hello("debd…", &greeting(Protocol::V3, &[]), &listing(vec![own()]));
    let mut recorded = value(&fixture("hello_ok.json"));
    // The recorded server served less.
    recorded["payload"]["features"] = json!({ "methods": METHODS, "events": EVENTS });
    assert_eq!(taken(&ours), recorded);
}

#[test]
fn the_question_is_read_and_answered() {
    let request = Request::read(&fixture("system_presence.json")).unwrap();
    let scopes = strings(&["operator.admin"]);
    let method = Method::authorized(&request.method, Protocol::V3, Role::Operator, &scopes).unwrap();
    assert_eq!((request.id.as_str(), method), ("e43f…", Method::SystemPresence));
    let ours = encode_listed(&request.id, Protocol::V3, &listing(vec![own()]));
    assert_eq!(taken(&ours), value(&fixture("system_presence_answer.json")));
}
