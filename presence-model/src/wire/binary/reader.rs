//! Takes a frame's body apart. The form is postcard's (`PROTOCOL.md`), read by hand: the code that a
//! derived reader brings was a fifth of the browser's module (`docs/decisions/0005-frames-by-hand.md`).

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::id::{self, BadId};
use crate::refusal::{Code, Refusal};
use crate::time::Millis;
use crate::wire::binary::varint::read_varint;

/// Why bytes are no frame. Copied, not spelled out: only a server says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// By the frame's kind.
    #[error("frame {0}: its length does not fit")]
    Length(u8),
    /// By what the body should have been.
    #[error("{0}: the body cannot be decoded")]
    Body(&'static str),
    /// By what the body should have been, and the field.
    #[error("{0}: `{1}` must {2}")]
    Id(&'static str, &'static str, BadId),
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        let (code, field) = match malformed {
            Malformed::Length(_) => (Code::BadFrame, "length"),
            Malformed::Body(what) => (Code::BadFrame, what),
            Malformed::Id(_, field, _) => (Code::BadField, field),
        };
        Self::new(code, malformed.to_string()).at(field)
    }
}

/// Reads field by field. After the first one that cannot be read all are empty, and [`Reader::end`] says
/// why: asking after each field would cost more code than the reading.
pub struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
    malformed: Option<Malformed>,
}

impl<'a> Reader<'a> {
    pub const fn new(what: &'static str, body: &'a [u8]) -> Self {
        Self { what, rest: body, malformed: None }
    }

    /// What was read, if all could be. Bytes that are left are a newer version's.
    pub fn end<T>(self, value: T) -> Result<T, Malformed> {
        match self.malformed {
            None => Ok(value),
            Some(malformed) => Err(malformed),
        }
    }

    /// Whether nothing follows, which is so after a failure too.
    pub const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn fail(&mut self) {
        self.fail_by(Malformed::Body(self.what));
    }

    fn fail_by(&mut self, malformed: Malformed) {
        self.rest = &[];
        self.malformed.get_or_insert(malformed);
    }

    pub fn number(&mut self) -> u64 {
        read_varint(&mut self.rest).unwrap_or_else(|| {
            self.fail();
            0
        })
    }

    /// A number of fewer bits.
    pub fn short<T: TryFrom<u64> + Default>(&mut self) -> T {
        let number = self.number();
        T::try_from(number).unwrap_or_else(|_| {
            self.fail();
            T::default()
        })
    }

    pub fn millis(&mut self) -> Millis {
        Millis(self.number())
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            self.fail();
            return [0; N];
        };
        self.rest = rest;
        *bytes
    }

    pub fn flag(&mut self) -> bool {
        self.one_of(&[false, true], false)
    }

    /// A value by its place in a list.
    pub fn one_of<T: Copy>(&mut self, all: &[T], otherwise: T) -> T {
        let place = usize::try_from(self.number()).ok();
        place.and_then(|place| all.get(place)).copied().unwrap_or_else(|| {
            self.fail();
            otherwise
        })
    }

    pub fn text(&mut self) -> &'a str {
        let length = usize::try_from(self.number()).ok();
        let split = length.and_then(|length| self.rest.split_at_checked(length));
        let Some((Ok(text), rest)) = split.map(|(text, rest)| (core::str::from_utf8(text), rest)) else {
            self.fail();
            return "";
        };
        self.rest = rest;
        text
    }

    /// A text that several will hold.
    pub fn shared(&mut self) -> Arc<str> {
        self.text().into()
    }

    pub fn owned(&mut self) -> String {
        self.text().to_owned()
    }

    pub fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.flag() { Some(read(self)) } else { None }
    }

    pub fn maybe_owned(&mut self) -> Option<String> {
        self.maybe(Self::owned)
    }

    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        let mut list = Vec::new();
        // Whatever the number says, each item takes a byte at least.
        for _ in 0..self.number() {
            if self.malformed.is_some() {
                break;
            }
            list.push(read(self));
        }
        list
    }

    /// The checked text of an id.
    pub fn id(&mut self, field: &'static str) -> Arc<str> {
        id::checked(self.text()).unwrap_or_else(|bad| {
            self.fail_by(Malformed::Id(self.what, field, bad));
            Arc::from("")
        })
    }
}
