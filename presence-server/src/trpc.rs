//! `/trpc`: Koko's procedures for clients of tRPC, one at a time or in a batch. Everything is answered in tRPC's JSON,
//! since its clients read nothing else.

use std::net::SocketAddr;
use std::str;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use presence_hub::io::{Call, Input};
use presence_model::call::{Answer, Request as Asked};
use presence_model::command::{Command, Principal};
use presence_model::grant::{Granted, Right};
use presence_model::id::{RoomId, SessionId};
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;
use presence_model::wire::trpc::batch::{Called, several, single};
use presence_model::wire::trpc::failure::Failure;
use presence_model::wire::trpc::input::flattened;
use presence_model::wire::trpc::outcome::Outcome;
use presence_model::wire::trpc::procedure::{Kind, Procedure};
use serde::Deserialize;
use tokio::time::timeout;

use crate::app::{App, fresh_session};
use crate::auth::offer::Offer;
use crate::body;
use crate::calls::Unanswered;
use crate::clock::{length, wall_now};
use crate::origin::Forbidden;

pub const PREFIX: &str = "/trpc";

/// The session that a call acts for: said by the caller, and told with the answer.
pub const SESSION: HeaderName = HeaderName::from_static("x-session-id");

#[derive(Default, Deserialize)]
#[serde(default)]
struct Options {
    batch: Option<String>,
    input: Option<String>,
}

/// Who makes the calls of a request.
struct Caller {
    /// Nobody without a token.
    principal: Option<Principal>,
    /// What the app's backend said of rooms that the token does not open.
    granted: Granted,
    /// What the request says of it beside its calls.
    privacy: PrivacyChange,
    session: Option<SessionId>,
    ip: String,
}

/// What the calls of a request came to.
#[derive(Default)]
struct Done {
    outcomes: Vec<Outcome>,
    /// The session that acted last.
    session: Option<SessionId>,
    retry_after: Option<Millis>,
}

pub async fn door(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let path = path.map(|Path(path)| path).unwrap_or_default();
    let method = request.method().clone();
    let response = match answer(&app, peer, path.trim_matches('/'), request).await {
        Ok(response) => response,
        Err(failure) => respond(Outcome::failure(&failure, Some(&path)), failure.retry_after),
    };
    with_allowed(response, &method)
}

