//! What a socket speaks: from a message to what it says, and from what is said to it to a frame's bytes.
//! The words themselves are in `presence_model::wire`.

use bytes::Bytes;
use presence_hub::io::Form;
use presence_model::beacon::Ticket;
use presence_model::command::{Command, Hello};
use presence_model::event::Event;
use presence_model::id::{ConnectionId, SessionId, UserId};
use presence_model::limit::Limits;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;
use presence_model::wire::binary::encode::{encode, encode_auth_expiring, encode_probe_reply};
use presence_model::wire::binary::frame::{Frame, frames};
use presence_model::wire::binary::upstream::{self, Upstream};
use presence_model::wire::json::answer as json;
use presence_model::wire::json::decode::decode;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::feeds::subscribed;
use presence_model::wire::json::hello::read_info;
use presence_model::wire::json::inbound::{Inbound, Refused};

use crate::farewell::Farewell;
use crate::websocket::frame;
use crate::websocket::reader::Heard;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `presence.v1`, the SDK's.
    Binary,
    Json(Door),
    /// Requests, responses and events: what a socket says depends on what it said before (`crate::gateway`).
    Gateway,
}

/// One thing a client said.
#[derive(Debug)]
pub enum Said {
    Hello {
        token: Option<String>,
        hello: Box<Hello>,
        message: &'static str,
    },
    Command(Command),
    /// All volatile bytes received so far.
    Ack(u64),
    /// To be answered at once.
    Probe {
        sent: Millis,
    },
    /// A newer token of the same user.
    Renewal {
        token: String,
    },
    /// Whether anybody looks at the page.
    Hidden(bool),
    Ping,
    /// As dashboards do before they listen, who hear everything anyhow.
    Subscribed,
    /// A gateway client's request, not read yet.
    Request(String),
    /// A request that is answered here.
    Answered {
        answer: Option<String>,
        /// Whether it is turned down.
        is_refused: bool,
    },
    /// A gateway client that is not let in, or not any more.
    Dismissed {
        answer: Option<String>,
        farewell: Farewell,
    },
    /// Nothing that was understood; to be answered with an error.
    Nonsense {
        about: &'static str,
        /// The question that gets the error, where questions have numbers.
        ticket: Option<Ticket>,
        refusal: Refusal,
    },
}

impl Said {
    pub const fn nonsense(about: &'static str, refusal: Refusal) -> Self {
        Self::Nonsense { about, ticket: None, refusal }
    }
}

/// What an error is about when the frame does not get as far as having a name.
const FRAME: &str = "frame";

const HELLO: &str = "hello";
const MESSAGE: &str = "message";

