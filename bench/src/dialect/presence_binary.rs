//! The SDK's form: as much of the SDK as a load needs, at a cost that leaves a core for a million updates a second.

use memchr::memmem;
use presence_model::command::{Activity, Wishes};
use presence_model::id::{InstanceId, RoomId, SessionId};
use presence_model::room::{RoomKey, RoomKind};
use presence_model::wire::binary::cursor::Place;
use presence_model::wire::binary::downstream::{self, Downstream};
use presence_model::wire::binary::entry::EntryChange;
use presence_model::wire::binary::frame::{Frame, SUBPROTOCOL, frames};
use presence_model::wire::binary::uplink::{self, Greeting};

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::stamp::Stamp;

/// A record's flags: it has x, y, and media time.
const PLACE: u8 = 0b1100_0000;
const FLAGS: u8 = 0b1110_0000;

pub struct BinaryClient {
    user: String,
    session: SessionId,
    instance: InstanceId,
    room: RoomKey,
    incarnation: u64,
    attempt: u32,
    revision: u32,
    own_slot: u16,
    volatile_bytes: u64,
    acknowledged: u64,
}

impl BinaryClient {
    /// `None` only for a name that is no id, which a seat's is not.
    pub fn new(seat: &Seat) -> Option<Self> {
        let user = seat.user();
        Some(Self {
            session: SessionId::parse(&format!("session-{user}")).ok()?,
            instance: InstanceId::parse(&format!("instance-{user}")).ok()?,
            room: RoomKey { room: RoomId::parse(&seat.room_id()).ok()?, kind: RoomKind::Project },
            user,
            incarnation: 1 + seat.number as u64,
            attempt: 0,
            revision: 1,
            own_slot: 0,
            volatile_bytes: 0,
            acknowledged: 0,
        })
    }

    fn wishes(&self, is_in: bool) -> Wishes {
        let rooms = if is_in { vec![self.room.clone()] } else { vec![] };
        Wishes { revision: self.revision, rooms, presence: false }
    }

    fn hear_frame(&mut self, frame: &Frame<'_>, heard: &mut Heard) {
        match frame.kind {
            downstream::CURSORS => {
                self.volatile_bytes += frame.size as u64;
                count_cursors(frame.body, self.own_slot, heard);
            }
            downstream::ROOM_PICTURE => {
                if let Some(slot) = own_slot(frame.body) {
                    self.own_slot = slot;
                    heard.joined();
                }
            }
            downstream::ROOM_CHANGED if heard.is_watching => note_changes(frame, heard),
            downstream::REFUSED => heard.refused(frame.body),
            _ => {}
        }
    }
}

impl Client for BinaryClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to("/ws").with("Sec-WebSocket-Protocol", SUBPROTOCOL)
    }

    fn opened(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        self.attempt += 1;
        self.volatile_bytes = 0;
        self.acknowledged = 0;
        out.binary(&uplink::hello(&Greeting {
            token: Some(&self.user),
            session_id: Some(&self.session),
            instance_id: Some(&self.instance),
            incarnation: self.incarnation,
            attempt: self.attempt,
            info: "{}",
            activity: &Activity::default(),
            wishes: Some(&self.wishes(true)),
        }));
    }

    fn hear(&mut self, message: Message<'_>, _out: &mut Outgoing, heard: &mut Heard) {
        let Message::Binary(message) = message else { return heard.refused(b"a text in the binary form") };
        for frame in frames(message) {
            match frame {
                Ok(frame) => self.hear_frame(&frame, heard),
                Err(malformed) => heard.refused(malformed.to_string().as_bytes()),
            }
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        let (x, y) = stamp.halves();
        out.binary(&uplink::cursor(&self.room.room, Place { x: Some(x), y: Some(y), timestamp: None }));
    }

    fn beat(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        if self.volatile_bytes > self.acknowledged {
            self.acknowledged = self.volatile_bytes;
            out.binary(&uplink::ack(self.volatile_bytes));
        }
    }

    fn join(&mut self, out: &mut Outgoing) -> bool {
        self.revision += 1;
        out.binary(&uplink::wish(&self.wishes(true)));
        true
    }

    fn leave(&mut self, out: &mut Outgoing) -> bool {
        self.revision += 1;
        out.binary(&uplink::wish(&self.wishes(false)));
        true
    }

    fn type_in(&mut self, stamp: Stamp, out: &mut Outgoing) -> bool {
        out.binary(&uplink::typing(&self.room.room, Some(&typed(stamp))));
        true
    }
}

/// What is typed in, as a context that a reader knows again.
pub fn typed(stamp: Stamp) -> String {
    format!("t{:08x}", stamp.0)
}

