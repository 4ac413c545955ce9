//! What is only ever looked up, by its key. It cannot be walked through, so that the order in which it is
//! kept, which differs from run to run, decides nothing.
#![expect(clippy::disallowed_types, reason = "its order does not show")]

use std::collections::HashMap;
use std::hash::Hash;

/// Keys come from the network: the hash is a keyed one, against those who would choose them to collide.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    entries: HashMap<K, V>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new() }
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.entries.contains_key(key)
    }

    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.entries.insert(key, value)
    }

    pub fn get_or_insert_with(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        self.entries.entry(key).or_insert_with(value)
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds up what all entries have of something.
    pub fn sum(&self, of: impl Fn(&V) -> usize) -> usize {
        self.entries.values().map(of).sum()
    }
}
