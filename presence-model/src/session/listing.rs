//! A list that the server keeps and the client follows: a picture, then changes in order; a hole asks for
//! a new picture. After a restart of the server, entries that the first picture misses stay a while, as
//! suspect: their clients are on their way back too.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::room::NO_SLOT;
use crate::time::{Millis, earlier};
use crate::wire::binary::entry::{Entry, EntryChange};

/// A vector, since a browser holds a few hundred entries at most, and one kind of entry for all lists: this code
/// written out for another would weigh on the module that it downloads.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// `None` until a picture came on this line.
    version: Option<u64>,
    /// A picture came already, on this line or an earlier one.
    pictured: bool,
    /// The next picture is the first of a new life of the server.
    restarted: bool,
    kept: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    entry: Entry,
    /// Until when it is kept, if it is of the server's last life.
    until: Option<Millis>,
}

/// What is other than before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What is not in `changed` is gone: the first picture says so, since the app may know more from an engine
    /// before this one.
    pub whole: bool,
    pub changed: Vec<Entry>,
    /// By name.
    pub left: Vec<Arc<str>>,
}

/// A change is missing: ask for the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;

impl Difference {
    pub fn is_empty(&self) -> bool {
        !self.whole && self.changed.is_empty() && self.left.is_empty()
    }
}

