//! Cursor records, packed by hand: 7 bytes for a place, 11 with the media time.
//! Only here are cursors quantised.

use alloc::vec::Vec;

use crate::room::Cursor;
use crate::wire::binary::varint::{read_varint, write_varint};

const HAS_X: u8 = 1 << 7;
const HAS_Y: u8 = 1 << 6;
const HAS_TIMESTAMP: u8 = 1 << 5;

/// The sequence number has what the flags leave of a byte.
pub const SEQUENCE_BITS: u8 = 5;
const SEQUENCE_MASK: u8 = (1 << SEQUENCE_BITS) - 1;

/// Whether a move numbered `new` comes after one numbered `old`, counting in a circle.
pub const fn is_newer(new: u8, old: u8) -> bool {
    let ahead = new.wrapping_sub(old) & SEQUENCE_MASK;
    ahead != 0 && ahead < 1 << (SEQUENCE_BITS - 1)
}

/// Where one member points, as the wire carries it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CursorRecord {
    pub slot: u16,
    pub sequence: u8,
    pub cursor: Cursor,
}

pub fn write_cursor(to: &mut Vec<u8>, sequence: u8, cursor: &Cursor) {
    let flag = |present: bool, flag: u8| if present { flag } else { 0 };
    to.push(
        flag(cursor.x.is_some(), HAS_X)
            | flag(cursor.y.is_some(), HAS_Y)
            | flag(cursor.timestamp.is_some(), HAS_TIMESTAMP)
            | sequence & SEQUENCE_MASK,
    );
    for fraction in [cursor.x, cursor.y].into_iter().flatten() {
        // Half a step more and cut off is the nearest: `round` is std's.
        to.extend_from_slice(&((fraction * f64::from(u16::MAX) + 0.5) as u16).to_le_bytes());
    }
    if let Some(seconds) = cursor.timestamp {
        to.extend_from_slice(&(seconds as f32).to_le_bytes());
    }
}

pub fn read_cursor(from: &mut &[u8]) -> Option<(u8, Cursor)> {
    let [flags] = take(from)?;
    let mut fraction = |flag: u8| -> Option<Option<f64>> {
        if flags & flag == 0 {
            return Some(None);
        }
        Some(Some(f64::from(u16::from_le_bytes(take(from)?)) / f64::from(u16::MAX)))
    };
    let (x, y) = (fraction(HAS_X)?, fraction(HAS_Y)?);
    let timestamp = match flags & HAS_TIMESTAMP {
        0 => None,
        _ => Some(f64::from(f32::from_le_bytes(take(from)?))),
    };
    Some((flags & SEQUENCE_MASK, Cursor { x, y, timestamp }))
}

pub fn write_record(to: &mut Vec<u8>, slot: u16, sequence: u8, cursor: &Cursor) {
    write_varint(to, u64::from(slot));
    write_cursor(to, sequence, cursor);
}

pub fn read_record(from: &mut &[u8]) -> Option<CursorRecord> {
    let slot = u16::try_from(read_varint(from)?).ok()?;
    let (sequence, cursor) = read_cursor(from)?;
    Some(CursorRecord { slot, sequence, cursor })
}

pub(in crate::wire::binary) fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_keeps_its_place_to_a_pixel_of_a_large_screen(
            slot in 0_u16..128,
            sequence in 0_u8..32,
            x in proptest::option::of(0.0..=1.0_f64),
            y in proptest::option::of(0.0..=1.0_f64),
            timestamp in proptest::option::of(0.0..36_000.0_f64),
        ) {
            let cursor = Cursor { x, y, timestamp };
            let mut bytes = vec![];
            write_record(&mut bytes, slot, sequence, &cursor);
            prop_assert!(bytes.len() <= 10);
            let mut rest = bytes.as_slice();
            let read = read_record(&mut rest).unwrap();
            prop_assert!(rest.is_empty());
            prop_assert_eq!((read.slot, read.sequence), (slot, sequence));
            for (read, sent, within) in [
                (read.cursor.x, x, 1.0 / 65_535.0),
                (read.cursor.y, y, 1.0 / 65_535.0),
                (read.cursor.timestamp, timestamp, 0.01),
            ] {
                prop_assert_eq!(read.is_some(), sent.is_some());
                prop_assert!((read.unwrap_or(0.0) - sent.unwrap_or(0.0)).abs() <= within);
            }
        }
    }

    #[test]
    fn a_place_costs_seven_bytes_at_most_for_128_members() {
        let mut bytes = vec![];
        write_record(&mut bytes, 127, 3, &Cursor::at(0.5, 0.5));
        assert!(bytes.len() <= 7);
    }

    #[test]
    fn sequence_numbers_count_in_a_circle() {
        assert!(is_newer(1, 0) && is_newer(0, 31) && is_newer(5, 30));
        assert!(!is_newer(0, 0) && !is_newer(0, 1) && !is_newer(31, 0));
    }
}
