//! One installed client in the list of who is here: the record, and how reports of it merge
//! (`CONTRACT.md` 2).

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{InstanceId, InstanceKey, InstanceName, SessionId, UserId};
use crate::limit::{MAX_LIST, MAX_TEXT_BYTES};
use crate::refusal::Refusal;
use crate::status::{Liveness, Status, Thresholds};
use crate::time::Millis;

/// An enum that describes the sender: values we do not know are kept as they were written.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $( $variant:ident = $text:literal, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $( $variant, )* Other(String) }

        impl $name {
            pub fn as_str(&self) -> &str {
                match self { $( Self::$variant => $text, )* Self::Other(text) => text }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text { $( $text => Self::$variant, )* other => Self::Other(other.to_owned()) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// What kind of program an instance is.
    Mode {
        Ui = "ui", Webchat = "webchat", Cli = "cli", Node = "node",
        Backend = "backend", Probe = "probe", Test = "test", Gateway = "gateway",
    }
}

open_enum! {
    /// What made the newest change of an entry.
    Reason {
        Own = "self", Connect = "connect", NodeConnected = "node-connected",
        Periodic = "periodic", Disconnect = "disconnect",
    }
}

/// What a client says of itself. Display only: nothing here grants anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    pub client_id: Option<String>,
    pub host: Option<String>,
    pub version: Option<String>,
    pub platform: Option<String>,
    pub device_family: Option<String>,
    pub model_identifier: Option<String>,
    /// A [`Mode`] as text, so that new modes pass through old code.
    pub mode: Option<String>,
    pub agent_id: Option<String>,
    /// The device that the client runs on, if it has an identity of its own.
    pub device_id: Option<String>,
    /// The line that gateway clients write about themselves.
    pub text: Option<String>,
    pub tags: Vec<String>,
    pub roles: Vec<String>,
    pub scopes: Vec<String>,
}

impl ClientInfo {
    fn texts(&mut self) -> [(&'static str, &mut Option<String>); 10] {
        [
            ("id", &mut self.client_id),
            ("host", &mut self.host),
            ("version", &mut self.version),
            ("platform", &mut self.platform),
            ("deviceFamily", &mut self.device_family),
            ("modelIdentifier", &mut self.model_identifier),
            ("mode", &mut self.mode),
            ("agentId", &mut self.agent_id),
            ("deviceId", &mut self.device_id),
            ("text", &mut self.text),
        ]
    }

    /// Trims every text and drops blank ones; refuses what is too long to keep.
    pub fn checked(mut self, message: &str) -> Result<Self, Refusal> {
        for (field, text) in self.texts() {
            check_text(message, field, text)?;
        }
        for (field, list) in [("roles", &mut self.roles), ("scopes", &mut self.scopes), ("tags", &mut self.tags)] {
            if list.len() > MAX_LIST {
                return Err(Refusal::bad_field(message, field, &format!("have at most {MAX_LIST} items")));
            }
            for item in list.iter_mut() {
                *item = item.trim().to_owned();
                if item.len() > MAX_TEXT_BYTES {
                    return Err(too_long(message, field));
                }
            }
            list.retain(|item| !item.is_empty());
        }
        Ok(self)
    }

    /// A later report replaces what it names, and keeps what it leaves out; roles and scopes unite.
    pub fn merge(&mut self, later: Self) {
        let Self { client_id, host, version, platform, device_family, model_identifier, mode, .. } = self;
        let Self { agent_id, device_id, text, .. } = self;
        for (kept, new) in [
            (client_id, later.client_id),
            (host, later.host),
            (version, later.version),
            (platform, later.platform),
            (device_family, later.device_family),
            (model_identifier, later.model_identifier),
            (mode, later.mode),
            (agent_id, later.agent_id),
            (device_id, later.device_id),
            (text, later.text),
        ] {
            if new.is_some() {
                *kept = new;
            }
        }
        if !later.tags.is_empty() {
            self.tags = later.tags;
        }
        unite(&mut self.roles, later.roles);
        unite(&mut self.scopes, later.scopes);
    }

    /// Command-line tools are served but not listed: they come and go too fast to be news.
    pub fn is_listed(&self) -> bool {
        !self.mode.as_deref().is_some_and(|mode| mode.trim().eq_ignore_ascii_case(Mode::Cli.as_str()))
    }
}

/// Trims a text, drops a blank one, refuses one that is too long to keep.
pub fn check_text(message: &str, field: &str, text: &mut Option<String>) -> Result<(), Refusal> {
    let Some(given) = text else { return Ok(()) };
    let trimmed = given.trim();
    if trimmed.len() > MAX_TEXT_BYTES {
        return Err(too_long(message, field));
    }
    *text = (!trimmed.is_empty()).then(|| trimmed.to_owned());
    Ok(())
}

fn too_long(message: &str, field: &str) -> Refusal {
    Refusal::bad_field(message, field, &format!("have at most {MAX_TEXT_BYTES} bytes"))
}

/// Set union in order of first sight.
fn unite(kept: &mut Vec<String>, later: Vec<String>) {
    for item in later {
        if kept.len() < MAX_LIST && !kept.contains(&item) {
            kept.push(item);
        }
    }
}

/// Whether an address tells where a client is: loopback only says that something stands between.
pub fn is_loopback(ip: &str) -> bool {
    ip.parse::<core::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// One row of the list of who is here. Whether its client is connected, only reported, or gone is read from
/// the record itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub instance_id: InstanceId,
    pub user_id: UserId,
    /// The user's name as the token gives it.
    pub name: String,
    pub info: ClientInfo,
    pub ip: Option<String>,
    pub status: Status,
    /// What the person says of it.
    pub status_message: Option<Arc<str>>,
    pub liveness: Liveness,
    /// When the person last touched anything, by the server's clock.
    pub last_input_at: Option<Millis>,
    pub reason: Reason,
    /// Newest life sign, by the server's clock. Never moves back.
    pub ts: Millis,
    /// The sessions (tabs) that make up this entry, oldest first.
    pub sessions: Vec<SessionId>,
}

impl Instance {
    /// A row of which nothing is known yet but whose it is.
    pub fn new(now: Millis, user_id: UserId, name: String, instance_id: InstanceId) -> Self {
        Self {
            instance_id,
            user_id,
            name,
            info: ClientInfo::default(),
            ip: None,
            status: Status::Active,
            status_message: None,
            liveness: Liveness::Connected,
            last_input_at: None,
            reason: Reason::Connect,
            ts: now,
            sessions: Vec::new(),
        }
    }

    /// The server's own. Its user has no name that a token could give, so that nobody's report is about it.
    pub fn own(now: Millis, instance_id: InstanceId, info: ClientInfo, ip: Option<String>) -> Self {
        let nobody = UserId::of_checked("".into());
        let name = Mode::Gateway.as_str().to_owned();
        Self { info, ip, reason: Reason::Own, ..Self::new(now, nobody, name, instance_id) }
    }

    pub fn is_own(&self) -> bool {
        self.user_id.as_str().is_empty()
    }

    /// Whether sessions stand behind it.
    pub const fn is_living(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Whether its last session ended, and nobody told of it since.
    pub fn has_left(&self) -> bool {
        self.liveness == Liveness::Gone
    }

    /// Whether others alone tell of it.
    pub fn is_reported(&self) -> bool {
        !self.is_living() && !self.has_left() && !self.is_own()
    }

    pub fn key(&self) -> InstanceKey {
        InstanceKey::new(&self.user_id, &self.instance_id)
    }

    pub fn written_name(&self) -> InstanceName {
        InstanceName { user: self.user_id.clone(), instance: self.instance_id.clone() }
    }

    /// As other people's browsers may see it: not from where it connects, nor on which machine. The line that
    /// gateway clients write names both.
    pub fn without_addresses(&self) -> Self {
        let info = ClientInfo { host: None, text: None, ..self.info.clone() };
        Self { ip: None, info, ..self.clone() }
    }

    /// Takes over a later report of the same instance.
    pub fn merge(&mut self, now: Millis, info: ClientInfo, ip: Option<String>, reason: Option<Reason>) {
        self.info.merge(info);
        if let Some(ip) = ip
            && (self.ip.is_none() || !is_loopback(&ip))
        {
            self.ip = Some(ip);
        }
        if let Some(reason) = reason {
            self.reason = reason;
        }
        self.ts = self.ts.max(now);
    }

    /// Its last session ended.
    pub fn leave(&mut self, now: Millis) {
        self.sessions.clear();
        self.status = Status::Offline;
        self.status_message = None;
        self.liveness = Liveness::Gone;
        self.reason = Reason::Disconnect;
        self.ts = self.ts.max(now);
    }

    /// Whole seconds since the last input, grown to `now`.
    pub fn last_input_seconds(&self, now: Millis) -> Option<u64> {
        let quiet = now.since(self.last_input_at?).0;
        // Readers compare whole seconds, and the status is told in between: they must come to the same one.
        let Thresholds { idle_after, away_after, .. } = Thresholds::default();
        let is_just_past = |after: Millis| quiet > after.0 && quiet / 1_000 * 1_000 <= after.0;
        Some(quiet / 1_000 + u64::from(is_just_past(idle_after) || is_just_past(away_after)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_never_overwrites_an_address() {
        assert!(is_loopback("127.0.0.9") && is_loopback("::1") && is_loopback("::ffff:127.0.0.1"));
        assert!(!is_loopback("10.0.0.1") && !is_loopback("nonsense"));
    }

    #[test]
    fn long_texts_are_refused_by_name() {
        let info = ClientInfo { host: Some("h".repeat(10_000)), ..ClientInfo::default() };
        let refusal = info.checked("connect").unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("host"));
        assert_eq!(refusal.message, "connect: `host` must have at most 256 bytes");
    }
}
