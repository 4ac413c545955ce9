//! The params of `system-event`: what a client reports of itself, or of a device that has no socket here.
//!
//! Fields that describe are taken as far as they can be: one of a wrong type is passed over, as the originals
//! do. What is too long to keep is refused by name.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::beacon::Beacon;
use crate::hash::fnv1a;
use crate::id::InstanceId;
use crate::instance::{ClientInfo, Reason};
use crate::limit::{MAX_LIST, MAX_TEXT_BYTES};
use crate::time::Millis;
use crate::wire::gateway::error::GatewayError;
use crate::wire::gateway::protocol::{Protocol, SYSTEM_EVENT};
use crate::wire::gateway::text::NodeLine;

/// How much of a text names whom it is about when nothing else does, in characters.
const NAME_CHARS: usize = 64;

pub fn read_beacon(protocol: Protocol, params: Option<&Value>) -> Result<Beacon, GatewayError> {
    let none = Map::new();
    let report = Report(params.and_then(Value::as_object).unwrap_or(&none));
    let text = report.words("text")?.ok_or_else(|| without_text(protocol))?;
    let line = NodeLine::parse(&text);
    let said = |part: fn(&NodeLine<'_>) -> String| line.as_ref().map(part);

    let device = report.id("deviceId");
    let input_ago = report.seconds("lastInputSeconds").or_else(|| line.map(|line| Millis::seconds(line.input_seconds)));
    Ok(Beacon {
        about: device.clone().or_else(|| report.id("instanceId")),
        otherwise: name(&text, line),
        ip: report.words("ip")?.or_else(|| said(|line| line.ip.to_owned())),
        reason: report
            .words("reason")?
            .or_else(|| said(|line| line.reason.to_owned()))
            .map(|text| Reason::from(&*text)),
        input_ago,
        info: ClientInfo {
            host: report.words("host")?.or_else(|| said(|line| line.host.to_owned())),
            version: report.words("version")?.or_else(|| said(|line| line.version.to_owned())),
            platform: report.words("platform")?,
            device_family: report.words("deviceFamily")?,
            model_identifier: report.words("modelIdentifier")?,
            mode: report.words("mode")?.or_else(|| said(|line| line.mode.to_owned())),
            device_id: device.map(|device| device.as_str().to_owned()),
            tags: report.list("tags")?,
            roles: report.list("roles")?,
            scopes: report.list("scopes")?,
            client_id: None,
            agent_id: None,
            text: Some(text),
        },
    })
}

fn without_text(protocol: Protocol) -> GatewayError {
    match protocol {
        Protocol::V3 => GatewayError::invalid("text required"),
        Protocol::V4 => invalid("must have required property 'text'"),
    }
}

fn invalid(why: &str) -> GatewayError {
    GatewayError::invalid(format!("invalid {SYSTEM_EVENT} params: {why}"))
}

/// What an instance is called that a text is about, when the text says no more.
fn name(text: &str, line: Option<NodeLine<'_>>) -> InstanceId {
    let start = text.char_indices().nth(NAME_CHARS).map_or(text, |(end, _)| &text[..end]);
    // Hosts are compared without case, other texts are not.
    let name = line.map_or_else(|| start.to_owned(), |line| line.host.to_lowercase());
    InstanceId::of_checked(opaque(&name).into())
}

/// A name for somebody called so that does not say it: everybody hears of ids, and of hosts and addresses not
/// everybody may.
fn opaque(name: &str) -> String {
    format!("reported-{:016x}", fnv1a(name.as_bytes()))
}

struct Report<'a>(&'a Map<String, Value>);

impl Report<'_> {
    fn words(&self, name: &str) -> Result<Option<String>, GatewayError> {
        let Some(text) = self.0.get(name).and_then(Value::as_str).map(str::trim) else { return Ok(None) };
        if text.len() > MAX_TEXT_BYTES {
            return Err(too_long(name));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// What cannot be an id names nobody.
    fn id(&self, name: &str) -> Option<InstanceId> {
        self.0.get(name).and_then(Value::as_str).and_then(|text| InstanceId::parse(text.trim()).ok())
    }

    /// A list with anything else among its texts is none.
    fn list(&self, name: &str) -> Result<Vec<String>, GatewayError> {
        let items = self.0.get(name).and_then(Value::as_array);
        let texts = items.and_then(|items| items.iter().map(Value::as_str).collect::<Option<Vec<&str>>>());
        let texts: Vec<&str> =
            texts.unwrap_or_default().into_iter().map(str::trim).filter(|text| !text.is_empty()).collect();
        if texts.len() > MAX_LIST {
            return Err(invalid(&format!("at /{name}: must have at most {MAX_LIST} items")));
        }
        if texts.iter().any(|text| text.len() > MAX_TEXT_BYTES) {
            return Err(too_long(name));
        }
        Ok(texts.into_iter().map(str::to_owned).collect())
    }

    fn seconds(&self, name: &str) -> Option<Millis> {
        let seconds = self.0.get(name).and_then(Value::as_f64).filter(|seconds| *seconds >= 0.0)?;
        // The cast saturates: who has been quiet for longer than time itself is just very quiet.
        Some(Millis((seconds * 1_000.0) as u64))
    }
}

fn too_long(name: &str) -> GatewayError {
    invalid(&format!("at /{name}: must have at most {MAX_TEXT_BYTES} bytes"))
}
