//! What the SDK sends, a function a frame. Each gives a whole message. [`crate::wire::binary::upstream`] reads
//! them; the browser's module holds only those that its session says.

use alloc::vec::Vec;

use crate::command::{Activity, Wishes};
use crate::id::{InstanceId, RoomId, SessionId, SessionKey};
use crate::time::Millis;
use crate::wire::binary::cursor::{Place, write_place};
use crate::wire::binary::frame::{PROTOCOL, message};
use crate::wire::binary::record::write_room_key;
use crate::wire::binary::writer::Writer;

pub const HELLO: u8 = 1;
pub const WISH: u8 = 2;
pub const CURSOR: u8 = 3;
pub const TYPING: u8 = 4;
pub const REPORT: u8 = 5;
pub const RESYNC: u8 = 6;
pub const ACK: u8 = 7;
pub const PROBE: u8 = 8;
pub const GOODBYE: u8 = 9;
pub const AUTH: u8 = 10;
pub const SESSION_TYPING: u8 = 11;
pub const MESSAGE: u8 = 12;
pub const HIDDEN: u8 = 13;

/// The first frame. What it means is said in [`crate::command::Hello`].
pub struct Greeting<'a> {
    pub token: Option<&'a str>,
    pub session_id: Option<&'a SessionId>,
    pub instance_id: Option<&'a InstanceId>,
    pub incarnation: u64,
    pub attempt: u32,
    /// What the client says of itself: a JSON object.
    pub info: &'a str,
    pub activity: &'a Activity,
    pub wishes: Option<&'a Wishes>,
}

pub fn hello(greeting: &Greeting<'_>) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(PROTOCOL);
    to.maybe_text(greeting.token);
    to.maybe_text(greeting.session_id.map(SessionId::as_str));
    to.maybe_text(greeting.instance_id.map(InstanceId::as_str));
    to.number(greeting.incarnation);
    to.number(greeting.attempt);
    to.text(greeting.info);
    write_report(&mut to, greeting.activity);
    to.maybe(greeting.wishes, write_wishes);
    message(HELLO, &to.body)
}

pub fn wish(wishes: &Wishes) -> Vec<u8> {
    let mut to = Writer::default();
    write_wishes(&mut to, wishes);
    message(WISH, &to.body)
}

pub fn cursor(room: &RoomId, place: Place) -> Vec<u8> {
    let mut to = Writer::default();
    to.text(room.as_str());
    write_place(&mut to.body, 0, place);
    message(CURSOR, &to.body)
}

pub fn typing(room: &RoomId, context: Option<&str>) -> Vec<u8> {
    let mut to = Writer::default();
    to.text(room.as_str());
    to.maybe_text(context);
    message(TYPING, &to.body)
}

/// In a conversation of the list.
pub fn session_typing(key: &SessionKey, is_typing: bool) -> Vec<u8> {
    let mut to = Writer::default();
    to.text(key.as_str());
    to.flag(is_typing);
    message(SESSION_TYPING, &to.body)
}

pub fn report(activity: &Activity) -> Vec<u8> {
    let mut to = Writer::default();
    write_report(&mut to, activity);
    message(REPORT, &to.body)
}

/// Without a room: the list of who is here.
pub fn resync(room: Option<&RoomId>) -> Vec<u8> {
    let mut to = Writer::default();
    to.maybe_text(room.map(RoomId::as_str));
    message(RESYNC, &to.body)
}

/// All volatile bytes received on this socket so far.
pub fn ack(volatile_bytes: u64) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(volatile_bytes);
    message(ACK, &to.body)
}

/// To be answered at once with the same `sent` and the server's clock.
pub fn probe(sent: Millis) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(sent.0);
    message(PROBE, &to.body)
}

/// A newer token of the same user, for the rest of this socket's life.
pub fn auth(token: &str) -> Vec<u8> {
    let mut to = Writer::default();
    to.text(token);
    message(AUTH, &to.body)
}

/// A message in the words of the JSON doors.
pub fn message_text(text: &str) -> Vec<u8> {
    let mut to = Writer::default();
    to.text(text);
    message(MESSAGE, &to.body)
}

/// Whether the page is hidden.
pub fn hidden(is_hidden: bool) -> Vec<u8> {
    let mut to = Writer::default();
    to.flag(is_hidden);
    message(HIDDEN, &to.body)
}

pub fn goodbye() -> Vec<u8> {
    message(GOODBYE, &[])
}

fn write_wishes(to: &mut Writer, wishes: &Wishes) {
    to.number(wishes.revision);
    to.list(&wishes.rooms, write_room_key);
    to.flag(wishes.presence);
}

fn write_report(to: &mut Writer, activity: &Activity) {
    to.maybe_number(activity.said.map(|status| status as u64));
    to.maybe_number(activity.input_ago.map(|ago| ago.0));
}
