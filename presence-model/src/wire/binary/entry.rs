//! Entries of the two lists that a client follows: instances, and members of a room. One record serves both,
//! and holds what the engine needs to know beside pieces of JSON that it hands on.

use alloc::sync::Arc;

use crate::room::NO_SLOT;
use crate::status::Liveness;
use crate::wire::binary::cursor::{Place, read_place};
use crate::wire::binary::reader::Reader;
use crate::wire::binary::record::liveness;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number that changes and cursors in a room name; 0 in the list of instances.
    pub slot: u16,
    /// What the entry is told apart by: a session in a room, else the instance.
    pub name: Arc<str>,
    pub liveness: Liveness,
    /// `"name":"Ann",…`: what does not change, or all there is.
    pub card: Arc<str>,
    /// `"status":"away",…`; empty in the list of instances.
    pub state: Arc<str>,
    /// `"typing":"comment"`, or empty.
    pub typing: Arc<str>,
    pub cursor: Place,
}

impl Entry {
    /// Whether nothing is to be shown otherwise; cursors are told apart from it.
    pub fn looks_like(&self, other: &Self) -> bool {
        (self.slot, self.liveness) == (other.slot, other.liveness)
            && (&self.name, &self.card) == (&other.name, &other.card)
            && (&self.state, &self.typing) == (&other.state, &other.typing)
    }

    /// What is shown of an entry that only we remember.
    pub fn as_suspect(&self) -> Self {
        let (typing, cursor) = (Arc::from(""), Place::default());
        Self { slot: NO_SLOT, liveness: Liveness::Suspect, typing, cursor, ..self.clone() }
    }
}

/// One change of a list. All but the first two only happen in rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryChange {
    /// It came, or is another one now.
    Put(Entry),
    Left(Arc<str>),
    Liveness(u16, Liveness),
    State(u16, Arc<str>),
    Typing(u16, Arc<str>),
}

pub const PUT: u8 = 0;
pub const LEFT: u8 = 1;
pub const LIVENESS: u8 = 2;
pub const STATE: u8 = 3;
pub const TYPING: u8 = 4;

pub fn read_entry(from: &mut Reader<'_>) -> Entry {
    Entry {
        slot: from.short(),
        name: from.shared(),
        liveness: liveness(from),
        card: from.shared(),
        state: from.shared(),
        typing: from.shared(),
        cursor: read_place(from),
    }
}

pub fn read_change(from: &mut Reader<'_>) -> EntryChange {
    match from.one_of(&[PUT, LEFT, LIVENESS, STATE, TYPING], LEFT) {
        PUT => EntryChange::Put(read_entry(from)),
        LIVENESS => EntryChange::Liveness(from.short(), liveness(from)),
        STATE => EntryChange::State(from.short(), from.shared()),
        TYPING => EntryChange::Typing(from.short(), from.shared()),
        _ => EntryChange::Left(from.shared()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            slot: 3,
            name: "s-1".into(),
            liveness: Liveness::Connected,
            card: r#""name":"Ann""#.into(),
            state: r#""status":"away""#.into(),
            typing: r#""typing":"comment""#.into(),
            cursor: Place { x: Some(1), y: Some(2), timestamp: None },
        }
    }

    #[test]
    fn an_entry_looks_otherwise_by_whatever_is_shown_of_it_and_not_by_its_cursor() {
        assert!(entry().looks_like(&Entry { cursor: Place::default(), ..entry() }));
        for other in [
            Entry { slot: 4, ..entry() },
            Entry { name: "s-2".into(), ..entry() },
            Entry { liveness: Liveness::Suspect, ..entry() },
            Entry { card: "".into(), ..entry() },
            Entry { state: "".into(), ..entry() },
            Entry { typing: "".into(), ..entry() },
        ] {
            assert!(!entry().looks_like(&other), "{other:?}");
        }
    }

    #[test]
    fn a_suspect_keeps_who_they_are_and_nothing_that_goes_on() {
        let suspect = entry().as_suspect();
        assert_eq!((&suspect.name, &suspect.card, &suspect.state), (&entry().name, &entry().card, &entry().state));
        assert_eq!((suspect.slot, suspect.liveness), (NO_SLOT, Liveness::Suspect));
        assert!(suspect.typing.is_empty() && suspect.cursor.is_hidden());
        assert_eq!(suspect.as_suspect(), suspect);
    }
}
