//! A list that the server keeps and the client follows: a picture, then changes in order; a hole asks for
//! a new picture. After a restart of the server, entries that the first picture misses stay a while, as
//! suspect: their clients are on their way back too.

use alloc::vec::Vec;

use crate::time::{Millis, earlier};

/// What can be in a list.
pub trait Listed: Clone + PartialEq {
    type Name: Clone + PartialEq;

    fn name(&self) -> Self::Name;
    fn is_named(&self, name: &Self::Name) -> bool;
    /// What is shown of an entry that only we remember.
    fn as_suspect(&self) -> Self;
}

/// A vector, since a browser holds a few hundred entries at most: maps, written out for every pair of
/// types, made a third of the module it downloads.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// `None` until a picture came on this line.
    version: Option<u64>,
    /// A picture came already, on this line or an earlier one.
    pictured: bool,
    /// The next picture is the first of a new life of the server.
    restarted: bool,
    entries: Vec<Entry<T>>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    value: T,
    /// Until when it is kept, if it is of the server's last life.
    until: Option<Millis>,
}

/// What a picture changed.
#[derive(Clone, Debug)]
pub struct Difference<T: Listed> {
    /// It is the first picture: what the app knows from an engine before this one may be gone.
    pub whole: bool,
    pub changed: Vec<T>,
    pub left: Vec<T::Name>,
}

/// A change is missing: ask for the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { version: None, pictured: false, restarted: false, entries: Vec::new() }
    }
}

impl<T: Listed> Listing<T> {
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.value)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    pub fn get(&self, name: &T::Name) -> Option<&T> {
        self.iter().find(|value| value.is_named(name))
    }

    /// A new line: what comes next is a picture.
    pub fn forget_version(&mut self) {
        self.version = None;
    }

    pub fn expect_restart(&mut self) {
        self.restarted = true;
    }

    pub fn take_picture(&mut self, (now, grace): (Millis, Millis), version: u64, picture: Vec<T>) -> Difference<T> {
        self.version = Some(version);
        let whole = !core::mem::replace(&mut self.pictured, true);
        let restarted = core::mem::take(&mut self.restarted);
        let old = core::mem::take(&mut self.entries);
        let (mut changed, mut left) = (Vec::new(), Vec::new());
        for value in picture {
            if !old.iter().any(|entry| entry.value == value) {
                changed.push(value.clone());
            }
            self.entries.push(Entry { value, until: None });
        }
        for Entry { value, until } in old {
            let name = value.name();
            if self.get(&name).is_some() {
                continue;
            }
            if restarted || until.is_some() {
                let suspect = value.as_suspect();
                if suspect != value {
                    changed.push(suspect.clone());
                }
                self.entries.push(Entry { value: suspect, until: until.or(Some(now + grace)) });
            } else {
                left.push(name);
            }
        }
        Difference { whole, changed, left }
    }

    /// Whether the changes that lead to this version are news; `Err` when some before them were missed.
    pub fn take_version(&mut self, version: u64) -> Result<bool, Gap> {
        match self.version {
            Some(own) if version > own => {
                let is_next = version == own + 1;
                self.version = is_next.then_some(version);
                if is_next { Ok(true) } else { Err(Gap) }
            }
            _ => Ok(false),
        }
    }

    pub fn put(&mut self, value: T) {
        let entry = Entry { value, until: None };
        let name = entry.value.name();
        match self.entries.iter_mut().find(|entry| entry.value.is_named(&name)) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Whether it was there.
    pub fn remove(&mut self, name: &T::Name) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| !entry.value.is_named(name));
        self.entries.len() < before
    }

    /// Lets go of entries that did not come back.
    pub fn expire(&mut self, now: Millis) -> Vec<T::Name> {
        let mut left = Vec::new();
        if self.next_deadline().is_none_or(|due| due > now) {
            return left;
        }
        self.entries.retain(|entry| {
            let is_over = entry.until.is_some_and(|until| until <= now);
            if is_over {
                left.push(entry.value.name());
            }
            !is_over
        });
        left
    }

    /// Who is missing is missed only where the list has shown itself: before that nobody can tell.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.version?;
        self.entries.iter().fold(None, |next, entry| earlier(next, entry.until))
    }

    /// Everything ends, but that a picture came once.
    pub fn clear(&mut self) -> Vec<T::Name> {
        let left = self.iter().map(T::name).collect();
        *self = Self { pictured: self.pictured, ..Self::default() };
        left
    }
}