impl Dialect {
    pub const ALL: &'static [Self] = &[
        Self::Binary,
        Self::Json(Door::Ws),
        Self::Json(Door::Rooms),
        Self::Json(Door::Kleoz),
        Self::Gateway,
        Self::Json(Door::Broadcasts),
    ];

    /// Its place in [`Self::ALL`].
    pub const fn index(self) -> usize {
        match self {
            Self::Binary => 0,
            Self::Json(Door::Ws) => 1,
            Self::Json(Door::Rooms) => 2,
            Self::Json(Door::Kleoz) => 3,
            Self::Gateway => 4,
            Self::Json(Door::Broadcasts) => 5,
        }
    }

    pub const fn form(self) -> Form {
        match self {
            Self::Binary => Form::Binary,
            Self::Json(_) => Form::Json,
            Self::Gateway => Form::Gateway,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Json(Door::Ws) => "ws",
            Self::Json(Door::Rooms) => "rooms",
            Self::Json(Door::Kleoz) => "kleoz",
            Self::Json(Door::Broadcasts) => "broadcasts",
            Self::Gateway => "gateway",
        }
    }

    /// Reads a message with data. Several things may be said in one; what follows nonsense is still read.
    pub fn read(self, message: Heard<'_>, limits: &Limits) -> Vec<Said> {
        let nonsense = |code, text: String| vec![Said::nonsense(FRAME, Refusal::new(code, text))];
        let size = match message {
            Heard::Text(text) => text.len(),
            Heard::Binary(bytes) => bytes.len(),
            Heard::Ping(_) | Heard::Pong(_) | Heard::Close(_) => return vec![],
        };
        // Its clients are told one bound, that of frames.
        if size > limits.message_bytes && self != Self::Gateway {
            let most = limits.message_bytes;
            return nonsense(Code::TooLarge, format!("{FRAME}: {size} bytes are too many, {most} are read at most"));
        }
        match (self, message) {
            (Self::Binary, Heard::Binary(bytes)) => read_binary(bytes, limits),
            (Self::Json(Door::Broadcasts), Heard::Text(text)) if text.trim() == "ping" => vec![Said::Ping],
            (Self::Json(Door::Broadcasts), Heard::Text(text)) if text.trim() == "subscribe" => vec![Said::Subscribed],
            (Self::Json(door), Heard::Text(text)) => read_json(door, text, limits).into_iter().collect(),
            (Self::Gateway, Heard::Text(text)) => vec![Said::Request(text.to_owned())],
            // As upstream, which reads text only.
            (Self::Gateway, _) => vec![],
            (Self::Binary, _) => nonsense(Code::BadFrame, format!("{FRAME}: this socket speaks binary frames only")),
            (Self::Json(_), _) => {
                nonsense(Code::BadJson, format!("{FRAME}: this door speaks JSON in text frames only"))
            }
        }
    }

    /// A message to be written, of bytes that were encoded for this dialect.
    pub fn frame(self, payload: &[u8]) -> Bytes {
        match self {
            Self::Binary => frame::binary(payload),
            // All that we encode as JSON is UTF-8.
            Self::Json(_) | Self::Gateway => frame::text(payload),
        }
    }

    pub fn refused(self, about: &'static str, refusal: Refusal, now: Millis) -> Bytes {
        match self {
            Self::Binary => encode(&Event::Refused { about, room: None, refusal }).into(),
            Self::Json(_) | Self::Gateway => json::encode_refused(about, &refusal, now).into(),
        }
    }

    /// The answer to a token that is not taken, or to none. Only `auth` has an answer of its own.
    pub fn not_signed_in(self, message: &'static str, refusal: Refusal, now: Millis) -> Bytes {
        match self {
            Self::Json(_) if message == "auth" => json::encode_auth_failed(&refusal.message, now).into(),
            _ => self.refused(message, refusal, now),
        }
    }

    pub fn token_ending(self, left: Millis, now: Millis) -> Bytes {
        match self {
            Self::Binary => encode_auth_expiring(left).into(),
            Self::Json(_) | Self::Gateway => json::encode_auth_expiring(left, now).into(),
        }
    }

    pub fn connected(session: &SessionId) -> Bytes {
        json::encode_connected(session).into()
    }

    pub fn signed_in(user: &UserId, now: Millis) -> Bytes {
        json::encode_signed_in(user, now).into()
    }

    pub fn subscribed(connection: ConnectionId) -> Bytes {
        subscribed(&connection.to_string()).into()
    }

    pub fn pong(now: Millis) -> Bytes {
        json::encode_pong(now).into()
    }

    pub fn ping(now: Millis) -> Bytes {
        json::encode_ping(now).into()
    }

    pub fn probe_reply(sent: Millis, now: Millis) -> Bytes {
        encode_probe_reply(sent, now).into()
    }
}

fn read_binary(message: &[u8], limits: &Limits) -> Vec<Said> {
    frames(message)
        .filter_map(|frame| {
            let frame = match frame {
                Ok(frame) => frame,
                Err(malformed) => return Some(Said::nonsense(FRAME, malformed.into())),
            };
            match Upstream::read(frame.kind, frame.body) {
                // Kinds of a newer SDK are passed over.
                Ok(upstream) => {
                    upstream.map(|upstream| said(upstream, limits).unwrap_or_else(|refusal| nonsense(&frame, refusal)))
                }
                Err(refusal) => Some(nonsense(&frame, refusal)),
            }
        })
        .collect()
}

fn nonsense(frame: &Frame<'_>, refusal: Refusal) -> Said {
    Said::nonsense(upstream::name(frame.kind), refusal)
}

fn said(upstream: Upstream, limits: &Limits) -> Result<Said, Refusal> {
    Ok(match upstream {
        Upstream::Hello { token, info, mut hello } => {
            (hello.info, hello.privacy) = read_info(&info)?;
            Said::Hello { token, hello, message: HELLO }
        }
        Upstream::Command(command) => Said::Command(command),
        Upstream::Ack { volatile_bytes } => Said::Ack(volatile_bytes),
        Upstream::Probe { sent } => Said::Probe { sent },
        Upstream::Auth { token } => Said::Renewal { token },
        Upstream::Hidden(is_hidden) => Said::Hidden(is_hidden),
        // What has a frame of its own is said in that, and counts as what it is.
        Upstream::Message { text } => match decode(Door::Ws, &text) {
            Ok(Inbound::Command(command)) => commanded(command, limits),
            Ok(_) => {
                let text = format!("{MESSAGE}: `type` is none that this frame carries");
                Said::nonsense(MESSAGE, Refusal::new(Code::UnknownMessage, text).at("type"))
            }
            Err(Refused { about, refusal }) => Said::nonsense(about, refusal),
        },
    })
}

