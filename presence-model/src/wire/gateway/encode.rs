//! What the hub tells, and what the server says by itself, once a client has connected.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::event::Listing;
use crate::time::Millis;
use crate::wire::gateway::entry::{Entry, entries};
use crate::wire::gateway::frame::{EventBody, encode_ok};
use crate::wire::gateway::protocol::{PRESENCE, Protocol, SHUTDOWN, StateVersion, TICK};

#[derive(Serialize)]
struct Presence<'a> {
    presence: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Taken {
    ok: bool,
}

#[derive(Serialize)]
struct Tick {
    ts: Millis,
}

#[derive(Serialize)]
struct Shutdown<'a> {
    reason: &'a str,
    #[serde(rename = "restartExpectedMs", skip_serializing_if = "Option::is_none")]
    restart_expected: Option<Millis>,
}

/// The list changed: it goes out whole.
pub fn presence_event(protocol: Protocol, listing: &Listing) -> EventBody {
    let payload = Presence { presence: entries(protocol, listing) };
    EventBody::new(PRESENCE, &payload, Some(StateVersion::new(listing.version)))
}

/// The answer to `system-presence`: the bare list.
pub fn encode_listed(id: &str, protocol: Protocol, listing: &Listing) -> String {
    encode_ok(id, &entries(protocol, listing))
}

/// The answer to `system-event`.
pub fn encode_beacon_taken(id: &str) -> String {
    encode_ok(id, &Taken { ok: true })
}

pub fn tick_event(now: Millis) -> EventBody {
    EventBody::new(TICK, &Tick { ts: now }, None)
}

/// The last event before the close.
pub fn shutdown_event(reason: &str, restart_expected: Option<Millis>) -> EventBody {
    EventBody::new(SHUTDOWN, &Shutdown { reason, restart_expected }, None)
}
