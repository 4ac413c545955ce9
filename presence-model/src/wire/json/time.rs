//! Moments as ISO 8601 in UTC with milliseconds and `Z`, as JavaScript's `toISOString` writes them.

use core::fmt;

use serde::{Serialize, Serializer};

use crate::time::Millis;

/// A moment since the Unix epoch that is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iso(pub Millis);

const DAY: u64 = 86_400_000;
/// The last moment that four digits of a year can name; later ones are written as this one.
const LAST: u64 = 253_402_300_799_999;

impl Iso {
    /// Reads a moment with its zone, `Z` or an offset; `None` if the text is none. What is finer than milliseconds is
    /// cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        let number = |from: usize, to: usize| -> Option<u64> {
            let digits = text.get(from..to)?;
            let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit.wrapping_sub(b'0')));
            digits.iter().all(u8::is_ascii_digit).then_some(value)
        };
        let is = |at: usize, signs: &[u8]| text.get(at).is_some_and(|sign| signs.contains(sign));
        let has_signs = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let exists = day >= 1 && day <= days_in(year, month)? && hour < 24 && minute < 60 && second < 60;
        if !has_signs || !exists || year < 1970 {
            return None;
        }
        let mut at = 19;
        let mut ms = 0;
        if is(at, b".") {
            let digits = text[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let kept = digits.min(3);
            ms = number(at + 1, at + 1 + kept).filter(|_| kept > 0)? * [1_000, 100, 10, 1][kept];
            at += 1 + digits;
        }
        let zone = text.get(at..)?;
        let (ahead, behind) = match zone {
            [b'Z' | b'z'] => (0, 0),
            [sign @ (b'+' | b'-'), rest @ ..] => {
                let (hours, minutes) = match rest {
                    [_, _, b':', _, _] => (number(at + 1, at + 3)?, number(at + 4, at + 6)?),
                    [_, _, _, _] => (number(at + 1, at + 3)?, number(at + 3, at + 5)?),
                    _ => return None,
                };
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let offset = (hours * 60 + minutes) * 60_000;
                if *sign == b'+' { (offset, 0) } else { (0, offset) }
            }
            _ => return None,
        };
        let moment = days_until(year, month, day) * DAY + hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms;
        (moment + behind).checked_sub(ahead).map(|moment| Self(Millis(moment)))
    }
}

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = self.0.0.min(LAST);
        let (year, month, day) = date(moment / DAY);
        let in_day = moment % DAY;
        let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
        let (second, ms) = (in_day / 1_000 % 60, in_day % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Days from the first of March of the year 0 to 1970-01-01.
const FROM_YEAR_0: u64 = 719_468;
const IN_400_YEARS: u64 = 146_097;

/// Year, month and day of the `days`th day after 1970-01-01. Years are counted from March here, so that
/// the leap day is a year's last and all months before it have their days at the same place each year.
const fn date(days: u64) -> (u64, u64, u64) {
    const IN_100_YEARS: u64 = 36_524;
    const IN_4_YEARS: u64 = 1_461;

    let days = days + FROM_YEAR_0;
    let (cycle, in_cycle) = (days / IN_400_YEARS, days % IN_400_YEARS);
    // The last day of a cycle is a leap day: it belongs to the fourth century, not to a fifth. So does
    // the last day of each fourth year belong to that year.
    let century = if in_cycle / IN_100_YEARS < 3 { in_cycle / IN_100_YEARS } else { 3 };
    let in_century = in_cycle - century * IN_100_YEARS;
    let (olympiad, in_olympiad) = (in_century / IN_4_YEARS, in_century % IN_4_YEARS);
    let year = if in_olympiad / 365 < 3 { in_olympiad / 365 } else { 3 };
    let in_year = in_olympiad - year * 365;

    // From March on, five months have 153 days: 31 30 31 30 31.
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let year = cycle * 400 + century * 100 + olympiad * 4 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// How many days a month has, if it is one.
const fn days_in(year: u64, month: u64) -> Option<u64> {
    match month {
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// How many days lie between 1970-01-01 and a day: the way back from [`date`].
const fn days_until(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let (cycle, in_cycle) = (year / 400, year % 400);
    let in_year = (153 * month + 2) / 5 + day - 1;
    cycle * IN_400_YEARS + in_cycle * 365 + in_cycle / 4 - in_cycle / 100 + in_year - FROM_YEAR_0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};

    /// Counts the days by walking through all years and months before: slow and plain.
    fn moment(text: &str) -> u64 {
        let part = |from: usize, to: usize| text[from..to].parse::<u64>().unwrap();
        let leap =
            |year: u64| u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)));
        let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
        let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        assert!((1..=lengths[month as usize - 1]).contains(&day), "{text} names no day");
        let days: u64 = (1970..year).map(|year| 365 + leap(year)).sum::<u64>()
            + lengths[..month as usize - 1].iter().sum::<u64>()
            + day
            - 1;
        days * DAY + part(11, 13) * 3_600_000 + part(14, 16) * 60_000 + part(17, 19) * 1_000 + part(20, 23)
    }

    #[test]
    fn known_moments() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (1_736_937_000_000, "2025-01-15T10:30:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (LAST, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Iso(Millis(ms)).to_string(), text);
        }
    }

    #[test]
    fn moments_are_read_with_their_zone_and_none_without() {
        for (text, ms) in [
            ("2025-12-26T13:00:00.000Z", 1_766_754_000_000),
            ("2025-12-26T13:00:00Z", 1_766_754_000_000),
            ("2025-12-26 15:30:00.1234567+02:30", 1_766_754_000_123),
            ("2025-12-26t08:00:00.5-0500", 1_766_754_000_500),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("1970-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(Iso::parse(text), Some(Iso(Millis(ms))), "{text}");
        }
        for text in [
            "",
            "now",
            "2025-12-26",
            "2025-12-26T13:00:00",
            "2025-12-26T13:00:00.Z",
            "2025-12-26T13:00:00.000Zz",
            "2025-12-26T24:00:00Z",
            "2025-12-26T13:60:00Z",
            "2025-13-26T13:00:00Z",
            "2025-02-29T13:00:00Z",
            "2025-00-01T13:00:00Z",
            "2025-01-00T13:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "2025-12-26T13:00:00+1",
            "2025-12-26T13:00:00+24:00",
            "+025-12-26T13:00:00Z",
            "2025-12-26T13:00:0äZ",
        ] {
            assert_eq!(Iso::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_day_of_five_centuries_comes_back() {
        for day in 0..365 * 500 {
            assert_eq!(moment(&Iso(Millis(day * DAY)).to_string()), day * DAY);
        }
    }

    proptest! {
        #[test]
        fn every_moment_comes_back(ms in 0..=LAST) {
            let text = Iso(Millis(ms)).to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(moment(&text), ms);
            prop_assert_eq!(Iso::parse(&text), Some(Iso(Millis(ms))));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>(), like in r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,9}(\.[0-9]{0,9})?(Z|[+-][0-9:]{0,6})?.?") {
            let _ = (Iso::parse(&text), Iso::parse(&like));
        }
    }
}
