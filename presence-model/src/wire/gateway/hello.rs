//! The answer to `connect`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::event::Listing;
use crate::id::ConnectionId;
use crate::time::Millis;
use crate::wire::gateway::entry::{Entry, entries};
use crate::wire::gateway::frame::encode_ok;
use crate::wire::gateway::protocol::{EVENTS, METHODS, Policy, Protocol, Role, StateVersion};

/// What the server knows of the socket and of itself.
#[derive(Clone, Copy, Debug)]
pub struct Greeting<'a> {
    pub protocol: Protocol,
    pub role: Role,
    /// Those that were granted.
    pub scopes: &'a [String],
    pub version: &'a str,
    pub connection: ConnectionId,
    /// The machine's name, where it may be told.
    pub host: Option<&'a str>,
    pub uptime: Millis,
    pub policy: Policy,
}

#[derive(Serialize)]
struct HelloOk<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    protocol: u64,
    server: Server<'a>,
    features: Features,
    snapshot: Snapshot<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Auth<'a>>,
    policy: Policy,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Server<'a> {
    version: &'a str,
    conn_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

#[derive(Serialize)]
struct Features {
    methods: [&'static str; METHODS.len()],
    events: [&'static str; EVENTS.len()],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    presence: Vec<Entry<'a>>,
    health: Health,
    state_version: StateVersion,
    uptime_ms: Millis,
}

/// Some clients want an object; none reads anything of it that this server knows.
#[derive(Serialize)]
struct Health {}

#[derive(Serialize)]
struct Auth<'a> {
    role: &'static str,
    scopes: &'a [String],
}

/// Protocol 3 gets no `auth`: its clients would take it for a token of their device, and come back with that.
pub fn encode_hello(id: &str, greeting: &Greeting<'_>, listing: &Listing) -> String {
    let Greeting { protocol, role, scopes, version, connection, host, uptime, policy } = *greeting;
    let is_v3 = protocol == Protocol::V3;
    encode_ok(
        id,
        &HelloOk {
            kind: "hello-ok",
            protocol: protocol.number(),
            server: Server {
                version,
                conn_id: connection.to_string(),
                host: host.filter(|host| is_v3 && !host.is_empty()),
            },
            features: Features { methods: METHODS, events: EVENTS },
            snapshot: Snapshot {
                presence: entries(protocol, listing),
                health: Health {},
                state_version: StateVersion::new(listing.version),
                uptime_ms: uptime,
            },
            auth: (!is_v3).then(|| Auth { role: role.as_str(), scopes }),
            policy,
        },
    )
}
