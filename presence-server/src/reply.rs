//! What HTTP answers to a request it turns down: a status, and the error of `CONTRACT.md` 6 as JSON.

use axum::Json;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;
use presence_model::wire::json::time::Iso;
use serde_json::json as value;

use crate::origin::Forbidden;

/// A body of JSON, as of now.
pub fn json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}

/// A request turned down.
#[derive(Debug)]
pub struct Declined {
    status: StatusCode,
    /// One of the hub's codes, or one of HTTP's own.
    code: &'static str,
    message: String,
    retryable: bool,
    field: Option<String>,
    retry_after: Option<Millis>,
    /// What readers of HtmlGraph's own errors look for.
    detail: Option<&'static str>,
    refused: Option<Code>,
}

impl Declined {
    pub fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub fn method_not_allowed(message: &str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// The path is a WebSocket door, and the request does not knock as one does.
    pub fn upgrade_required(message: &str) -> Self {
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
    }

    pub fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn shutting_down() -> Self {
        Refusal::new(Code::ShuttingDown, "the server is going down").into()
    }

    /// Somebody let the other wait for too long.
    pub fn late(message: &str) -> Self {
        Self { retryable: true, ..Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", message) }
    }

    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            retryable: false,
            field: None,
            retry_after: None,
            detail: None,
            refused: None,
        }
    }

    /// The code to count it under, if it is one of the hub's.
    pub const fn refused(&self) -> Option<Code> {
        self.refused
    }

    /// The request is as it should be but for what it leaves out, as HtmlGraph's server tells apart.
    pub fn unprocessable(self) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..self }
    }

    pub fn at(self, now: Millis) -> Response {
        let mut error = value!({ "code": self.code, "message": self.message, "retryable": self.retryable });
        if let Some(field) = self.field {
            error["field"] = field.into();
        }
        if let Some(wait) = self.retry_after {
            error["retryAfterMs"] = wait.0.into();
        }
        let mut body = value!({
            "type": "error",
            "error": error,
            "data": { "error": self.message },
            "timestamp": Iso(now).to_string(),
        });
        if let Some(detail) = self.detail {
            body["detail"] = detail.into();
        }
        let mut response = (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // HTTP wants this status to say how to do better, and the next one to what to upgrade.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, wait.0.div_ceil(1_000).into());
        }
        if matches!(self.status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // Some of the body may lie unread in the line.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code {
            Code::Unauthenticated | Code::BadToken | Code::TokenExpired => StatusCode::UNAUTHORIZED,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Code::NotAMember | Code::Forbidden => StatusCode::FORBIDDEN,
            Code::RoomTypeConflict
            | Code::RoomFull
            | Code::TooManyRooms
            | Code::TooManySessions
            | Code::TooManyConversations => StatusCode::CONFLICT,
            Code::UnknownAgent => StatusCode::NOT_FOUND,
            Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            retryable: refusal.code.retryable(),
            field: refusal.field,
            retry_after: refusal.retry_after,
            detail: (refusal.code == Code::UnknownAgent).then_some("Agent not found"),
            refused: Some(refusal.code),
            ..Self::new(status, refusal.code.name(), &refusal.message)
        }
    }
}

impl From<Forbidden> for Declined {
    fn from(forbidden: Forbidden) -> Self {
        Self::new(StatusCode::FORBIDDEN, forbidden.code(), &forbidden.to_string())
    }
}
