//! The three kinds of text frames: a request comes in, a response or an event goes out.
//!
//! Clients of protocol 3 drop a frame with a `null` or with a key they do not know, and then wait for ever:
//! what is absent is left out.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::wire::gateway::error::GatewayError;
use crate::wire::gateway::protocol::StateVersion;
use crate::wire::json::encoded::text;
use crate::wire::json::envelope::{MAX_DEPTH, is_too_deep};
use crate::wire::json::plain;

#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub id: String,
    pub method: String,
    pub params: Option<Value>,
}

/// Why a text frame is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadFrame {
    NotJson,
    /// It is JSON. `id` is the request's, where it has one.
    NotARequest {
        id: Option<String>,
        why: String,
    },
}

/// What a request may hold; `traceparent` since protocol 4.
const KEYS: [&str; 5] = ["type", "id", "method", "params", "traceparent"];

/// How much of a text that a client chose is quoted back, in characters.
const QUOTED: usize = 64;

impl Request {
    pub fn read(frame: &str) -> Result<Self, BadFrame> {
        // Before parsing, since the parser keeps a stack frame for each level.
        if is_too_deep(frame) {
            let why = format!("nested too deep, at most {MAX_DEPTH} levels are read");
            return Err(BadFrame::NotARequest { id: None, why });
        }
        let Ok(value) = plain::parse(frame) else { return Err(BadFrame::NotJson) };
        let Value::Object(mut fields) = value else {
            return Err(BadFrame::NotARequest { id: None, why: "must be object".to_owned() });
        };
        if let Err(why) = check(&fields) {
            return Err(BadFrame::NotARequest { id: filled(&fields, "id").map(str::to_owned), why });
        }
        let mut taken = |name| match fields.remove(name) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (id, method) = (taken("id"), taken("method"));
        Ok(Self { id, method, params: fields.remove("params") })
    }
}

fn check(fields: &Map<String, Value>) -> Result<(), String> {
    for name in ["type", "id", "method"] {
        if !fields.contains_key(name) {
            return Err(format!("must have required property '{name}'"));
        }
    }
    if let Some(extra) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("at root: unexpected property '{}'", quoted(extra)));
    }
    if fields.get("type").and_then(Value::as_str) != Some("req") {
        return Err("at /type: must be equal to constant".to_owned());
    }
    for name in ["id", "method"] {
        match fields.get(name) {
            Some(Value::String(text)) if !text.is_empty() => {}
            Some(Value::String(_)) => return Err(format!("at /{name}: must NOT have fewer than 1 characters")),
            _ => return Err(format!("at /{name}: must be string")),
        }
    }
    if fields.get("traceparent").is_some_and(|value| !value.is_string()) {
        return Err("at /traceparent: must be string".to_owned());
    }
    Ok(())
}

fn filled<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The beginning of a text that a client chose.
pub(crate) fn quoted(text: &str) -> &str {
    text.char_indices().nth(QUOTED).map_or(text, |(end, _)| &text[..end])
}

/// What a bad frame is answered with once the client has connected; `None`: nothing at all.
pub fn encode_bad_frame(bad: &BadFrame) -> Option<String> {
    let BadFrame::NotARequest { id, why } = bad else { return None };
    let error = GatewayError::invalid(format!("invalid request frame: {why}"));
    Some(encode_error(id.as_deref().unwrap_or("invalid"), &error))
}

#[derive(Serialize)]
struct Response<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a P>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a GatewayError>,
}

pub(crate) fn encode_ok(id: &str, payload: &impl Serialize) -> String {
    text(&Response { kind: "res", id, ok: true, payload: Some(payload), error: None })
}

pub fn encode_error(id: &str, error: &GatewayError) -> String {
    text(&Response::<()> { kind: "res", id, ok: false, payload: None, error: Some(error) })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    event: &'static str,
    payload: &'a P,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_version: Option<StateVersion>,
}

/// An event encoded once for all who hear of it. Only its number differs from socket to socket, and that
/// stands last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBody {
    /// The frame without its closing brace.
    open: String,
}

impl EventBody {
    pub(crate) fn new(event: &'static str, payload: &impl Serialize, state_version: Option<StateVersion>) -> Self {
        let mut open = text(&Event { kind: "event", event, payload, state_version });
        open.pop();
        Self { open }
    }

    /// The frame for a socket that counts what it is told.
    pub fn with_seq(&self, seq: u64) -> String {
        self.pieces(seq).concat()
    }

    /// The same as what all sockets share, and the rest.
    pub fn pieces(&self, seq: u64) -> [Cow<'_, str>; 2] {
        [Cow::Borrowed(&self.open), Cow::Owned(format!(",\"seq\":{seq}}}"))]
    }

    /// The frame for one that does not count yet.
    pub(crate) fn without_seq(&self) -> String {
        format!("{}}}", self.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_cut_between_letters() {
        assert_eq!(quoted("short"), "short");
        assert_eq!(quoted(&"ä".repeat(1_000)), "ä".repeat(QUOTED));
    }

    #[test]
    fn an_event_may_have_a_number() {
        let body = EventBody::new("tick", &serde_json::json!({ "ts": 7 }), None);
        for (frame, seq) in [(body.with_seq(3), Some(3)), (body.without_seq(), None)] {
            let value: Value = serde_json::from_str(&frame).unwrap();
            assert_eq!(value["seq"].as_u64(), seq);
            assert_eq!(value["payload"]["ts"], 7);
        }
    }
}
