//! The form of the database, and how an older one is brought to it.

use rusqlite::{Connection, Result, TransactionBehavior};

/// In the file's header, where others who read SQLite files look too: `Pres` in ASCII.
pub(in crate::store) const APPLICATION_ID: i32 = 0x5072_6573;

/// In order. One that was published is never changed: others follow it.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// The version of a database that went through all of them.
pub(in crate::store) const VERSION: i64 = MIGRATIONS.len() as i64;

pub(in crate::store) fn version(of: &Connection) -> Result<i64> {
    of.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Each migration happens with its number or not at all, so that a kill between two of them does no harm.
pub(in crate::store) fn migrate(database: &mut Connection) -> Result<()> {
    let version = usize::try_from(version(database)?).unwrap_or_default();
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
