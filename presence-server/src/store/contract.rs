//! What a store promises.

use std::path::PathBuf;

use presence_hub::saved::{Change, Saved};

/// Why a store cannot be used. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the data directory {} cannot be used: {why}; make it writable, take another one with `--data-dir DIR`, or keep \
         nothing across restarts with `--data-dir none`",
        dir.display()
    )]
    Directory { dir: PathBuf, why: String },
    #[error(
        "the data directory {} is in use by another presence-server: end that one, or give this one a directory of its \
         own with `--data-dir DIR`",
        dir.display()
    )]
    InUse { dir: PathBuf },
    #[error(
        "{} is in use by another program: close it there, or take another directory with `--data-dir DIR`",
        file.display()
    )]
    Busy { file: PathBuf },
    #[error(
        "{} {what}, and was left as it is: move it away, or take another directory with `--data-dir DIR`",
        file.display()
    )]
    Foreign { file: PathBuf, what: &'static str },
    #[error(
        "{file} is damaged ({why}) and was left as it is: put a copy in its place, or move {file} and {file}-wal away to \
         begin anew; what can be read of it `sqlite3 {file} .recover` shows",
        file = file.display()
    )]
    Damaged { file: PathBuf, why: String },
    #[error(
        "{} was written by a newer presence-server (version {found} of its tables, and this one knows {known}), and was \
         left as it is: start that one, or take another directory with `--data-dir DIR`",
        file.display()
    )]
    Newer { file: PathBuf, found: i64, known: i64 },
    #[error(
        "{} cannot be used: {why}; see to the disk and to the rights of its directory, or keep nothing across restarts \
         with `--data-dir none`",
        file.display()
    )]
    Unusable { file: PathBuf, why: String },
    #[error("{0}")]
    NotWritten(String),
}

/// Keeps changes across restarts.
pub trait Store: Send {
    /// All that was kept: keys and notifications as [`Saved`] says, the rest by name.
    fn load(&mut self) -> Result<Saved, StoreError>;

    /// Keeps all of these, in this order, or none.
    fn commit(&mut self, changes: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError>;
}
