//! All paths, and what stands before them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{RETRY_AFTER, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use tower_http::trace::TraceLayer;
use tracing::debug_span;

use crate::app::App;
use crate::posting::posted::Answering;
use crate::posting::{agents, people};
use crate::reply::Declined;
use crate::{demo, http, trpc, ws};

/// How long a browser need not ask again whether it may ask.
const PREFLIGHT_VALID: Duration = Duration::from_secs(3_600);

pub fn service(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/healthz", get(http::health))
        .route("/api/presence", get(http::presence))
        .route("/api/presence/{agent_id}", get(Answering(agents::agent)))
        .route("/api/agents/{agent_id}/events", post(Answering(agents::events)))
        .route("/api/broadcast/features/{id}/status", post(Answering(agents::feature)))
        .route("/api/broadcast/agent-status", post(Answering(people::agent_status)))
        .route("/api/broadcast/chat", post(Answering(people::chat)))
        .route("/api/broadcast/notification", post(Answering(people::notification)))
        .route("/api/conversations/{id}/members", post(Answering(people::members)))
        .route("/api/users/{user_id}/last-seen", get(Answering(people::last_seen)))
        .route("/api/stats", get(http::stats))
        .route("/metrics", get(http::metrics))
        .route(trpc::PREFIX, any(trpc::door))
        .route(&format!("{}/{{*path}}", trpc::PREFIX), any(trpc::door))
        .route(&format!("{}/", trpc::PREFIX), any(trpc::door))
        // Before the layer, or it would answer the browser's question whether a page may ask.
        .method_not_allowed_fallback(wrong_method)
        .layer(cors(app.clone()));
    Router::new()
        .merge(api)
        .fallback(rest)
        .layer(CompressionLayer::new())
        // Behind the compression: an upgrade has no body.
        .route(ws::WS, any(ws::door))
        .route(ws::ROOMS, any(ws::door))
        .route(ws::KLEOZ, any(ws::door))
        .route(ws::BROADCASTS, any(ws::door))
        .layer(from_fn_with_state(app.clone(), guard))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
        .with_state(app)
}

/// The path and not the query: a token may stand there.
fn span(request: &Request) -> tracing::Span {
    debug_span!("http", method = %request.method(), path = request.uri().path())
}

/// Pages that may not connect may not ask either.
async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.origins.check(request.headers(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(forbidden) => {
            tracing::debug!(error = %forbidden, "turned away");
            if trpc::is_behind(request.uri().path()) {
                return trpc::turn_away(&forbidden);
            }
            Declined::from(forbidden).at(app.clock.now())
        }
    }
}

fn cors(app: Arc<App>) -> CorsLayer {
    let admits = move |origin: &HeaderValue, request: &Parts| app.origins.admits(origin, &request.headers);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(admits))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([trpc::SESSION, RETRY_AFTER])
        .allow_credentials(true)
        .max_age(PREFLIGHT_VALID)
}

/// Everything that no other path is: the demo page.
async fn rest(State(app): State<Arc<App>>, peer: ConnectInfo<SocketAddr>, request: Request) -> Response {
    let now = app.clock.now();
    let path = request.uri().path();
    // Some clients offer other protocols than WebSocket with every request, and go on without.
    let is_websocket = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    if request.headers().get(UPGRADE).is_some_and(is_websocket) {
        if path == ws::GATEWAY {
            return ws::door(State(app), peer, request).await;
        }
        return Declined::not_found("there is no WebSocket door here: try /ws, /presence or /api/ws").at(now);
    }
    if !app.demo || path == "/api" || path.starts_with("/api/") {
        return Declined::not_found("there is nothing at this path").at(now);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return wrong_method(State(app)).await;
    }
    demo::page(path, request.headers()).unwrap_or_else(|| Declined::not_found("there is no such file").at(now))
}

async fn wrong_method(State(app): State<Arc<App>>) -> Response {
    Declined::method_not_allowed("this path does not take this method").at(app.clock.now())
}
