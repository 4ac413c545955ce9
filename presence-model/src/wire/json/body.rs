//! Bodies over HTTP to values: depth is bounded before anything is parsed.

use alloc::format;
use alloc::string::{String, ToString};

use serde_json::{Map, Value};

use crate::refusal::{Code, Refusal};
use crate::wire::json::envelope::{MAX_DEPTH, is_too_deep};
use crate::wire::json::plain;

pub(crate) fn object(message: &'static str, text: &str) -> Result<Map<String, Value>, Refusal> {
    match value(message, text)? {
        Value::Object(object) => Ok(object),
        _ => Err(not_json(message, "the body must be an object")),
    }
}

pub(crate) fn value(message: &'static str, text: &str) -> Result<Value, Refusal> {
    // Before parsing, since the parser keeps a stack frame for each level.
    if is_too_deep(text) {
        return Err(not_json(message, &format!("too deep, at most {MAX_DEPTH} levels are read")));
    }
    plain::parse(text).map_err(|error| not_json(message, &error.to_string()))
}

pub(crate) fn not_json(message: &'static str, why: &str) -> Refusal {
    Refusal::new(Code::BadJson, format!("{message}: {why}"))
}
