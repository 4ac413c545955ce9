//! The line that clients write about themselves, taken apart and written again.

use presence_model::wire::gateway::text::NodeLine;
use proptest::prelude::*;

const WHOLE: &str = "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason periodic";

fn line(reason: &str) -> Option<NodeLine<'_>> {
    Some(NodeLine { host: "Desk", ip: "10.0.0.9", version: "1.5", input_seconds: 7, mode: "ui", reason })
}

#[test]
fn a_line_is_taken_apart() {
    assert_eq!(NodeLine::parse(WHOLE), line("periodic"));
    for text in [
        "node: Desk (10.0.0.9) · APP 1.5 · Last Input 7S Ago · MODE ui · Reason periodic",
        "Node:Desk(10.0.0.9)·app 1.5·last input 7s ago·mode ui·reason periodic",
        "  Node:   Desk   ( 10.0.0.9 )  ·  app  1.5  ·  last input  7s ago  ·  mode  ui  ·  reason  periodic  ",
        "Node: Desk (10.0.0.9)\t·\u{a0}app 1.5 · last input 007s ago · mode ui · reason periodic\n",
    ] {
        assert_eq!(NodeLine::parse(text), line("periodic"), "{text}");
    }
}

#[test]
fn a_reason_is_the_rest_of_the_line() {
    let text = format!("{WHOLE} · mode node · (x)");
    assert_eq!(NodeLine::parse(&text), line("periodic · mode node · (x)"));
}

#[test]
fn hosts_and_versions_are_anything_without_what_ends_them() {
    let text = "Node: a·b) (fe80::1%en0 (wifi) · app 2026.1 (build 7) · last input 0s ago · mode web chat · reason r";
    let read = NodeLine::parse(text).unwrap();
    assert_eq!((read.host, read.ip), ("a·b)", "fe80::1%en0 (wifi"));
    assert_eq!((read.version, read.mode), ("2026.1 (build 7)", "web chat"));
}

#[test]
fn a_text_of_any_other_form_is_only_a_text() {
    for text in [
        "",
        "Hello",
        "Node:",
        "Node: Desk · mode ui",
        "Gateway: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason self",
        "a Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: My Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: Desk () · app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: Desk · app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) x · app 1.5 · last input 7s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · ui 2.0 · last input 7s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app · last input 7s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input unknown · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input -7s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7 s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input s ago · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7s · mode ui · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · reason periodic",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason ",
        "Node: Desk (10.0.0.9) · app 1.5 · last input 7s ago · mode ui · reason two\nlines",
        "Node: Desk (10.0.0.9) - app 1.5 - last input 7s ago - mode ui - reason periodic",
    ] {
        assert_eq!(NodeLine::parse(text), None, "{text}");
    }
}

#[test]
fn a_time_beyond_counting_is_long_ago() {
    let text = WHOLE.replace('7', "99999999999999999999999");
    assert_eq!(NodeLine::parse(&text).unwrap().input_seconds, u64::MAX);
}

/// Pieces of lines in any order, so that most are nearly one.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Node: "),
        Just("Desk"),
        Just("("),
        Just(")"),
        Just(" · "),
        Just("·"),
        Just("app 1"),
        Just("last input "),
        Just("7s ago"),
        Just("mode ui"),
        Just("reason "),
        Just("ß"),
        Just("\n"),
        Just(" "),
        Just("Node: h (i) · app 1 · last input 1s ago · mode m · reason "),
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_line_that_was_written_comes_back(
        host in "[^\\s(]{1,20}", ip in "[^\\s)]{1,20}", version in "[^\\s·]([^·\n\r]{0,10}[^\\s·])?",
        input_seconds in any::<u64>(), mode in "[^\\s·]{1,10}", reason in "\\S([^\n\r]{0,20}\\S)?",
    ) {
        let line = NodeLine {
            host: &host, ip: &ip, version: &version, input_seconds, mode: &mode, reason: &reason,
        };
        let text = line.to_string();
        prop_assert_eq!(NodeLine::parse(&text), Some(line));
    }

    /// Nothing is read that is not there, and a second reading finds nothing else.
    #[test]
    fn a_line_gives_no_more_than_it_holds(text in prop_oneof![any::<String>(), nearly()]) {
        if let Some(line) = NodeLine::parse(&text) {
            for part in [line.host, line.ip, line.version, line.mode, line.reason] {
                prop_assert!(!part.is_empty() && part == part.trim() && text.contains(part));
            }
            prop_assert!(text.contains(&line.input_seconds.to_string()) || line.input_seconds == u64::MAX);
            let again = line.to_string();
            prop_assert_eq!(NodeLine::parse(&again), Some(line));
        }
    }
}
