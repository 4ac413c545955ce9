//! The rows of the list, and which of them it has room for. Who is connected is never put out for who is not:
//! rows without a living connection go first, least recently seen first, the server's own never
//! (`CONTRACT.md` 2). A living one that finds no room waits, unlisted; all that do were served all the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::id::{InstanceId, InstanceKey};
use presence_model::instance::Instance;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::expiry::Expiry;

#[derive(Debug)]
struct Row {
    entry: Instance,
    /// Its number among those who wait for room.
    waits: Option<u64>,
}

/// What happened to one row as far as it is listed.
#[derive(Debug)]
pub struct Step {
    pub key: InstanceKey,
    pub before: Option<Instance>,
    pub after: Option<Instance>,
}

#[derive(Debug)]
pub struct Rows {
    own: Option<Instance>,
    /// How many there may be besides the server's own.
    capacity: usize,
    ttl: Millis,
    /// Large, where most places of the map's nodes are spare.
    rows: BTreeMap<InstanceKey, Box<Row>>,
    waiting: BTreeMap<u64, InstanceKey>,
    /// How many have waited so far.
    waited: u64,
    /// When rows without a living connection end. All have the same time, so this is also the order in which
    /// they were last seen, and who has to go is found without a look at the others.
    ends: Expiry<InstanceKey>,
}

impl Rows {
    pub fn new(timing: &Timing, limits: &Limits, own: Option<Instance>) -> Self {
        Self {
            capacity: limits.instances.saturating_sub(usize::from(own.is_some())),
            own,
            ttl: timing.instance_ttl,
            rows: BTreeMap::new(),
            waiting: BTreeMap::new(),
            waited: 0,
            ends: Expiry::default(),
        }
    }

    pub fn find(&self, key: &InstanceKey) -> Option<&Instance> {
        self.rows.get(key).map(|row| &row.entry)
    }

    /// The entry, if there is room for it.
    pub fn listed(&self, key: &InstanceKey) -> Option<&Instance> {
        self.rows.get(key).filter(|row| row.waits.is_none()).map(|row| &row.entry)
    }

    /// The server's own entry, as it is at `now`.
    pub fn own(&self, now: Millis) -> Option<Instance> {
        self.own.as_ref().map(|own| Instance { ts: own.ts.max(now), ..own.clone() })
    }

    /// Puts an entry in place of the one with its key, and lets in, or puts out, who has to be.
    pub fn put(&mut self, entry: Instance) -> Vec<Step> {
        let key = entry.key();
        let mut steps = vec![];
        match self.rows.get_mut(&key).map(Box::as_mut) {
            Some(Row { waits: Some(number), entry: kept }) => {
                if entry.is_living() {
                    *kept = entry;
                } else {
                    self.waiting.remove(number);
                    self.rows.remove(&key);
                }
            }
            Some(Row { entry: kept, .. }) => {
                let before = Some(std::mem::replace(kept, entry.clone()));
                self.plan_end(key.clone(), &entry);
                steps.push(Step { key, before, after: Some(entry) });
            }
            None if entry.is_living() => {
                let number = self.waited;
                self.waited += 1;
                self.waiting.insert(number, key.clone());
                self.rows.insert(key, Box::new(Row { entry, waits: Some(number) }));
            }
            None => {
                if self.make_room(&mut steps) {
                    self.plan_end(key.clone(), &entry);
                    self.rows.insert(key.clone(), Box::new(Row { entry: entry.clone(), waits: None }));
                    steps.push(Step { key, before: None, after: Some(entry) });
                }
            }
        }
        self.let_in(&mut steps);
        steps
    }

    /// Puts a living entry in place of another that readers cannot tell from it.
    pub fn renew(&mut self, key: &InstanceKey, entry: Instance) {
        if let Some(row) = self.rows.get_mut(key) {
            row.entry = entry;
        }
    }

    /// A life sign of a living entry.
    pub fn hear(&mut self, now: Millis, key: &InstanceKey) {
        if let Some(row) = self.rows.get_mut(key) {
            row.entry.ts = row.entry.ts.max(now);
        }
    }

