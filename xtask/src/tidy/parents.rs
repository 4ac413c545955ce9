//! Imports run down or sideways, never up: a file does not reach into the module above it.
//! Inline tests may, for what they test stands there.

use crate::tidy::code::Code;
use crate::tidy::source::Source;
use crate::tidy::violation::Violation;

/// Places outside of inline tests that name something by way of `super::`.
pub(crate) fn violations(source: &Source) -> Vec<Violation> {
    if !source.is_rust() {
        return Vec::new();
    }
    let code = Code::of(&source.text);
    let climbs = |offset: &usize| {
        let rest = code.text[offset + "super".len()..].trim_start();
        rest.starts_with("::") && !code.is_test(*offset)
    };
    let text = "reaches up through `super::`: write `use crate::…` with the module that defines \
                the name; if that is the parent, move the name down into a module of its own";
    code.words("super").filter(climbs).map(|offset| source.violation_at(offset, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        violations(&Source::new("a/b.rs", text)).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn only_inline_tests_look_up() {
        assert_eq!(lines("use super::Room;\nfn f() { super::g() }\n"), [1, 2]);
        assert!(lines("#[cfg(test)]\nmod tests {\n    use super::*;\n}\n").is_empty());
        assert!(lines("pub(super) fn f() {}\n// use super::Room;\n").is_empty());
        assert_eq!(lines("mod inner {\n    use super::*;\n}\n"), [2]);
    }
}
