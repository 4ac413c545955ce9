//! What the SDK sends: bytes to words on the server, words to bytes in the browser.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::command::{Activity, Command, Hello, Picture, Wishes};
use crate::refusal::{Code, Refusal};
use crate::room::RoomKey;
use crate::status::Status;
use crate::time::Millis;
use crate::wire::binary::cursor::{read_cursor, write_cursor};
use crate::wire::binary::frame::{self, PROTOCOL, read_struct};
use crate::wire::binary::record::{InfoV1, RoomKeyV1, instance_id, room_id, session_id};

const HELLO: u8 = 1;
const WISH: u8 = 2;
const CURSOR: u8 = 3;
const TYPING: u8 = 4;
const REPORT: u8 = 5;
const RESYNC: u8 = 6;
const ACK: u8 = 7;
const PROBE: u8 = 8;
const GOODBYE: u8 = 9;

/// A frame from an SDK.
#[derive(Clone, Debug, PartialEq)]
pub enum Upstream {
    Hello {
        token: Option<String>,
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
}

#[derive(Serialize, Deserialize)]
struct HelloV1<'a> {
    protocol: u16,
    #[serde(borrow)]
    token: Option<&'a str>,
    session: Option<&'a str>,
    instance: Option<&'a str>,
    incarnation: u64,
    attempt: u32,
    info: InfoV1<'a>,
    report: ReportV1,
    wishes: Option<WishesV1<'a>>,
}

#[derive(Serialize, Deserialize)]
struct WishesV1<'a> {
    revision: u32,
    #[serde(borrow)]
    rooms: Vec<RoomKeyV1<'a>>,
    presence: bool,
}

#[derive(Serialize, Deserialize)]
struct TypingV1<'a> {
    room: &'a str,
    #[serde(borrow)]
    context: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct ReportV1 {
    said: Option<Status>,
    input_ago: Option<Millis>,
}

#[derive(Serialize, Deserialize)]
struct ResyncV1<'a> {
    /// Absent: the list of who is here.
    #[serde(borrow)]
    room: Option<&'a str>,
}

impl<'a> From<&'a Wishes> for WishesV1<'a> {
    fn from(wishes: &'a Wishes) -> Self {
        let rooms = wishes.rooms.iter().map(RoomKeyV1::from).collect();
        Self { revision: wishes.revision, rooms, presence: wishes.presence }
    }
}

impl TryFrom<WishesV1<'_>> for Wishes {
    type Error = Refusal;

    fn try_from(wishes: WishesV1<'_>) -> Result<Self, Refusal> {
        let rooms = wishes.rooms.into_iter().map(RoomKey::try_from).collect::<Result<_, _>>()?;
        Ok(Self { revision: wishes.revision, rooms, presence: wishes.presence })
    }
}

impl From<&Activity> for ReportV1 {
    fn from(activity: &Activity) -> Self {
        Self { said: activity.said, input_ago: activity.input_ago }
    }
}

impl From<ReportV1> for Activity {
    fn from(report: ReportV1) -> Self {
        Self { said: report.said, input_ago: report.input_ago }
    }
}

