//! Puts a frame's body together: the counterpart of [`crate::wire::binary::reader`].

use alloc::vec::Vec;

use crate::wire::binary::varint::write_varint;

#[derive(Default)]
pub struct Writer {
    pub body: Vec<u8>,
}

impl Writer {
    pub fn number(&mut self, number: impl Into<u64>) {
        write_varint(&mut self.body, number.into());
    }

    pub fn flag(&mut self, flag: bool) {
        self.body.push(flag.into());
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.body.extend_from_slice(text.as_bytes());
    }

    pub fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub fn maybe_text(&mut self, text: Option<&str>) {
        self.maybe(text, Self::text);
    }

    pub fn maybe_number(&mut self, number: Option<u64>) {
        self.maybe(number, Self::number);
    }

    pub fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }
}
