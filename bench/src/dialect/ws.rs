//! The room broadcast that one writes with Node's `ws` (`bench/peers/ws.mjs`): the path is the room, and what is
//! forwarded is what was said.

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::dialect::raw;
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::scan;
use crate::stamp::Stamp;

pub struct WsClient {
    seat: Seat,
}

impl WsClient {
    pub const fn new(seat: Seat) -> Self {
        Self { seat }
    }
}

impl Client for WsClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to(format!("/{}", self.seat.room_id()))
    }

    /// The welcome is the answer.
    fn opened(&mut self, _out: &mut Outgoing, _heard: &mut Heard) {}

    fn hear(&mut self, message: Message<'_>, _out: &mut Outgoing, heard: &mut Heard) {
        let Message::Text(text) = message else { return };
        match text.strip_prefix(br#"{"type":""#) {
            Some([b'c', b'u', ..]) => scan::places(text).for_each(|stamp| heard.delivery(stamp)),
            Some([b'j', ..]) => heard.came(),
            Some([b'l', ..]) => heard.left(),
            Some([b'w', ..]) => heard.joined(),
            _ => heard.refused(text),
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        out.text(raw::update(&self.seat, stamp).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::said::Said;

    #[test]
    fn the_peers_words_are_understood() {
        let mut said = Said::by(WsClient::new(Seat { number: 2, room: 1 }));
        said.opens();
        assert!(!said.heard.take_joined());
        said.hears(Message::Text(br#"{"type":"welcome","id":2,"members":[1,2]}"#));
        assert!(said.heard.take_joined());
        said.hears(Message::Text(br#"{"type":"joined","id":3}"#));
        said.hears(Message::Text(br#"{"type":"left","id":3}"#));
        said.hears(Message::Text(raw::update(&Seat { number: 4, room: 1 }, Stamp(9)).as_bytes()));
        let heard = &said.heard;
        assert_eq!((heard.deliveries, heard.comings, heard.leavings, heard.refusals), (1, 1, 1, 0));
        assert!(said.texts().is_empty());
    }
}
