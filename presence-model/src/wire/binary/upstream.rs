//! What the SDK sends, as the server reads it. [`crate::wire::binary::uplink`] writes it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::command::{Activity, Command, Hello, Picture, Wishes};
use crate::refusal::{Code, Refusal};
use crate::time::Millis;
use crate::wire::binary::cursor::read_place;
use crate::wire::binary::frame::PROTOCOL;
use crate::wire::binary::reader::Reader;
use crate::wire::binary::record::{instance_id, read_room_key, room_id, session_id, session_key, status};
use crate::wire::binary::uplink::{
    self, ACK, AUTH, CURSOR, GOODBYE, Greeting, HELLO, HIDDEN, MESSAGE, PROBE, REPORT, RESYNC, SESSION_TYPING, TYPING,
    WISH,
};

/// A frame from an SDK.
#[derive(Clone, Debug, PartialEq)]
pub enum Upstream {
    /// `info` is what the client says of itself, as JSON: the engine hands it on, and the door that takes the
    /// hello reads it into `hello`.
    Hello {
        token: Option<String>,
        info: String,
        hello: Box<Hello>,
    },
    Command(Command),
    /// All volatile bytes received on this socket so far.
    Ack {
        volatile_bytes: u64,
    },
    /// To be answered at once with the same `sent` and the server's clock.
    Probe {
        sent: Millis,
    },
    /// A newer token of the same user, for the rest of this socket's life.
    Auth {
        token: String,
    },
    /// What has no frame of its own, as the JSON doors have it: the engine hands it on, and the door reads it.
    Message {
        text: String,
    },
    /// Whether the page is hidden: then nobody looks at moves, and one picture of them is enough when it is shown.
    Hidden(bool),
}

impl Upstream {
    /// The frame as a message of its own; empty for what the SDK says through its wishes, or never.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { token, info, hello } => uplink::hello(&Greeting {
                token: token.as_deref(),
                session_id: hello.session_id.as_ref(),
                instance_id: hello.instance_id.as_ref(),
                incarnation: hello.incarnation,
                attempt: hello.attempt,
                info,
                activity: &hello.activity,
                wishes: hello.wishes.as_ref(),
            }),
            Self::Command(Command::Wish(wishes)) => uplink::wish(wishes),
            Self::Command(Command::Cursor { room, cursor }) => uplink::cursor(room, cursor.into()),
            Self::Command(Command::Typing { room, context }) => uplink::typing(room, context.as_deref()),
            Self::Command(Command::SessionTyping { key, is_typing }) => uplink::session_typing(key, *is_typing),
            Self::Command(Command::Report { activity, .. }) => uplink::report(activity),
            Self::Command(Command::Resync(Picture::Presence)) => uplink::resync(None),
            Self::Command(Command::Resync(Picture::Room(room))) => uplink::resync(Some(room)),
            Self::Command(Command::Goodbye) => uplink::goodbye(),
            Self::Command(
                Command::Join { .. }
                | Command::Leave(_)
                | Command::Selection { .. }
                | Command::Playback { .. }
                | Command::ControlRequest(_)
                | Command::ControlGrant { .. }
                | Command::ControlRelease(_)
                | Command::Broadcast { .. }
                | Command::SetStatus { .. }
                | Command::Privacy(_)
                | Command::Appear
                | Command::Subscribe
                | Command::Follow(_)
                | Command::Unfollow(_)
                | Command::AgentEvents { .. }
                | Command::Unsubscribe
                | Command::Beacon { .. }
                | Command::List(_)
                | Command::CatchUp,
            ) => Vec::new(),
            Self::Ack { volatile_bytes } => uplink::ack(*volatile_bytes),
            Self::Probe { sent } => uplink::probe(*sent),
            Self::Auth { token } => uplink::auth(token),
            Self::Message { text } => uplink::message_text(text),
            Self::Hidden(is_hidden) => uplink::hidden(*is_hidden),
        }
    }

    /// Appends this frame to a message.
    pub fn write(&self, message: &mut Vec<u8>) {
        message.extend_from_slice(&self.encode());
    }

    /// Reads a frame; `None` for a kind that this version does not know.
    pub fn read(kind: u8, body: &[u8]) -> Result<Option<Self>, Refusal> {
        let mut reader = Reader::new(name(kind), body);
        let from = &mut reader;
        let read = match kind {
            HELLO => return read_hello(body).map(Some),
            WISH => Self::Command(Command::Wish(read_wishes(from))),
            CURSOR => {
                let room = room_id(from);
                let cursor = read_place(from).into();
                Self::Command(Command::Cursor { room, cursor })
            }
            TYPING => Self::Command(Command::Typing { room: room_id(from), context: from.maybe_owned() }),
            SESSION_TYPING => Self::Command(Command::SessionTyping { key: session_key(from), is_typing: from.flag() }),
            REPORT => Self::Command(Command::Report { activity: read_report(from), wants_pong: false }),
            RESYNC => {
                let picture = from.maybe(room_id).map_or(Picture::Presence, Picture::Room);
                Self::Command(Command::Resync(picture))
            }
            ACK => Self::Ack { volatile_bytes: from.number() },
            PROBE => Self::Probe { sent: from.millis() },
            GOODBYE => Self::Command(Command::Goodbye),
            AUTH => Self::Auth { token: from.owned() },
            MESSAGE => Self::Message { text: from.owned() },
            HIDDEN => Self::Hidden(from.flag()),
            _ => return Ok(None),
        };
        Ok(Some(match reader.end(read)? {
            Self::Command(command) => Self::Command(command.checked()?),
            other => other,
        }))
    }
}

