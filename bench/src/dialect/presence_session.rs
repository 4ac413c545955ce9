//! Presence's own client: the engine that the SDK runs in browsers, driven by the generator. It decides when
//! to come back, and keeps the view that an app would show.

use presence_model::id::{InstanceId, RoomId};
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::{Change, Output, RoomState};
use presence_model::status::Liveness;
use presence_model::time::Millis;
use presence_model::wire::binary::frame::SUBPROTOCOL;

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::stamp::Stamp;

pub struct SessionClient {
    session: Session,
    room: RoomId,
    /// The generator's clock when it was last handed over.
    now: Millis,
}

impl SessionClient {
    /// `None` only for a name that is no id, which a seat's is not.
    pub fn new(seat: &Seat) -> Option<Self> {
        let room = RoomId::parse(&seat.room_id()).ok()?;
        let config = SessionConfig {
            token: Some(seat.user()),
            instance_id: InstanceId::parse(&format!("instance-{}", seat.user())).ok()?,
            session_id: None,
            info: "{}".to_owned(),
            seed: 1 + seat.number as u64,
        };
        let mut session = Session::new(Millis::ZERO, config);
        session.enter(Millis::ZERO, RoomKey { room: room.clone(), kind: RoomKind::Project });
        Some(Self { session, room, now: Millis::ZERO })
    }

    fn note_time(&mut self, heard: &Heard) -> Millis {
        self.now = Millis(heard.now / 1_000);
        self.now
    }

    /// Does what the session asks for; whether it asked for a socket.
    fn perform(&mut self, out: &mut Outgoing, heard: &mut Heard) -> bool {
        let mut wants_socket = false;
        for output in self.session.take_outputs() {
            match output {
                Output::Open => wants_socket = true,
                Output::Send(message) => out.binary(&message),
                Output::Close(code) => heard.refused(format!("the client gave up its line with {code}").as_bytes()),
                Output::Tell(Change::Room(news)) => {
                    if news.state == RoomState::Joined {
                        heard.joined();
                    }
                    news.difference.left.iter().for_each(|_| heard.left());
                    for entry in &news.difference.changed {
                        match entry.liveness {
                            Liveness::Gone => heard.left(),
                            Liveness::Suspect => heard.changed(),
                            Liveness::Connected => {}
                        }
                    }
                }
                Output::Tell(Change::Refused { refusal, .. }) => heard.refused(refusal.as_bytes()),
                Output::Tell(Change::Cursors { moves, .. }) => {
                    for place in moves.iter().map(|record| record.place) {
                        if let (Some(x), Some(y)) = (place.x, place.y) {
                            heard.delivery(Stamp::of_halves(x, y));
                        }
                    }
                }
                Output::Tell(_) => {}
            }
        }
        wants_socket
    }
}

impl Client for SessionClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to("/ws").with("Sec-WebSocket-Protocol", SUBPROTOCOL)
    }

    fn opening(&mut self, heard: &mut Heard) {
        let now = self.note_time(heard);
        self.session.start(now);
        self.session.expire(now);
        // Nothing can be sent on a line that is not there yet.
        if !self.perform(&mut Outgoing::default(), heard) {
            heard.refused(b"the client does not want a line now");
        }
    }

    fn opened(&mut self, out: &mut Outgoing, heard: &mut Heard) {
        let now = self.note_time(heard);
        self.session.handle_open(now);
        self.perform(out, heard);
    }

    fn hear(&mut self, message: Message<'_>, out: &mut Outgoing, heard: &mut Heard) {
        let Message::Binary(message) = message else { return heard.refused(b"a text in the binary form") };
        let now = self.note_time(heard);
        self.session.handle_message(now, message);
        self.perform(out, heard);
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        let (x, y) = stamp.halves();
        let fraction = |half: u16| f64::from(half) / f64::from(u16::MAX);
        self.session.point(self.now, &self.room, Cursor::at(fraction(x), fraction(y)));
        self.perform(out, &mut Heard::default());
    }

    fn beat(&mut self, out: &mut Outgoing, heard: &mut Heard) {
        let now = self.note_time(heard);
        self.session.expire(now);
        self.perform(out, heard);
    }

    fn retry_in(&mut self, _failed: u32, _chance: u64, heard: &mut Heard) -> u64 {
        let now = self.note_time(heard);
        self.session.handle_closed(now, None);
        self.perform(&mut Outgoing::default(), heard);
        self.session.next_deadline().map_or(0, |at| at.since(now).0 * 1_000)
    }
}

#[cfg(test)]
mod tests {
    use presence_model::wire::binary::uplink;

    use super::*;
    use crate::websocket::front;

    #[test]
    fn it_greets_on_each_line_and_comes_back_by_itself() {
        let mut client = SessionClient::new(&Seat { number: 3, room: 1 }).unwrap();
        let mut heard = Heard { now: 5_000_000, ..Heard::default() };
        for _ in 0..3 {
            let mut out = Outgoing::default();
            client.opening(&mut heard);
            client.opened(&mut out, &mut heard);
            let frame = front(out.bytes()).unwrap();
            assert_eq!(out.bytes()[frame.start], uplink::HELLO);
            let wait = client.retry_in(0, 0, &mut heard);
            assert!(wait <= 10_000_000, "{wait}");
            heard.now += wait;
        }
        assert_eq!(heard.refusals, 0, "{:?}", heard.refusal);
    }
}
