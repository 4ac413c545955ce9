//! How a database is opened: what cannot be used is named with the way out, and stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use presence_hub::saved::Change;
use presence_server::store::contract::{Store, StoreError};
use presence_server::store::sqlite::SqliteStore;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::changes::{CommitAll, record, reported};
use crate::directory::Directory;

fn refusal(dir: &Path) -> StoreError {
    let opened = SqliteStore::open(dir).and_then(|mut store| store.load());
    opened.expect_err("it cannot be used")
}

/// All files that hold something: neither the lock nor a log that was not begun.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    files
        .filter(|entry| name(entry) != "presence.lock" && entry.path().is_file())
        .map(|entry| (name(&entry), fs::read(entry.path()).unwrap()))
        .filter(|(_, content)| !content.is_empty())
        .collect()
}

fn many() -> Vec<Change> {
    (0..500).map(|number| reported(&format!("agent-{number}"), number, &["a key"], number)).collect()
}

/// A directory as a server leaves it that is killed: what it wrote last stands in the log only.
fn left_by_a_killed_server() -> Directory {
    let (here, there) = (Directory::new(), Directory::new());
    let mut store = SqliteStore::open(here.path()).unwrap();
    store.commit_all(&many()).unwrap();
    fs::create_dir(there.path()).unwrap();
    for (name, content) in contents(here.path()) {
        fs::write(there.path().join(name), content).unwrap();
    }
    there
}

fn left_by_a_server_that_ended() -> Directory {
    let directory = Directory::new();
    let mut store = SqliteStore::open(directory.path()).unwrap();
    store.load().unwrap();
    store.commit_all(&many()).unwrap();
    drop(store);
    assert_eq!(contents(directory.path()).keys().collect::<Vec<_>>(), ["presence.db"]);
    directory
}

/// Another program's database, with a log that it did not get to write back.
fn foreign() -> Directory {
    let directory = Directory::new();
    fs::create_dir(directory.path()).unwrap();
    let database = Connection::open(directory.file()).unwrap();
    database.execute_batch("CREATE TABLE recipes (name TEXT); PRAGMA journal_mode = WAL").unwrap();
    database.execute("INSERT INTO recipes VALUES ('soup')", []).unwrap();
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    drop(database);
    assert!(contents(directory.path()).contains_key("presence.db-wal"));
    directory
}

fn with_file(content: &[u8]) -> Directory {
    let directory = Directory::new();
    fs::create_dir(directory.path()).unwrap();
    fs::write(directory.file(), content).unwrap();
    directory
}

fn damaged(directory: Directory) -> Directory {
    let mut content = fs::read(directory.file()).unwrap();
    for page in content.chunks_mut(4_096).skip(1) {
        page[..2_000].fill(0xa5);
    }
    fs::write(directory.file(), content).unwrap();
    directory
}

/// Where nothing looks that only reads: the index of notifications.
fn damaged_index() -> Directory {
    let directory = left_by_a_server_that_ended();
    let root = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'notifications'";
    let page: u32 = Connection::open(directory.file()).unwrap().query_row(root, [], |row| row.get(0)).unwrap();
    let mut content = fs::read(directory.file()).unwrap();
    content[(page as usize - 1) * 4_096..][..2_000].fill(0xa5);
    fs::write(directory.file(), content).unwrap();
    directory
}

fn changed(statement: &str) -> Directory {
    let directory = left_by_a_server_that_ended();
    Connection::open(directory.file()).unwrap().execute_batch(statement).unwrap();
    directory
}

#[test]
fn what_is_not_ours_or_damaged_is_named_and_left_as_it_is() {
    let begun = fs::read(left_by_a_server_that_ended().file()).unwrap();
    let cases = [
        (
            with_file(b"dear diary, today I learned what a header is, and that hundred bytes are not enough"),
            "no database",
        ),
        (with_file(&[0; 5_000]), "no database"),
        (with_file(&begun[..60]), "no database"),
        (with_file(&begun[..99]), "no database"),
        (with_file(&begun[..100]), "damaged"),
        (with_file(&begun[..600]), "damaged"),
        (with_file(&begun[..4_095]), "damaged"),
        (with_file(&begun[..4_096]), "damaged"),
        (with_file(&begun[..6_000]), "damaged"),
        (foreign(), "another program"),
        (damaged(left_by_a_server_that_ended()), "damaged"),
        (damaged_index(), "damaged"),
        (changed("PRAGMA user_version = 99"), "newer"),
        (changed("UPDATE agents SET status = 'asleep'"), "`status`"),
        (changed("UPDATE agents SET tokens = -1"), "`tokens`"),
        (changed("INSERT INTO conversations VALUES ('c', 'ann and bob', 1)"), "`members`"),
        (changed("INSERT INTO last_seen VALUES ('user', '', ' ', 1)"), "`name`"),
        (changed("DROP TABLE features"), "features"),
    ];
    for (directory, what) in cases {
        let before = contents(directory.path());
        let error = refusal(directory.path()).to_string();
        assert!(error.contains(what), "{what}: {error}");
        assert!(error.contains(directory.file().to_str().unwrap()), "{what}: {error}");
        assert!(error.contains("as it is") && (error.contains("--data-dir") || error.contains("move")), "{error}");
        let after = contents(directory.path());
        assert!(after == before, "{error}: {:?} became {:?}", sizes(&before), sizes(&after));
    }
}