impl Listing {
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.kept.iter().map(|kept| &kept.entry)
    }

    pub fn seated(&self, slot: u16) -> Option<&Entry> {
        self.iter().find(|entry| entry.slot == slot && slot != NO_SLOT)
    }

    /// As [`Self::seated`], looking first behind `hint`, which is moved to what was found: cursors come in the order
    /// of the seats, so that a full room's are found at a glance each.
    pub fn seated_mut(&mut self, slot: u16, hint: &mut usize) -> Option<&mut Entry> {
        let (before, behind) = self.kept.split_at(self.kept.len().min(*hint));
        let is_meant = |kept: &Kept| kept.entry.slot == slot && slot != NO_SLOT;
        let place = match behind.iter().position(is_meant) {
            Some(place) => before.len() + place,
            None => before.iter().position(is_meant)?,
        };
        *hint = place + 1;
        self.kept.get_mut(place).map(|kept| &mut kept.entry)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.iter().position(|entry| *entry.name == *name)
    }

    /// A new line: what comes next is a picture.
    pub fn forget_version(&mut self) {
        self.version = None;
    }

    pub fn expect_restart(&mut self) {
        self.restarted = true;
    }

    pub fn take_picture(&mut self, (now, grace): (Millis, Millis), version: u64, picture: Vec<Entry>) -> Difference {
        self.version = Some(version);
        let whole = !core::mem::replace(&mut self.pictured, true);
        let restarted = core::mem::take(&mut self.restarted);
        let old = core::mem::take(&mut self.kept);
        let (mut changed, mut left) = (vec![], vec![]);
        for entry in picture {
            if !old.iter().any(|kept| kept.entry.looks_like(&entry)) {
                changed.push(entry.clone());
            }
            self.kept.push(Kept { entry, until: None });
        }
        for Kept { entry, until } in old {
            if self.place(&entry.name).is_some() {
                continue;
            }
            if restarted || until.is_some() {
                let suspect = entry.as_suspect();
                if !suspect.looks_like(&entry) {
                    changed.push(suspect.clone());
                }
                self.kept.push(Kept { entry: suspect, until: until.or(Some(now + grace)) });
            } else {
                left.push(entry.name);
            }
        }
        Difference { whole, changed, left }
    }

    /// Takes the changes that lead to a version, if they are news; `Err` when some before them were missed.
    pub fn take_changes(&mut self, version: u64, changes: Vec<EntryChange>) -> Result<Difference, Gap> {
        let mut news = Difference::default();
        match self.version {
            Some(own) if own.checked_add(1) == Some(version) => self.version = Some(version),
            Some(own) if version > own => {
                self.version = None;
                return Err(Gap);
            }
            _ => return Ok(news),
        }
        // Whom the changes are about, and whether we knew them before.
        let mut touched: Vec<(Arc<str>, bool)> = vec![];
        for change in changes {
            let Some(name) = self.named(&change) else { continue };
            let was_known = self.place(&name).is_some();
            self.take_change(&name, change);
            if touched.iter().all(|(other, _)| *other != name) {
                touched.push((name, was_known));
            }
        }
        for (name, was_known) in touched {
            match self.place(&name) {
                Some(place) => news.changed.push(self.kept[place].entry.clone()),
                None if was_known => news.left.push(name),
                // Who came and went in between was never seen.
                None => {}
            }
        }
        Ok(news)
    }

    /// Whom a change is about.
    fn named(&self, change: &EntryChange) -> Option<Arc<str>> {
        match change {
            EntryChange::Put(entry) => Some(entry.name.clone()),
            EntryChange::Left(name) => Some(name.clone()),
            EntryChange::Liveness(slot, _) | EntryChange::State(slot, _) | EntryChange::Typing(slot, _) => {
                self.seated(*slot).map(|entry| entry.name.clone())
            }
        }
    }

    fn take_change(&mut self, name: &str, change: EntryChange) {
        let place = self.place(name);
        match (place.map(|place| &mut self.kept[place]), change) {
            (Some(kept), EntryChange::Put(entry)) => *kept = Kept { entry, until: None },
            (None, EntryChange::Put(entry)) => self.kept.push(Kept { entry, until: None }),
            (Some(_), EntryChange::Left(_)) => self.remove(name),
            (Some(kept), EntryChange::Liveness(_, liveness)) => kept.entry.liveness = liveness,
            (Some(kept), EntryChange::State(_, state)) => kept.entry.state = state,
            (Some(kept), EntryChange::Typing(_, typing)) => kept.entry.typing = typing,
            (None, _) => {}
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some(place) = self.place(name) {
            self.kept.remove(place);
        }
    }

    /// Lets go of entries that did not come back.
    pub fn expire(&mut self, now: Millis) -> Difference {
        let mut news = Difference::default();
        while let Some(due) = self.next_deadline().filter(|due| *due <= now)
            && let Some(place) = self.kept.iter().position(|kept| kept.until == Some(due))
        {
            news.left.push(self.kept.remove(place).entry.name);
        }
        news
    }

    /// Who is missing is missed only where the list has shown itself: before that nobody can tell.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.version?;
        self.kept.iter().fold(None, |next, kept| earlier(next, kept.until))
    }

    /// Everything ends, but that a picture came once.
    pub fn clear(&mut self) -> Difference {
        let left = self.iter().map(|entry| entry.name.clone()).collect();
        *self = Self { pictured: self.pictured, ..Self::default() };
        Difference { left, ..Difference::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    use crate::status::Liveness;
    use crate::wire::binary::cursor::Place;

    const TIMES: (Millis, Millis) = (Millis(0), Millis(10));

    fn entry(slot: u16, name: &str) -> Entry {
        Entry {
            slot,
            name: name.into(),
            liveness: Liveness::Connected,
            card: r#""name":"Ann""#.into(),
            state: r#""status":"active""#.into(),
            typing: "".into(),
            cursor: Place::default(),
        }
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| &*entry.name).collect()
    }

    /// Ann in slot 0 and bob in slot 1, at version 1.
    fn listing() -> Listing {
        let mut listing = Listing::default();
        listing.take_picture(TIMES, 1, vec![entry(0, "ann"), entry(1, "bob")]);
        listing
    }

    #[test]
    fn a_seat_is_found_wherever_one_begins_to_look() {
        let mut listing = listing();
        listing.take_picture(TIMES, 2, vec![entry(4, "ann"), entry(7, "bob"), entry(2, "cleo"), entry(NO_SLOT, "dan")]);
        for hint in 0..6 {
            for (slot, name) in [(4, Some("ann")), (7, Some("bob")), (2, Some("cleo")), (9, None), (NO_SLOT, None)] {
                let mut behind = hint;
                let found = listing.seated_mut(slot, &mut behind).map(|entry| entry.name.to_string());
                assert_eq!(found.as_deref(), name, "slot {slot} from {hint}");
                assert!(name.is_some() || behind == hint);
            }
        }
    }

    #[test]
    fn only_the_first_picture_is_the_whole_truth_even_after_all_has_ended() {
        let mut listing = Listing::default();
        assert!(listing.take_picture(TIMES, 1, vec![]).whole);
        assert!(!listing.take_picture(TIMES, 2, vec![]).whole);
        listing.clear();
        assert!(!listing.take_picture(TIMES, 3, vec![]).whole);
    }

    #[test]
    fn changes_of_slots_are_of_who_sits_there() {
        let mut listing = listing();
        let (state, typing): (Arc<str>, Arc<str>) = ("s".into(), "t".into());
        let changes = vec![
            EntryChange::Liveness(1, Liveness::Suspect),
            EntryChange::State(1, state.clone()),
            EntryChange::Typing(1, typing.clone()),
        ];
        let news = listing.take_changes(2, changes).unwrap();
        assert_eq!(news.changed, [Entry { liveness: Liveness::Suspect, state, typing, ..entry(1, "bob") }]);
        assert_eq!(listing.seated(0), Some(&entry(0, "ann")));
    }

    #[test]
    fn a_change_of_a_slot_where_nobody_sits_is_ignored() {
        let mut listing = listing();
        // A suspect of an earlier life has no slot, and no change is of that.
        listing.expect_restart();
        listing.take_picture(TIMES, 2, vec![entry(0, "ann")]);
        let before: Vec<_> = listing.iter().cloned().collect();
        let changes = [1, 7, NO_SLOT].map(|slot| EntryChange::Typing(slot, "t".into()));
        assert!(listing.take_changes(3, changes.into()).unwrap().is_empty());
        assert!(listing.iter().eq(&before));
        // It was counted all the same: the next version is no hole.
        assert!(listing.take_changes(4, vec![]).is_ok());
    }

    #[test]
    fn who_came_and_left_within_a_version_was_never_there() {
        let mut listing = listing();
        let changes = vec![
            EntryChange::Put(entry(2, "carl")),
            EntryChange::State(2, "s".into()),
            EntryChange::Left("carl".into()),
            EntryChange::Left("nobody".into()),
        ];
        assert!(listing.take_changes(2, changes).unwrap().is_empty());
    }

    #[test]
    fn who_changed_often_within_a_version_is_told_once_as_they_are_now() {
        let mut listing = listing();
        let changes = vec![
            EntryChange::Left("bob".into()),
            EntryChange::Put(entry(1, "carl")),
            EntryChange::Typing(1, "t".into()),
            EntryChange::Put(entry(2, "bob")),
            EntryChange::Left("ann".into()),
        ];
        let news = listing.take_changes(2, changes).unwrap();
        assert_eq!(news.changed, [entry(2, "bob"), Entry { typing: "t".into(), ..entry(1, "carl") }]);
        assert_eq!(news.left, ["ann".into()]);
    }

    #[test]
    fn two_who_look_alike_but_for_their_name_are_two() {
        let mut listing = listing();
        let news = listing.take_picture(TIMES, 2, vec![entry(0, "ann"), entry(1, "bob/2")]);
        assert_eq!((names(&news.changed), news.left), (vec!["bob/2"], vec!["bob".into()]));
    }

    #[test]
    fn a_picture_with_other_cursors_changes_nobody_and_is_kept() {
        let mut listing = listing();
        let cursor = Place { x: Some(1), y: Some(2), timestamp: None };
        let moved = Entry { cursor, ..entry(1, "bob") };
        assert!(listing.take_picture(TIMES, 2, vec![entry(0, "ann"), moved]).is_empty());
        assert_eq!(listing.seated(1).unwrap().cursor, cursor);
    }

    #[test]
    fn after_the_last_version_there_could_be_none_follows() {
        let mut listing = listing();
        listing.take_picture(TIMES, u64::MAX, vec![entry(0, "ann")]);
        for version in [0, 1, u64::MAX] {
            let change = EntryChange::Left("ann".into());
            assert_eq!(listing.take_changes(version, vec![change]), Ok(Difference::default()));
        }
    }
}
