//! One tab, one session. A reloaded tab keeps its id; a duplicated one, whose storage is a copy, gets
//! its own. With Web Locks the tab holds a lock by the id's name; without them (plain http) the id lies
//! in storage only while no page uses it, so that a copy finds none.

use alloc::string::String;

use crate::host;
use crate::storage;

#[derive(Default)]
pub struct Tab {
    id: Option<String>,
    /// An id is wanted, and the first answer of Web Locks decides which.
    claims: bool,
}

impl Tab {
    /// Finds out which session this tab is. `None`: [`Tab::take_answer`] will say it, a moment later.
    pub fn claim(&mut self) -> Option<String> {
        let known = storage::session_id();
        self.claims = host::can_lock();
        if !self.claims {
            storage::forget_session_id();
        }
        let id = known.unwrap_or_else(storage::random_id);
        self.hold(id.clone());
        (!self.claims).then_some(id)
    }

    /// What Web Locks answer: whether the lock is ours, or another tab has it. Gives the claimed id.
    pub fn take_answer(&mut self, is_granted: bool) -> Option<String> {
        if !core::mem::take(&mut self.claims) {
            return None;
        }
        if !is_granted {
            // Ours is a copy.
            self.hold(storage::random_id());
        }
        let id = self.id.clone()?;
        storage::keep_session_id(&id);
        Some(id)
    }

    /// The server knows this tab by another id now.
    pub fn rename(&mut self, id: &str) {
        self.id = Some(id.into());
        if host::can_lock() {
            storage::keep_session_id(id);
        }
    }

    /// The page goes away, perhaps to be reloaded: whoever comes next may take the id.
    pub fn release(&mut self) {
        if let Some(id) = &self.id {
            storage::keep_session_id(id);
        }
        host::unlock();
    }

    /// The page is back from the browser's cache.
    pub fn reclaim(&mut self) {
        match self.id.clone() {
            Some(id) if host::can_lock() => self.hold(id),
            _ => storage::forget_session_id(),
        }
    }

    /// Asks for the lock of an id and keeps it until `release`.
    fn hold(&mut self, id: String) {
        if host::can_lock() {
            let mut name = String::from("presence-session:");
            name.push_str(&id);
            host::lock(&name);
        }
        self.id = Some(id);
    }
}
