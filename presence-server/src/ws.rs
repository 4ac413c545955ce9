//! The WebSocket doors: which dialect a socket speaks, and what it says of itself before any message.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use presence_model::wire::binary::frame::SUBPROTOCOL;
use presence_model::wire::json::door::Door;
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{self, write_response};

use crate::app::App;
use crate::auth::offer::{Offer, protocols};
use crate::dialect::Dialect;
use crate::reply::Declined;
use crate::router::Newcomer;
use crate::upgrade;

/// The paths of the doors.
pub const WS: &str = "/ws";
pub const ROOMS: &str = "/presence";
pub const KLEOZ: &str = "/api/ws";
pub const BROADCASTS: &str = "/ws/broadcasts";
/// Where gateway clients come in, and browsers for the demo page.
pub const GATEWAY: &str = "/";

/// What is spoken behind each door, if nothing else is offered.
const DOORS: [(&str, Dialect); 5] = [
    (WS, Dialect::Json(Door::Ws)),
    (ROOMS, Dialect::Json(Door::Rooms)),
    (KLEOZ, Dialect::Json(Door::Kleoz)),
    (BROADCASTS, Dialect::Json(Door::Broadcasts)),
    (GATEWAY, Dialect::Gateway),
];

/// What a request's headers end with, also of those who write lines as Unix does.
const ENDS: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];

/// Offered by clients that need to name a subprotocol to carry a token.
const JSON_SUBPROTOCOL: &str = "presence.json";

/// A request to one of the doors.
pub async fn door(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let now = app.clock.now();
    let opened = match behind(request.uri().path()) {
        Some(dialect) => open(app, dialect, peer, request),
        None => Err(Declined::not_found("there is no door here")),
    };
    opened.unwrap_or_else(|declined| declined.at(now))
}

fn behind(path: &str) -> Option<Dialect> {
    DOORS.iter().find(|(door, _)| *door == path).map(|(_, dialect)| *dialect)
}

/// What a shard finds in a request that came to its door.
pub enum Entrance {
    /// It opens a socket: this is to be answered, and `head` bytes were the request.
    Open { answer: Vec<u8>, head: usize, dialect: Dialect, offer: Offer, ip: String },
    /// There must be more of it.
    Unclear,
    /// Everything else, also what opens no socket for a reason that HTTP will tell.
    Http,
}

/// The short way in, without HTTP's machinery: it opens what the handlers here would, and nothing else.
pub fn enter(app: &App, peer: SocketAddr, read: &[u8]) -> Entrance {
    let begins_as_http = read.first().is_some_and(u8::is_ascii_uppercase);
    let is_whole = ENDS.iter().any(|end| read.windows(end.len()).any(|window| window == *end));
    // Whoever never ends its request is the doorway's to deal with, whatever it wants.
    if begins_as_http && !is_whole {
        return Entrance::Unclear;
    }
    // It begins as any request to one of the doors does, or it is none.
    let is_to = |path: &str| {
        let target = read.strip_prefix(b"GET ").and_then(|read| read.strip_prefix(path.as_bytes()));
        matches!(target, Some([b' ' | b'?', ..]))
    };
    if !DOORS.iter().any(|(path, _)| is_to(path)) {
        return Entrance::Http;
    }
    let Ok(Some((head, request))) = server::Request::try_parse(read) else { return Entrance::Http };
    let request = request.map(|()| Body::empty());
    let Some(dialect) = behind(request.uri().path()) else { return Entrance::Http };
    if app.origins.check(request.headers(), request.uri()).is_err() {
        return Entrance::Http;
    }
    let Ok(opening) = opening(app, dialect, &request) else { return Entrance::Http };
    let mut answer = vec![];
    if write_response(&mut answer, &opening.answer).is_err() {
        return Entrance::Http;
    }
    let Opening { dialect, offer, .. } = opening;
    Entrance::Open { answer, head, dialect, offer, ip: address(peer) }
}

/// A request that opens a socket, understood.
struct Opening {
    answer: Response,
    dialect: Dialect,
    offer: Offer,
}

fn opening(app: &App, dialect: Dialect, request: &Request) -> Result<Opening, Declined> {
    let spoken: &[&'static str] = match dialect {
        Dialect::Json(Door::Ws | Door::Kleoz) => &[SUBPROTOCOL, JSON_SUBPROTOCOL],
        _ => &[JSON_SUBPROTOCOL],
    };
    // The client's order counts: it names first what it would rather speak.
    let protocol = protocols(request.headers()).find_map(|offered| spoken.iter().find(|spoken| **spoken == offered));
    let answer = upgrade::answer(request, protocol.copied())?;
    let offer = Offer::of(request, &app.places)?;
    let dialect = if protocol == Some(&SUBPROTOCOL) { Dialect::Binary } else { dialect };
    Ok(Opening { answer, dialect, offer })
}

fn open(app: Arc<App>, dialect: Dialect, peer: SocketAddr, mut request: Request) -> Result<Response, Declined> {
    let Opening { answer, dialect, offer } = opening(&app, dialect, &request)?;
    let in_use = app.in_use.upgrade().ok_or_else(Declined::shutting_down)?;
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade::stream(upgrade).await {
            Ok((stream, read)) => {
                let stream = mio::net::TcpStream::from_std(stream);
                app.router.adopt(Newcomer { stream, read, dialect, offer, ip: address(peer), in_use });
            }
            Err(error) => tracing::debug!(error, "the client went before its socket was open"),
        }
    });
    Ok(answer)
}

fn address(peer: SocketAddr) -> String {
    peer.ip().to_canonical().to_string()
}