impl Upstream {
    /// Appends this frame to a message.
    pub fn write(&self, message: &mut Vec<u8>) {
        match self {
            Self::Hello { token, hello } => frame::write_struct(
                message,
                HELLO,
                &HelloV1 {
                    protocol: PROTOCOL,
                    token: token.as_deref(),
                    session: hello.session_id.as_ref().map(|id| id.as_str()),
                    instance: hello.instance_id.as_ref().map(|id| id.as_str()),
                    incarnation: hello.incarnation,
                    attempt: hello.attempt,
                    info: (&hello.info).into(),
                    report: (&hello.activity).into(),
                    wishes: hello.wishes.as_ref().map(WishesV1::from),
                },
            ),
            Self::Command(Command::Wish(wishes)) => frame::write_struct(message, WISH, &WishesV1::from(wishes)),
            Self::Command(Command::Cursor { room, cursor }) => {
                let mut body = postcard::to_allocvec(room.as_str()).unwrap_or_default();
                write_cursor(&mut body, 0, cursor);
                frame::write(message, CURSOR, &body);
            }
            Self::Command(Command::Typing { room, context }) => {
                frame::write_struct(message, TYPING, &TypingV1 { room: room.as_str(), context: context.as_deref() });
            }
            Self::Command(Command::Report { activity, .. }) => {
                frame::write_struct(message, REPORT, &ReportV1::from(activity));
            }
            Self::Command(Command::Resync(picture)) => {
                let room = match picture {
                    Picture::Presence => None,
                    Picture::Room(room) => Some(room.as_str()),
                };
                frame::write_struct(message, RESYNC, &ResyncV1 { room });
            }
            Self::Command(Command::Goodbye) => frame::write(message, GOODBYE, &[]),
            // The SDK says these through its wishes, or never.
            Self::Command(
                Command::Join(_) | Command::Leave(_) | Command::Subscribe | Command::Unsubscribe | Command::CatchUp,
            ) => {}
            Self::Ack { volatile_bytes } => frame::write_struct(message, ACK, volatile_bytes),
            Self::Probe { sent } => frame::write_struct(message, PROBE, sent),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut message = vec![];
        self.write(&mut message);
        message
    }

    /// Reads a frame; `None` for a kind that this version does not know.
    pub fn read(kind: u8, body: &[u8]) -> Result<Option<Self>, Refusal> {
        Ok(Some(match kind {
            HELLO => read_hello(body)?,
            WISH => Self::Command(Command::Wish(read_struct::<WishesV1<'_>>("wish", body)?.try_into()?)),
            CURSOR => Self::Command(read_cursor_command(body)?),
            TYPING => {
                let typing: TypingV1<'_> = read_struct("typing", body)?;
                let context = typing.context.map(str::to_owned);
                Self::Command(Command::Typing { room: room_id(typing.room)?, context }.checked()?)
            }
            REPORT => {
                let activity = read_struct::<ReportV1>("heartbeat", body)?.into();
                Self::Command(Command::Report { activity, wants_pong: false })
            }
            RESYNC => {
                let resync: ResyncV1<'_> = read_struct("resync", body)?;
                let picture = match resync.room {
                    Some(room) => Picture::Room(room_id(room)?),
                    None => Picture::Presence,
                };
                Self::Command(Command::Resync(picture))
            }
            ACK => Self::Ack { volatile_bytes: read_struct("ack", body)? },
            PROBE => Self::Probe { sent: read_struct("probe", body)? },
            GOODBYE => Self::Command(Command::Goodbye),
            _ => return Ok(None),
        }))
    }
}

fn read_hello(body: &[u8]) -> Result<Upstream, Refusal> {
    let (protocol, _): (u16, _) = postcard::take_from_bytes(body)
        .map_err(|_| Refusal::new(Code::BadFrame, "hello: the body cannot be decoded").at("protocol"))?;
    if protocol != PROTOCOL {
        let text = format!("hello: `protocol` {protocol} is not spoken here, this server speaks {PROTOCOL}");
        return Err(Refusal::new(Code::UnsupportedProtocol, text).at("protocol"));
    }
    let hello: HelloV1<'_> = read_struct("hello", body)?;
    Ok(Upstream::Hello {
        token: hello.token.map(str::to_owned),
        hello: Box::new(
            Hello {
                session_id: hello.session.map(session_id).transpose()?,
                instance_id: hello.instance.map(instance_id).transpose()?,
                incarnation: hello.incarnation,
                attempt: hello.attempt,
                info: hello.info.into(),
                activity: hello.report.into(),
                wishes: hello.wishes.map(Wishes::try_from).transpose()?,
            }
            .checked("hello")?,
        ),
    })
}

fn read_cursor_command(body: &[u8]) -> Result<Command, Refusal> {
    let bad = || Refusal::new(Code::BadFrame, "cursor: the body cannot be decoded").at("cursor");
    let (room, mut rest): (&str, &[u8]) = postcard::take_from_bytes(body).map_err(|_| bad())?;
    let (_, cursor) = read_cursor(&mut rest).ok_or_else(bad)?;
    Command::Cursor { room: room_id(room)?, cursor }.checked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{InstanceId, RoomId, SessionId};
    use crate::instance::ClientInfo;
    use crate::room::{Cursor, RoomKind};
    use crate::wire::binary::frame::frames;
    use proptest::prelude::*;

    fn one_of_each() -> Vec<Upstream> {
        let room = RoomId::parse("video_123").unwrap();
        let wishes =
            Wishes { revision: 7, rooms: vec![RoomKey { room: room.clone(), kind: RoomKind::Video }], presence: true };
        vec![
            Upstream::Hello {
                token: Some("Guest 42".into()),
                hello: Box::new(Hello {
                    session_id: Some(SessionId::parse("s-1").unwrap()),
                    instance_id: Some(InstanceId::parse("I-1").unwrap()),
                    incarnation: 99,
                    attempt: 3,
                    info: ClientInfo {
                        host: Some("Firefox".into()),
                        roles: vec!["operator".into()],
                        ..ClientInfo::default()
                    },
                    activity: Activity { said: None, input_ago: Some(Millis(5)) },
                    wishes: Some(wishes.clone()),
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
        ]
    }

    fn read_all(message: &[u8]) -> Vec<Upstream> {
        frames(message).filter_map(|frame| frame.and_then(|f| Upstream::read(f.kind, f.body)).unwrap()).collect()
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
        let mut body = postcard::to_allocvec(&9_u16).unwrap();
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
