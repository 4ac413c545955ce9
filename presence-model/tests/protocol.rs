//! `PROTOCOL.md` lists every code and every frame that the code knows, with the same words.

use presence_model::close::Close;
use presence_model::refusal::Code;
use presence_model::wire::binary::{downstream, uplink};

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

#[test]
fn every_error_code_is_listed_with_whether_to_retry() {
    for code in Code::ALL {
        let retryable = if code.retryable() { "yes" } else { "no" };
        let row = format!("| `{}` | {retryable} |", code.name());
        assert!(PROTOCOL.contains(&row), "PROTOCOL.md lacks the row {row}");
    }
}

#[test]
fn every_close_code_is_listed_with_its_reason() {
    for close in Close::ALL {
        let row = format!("| {} | {} |", close.code(), close.reason());
        assert!(PROTOCOL.contains(&row), "PROTOCOL.md lacks the row {row}");
    }
}

#[test]
fn every_kind_of_frame_has_its_row() {
    for kind in (uplink::HELLO..=uplink::HIDDEN).chain(downstream::WELCOME..=downstream::NEWS) {
        assert!(PROTOCOL.contains(&format!("\n| {kind} | ")), "PROTOCOL.md lacks the frame {kind}");
    }
}
