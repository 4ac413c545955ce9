//! What agents report: bodies over HTTP, and `agent_event` of sockets.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::Value;

use crate::agent::{AgentEvent, Deed, FeatureStatus};
use crate::command::Command;
use crate::id::{AgentId, FeatureId};
use crate::instance::check_text;
use crate::limit::Limits;
use crate::refusal::Refusal;
use crate::wire::json::body::{not_json, object, value};
use crate::wire::json::fields::Fields;

/// The names of what is reported, in errors.
pub const EVENTS: &str = "events";
pub const FEATURE_STATUS: &str = "feature-status";

const DEED: &str = "be tool_execute, feature_change, session_start, session_end, activity or offline";
const FEATURE: &str = "be todo, in_progress, blocked or done";

/// One event, a list of them, or an object with such a list. `key` names the whole of it, if it is named.
pub fn events(text: &str, key: Option<&str>, limits: &Limits) -> Result<Vec<AgentEvent>, Refusal> {
    let key = checked_key(key)?;
    match value(EVENTS, text)? {
        Value::Array(items) => batch(EVENTS, &items, key.as_deref(), limits.events_per_batch),
        Value::Object(object) => {
            let fields = Fields::new(EVENTS, &object);
            match fields.raw(EVENTS).filter(|events| !events.is_null()) {
                Some(Value::Array(items)) => batch(EVENTS, items, key.as_deref(), limits.events_per_batch),
                Some(_) => Err(fields.bad(EVENTS, "be a list of events")),
                None => Ok(vec![event(&fields, key)?]),
            }
        }
        _ => Err(not_json(EVENTS, "the body must be an object or a list")),
    }
}

/// The same over a socket, which says there of whom.
pub(crate) fn agent_event(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let agent = fields.required_id("agent_id", AgentId::parse)?;
    let events = match fields.raw(EVENTS).filter(|events| !events.is_null()) {
        // The message's size bounds how many there are; how many are taken the server says.
        Some(Value::Array(items)) => batch(fields.message(), items, None, usize::MAX)?,
        Some(_) => return Err(fields.bad(EVENTS, "be a list of events")),
        None => vec![event(fields, None)?],
    };
    Ok(Command::AgentEvents { agent, events })
}

fn batch(message: &'static str, items: &[Value], key: Option<&str>, most: usize) -> Result<Vec<AgentEvent>, Refusal> {
    if items.is_empty() || items.len() > most {
        let must = format!("have 1 to {most} events");
        return Err(Refusal::out_of_range(message, EVENTS, &must));
    }
    let read = |(index, item): (usize, &Value)| {
        let place = format!("{EVENTS}[{index}]");
        let Value::Object(object) = item else { return Err(Refusal::bad_field(message, &place, "be an object")) };
        // The request's key stands for each of its events in their order.
        event(&Fields::within(message, &place, object), key.map(|key| format!("{key}#{index}").into()))
    };
    items.iter().enumerate().map(read).collect()
}

fn event(fields: &Fields<'_>, key: Option<Arc<str>>) -> Result<AgentEvent, Refusal> {
    let named = if fields.raw("event_type").is_some_and(|named| !named.is_null()) { "event_type" } else { "type" };
    let words = |name: &str| fields.words(name).map(|words| words.map(Arc::from));
    Ok(AgentEvent {
        deed: fields.required_word(named, Deed::parse, DEED)?,
        tool: words("tool_name")?,
        tokens: fields.whole("cost_tokens")?.unwrap_or_default(),
        feature: fields.id("feature_id", FeatureId::parse)?,
        session: words("session_id")?,
        activity: words("activity")?,
        key: words("idempotency_key")?.or(key),
    })
}

fn checked_key(key: Option<&str>) -> Result<Option<Arc<str>>, Refusal> {
    let mut key = key.map(ToOwned::to_owned);
    check_text(EVENTS, "Idempotency-Key", &mut key)?;
    Ok(key.map(Arc::from))
}

