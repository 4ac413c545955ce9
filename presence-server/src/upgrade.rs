//! From an HTTP request to a TCP stream that HTTP has let go of.

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::response::Response;
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use tungstenite::Error;
use tungstenite::error::ProtocolError;
use tungstenite::handshake::server::create_response_with_body;

use crate::callers::Unread;
use crate::reply::Declined;

/// The answer that opens a WebSocket, or why there is none.
pub fn answer(request: &Request, protocol: Option<&'static str>) -> Result<Response, Declined> {
    let mut response = create_response_with_body(request, Body::empty).map_err(|error| decline(&error))?;
    if let Some(protocol) = protocol {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    Ok(response)
}

fn decline(error: &Error) -> Declined {
    let door = "this is a WebSocket door";
    match error {
        Error::Protocol(ProtocolError::WrongHttpMethod) => {
            Declined::method_not_allowed(&format!("{door}: open it with GET"))
        }
        Error::Protocol(ProtocolError::MissingSecWebSocketKey | ProtocolError::InvalidSecWebSocketKey) => {
            Declined::bad_request(&format!("{door}: `Sec-WebSocket-Key` must be 16 bytes in base64"))
        }
        Error::Protocol(ProtocolError::MissingSecWebSocketVersionHeader) => {
            Declined::upgrade_required(&format!("{door}: it speaks version 13"))
        }
        _ => Declined::upgrade_required(&format!("{door}: open it with `new WebSocket(…)` or a WebSocket client")),
    }
}

/// A stream with what was already read of it, or why there is none. It does not belong to the runtime any more.
pub async fn stream(upgrade: OnUpgrade) -> Result<(std::net::TcpStream, Bytes), String> {
    let upgraded = upgrade.await.map_err(|error| error.to_string())?;
    // Our listener accepts TCP and nothing else, so the stream is what it was.
    let parts = downcast::<TokioIo<Unread>>(upgraded).map_err(|_| "not a TCP stream".to_owned())?;
    let (stream, unread) = parts.io.into_inner().into_parts();
    let stream = stream.into_std().map_err(|error| error.to_string())?;
    // HTTP has read all that was put back before it read more.
    Ok((stream, if unread.is_empty() { parts.read_buf } else { [parts.read_buf, unread].concat().into() }))
}