/// The stamp of a typing mark's `"…":"t0123abcd"`. Other texts may begin with a t, too.
pub fn read_typed(text: &[u8]) -> Option<Stamp> {
    memmem::find_iter(text, b":\"t").find_map(|at| {
        let digits = std::str::from_utf8(text.get(at + 3..at + 11)?).ok()?;
        u32::from_str_radix(digits, 16).ok().map(Stamp)
    })
}

/// Reads the records of a cursors frame where they lie.
fn count_cursors(body: &[u8], own_slot: u16, heard: &mut Heard) {
    let Some((_channel, mut rest)) = varint(body) else { return };
    while let Some((slot, after)) = varint(rest) {
        let Some((&flags, mut after)) = after.split_first() else { return };
        if flags & FLAGS == PLACE {
            let Some(([a, b, c, d], behind)) = after.split_first_chunk() else { return };
            let stamp = Stamp::of_halves(u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
            if slot != u32::from(own_slot) {
                heard.delivery(stamp);
            }
            after = behind;
        } else {
            // Nobody here sends such a place, but a room may hold one: it is no delivery of ours.
            let size = [(0x80, 2), (0x40, 2), (0x20, 4)];
            let size: usize = size.into_iter().filter(|(flag, _)| flags & flag != 0).map(|(_, size)| size).sum();
            let Some(behind) = after.get(size..) else { return };
            after = behind;
        }
        rest = after;
    }
}

fn varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        number |= u32::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[place + 1..]));
        }
    }
    None
}

/// Our own slot in a room's picture, which stands before the list of members.
fn own_slot(body: &[u8]) -> Option<u16> {
    let (length, rest) = varint(body)?;
    let rest = rest.get(usize::try_from(length).ok()?..)?;
    let (_kind, rest) = varint(rest)?;
    let (_channel, rest) = varint(rest)?;
    let version = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
    u16::try_from(varint(rest.get(version..)?)?.0).ok()
}

fn note_changes(frame: &Frame<'_>, heard: &mut Heard) {
    let Ok(Some(Downstream::RoomChanged { changes, .. })) = Downstream::read(frame.kind, frame.body) else {
        return heard.refused(b"a change that cannot be read");
    };
    for change in changes {
        match change {
            EntryChange::Put(_) => heard.came(),
            EntryChange::Left(_) => heard.left(),
            EntryChange::Typing(_, piece) => {
                if let Some(stamp) = read_typed(piece.as_bytes()) {
                    heard.typing(stamp);
                }
            }
            EntryChange::Liveness(..) | EntryChange::State(..) => heard.changed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use presence_model::wire::binary::cursor::write_record;
    use presence_model::wire::binary::frame;
    use presence_model::wire::binary::varint::write_varint;

    use super::*;

    fn client() -> BinaryClient {
        BinaryClient::new(&Seat { number: 5, room: 2 }).unwrap()
    }

    fn place(x: u16, y: u16) -> Place {
        Place { x: Some(x), y: Some(y), timestamp: None }
    }

    #[test]
    fn cursors_of_others_are_counted_with_their_stamps_and_all_bytes_acknowledged() {
        let mut body = vec![];
        write_varint(&mut body, 300);
        write_record(&mut body, 1, 3, place(0, 500));
        write_record(&mut body, 200, 0, Place { timestamp: Some(9), ..Place::default() });
        write_record(&mut body, 0, 0, Place::default());
        write_record(&mut body, 7, 0, place(0, 100));
        write_record(&mut body, 300, 0, place(0, 900));
        let message = frame::message(downstream::CURSORS, &body);
        let (mut client, mut out, mut heard) = (client(), Outgoing::default(), Heard::default());
        client.own_slot = 7;
        heard.now = 1_000;
        client.hear(Message::Binary(&message), &mut out, &mut heard);
        assert_eq!((heard.deliveries, heard.refusals), (2, 0));
        assert_eq!((heard.ages.quantile(0.5), heard.ages.max()), (100, 500));
        assert_eq!(client.volatile_bytes, message.len() as u64);
        client.beat(&mut out, &mut heard);
        client.beat(&mut out, &mut heard);
        assert_eq!(out.bytes()[6..], uplink::ack(message.len() as u64));
    }

    #[test]
    fn a_picture_says_where_we_sit() {
        let mut body = vec![2, b'r', b'1', 0];
        for number in [200, 100_000, 130, 0] {
            write_varint(&mut body, number);
        }
        assert_eq!(own_slot(&body), Some(130));
        assert_eq!(own_slot(&body[..4]), None);
    }

    #[test]
    fn what_is_typed_is_known_again() {
        let piece = format!(r#""typing":"{}""#, typed(Stamp(0xabc)));
        assert_eq!(read_typed(piece.as_bytes()), Some(Stamp(0xabc)));
        assert_eq!(read_typed(br#""typing":"comment""#), None);
    }
}
