//! Rows of the list as gateway clients know them. What is not known of a row is left out, never empty.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::event::Listing;
use crate::id::UserId;
use crate::instance::{ClientInfo, Instance, is_loopback};
use crate::time::Millis;
use crate::wire::gateway::protocol::Protocol;
use crate::wire::gateway::text::{node_text, own_text};

/// All that clients of protocol 3 know: one more key, and they drop the whole frame.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_family: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_identifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_input_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    text: Cow<'a, str>,
    ts: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<Cow<'a, str>>,
}

impl<'a> Entry<'a> {
    fn new(instance: &'a Instance, now: Millis) -> Self {
        let Instance { info, ip, .. } = instance;
        let ClientInfo { host, version, mode, .. } = info;
        let [host, ip, version, mode] = [host, ip, version, mode].map(filled);
        // Loopback only says that the client is on this machine, or behind a tunnel.
        let ip = ip.filter(|ip| !is_loopback(ip));
        let text = filled(&info.text).map_or_else(
            || Cow::Owned(if instance.is_own() { own_text(host, ip, version) } else { node_text(host, mode) }),
            Cow::Borrowed,
        );
        Self {
            host,
            ip,
            version,
            platform: filled(&info.platform),
            device_family: filled(&info.device_family),
            model_identifier: filled(&info.model_identifier),
            mode,
            last_input_seconds: instance.last_input_seconds(now),
            reason: Some(instance.reason.as_str()).filter(|text| !text.is_empty()),
            tags: all_filled(&info.tags),
            text,
            ts: instance.ts,
            device_id: filled(&info.device_id),
            roles: all_filled(&info.roles),
            scopes: all_filled(&info.scopes),
            instance_id: None,
        }
    }

    /// What a client keys the row by that has no id.
    fn fallback(&self) -> &str {
        self.host.or(self.ip).unwrap_or(&self.text)
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn all_filled(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).filter(|text| !text.is_empty()).collect()
}

/// The rows of a list, no two of which have the same id: some clients end when two have, and they know of no
/// users. Of several users with one id, the first by name keeps it and the others' names are put behind theirs,
/// so that an id stays with its row however the rows are ordered.
pub(crate) fn entries(protocol: Protocol, listing: &Listing) -> Vec<Entry<'_>> {
    let mut rows: Vec<Entry<'_>> = listing.entries.iter().map(|row| Entry::new(row, listing.now)).collect();
    // Protocol 3 knows the server's own row by its host.
    let is_nameless = |row: &Instance| protocol == Protocol::V3 && row.is_own();

    let mut keepers: BTreeMap<&str, &UserId> = BTreeMap::new();
    for row in listing.entries.iter().filter(|row| !is_nameless(row)) {
        let keeper = keepers.entry(row.instance_id.as_str()).or_insert(&row.user_id);
        *keeper = (*keeper).min(&row.user_id);
    }
    let nameless = listing.entries.iter().zip(&rows).filter(|(row, _)| is_nameless(row));
    let mut taken: BTreeSet<String> = nameless.map(|(_, entry)| entry.fallback().into()).collect();

    let is_keeper = |row: &Instance| keepers.get(row.instance_id.as_str()) == Some(&&row.user_id);
    for wants_plain in [true, false] {
        for (row, entry) in listing.entries.iter().zip(&mut rows) {
            if is_nameless(row) || is_keeper(row) != wants_plain {
                continue;
            }
            let plain = row.instance_id.as_str();
            let mut id =
                if wants_plain { Cow::Borrowed(plain) } else { Cow::Owned(format!("{plain}@{}", row.user_id)) };
            while !taken.insert((*id).into()) {
                id = Cow::Owned(format!("{id}@{}", row.user_id));
            }
            entry.instance_id = Some(id);
        }
    }
    rows
}
