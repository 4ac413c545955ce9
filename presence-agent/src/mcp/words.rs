//! What a session says to the server, and what it reads in the answers.

use presence_model::id::{AgentId, RoomId};
use presence_model::room::RoomKey;
use presence_model::status::Status;
use serde_json::{Value, json};

use crate::trouble::Trouble;

/// What members see of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stance {
    pub status: Status,
    pub message: Option<String>,
}

/// The first word of a line: who it is, and the session that it takes up.
pub fn introduction(agent: &AgentId, instance: &str, session: Option<&str>, token: &str) -> Value {
    let mut said = json!({
        "type": "connect",
        "token": token,
        "client": {
            "id": "presence-mcp", "instanceId": instance, "version": env!("CARGO_PKG_VERSION"),
            "platform": std::env::consts::OS, "mode": "agent", "agentId": agent,
        },
    });
    if let Some(session) = session {
        said["sessionId"] = session.into();
    }
    said
}

pub fn joining(key: &RoomKey) -> Value {
    json!({ "type": "join", "roomId": key.room, "roomType": key.kind.name() })
}

pub fn standing(stance: &Stance) -> Value {
    let mut said = json!({ "type": "setStatus", "status": stance.status });
    if let Some(message) = &stance.message {
        said["statusMessage"] = message.as_str().into();
    }
    said
}

pub fn leaving(room: &RoomId) -> Value {
    json!({ "type": "leave", "roomId": room })
}

/// Who we are here, or why nobody.
pub fn signed_in(message: &Value) -> Option<Result<(String, String), Trouble>> {
    let data = &message["data"];
    let text = |field: &str| data[field].as_str().map(str::to_owned);
    if message["type"] == "auth" && data["success"] == true {
        return Some(Ok((text("userId")?, text("sessionId")?)));
    }
    // What is wrong with a token is said of `auth`, wherever the token stood.
    refusal(message, "connect", None).or_else(|| refusal(message, "auth", None)).map(Err)
}

/// The room as it is, or why not.
pub fn joined(message: &Value, room: &str) -> Option<Result<Value, Trouble>> {
    if message["type"] == "joined" && message["roomId"] == room {
        return Some(Ok(message.clone()));
    }
    refusal(message, "join", Some(room)).map(Err)
}

/// The server's answer to a message of ours, if it is a refusal.
fn refusal(message: &Value, about: &str, room: Option<&str>) -> Option<Trouble> {
    let error = &message["error"];
    let text = error["message"].as_str().filter(|_| message["type"] == "error")?;
    let is_of_room = room.is_some() && message["roomId"].as_str() == room;
    let is_meant = is_of_room || text.strip_prefix(about).is_some_and(|rest| rest.starts_with(':'));
    let code = error["code"].as_str().unwrap_or_default().to_owned();
    let retryable = error["retryable"] == true;
    is_meant.then(|| Trouble::Refused { code, message: text.to_owned(), retryable })
}

/// Whether it would be refused again.
pub fn is_final(code: &str) -> bool {
    matches!(code, "unauthenticated" | "bad_token" | "token_expired")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, room: Option<&str>) -> Value {
        json!({ "type": "error", "roomId": room, "error": { "code": "forbidden", "message": text } })
    }

    #[test]
    fn an_answer_is_told_from_what_is_said_besides() {
        assert!(
            signed_in(&json!({ "type": "auth", "data": { "success": false, "error": "No token provided" } })).is_none()
        );
        let auth = json!({ "type": "auth", "data": { "success": true, "userId": "ann", "sessionId": "s" } });
        assert_eq!(signed_in(&auth).unwrap().unwrap(), ("ann".to_owned(), "s".to_owned()));
        for refused in ["connect: no", "auth: no"] {
            assert!(signed_in(&error(refused, None)).unwrap().is_err(), "{refused}");
        }
        for other in [error("heartbeat: no", None), error("connected: no", None), json!({ "type": "joined" }), json!(7)]
        {
            assert!(signed_in(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_refusal_belongs_to_its_room() {
        let is_answer = |message: &Value| joined(message, "r").map(|answer| answer.is_ok());
        assert_eq!(is_answer(&json!({ "type": "joined", "roomId": "r" })), Some(true));
        assert_eq!(is_answer(&json!({ "type": "joined", "roomId": "other" })), None);
        assert_eq!(is_answer(&error("no", Some("r"))), Some(false));
        assert_eq!(is_answer(&error("join: no", None)), Some(false));
        assert_eq!(is_answer(&error("no", Some("other"))), None);
        let refused = joined(&error("join: `rooms` does not open it", Some("r")), "r").unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "join: `rooms` does not open it");
    }
}