/// Whether a path leads here.
pub fn is_behind(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Pages that may not connect may not call either.
pub fn turn_away(forbidden: &Forbidden) -> Response {
    respond(Outcome::failure(&Failure::forbidden(forbidden.code(), &forbidden.to_string()), None), None)
}

async fn answer(app: &App, peer: SocketAddr, path: &str, request: Request) -> Result<Response, Failure> {
    let Query(options) = Query::<Options>::try_from_uri(request.uri())
        .map_err(|error| Refusal::new(Code::BadField, format!("query: {}", error.body_text())))?;
    let is_batch = options.batch.as_deref() == Some("1");
    let caller = caller(app, peer, &request)?;
    let kind = match *request.method() {
        Method::GET | Method::HEAD => Kind::Query,
        Method::POST => Kind::Mutation,
        _ => return Err(Failure::wrong_method(path, "GET or POST")),
    };
    let body = match kind {
        Kind::Query => options.input.map(Bytes::from),
        Kind::Mutation => Some(read(app, request).await?),
    };
    let text = body.as_deref().map(str::from_utf8).transpose();
    let text = text.map_err(|_| Refusal::new(Code::BadJson, "input: no JSON: it is not UTF-8"))?;
    let calls = match is_batch {
        true => several(path, text, &app.limits)?,
        false => single(path, text, &app.limits),
    };
    let Done { outcomes, session, retry_after } = call(app, caller, kind, calls).await;
    let outcome = match outcomes.as_slice() {
        [single] if !is_batch => single.clone(),
        several => Outcome::all(several),
    };
    let mut response = respond(outcome, retry_after);
    // Ids may hold what a header cannot; who has such a one knows it.
    if let Some(session) = session.and_then(|session| HeaderValue::from_str(session.as_str()).ok()) {
        response.headers_mut().insert(SESSION, session);
    }
    Ok(response)
}

fn caller(app: &App, peer: SocketAddr, request: &Request) -> Result<Caller, Refusal> {
    let offer = Offer::of(request, &app.places)?;
    let principal = offer.token.map(|token| app.gate.principal(&token)).transpose()?;
    let named = request.headers().get(SESSION).map(|named| {
        let bad = |why: &str| Refusal::bad_field("call", SESSION.as_str(), why);
        let text = named.to_str().map_err(|_| bad("be a text of letters, digits and signs"))?;
        SessionId::parse(text).map_err(|why| bad(why.text()))
    });
    let session = named.transpose()?.or(offer.session_id);
    let (granted, ip) = (Granted::new(), peer.ip().to_canonical().to_string());
    Ok(Caller { principal, granted, privacy: offer.privacy, session, ip })
}

async fn read(app: &App, request: Request) -> Result<Bytes, Failure> {
    let most = app.limits.frame_bytes;
    let is_json = is_json(request.headers());
    // A caller that sends a part and no more must not be waited for without end.
    let whole = timeout(length(app.timing.hello_timeout), body::read(request.into_body(), most)).await;
    let body = whole.map_err(|_| Failure::late("the body did not come in time"))??;
    // Who calls without an input sends no type either.
    if is_json == Some(false) || is_json.is_none() && !body.is_empty() {
        return Err(Failure::not_json_content());
    }
    Ok(body)
}

/// Whether the body says that it is JSON, if it says anything.
fn is_json(headers: &HeaderMap) -> Option<bool> {
    let said = headers.get(CONTENT_TYPE)?.to_str().unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim();
    Some(kind.eq_ignore_ascii_case("application/json"))
}

/// A call of which it is known which procedure it is.
struct Understood {
    procedure: &'static Procedure,
    /// Whether errors about its input must not name `data`.
    is_flat: bool,
    request: Result<Asked, Refusal>,
}

fn understand(app: &App, kind: Kind, called: Called<'_>) -> Result<Understood, Failure> {
    let Called { path, input } = called;
    let procedure = Procedure::at(path).ok_or_else(|| Failure::no_procedure(path))?;
    match (procedure.kind, kind) {
        (Kind::Query, Kind::Mutation) => Err(Failure::wrong_method(path, "GET")),
        (Kind::Mutation, Kind::Query) => Err(Failure::wrong_method(path, "POST")),
        _ => {
            let is_flat = input.as_ref().is_ok_and(|input| procedure.takes_flat(input));
            Ok(Understood { procedure, is_flat, request: input.and_then(|input| procedure.read(input, &app.limits)) })
        }
    }
}

/// Makes calls one after the other.
async fn call(app: &App, mut caller: Caller, kind: Kind, calls: Vec<Called<'_>>) -> Done {
    let mut calls: Vec<_> = calls.into_iter().map(|called| (called.path, understand(app, kind, called))).collect();
    calls.iter_mut().flat_map(|(_, call)| call).for_each(|call| count(app, &caller, call));
    let rooms = calls.iter().filter_map(|(_, call)| room_of(call.as_ref().ok()?.request.as_ref().ok()?)).collect();
    ask_for_rooms(app, &mut caller, rooms).await;
    let mut done = Done::default();
    for (path, call) in calls {
        let outcome = match make(app, &caller, call).await {
            Ok((procedure, answer)) => {
                // What follows in the batch is meant for who acted before it.
                caller.session = answer.session.clone().or(caller.session);
                done.session = answer.session.clone().or(done.session);
                Outcome::success(procedure, &answer, app.clock.now())
            }
            Err(failure) => {
                done.retry_after = done.retry_after.max(failure.retry_after);
                Outcome::failure(&failure, Some(path))
            }
        };
        done.outcomes.push(outcome);
    }
    done
}

async fn make(
    app: &App,
    caller: &Caller,
    call: Result<Understood, Failure>,
) -> Result<(&'static Procedure, Answer), Failure> {
    let Understood { procedure, is_flat, request } = call?;
    let principal = caller.principal.clone().ok_or_else(Failure::no_token)?;
    let (session, ip) = (caller.session.clone(), caller.ip.clone());
    let counted = |refusal: &Refusal| app.metrics.refuse(refusal.code);
    let request = request.inspect_err(counted)?;
    // By the clock of the shards.
    let until = principal.expires_at.map(|end| app.clock.now() + end.since(wall_now()));
    let (granted, privacy) = (caller.granted.clone(), caller.privacy);
    let (fresh, ip) = (fresh_session(), Some(ip));
    let call = |id| Input::Call(Box::new(Call { id, principal, until, granted, privacy, session, fresh, ip, request }));
    match app.calls.ask(&app.router, call).await {
        Ok(answer) => {
            let named = |refusal| if is_flat { flattened(refusal) } else { refusal };
            Ok((procedure, answer.inspect_err(counted).map_err(named)?))
        }
        Err(Unanswered::Late) => Err(Failure::late(&Unanswered::Late.to_string())),
        Err(Unanswered::Ended) => Err(Refusal::new(Code::ShuttingDown, Unanswered::Ended.to_string()).into()),
    }
}

/// Refuses what a user calls too often of what no session counts: looks into rooms, and what the app's backend would
/// be asked for.
fn count(app: &App, caller: &Caller, call: &mut Understood) {
    let (Ok(asked), Some(principal)) = (&call.request, &caller.principal) else { return };
    let asks = || {
        let (backend, room) = (app.backend.as_ref()?, room_of(asked)?);
        let is_closed = !principal.rooms.allow(&room, Right::Read);
        Some(is_closed && backend.must_ask(&principal.user_id, &[room]))
    };
    // Nobody asks what backends of the app may, and how often.
    let looks = matches!(asked, Asked::Active(_)) && !principal.holds_all;
    if !looks && !asks().unwrap_or_default() {
        return;
    }
    if let Err(wait) = app.quotas.take(app.clock.now(), &principal.user_id) {
        let name = match asked {
            Asked::Active(_) => "getActive",
            Asked::Act(command) => command.name(),
        };
        let text = format!("{name}: too many calls of this kind, call again in {wait}");
        call.request = Err(Refusal::new(Code::RateLimited, text).after(wait));
    }
}

/// Asks the app's backend for the rooms of all calls that the token does not open.
async fn ask_for_rooms(app: &App, caller: &mut Caller, mut rooms: Vec<RoomId>) {
    let (Some(backend), Some(principal)) = (&app.backend, &caller.principal) else { return };
    rooms.retain(|room| !principal.rooms.allow(room, Right::Read));
    rooms.sort();
    rooms.dedup();
    if !rooms.is_empty() {
        caller.granted = backend.granted(&principal.user_id, rooms).await;
    }
}

fn room_of(request: &Asked) -> Option<RoomId> {
    match request {
        Asked::Active(key) | Asked::Act(Command::Join { key, .. }) => Some(key.room.clone()),
        Asked::Act(command) => command.room().cloned(),
    }
}

fn respond(outcome: Outcome, retry_after: Option<Millis>) -> Response {
    let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers, Body::from(outcome.body)).into_response();
    let headers = response.headers_mut();
    if let Some(wait) = retry_after {
        headers.insert(RETRY_AFTER, wait.0.div_ceil(1_000).into());
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        // Some of the body may lie unread in the line.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if status == StatusCode::UNAUTHORIZED {
        // HTTP wants this status to say how to do better.
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// HTTP wants it said which method would have done.
fn with_allowed(mut response: Response, method: &Method) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = match *method {
            Method::GET | Method::HEAD => "POST",
            Method::POST => "GET",
            _ => "GET, POST",
        };
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_it_is_with_or_without_parameters() {
        let said =
            |kind: &'static str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]));
        for kind in ["application/json", "Application/JSON; charset=utf-8"] {
            assert_eq!(said(kind), Some(true), "{kind}");
        }
        for kind in ["text/plain", "application/jsonl", "", "multipart/form-data; x=application/json"] {
            assert_eq!(said(kind), Some(false), "{kind}");
        }
        assert_eq!(is_json(&HeaderMap::new()), None);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
        for (wait, told) in [(1, "1"), (1_000, "1"), (1_001, "2")] {
            let response = respond(Outcome::all(&[]), Some(Millis(wait)));
            assert_eq!(response.headers()[RETRY_AFTER], told);
        }
    }
}
