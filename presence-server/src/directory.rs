//! Which mailbox belongs to which connection. Every open socket is in it, also before its hello.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use presence_model::id::ConnectionId;

use crate::farewell::Farewell;
use crate::mailbox::Mailbox;

#[derive(Clone, Debug, Default)]
pub struct Directory {
    shared: Arc<RwLock<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    mailboxes: BTreeMap<ConnectionId, Arc<Mailbox>>,
    /// Said to all, also to those who come later.
    farewell: Option<Farewell>,
}

/// Takes the entry out when dropped.
#[derive(Debug)]
pub struct Listed {
    directory: Directory,
    connection: ConnectionId,
}

impl Directory {
    pub fn enter(&self, connection: ConnectionId, mailbox: Arc<Mailbox>) -> Listed {
        let mut entries = self.write();
        if let Some(farewell) = entries.farewell {
            mailbox.close(farewell);
        }
        entries.mailboxes.insert(connection, mailbox);
        Listed { directory: self.clone(), connection }
    }

    /// Shows the mailboxes of these connections; those that are gone are passed over.
    pub fn each(&self, connections: &[ConnectionId], mut visit: impl FnMut(&Mailbox)) {
        let entries = self.read();
        for mailbox in connections.iter().filter_map(|connection| entries.mailboxes.get(connection)) {
            visit(mailbox);
        }
    }

    pub fn close_all(&self, farewell: Farewell) {
        let mut entries = self.write();
        entries.farewell = Some(farewell);
        for mailbox in entries.mailboxes.values() {
            mailbox.close(farewell);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        // A map that was being changed by one insert or remove is never half changed.
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.shared.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.directory.write().mailboxes.remove(&self.connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use presence_model::close::Close;
    use presence_model::limit::Limits;

    #[test]
    fn who_comes_after_the_end_hears_of_it_too() {
        let directory = Directory::default();
        let mailbox = || Arc::new(Mailbox::new(Dialect::Binary, &Limits::default()));
        let (early, late) = (mailbox(), mailbox());
        let _listed = directory.enter(ConnectionId(1), early.clone());
        directory.close_all(Close::ServiceRestart.into());
        let listed = directory.enter(ConnectionId(2), late.clone());
        for mailbox in [early, late] {
            assert_eq!(mailbox.farewell(), Some(Close::ServiceRestart.into()));
        }
        drop(listed);
        directory.each(&[ConnectionId(2)], |_| panic!("it left"));
    }
}
