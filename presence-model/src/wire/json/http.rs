//! Bodies of HTTP answers.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::instance::Instance;
use crate::refusal::Refusal;
use crate::time::Millis;
use crate::wire::json::answer::ErrorBody;
use crate::wire::json::encoded::text;
use crate::wire::json::presence::Entry;

/// `GET /api/presence` in one form for the readers of two originals: Kleoz reads `entries`, HtmlGraph `agents`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceBody<'a> {
    entries: Vec<Entry<'a>>,
    /// Empty until agents report here.
    agents: [(); 0],
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
    (version, truncated): (u64, bool),
    uptime_seconds: u64,
    now: Millis,
) -> String {
    text(&PresenceBody {
        entries: Entry::all(entries, now),
        agents: [],
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
    /// Programs that report what they do; none can yet.
    pub agents: usize,
    /// Seconds since the server started.
    pub uptime: u64,
}

pub fn stats_body(stats: &Stats) -> String {
    text(stats)
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
        let body: Value = serde_json::from_str(&presence_body(&[], (3, false), 7, Millis(9))).unwrap();
        assert_eq!(body, json!({ "entries": [], "agents": [], "gatewayUptime": 7, "stateVersion": 3, "timestamp": 9 }));
    }

    #[test]
    fn a_list_that_is_not_whole_says_so() {
        let body: Value = serde_json::from_str(&presence_body(&[], (3, true), 7, Millis(9))).unwrap();
        assert_eq!(body["truncated"], true);
    }

    #[test]
    fn a_failure_names_its_code() {
        let refusal = Refusal::new(Code::Unauthenticated, "presence: a token is needed");
        let body: Value = serde_json::from_str(&error_body(&refusal)).unwrap();
        assert_eq!(body["error"]["code"], "unauthenticated");
    }
}
