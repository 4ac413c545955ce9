//! How a database is opened: what is not ours, damaged or in use stays as it is.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use presence_hub::saved::Saved;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::contract::StoreError;
use crate::store::rows;
use crate::store::schema::{APPLICATION_ID, VERSION, migrate, version};

const FILE: &str = "presence.db";

/// Locked as long as a server uses the directory; its content means nothing. Without it a second server in this process
/// would take the first one's locks away by closing the database, as POSIX has it.
const LOCK_FILE: &str = "presence.lock";

/// A database that nobody else uses.
pub(in crate::store) struct Opened {
    pub file: PathBuf,
    pub connection: Connection,
    /// After the connection, which is closed before others may come.
    _lock: File,
}

/// Opens the database in a directory, and makes both if there are none.
pub(in crate::store) fn open(dir: &Path) -> Result<Opened, StoreError> {
    let failed = |error: io::Error| StoreError::Directory { dir: dir.to_owned(), why: error.to_string() };
    let dir = &absolute(dir).map_err(failed)?;
    let failed = |error: io::Error| StoreError::Directory { dir: dir.clone(), why: error.to_string() };
    create(dir).map_err(failed)?;
    let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK_FILE)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { dir: dir.clone() }),
        // SQLite has locks of its own.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let file = dir.join(FILE);
    recognise(&file)?;
    create_file(&file).map_err(|error| StoreError::Unusable { file: file.clone(), why: error.to_string() })?;
    match connect(&file) {
        Ok(connection) => Ok(Opened { file, connection, _lock: lock }),
        Err(Refused::Here(error)) => Err(error),
        Err(Refused::Sqlite(error)) => Err(trouble(&file, &error)),
    }
}

/// What people are told is nobody else's business on this machine.
fn create(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)
}

/// As [`create`], in a directory that others may look into. SQLite gives its log the same rights.
fn create_file(file: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Looks whether a file is ours without SQLite, which would finish what another program left undone in it.
fn recognise(file: &Path) -> Result<(), StoreError> {
    const HEADER: usize = 100;
    let refuse = |what| Err(StoreError::Foreign { file: file.to_owned(), what });
    let header = match beginning(file, HEADER) {
        Ok(header) => header,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::Unusable { file: file.to_owned(), why: error.to_string() }),
    };
    if header.is_empty() {
        // Of a server that was killed before it began.
        Ok(())
    } else if header.len() < HEADER || !header.starts_with(b"SQLite format 3\0") {
        refuse("is no database, or its beginning is damaged")
    } else if header[68..72] != APPLICATION_ID.to_be_bytes() {
        refuse("is the database of another program")
    } else {
        Ok(())
    }
}

fn beginning(file: &Path, bytes: usize) -> io::Result<Vec<u8>> {
    let mut beginning = vec![];
    File::open(file)?.take(bytes as u64).read_to_end(&mut beginning)?;
    Ok(beginning)
}

enum Refused {
    Sqlite(rusqlite::Error),
    Here(StoreError),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn connect(file: &Path) -> Result<Connection, Refused> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(file, flags)?;
    let file = file.to_owned();
    // What turns out to be damaged is not written to when it is closed.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Whoever looks into it with a tool is done soon.
    database.busy_timeout(Duration::from_secs(1))?;
    // Before the first look: then there is no memory shared with other processes, which a full disk would refuse.
    database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let found = version(&database)?;
    if found > VERSION {
        return Err(Refused::Here(StoreError::Newer { file, found, known: VERSION }));
    }
    if database.is_readonly("main")? {
        return Err(Refused::Here(StoreError::Unusable { file, why: "it cannot be written".to_owned() }));
    }
    let health: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if health != "ok" {
        return Err(Refused::Here(StoreError::Damaged { file, why: health.replace('\n', " ") }));
    }
    // Before the journal becomes a log: who we are stands in the file itself then, not in the log beside it.
    migrate(&mut database)?;
    database.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.pragma_update(None, "journal_size_limit", MOST_LOG_BYTES)?;
    database.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(database)
}

/// What was written is read at the next start only, and the system keeps pages of the file as well.
const CACHE_KIB: i64 = 64;

/// What one large commit made of the log is given back.
const MOST_LOG_BYTES: i64 = 16 * 1024 * 1024;

/// All that is kept.
pub(in crate::store) fn load(opened: &Opened) -> Result<Saved, StoreError> {
    let read = || {
        let saved = rows::read(&opened.connection)?;
        // It is what we wrote.
        opened.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(saved)
    };
    read().map_err(|error| trouble(&opened.file, &error))
}

/// What SQLite's words mean for who runs the server.
fn trouble(file: &Path, error: &rusqlite::Error) -> StoreError {
    let (file, why) = (file.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { file },
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure,
        ) => StoreError::Unusable { file, why },
        // It can be read, and is not what was written.
        _ => StoreError::Damaged { file, why },
    }
}
