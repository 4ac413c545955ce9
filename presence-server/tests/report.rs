//! `presence-server report` as a hook runs it: what it sends, that nothing holds it up, how it ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Instant;

#[path = "harness/program.rs"]
mod program;

use program::{PATIENCE, ended, program};

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut report = program(&["report"]);
    report.args(arguments).envs(environment.iter().copied());
    report
}

/// Exit code and stderr; stdout is empty, always.
fn end(mut child: Child) -> (i32, String) {
    ended(&mut child);
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert!(stdout.is_empty());
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    end(command(arguments, environment).spawn().unwrap())
}

/// A server of the test's own, which takes one request and answers it.
fn taken(arguments: &[&str], environment: &[(&str, &str)], hook: &str, answer: &'static str) -> (String, i32, String) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // On a busy machine its time may be over before it said anything.
        if let Some(taken) = try_to_take(arguments, environment, hook, answer) {
            return taken;
        }
        assert!(Instant::now() < deadline, "nothing comes");
    }
}

fn try_to_take(
    arguments: &[&str],
    environment: &[(&str, &str)],
    hook: &str,
    answer: &'static str,
) -> Option<(String, i32, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = String::new();
        let mut piece = [0; 4_096];
        while !request.ends_with('}') {
            match stream.read(&mut piece).unwrap() {
                0 => return None,
                count => request += str::from_utf8(&piece[..count]).unwrap(),
            }
        }
        let _ = stream.write_all(answer.as_bytes());
        Some(request)
    });
    let url = format!("http://{address}");
    let mut child = command(arguments, environment).args(["--url", &url]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who does not read it may be gone.
    let _ = stdin.write_all(hook.as_bytes());
    drop(stdin);
    let (code, said) = end(child);
    // Should nobody have come: the server waits no longer.
    let _ = TcpStream::connect(address);
    server.join().unwrap().map(|request| (request, code, said))
}

const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"success\":true}";

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn a_hook_is_reported_with_what_the_environment_says_of_who_reports() {
    let hook =
        r#"{"hook_event_name":"PostToolUse","session_id":"s-1","tool_name":"Bash","tool_input":{"command":"ls"}}"#;
    let both = [("PRESENCE_TOKEN", "the-token"), ("PRESENCE_SERVER_KEY", "the-key"), ("PRESENCE_AGENT", "claude/1")];
    let (first, ..) = taken(&["--stdin", "--tokens", "120"], &both, hook, TAKEN);
    assert!(first.starts_with("POST /api/agents/claude%2F1/events HTTP/1.1\r\n"), "{first}");
    assert_eq!(header(&first, "authorization"), Some("Bearer the-token"));
    let body: serde_json::Value = serde_json::from_str(first.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let expected =
        serde_json::json!({ "type": "tool_execute", "tool_name": "Bash", "session_id": "s-1", "cost_tokens": 120 });
    assert_eq!(body, expected);

    let (second, ..) = taken(&["--tool", "Bash"], &both[1..], "", TAKEN);
    assert_eq!(header(&second, "authorization"), Some("Bearer the-key"));
    let keys = [header(&first, "idempotency-key").unwrap(), header(&second, "idempotency-key").unwrap()];
    assert!(keys[0].len() == 32 && keys[0] != keys[1], "{keys:?}");
    let (third, ..) = taken(&["--key", "mine"], &both, "", TAKEN);
    assert_eq!(header(&third, "authorization"), Some("Bearer mine"));
    let (fourth, ..) = taken(&[], &both[2..], "", TAKEN);
    assert_eq!(header(&fourth, "authorization"), None);
}

#[test]
fn what_the_server_says_is_told_to_who_asks() {
    let refused = "HTTP/1.1 403 Forbidden\r\n\r\n{\"error\":{\"code\":\"forbidden\",\"message\":\"not your agent\"}}";
    // On a busy machine the answer may come too late now and then.
    let until = |arguments: &[&str], answer, wanted: (i32, &str)| {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, code, said) = taken(arguments, &[("PRESENCE_TOKEN", "hush")], "", answer);
            assert!(!said.contains("hush"));
            if (code, said.as_str()) == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{code} {said}");
        }
    };
    until(&["--agent", "a", "-v", "--strict"], TAKEN, (0, ""));
    until(&["--agent", "a", "-v", "--strict"], refused, (1, "not reported: not your agent\n"));
    until(&["--agent", "a"], refused, (0, ""));
}

