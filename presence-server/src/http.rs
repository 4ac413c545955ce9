//! What is asked over HTTP and answered in JSON.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use presence_model::wire::json::http::presence_body;

use crate::app::App;
use crate::reply::Declined;

/// `GET /healthz`: the server answers.
pub async fn health() -> Response {
    json(r#"{"status":"ok"}"#.to_owned())
}

/// `GET /api/presence`: who is here.
pub async fn presence(State(app): State<Arc<App>>) -> Response {
    match app.router.presence().await {
        Ok(list) => {
            let uptime = app.clock.uptime().0 / 1_000;
            json(presence_body(&list.entries, list.version, uptime, app.clock.now()))
        }
        Err(_) => Declined::shutting_down().at(app.clock.now()),
    }
}

fn json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}
