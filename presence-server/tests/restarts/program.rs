//! The program with a directory of its own: what it says, also when that is of no use.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use presence_hub::saved::Who;
use presence_server::store::contract::Store;
use presence_server::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::directory::Directory;
use crate::process::{PATIENCE, Program, command};
use crate::reporter::{Counters, Line, counters};

const ANY_PORT: [&str; 3] = ["--listen", "127.0.0.1:0", "--data-dir"];

pub(crate) fn keeping(directory: &Directory) -> Command {
    let mut command = command(&ANY_PORT);
    command.arg(directory.path());
    command
}

/// What it says that is expected to refuse to start.
fn refusal(directory: &Directory) -> String {
    let Output { status, stdout, stderr } = keeping(directory).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!status.success() && stdout.is_empty(), "{stderr}");
    stderr
}

pub(crate) fn report(program: &Program, tokens: u64) {
    let event = json!({ "type": "tool_execute", "cost_tokens": tokens });
    let answer = Line::open(program.address).unwrap().post("/api/agents/robot/events", &event).unwrap();
    assert_eq!(answer["counted"], 1, "{answer}");
}

pub(crate) fn robot(program: &Program) -> Option<Counters> {
    counters(program, "robot")
}

#[test]
fn it_says_where_it_keeps_its_state_and_finds_it_again() {
    let directory = Directory::new();
    let program = Program::start(keeping(&directory));
    report(&program, 5);
    program.signal("TERM");
    let (code, _, err) = program.end();
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains(directory.file().to_str().unwrap()), "{err}");

    let program = Program::start(keeping(&directory));
    assert_eq!(robot(&program), Some(Counters { tools: 1, tokens: 5 }));
}

fn last_seen(program: &Program) -> Value {
    let answer = program.get("/api/users/Ann/last-seen");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Somebody comes, and stays for a while; returns when he was here for certain.
fn be_here(program: &Program, length: Duration) -> (TcpStream, String) {
    let mut socket = program.connect();
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13";
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    write!(socket, "GET /ws?token=Ann HTTP/1.1\r\nhost: {}\r\n{upgrade}\r\n{key}\r\n\r\n", program.address).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while last_seen(program)["online"] != true {
        assert!(Instant::now() < deadline, "{}", last_seen(program));
    }
    sleep(length);
    let seen = last_seen(program);
    (socket, seen["lastSeen"].as_str().unwrap().to_owned())
}

#[test]
fn it_knows_who_was_here_when_it_ended() {
    let directory = Directory::new();
    let program = Program::start(keeping(&directory));
    let (socket, seen) = be_here(&program, Duration::from_millis(1_200));
    program.signal("TERM");
    drop(socket);
    let (code, _, err) = program.end();
    assert_eq!(code, Some(0), "{err}");
    let program = Program::start(keeping(&directory));
    let found = last_seen(&program);
    assert!(found["lastSeen"].as_str() >= Some(&seen) && found["online"] == false, "{found} after {seen}");

    let (_socket, seen) = be_here(&program, Duration::ZERO);
    // What happened that long ago survives.
    sleep(Duration::from_secs(1));
    drop(program);
    let saved = SqliteStore::open(directory.path()).unwrap().load().unwrap();
    assert!(saved.last_seen.iter().any(|(who, _)| *who == Who::Server), "{saved:?}");
    let program = Program::start(keeping(&directory));
    let found = last_seen(&program);
    assert!(found["lastSeen"].as_str() >= Some(&seen) && found["online"] == false, "{found} after {seen}");
}

#[test]
fn without_a_directory_it_keeps_nothing_and_says_so() {
    let program = Program::start(command(&[&ANY_PORT[..], &["none"]].concat()));
    report(&program, 5);
    program.signal("TERM");
    let (code, _, err) = program.end();
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("nothing is kept across restarts"), "{err}");
    assert!(!fs::exists("none").unwrap());
}

#[test]
fn what_it_cannot_use_it_names_before_it_listens() {
    let directory = Directory::new();
    let program = Program::start(keeping(&directory));
    let error = refusal(&directory);
    assert!(error.contains("in use by another presence-server") && error.contains("--data-dir"), "{error}");
    drop(program);

    fs::write(directory.file(), "my diary".repeat(100)).unwrap();
    let error = refusal(&directory);
    assert!(error.contains(directory.file().to_str().unwrap()) && error.contains("no database"), "{error}");
    assert_eq!(fs::read_to_string(directory.file()).unwrap(), "my diary".repeat(100));
}