pub fn feature_status(text: &str) -> Result<FeatureStatus, Refusal> {
    let object = object(FEATURE_STATUS, text)?;
    Fields::new(FEATURE_STATUS, &object).required_word("new_status", FeatureStatus::parse, FEATURE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::slice::from_ref;
    use proptest::prelude::*;

    use crate::refusal::Code;
    use crate::wire::json::decode::decode;
    use crate::wire::json::door::Door;
    use crate::wire::json::inbound::Inbound;

    fn read(text: &str, key: Option<&str>) -> Vec<AgentEvent> {
        events(text, key, &Limits::default()).unwrap()
    }

    fn nothing(deed: Deed) -> AgentEvent {
        AgentEvent { deed, tool: None, tokens: 0, feature: None, session: None, activity: None, key: None }
    }

    #[test]
    fn an_event_is_read_with_all_it_says_by_either_name() {
        let text = r#"{"type":"tool_execute","tool_name":" Bash ","cost_tokens":1500,"feature_id":"feat-1",
            "session_id":"sess-1","activity":"pushing","idempotency_key":"k","color":"red"}"#;
        let all = AgentEvent {
            tool: Some("Bash".into()),
            tokens: 1_500,
            feature: FeatureId::parse("feat-1").ok(),
            session: Some("sess-1".into()),
            activity: Some("pushing".into()),
            key: Some("k".into()),
            ..nothing(Deed::ToolExecute)
        };
        assert_eq!(read(text, None), from_ref(&all));
        let text = text.replace("\"type\"", "\"event_type\"");
        assert_eq!(read(&text, Some("of the request")), from_ref(&all), "an event's own key goes first");
        let said = format!(r#"{{"type":"agent_event","agent_id":"a",{}"#, &text[1..]);
        let agent = AgentId::parse("a").unwrap();
        for door in [Door::Ws, Door::Broadcasts] {
            let command = Command::AgentEvents { agent: agent.clone(), events: vec![all.clone()] };
            assert_eq!(decode(door, &said), Ok(Inbound::Command(command)));
        }
        for deed in Deed::ALL {
            let text = format!(r#"{{"type":"{}","tool_name":"","feature_id":" ","session_id":null}}"#, deed.name());
            assert_eq!(read(&text, None), [nothing(*deed)]);
        }
    }

    #[test]
    fn each_event_of_a_batch_has_its_part_of_the_requests_key() {
        let list = r#"[{"type":"activity"},{"type":"offline","idempotency_key":"own"},{"type":"activity"}]"#;
        for text in [list.to_owned(), format!(r#"{{"events":{list}}}"#)] {
            let keys: Vec<_> = read(&text, Some(" k ")).into_iter().map(|event| event.key.unwrap()).collect();
            assert_eq!(keys, ["k#0".into(), "own".into(), "k#2".into()] as [Arc<str>; 3], "{text}");
        }
        assert_eq!(read(r#"{"type":"activity"}"#, Some("k"))[0].key.as_deref(), Some("k"));
        assert_eq!(read(r#"{"type":"activity"}"#, Some(" "))[0].key, None);
    }

    #[test]
    fn tokens_are_counted_in_whole_numbers() {
        let tokens = |tokens: &str| {
            events(&format!(r#"{{"type":"activity","cost_tokens":{tokens}}}"#), None, &Limits::default())
        };
        for (text, count) in [("0", 0), ("12", 12), ("12.0", 12), ("1e3", 1_000), ("9007199254740991", (1 << 53) - 1)] {
            assert_eq!(tokens(text).unwrap()[0].tokens, count, "{text}");
        }
        for (text, code) in [
            ("-1", Code::OutOfRange),
            ("1.5", Code::OutOfRange),
            ("9007199254740992", Code::OutOfRange),
            ("1e300", Code::OutOfRange),
            ("null", Code::BadField),
            ("\"12\"", Code::BadField),
            ("[1]", Code::BadField),
        ] {
            let refusal = tokens(text).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some("cost_tokens")), "{text}");
            assert_eq!(refusal.message, "events: `cost_tokens` must be a whole number, 0 or more");
        }
    }

    #[test]
    fn a_bad_report_is_refused_with_message_and_field() {
        let limits = Limits { events_per_batch: 2, ..Limits::default() };
        let long = "x".repeat(257);
        let deep = format!(r#"{{"type":"activity","x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
        type Read = fn(&str, &Limits) -> Result<(), Refusal>;
        let of_events: Read = |text, limits| events(text, None, limits).map(drop);
        let of_feature: Read = |text, _| feature_status(text).map(drop);
        use Code::{BadField, BadJson, MissingField, OutOfRange};
        let cases: &[(Read, &str, Code, Option<&str>)] = &[
            (of_events, "", BadJson, None),
            (of_events, "7", BadJson, None),
            (of_events, "{", BadJson, None),
            (of_events, &deep, BadJson, None),
            (of_events, "{}", MissingField, Some("type")),
            (of_events, r#"{"type":"dance"}"#, BadField, Some("type")),
            (of_events, r#"{"type":"activity","event_type":"dance"}"#, BadField, Some("event_type")),
            (of_events, r#"{"type":7}"#, BadField, Some("type")),
            (of_events, "[]", OutOfRange, Some("events")),
            (of_events, r#"{"events":[]}"#, OutOfRange, Some("events")),
            (of_events, r#"{"events":7}"#, BadField, Some("events")),
            (of_events, r#"[{"type":"activity"},{"type":"activity"},{"type":"activity"}]"#, OutOfRange, Some("events")),
            (of_events, r#"[{"type":"activity"},7]"#, BadField, Some("events[1]")),
            (
                of_events,
                r#"[{"type":"activity"},{"type":"activity","cost_tokens":-1}]"#,
                OutOfRange,
                Some("events[1].cost_tokens"),
            ),
            (of_events, r#"[{"type":"activity"},{"cost_tokens":1}]"#, MissingField, Some("events[1].type")),
            (of_events, r#"{"type":"activity","tool_name":["Bash"]}"#, BadField, Some("tool_name")),
            (of_events, r#"{"type":"activity","feature_id":"a\nb"}"#, BadField, Some("feature_id")),
            (of_events, &format!(r#"{{"type":"activity","session_id":"{long}"}}"#), BadField, Some("session_id")),
            (
                of_events,
                &format!(r#"{{"type":"activity","idempotency_key":"{long}"}}"#),
                BadField,
                Some("idempotency_key"),
            ),
            (of_feature, "{}", MissingField, Some("new_status")),
            (of_feature, r#"{"new_status":"finished"}"#, BadField, Some("new_status")),
        ];
        for (read, text, code, field) in cases {
            let refusal = read(text, &limits).expect_err(text);
            assert_eq!((refusal.code, refusal.field.as_deref()), (*code, *field), "{text}");
            assert!(field.is_none_or(|field| refusal.message.contains(&format!("`{field}`"))), "{}", refusal.message);
            assert!(refusal.message.len() < 200, "{}", refusal.message);
        }
        assert_eq!(events("[7]", Some(&long), &limits).unwrap_err().field.as_deref(), Some("Idempotency-Key"));
    }

    #[test]
    fn a_batch_over_a_socket_is_bounded_where_the_limits_are_known() {
        let batch = |count: usize| {
            let events = vec![r#"{"type":"activity"}"#; count].join(",");
            let text = format!(r#"{{"type":"agent_event","agent_id":"a","events":[{events}]}}"#);
            let Ok(Inbound::Command(command)) = decode(Door::Ws, &text) else { panic!("{text}") };
            command.within(&Limits { events_per_batch: 2, ..Limits::default() })
        };
        assert!(batch(2).is_ok());
        let refusal = batch(3).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::OutOfRange, Some("events")));
        let refused = decode(Door::Ws, r#"{"type":"agent_event","event_type":"activity"}"#).unwrap_err();
        assert_eq!((refused.about, refused.refusal.field.as_deref()), ("agent_event", Some("agent_id")));
    }

    #[test]
    fn dashboards_have_nothing_else_to_say() {
        for text in [r#"{"type":"join","roomId":"r","roomType":"video"}"#, r#"{"type":"subscribe.presence"}"#] {
            assert!(decode(Door::Ws, text).is_ok());
            assert_eq!(decode(Door::Broadcasts, text).unwrap_err().refusal.code, Code::UnknownMessage);
        }
    }

    proptest! {
        #[test]
        fn no_soup_of_json_makes_the_readers_panic(
            text in r#"(\{|\}|\[|\]|:|,|"|\\|"type":"(activity|offline)"|"events":|"cost_tokens":|"members":|1e400|-0|null|"timestamp":"9999-12-31T23:59:59Z"|\\u[d-e]8[0-9a-f]{2}){0,40}"#,
        ) {
            let _ = (events(&text, Some("k"), &Limits::default()), feature_status(&text));
        }
    }
}
