//! Kleoz' list of who is here.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::event::InstanceChange;
use crate::id::{InstanceId, SessionKey};
use crate::instance::{Instance, Mode};
use crate::status::{Liveness, Status};
use crate::time::Millis;
use crate::wire::json::encoded::Encoded;
use crate::wire::json::time::Iso;

/// One row. The four texts that Kleoz calls required are there even when empty; others only when known.
/// From `agentId` on the fields are not on Kleoz' page (`CONTRACT.md` 0 and 2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry<'a> {
    instance_id: &'a str,
    host: &'a str,
    ip: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_family: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_identifier: Option<&'a str>,
    mode: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    roles: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    last_input_seconds: Option<u64>,
    reason: &'a str,
    ts: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    liveness: Liveness,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    user_id: &'a str,
    name: &'a str,
    /// How many tabs make up the row.
    sessions: usize,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(instance: &'a Instance, now: Millis) -> Self {
        let Instance { instance_id, user_id, name, info, ip, .. } = instance;
        Self {
            instance_id: instance_id.as_str(),
            host: info.host.as_deref().unwrap_or_default(),
            ip: ip.as_deref().unwrap_or_default(),
            version: info.version.as_deref().unwrap_or_default(),
            platform: info.platform.as_deref(),
            device_family: info.device_family.as_deref(),
            model_identifier: info.model_identifier.as_deref(),
            mode: info.mode.as_deref().unwrap_or(Mode::Webchat.as_str()),
            roles: &info.roles,
            scopes: &info.scopes,
            last_input_seconds: instance.last_input_seconds(now),
            reason: instance.reason.as_str(),
            ts: instance.ts,
            agent_id: info.agent_id.as_deref(),
            device_id: info.device_id.as_deref(),
            tags: &info.tags,
            text: info.text.as_deref(),
            liveness: instance.liveness,
            status: instance.status,
            status_message: instance.status_message.as_deref(),
            user_id: user_id.as_str(),
            name,
            sessions: instance.sessions.len(),
        }
    }

    pub(crate) fn all(instances: &'a [Instance], now: Millis) -> Vec<Self> {
        instances.iter().map(|instance| Self::new(instance, now)).collect()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    entries: Vec<Entry<'a>>,
    state_version: u64,
    /// Said only when it is so: living entries beyond the list's limit are not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Joined<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    entry: Entry<'a>,
    state_version: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Left<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    instance_id: &'a str,
    /// Whose: two users may have chosen the same id.
    user_id: &'a str,
    state_version: u64,
}

/// Who types in a conversation now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Typing<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    session_key: &'a str,
    /// Instances, since Kleoz' page looks for them among the entries; the name is the page's.
    user_ids: Vec<&'a str>,
    timestamp: Iso,
}

/// The list as an answer.
pub(crate) const SNAPSHOT: &str = "presence.snapshot";
/// The list because it changed.
pub(crate) const UPDATED: &str = "presence.updated";

/// The list always goes out whole: right for readers that replace theirs and for readers that merge.
pub(crate) fn list(kind: &'static str, version: u64, entries: &[Instance], truncated: bool, now: Millis) -> Encoded {
    Encoded::new(&List {
        kind,
        entries: Entry::all(entries, now),
        state_version: version,
        truncated: truncated.then_some(true),
    })
}

/// `None` for an entry that changed: JSON readers get the whole list instead.
pub(crate) fn changed(version: u64, change: &InstanceChange, now: Millis) -> Option<Encoded> {
    match change {
        InstanceChange::Joined(instance) => Some(Encoded::new(&Joined {
            kind: "presence.joined",
            entry: Entry::new(instance, now),
            state_version: version,
        })),
        InstanceChange::Left { user_id, instance_id } => Some(Encoded::new(&Left {
            kind: "presence.left",
            instance_id: instance_id.as_str(),
            user_id: user_id.as_str(),
            state_version: version,
        })),
        InstanceChange::Updated(_) => None,
    }
}

pub(crate) fn typing(key: &SessionKey, instances: &[InstanceId], now: Millis) -> Encoded {
    let user_ids = instances.iter().map(InstanceId::as_str).collect();
    Encoded::new(&Typing { kind: "session.typing", session_key: key.as_str(), user_ids, timestamp: Iso(now) })
}
