//! Agents over HTTP: what they report, and how they stand.

use std::sync::Arc;

use axum::http::HeaderMap;
use presence_model::agent::AgentRecord;
use presence_model::id::{AgentId, FeatureId};
use presence_model::instance::check_text;
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::Refusal;
use presence_model::wire::json::http::{agent_body, feature_body, reported_body};
use presence_model::wire::json::read_reports::{self, EVENTS, FEATURE_STATUS};

use crate::admission::admit;
use crate::app::App;
use crate::auth::publishing::may_report;
use crate::posting::posted::{Asked, Outcome, ask, body, foreign, header, id};
use crate::reply::Declined;

/// Names what makes a retry count once.
const KEY: &str = "Idempotency-Key";

const AGENT: &str = "X-Agent-ID";
const SESSION: &str = "X-Session-ID";

/// `POST /api/agents/{agent_id}/events`
pub async fn events(Asked { app, path, request }: Asked) -> Outcome {
    let agent = id(path, EVENTS, "agent_id", AgentId::parse)?;
    let key = header(request.headers(), EVENTS, KEY)?.map(str::to_owned);
    let may = |gate: &_, sender: Option<&_>| may_report(gate, sender, EVENTS, &agent);
    let body = body(&app, request, EVENTS, may).await?;
    let events = read_reports::events(&body, key.as_deref(), &app.limits)?;
    match ask(&app, Posting::Agent { agent, events }).await? {
        Receipt::Agent { record, counted, repeated } => Ok(reported_body(&record, counted, repeated)),
        _ => Err(foreign()),
    }
}

/// `POST /api/broadcast/features/{id}/status`
pub async fn feature(Asked { app, path, request }: Asked) -> Outcome {
    let feature = id(path, FEATURE_STATUS, "id", FeatureId::parse)?;
    let agent = required(request.headers(), AGENT)?;
    let agent = AgentId::parse(&agent).map_err(|bad| Refusal::bad_field(FEATURE_STATUS, AGENT, bad.text()))?;
    let session = required(request.headers(), SESSION)?;
    let key = header(request.headers(), FEATURE_STATUS, KEY)?.map(Arc::from);
    let may = |gate: &_, sender: Option<&_>| may_report(gate, sender, FEATURE_STATUS, &agent);
    let body = body(&app, request, FEATURE_STATUS, may).await?;
    let status = read_reports::feature_status(&body)?;
    let posting = Posting::Feature { feature: feature.clone(), status, agent, session: session.into(), key };
    match ask(&app, posting).await? {
        Receipt::Feature { old, new, told } => Ok(feature_body(&feature, old, new, told, app.clock.now())),
        _ => Err(foreign()),
    }
}

fn required(headers: &HeaderMap, name: &str) -> Result<String, Declined> {
    let mut text = header(headers, FEATURE_STATUS, name)?.map(str::to_owned);
    check_text(FEATURE_STATUS, name, &mut text)?;
    text.ok_or_else(|| Declined::from(Refusal::missing_field(FEATURE_STATUS, name)).unprocessable())
}

/// `GET /api/presence/{agent_id}`: how one agent stands, for those who may know who is here.
pub async fn agent(Asked { app, path, request }: Asked) -> Outcome {
    admit(&app, &request)?;
    let agent = id(path, "presence", "agent_id", AgentId::parse)?;
    match ask(&app, Posting::Look(Some(agent))).await? {
        Receipt::Agents(agents) => agents.first().map(|agent| agent_body(agent)).ok_or_else(foreign),
        _ => Err(foreign()),
    }
}

/// All agents, by their ids.
pub async fn all(app: &App) -> Result<Box<[Arc<AgentRecord>]>, Declined> {
    match ask(app, Posting::Look(None)).await? {
        Receipt::Agents(agents) => Ok(agents),
        _ => Err(foreign()),
    }
}
