//! What is asked over HTTP and answered in JSON.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use presence_hub::hub::Counts;
use presence_model::instance::Instance;
use presence_model::refusal::Refusal;
use presence_model::wire::json::http::{Stats, presence_body, stats_body};
use serde::Deserialize;

use crate::admission::{admit, admit_operator};
use crate::app::App;
use crate::auth::gate::Gate;
use crate::posting::agents;
use crate::reply::{Declined, json};

/// `GET /healthz`: the server answers.
pub async fn health() -> Response {
    json(r#"{"status":"ok"}"#.to_owned())
}

/// `GET /api/presence`: who is here, for those who may know.
pub async fn presence(State(app): State<Arc<App>>, request: Request) -> Response {
    let admitted = admit(&app, &request).and_then(|asker| Ok((asker, includes_left(request.uri())?)));
    let (asker, include_left) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => return Declined::from(refusal).at(app.clock.now()),
    };
    let agents = match agents::all(&app).await {
        Ok(agents) => agents,
        Err(declined) => return declined.at(app.clock.now()),
    };
    match app.router.presence(include_left).await {
        Ok(mut list) => {
            if !asker.map_or(matches!(app.gate, Gate::Development), |asker| asker.is_operator()) {
                list.entries = Arc::new(list.entries.iter().map(Instance::without_addresses).collect());
            }
            let uptime = app.clock.uptime().0 / 1_000;
            json(presence_body(&list.entries, &agents, (list.version, list.truncated), uptime, app.clock.now()))
        }
        Err(_) => Declined::shutting_down().at(app.clock.now()),
    }
}

/// The query of the list of who is here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Included {
    include: Option<String>,
}

/// Whether those who left lately are asked for too.
fn includes_left(uri: &Uri) -> Result<bool, Refusal> {
    let wrong = || Refusal::bad_field("presence", "include", "be `disconnected`");
    // Only the field that is twice there makes the query no query.
    let Query(Included { include }) = Query::try_from_uri(uri).map_err(|_| wrong())?;
    match include.as_deref().map(str::trim) {
        None | Some("") => Ok(false),
        Some("disconnected") => Ok(true),
        Some(_) => Err(wrong()),
    }
}

/// `GET /api/stats`: how much is going on, in numbers, for those who may know who is here.
pub async fn stats(State(app): State<Arc<App>>, request: Request) -> Response {
    if let Err(refusal) = admit(&app, &request) {
        return Declined::from(refusal).at(app.clock.now());
    }
    match app.router.counts().await {
        Ok(Counts { sessions, established, unseen, users, rooms, agents, .. }) => {
            let connected = connected(app.metrics.open_sockets(), established, unseen);
            let uptime = app.clock.uptime().0 / 1_000;
            let authenticated = established;
            json(stats_body(&Stats { connected, authenticated, sessions, users, rooms, agents, uptime }))
        }
        Err(_) => Declined::shutting_down().at(app.clock.now()),
    }
}

/// The sockets that others may know of. Those that are open are counted elsewhere and a moment later than those of
/// sessions, so there seem to be less than there are for a moment.
fn connected(open: i64, established: usize, unseen: usize) -> i64 {
    let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
    open.saturating_sub(number(unseen)).max(number(established))
}

/// `GET /metrics`: everything that is counted, for Prometheus.
pub async fn metrics(State(app): State<Arc<App>>, request: Request) -> Response {
    let now = app.clock.now();
    if let Err(refusal) = admit_operator(&app, &request) {
        return Declined::from(refusal).at(now);
    }
    let Ok(counts) = app.router.counts().await else { return Declined::shutting_down().at(now) };
    match app.metrics.text(counts, app.clock.uptime().0 / 1_000) {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS), (CACHE_CONTROL, "no-store")], text).into_response(),
        // Only a writer that refuses text could fail, and a string takes any.
        Err(fmt::Error) => Declined::shutting_down().at(now),
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::refusal::Code;

    #[test]
    fn sockets_are_never_less_than_those_with_a_session() {
        for (open, established, unseen, expected) in [(3, 1, 1, 2), (0, 0, 1, 0), (1, 1, 1, 1), (0, 0, usize::MAX, 0)] {
            assert_eq!(connected(open, established, unseen), expected);
        }
    }

    #[test]
    fn only_who_left_may_be_included() {
        let asked = |query: &str| includes_left(&format!("/api/presence{query}").parse().unwrap());
        for (query, included) in
            [("", false), ("?", false), ("?include=", false), ("?x=1", false), ("?include=disconnected", true)]
        {
            assert_eq!(asked(query), Ok(included), "{query}");
        }
        for query in ["?include=all", "?include=Disconnected", "?include=disconnected&include=disconnected"] {
            let refusal = asked(query).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::BadField, Some("include")), "{query}");
        }
    }
}
