//! What one request calls: a procedure with its input, or several whose paths stand one behind the other.

use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::limit::Limits;
use crate::refusal::{Code, Refusal};
use crate::wire::json::envelope::{MAX_DEPTH, is_too_deep};
use crate::wire::json::plain;

/// One call of a request. Whether there is such a procedure, and what the input means, is not looked at yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Called<'a> {
    pub path: &'a str,
    /// JSON; `null` where nothing was given.
    pub input: Result<Value, Refusal>,
}

/// A request to call one procedure.
pub fn single<'a>(path: &'a str, input: Option<&str>, limits: &Limits) -> Vec<Called<'a>> {
    let text = input.unwrap_or_default();
    vec![Called { path, input: fitting(text.len(), limits).and_then(|()| read(text)) }]
}

/// A request to call several, with an object of their inputs by place: `{"0":…,"1":…}`.
pub fn several<'a>(paths: &'a str, inputs: Option<&str>, limits: &Limits) -> Result<Vec<Called<'a>>, Refusal> {
    let most = limits.calls_per_batch;
    // One more than there may be is enough to know.
    let paths: Vec<_> = paths.split(',').take(most + 1).collect();
    if paths.len() > most {
        return Err(Refusal::new(Code::TooLarge, format!("batch: at most {most} calls are made at once")));
    }
    let mut inputs = read(inputs.unwrap_or_default()).and_then(|inputs| match inputs {
        Value::Object(inputs) => Ok(inputs),
        Value::Null => Ok(Map::new()),
        _ => Err(Refusal::new(Code::BadField, "batch: the inputs must be an object").at("input")),
    });
    let of = |(place, path): (usize, &'a str)| {
        let input = match &mut inputs {
            Ok(inputs) => {
                let input = inputs.remove(&place.to_string()).unwrap_or_default();
                fitting(input.to_string().len(), limits).map(|()| input)
            }
            Err(refusal) => Err(refusal.clone()),
        };
        Called { path, input }
    };
    Ok(paths.into_iter().enumerate().map(of).collect())
}

fn fitting(size: usize, limits: &Limits) -> Result<(), Refusal> {
    let most = limits.message_bytes;
    if size > most {
        let text = format!("input: {size} bytes are too many, {most} are read at most");
        return Err(Refusal::new(Code::TooLarge, text));
    }
    Ok(())
}

fn read(text: &str) -> Result<Value, Refusal> {
    let not_json = |why: &str| Refusal::new(Code::BadJson, format!("input: no JSON: {why}"));
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    // Before parsing, since the parser keeps a stack frame for each level.
    if is_too_deep(text) {
        return Err(not_json(&format!("too deep, at most {MAX_DEPTH} levels are read")));
    }
    plain::parse(text).map_err(|error| not_json(&error.to_string()))
}
