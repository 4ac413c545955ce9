//! Deadlines, at most one for each key, in order of time.

use std::collections::{BTreeMap, BTreeSet};

use presence_model::time::Millis;

#[derive(Clone, Debug)]
pub struct Expiry<K> {
    by_time: BTreeSet<(Millis, K)>,
    by_key: BTreeMap<K, Millis>,
}

impl<K: Ord + Clone> Default for Expiry<K> {
    fn default() -> Self {
        Self { by_time: BTreeSet::new(), by_key: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Expiry<K> {
    /// Sets the key's deadline, replacing an older one.
    pub fn set(&mut self, key: K, at: Millis) {
        if self.by_key.get(&key) == Some(&at) {
            return;
        }
        self.clear(&key);
        self.by_time.insert((at, key.clone()));
        self.by_key.insert(key, at);
    }

    pub fn clear(&mut self, key: &K) {
        if let Some((key, at)) = self.by_key.remove_entry(key) {
            self.by_time.remove(&(at, key));
        }
    }

    pub fn has(&self, key: &K) -> bool {
        self.by_key.contains_key(key)
    }

    pub fn at(&self, key: &K) -> Option<Millis> {
        self.by_key.get(key).copied()
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Millis> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes the earliest key whose deadline is `now` or before.
    pub fn pop(&mut self, now: Millis) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        self.pop_first()
    }

    /// Takes the earliest key, due or not.
    pub fn pop_first(&mut self) -> Option<K> {
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// Moves every deadline; their order stays.
    pub fn put_off(&mut self, by: Millis) {
        for (key, at) in &mut self.by_key {
            self.by_time.remove(&(*at, key.clone()));
            *at += by;
            self.by_time.insert((*at, key.clone()));
        }
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_due_in_order_and_once() {
        let mut expiry = Expiry::default();
        expiry.set("b", Millis(20));
        expiry.set("a", Millis(10));
        expiry.set("b", Millis(5));
        assert_eq!(expiry.next(), Some(Millis(5)));
        assert_eq!(expiry.pop(Millis(4)), None);
        assert_eq!(
            [expiry.pop(Millis(10)), expiry.pop(Millis(10)), expiry.pop(Millis(99))],
            [Some("b"), Some("a"), None]
        );
        assert!(expiry.is_empty());
    }

    #[test]
    fn deadlines_that_are_put_off_keep_their_order() {
        let mut expiry = Expiry::default();
        for (key, at) in [("b", 10), ("a", 20), ("c", 12)] {
            expiry.set(key, Millis(at));
        }
        expiry.put_off(Millis(10));
        assert_eq!(expiry.pop(Millis(19)), None);
        assert_eq!([expiry.pop(Millis(20)), expiry.pop_first()], [Some("b"), Some("c")]);
        assert_eq!(expiry.next(), Some(Millis(30)));
    }
}
