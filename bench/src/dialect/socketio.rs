//! Socket.IO over WebSocket: an engine's opening, the namespace's connect, an event that joins the room and is
//! answered, and events from then on (`bench/peers/socketio.mjs`).

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::scan;
use crate::stamp::Stamp;

pub struct SocketIoClient {
    seat: Seat,
}

impl SocketIoClient {
    pub const fn new(seat: Seat) -> Self {
        Self { seat }
    }
}

impl Client for SocketIoClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to("/socket.io/?EIO=4&transport=websocket")
    }

    /// The server speaks first.
    fn opened(&mut self, _out: &mut Outgoing, _heard: &mut Heard) {}

    fn hear(&mut self, message: Message<'_>, out: &mut Outgoing, heard: &mut Heard) {
        let Message::Text(text) = message else { return };
        match text {
            [b'4', b'2', event @ ..] if event.starts_with(br#"["cursor""#) => {
                scan::places(event).for_each(|stamp| heard.delivery(stamp));
            }
            [b'4', b'2', event @ ..] if event.starts_with(br#"["joined""#) => heard.came(),
            [b'4', b'2', event @ ..] if event.starts_with(br#"["left""#) => heard.left(),
            [b'4', b'3', ..] => heard.joined(),
            [b'2'] => out.text(b"3"),
            [b'0', ..] => out.text(b"40"),
            [b'4', b'0', ..] => {
                let (room, user) = (self.seat.room_id(), self.seat.user());
                out.text(format!(r#"420["join","{room}","{user}"]"#).as_bytes());
            }
            _ => heard.refused(text),
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        let (x, y) = stamp.fractions();
        let (x, y) = (String::from_utf8_lossy(&x), String::from_utf8_lossy(&y));
        let user = self.seat.user();
        out.text(format!(r#"42["cursor",{{"userId":"{user}","x":{x},"y":{y}}}]"#).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::said::Said;

    fn said(hear: &[&str]) -> (Vec<String>, Heard) {
        let mut said = Said::by(SocketIoClient::new(Seat { number: 2, room: 1 }));
        said.opens();
        hear.iter().for_each(|text| said.hears(Message::Text(text.as_bytes())));
        (said.texts(), said.heard)
    }

    /// What socket.io-client 4.8 said, and what it was told.
    #[test]
    fn the_way_into_a_room_is_that_of_the_real_client() {
        let open = r#"0{"sid":"cNacBXEEbc9eFbP0AAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        let (texts, mut heard) = said(&[open, r#"40{"sid":"41WwcpoyZE8AscykAAAA"}"#]);
        assert_eq!(texts, ["40", r#"420["join","r0000001","u0000002"]"#]);
        assert!(!heard.take_joined());
        let (_, mut heard) = said(&[r#"430[["u0000002"]]"#]);
        assert!(heard.take_joined());
    }

    #[test]
    fn events_are_counted_and_pings_answered() {
        let (texts, heard) = said(&[
            r#"42["cursor",{"userId":"u0000003","x":0.123456,"y":0.111111}]"#,
            r#"42["joined",{"id":"BaEpNuBd4XlHzt1mAAAB","name":"m2"}]"#,
            r#"42["left",{"id":"BaEpNuBd4XlHzt1mAAAB"}]"#,
            "2",
        ]);
        assert_eq!(texts, ["3"]);
        assert_eq!((heard.deliveries, heard.comings, heard.leavings, heard.refusals), (1, 1, 1, 0));
        assert_eq!(said(&["44{\"message\":\"no\"}"]).1.refusals, 1);
    }

    #[test]
    fn what_it_points_to_comes_back() {
        let mut said = Said::by(SocketIoClient::new(Seat { number: 2, room: 1 }));
        said.points(Stamp(4_711));
        let text = said.texts().remove(0);
        assert_eq!(scan::places(text.as_bytes()).collect::<Vec<_>>(), [Stamp(4_711)]);
    }
}
