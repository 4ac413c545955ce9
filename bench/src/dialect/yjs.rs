//! The protocol of Yjs, as y-websocket speaks it: documents are synchronised first (ours stays empty), and cursors
//! are part of each client's state in the document's awareness. A document is a path.
//!
//! The real client also sends back what it hears of others. This one does not, which is kind to the server.

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::scan;
use crate::stamp::Stamp;

/// Kinds of messages, and of those that synchronise.
const SYNC: u8 = 0;
const AWARENESS: u8 = 1;
const STEP_1: u8 = 0;
const STEP_2: u8 = 1;

/// What we have of a document that is empty: no state, and no update to it.
const NO_STATE: [u8; 2] = [1, 0];
const NO_UPDATE: [u8; 3] = [2, 0, 0];

/// Real ones are 32 random bits, so nearly all take five bytes as ours do.
const FIRST_ID: u64 = 1_000_000_000;

/// A state that nothing was heard of for 30 s is taken for one of a client that is gone; the real client says its own
/// again after 15 s.
const BEATS_TO_RENEWAL: u32 = 15;

pub struct YjsClient {
    seat: Seat,
    awareness: Awareness,
}

/// One client's state, as all Yjs servers take it.
pub struct Awareness {
    id: u64,
    user: String,
    clock: u64,
    state: String,
    beats: u32,
}

impl YjsClient {
    pub fn new(seat: Seat) -> Self {
        Self { awareness: Awareness::of(&seat), seat }
    }
}

impl Client for YjsClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to(format!("/{}", self.seat.room_id()))
    }

    fn opened(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        introduce(&[], &mut self.awareness, out);
    }

    fn hear(&mut self, message: Message<'_>, out: &mut Outgoing, heard: &mut Heard) {
        if let Message::Binary(bytes) = message {
            hear(&[], &self.awareness, bytes, out, heard);
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        out.binary(&self.awareness.at(stamp, &[]));
    }

    fn beat(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        if let Some(renewal) = self.awareness.beat(&[]) {
            out.binary(&renewal);
        }
    }
}

/// The first words: what we have of the document, and who we are. `address` stands before each message.
pub fn introduce(address: &[u8], awareness: &mut Awareness, out: &mut Outgoing) {
    out.binary(&[address, &[SYNC, STEP_1], &NO_STATE].concat());
    out.binary(&awareness.renewed(address));
}

/// What both servers say in the same way.
pub fn hear(address: &[u8], awareness: &Awareness, message: &[u8], out: &mut Outgoing, heard: &mut Heard) {
    match message.strip_prefix(address) {
        Some([AWARENESS, rest @ ..]) => awareness.hear(rest, heard),
        Some([SYNC, STEP_1, ..]) => out.binary(&[address, &[SYNC, STEP_2], &NO_UPDATE].concat()),
        Some([SYNC, STEP_2, ..]) => heard.joined(),
        _ => {}
    }
}

