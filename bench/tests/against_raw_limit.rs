//! Both programs as they are run: what is counted, not how long it takes.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::process::{Command, Output};

use serde_json::Value;

fn load(arguments: &[&str], server: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_presence-load"));
    command.args(arguments).args(["--warmup", "0.2", "--seconds", "0.6", "--", env!("CARGO_BIN_EXE_raw-limit")]);
    command.args(server).output().unwrap()
}

fn measured(arguments: &[&str], server: &[&str]) -> Value {
    let output = load(arguments, server);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {complaint}"))
}

#[test]
fn every_update_reaches_all_others_and_nobody_else() {
    for dialect in ["raw", "raw-binary"] {
        let cursors = ["--dialect", dialect, "--workload", "cursors", "--rooms", "3", "--members", "4", "--rate", "10"];
        let result = measured(&cursors, &[]);
        let number = |key: &str| result[key].as_u64().unwrap_or_else(|| panic!("{key} in {result}"));
        assert!(number("updates_sent") > 0);
        assert_eq!(number("expected_deliveries"), 3 * number("updates_sent"));
        assert_eq!(number("never_delivered"), 0, "{result}");
        assert_eq!(result["latency_us"]["count"], result["deliveries"]);
        assert_eq!((&result["dialect"], &result["workload"]), (&Value::from(dialect), &Value::from("cursors")));
    }
}

#[test]
fn a_window_delivers() {
    for dialect in ["raw", "raw-binary"] {
        let cursors = ["--dialect", dialect, "--workload", "cursors", "--rooms", "1", "--members", "10", "--rate", "5"];
        let result = measured(&cursors, &["--window", "20", "--read-every", "5"]);
        assert!(result["deliveries"].as_u64().is_some_and(|count| count > 0), "{result}");
    }
}

#[test]
fn who_was_cut_comes_back() {
    let result = measured(&["--dialect", "raw", "--workload", "drop-return", "--connections", "100"], &[]);
    assert_eq!((&result["dropped"], &result["observers"]), (&Value::from(98), &Value::from(2)));
    assert_eq!(result["join_latency_us"]["count"], 98);
}

#[test]
fn what_cannot_be_measured_is_said_in_a_sentence() {
    let missing = ["--dialect", "raw", "--workload", "idle", "--connections", "0"];
    for (arguments, server, words) in [
        (&missing[..], &[][..], "an idle crowd has members"),
        (&["--dialect", "raw", "--workload", "mixed"], &[], "Presence's dialects only"),
        (&["--dialect", "raw", "--workload", "cursors"], &["--no-such-option"], "the server ended by itself"),
    ] {
        let output = load(arguments, server);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(complaint.contains(words), "{complaint}");
    }
}
