//! Finds stamps in messages that nobody parses: at a million updates a second a parser would be what is measured.

use memchr::memmem;

use crate::stamp::{Stamp, read_fraction};

/// Every `"x":…,"y":…` of a message, however deep it stands.
pub fn places(message: &[u8]) -> impl Iterator<Item = Stamp> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let at = memmem::find(rest, X)?;
            rest = &rest[at + X.len()..];
            let place = read_fraction(rest).and_then(|(x, after)| {
                let (y, after) = read_fraction(after.strip_prefix(Y)?)?;
                Some((Stamp::of_halves(x, y), after))
            });
            if let Some((stamp, after)) = place {
                rest = after;
                return Some(stamp);
            }
        }
    })
}

const X: &[u8] = br#""x":"#;
const Y: &[u8] = br#","y":"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_and_nothing_else() {
        let (x, y) = Stamp(987_654_321).fractions();
        let (x, y) = (String::from_utf8_lossy(&x), String::from_utf8_lossy(&y));
        let place = format!(r#"{{"cursor":{{"x":{x},"y":{y}}},"max":{{"x":1,"y":2}}}}"#);
        let message = format!("{place}\u{0}{place}");
        assert_eq!(places(message.as_bytes()).collect::<Vec<_>>(), [Stamp(987_654_321); 2]);
        assert_eq!(places(br#"{"x":0.1"#).count(), 0);
    }
}
