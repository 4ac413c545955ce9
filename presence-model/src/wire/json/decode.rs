//! Text from a socket to what it asks.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use crate::command::{Activity, Command};
use crate::id::{RoomId, SessionKey};
use crate::privacy::PrivacyChange;
use crate::refusal::{Code, Refusal};
use crate::room::{Cursor, RoomKey, RoomKind};
use crate::status::Status;
use crate::wire::json::door::Door;
use crate::wire::json::envelope::Envelope;
use crate::wire::json::fields::Fields;
use crate::wire::json::hello::{read_auth, read_connect};
use crate::wire::json::inbound::{Inbound, NO_NAME, Refused};

/// How much of a name that we do not know is told back.
const SHOWN_OF_A_NAME: usize = 40;

type Read = fn(&Fields<'_>) -> Result<Inbound, Refusal>;

/// All messages that are understood, by name.
const MESSAGES: &[(&str, Read)] = &[
    ("auth", read_auth),
    ("connect", read_connect),
    ("ping", |_| Ok(Inbound::Ping)),
    ("pong", |_| Ok(Inbound::Nothing)),
    // Which conversations a client of Kleoz shows: whoever subscribes to the list hears of all of them.
    ("subscribe", |_| Ok(Inbound::Nothing)),
    ("subscribe.presence", |_| command(Command::Subscribe)),
    ("unsubscribe.presence", |_| command(Command::Unsubscribe)),
    ("session.typing", read_session_typing),
    ("join", read_join),
    ("leave", read_leave),
    ("heartbeat", read_heartbeat),
    ("cursor", read_cursor),
    ("typing", read_typing),
];

pub fn decode(door: Door, text: &str) -> Result<Inbound, Refused> {
    // These understand the same. A door of another dialect gets a table of its own.
    let (Door::Ws | Door::Rooms | Door::Kleoz) = door;
    let Envelope { kind, fields } = Envelope::open(text)?;
    let Some((message, read)) = MESSAGES.iter().find(|(message, _)| *message == kind) else {
        return Err(Refused { about: NO_NAME, refusal: unknown(&kind) });
    };
    read(&Fields::new(message, &fields)).map_err(|refusal| Refused { about: message, refusal })
}

fn unknown(kind: &str) -> Refusal {
    // Shortened and escaped: the sentence goes into logs too.
    let shown: String = kind.chars().take(SHOWN_OF_A_NAME).flat_map(char::escape_debug).collect();
    Refusal::new(Code::UnknownMessage, format!("{NO_NAME}: `type` `{shown}` is not known here")).at("type")
}

fn command(command: Command) -> Result<Inbound, Refusal> {
    command.checked().map(Inbound::Command)
}

fn read_join(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    let room = fields.required_id("roomId", RoomId::parse)?;
    let kind = fields.text("roomType")?.ok_or_else(|| fields.missing("roomType"))?;
    let kind = RoomKind::parse(kind).ok_or_else(|| fields.bad("roomType", RoomKind::MUST))?;
    command(Command::Join { key: RoomKey { room, kind }, privacy: PrivacyChange::default() })
}

fn read_leave(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    command(Command::Leave(fields.required_id("roomId", RoomId::parse)?))
}

fn read_heartbeat(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    let said = fields.text("status")?.map(|status| {
        Status::parse(status).ok_or_else(|| fields.bad("status", "be active, idle, away, busy, reviewing or offline"))
    });
    // Koko's page has the status alone; a client that counts seconds, as Kleoz' do, may say them here.
    let activity = Activity { said: said.transpose()?, input_ago: fields.seconds("lastInputSeconds")? };
    command(Command::Report { activity, wants_pong: true })
}

fn read_cursor(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    let room = fields.required_id("roomId", RoomId::parse)?;
    let data = fields.required_object("data")?;
    let cursor = Cursor { x: data.number("x")?, y: data.number("y")?, timestamp: data.number("timestamp")? };
    command(Command::Cursor { room, cursor })
}

fn read_typing(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    let room = fields.required_id("roomId", RoomId::parse)?;
    let data = fields.required_object("data")?;
    let is_typing = data.required_flag("isTyping")?;
    let context = data.text("context")?;
    // Who types may leave out where; the command tells the two apart by the text being there at all.
    let context = is_typing.then(|| context.unwrap_or_default().to_owned());
    command(Command::Typing { room, context })
}

fn read_session_typing(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    let key = fields.required_id("sessionKey", SessionKey::parse)?;
    command(Command::SessionTyping { key, is_typing: fields.required_flag("isTyping")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> Refused {
        decode(Door::Rooms, text).unwrap_err()
    }

    #[test]
    fn an_unknown_message_is_named_but_not_at_length() {
        let Refused { about, refusal } = refused(r#"{"type":"dance"}"#);
        assert_eq!((about, refusal.code, refusal.field.as_deref()), (NO_NAME, Code::UnknownMessage, Some("type")));
        assert!(refusal.message.contains("`dance`"));
        assert!(refused(&format!(r#"{{"type":"{}"}}"#, "x".repeat(10_000))).refusal.message.len() < 100);
        assert!(refused(r#"{"type":"a\nb"}"#).refusal.message.contains(r"`a\nb`"));
    }

    #[test]
    fn an_unknown_room_type_is_answered_with_those_there_are() {
        let Refused { about, refusal } = refused(r#"{"type":"join","roomId":"r","roomType":"kitchen"}"#);
        assert_eq!(about, "join");
        assert_eq!(refusal.message, "join: `roomType` must be project, video, comment_thread or comparison");
    }

    #[test]
    fn who_stops_typing_needs_no_context_and_who_types_may_leave_it_out() {
        let context = |data: &str| match decode(Door::Ws, &format!(r#"{{"type":"typing","roomId":"r","data":{data}}}"#))
        {
            Ok(Inbound::Command(Command::Typing { context, .. })) => context,
            other => panic!("{other:?}"),
        };
        assert_eq!(context(r#"{"isTyping":true,"context":"comment"}"#).as_deref(), Some("comment"));
        assert_eq!(context(r#"{"isTyping":true}"#).as_deref(), Some(""));
        assert_eq!(context(r#"{"isTyping":false,"context":"comment"}"#), None);
    }

    #[test]
    fn nan_as_javascript_writes_it_is_no_hidden_cursor() {
        let Refused { refusal, .. } = refused(r#"{"type":"cursor","roomId":"r","data":{"x":null,"y":0.5}}"#);
        assert_eq!(refusal.field.as_deref(), Some("data.x"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            let _ = decode(Door::Ws, &text);
        }

        #[test]
        fn no_soup_of_json_makes_the_reader_panic(
            text in r#"(\{|\}|\[|\]|:|,|"|\\|"type":"(auth|connect|join|cursor|typing|session.typing)"|"data":|"client":|1e400|-0|null|\\u[d-e]8[0-9a-f]{2}){0,40}"#,
        ) {
            let _ = decode(Door::Rooms, &text);
        }
    }
}
