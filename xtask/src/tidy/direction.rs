//! The direction of imports inside the pure crates, as ARCHITECTURE draws it.

use crate::tidy::code::Code;
use crate::tidy::paths;
use crate::tidy::source::Source;
use crate::tidy::violation::Violation;

/// Modules that must not know others.
struct Arrow {
    /// Files or folders that start with one of these.
    from: &'static [&'static str],
    /// Paths they may not name.
    never: &'static [&'static str],
    remedy: &'static str,
}

const ARROWS: [Arrow; 3] = [
    Arrow {
        from: &[
            "presence-model/src/id",
            "presence-model/src/time",
            "presence-model/src/refusal",
            "presence-model/src/close",
            "presence-model/src/limit",
            "presence-model/src/status",
        ],
        never: &[
            "crate::instance",
            "crate::room",
            "crate::playback",
            "crate::agent",
            "crate::feed",
            "crate::command",
            "crate::event",
            "crate::wire",
            "crate::session",
        ],
        remedy: "the ground knows nothing of what stands on it; move the shared word down here",
    },
    Arrow {
        from: &["presence-model/src/command", "presence-model/src/event"],
        never: &["crate::wire", "crate::session"],
        remedy: "the vocabulary knows no dialect and no client; let those import it",
    },
    Arrow {
        from: &["presence-hub/src"],
        never: &["presence_model::wire::json"],
        remedy: "the hub knows no dialect; translate at the door, in presence-server",
    },
];

/// Imports against the direction. Inline tests may look wherever they need to.
pub(crate) fn violations(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for arrow in ARROWS.iter().filter(|arrow| arrow.is_from(&source.path)) {
        let code = Code::of(&source.text);
        for never in arrow.never {
            let root = never.split("::").next().unwrap_or(never);
            for path in paths::starting_with(&code, root) {
                if path.is_below(never) && !code.is_test(path.offset) {
                    let text = format!("names {}: {}", path.segments.join("::"), arrow.remedy);
                    found.push(source.violation_at(path.offset, text));
                }
            }
        }
    }
    found
}

impl Arrow {
    fn is_from(&self, path: &str) -> bool {
        path.ends_with(".rs")
            && self.from.iter().any(|from| {
                // `id` is id.rs and all of id/, not idle.rs.
                path.strip_prefix(from).is_some_and(|rest| rest.starts_with(['.', '/']))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        violations(&Source::new(path, text)).len()
    }

    #[test]
    fn the_ground_stays_ground() {
        let text = "use crate::{id::UserId, room::Room};\nfn f() { crate::wire::json::x() }\n";
        assert_eq!(count("presence-model/src/time.rs", text), 2);
        assert_eq!(count("presence-model/src/id/user.rs", text), 2);
        assert_eq!(count("presence-model/src/idle.rs", text), 0);
        assert_eq!(count("presence-model/src/session/view.rs", text), 0);
        assert_eq!(count("presence-model/src/command.rs", text), 1);
    }

    #[test]
    fn the_hub_knows_no_dialect() {
        let path = "presence-hub/src/rooms.rs";
        assert_eq!(count(path, "use presence_model::wire::{binary, json::Frame};"), 1);
        assert_eq!(count(path, "use presence_model::wire::binary;"), 0);
        assert_eq!(count(path, "#[cfg(test)]\nmod t { use presence_model::wire::json; }"), 0);
    }
}
