//! Why the server was not told, in sentences that say what to do.

use std::io;

use crate::address::BadAddress;
use crate::credential::BadCredential;
use crate::hook::BadHook;
use crate::name::BadName;

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error(transparent)]
    Credential(#[from] BadCredential),
    #[error(transparent)]
    Hook(#[from] BadHook),
    #[error(transparent)]
    Name(#[from] BadName),
    #[error("nobody said which agent it is about: --agent or PRESENCE_AGENT does")]
    Nameless,
    #[error("{0} is no address that could be found")]
    Unknown(String),
    #[error(
        "nothing listens at {0}: start the server with `presence-server`, or say where it is with --url or PRESENCE_URL"
    )]
    NotRunning(String),
    #[error("no answer from {0} in time")]
    Late(String),
    #[error("the line to {0} broke: {1}")]
    Broken(String, io::Error),
    #[error("what answers at {0} is no presence server")]
    Stranger(String),
    #[error("the line to {0} broke before the answer came: try again")]
    Cut(String),
    #[error(
        "this server takes nobody without a token: put one into PRESENCE_TOKEN, made with `presence-server token --sub \
         NAME --role agent --room 'PATTERN=read,write'`"
    )]
    NeedsToken,
    #[error("this program is ending")]
    Ending,
    #[error("this program cannot run: {0}")]
    Runtime(io::Error),
    #[error(
        "what came on stdin is not the Model Context Protocol: an agent's client starts this program, not a person"
    )]
    NoClient,
    /// The server's own sentence.
    #[error("{message}")]
    Refused { code: String, message: String, retryable: bool },
}
