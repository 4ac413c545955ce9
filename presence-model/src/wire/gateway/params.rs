//! Params of a request fetched by name and type. What is wrong is said as the originals say it: where, and
//! what must be. A `null` is a value here, and of no type that is asked for.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::id::BadId;
use crate::limit::{MAX_LIST, MAX_TEXT_BYTES};

/// One object among the params.
pub(crate) struct Params<'a> {
    /// Where the object stands, each step behind a slash; empty at the top.
    path: String,
    object: &'a Map<String, Value>,
}

type Read<T> = Result<T, String>;

const EMPTY: &str = "NOT have fewer than 1 characters";

impl<'a> Params<'a> {
    pub(crate) fn new(params: Option<&'a Value>) -> Read<Self> {
        match params {
            Some(Value::Object(object)) => Ok(Self { path: String::new(), object }),
            _ => Err("must be object".to_owned()),
        }
    }

    /// `must` completes "must …".
    pub(crate) fn bad(&self, name: &str, must: &str) -> String {
        format!("at {}/{name}: must {must}", self.path)
    }

    fn missing(&self, name: &str) -> String {
        let place = if self.path.is_empty() { String::new() } else { format!("at {}: ", self.path) };
        format!("{place}must have required property '{name}'")
    }

    pub(crate) fn object(&self, name: &str) -> Read<Option<Self>> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Self { path: format!("{}/{name}", self.path), object })),
            Some(_) => Err(self.bad(name, "be object")),
        }
    }

    pub(crate) fn required_object(&self, name: &str) -> Read<Self> {
        self.object(name)?.ok_or_else(|| self.missing(name))
    }

    /// A text of any length, perhaps empty.
    pub(crate) fn text(&self, name: &str) -> Read<Option<&'a str>> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.bad(name, "be string")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Read<Option<bool>> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.bad(name, "be boolean")),
        }
    }

    /// A text that describes the sender, as it was sent.
    pub(crate) fn words(&self, name: &str) -> Read<Option<String>> {
        match self.text(name)? {
            Some("") => Err(self.bad(name, EMPTY)),
            Some(text) if text.len() > MAX_TEXT_BYTES => Err(self.bad(name, &too_long())),
            text => Ok(text.map(str::to_owned)),
        }
    }

    pub(crate) fn required_words(&self, name: &str) -> Read<String> {
        let words = self.words(name)?.ok_or_else(|| self.missing(name))?;
        if words.trim().is_empty() { Err(self.bad(name, EMPTY)) } else { Ok(words) }
    }

    /// An id; one of blanks is none.
    pub(crate) fn id<T>(&self, name: &str, parse: fn(&str) -> Result<T, BadId>) -> Read<Option<T>> {
        match self.text(name)? {
            Some("") => Err(self.bad(name, EMPTY)),
            text => {
                let given = text.filter(|text| !text.trim().is_empty());
                given.map(|text| parse(text).map_err(|bad| self.bad(name, bad.text()))).transpose()
            }
        }
    }

    /// A list of texts. How many and how long they are is bounded where they are `kept`, else by the frame.
    pub(crate) fn list(&self, name: &str, kept: bool) -> Read<Vec<String>> {
        let items = match self.object.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) if kept && items.len() > MAX_LIST => {
                return Err(self.bad(name, &format!("have at most {MAX_LIST} items")));
            }
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.bad(name, "be array")),
        };
        let item = |(index, item): (usize, &Value)| {
            let bad = |must: &str| Err(self.bad(&format!("{name}/{index}"), must));
            match item {
                Value::String(text) if text.is_empty() => bad(EMPTY),
                Value::String(text) if kept && text.len() > MAX_TEXT_BYTES => bad(&too_long()),
                Value::String(text) => Ok(text.clone()),
                _ => bad("be string"),
            }
        };
        items.iter().enumerate().map(item).collect()
    }

    pub(crate) fn required_integer(&self, name: &str, least: u64) -> Read<u64> {
        let value = self.object.get(name).ok_or_else(|| self.missing(name))?;
        let Some(number) = value.as_f64().filter(|number| number.trunc() == *number) else {
            return Err(self.bad(name, "be integer"));
        };
        // JavaScript writes 3 and 3.0 alike. The cast saturates.
        let integer = value.as_u64().unwrap_or(number as u64);
        if number < least as f64 { Err(self.bad(name, &format!("be >= {least}"))) } else { Ok(integer) }
    }
}

fn too_long() -> String {
    format!("have at most {MAX_TEXT_BYTES} bytes")
}
