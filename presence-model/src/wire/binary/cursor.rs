//! Cursor records, packed by hand: 7 bytes for a place, 11 with the media time.
//! Only here are cursors quantised.

use alloc::vec::Vec;

use crate::room::Cursor;
use crate::wire::binary::reader::Reader;
use crate::wire::binary::varint::write_varint;

const HAS_X: u8 = 1 << 7;
const HAS_Y: u8 = 1 << 6;
const HAS_TIMESTAMP: u8 = 1 << 5;

/// The sequence number has what the flags leave of a byte.
const SEQUENCE_MASK: u8 = (1 << 5) - 1;

/// Where someone points, as the wire carries it; all absent: nowhere any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// In 65535ths of the surface's width.
    pub x: Option<u16>,
    /// In 65535ths of the surface's height.
    pub y: Option<u16>,
    /// Media time in milliseconds; a medium has at most 49 days.
    pub timestamp: Option<u32>,
}

impl Place {
    pub const fn is_hidden(&self) -> bool {
        self.x.is_none() && self.y.is_none() && self.timestamp.is_none()
    }
}

impl From<&Cursor> for Place {
    fn from(cursor: &Cursor) -> Self {
        // Half a step more and cut off is the nearest: `round` is std's.
        let fraction = |fraction: f64| (fraction * f64::from(u16::MAX) + 0.5) as u16;
        let millis = |seconds: f64| (seconds * 1_000.0 + 0.5) as u32;
        Self { x: cursor.x.map(fraction), y: cursor.y.map(fraction), timestamp: cursor.timestamp.map(millis) }
    }
}

impl From<Place> for Cursor {
    fn from(place: Place) -> Self {
        let fraction = |steps: u16| f64::from(steps) / f64::from(u16::MAX);
        let seconds = |millis: u32| f64::from(millis) / 1_000.0;
        Self { x: place.x.map(fraction), y: place.y.map(fraction), timestamp: place.timestamp.map(seconds) }
    }
}

/// Where one member points, as the wire carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorRecord {
    pub slot: u16,
    pub place: Place,
}

pub fn write_place(to: &mut Vec<u8>, sequence: u8, place: Place) {
    let Place { x, y, timestamp } = place;
    let flag = |present: bool, flag: u8| if present { flag } else { 0 };
    to.push(
        flag(x.is_some(), HAS_X)
            | flag(y.is_some(), HAS_Y)
            | flag(timestamp.is_some(), HAS_TIMESTAMP)
            | sequence & SEQUENCE_MASK,
    );
    for fraction in [x, y].into_iter().flatten() {
        to.extend_from_slice(&fraction.to_le_bytes());
    }
    if let Some(millis) = timestamp {
        to.extend_from_slice(&millis.to_le_bytes());
    }
}

/// One socket brings cursors in order, so nobody has to look at the sequence number.
pub fn read_place(from: &mut Reader<'_>) -> Place {
    let [flags] = from.bytes();
    let mut fraction = |flag: u8| (flags & flag != 0).then(|| u16::from_le_bytes(from.bytes()));
    let (x, y) = (fraction(HAS_X), fraction(HAS_Y));
    let timestamp = (flags & HAS_TIMESTAMP != 0).then(|| u32::from_le_bytes(from.bytes()));
    Place { x, y, timestamp }
}

pub fn write_record(to: &mut Vec<u8>, slot: u16, sequence: u8, place: Place) {
    write_varint(to, u64::from(slot));
    write_place(to, sequence, place);
}

pub fn read_record(from: &mut Reader<'_>) -> CursorRecord {
    CursorRecord { slot: from.short(), place: read_place(from) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // A little more, for what is lost in the counting back.
    const HALF_A_STEP: f64 = 0.500_01 / 65_535.0;
    const HALF_A_MILLISECOND: f64 = 0.000_500_01;

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
            write_record(&mut bytes, slot, sequence, Place::from(&cursor));
            prop_assert!(bytes.len() <= 10);
            let mut reader = Reader::new("cursors", &bytes);
            let read = read_record(&mut reader);
            prop_assert!(reader.is_done());
            prop_assert_eq!(read.slot, slot);
            let place = Cursor::from(read.place);
            for (read, sent, within) in [
                (place.x, x, HALF_A_STEP),
                (place.y, y, HALF_A_STEP),
                (place.timestamp, timestamp, HALF_A_MILLISECOND),
            ] {
                prop_assert_eq!(read.is_some(), sent.is_some());
                prop_assert!((read.unwrap_or(0.0) - sent.unwrap_or(0.0)).abs() <= within);
            }
        }
    }

    // The server keeps cursors as fractions and seconds: a place that is read back must be the one that was said.
    #[test]
    fn a_place_stays_where_it_is_through_the_server() {
        for fraction in 0..=u16::MAX {
            for timestamp in [None, Some(u32::from(fraction)), Some(u32::MAX - u32::from(fraction))] {
                let place = Place { x: Some(fraction), y: Some(u16::MAX - fraction), timestamp };
                let cursor = Cursor::from(place);
                assert!(cursor.is_sound() && !cursor.is_hidden(), "{place:?}");
                assert_eq!(Place::from(&cursor), place);
            }
        }
        assert!(Cursor::from(Place::default()).is_hidden() && Place::from(&Cursor::default()).is_hidden());
    }

    #[test]
    fn a_place_costs_seven_bytes_at_most_for_128_members() {
        let mut bytes = vec![];
        write_record(&mut bytes, 127, 3, Place::from(&Cursor::at(0.5, 0.5)));
        assert!(bytes.len() <= 7);
    }
}
