//! Which part of a file a request asks for (RFC 9110, 14). Players seek in what is served in parts only.

use std::ops::Range;

use axum::http::HeaderMap;
use axum::http::header::{IF_RANGE, RANGE};

/// What of a file is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    Whole,
    Part(Range<usize>),
    /// Nothing that is there.
    Nothing,
}

/// What is asked of a file of so many bytes. Several parts at once are not served: the whole answers them, too.
pub fn asked(headers: &HeaderMap, length: usize, tag: &str) -> Asked {
    let Some(range) = headers.get(RANGE) else { return Asked::Whole };
    // Who has a part of another version needs this one from its beginning.
    let is_other = headers.get(IF_RANGE).is_some_and(|version| version.as_bytes() != tag.as_bytes());
    match range.to_str().ok().and_then(parse) {
        Some(bounds) if !is_other => bounds.within(length),
        _ => Asked::Whole,
    }
}

/// The first and the last byte; either may be left out.
#[derive(Clone, Copy)]
enum Bounds {
    From(usize, Option<usize>),
    Last(usize),
}

/// `None` for what is to be ignored: another unit, several ranges, what is no range.
fn parse(text: &str) -> Option<Bounds> {
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    match (first, last) {
        ("", last) => number(last).map(Bounds::Last),
        (first, "") => Some(Bounds::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Bounds::From(first, Some(last)))
        }
    }
}

/// Digits and nothing else; more of them than fit are as good as all of the file.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

impl Bounds {
    fn within(self, length: usize) -> Asked {
        let part = match self {
            Self::From(first, last) => first..last.map_or(length, |last| last.saturating_add(1).min(length)),
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        if part.is_empty() { Asked::Nothing } else { Asked::Part(part) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const TAG: &str = "\"v1\"";

    fn asked_of_ten(range: &str, version: Option<&str>) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        if let Some(version) = version {
            headers.insert(IF_RANGE, HeaderValue::from_str(version).unwrap());
        }
        asked(&headers, 10, TAG)
    }

    #[test]
    fn a_part_is_what_of_it_is_there() {
        for (range, part) in [
            ("bytes=0-", 0..10),
            ("bytes=0-0", 0..1),
            ("bytes=3-5", 3..6),
            ("bytes=9-", 9..10),
            ("bytes=3-99", 3..10),
            ("bytes=3-99999999999999999999999", 3..10),
            ("bytes=-4", 6..10),
            ("bytes=-99", 0..10),
            ("Bytes=3-5", 3..6),
        ] {
            assert_eq!(asked_of_ten(range, None), Asked::Part(part), "{range}");
        }
    }

    #[test]
    fn what_lies_behind_the_end_is_nothing() {
        for range in ["bytes=10-", "bytes=10-12", "bytes=99999999999999999999999-", "bytes=-0"] {
            assert_eq!(asked_of_ten(range, None), Asked::Nothing, "{range}");
        }
        assert_eq!(Bounds::From(0, None).within(0), Asked::Nothing, "an empty file has no parts");
    }

    #[test]
    fn what_is_no_single_range_is_answered_with_everything() {
        for range in
            ["bytes=5-3", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2", "bytes=0-1,3-4", "lines=1-2", "bytes"]
        {
            assert_eq!(asked_of_ten(range, None), Asked::Whole, "{range}");
        }
        assert_eq!(asked(&HeaderMap::new(), 10, TAG), Asked::Whole);
    }

    #[test]
    fn a_part_of_another_version_is_of_no_use() {
        assert_eq!(asked_of_ten("bytes=3-5", Some(TAG)), Asked::Part(3..6));
        for version in ["\"v2\"", "W/\"v1\"", "Sat, 21 Nov 2026 20:00:00 GMT"] {
            assert_eq!(asked_of_ten("bytes=3-5", Some(version)), Asked::Whole, "{version}");
        }
    }
}