/// A command that came as JSON, and may carry what is too much.
fn commanded(command: Command, limits: &Limits) -> Said {
    let about = command.name();
    command.within(limits).map_or_else(|refusal| Said::nonsense(about, refusal), Said::Command)
}

fn read_json(door: Door, text: &str, limits: &Limits) -> Option<Said> {
    Some(match decode(door, text) {
        Ok(Inbound::Hello { token, hello, message }) => Said::Hello { token, hello, message },
        Ok(Inbound::Command(command)) => commanded(command, limits),
        Ok(Inbound::Ping) => Said::Ping,
        // Any message is a life sign; this one is nothing more.
        Ok(Inbound::Nothing) => return None,
        Err(Refused { about, refusal }) => Said::nonsense(about, refusal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::instance::ClientInfo;
    use presence_model::privacy::PrivacyChange;

    fn nonsense(dialect: Dialect, message: Heard<'_>) -> Refusal {
        let limits = Limits { message_bytes: 100, ..Limits::default() };
        match dialect.read(message, &limits).as_slice() {
            [Said::Nonsense { refusal, .. }] => refusal.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn frames_of_the_wrong_kind_or_size_are_named() {
        let (text, bytes) = (Heard::Text("{}"), Heard::Binary(&[9, 0]));
        assert_eq!(nonsense(Dialect::Binary, text).code, Code::BadFrame);
        for door in [Door::Ws, Door::Rooms] {
            assert_eq!(nonsense(Dialect::Json(door), bytes).code, Code::BadJson);
            let refusal = nonsense(Dialect::Json(door), Heard::Text(&"x".repeat(101)));
            assert_eq!(refusal.code, Code::TooLarge);
            assert_eq!(refusal.message, "frame: 101 bytes are too many, 100 are read at most");
        }
    }

    fn read_all(message: &[u8]) -> Vec<Said> {
        Dialect::Binary.read(Heard::Binary(message), &Limits::default())
    }

    fn hello(info: &str) -> Vec<u8> {
        let hello = Upstream::Hello { token: None, info: info.to_owned(), hello: Box::default() };
        hello.encode()
    }

    #[test]
    fn what_a_hello_says_of_its_client_is_read_here() {
        let said = read_all(&hello(r#"{"host":" Firefox ","clientId":"c"}"#));
        let [Said::Hello { hello: read, .. }] = said.as_slice() else { panic!("{said:?}") };
        let (host, client_id) = (Some("Firefox".to_owned()), Some("c".to_owned()));
        assert_eq!(read.info, ClientInfo { host, client_id, ..ClientInfo::default() });
        assert_eq!(read.privacy, PrivacyChange::default());
        let said = read_all(&hello(r#"{"privacy":{"invisible":true,"cursor":false}}"#));
        let [Said::Hello { hello: read, .. }] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(read.privacy, PrivacyChange { presence: None, invisible: Some(true), cursor: Some(false) });
        for (info, field) in [
            ("", "client"),
            ("[1]", "client"),
            (r#"{"platform":7}"#, "platform"),
            (r#"{"privacy":{"invisible":1}}"#, "privacy.invisible"),
        ] {
            let refusal = nonsense(Dialect::Binary, Heard::Binary(&hello(info)));
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::BadField, Some(field)), "{info}");
            assert!(refusal.message.starts_with("hello: "), "{info}: {}", refusal.message);
        }
    }

    #[test]
    fn a_broadcast_is_bounded_by_what_it_carries_in_either_form() {
        let limits = Limits { broadcast_bytes: 10, ..Limits::default() };
        // Ten bytes without the spaces, and eleven.
        for (data, fits) in [(r#"{ "a" :  "äb" }"#, false), (r#"{ "a" :  "ä" }"#, true)] {
            let text = format!(r#"{{"type":"broadcast","roomId":"r","data":{data}}}"#);
            let message = Upstream::Message { text: text.clone() }.encode();
            for (dialect, heard) in
                [(Dialect::Json(Door::Rooms), Heard::Text(&text)), (Dialect::Binary, Heard::Binary(&message))]
            {
                match dialect.read(heard, &limits).as_slice() {
                    [Said::Command(Command::Broadcast { payload, .. })] if fits => assert_eq!(payload.len(), 10),
                    [Said::Nonsense { about: "broadcast", refusal, .. }] if !fits => {
                        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::TooLarge, Some("data")));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn one_bad_frame_does_not_take_its_neighbours_with_it() {
        let mut message = Upstream::Probe { sent: Millis(1) }.encode();
        message.extend([2, 1, 0xff]);
        Upstream::Ack { volatile_bytes: 5 }.write(&mut message);
        let said = read_all(&message);
        assert!(
            matches!(said.as_slice(), [Said::Probe { sent: Millis(1) }, Said::Nonsense { .. }, Said::Ack(5)]),
            "{said:?}"
        );
    }
}
