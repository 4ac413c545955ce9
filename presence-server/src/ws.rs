//! The WebSocket doors: which dialect a socket speaks, and what it says of itself before any message.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use presence_model::wire::binary::frame::SUBPROTOCOL;
use presence_model::wire::json::door::Door;

use crate::app::App;
use crate::auth::offer::{Offer, protocols};
use crate::connection::{self, Newcomer};
use crate::dialect::Dialect;
use crate::reply::Declined;
use crate::socket::Socket;
use crate::upgrade;

/// Offered by clients that need to name a subprotocol to carry a token.
const JSON_SUBPROTOCOL: &str = "presence.json";

/// `GET /ws`.
pub async fn ws(State(app): State<Arc<App>>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let now = app.clock.now();
    open(app, Door::Ws, &[SUBPROTOCOL, JSON_SUBPROTOCOL], peer, request).unwrap_or_else(|declined| declined.at(now))
}

/// `GET /presence`.
pub async fn rooms(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let now = app.clock.now();
    open(app, Door::Rooms, &[JSON_SUBPROTOCOL], peer, request).unwrap_or_else(|declined| declined.at(now))
}

fn open(
    app: Arc<App>,
    door: Door,
    spoken: &[&'static str],
    peer: SocketAddr,
    mut request: Request,
) -> Result<Response, Declined> {
    // The client's order counts: it names first what it would rather speak.
    let protocol = protocols(request.headers()).find_map(|offered| spoken.iter().find(|spoken| **spoken == offered));
    let answer = upgrade::answer(&request, protocol.copied())?;
    let offer = Offer::of(&request, &app.places)?;
    let dialect = if protocol == Some(&SUBPROTOCOL) { Dialect::Binary } else { Dialect::Json(door) };
    let newcomer = Newcomer { dialect, offer, ip: peer.ip().to_canonical().to_string() };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade::stream(upgrade).await {
            Ok((stream, read)) => {
                let socket = Socket::new(stream, read, &app.limits).await;
                connection::run(app, newcomer, socket).await;
            }
            Err(error) => tracing::debug!(error, "the client went before its socket was open"),
        }
    });
    Ok(answer)
}
