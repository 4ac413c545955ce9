//! What a JSON message turns out to be.

use alloc::boxed::Box;
use alloc::string::String;

use crate::command::{Command, Hello};
use crate::refusal::Refusal;

#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    Hello {
        token: Option<String>,
        hello: Box<Hello>,
        /// How the client said it: `auth` or `connect`.
        message: &'static str,
    },
    Command(Command),
    /// To be answered with [`crate::wire::json::answer::encode_pong`]. The hub need not know.
    Ping,
    /// Understood, and nothing to do: a life sign and no more.
    Nothing,
}

/// A message turned down before it became a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The message's name; [`NOT_JSON`] or [`NO_NAME`] where it has none.
    pub about: &'static str,
    pub refusal: Refusal,
}

/// What a refusal is about when the text is no JSON object.
pub const NOT_JSON: &str = "json";

/// What a refusal is about when the object does not say what message it is, or none that is known.
pub const NO_NAME: &str = "message";
