//! Presence's door for room clients that speak JSON.

use crate::dialect::client::{Client, Message, Seat, Upgrade};
use crate::dialect::presence_binary::{read_typed, typed};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::scan;
use crate::stamp::Stamp;

pub struct JsonClient {
    user: String,
    room: String,
}

impl JsonClient {
    pub fn new(seat: &Seat) -> Self {
        Self { user: seat.user(), room: seat.room_id() }
    }
}

impl Client for JsonClient {
    fn upgrade(&self) -> Upgrade {
        Upgrade::to("/presence")
    }

    fn opened(&mut self, out: &mut Outgoing, _heard: &mut Heard) {
        let user = &self.user;
        let auth = format!(
            r#"{{"type":"auth","token":"{user}","sessionId":"session-{user}","instanceId":"instance-{user}"}}"#
        );
        out.text(auth.as_bytes());
        self.join(out);
    }

    fn hear(&mut self, message: Message<'_>, _out: &mut Outgoing, heard: &mut Heard) {
        let Message::Text(text) = message else { return heard.refused(b"a binary message at a JSON door") };
        match kind(text) {
            b"cursor_moved" => scan::places(text).for_each(|stamp| heard.delivery(stamp)),
            b"joined" => heard.joined(),
            b"user_joined" => heard.came(),
            b"user_left" => heard.left(),
            b"status_changed" => heard.changed(),
            b"typing_started" => {
                if let Some(stamp) = read_typed(text) {
                    heard.typing(stamp);
                }
            }
            b"error" => heard.refused(text),
            _ => {}
        }
    }

    fn point(&mut self, stamp: Stamp, out: &mut Outgoing) {
        let (x, y) = stamp.fractions();
        let (x, y) = (String::from_utf8_lossy(&x), String::from_utf8_lossy(&y));
        out.text(format!(r#"{{"type":"cursor","roomId":"{}","data":{{"x":{x},"y":{y}}}}}"#, self.room).as_bytes());
    }

    fn join(&mut self, out: &mut Outgoing) -> bool {
        out.text(format!(r#"{{"type":"join","roomId":"{}","roomType":"project"}}"#, self.room).as_bytes());
        true
    }

    fn leave(&mut self, out: &mut Outgoing) -> bool {
        out.text(format!(r#"{{"type":"leave","roomId":"{}"}}"#, self.room).as_bytes());
        true
    }

    fn type_in(&mut self, stamp: Stamp, out: &mut Outgoing) -> bool {
        let (room, context) = (&self.room, typed(stamp));
        let data = format!(r#"{{"isTyping":true,"context":"{context}"}}"#);
        out.text(format!(r#"{{"type":"typing","roomId":"{room}","data":{data}}}"#).as_bytes());
        true
    }
}

/// What stands in `{"type":"…"`, which begins each message of this server.
fn kind(text: &[u8]) -> &[u8] {
    let rest = text.strip_prefix(br#"{"type":""#).unwrap_or_default();
    let end = memchr::memchr(b'"', rest).unwrap_or_default();
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_their_beginning() {
        let mut client = JsonClient::new(&Seat { number: 1, room: 1 });
        let (mut out, mut heard) = (Outgoing::default(), Heard { now: 2_000, is_watching: true, ..Heard::default() });
        for message in [
            r#"{"type":"auth","data":{"success":true}}"#,
            r#"{"type":"cursor_moved","roomId":"r","data":{"x":0.1,"y":0.101,"color":"x"}}"#,
            r#"{"type":"user_joined"}"#,
            r#"{"type":"user_left"}"#,
            r#"{"type":"typing_started","data":{"context":"t000003e8"}}"#,
            r#"{"type":"error","error":{}}"#,
            "no JSON",
        ] {
            client.hear(Message::Text(message.as_bytes()), &mut out, &mut heard);
        }
        assert_eq!((heard.deliveries, heard.ages.max()), (1, 1_000));
        assert_eq!((heard.comings, heard.leavings, heard.refusals, heard.typing_ages.max()), (1, 1, 1, 1_000));
    }
}
