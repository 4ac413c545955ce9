//! The second step: fields of a message fetched by name and type. What is of another type is refused
//! with the message's name and the field's path.
//!
//! A `null` counts as absent, except where a number belongs: there it is what JavaScript makes of `NaN`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::id::BadId;
use crate::instance::check_text;
use crate::limit::MAX_LIST;
use crate::refusal::{Code, Refusal};
use crate::time::Millis;

/// The largest number that JavaScript can count to.
const MAX_WHOLE: u64 = (1 << 53) - 1;

/// One object of a message.
pub(crate) struct Fields<'a> {
    message: &'static str,
    /// Where the object stands, each step with a dot behind it; empty at the top.
    path: String,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(message: &'static str, object: &'a Map<String, Value>) -> Self {
        Self { message, path: String::new(), object }
    }

    /// One object of many, with the place where it stands.
    pub(crate) fn within(message: &'static str, place: &str, object: &'a Map<String, Value>) -> Self {
        Self { message, path: format!("{place}."), object }
    }

    pub(crate) const fn message(&self) -> &'static str {
        self.message
    }

    /// `must` completes "must …".
    pub(crate) fn bad(&self, name: &str, must: &str) -> Refusal {
        Refusal::bad_field(self.message, &self.path(name), must)
    }

    pub(crate) fn missing(&self, name: &str) -> Refusal {
        Refusal::missing_field(self.message, &self.path(name))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.bad(name, "be a text")),
        }
    }

    /// A text that describes the sender: trimmed, absent when blank, refused when too long to keep.
    pub(crate) fn words(&self, name: &str) -> Result<Option<String>, Refusal> {
        let mut words = self.text(name)?.map(str::to_owned);
        check_text(self.message, &self.path(name), &mut words)?;
        Ok(words)
    }

    /// What a person says: the same, of so many characters at most.
    pub(crate) fn sentence(&self, name: &str, most: usize) -> Result<Option<String>, Refusal> {
        let said = self.text(name)?.map(str::trim).filter(|said| !said.is_empty());
        match said {
            Some(said) if said.chars().count() > most => Err(Refusal::too_long(self.message, &self.path(name), most)),
            said => Ok(said.map(str::to_owned)),
        }
    }

    /// A list of such texts.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let items = match self.given(name) {
            None => return Ok(vec![]),
            Some(Value::Array(items)) if items.len() <= MAX_LIST => items,
            Some(Value::Array(_)) => return Err(self.bad(name, &format!("have at most {MAX_LIST} items"))),
            Some(_) => return Err(self.bad(name, "be a list of texts")),
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let Value::String(text) = item else { return Err(self.bad(name, "be a list of texts")) };
            let mut words = Some(text.clone());
            check_text(self.message, &self.path(name), &mut words)?;
            list.extend(words);
        }
        Ok(list)
    }

    pub(crate) fn required_words(&self, name: &str) -> Result<String, Refusal> {
        self.words(name)?.ok_or_else(|| self.missing(name))
    }

    /// What is said, kept as it is written, of so many bytes at most.
    pub(crate) fn required_said(&self, name: &str, most: usize) -> Result<&'a str, Refusal> {
        let said = self.text(name)?.filter(|said| !said.trim().is_empty()).ok_or_else(|| self.missing(name))?;
        if said.len() > most {
            let code = Code::TooLong;
            return Err(Refusal { code, ..self.bad(name, &format!("have at most {most} bytes")) });
        }
        Ok(said)
    }

    /// One of the words that `parse` knows; `must` completes "must …".
    pub(crate) fn required_word<T>(&self, name: &str, parse: fn(&str) -> Option<T>, must: &str) -> Result<T, Refusal> {
        let word = self.text(name)?.ok_or_else(|| self.missing(name))?;
        parse(word).ok_or_else(|| self.bad(name, must))
    }

    /// An id that need not be there. A blank one is not.
    pub(crate) fn id<T>(&self, name: &str, parse: fn(&str) -> Result<T, BadId>) -> Result<Option<T>, Refusal> {
        let given = self.text(name)?.filter(|text| !text.trim().is_empty());
        given.map(|text| parse(text).map_err(|bad| self.bad(name, &bad.to_string()))).transpose()
    }

    pub(crate) fn required_id<T>(&self, name: &str, parse: fn(&str) -> Result<T, BadId>) -> Result<T, Refusal> {
        let text = self.text(name)?.ok_or_else(|| self.missing(name))?;
        parse(text).map_err(|bad| self.bad(name, &bad.to_string()))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        match self.object.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| self.bad(name, "be a number")),
        }
    }

    /// A count that JavaScript can hold too, perhaps written with a fraction of nothing.
    pub(crate) fn whole(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.object.get(name) else { return Ok(None) };
        let of_fraction = |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as u64);
        let whole = value.as_u64().or_else(|| value.as_f64().and_then(of_fraction));
        let must = "be a whole number, 0 or more";
        match whole.filter(|number| *number <= MAX_WHOLE) {
            None if value.is_number() => Err(Refusal::out_of_range(self.message, &self.path(name), must)),
            None => Err(self.bad(name, must)),
            whole => Ok(whole),
        }
    }

    /// A length of time, written in seconds.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Millis>, Refusal> {
        match self.number(name)? {
            None => Ok(None),
            // The cast saturates: who has been quiet for longer than time itself is just very quiet.
            Some(seconds) if seconds >= 0.0 => Ok(Some(Millis((seconds * 1_000.0) as u64))),
            Some(_) => Err(self.bad(name, "be a number of seconds, 0 or more")),
        }
    }

    /// A moment by the server's clock, in milliseconds.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<Millis>, Refusal> {
        match self.number(name)? {
            None => Ok(None),
            // The cast saturates too: a moment that never comes.
            Some(ms) if ms >= 0.0 => Ok(Some(Millis(ms as u64))),
            Some(_) => {
                let must = "be a number of milliseconds, 0 or more";
                Err(Refusal::out_of_range(self.message, &self.path(name), must))
            }
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.bad(name, "be true or false")),
        }
    }

    pub(crate) fn required_flag(&self, name: &str) -> Result<bool, Refusal> {
        self.flag(name)?.ok_or_else(|| self.missing(name))
    }

    /// Whatever stands there, `null` too.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Refusal> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Object(object)) => {
                let path = format!("{}.", self.path(name));
                Ok(Some(Self { message: self.message, path, object }))
            }
            Some(_) => Err(self.bad(name, "be an object")),
        }
    }

    pub(crate) fn required_object(&self, name: &str) -> Result<Self, Refusal> {
        self.object(name)?.ok_or_else(|| self.missing(name))
    }

    fn given(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}

/// The first place that holds the field. What stands wrong in a later place is not looked at.
pub(crate) fn first<'a, T>(
    places: &[&Fields<'a>],
    read: impl Fn(&Fields<'a>) -> Result<Option<T>, Refusal>,
) -> Result<Option<T>, Refusal> {
    places.iter().find_map(|place| read(place).transpose()).transpose()
}
