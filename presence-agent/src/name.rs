//! Who an agent is.

use std::env;

use presence_model::id::{AgentId, BadId};

/// Says who it is about where the command line does not.
pub const AGENT: &str = "PRESENCE_AGENT";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error("PRESENCE_AGENT must {}", .0.text())]
    NoId(BadId),
    #[error("PRESENCE_AGENT must be text")]
    NoText,
}

/// What the command line said, else the environment, if it says anything.
pub fn find(said: Option<AgentId>) -> Result<Option<AgentId>, BadName> {
    match (said, env::var_os(AGENT)) {
        (None, Some(name)) => read(name.to_str().ok_or(BadName::NoText)?),
        (said, _) => Ok(said),
    }
}

/// `None` for one that is empty, as variables are that were set to nothing.
fn read(name: &str) -> Result<Option<AgentId>, BadName> {
    match name.trim() {
        "" => Ok(None),
        name => AgentId::parse(name).map(Some).map_err(BadName::NoId),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_empty_says_nothing() {
        let id = |text| AgentId::parse(text).unwrap();
        for (text, name) in [
            ("", Ok(None)),
            (" ", Ok(None)),
            (" claude/1\n", Ok(Some(id("claude/1")))),
            ("a\nb", Err(BadName::NoId(BadId::ControlCharacter))),
        ] {
            assert_eq!(read(text), name, "{text:?}");
        }
        assert_eq!(find(Some(id("a"))), Ok(Some(id("a"))));
    }
}
