//! What a client is told when its request is not done.

use alloc::string::String;

use serde::Serialize;
use serde_json::{Value, json};

use crate::refusal::{Code, Refusal};
use crate::time::Millis;

/// The dialect's own codes. Clients compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    InvalidRequest,
    /// The client must show who it is.
    NotPaired,
    /// A scope is missing, in protocol 4.
    Forbidden,
    /// Not now.
    Unavailable,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayError {
    pub code: ErrorCode,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Millis>,
}

impl GatewayError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, retryable: None, retry_after: None }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
}

/// What the hub refuses keeps its own code and field among the details.
impl From<&Refusal> for GatewayError {
    fn from(refusal: &Refusal) -> Self {
        let code = match refusal.code {
            Code::Forbidden => ErrorCode::Forbidden,
            code if code.retryable() => ErrorCode::Unavailable,
            _ => ErrorCode::InvalidRequest,
        };
        let mut details = json!({ "code": refusal.code.name() });
        if let Some(field) = &refusal.field {
            details["field"] = json!(field);
        }
        Self {
            retryable: refusal.code.retryable().then_some(true),
            retry_after: refusal.retry_after,
            ..Self::new(code, &*refusal.message).with(details)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_what_it_names() {
        let late = Refusal::new(Code::RateLimited, "system-event: too many").after(Millis(200));
        assert_eq!(
            serde_json::to_value(GatewayError::from(&late)).unwrap(),
            json!({
                "code": "UNAVAILABLE",
                "message": "system-event: too many",
                "details": { "code": "rate_limited" },
                "retryable": true,
                "retryAfterMs": 200,
            })
        );
        let forbidden = Refusal::new(Code::Forbidden, "system-event: no");
        assert_eq!(GatewayError::from(&forbidden).code, ErrorCode::Forbidden);
        let wrong = Refusal::bad_field("system-event", "host", "be short");
        assert_eq!(
            serde_json::to_value(GatewayError::from(&wrong)).unwrap(),
            json!({
                "code": "INVALID_REQUEST",
                "message": "system-event: `host` must be short",
                "details": { "code": "bad_field", "field": "host" },
            })
        );
    }
}
