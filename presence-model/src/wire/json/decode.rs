//! Text from a socket to what it asks.

use alloc::format;
use alloc::string::String;

use crate::command::Command;
use crate::feed::Feed;
use crate::id::SessionKey;
use crate::refusal::{Code, Refusal};
use crate::wire::json::door::Door;
use crate::wire::json::envelope::Envelope;
use crate::wire::json::fields::Fields;
use crate::wire::json::hello::{read_auth, read_connect};
use crate::wire::json::inbound::{Inbound, NO_NAME, Refused};
use crate::wire::json::{read_reports, read_rooms};

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
    ("subscribe.presence", |_| asked(Ok(Command::Subscribe))),
    ("unsubscribe.presence", |_| asked(Ok(Command::Unsubscribe))),
    ("subscribe.agents", |_| asked(Ok(Command::Follow(Feed::Agents)))),
    ("unsubscribe.agents", |_| asked(Ok(Command::Unfollow(Feed::Agents)))),
    ("subscribe.messages", |_| asked(Ok(Command::Follow(Feed::Messages)))),
    ("unsubscribe.messages", |_| asked(Ok(Command::Unfollow(Feed::Messages)))),
    ("agent_event", |fields| asked(read_reports::agent_event(fields))),
    ("session.typing", |fields| asked(session_typing(fields))),
    ("join", |fields| asked(read_rooms::join(fields))),
    ("leave", |fields| asked(read_rooms::leave(fields))),
    ("heartbeat", |fields| asked(read_rooms::heartbeat(fields))),
    ("cursor", |fields| asked(read_rooms::cursor(fields))),
    ("selection", |fields| asked(read_rooms::selection(fields))),
    ("setStatus", |fields| asked(read_rooms::set_status(fields))),
    ("user_presence", |fields| asked(read_rooms::user_presence(fields))),
    ("typing", |fields| asked(read_rooms::typing(fields))),
    ("playback", |fields| asked(read_rooms::playback(fields))),
    ("control_request", |fields| asked(read_rooms::control_request(fields))),
    ("control_grant", |fields| asked(read_rooms::control_grant(fields))),
    ("control_release", |fields| asked(read_rooms::control_release(fields))),
    ("broadcast", |fields| asked(read_rooms::broadcast(fields))),
    ("privacy", |fields| asked(read_rooms::privacy(fields))),
];

/// What dashboards say: they have no session, and so nothing else to ask for.
const OF_DASHBOARDS: &[&str] = &["auth", "ping", "pong", "subscribe", "agent_event"];

pub fn decode(door: Door, text: &str) -> Result<Inbound, Refused> {
    let Envelope { kind, fields } = Envelope::open(text)?;
    let is_known = |message: &str| message == kind && (door != Door::Broadcasts || OF_DASHBOARDS.contains(&message));
    let Some((message, read)) = MESSAGES.iter().find(|(message, _)| is_known(message)) else {
        return Err(Refused { about: NO_NAME, refusal: unknown(&kind) });
    };
    read(&Fields::new(message, &fields)).map_err(|refusal| Refused { about: message, refusal })
}

fn unknown(kind: &str) -> Refusal {
    // Shortened and escaped: the sentence goes into logs too.
    let shown: String = kind.chars().take(SHOWN_OF_A_NAME).flat_map(char::escape_debug).collect();
    Refusal::new(Code::UnknownMessage, format!("{NO_NAME}: `type` `{shown}` is not known here")).at("type")
}

fn asked(command: Result<Command, Refusal>) -> Result<Inbound, Refusal> {
    command?.checked().map(Inbound::Command)
}

fn session_typing(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let key = fields.required_id("sessionKey", SessionKey::parse)?;
    Ok(Command::SessionTyping { key, is_typing: fields.required_flag("isTyping")? })
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
        assert_eq!((about, refusal.code, refusal.field.as_deref()), ("join", Code::UnknownRoomType, Some("roomType")));
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
            text in r#"(\{|\}|\[|\]|:|,|"|\\|"type":"(auth|connect|join|cursor|typing|session.typing|selection|setStatus|playback|control_grant|broadcast|privacy)"|"data":|"client":|1e400|-0|null|\\u[d-e]8[0-9a-f]{2}){0,40}"#,
        ) {
            let _ = decode(Door::Rooms, &text);
        }
    }
}
