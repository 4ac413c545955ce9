//! Which sessions belong to what. Most users and instances have one, so that a set for each would be most of
//! what they take.

use std::collections::BTreeSet;

use presence_model::id::SessionId;

#[derive(Debug)]
pub struct Index<K> {
    pairs: BTreeSet<(K, SessionId)>,
    keys: usize,
    /// No id stands before it.
    lowest: SessionId,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        // Ids have neither control characters nor a space at their beginning.
        let lowest = SessionId::parse("!").expect("a mark is an id");
        Self { pairs: BTreeSet::default(), keys: 0, lowest }
    }
}

impl<K: Ord + Clone> Index<K> {
    pub fn of<'a>(&'a self, key: &K) -> impl Iterator<Item = &'a SessionId> + use<'a, K> {
        let key = key.clone();
        let from = (key.clone(), self.lowest.clone());
        self.pairs.range(from..).take_while(move |(of, _)| *of == key).map(|(_, id)| id)
    }

    pub fn insert(&mut self, key: K, id: SessionId) {
        self.keys += usize::from(self.is_without(&key));
        self.pairs.insert((key, id));
    }

    pub fn remove(&mut self, key: &K, id: &SessionId) {
        if self.pairs.remove(&(key.clone(), id.clone())) {
            self.keys -= usize::from(self.is_without(key));
        }
    }

    /// How much has a session.
    pub const fn keys(&self) -> usize {
        self.keys
    }

    fn is_without(&self, key: &K) -> bool {
        self.of(key).next().is_none()
    }
}
