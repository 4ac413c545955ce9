//! What a rule says when it is broken.

use std::fmt;

/// One place where one rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Relative to the root of the repository.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong, and what to do.
    pub(crate) text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}
