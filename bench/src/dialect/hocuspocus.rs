//! Hocuspocus: the protocol of Yjs with the document's name before each message, and a token before all else.

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::dialect::yjs::{self, Awareness};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::stamp::Stamp;

/// A kind of messages, and what is said in them.
const AUTH: u8 = 2;
const TOKEN: u8 = 0;
const DENIED: u8 = 1;

/// Nobody asks for a token, so it is empty; the version of the provider follows.
const NO_TOKEN: u8 = 0;
const VERSION: &[u8] = b"\x054.8.0";

pub struct HocuspocusClient {
    awareness: Awareness,
    /// The document's name, as it stands before each message.
    address: Vec<u8>,
}

impl HocuspocusClient {
    pub fn new(seat: &Seat) -> Self {
        let name = seat.room_id();
        let mut address = vec![];
        yjs::write_number(&mut address, name.len() as u64);
        address.extend_from_slice(name.as_bytes());
        Self { awareness: Awareness::of(seat), address }
    }
}

impl Client for HocuspocusClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to("/")
    }

    fn opened(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        out.binary(&[&self.address, &[AUTH, TOKEN, NO_TOKEN][..], VERSION].concat());
        yjs::introduce(&self.address, &mut self.awareness, out);
    }

    fn hear(&mut self, message: Message<'_>, out: &mut Outgoing, heard: &mut Heard) {
        let Message::Binary(bytes) = message else { return };
        match bytes.strip_prefix(&self.address[..]) {
            Some([AUTH, DENIED, why @ ..]) => heard.refused(why),
            _ => yjs::hear(&self.address, &self.awareness, bytes, out, heard),
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        out.binary(&self.awareness.at(stamp, &self.address));
    }

    fn beat(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        if let Some(renewal) = self.awareness.beat(&self.address) {
            out.binary(&renewal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::said::{Said, bytes};

    fn client() -> Said<HocuspocusClient> {
        Said::by(HocuspocusClient::new(&Seat { number: 2, room: 1 }))
    }

    fn addressed(rest: &str) -> Vec<u8> {
        [b"\x08r0000001".to_vec(), bytes(rest)].concat()
    }

    /// What @hocuspocus/provider 4.8 said to the server 4.7: the same, but for names and ids.
    #[test]
    fn the_first_words_are_those_of_the_real_client() {
        let mut said = client();
        said.opens();
        let state = r#"{"name":"u0000002"}"#.as_bytes();
        let own = [addressed("01 1b 01 8294ebdc03 01 13"), state.to_vec()].concat();
        assert_eq!(said.binaries(), [addressed("02 00 00 05 342e382e30"), addressed("00 00 01 00"), own]);
        said.hears(Message::Binary(&addressed("02 02 0a 726561642d7772697465")));
        assert!(said.binaries().is_empty());
        said.hears(Message::Binary(&addressed("00 00 01 00")));
        assert_eq!(said.binaries(), [addressed("00 01 02 00 00")]);
        said.hears(Message::Binary(&addressed("00 01 02 00 00")));
        assert!(said.heard.take_joined());
        said.hears(Message::Binary(&addressed("08 01")));
        assert_eq!(said.heard.refusals, 0);
    }

    #[test]
    fn others_are_counted_and_a_denial_is_told() {
        let (mut said, mut other) = (client(), Said::by(HocuspocusClient::new(&Seat { number: 3, room: 1 })));
        said.points(Stamp(77));
        let message = said.binaries().remove(0);
        other.hears(Message::Binary(&message));
        said.hears(Message::Binary(&message));
        assert_eq!((other.heard.deliveries, said.heard.deliveries), (1, 0));
        said.hears(Message::Binary(&addressed("02 01 02 6e6f")));
        assert_eq!(said.heard.refusals, 1);
    }
}
