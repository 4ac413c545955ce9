//! JSON, as far as the engine says anything by itself: most of what it hands on is JSON already.
//! Bytes, not text: what takes characters apart and puts them together would weigh on the module.

use alloc::vec::Vec;

/// What is JSON, or a part of it, already.
pub fn push(to: &mut Vec<u8>, json: &str) {
    to.extend_from_slice(json.as_bytes());
}

/// A text in quotes. It has no control characters: ids and our own words have none.
pub fn push_text(to: &mut Vec<u8>, text: &str) {
    to.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            to.push(b'\\');
        }
        to.push(byte);
    }
    to.push(b'"');
}

/// A whole number, in decimal digits.
pub fn push_number(to: &mut Vec<u8>, number: u64) {
    if number >= 10 {
        push_number(to, number / 10);
    }
    to.push(b'0' + (number % 10) as u8);
}

/// Items in brackets.
pub fn push_list<T>(to: &mut Vec<u8>, items: &[T], push: impl Fn(&mut Vec<u8>, &T)) {
    to.push(b'[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            to.push(b',');
        }
        push(to, item);
    }
    to.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_read_as_they_were() {
        for text in ["", "plain", "a \"quoted\" \\ path", "ümläut 😀"] {
            let mut json = Vec::new();
            push_text(&mut json, text);
            assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
        }
        for number in [0, 9, 10, 1_763_723_000_123, u64::MAX] {
            let mut json = Vec::new();
            push_number(&mut json, number);
            assert_eq!(json, number.to_string().as_bytes());
        }
    }
}