fn sizes(contents: &BTreeMap<String, Vec<u8>>) -> Vec<(&String, usize)> {
    contents.iter().map(|(name, content)| (name, content.len())).collect()
}

#[test]
fn what_is_damaged_keeps_its_log() {
    let directory = damaged(left_by_a_killed_server());
    // What stands in a whole log is not missed in the file.
    let log = directory.path().join("presence.db-wal");
    let content = fs::read(&log).unwrap();
    fs::write(&log, &content[..content.len() / 2]).unwrap();
    let before = contents(directory.path());
    let error = refusal(directory.path());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(contents(directory.path()), before);
}

#[test]
fn what_makes_no_sense_in_the_log_stays_there() {
    let directory = left_by_a_killed_server();
    let tool = Connection::open(directory.file()).unwrap();
    tool.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    tool.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
    tool.execute("UPDATE agents SET status = 'asleep'", []).unwrap();
    drop(tool);
    let before = contents(directory.path());
    assert!(before["presence.db-wal"].len() > 10_000);
    let error = refusal(directory.path());
    assert!(matches!(error, StoreError::Damaged { .. }) && error.to_string().contains("`status`"), "{error}");
    assert!(contents(directory.path()) == before, "{error}: {:?}", sizes(&contents(directory.path())));
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_it_also_in_an_open_directory() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    fs::create_dir(directory.path()).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut store = SqliteStore::open(directory.path()).unwrap();
    store.commit_all(&many()).unwrap();
    for file in contents(directory.path()).keys() {
        let mode = fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}: {mode:o}");
    }
    assert!(contents(directory.path()).contains_key("presence.db-wal"));
}

#[test]
fn a_killed_server_loses_nothing_that_was_committed() {
    let directory = left_by_a_killed_server();
    assert!(contents(directory.path())["presence.db-wal"].len() > 10_000);
    let saved = SqliteStore::open(directory.path()).unwrap().load().unwrap();
    assert_eq!(saved.agents.len(), 500);
    assert!(saved.agents.contains(&record("agent-7", 7)));
}

#[test]
fn a_server_that_was_killed_before_it_began_is_no_hindrance() {
    let directory = with_file(b"");
    SqliteStore::open(directory.path()).unwrap().commit_all(&many()).unwrap();
    assert_eq!(SqliteStore::open(directory.path()).unwrap().load().unwrap().agents.len(), 500);
}

#[test]
fn a_directory_belongs_to_one_server() {
    let directory = Directory::new();
    let store = SqliteStore::open(directory.path()).unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, StoreError::InUse { .. }));
    let error = error.to_string();
    assert!(error.contains(directory.path().to_str().unwrap()) && error.contains("--data-dir"), "{error}");
    drop(store);
    SqliteStore::open(directory.path()).unwrap();
}

#[test]
fn who_looks_into_the_file_meanwhile_is_named() {
    let directory = left_by_a_server_that_ended();
    let tool = Connection::open(directory.file()).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    drop(tool);
    SqliteStore::open(directory.path()).unwrap();
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = Directory::new();
    fs::write(directory.path(), "a file").unwrap();
    for place in [directory.path().to_owned(), directory.path().join("below")] {
        let error = refusal(&place).to_string();
        assert!(error.contains(place.to_str().unwrap()) && error.contains("--data-dir none"), "{error}");
    }
    fs::remove_file(directory.path()).unwrap();

    for taken in ["presence.db", "presence.db-wal", "presence.lock"] {
        let directory = if taken == "presence.db" { Directory::new() } else { left_by_a_server_that_ended() };
        let _ = fs::remove_file(directory.path().join("presence.lock"));
        fs::create_dir_all(directory.path().join(taken).join("is a directory")).unwrap();
        let error = refusal(directory.path()).to_string();
        assert!(error.contains(directory.path().to_str().unwrap()), "{taken}: {error}");
        assert!(error.contains("--data-dir none"), "{taken}: {error}");
    }
}
