//! The client's list of who is here: a picture, then changes in order; a hole asks for a new picture.
//! After a restart of the server, entries that the first picture misses stay a while, as suspect:
//! their clients are on their way back too.

use alloc::vec;
use alloc::vec::Vec;

use crate::event::InstanceChange;
use crate::id::InstanceKey;
use crate::instance::Instance;
use crate::session::output::Change;
use crate::small_map::SmallMap;
use crate::status::Liveness;
use crate::time::Millis;

#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// `None` until a picture came on this line.
    version: Option<u64>,
    /// A picture came already, on this line or an earlier one.
    pictured: bool,
    truncated: bool,
    entries: SmallMap<InstanceKey, Instance>,
    /// Entries of the server's last life, and until when they are kept.
    carried: SmallMap<InstanceKey, Millis>,
    /// The next picture is the first of a new life of the server.
    restarted: bool,
}

impl Roster {
    pub fn entries(&self) -> impl Iterator<Item = &Instance> {
        self.entries.values()
    }

    /// A new line: what comes next is a picture.
    pub fn forget_version(&mut self) {
        self.version = None;
    }

    pub fn expect_restart(&mut self) {
        self.restarted = true;
    }

    pub fn take_picture(
        &mut self,
        (now, grace): (Millis, Millis),
        version: u64,
        entries: Vec<Instance>,
        truncated: bool,
    ) -> Change {
        self.version = Some(version);
        self.truncated = truncated;
        let whole = !core::mem::replace(&mut self.pictured, true);
        let old = core::mem::take(&mut self.entries);
        for entry in entries {
            self.entries.insert(entry.key(), entry);
        }
        let mut left = vec![];
        let restarted = core::mem::take(&mut self.restarted);
        self.carried.retain(|key, _| !self.entries.contains_key(key));
        for (key, entry) in old.iter() {
            if self.entries.contains_key(key) {
                continue;
            }
            let is_carried = self.carried.contains_key(key);
            if restarted || is_carried {
                if !is_carried {
                    self.carried.insert(key.clone(), now + grace);
                }
                self.entries.insert(key.clone(), Instance { liveness: Liveness::Suspect, ..entry.clone() });
            } else {
                left.push(key.clone());
            }
        }
        let changed = self.entries.iter().filter(|(key, entry)| old.get(key) != Some(*entry));
        Change::Instances { whole, changed: changed.map(|(_, entry)| entry.clone()).collect(), left, truncated }
    }

    /// Takes one change; `Err` when one before it was missed.
    pub fn take_change(&mut self, version: u64, change: InstanceChange) -> Result<Option<Change>, Gap> {
        let Some(own) = self.version else { return Ok(None) };
        if version <= own {
            return Ok(None);
        }
        if version != own + 1 {
            self.version = None;
            return Err(Gap);
        }
        self.version = Some(version);
        let (changed, left) = match change {
            InstanceChange::Joined(entry) | InstanceChange::Updated(entry) => {
                self.carried.remove(&entry.key());
                self.entries.insert(entry.key(), entry.clone());
                (vec![entry], vec![])
            }
            InstanceChange::Left { user_id, instance_id } => {
                let key = InstanceKey::new(&user_id, &instance_id);
                self.carried.remove(&key);
                let was_in = self.entries.remove(&key).is_some();
                (vec![], if was_in { vec![key] } else { vec![] })
            }
        };
        Ok(Some(Change::Instances { whole: false, changed, left, truncated: self.truncated }))
    }

    /// Lets go of entries that did not come back.
    pub fn expire(&mut self, now: Millis) -> Option<Change> {
        self.next_deadline().filter(|due| *due <= now)?;
        let over: Vec<_> =
            self.carried.iter().filter(|(_, until)| **until <= now).map(|(key, _)| key.clone()).collect();
        for key in &over {
            self.carried.remove(key);
            self.entries.remove(key);
        }
        Some(Change::Instances { whole: false, changed: vec![], left: over, truncated: self.truncated })
    }

    /// Who is missing is missed only where the list shows itself: without a line nobody can tell.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.carried.values().min().copied().filter(|_| self.version.is_some())
    }

    /// Nothing is wanted any more.
    pub fn clear(&mut self) -> Option<Change> {
        let left: Vec<_> = core::mem::take(self).entries.take().into_iter().map(|(key, _)| key).collect();
        (!left.is_empty()).then_some(Change::Instances { whole: false, changed: vec![], left, truncated: false })
    }
}

/// A change is missing: ask for the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;
