//! Bodies of HTTP answers.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Serialize;

use crate::agent::{AgentRecord, FeatureStatus};
use crate::id::{FeatureId, UserId};
use crate::instance::Instance;
use crate::refusal::Refusal;
use crate::time::Millis;
use crate::wire::json::answer::ErrorBody;
use crate::wire::json::encoded::text;
use crate::wire::json::feeds::AgentPresence;
use crate::wire::json::presence::Entry;
use crate::wire::json::time::Iso;

/// `GET /api/presence` in one form for the readers of two originals: Kleoz reads `entries`, HtmlGraph `agents`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceBody<'a> {
    entries: Vec<Entry<'a>>,
    agents: Vec<AgentPresence<'a>>,
    /// Seconds.
    gateway_uptime: u64,
    state_version: u64,
    /// Said only when it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    /// A number here, in milliseconds, as Kleoz' page has it.
    timestamp: Millis,
}

#[derive(Serialize)]
struct Failure<'a> {
    error: ErrorBody<'a>,
}

pub fn presence_body(
    entries: &[Instance],
    agents: &[Arc<AgentRecord>],
    (version, truncated): (u64, bool),
    uptime_seconds: u64,
    now: Millis,
) -> String {
    text(&PresenceBody {
        entries: Entry::all(entries, now),
        agents: agents.iter().map(|agent| AgentPresence::from(&**agent)).collect(),
        gateway_uptime: uptime_seconds,
        state_version: version,
        truncated: truncated.then_some(true),
        timestamp: now,
    })
}

/// What `GET /api/stats` answers (`CONTRACT.md` 5).
#[derive(Serialize)]
pub struct Stats {
    /// Sockets that are open.
    pub connected: i64,
    /// Those of them that said who they are.
    pub authenticated: usize,
    pub sessions: usize,
    pub users: usize,
    pub rooms: usize,
    /// Programs that ever reported what they do, as far as they are known.
    pub agents: usize,
    /// Seconds since the server started.
    pub uptime: u64,
}

pub fn stats_body(stats: &Stats) -> String {
    text(stats)
}

/// What became of an agent's events.
pub fn reported_body(record: &AgentRecord, counted: usize, repeated: usize) -> String {
    #[derive(Serialize)]
    struct Reported<'a> {
        success: bool,
        agent_id: &'a str,
        counted: usize,
        /// Those that had come before, by their keys.
        repeated: usize,
        presence: AgentPresence<'a>,
    }
    let agent_id = record.agent.as_str();
    text(&Reported { success: true, agent_id, counted, repeated, presence: record.into() })
}

/// One agent, as HtmlGraph's server answers.
pub fn agent_body(record: &AgentRecord) -> String {
    text(&AgentPresence::from(record))
}

/// What became of a feature's status, as HtmlGraph's page has it.
pub fn feature_body(
    feature: &FeatureId,
    old: Option<FeatureStatus>,
    new: FeatureStatus,
    told: usize,
    now: Millis,
) -> String {
    #[derive(Serialize)]
    struct Changed<'a> {
        success: bool,
        feature_id: &'a str,
        old_status: Option<&'static str>,
        new_status: &'static str,
        clients_notified: usize,
        timestamp: Iso,
    }
    text(&Changed {
        success: true,
        feature_id: feature.as_str(),
        old_status: old.map(|old| old.name()),
        new_status: new.name(),
        clients_notified: told,
        timestamp: Iso(now),
    })
}

/// What became of a message to people. `id` is its own where it may have been given one here.
pub fn told_body(told: usize, kept: usize, id: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        success: bool,
        told: usize,
        kept: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
    }
    text(&Told { success: true, told, kept, id })
}

/// When a user was here last, as far as that is known.
pub fn last_seen_body(user: &UserId, at: Option<Millis>, is_online: bool) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Seen<'a> {
        user_id: &'a str,
        last_seen: Option<Iso>,
        online: bool,
    }
    text(&Seen { user_id: user.as_str(), last_seen: at.map(Iso), online: is_online })
}

/// The body beside an HTTP status of 400 and above.
pub fn error_body(refusal: &Refusal) -> String {
    text(&Failure { error: refusal.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;
    use serde_json::{Value, json};

    #[test]
    fn an_empty_list_is_still_a_list() {
        let body: Value = serde_json::from_str(&presence_body(&[], &[], (3, false), 7, Millis(9))).unwrap();
        assert_eq!(body, json!({ "entries": [], "agents": [], "gatewayUptime": 7, "stateVersion": 3, "timestamp": 9 }));
    }

    #[test]
    fn a_list_that_is_not_whole_says_so() {
        let body: Value = serde_json::from_str(&presence_body(&[], &[], (3, true), 7, Millis(9))).unwrap();
        assert_eq!(body["truncated"], true);
    }

    #[test]
    fn a_failure_names_its_code() {
        let refusal = Refusal::new(Code::Unauthenticated, "presence: a token is needed");
        let body: Value = serde_json::from_str(&error_body(&refusal)).unwrap();
        assert_eq!(body["error"]["code"], "unauthenticated");
    }
}