/// What a frame is called when it cannot be read.
pub const fn name(kind: u8) -> &'static str {
    match kind {
        WISH => "wish",
        CURSOR => "cursor",
        TYPING => "typing",
        SESSION_TYPING => "session.typing",
        REPORT => "heartbeat",
        RESYNC => "resync",
        ACK => "ack",
        PROBE => "probe",
        AUTH => "auth",
        MESSAGE => "message",
        HIDDEN => "hidden",
        _ => "hello",
    }
}

fn read_hello(body: &[u8]) -> Result<Upstream, Refusal> {
    let mut reader = Reader::new("protocol", body);
    let protocol: u16 = reader.short();
    if reader.end(()).is_err() {
        return Err(Refusal::new(Code::BadFrame, "hello: the body cannot be decoded").at("protocol"));
    }
    if protocol != PROTOCOL {
        let text = format!("hello: `protocol` {protocol} is not spoken here, this server speaks {PROTOCOL}");
        return Err(Refusal::new(Code::UnsupportedProtocol, text).at("protocol"));
    }
    let mut reader = Reader::new("hello", body);
    let from = &mut reader;
    let _: u16 = from.short();
    let token = from.maybe_owned();
    let hello = Hello {
        session_id: from.maybe(session_id),
        instance_id: from.maybe(instance_id),
        incarnation: from.number(),
        attempt: from.short(),
        ..Hello::default()
    };
    let info = from.owned();
    let hello = Hello { activity: read_report(from), wishes: from.maybe(read_wishes), ..hello };
    Ok(Upstream::Hello { token, info, hello: Box::new(reader.end(hello)?) })
}

fn read_wishes(from: &mut Reader<'_>) -> Wishes {
    Wishes { revision: from.short(), rooms: from.list(read_room_key), presence: from.flag() }
}

fn read_report(from: &mut Reader<'_>) -> Activity {
    Activity { said: from.maybe(status), input_ago: from.maybe(Reader::millis) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{InstanceId, RoomId, SessionId, SessionKey};
    use crate::room::{Cursor, RoomKey, RoomKind};
    use crate::status::Status;
    use crate::wire::binary::frame::{self, frames};
    use proptest::prelude::*;

    fn one_of_each() -> Vec<Upstream> {
        let room = RoomId::parse("video_123").unwrap();
        let wishes =
            Wishes { revision: 7, rooms: vec![RoomKey { room: room.clone(), kind: RoomKind::Video }], presence: true };
        vec![
            Upstream::Hello {
                token: Some("Guest 42".into()),
                info: r#"{"host":"Firefox","mode":"webchat"}"#.into(),
                hello: Box::new(Hello {
                    session_id: Some(SessionId::parse("s-1").unwrap()),
                    instance_id: Some(InstanceId::parse("I-1").unwrap()),
                    incarnation: 99,
                    attempt: 3,
                    activity: Activity { said: None, input_ago: Some(Millis(5)) },
                    wishes: Some(wishes.clone()),
                    ..Hello::default()
                }),
            },
            Upstream::Command(Command::Wish(wishes)),
            Upstream::Command(Command::Cursor { room: room.clone(), cursor: Cursor::at(0.0, 1.0) }),
            Upstream::Command(Command::Typing { room: room.clone(), context: Some("comment".into()) }),
            Upstream::Command(Command::Report {
                activity: Activity { said: Some(Status::Away), input_ago: None },
                wants_pong: false,
            }),
            Upstream::Command(Command::Resync(Picture::Presence)),
            Upstream::Command(Command::Resync(Picture::Room(room))),
            Upstream::Ack { volatile_bytes: 70_000 },
            Upstream::Probe { sent: Millis(123_456) },
            Upstream::Command(Command::Goodbye),
            Upstream::Auth { token: "new".into() },
            Upstream::Command(Command::SessionTyping {
                key: SessionKey::parse("agent:main").unwrap(),
                is_typing: true,
            }),
            Upstream::Command(Command::SessionTyping {
                key: SessionKey::parse("agent:main").unwrap(),
                is_typing: false,
            }),
            Upstream::Message { text: r#"{"type":"control_request","roomId":"video_123"}"#.into() },
            Upstream::Hidden(true),
            Upstream::Hidden(false),
        ]
    }

    fn read_all(message: &[u8]) -> Vec<Upstream> {
        frames(message).map(Result::unwrap).filter_map(|f| Upstream::read(f.kind, f.body).unwrap()).collect()
    }

    #[test]
    fn every_frame_comes_back_as_it_went() {
        let mut message = vec![];
        let sent = one_of_each();
        for frame in &sent {
            frame.write(&mut message);
        }
        assert_eq!(read_all(&message), sent);
    }

    #[test]
    fn the_bytes_are_frozen() {
        let bytes: Vec<String> = one_of_each()
            .iter()
            .map(|frame| frame.encode().iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        assert_eq!(bytes.join("\n"), include_str!("../../../tests/fixtures/upstream.v1.hex").trim_end());
    }

    #[test]
    fn unknown_kinds_are_skipped() {
        let mut message = vec![];
        frame::write(&mut message, 60, b"from the future");
        Upstream::Command(Command::Goodbye).write(&mut message);
        assert_eq!(read_all(&message), [Upstream::Command(Command::Goodbye)]);
    }

    #[test]
    fn another_protocol_is_refused_by_name() {
        let mut body = vec![9_u8];
        body.extend_from_slice(&[0; 40]);
        let refusal = Upstream::read(HELLO, &body).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::UnsupportedProtocol, Some("protocol")));
    }

    proptest! {
        #[test]
        fn no_body_makes_a_reader_panic(kind in any::<u8>(), body in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = Upstream::read(kind, &body);
        }
    }
}
