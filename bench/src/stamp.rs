//! When an update was sent, carried in the place that it points to: so the receiver knows its age, and no
//! server has to know of it.

/// Microseconds of the generator's clock. They wrap after 71 minutes, longer than any measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp(pub u32);

/// How a fraction begins. Without it the smallest would be written with an exponent somewhere.
const PREFIX: &[u8] = b"0.1";
const DIGITS: usize = 5;

impl Stamp {
    /// Two coordinates of 16 bits.
    pub const fn halves(self) -> (u16, u16) {
        ((self.0 >> 16) as u16, self.0 as u16)
    }

    pub const fn of_halves(x: u16, y: u16) -> Self {
        Self((x as u32) << 16 | y as u32)
    }

    /// Two coordinates as texts, each from 0 to 1 and 8 bytes long.
    pub fn fractions(self) -> ([u8; 8], [u8; 8]) {
        let (x, y) = self.halves();
        (fraction(x), fraction(y))
    }

    /// Microseconds between this and a later stamp.
    pub const fn age(self, now: Self) -> u32 {
        now.0.wrapping_sub(self.0)
    }
}

fn fraction(half: u16) -> [u8; 8] {
    let mut text = *b"0.100000";
    let mut rest = half;
    for digit in text.iter_mut().rev().take(DIGITS) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text
}

/// Reads a fraction where it begins; a writer may have dropped zeros at its end. Returns what follows, too.
pub fn read_fraction(text: &[u8]) -> Option<(u16, &[u8])> {
    let mut rest = text.strip_prefix(PREFIX)?;
    let mut half = 0_u32;
    for _ in 0..DIGITS {
        let digit = match rest.split_first() {
            Some((digit @ b'0'..=b'9', after)) => {
                rest = after;
                digit - b'0'
            }
            _ => 0,
        };
        half = half * 10 + u32::from(digit);
    }
    Some((u16::try_from(half).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_fractions_come_back() {
        for stamp in [0, 1, 9, 10, 65_535, 65_536, 123_456_789, u32::MAX].map(Stamp) {
            let (x, y) = stamp.halves();
            assert_eq!(Stamp::of_halves(x, y), stamp);
            let (x, y) = stamp.fractions();
            let (x, y) = (read_fraction(&x).unwrap().0, read_fraction(&y).unwrap().0);
            assert_eq!(Stamp::of_halves(x, y), stamp);
        }
    }

    #[test]
    fn zeros_at_the_end_may_be_missing() {
        for (text, half, rest) in [("0.1,", 0, ","), ("0.123}", 23_000, "}"), ("0.165535,\"y\"", 65_535, ",\"y\"")] {
            assert_eq!(read_fraction(text.as_bytes()), Some((half, rest.as_bytes())), "{text}");
        }
        assert_eq!(read_fraction(b"0.2"), None);
        assert_eq!(read_fraction(b"0.199999"), None);
    }

    #[test]
    fn fractions_survive_a_server_that_reads_numbers() {
        for half in (0..=u16::MAX).step_by(7) {
            let text = fraction(half);
            let number: f64 = core::str::from_utf8(&text).unwrap().parse().unwrap();
            let written = serde_json::to_string(&number).unwrap();
            assert_eq!(read_fraction(written.as_bytes()), Some((half, &b""[..])), "{written}");
        }
    }

    #[test]
    fn ages_survive_the_wrap() {
        assert_eq!(Stamp(u32::MAX).age(Stamp(4)), 5);
    }
}
