//! What backends post for people: bodies over HTTP.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde_json::Value;

use crate::feed::{AgentNotice, AgentState, ChatMessage, Level, Notification, Recipient};
use crate::id::{AgentId, ConversationId, UserId};
use crate::limit::Limits;
use crate::refusal::Refusal;
use crate::time::Millis;
use crate::wire::json::body::object;
use crate::wire::json::fields::Fields;
use crate::wire::json::time::Iso;

/// The names of what is posted, in errors.
pub const AGENT_STATUS: &str = "agent-status";
pub const CHAT: &str = "chat";
pub const NOTIFICATION: &str = "notification";
pub const MEMBERS: &str = "members";

const STATE: &str = "be idle, working or stopped";
const LEVEL: &str = "be info, success, warning or error";

/// A chat message as it is posted, and who is to hear of its conversation from now on if that is said too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    pub message: ChatMessage,
    pub members: Option<Vec<UserId>>,
}

pub fn agent_status(text: &str) -> Result<AgentNotice, Refusal> {
    let object = object(AGENT_STATUS, text)?;
    let fields = Fields::new(AGENT_STATUS, &object);
    let progress = fields.number("progress")?;
    if progress.is_some_and(|progress| !(0.0..=100.0).contains(&progress)) {
        return Err(Refusal::out_of_range(AGENT_STATUS, "progress", "be a number from 0 to 100"));
    }
    Ok(AgentNotice {
        agent: fields.required_id("agentName", AgentId::parse)?,
        state: fields.required_word("state", AgentState::parse, STATE)?,
        task: fields.words("currentTask")?.map(Arc::from),
        progress,
    })
}

/// `fresh` is an id that nothing has, for a message that brings none.
pub fn chat(text: &str, now: Millis, fresh: &str, limits: &Limits) -> Result<Chat, Refusal> {
    let object = object(CHAT, text)?;
    let fields = Fields::new(CHAT, &object);
    let at = fields.words("timestamp")?.map(|at| {
        let must = "be a moment as `2025-12-26T13:00:00.000Z`";
        Iso::parse(&at).map(|Iso(at)| at).ok_or_else(|| fields.bad("timestamp", must))
    });
    let message = ChatMessage {
        conversation: fields.required_id("conversationId", ConversationId::parse)?,
        id: fields.words("messageId")?.map_or_else(|| fresh.into(), Arc::from),
        content: fields.required_said("content", limits.said_bytes)?.into(),
        sender: fields.required_words("sender")?.into(),
        at: at.transpose()?.unwrap_or(now),
    };
    let names_members = fields.raw("members").is_some_and(|members| !members.is_null());
    Ok(Chat { message, members: names_members.then(|| members_of(&fields, limits)).transpose()? })
}

pub fn notification(
    text: &str,
    now: Millis,
    fresh: &str,
    limits: &Limits,
) -> Result<(Recipient, Notification), Refusal> {
    let object = object(NOTIFICATION, text)?;
    let fields = Fields::new(NOTIFICATION, &object);
    let notification = Notification {
        id: fields.words("id")?.map_or_else(|| fresh.into(), Arc::from),
        level: fields.required_word("level", Level::parse, LEVEL)?,
        message: fields.required_said("message", limits.said_bytes)?.into(),
        at: now,
    };
    // One that is blank was meant to be somebody: it must not go to all.
    let to = fields.text("userId")?.map(|_| fields.required_id("userId", UserId::parse)).transpose()?;
    Ok((to.map_or(Recipient::All, Recipient::User), notification))
}

pub fn members(text: &str, limits: &Limits) -> Result<Vec<UserId>, Refusal> {
    let object = object(MEMBERS, text)?;
    members_of(&Fields::new(MEMBERS, &object), limits)
}

