//! The program as a person or a supervisor meets it: what it prints, how it ends, what it refuses.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "harness/process.rs"]
mod process;

use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use process::{PATIENCE, Program, command};
use tungstenite::{Message, WebSocket, client};

/// What a program says that is expected to refuse to start.
fn refusal(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let Output { status, stdout, stderr } = command(arguments).envs(environment.iter().copied()).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!status.success() && stdout.is_empty(), "{arguments:?} {environment:?}: {stderr}");
    stderr
}

const ANY_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[test]
fn it_says_where_it_listens_and_ends_well_when_asked() {
    for signal in ["TERM", "INT"] {
        let program = Program::start(command(&ANY_PORT));
        assert_ne!(program.address.port(), 0);
        assert!(program.get("/healthz").starts_with("HTTP/1.1 200"));
        program.signal(signal);
        let (code, out, err) = program.end();
        assert_eq!((code, out.as_str()), (Some(0), ""), "{signal}");
        assert!(err.contains("DEVELOPMENT MODE"), "{err}");
    }
}

#[test]
fn settings_come_from_file_environment_and_arguments() {
    let file = std::env::temp_dir().join(format!("presence-program-{}.toml", std::process::id()));
    std::fs::write(&file, "demo = false\nlisten = \"127.0.0.1:1\"\n[limits]\nmessage_bytes = 100\n").unwrap();
    let mut command = command(&ANY_PORT);
    command.env("PRESENCE_CONFIG", &file).env("PRESENCE_TIMING__HELLO_TIMEOUT", "50").env("PRESENCE_LOG", "warn");
    let program = Program::start(command);
    std::fs::remove_file(&file).unwrap();
    assert!(program.get("/").starts_with("HTTP/1.1 404"));
    let mut socket = open(&program, "/presence");
    let end = loop {
        match socket.read().unwrap() {
            Message::Close(frame) => break frame.unwrap(),
            _ => continue,
        }
    };
    assert_eq!(u16::from(end.code), 4002);
}

#[test]
fn what_it_cannot_do_it_says_and_how_to_help_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refusal(&["--listen", &address], &[]);
    assert!(error.contains(&address) && error.contains("in use") && error.contains("--listen"), "{error}");

    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:3000"] {
        let error = refusal(&["--listen", address], &[]);
        assert!(error.contains("development mode") && error.contains("127.0.0.1"), "{error}");
    }
    let error = refusal(&[], &[("PRESENCE_LISTN", "127.0.0.1:0")]);
    assert!(error.to_lowercase().contains("listn"), "{error}");
    let error = refusal(&["--config", "/nowhere/presence.toml"], &[]);
    assert!(error.contains("/nowhere/presence.toml"), "{error}");
    let error = refusal(&["--log", "loud=x=y"], &[]);
    assert!(error.contains("log"), "{error}");
    assert!(refusal(&["--bogus"], &[]).contains("--bogus"));
}

fn open(program: &Program, path: &str) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(program.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    client(format!("ws://{}{path}", program.address), stream).unwrap().0
}

/// The time passes because the test is about time that passes: a process stopped for three times as long
/// as a line may be silent.
#[test]
fn a_stopped_program_blames_nobody_for_silence() {
    let mut command = command(&ANY_PORT);
    let timing = [("PING_EVERY", "100"), ("SUSPECT_AFTER", "400"), ("GONE_AFTER", "600"), ("LATE_AFTER", "200")];
    command.envs(timing.map(|(key, value)| (format!("PRESENCE_TIMING__{key}"), value)));
    let program = Program::start(command);
    let mut socket = open(&program, "/ws?token=ann&instanceId=survivor");
    let mut wait_for_ping = || while !socket.read().unwrap().is_ping() {};
    wait_for_ping();
    program.signal("STOP");
    sleep(Duration::from_millis(1_800));
    program.signal("CONT");
    let resumed = Instant::now();
    let mut pings = 0;
    // As long as a silent line would be given up after the resume, and longer.
    while resumed.elapsed() < Duration::from_millis(900) {
        wait_for_ping();
        pings += 1;
        assert!(program.get("/api/presence").contains("survivor"));
    }
    assert!(pings >= 5, "{pings} pings");
}

/// The same silence without a stop ends the session: the test above would pass on a server that never does.
#[test]
fn a_silent_client_is_given_up() {
    let mut command = command(&ANY_PORT);
    command.envs([
        ("PRESENCE_TIMING__PING_EVERY", "100"),
        ("PRESENCE_TIMING__GONE_AFTER", "600"),
        ("PRESENCE_TIMING__SUSPECT_AFTER", "400"),
    ]);
    let program = Program::start(command);
    let mut socket = open(&program, "/ws?token=ann&instanceId=silent");
    while !socket.read().unwrap().is_text() {}
    let deadline = Instant::now() + PATIENCE;
    while program.get("/api/presence").contains("silent") {
        assert!(Instant::now() < deadline, "still listed");
    }
}
