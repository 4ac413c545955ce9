//! Things that are put down for people, oldest first, of which there are only so many for each and for all.

use std::collections::BTreeMap;

use presence_model::id::UserId;

#[derive(Debug)]
pub(in crate::messages) struct Shelf<T> {
    /// By number, which is the order of age.
    by_user: BTreeMap<(UserId, u64), T>,
    /// Whose each is, and its bytes.
    owners: BTreeMap<u64, (UserId, usize)>,
    bytes: usize,
}

/// How much there may be for each, and for all.
#[derive(Clone, Copy, Debug)]
pub(in crate::messages) struct Most {
    pub(in crate::messages) of_user: usize,
    pub(in crate::messages) of_all: usize,
    pub(in crate::messages) bytes: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_user: BTreeMap::new(), owners: BTreeMap::new(), bytes: 0 }
    }
}

impl<T> Shelf<T> {
    /// The number is one that nothing here has.
    pub(in crate::messages) fn put(&mut self, user: UserId, number: u64, bytes: usize, thing: T) {
        self.bytes += bytes;
        self.owners.insert(number, (user.clone(), bytes));
        self.by_user.insert((user, number), thing);
    }

    pub(in crate::messages) fn of(&self, user: &UserId) -> impl Iterator<Item = (u64, &T)> {
        let all = (user.clone(), u64::MIN)..=(user.clone(), u64::MAX);
        self.by_user.range(all).map(|((_, number), thing)| (*number, thing))
    }

    pub(in crate::messages) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let (user, _) = self.owners.get(&number)?;
        self.by_user.get_mut(&(user.clone(), number))
    }

    pub(in crate::messages) fn take(&mut self, number: u64) -> Option<(UserId, T)> {
        let (user, bytes) = self.owners.remove(&number)?;
        self.bytes -= bytes;
        let (row, thing) = self.by_user.remove_entry(&(user, number))?;
        Some((row.0, thing))
    }

    pub(in crate::messages) fn oldest(&self) -> Option<(u64, &T)> {
        let (number, (user, _)) = self.owners.first_key_value()?;
        Some((*number, self.by_user.get(&(user.clone(), *number))?))
    }

    /// The oldest of what is too much, for this user or for all.
    pub(in crate::messages) fn surplus(&self, user: &UserId, most: Most) -> Option<u64> {
        if self.of(user).count() > most.of_user {
            return self.of(user).next().map(|(number, _)| number);
        }
        let is_too_much = self.owners.len() > most.of_all || self.bytes > most.bytes;
        if is_too_much { self.oldest().map(|(number, _)| number) } else { None }
    }
}
