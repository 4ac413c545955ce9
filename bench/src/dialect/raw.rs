//! What `raw-limit` forwards: opaque updates, as texts of the size that JSON dialects have, or as records of
//! the size that the compact form has. No server can do less.

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::scan;
use crate::stamp::Stamp;

/// Number of the sender in his room, stamp.
pub const RECORD: usize = 6;

pub struct RawClient {
    seat: Seat,
    is_binary: bool,
}

impl RawClient {
    pub const fn new(seat: Seat, is_binary: bool) -> Self {
        Self { seat, is_binary }
    }

    const fn own(&self) -> [u8; 2] {
        (self.seat.number as u16).to_le_bytes()
    }
}

impl Client for RawClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to(format!("/room/{}", self.seat.room))
    }

    fn opened(&mut self, _out: &mut Outgoing, heard: &mut Heard) {
        heard.joined();
    }

    fn hear(&mut self, message: Message<'_>, _out: &mut Outgoing, heard: &mut Heard) {
        match message {
            Message::Text(text) => scan::places(text).for_each(|stamp| heard.delivery(stamp)),
            Message::Binary(records) => {
                let own = self.own();
                for record in records.as_chunks::<RECORD>().0 {
                    let [a, b, stamp @ ..] = *record;
                    if [a, b] != own {
                        heard.delivery(Stamp(u32::from_le_bytes(stamp)));
                    }
                }
            }
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        if self.is_binary {
            let mut record = [0; RECORD];
            record[..2].copy_from_slice(&self.own());
            record[2..].copy_from_slice(&stamp.0.to_le_bytes());
            out.binary(&record);
        } else {
            out.text(update(&self.seat, stamp).as_bytes());
        }
    }
}

/// An update as a JSON dialect would say it, in 66 bytes.
pub fn update(seat: &Seat, stamp: Stamp) -> String {
    let (x, y) = stamp.fractions();
    let (x, y) = (String::from_utf8_lossy(&x), String::from_utf8_lossy(&y));
    format!(r#"{{"type":"cursor","sessionId":"{}","x":{x},"y":{y}}}"#, seat.user())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliveries(client: &mut RawClient, message: Message<'_>) -> u64 {
        let mut heard = Heard::default();
        client.hear(message, &mut Outgoing::default(), &mut heard);
        heard.deliveries
    }

    #[test]
    fn updates_have_the_size_that_is_compared() {
        assert_eq!(update(&Seat { number: 7, room: 1 }, Stamp(4_711)).len(), 66);
    }

    #[test]
    fn others_are_counted_and_we_are_not() {
        let mut client = RawClient::new(Seat { number: 3, room: 0 }, true);
        let records = [3, 0, 1, 0, 0, 0, 4, 0, 1, 0, 0, 0, 5, 0, 1, 0, 0, 0];
        assert_eq!(deliveries(&mut client, Message::Binary(&records)), 2);
        let text = update(&Seat { number: 4, room: 0 }, Stamp(1));
        assert_eq!(deliveries(&mut client, Message::Text(text.as_bytes())), 1);
    }
}
