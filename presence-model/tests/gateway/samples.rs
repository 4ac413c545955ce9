//! Rows, clients and the recorded exchange.

use std::path::PathBuf;
use std::sync::Arc;

use presence_model::event::Listing;
use presence_model::id::{ConnectionId, InstanceId, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::time::Millis;
use presence_model::wire::gateway::connect::Connect;
use presence_model::wire::gateway::frame::{Request, encode_error};
use presence_model::wire::gateway::handshake::HandshakeFailure;
use presence_model::wire::gateway::hello::Greeting;
use presence_model::wire::gateway::protocol::{CONNECT, Policy, Protocol, Role, TICK_EVERY};
use serde_json::{Value, json};

use crate::closed::taken;

/// When the recorded gateway wrote its list.
pub(crate) const NOW: Millis = Millis(1_795_174_352_913);

/// An example as it stands in the file.
pub(crate) fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gateway");
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(crate) fn instance(id: &str) -> InstanceId {
    InstanceId::parse(id).unwrap()
}

/// The least that a client says.
pub(crate) fn params() -> Value {
    json!({
        "minProtocol": 3,
        "maxProtocol": 4,
        "client": { "id": "webchat-ui", "version": "2", "platform": "web", "mode": "webchat" },
    })
}

pub(crate) fn connect(params: &Value) -> Connect {
    Connect::read(Some(params)).unwrap()
}

#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) id: String,
    pub(crate) protocol: Protocol,
    pub(crate) role: Role,
    pub(crate) connect: Connect,
}

/// What a server makes of the first frame, before it looks at who the client is; with the request's id where
/// it has one.
pub(crate) fn open(frame: &str) -> Result<Opened, (Option<String>, HandshakeFailure)> {
    let request = Request::read(frame).map_err(|bad| (None, (&bad).into()))?;
    let judged = || {
        if request.method != CONNECT {
            return Err(HandshakeFailure::OtherMethod);
        }
        let connect = Connect::read(request.params.as_ref())?;
        Ok((connect.protocol()?, connect.role()?, connect))
    };
    let id = request.id.clone();
    match judged() {
        Ok((protocol, role, connect)) => Ok(Opened { id, protocol, role, connect }),
        Err(failure) => Err((Some(id), failure)),
    }
}

/// What the request with this id is answered with, as its client takes it.
pub(crate) fn answer(id: &str, failure: &HandshakeFailure) -> Option<Value> {
    failure.error().map(|error| taken(&encode_error(id, &error)))
}

pub(crate) fn row(user: &str, id: &str) -> Instance {
    let user = UserId::parse(user).unwrap();
    let session = SessionId::parse("s").unwrap();
    Instance { sessions: vec![session], ..Instance::new(NOW, user, "Ana".to_owned(), instance(id)) }
}

/// The server's own, as in the recorded exchange.
pub(crate) fn own() -> Instance {
    let info =
        ClientInfo { host: words("fake"), mode: words("gateway"), text: words("Gateway: fake"), ..Default::default() };
    Instance::own(NOW, instance("server-1"), info, words("10.0.0.1"))
}

/// A row with every field that a client may read.
pub(crate) fn full_row() -> Instance {
    Instance {
        info: ClientInfo {
            client_id: words("openclaw-macos"),
            host: words("Anas-MacBook"),
            version: words("2.0"),
            platform: words("macos 26"),
            device_family: words("Mac"),
            model_identifier: words("Mac16,1"),
            mode: words("ui"),
            agent_id: words("main"),
            device_id: words("2484"),
            text: words("Node: Anas-MacBook (192.0.2.7) · app 2.0 · last input 3s ago · mode ui · reason periodic"),
            tags: strings(&["desk"]),
            roles: strings(&["operator"]),
            scopes: strings(&["operator.read"]),
        },
        ip: words("192.0.2.7"),
        status_message: None,
        last_input_at: Some(NOW - Millis(12_900)),
        reason: Reason::Periodic,
        ts: NOW - Millis::seconds(10),
        ..row("ana", "2484")
    }
}

pub(crate) fn listing(entries: Vec<Instance>) -> Listing {
    Listing { version: 1, entries: Arc::new(entries), now: NOW }
}

/// As the recorded gateway greets.
pub(crate) fn greeting(protocol: Protocol, scopes: &[String]) -> Greeting<'_> {
    Greeting {
        protocol,
        role: Role::Operator,
        scopes,
        version: "x",
        connection: ConnectionId(1),
        host: None,
        uptime: Millis(1),
        policy: Policy { max_payload: 524_288, max_buffered_bytes: 1_572_864, tick_every: TICK_EVERY },
    }
}
