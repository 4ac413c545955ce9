//! `lib.rs` and `mod.rs` are tables of contents: documentation and the names of modules, nothing
//! that one could look for elsewhere.

use crate::tidy::code::Code;
use crate::tidy::source::Source;
use crate::tidy::violation::Violation;

/// Lines in a table of contents that define, import or re-export something.
pub(crate) fn violations(source: &Source) -> Vec<Violation> {
    if !matches!(source.name(), "lib.rs" | "mod.rs") {
        return Vec::new();
    }
    let code = Code::of(&source.text);
    let mut attribute = 0_usize;
    let mut found = Vec::new();
    for (index, line) in code.text.lines().enumerate() {
        let line = line.trim();
        let inside = attribute > 0 || line.starts_with("#[") || line.starts_with("#![");
        if inside {
            let open = line.matches('[').count();
            attribute = (attribute + open).saturating_sub(line.matches(']').count());
        } else if !line.is_empty() && !names_a_module(line) {
            found.push(source.violation(index + 1, explanation(line, source.name())));
        }
    }
    found
}

fn names_a_module(line: &str) -> bool {
    let Some(head) = line.strip_suffix(';') else { return false };
    let words: Vec<&str> = head.split_whitespace().filter(|word| *word != "pub" && !word.starts_with("pub(")).collect();
    // A crate without std names what it has instead, and can do so nowhere else.
    matches!(words[..], ["mod", _] | ["extern", "crate", _])
}

fn explanation(line: &str, name: &str) -> String {
    if line.starts_with("pub") && line.contains("use ") {
        format!("{name} re-exports: one name has one path; let users import the module that defines it")
    } else {
        format!("{name} holds code: only documentation, attributes and `mod` lines; move it to a module")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        violations(&Source::new(path, text)).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn contents_are_allowed() {
        let text = "//! Words.\n#![warn(\n    missing_docs,\n)]\n\n/// A.\npub mod a;\n#[cfg(x)]\npub(crate) mod b;\npub mod publishing;\nmod c;\nextern crate alloc;\n";
        assert!(lines("x/src/lib.rs", text).is_empty());
    }

    #[test]
    fn code_is_not() {
        let text = "pub use a::B;\nmod a;\npub fn f() {\n}\nmod t { }\nuse a::C;\n";
        assert_eq!(lines("x/src/a/mod.rs", text), [1, 3, 4, 5, 6]);
        assert!(lines("x/src/a/room.rs", text).is_empty());
    }
}
