//! The client's list of who is here.

use alloc::vec;
use alloc::vec::Vec;

use crate::event::InstanceChange;
use crate::id::InstanceName;
use crate::instance::Instance;
use crate::session::listing::{Difference, Gap, Listed, Listing};
use crate::session::output::Change;
use crate::status::Liveness;
use crate::time::Millis;

impl Listed for Instance {
    type Name = InstanceName;

    fn name(&self) -> InstanceName {
        self.written_name()
    }

    fn is_named(&self, name: &InstanceName) -> bool {
        self.instance_id == name.instance && self.user_id == name.user
    }

    fn as_suspect(&self) -> Self {
        Self { liveness: Liveness::Suspect, ..self.clone() }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Roster {
    entries: Listing<Instance>,
    truncated: bool,
}

impl Roster {
    pub fn entries(&self) -> impl Iterator<Item = &Instance> {
        self.entries.iter()
    }

    pub fn forget_version(&mut self) {
        self.entries.forget_version();
    }

    pub fn expect_restart(&mut self) {
        self.entries.expect_restart();
    }

    pub fn take_picture(
        &mut self,
        times: (Millis, Millis),
        version: u64,
        entries: Vec<Instance>,
        truncated: bool,
    ) -> Change {
        self.truncated = truncated;
        let Difference { whole, changed, left } = self.entries.take_picture(times, version, entries);
        Change::Instances { whole, changed, left, truncated }
    }

    /// Takes one change; `Err` when one before it was missed.
    pub fn take_change(&mut self, version: u64, change: InstanceChange) -> Result<Option<Change>, Gap> {
        if !self.entries.take_version(version)? {
            return Ok(None);
        }
        let (mut changed, mut left) = (vec![], vec![]);
        match change {
            InstanceChange::Joined(entry) | InstanceChange::Updated(entry) => {
                self.entries.put(entry.clone());
                changed.push(entry);
            }
            InstanceChange::Left { user_id, instance_id } => {
                let name = InstanceName { user: user_id, instance: instance_id };
                if self.entries.remove(&name) {
                    left.push(name);
                }
            }
        }
        Ok(Some(self.news(changed, left)))
    }

    /// Lets go of entries that did not come back.
    pub fn expire(&mut self, now: Millis) -> Option<Change> {
        let left = self.entries.expire(now);
        (!left.is_empty()).then(|| self.news(vec![], left))
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        self.entries.next_deadline()
    }

    /// Nothing is wanted any more.
    pub fn clear(&mut self) -> Option<Change> {
        self.truncated = false;
        let left = core::mem::take(&mut self.entries).clear();
        (!left.is_empty()).then(|| self.news(vec![], left))
    }

    fn news(&self, changed: Vec<Instance>, left: Vec<InstanceName>) -> Change {
        Change::Instances { whole: false, changed, left, truncated: self.truncated }
    }
}
