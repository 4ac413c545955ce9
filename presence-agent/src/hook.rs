//! What a coding agent tells its hooks, as Claude Code does: one JSON object on stdin.

use std::io::Read;

use serde::Deserialize;

/// A hook is told what its tool was given and gave back, which may be whole files. More than this is not read.
const HOOK_BYTES: u64 = 64 * 1024 * 1024;

/// What we take of it; the rest is read over and never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Hook {
    pub hook_event_name: Option<String>,
    pub tool_name: Option<String>,
    pub session_id: Option<String>,
}

/// The parser's own words are left out: they would show what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stdin holds no JSON object as hooks are given: `tool_name`, `session_id`, `hook_event_name`")]
pub struct BadHook;

impl Hook {
    pub fn read(from: impl Read) -> Result<Self, BadHook> {
        let from = std::io::BufReader::new(from.take(HOOK_BYTES));
        serde_json::from_reader(from).map_err(|_| BadHook)
    }

    /// What the hook's event is as one of ours. A tool is counted when it is done; before, it is only shown.
    pub fn event(&self) -> Option<&'static str> {
        Some(match self.hook_event_name.as_deref()? {
            "PostToolUse" | "PostToolUseFailure" => "tool_execute",
            "SessionStart" => "session_start",
            "SessionEnd" => "session_end",
            _ => "activity",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_read_whatever_else_it_is_told() {
        let text = r#"{"session_id":"s-1","transcript_path":"/x","hook_event_name":"PostToolUse","tool_name":"Bash",
            "tool_input":{"command":"ls","deep":[[[{}]]]},"tool_response":null}"#;
        let hook = Hook::read(text.as_bytes()).unwrap();
        assert_eq!((hook.tool_name.as_deref(), hook.session_id.as_deref()), (Some("Bash"), Some("s-1")));
        assert_eq!(hook.event(), Some("tool_execute"));
        for (name, event) in [
            ("PreToolUse", "activity"),
            ("PostToolUseFailure", "tool_execute"),
            ("Stop", "activity"),
            ("SessionStart", "session_start"),
            ("SessionEnd", "session_end"),
        ] {
            let hook = Hook { hook_event_name: Some(name.to_owned()), ..Hook::default() };
            assert_eq!(hook.event(), Some(event), "{name}");
        }
        assert_eq!(Hook::read("{}".as_bytes()).unwrap().event(), None);
    }

    #[test]
    fn what_is_no_hook_is_not_shown() {
        for text in ["", "hush", r#""hush""#, r#"{"tool_name":["hush"]}"#, r#"{"tool_name":"hush""#] {
            assert!(!Hook::read(text.as_bytes()).unwrap_err().to_string().contains("hush"), "{text}");
        }
    }
}
