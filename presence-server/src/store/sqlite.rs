//! A store in a file of its own.

use std::fmt;
use std::path::Path;

use presence_hub::saved::{Change, Saved};
use rusqlite::TransactionBehavior;

use crate::store::contract::{Store, StoreError};
use crate::store::opening::{Opened, load, open};
use crate::store::rows;

/// Nobody else uses the file while this is there.
pub struct SqliteStore {
    opened: Opened,
}

impl SqliteStore {
    /// Opens what a directory holds, and makes it if there is nothing.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Ok(Self { opened: open(dir)? })
    }

    pub fn file(&self) -> &Path {
        &self.opened.file
    }

    fn write(&mut self, changes: &mut dyn Iterator<Item = Change>) -> rusqlite::Result<()> {
        let transaction = self.opened.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in changes {
            rows::write(&transaction, &change)?;
        }
        transaction.commit()
    }
}

impl Store for SqliteStore {
    fn load(&mut self) -> Result<Saved, StoreError> {
        load(&self.opened)
    }

    fn commit(&mut self, changes: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError> {
        self.write(changes).map_err(|error| {
            let file = self.opened.file.display();
            StoreError::NotWritten(format!("{file} cannot be written: {error}"))
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.opened.file.display())
    }
}