impl Awareness {
    pub fn of(seat: &Seat) -> Self {
        let user = seat.user();
        let state = format!(r#"{{"name":"{user}"}}"#);
        Self { id: FIRST_ID + seat.number as u64, user, clock: 0, state, beats: 0 }
    }

    /// The message that says we are elsewhere.
    pub fn at(&mut self, stamp: Stamp, address: &[u8]) -> Vec<u8> {
        let (x, y) = stamp.fractions();
        let (x, y) = (String::from_utf8_lossy(&x), String::from_utf8_lossy(&y));
        self.state = format!(r#"{{"cursor":{{"x":{x},"y":{y}}},"name":"{}"}}"#, self.user);
        self.renewed(address)
    }

    /// The message that says we are still there, when it is time for it.
    pub fn beat(&mut self, address: &[u8]) -> Option<Vec<u8>> {
        self.beats += 1;
        (self.beats >= BEATS_TO_RENEWAL).then(|| self.renewed(address))
    }

    fn renewed(&mut self, address: &[u8]) -> Vec<u8> {
        self.clock += 1;
        self.beats = 0;
        self.message(address, &self.state)
    }

    fn message(&self, address: &[u8], state: &str) -> Vec<u8> {
        let mut update = vec![1];
        write_number(&mut update, self.id);
        write_number(&mut update, self.clock);
        write_number(&mut update, state.len() as u64);
        update.extend_from_slice(state.as_bytes());
        let mut message = [address, &[AWARENESS]].concat();
        write_number(&mut message, update.len() as u64);
        message.extend_from_slice(&update);
        message
    }

    /// Each state that an update tells: a place, or a client that came or left.
    fn hear(&self, bytes: &[u8], heard: &mut Heard) {
        let mut rest = bytes;
        if self.hear_states(&mut rest, heard).is_none() {
            heard.refused(bytes);
        }
    }

    fn hear_states(&self, rest: &mut &[u8], heard: &mut Heard) -> Option<()> {
        let _size = read_number(rest)?;
        for _ in 0..read_number(rest)? {
            let id = read_number(rest)?;
            let _clock = read_number(rest)?;
            let size = usize::try_from(read_number(rest)?).ok()?;
            let (state, after) = rest.split_at_checked(size)?;
            *rest = after;
            if id == self.id {
                continue;
            }
            match scan::places(state).next() {
                Some(stamp) => heard.delivery(stamp),
                None if state == b"null" => heard.left(),
                None => heard.came(),
            }
        }
        Some(())
    }
}

/// Numbers stand in groups of seven bits, the lowest first.
pub fn write_number(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn read_number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte <= 0x7f {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::said::{Said, bytes};

    fn client() -> Said<YjsClient> {
        Said::by(YjsClient::new(Seat { number: 2, room: 1 }))
    }

    /// What y-websocket 3.1 said to @y/websocket-server 0.1.5: the same, but for the id of the client and its state.
    #[test]
    fn the_first_words_are_those_of_the_real_client() {
        let mut said = client();
        said.opens();
        let state = r#"{"name":"u0000002"}"#.as_bytes();
        let own = [&bytes("01 1b 01 8294ebdc03 01 13")[..], state].concat();
        assert_eq!(said.binaries(), [bytes("00 00 01 00"), own]);
        said.hears(Message::Binary(&bytes("00 00 01 00")));
        assert_eq!(said.binaries(), [bytes("00 01 02 00 00")]);
        assert!(!said.heard.take_joined());
        said.hears(Message::Binary(&bytes("00 01 02 00 00")));
        assert!(said.heard.take_joined());
    }

    /// A message of the real client whose cursor stood at 0.123456789, 0.987654321.
    #[test]
    fn moves_have_the_real_clients_form() {
        let real = bytes(
            "01400183ee96a10701387b22637572736f72223a7b2278223a302e3132333435363738392c2279223a302e39383736353433
             32317d2c226e616d65223a226d31227d",
        );
        let state = r#"{"cursor":{"x":0.123456789,"y":0.987654321},"name":"m1"}"#;
        let awareness = Awareness { id: 1_948_628_739, clock: 1, ..Awareness::of(&Seat { number: 0, room: 0 }) };
        assert_eq!(awareness.message(&[], state), real);

        let mut said = client();
        said.points(Stamp(77));
        let message = said.binaries().remove(0);
        let mut other = Said::by(YjsClient::new(Seat { number: 3, room: 1 }));
        other.hears(Message::Binary(&message));
        assert_eq!((other.heard.deliveries, other.heard.refusals), (1, 0));
        said.hears(Message::Binary(&message));
        assert_eq!(said.heard.deliveries, 0);
    }

    #[test]
    fn several_states_stand_in_one_message() {
        let mut all = vec![AWARENESS, 0, 3];
        for (id, state) in [(1_000_000_009, "null"), (1_000_000_002, "{}"), (7, r#"{"name":"x"}"#)] {
            write_number(&mut all, id);
            all.extend_from_slice(&[5, state.len() as u8]);
            all.extend_from_slice(state.as_bytes());
        }
        let mut said = client();
        said.hears(Message::Binary(&all));
        assert_eq!((said.heard.comings, said.heard.leavings, said.heard.refusals), (1, 1, 0));
        said.hears(Message::Binary(&all[..all.len() - 1]));
        assert_eq!(said.heard.refusals, 1);
    }

    #[test]
    fn a_state_is_renewed_before_it_is_forgotten() {
        let mut said = client();
        (0..14).for_each(|_| said.beats());
        said.points(Stamp(1));
        assert_eq!(said.binaries().len(), 1);
        (0..45).for_each(|_| said.beats());
        assert_eq!(said.binaries().len(), 3);
    }
}
