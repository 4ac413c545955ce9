//! `presence-server mcp` as a client of the protocol ends it, and as others start it by mistake.
//! What it offers is tested with a real client (`tests/browser/mcp.test.mjs`).

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

#[path = "harness/program.rs"]
mod program;

use program::{ended, program};

fn start(environment: &[(&str, &str)]) -> Child {
    let mut command = program(&["mcp", "--agent", "a"]);
    command.envs(environment.iter().copied()).stdin(Stdio::piped()).spawn().unwrap()
}

/// Exit code, stdout and stderr; `child` is expected to end by itself.
fn end(mut child: Child) -> (Option<i32>, String, String) {
    ended(&mut child);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn say(child: &mut Child, message: &Value) {
    writeln!(child.stdin.as_mut().unwrap(), "{message}").unwrap();
}

fn initialize() -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

#[test]
fn it_ends_with_its_stdin() {
    for messages in [
        vec![],
        vec![initialize()],
        vec![initialize(), json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })],
    ] {
        let mut child = start(&[]);
        for message in &messages {
            say(&mut child, message);
        }
        if !messages.is_empty() {
            let mut answer = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["result"]["serverInfo"]["name"], "presence");
        }
        drop(child.stdin.take());
        assert_eq!(end(child), (Some(0), String::new(), String::new()), "{} messages", messages.len());
    }
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_asked_to_although_stdin_is_open() {
    for signal in ["TERM", "INT", "HUP"] {
        let mut child = start(&[]);
        say(&mut child, &initialize());
        let mut answer = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
        let stdin = child.stdin.take();
        let killed = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        assert_eq!(end(child).0, Some(0), "{signal}");
        drop(stdin);
    }
}

#[test]
fn what_is_no_protocol_is_not_quoted() {
    for text in ["hush\n", "{\"hush\":1}\n", "[]\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hush\"}\n", "\u{0}\n"]
    {
        let mut child = start(&[]);
        child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
        drop(child.stdin.take());
        let (_, out, err) = end(child);
        let is_protocol = |line: &str| serde_json::from_str::<Value>(line).is_ok_and(|line| line["jsonrpc"] == "2.0");
        assert!(out.lines().all(is_protocol), "{out}");
        assert!(!err.contains("hush") && !err.contains("panic"), "{err}");
    }
}

#[test]
fn a_setting_that_it_cannot_use_is_told_before_anything_else() {
    for (name, value, why) in [
        ("PRESENCE_URL", "https://presence.example", "http://"),
        ("PRESENCE_URL", "http://u:hush@presence.example", "no user"),
        ("PRESENCE_TOKEN", "hush\nhush", "no header"),
    ] {
        let (code, out, err) = end(start(&[(name, value)]));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(err.contains(why) && !err.contains("hush"), "{err}");
    }
}