#[test]
fn a_server_that_is_not_there_is_no_trouble_of_the_agents() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let arguments = ["--agent", "a", "--url", &url];
    assert_eq!(run(&arguments, &[]), (0, String::new()));
    let (code, said) = run(&[&arguments[..], &["-v", "--strict"]].concat(), &[]);
    // Late, on a machine that is very busy.
    assert!(code == 1 && (said.contains("presence-server") || said.contains("in time")), "{said}");
    // The environment is no command line: a hook that it breaks would stop an agent's work.
    for (name, value, why) in [
        ("PRESENCE_URL", "https://presence.example", "http://"),
        ("PRESENCE_URL", "nonsense", "http://127.0.0.1:3000"),
        ("PRESENCE_TOKEN", "hush\nhush", "no header"),
    ] {
        let url = ["--agent", "a", "-v"];
        let (code, said) = run(&url, &[(name, value)]);
        assert!(code == 0 && said.contains(why) && !said.contains("hush"), "{said}");
    }
    for (value, why) in [("", "--agent"), (" ", "--agent"), ("hush\nhush", "PRESENCE_AGENT must not contain")] {
        let environment = [("PRESENCE_AGENT", value)];
        assert_eq!(run(&[], &environment), (0, String::new()), "{value:?}");
        let (code, said) = run(&["-v", "--strict"], &environment);
        assert!(code == 1 && said.contains(why) && !said.contains("hush"), "{value:?}: {said}");
    }
    assert_eq!(run(&[], &[]), (0, String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_to_hear_why_is_no_trouble_of_the_agents() {
    for (arguments, expected) in [(&["-v"][..], 0), (&["-v", "--strict"], 1), (&["--url", "x"], 2)] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let child = command(arguments, &[]).stderr(full).spawn().unwrap();
        assert_eq!(end(child), (expected, String::new()), "{arguments:?}");
    }
}

#[test]
fn nothing_holds_it_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let accepting = silent.try_clone().unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    // Takes what comes, and never answers.
    thread::spawn(move || accepting.incoming().collect::<Vec<_>>());
    // Nobody takes what comes: it waits in the system.
    let unheard = TcpListener::bind("127.0.0.1:0").unwrap();
    let unheard = format!("http://{}", unheard.local_addr().unwrap());
    for url in [&address, &unheard, "http://192.0.2.1:9", "http://[100::1]:9", "http://nowhere.invalid:3000"] {
        assert_eq!(run(&["--agent", "a", "--url", url], &[]), (0, String::new()), "{url}");
        let (code, said) = run(&["--agent", "a", "--url", url, "-v", "--strict"], &[]);
        assert!(code == 1 && said.starts_with("not reported: "), "{said}");
    }
    // A hook that never ends.
    let mut child =
        command(&["--agent", "a", "--stdin", "--url", &address], &[]).stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    assert_eq!(end(child), (0, String::new()));
    drop(stdin);
}

#[test]
fn a_wrong_command_line_is_an_error_and_shows_no_secret() {
    for (arguments, why) in [
        (&["--agent", " "][..], "must not be empty"),
        (&["--agent", "a", "--event", "dance"], "tool_execute"),
        (&["--agent", "a", "--tokens", "many"], "--tokens"),
        (&["--agent", "a", "--url", "https://presence.example"], "http://"),
        (&["--agent", "a", "--url", "http://u:hush@presence.example"], "--url: "),
        (&["--agent", "a", "--url=postgres://u:hush@x/"], "--url: "),
        (&["--agent", "a", "--key", "hush\u{7}hush"], "--key"),
        (&["--agent", "a", "--nonsense"], "--nonsense"),
    ] {
        let (code, said) = run(arguments, &[("PRESENCE_TOKEN", "hush"), ("PRESENCE_SERVER_KEY", "hush")]);
        assert!(code == 2 && said.contains(why) && !said.contains("hush"), "{arguments:?}: {code} {said}");
    }
}

#[test]
fn its_help_shows_no_secret() {
    let environment =
        [("PRESENCE_TOKEN", "hush"), ("PRESENCE_SERVER_KEY", "hush"), ("PRESENCE_URL", "http://u:hush@x")];
    let Output { status, stdout, .. } = command(&["--help"], &environment).output().unwrap();
    let help = String::from_utf8(stdout).unwrap();
    assert!(status.success() && help.contains("--stdin") && !help.contains("hush"), "{help}");
}

#[test]
fn a_server_minds_nothing_that_is_said_to_agents() {
    let environment =
        [("PRESENCE_URL", "http://x"), ("PRESENCE_TOKEN", "t"), ("PRESENCE_AGENT", "a"), ("PRESENCE_JWT_SECRET", "s")];
    let Output { status, stderr, .. } = program(&["token", "--sub", "a"]).envs(environment).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
}
