//! Rust text reduced to its code: comments, strings and characters become blanks of the same
//! length, so that a word in a sentence is not taken for an import and braces can be counted.

use std::ops::Range;

/// The code of one file, byte for byte at the places of its text.
pub(crate) struct Code {
    pub(crate) text: String,
    tests: Vec<Range<usize>>,
}

impl Code {
    pub(crate) fn of(text: &str) -> Self {
        let text = blank(text);
        let tests = test_modules(&text);
        Self { text, tests }
    }

    /// Whether the byte at `offset` belongs to an inline `#[cfg(test)] mod`.
    pub(crate) fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Where `word` stands as a word of its own.
    pub(crate) fn words<'code>(&'code self, word: &'code str) -> impl Iterator<Item = usize> + 'code {
        let bytes = self.text.as_bytes();
        self.text.match_indices(word).map(|(offset, _)| offset).filter(move |&offset| {
            let before = offset.checked_sub(1).map(|place| bytes[place]);
            let after = bytes.get(offset + word.len()).copied();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    }
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn blank(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = not_code(&bytes, at).min(bytes.len());
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut bytes[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    // Only ASCII delimiters were compared and whole literals blanked, so what remains is UTF-8.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The end of the comment, string or character that starts at `at`; `at` itself if none does.
fn not_code(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return at + find(rest, 0, |byte| byte == b'\n');
    }
    if rest.starts_with(b"/*") {
        return at + block_comment(rest);
    }
    match rest[0] {
        b'"' => at + quoted(rest, b'"'),
        b'\'' if is_character(rest) => at + quoted(rest, b'\''),
        b'r' if at == 0 || !is_word(bytes[at - 1]) || is_literal_prefix(bytes, at - 1) => at + raw_string(rest),
        _ => at,
    }
}

/// Whether the byte is the `b` or `c` of `br"…"`, and not the end of a longer word.
fn is_literal_prefix(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'b' | b'c') && (at == 0 || !is_word(bytes[at - 1]))
}

fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(from).position(|byte| wanted(*byte)).map_or(bytes.len(), |found| from + found)
}

fn block_comment(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted(bytes: &[u8], mark: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == mark => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime. The closing mark of a character stands at
/// most four bytes behind its opening one, unless it is escaped.
fn is_character(bytes: &[u8]) -> bool {
    if bytes.get(1) == Some(&b'\\') {
        return true;
    }
    let width = bytes.get(1).map_or(1, |first| match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    });
    bytes.get(1 + width) == Some(&b'\'')
}

/// The length of `r#"…"#`, or 0 for a word that starts with r.
fn raw_string(bytes: &[u8]) -> usize {
    let open = find(bytes, 1, |byte| byte != b'#');
    if bytes.get(open) != Some(&b'"') {
        return 0;
    }
    let mut end = vec![b'"'];
    end.resize(open, b'#');
    let body = &bytes[open + 1..];
    let length = body.windows(end.len()).position(|window| window == end);
    length.map_or(bytes.len(), |length| open + 1 + length + end.len())
}

fn test_modules(code: &str) -> Vec<Range<usize>> {
    let starts = code.match_indices("#[cfg(").map(|(start, _)| start);
    starts.filter_map(|start| test_module(code, start)).collect()
}

/// The inline module whose first attribute starts at `start`, if that attribute asks for tests.
fn test_module(code: &str, start: usize) -> Option<Range<usize>> {
    let mut at = closing(code, start + 1, b'[', b']')?;
    let attribute = &code[start..at];
    if !attribute.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "test") {
        return None;
    }
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        if !code[at..].starts_with("#[") {
            break;
        }
        at = closing(code, at + 1, b'[', b']')?;
    }
    let head = &code[at..at + code[at..].find(['{', ';'])?];
    let mut words = head.split_whitespace().filter(|word| !word.starts_with("pub"));
    if words.next() != Some("mod") || code.as_bytes()[at + head.len()] != b'{' {
        return None;
    }
    Some(start..closing(code, at + head.len(), b'{', b'}')?)
}

/// Just behind the bracket that closes the one at `open`.
fn closing(code: &str, open: usize, opening: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, byte) in code.bytes().enumerate().skip(open) {
        if byte == opening {
            depth += 1;
        } else if byte == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(place + 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<usize> {
        Code::of(text).words("super").collect()
    }

    #[test]
    fn only_code_is_left() {
        for text in [
            "// super\n",
            "/* super /* super */ super */",
            "\"super \\\" super\"",
            "r#\"super \" super\"#",
            "br\"super\\\"",
            "'\"' // super",
            "b'\"' // super",
            "'é' // super",
            "supervisor",
        ] {
            assert!(words(text).is_empty(), "{text}");
        }
        for text in ["'\"'; super", "fn a<'a>() { super }", "r#\"\"# super", "bar\"\" super", "r#super"] {
            assert_eq!(words(text), [text.rfind("super").unwrap()], "{text}");
        }
    }

    #[test]
    fn blanks_keep_places() {
        let text = "let é = \"é\"; // é\nsuper";
        let code = Code::of(text);
        assert_eq!(code.text.len(), text.len());
        assert_eq!(code.text.lines().count(), 2);
    }

    #[test]
    fn inline_test_modules_are_known() {
        let text = "a\n#[cfg(test)]\n#[allow(x)]\npub(crate) mod tests { fn f() { '}' } b }\nc";
        let code = Code::of(text);
        assert!(!code.is_test(0));
        assert!(code.is_test(text.find(" b ").unwrap() + 1));
        assert!(!code.is_test(text.len() - 1));
        assert!(Code::of("#[cfg(test)]\nmod tests;\nx {}").tests.is_empty());
        assert!(Code::of("#[cfg(feature)]\nmod x { }").tests.is_empty());
    }
}
