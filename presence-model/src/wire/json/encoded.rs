//! A message ready to be sent, and what its sender has to know of it.

use alloc::string::String;

use serde::Serialize;

use crate::id::SessionId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub text: String,
    /// The session that did it itself and is not told.
    pub not_for: Option<SessionId>,
}

impl Encoded {
    pub fn new(message: &impl Serialize) -> Self {
        Self { text: text(message), not_for: None }
    }

    pub fn not_for(mut self, session: &SessionId) -> Self {
        self.not_for = Some(session.clone());
        self
    }
}

pub fn text(message: &impl Serialize) -> String {
    // Our messages are structs of texts, numbers and flags: none has a key that is no text, and none of
    // our `Serialize` fails. Nothing else can go wrong while writing to memory.
    serde_json::to_string(message).expect("a message of ours has a JSON form")
}
