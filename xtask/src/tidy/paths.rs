//! The paths that code names, with `use` trees spread out: `a::{b, c::d}` names `a::b` and
//! `a::c::d`.

use crate::tidy::code::{Code, is_word};

/// A path that starts at a crate's root.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Where it stands in the text, in bytes.
    pub(crate) offset: usize,
    pub(crate) segments: Vec<String>,
}

impl Named {
    /// Whether the path is `other`, written `a::b`, or lies below it.
    pub(crate) fn is_below(&self, other: &str) -> bool {
        let mut segments = self.segments.iter();
        other.split("::").all(|wanted| segments.next().is_some_and(|segment| segment == wanted))
    }
}

/// All paths in `code` that start with the word `root`.
pub(crate) fn starting_with(code: &Code, root: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for offset in code.words(root) {
        let mut reader = Reader { bytes: code.text.as_bytes(), at: offset, found: &mut found };
        reader.tree(&mut Vec::new());
    }
    found
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    found: &'a mut Vec<Named>,
}

impl Reader<'_> {
    fn tree(&mut self, before: &mut Vec<String>) {
        self.skip_blanks();
        let offset = self.at;
        if self.takes(b"{") {
            self.group(before);
            return;
        }
        let word = self.word();
        if word.is_empty() {
            // A star, a turbofish: whatever it is, it belongs to what was named before.
            self.found.push(Named { offset, segments: before.clone() });
            return;
        }
        before.push(word);
        self.skip_blanks();
        if self.takes(b"::") {
            self.tree(before);
        } else {
            self.found.push(Named { offset, segments: before.clone() });
        }
        before.pop();
    }

    fn group(&mut self, before: &mut Vec<String>) {
        while self.at < self.bytes.len() {
            self.skip_blanks();
            if self.takes(b"}") {
                return;
            }
            self.tree(before);
            // Past a star or an `as name`, to the next of the group.
            while self.at < self.bytes.len() && !matches!(self.bytes[self.at], b',' | b'}') {
                self.at += 1;
            }
            self.takes(b",");
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.bytes.get(self.at).copied().is_some_and(is_word) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()
    }

    fn takes(&mut self, sign: &[u8]) -> bool {
        let there = self.bytes[self.at..].starts_with(sign);
        if there {
            self.at += sign.len();
        }
        there
    }

    fn skip_blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let paths = starting_with(&Code::of(text), "crate");
        paths.iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn trees_are_spread_out() {
        let text = "use crate::{id::{self, UserId}, room::*, time as t,\n event};";
        let expected = ["crate::id::self", "crate::id::UserId", "crate::room", "crate::time", "crate::event"];
        assert_eq!(named(text), expected);
    }

    #[test]
    fn paths_in_expressions_count() {
        let text = "pub(crate) fn f() { crate::room::Room::new::<u8>(crate::time::now()) }";
        assert_eq!(named(text), ["crate", "crate::room::Room::new", "crate::time::now"]);
    }

    #[test]
    fn below_is_by_segment() {
        let path = starting_with(&Code::of("use crate::wire::json::Frame;"), "crate").remove(0);
        assert!(path.is_below("crate::wire::json"));
        assert!(path.is_below("crate::wire"));
        assert!(!path.is_below("crate::wir"));
        assert!(!path.is_below("crate::wire::json::Frame::x"));
    }
}
