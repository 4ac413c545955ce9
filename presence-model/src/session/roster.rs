//! The client's list of who is here.

use alloc::vec::Vec;

use crate::session::listing::{Difference, Gap, Listing};
use crate::session::output::Change;
use crate::time::Millis;
use crate::wire::binary::entry::{Entry, EntryChange};

#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub entries: Listing,
    truncated: bool,
}

impl Roster {
    pub fn take_picture(
        &mut self,
        times: (Millis, Millis),
        version: u64,
        entries: Vec<Entry>,
        truncated: bool,
    ) -> Change {
        self.truncated = truncated;
        let difference = self.entries.take_picture(times, version, entries);
        Change::Instances { difference, truncated }
    }

    /// Takes changes; `Err` when some before them were missed.
    pub fn take_changes(&mut self, version: u64, changes: Vec<EntryChange>) -> Result<Option<Change>, Gap> {
        let difference = self.entries.take_changes(version, changes)?;
        Ok(self.news(difference))
    }

    /// Lets go of entries that did not come back.
    pub fn expire(&mut self, now: Millis) -> Option<Change> {
        let difference = self.entries.expire(now);
        self.news(difference)
    }

    /// Nothing is wanted any more: the next picture is a first one again.
    pub fn clear(&mut self) -> Option<Change> {
        self.truncated = false;
        let difference = core::mem::take(&mut self.entries).clear();
        self.news(difference)
    }

    fn news(&self, difference: Difference) -> Option<Change> {
        (!difference.is_empty()).then_some(Change::Instances { difference, truncated: self.truncated })
    }
}