    /// Takes out a row without a living connection. Nobody waits for its room: who does, waits for living ones.
    pub fn remove(&mut self, key: &InstanceKey) -> Option<Step> {
        let row = self.rows.remove(key)?;
        self.ends.clear(key);
        Some(Step { key: key.clone(), before: Some(row.entry), after: None })
    }

    /// Takes the next row without a living connection that was not heard of for too long.
    pub fn pop_end(&mut self, now: Millis) -> Option<Step> {
        let key = self.ends.pop(now)?;
        self.remove(&key)
    }

    /// The server did not hear for so long what would have kept rows.
    pub fn excuse(&mut self, lateness: Millis) {
        self.ends.put_off(lateness);
    }

    pub fn next_end(&self) -> Option<Millis> {
        self.ends.next()
    }

    /// Who is here, in order of the keys; the server's own entry is the first.
    pub fn here(&self, now: Millis, with_addresses: bool) -> Arc<Vec<Instance>> {
        self.shown(now, with_addresses, |entry| !entry.has_left())
    }

    /// The same with those who left lately.
    pub fn all(&self, now: Millis, with_addresses: bool) -> Arc<Vec<Instance>> {
        self.shown(now, with_addresses, |_| true)
    }

    /// All of them as gateway clients are shown them: the server's own entry, then who was seen last.
    pub fn newest_first(&self, now: Millis, with_addresses: bool) -> Arc<Vec<Instance>> {
        let mut entries = self.all(now, with_addresses);
        if let Some(entries) = Arc::get_mut(&mut entries) {
            entries.sort_by_key(|entry| (!entry.is_own(), std::cmp::Reverse(entry.ts)));
        }
        entries
    }

    /// Whether somebody is listed under this id, whoever's it is.
    pub fn has_named(&self, instance: &InstanceId) -> bool {
        let is_here = |row: &Row| row.waits.is_none() && !row.entry.has_left();
        self.rows.values().any(|row| is_here(row) && row.entry.instance_id == *instance)
    }

    /// Whether there are living ones beyond those that are listed.
    pub fn is_truncated(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Who is here, also those for whom the list has no room.
    pub fn count(&self) -> usize {
        let here = self.rows.values().filter(|row| !row.entry.has_left());
        here.count() + usize::from(self.own.is_some())
    }

    fn shown(&self, now: Millis, with_addresses: bool, is_shown: impl Fn(&Instance) -> bool) -> Arc<Vec<Instance>> {
        let listed = self.rows.values().filter(|row| row.waits.is_none()).map(|row| &row.entry);
        let show = |entry: &Instance| if with_addresses { entry.clone() } else { entry.without_addresses() };
        let own = self.own(now);
        Arc::new(own.iter().chain(listed).filter(|entry| is_shown(entry)).map(show).collect())
    }

    /// Whether there is room for one more, once who may have to go for it has gone.
    fn make_room(&mut self, steps: &mut Vec<Step>) -> bool {
        if self.rows.len() - self.waiting.len() < self.capacity {
            return true;
        }
        let Some(oldest) = self.ends.pop_first() else { return false };
        steps.extend(self.remove(&oldest));
        true
    }

    /// Lists those who wait, the one first who has waited for longest, as far as there is room.
    fn let_in(&mut self, steps: &mut Vec<Step>) {
        while !self.waiting.is_empty() && self.make_room(steps) {
            let Some((_, key)) = self.waiting.pop_first() else { return };
            if let Some(row) = self.rows.get_mut(&key) {
                row.waits = None;
                steps.push(Step { key, before: None, after: Some(row.entry.clone()) });
            }
        }
    }

    /// It ends when it is older than it may be; a living one does not age.
    fn plan_end(&mut self, key: InstanceKey, entry: &Instance) {
        if entry.is_living() {
            self.ends.clear(&key);
        } else {
            self.ends.set(key, entry.ts + self.ttl + Millis(1));
        }
    }
}
