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

/// What a request's headers end with, also of those who write lines as Unix does.
const ENDS: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];

/// Offered by clients that need to name a subprotocol to carry a token.
const JSON_SUBPROTOCOL: &str = "presence.json";

/// `GET /ws`.
pub async fn ws(State(app): State<Arc<App>>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let now = app.clock.now();
    open(app, Door::Ws, peer, request).unwrap_or_else(|declined| declined.at(now))
}

/// `GET /presence`.
pub async fn rooms(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let now = app.clock.now();
    open(app, Door::Rooms, peer, request).unwrap_or_else(|declined| declined.at(now))
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
    // It begins as any request to one of the two doors does, or it is none.
    if ![WS, ROOMS].iter().any(|door| read.starts_with(b"GET ") && read[4..].starts_with(door.as_bytes())) {
        return Entrance::Http;
    }
    let Ok(Some((head, request))) = server::Request::try_parse(read) else { return Entrance::Http };
    let request = request.map(|()| Body::empty());
    let door = match request.uri().path() {
        WS => Door::Ws,
        ROOMS => Door::Rooms,
        _ => return Entrance::Http,
    };
    if app.origins.check(request.headers(), request.uri()).is_err() {
        return Entrance::Http;
    }
    let Ok(opening) = opening(app, door, &request) else { return Entrance::Http };
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

fn opening(app: &App, door: Door, request: &Request) -> Result<Opening, Declined> {
    let spoken: &[&'static str] = match door {
        Door::Ws => &[SUBPROTOCOL, JSON_SUBPROTOCOL],
        Door::Rooms => &[JSON_SUBPROTOCOL],
    };
    // The client's order counts: it names first what it would rather speak.
    let protocol = protocols(request.headers()).find_map(|offered| spoken.iter().find(|spoken| **spoken == offered));
    let answer = upgrade::answer(request, protocol.copied())?;
    let offer = Offer::of(request, &app.places)?;
    let dialect = if protocol == Some(&SUBPROTOCOL) { Dialect::Binary } else { Dialect::Json(door) };
    Ok(Opening { answer, dialect, offer })
}

fn open(app: Arc<App>, door: Door, peer: SocketAddr, mut request: Request) -> Result<Response, Declined> {
    let Opening { answer, dialect, offer } = opening(&app, door, &request)?;
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