fn members_of(fields: &Fields<'_>, limits: &Limits) -> Result<Vec<UserId>, Refusal> {
    let most = limits.members_per_conversation;
    let items = match fields.raw("members") {
        None | Some(Value::Null) => return Err(fields.missing("members")),
        Some(Value::Array(items)) if items.len() <= most => items,
        Some(Value::Array(_)) => {
            return Err(Refusal::out_of_range(fields.message(), "members", &format!("have at most {most} members")));
        }
        Some(_) => return Err(fields.bad("members", "be a list of user ids")),
    };
    let read = |(index, item): (usize, &Value)| {
        let place = format!("members[{index}]");
        let id = item.as_str().ok_or_else(|| fields.bad(&place, "be a text"))?;
        UserId::parse(id).map_err(|bad| fields.bad(&place, bad.text()))
    };
    items.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::refusal::Code;

    const NOW: Millis = Millis::seconds(1_000);

    #[test]
    fn a_bad_body_is_refused_with_message_and_field() {
        let limits = Limits { said_bytes: 8, members_per_conversation: 2, ..Limits::default() };
        type Read = fn(&str, &Limits) -> Result<(), Refusal>;
        let of_status: Read = |text, _| agent_status(text).map(drop);
        let of_chat: Read = |text, limits| chat(text, NOW, "fresh", limits).map(drop);
        let of_notification: Read = |text, limits| notification(text, NOW, "fresh", limits).map(drop);
        let of_members: Read = |text, limits| members(text, limits).map(drop);
        use Code::{BadField, BadJson, MissingField, OutOfRange, TooLong};
        let cases: &[(Read, &str, Code, Option<&str>)] = &[
            (of_status, r#"{"state":"idle"}"#, MissingField, Some("agentName")),
            (of_status, r#"{"agentName":"a"}"#, MissingField, Some("state")),
            (of_status, r#"{"agentName":"a","state":"active"}"#, BadField, Some("state")),
            (of_status, r#"{"agentName":"a","state":"idle","progress":101}"#, OutOfRange, Some("progress")),
            (of_status, r#"{"agentName":"a","state":"idle","progress":-0.1}"#, OutOfRange, Some("progress")),
            (of_status, r#"{"agentName":"a","state":"idle","progress":"half"}"#, BadField, Some("progress")),
            (of_chat, r#"{"content":"hi","sender":"s"}"#, MissingField, Some("conversationId")),
            (of_chat, r#"{"conversationId":"c","sender":"s"}"#, MissingField, Some("content")),
            (of_chat, r#"{"conversationId":"c","content":" ","sender":"s"}"#, MissingField, Some("content")),
            (of_chat, r#"{"conversationId":"c","content":"123456789","sender":"s"}"#, TooLong, Some("content")),
            (of_chat, r#"{"conversationId":"c","content":"hi"}"#, MissingField, Some("sender")),
            (
                of_chat,
                r#"{"conversationId":"c","content":"hi","sender":"s","timestamp":"now"}"#,
                BadField,
                Some("timestamp"),
            ),
            (
                of_chat,
                r#"{"conversationId":"c","content":"hi","sender":"s","members":["a","b","c"]}"#,
                OutOfRange,
                Some("members"),
            ),
            (of_notification, r#"{"message":"hi"}"#, MissingField, Some("level")),
            (of_notification, r#"{"level":"fatal","message":"hi"}"#, BadField, Some("level")),
            (of_notification, r#"{"level":"info"}"#, MissingField, Some("message")),
            (of_notification, r#"{"level":"info","message":"123456789"}"#, TooLong, Some("message")),
            (of_notification, r#"{"level":"info","message":"hi","userId":""}"#, BadField, Some("userId")),
            (of_notification, r#"{"level":"info","message":"hi","userId":7}"#, BadField, Some("userId")),
            (of_members, "[]", BadJson, None),
            (of_members, "{}", MissingField, Some("members")),
            (of_members, r#"{"members":"ann"}"#, BadField, Some("members")),
            (of_members, r#"{"members":["ann",""]}"#, BadField, Some("members[1]")),
            (of_members, r#"{"members":["ann",7]}"#, BadField, Some("members[1]")),
        ];
        for (read, text, code, field) in cases {
            let refusal = read(text, &limits).expect_err(text);
            assert_eq!((refusal.code, refusal.field.as_deref()), (*code, *field), "{text}");
            assert!(field.is_none_or(|field| refusal.message.contains(&format!("`{field}`"))), "{}", refusal.message);
            assert!(refusal.message.len() < 200, "{}", refusal.message);
        }
    }

    #[test]
    fn messages_to_people_are_read_with_what_they_leave_out() {
        let limits = Limits::default();
        let text = r#"{"agentName":"CLOUD_ASSISTANT","state":"working","currentTask":"Analyzing code","progress":50}"#;
        let notice = AgentNotice {
            agent: AgentId::parse("CLOUD_ASSISTANT").unwrap(),
            state: AgentState::Working,
            task: Some("Analyzing code".into()),
            progress: Some(50.0),
        };
        assert_eq!(agent_status(text), Ok(notice));

        let text = r#"{"conversationId":"conv-123","content":" Done! ","sender":"LEAD"}"#;
        let Chat { message, members } = chat(text, NOW, "fresh", &limits).unwrap();
        assert_eq!((&*message.id, &*message.content, message.at, members), ("fresh", " Done! ", NOW, None));
        let text = r#"{"conversationId":"c","content":"x","sender":"s","messageId":"msg-456",
            "timestamp":"2025-12-26T13:00:00.000Z","members":[]}"#;
        let Chat { message, members } = chat(text, NOW, "fresh", &limits).unwrap();
        assert_eq!((&*message.id, message.at, members), ("msg-456", Millis(1_766_754_000_000), Some(vec![])));

        let (to, said) = notification(r#"{"level":"success","message":"ok"}"#, NOW, "fresh", &limits).unwrap();
        assert_eq!((to, &*said.id, said.level, said.at), (Recipient::All, "fresh", Level::Success, NOW));
        let text = r#"{"level":"error","message":"ok","userId":"ann","id":"n"}"#;
        let (to, said) = notification(text, NOW, "fresh", &limits).unwrap();
        assert_eq!((to, &*said.id), (Recipient::User(UserId::parse("ann").unwrap()), "n"));
    }

    proptest! {
        #[test]
        fn no_soup_of_json_makes_the_readers_panic(
            text in r#"(\{|\}|\[|\]|:|,|"|\\|"type":"(activity|offline)"|"events":|"cost_tokens":|"members":|1e400|-0|null|"timestamp":"9999-12-31T23:59:59Z"|\\u[d-e]8[0-9a-f]{2}){0,40}"#,
        ) {
            let limits = Limits::default();
            let _ = (agent_status(&text), members(&text, &limits));
            let _ = (chat(&text, NOW, "f", &limits), notification(&text, NOW, "f", &limits));
        }
    }
}
