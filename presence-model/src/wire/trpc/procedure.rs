//! Koko's procedures: which message of its sockets each of them is.

use serde_json::Value;

use crate::call::Request;
use crate::command::Command;
use crate::limit::Limits;
use crate::refusal::Refusal;
use crate::wire::json::fields::Fields;
use crate::wire::json::read_rooms;
use crate::wire::trpc::input::{Input, Shape, is_flat};

type Read = fn(&Fields<'_>) -> Result<Command, Refusal>;

/// What a call does, and so by which method it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By `GET`.
    Query,
    /// By `POST`.
    Mutation,
}

#[derive(Clone, Copy)]
pub struct Procedure {
    pub path: &'static str,
    pub kind: Kind,
    /// The message in errors.
    message: &'static str,
    shape: Shape,
    read: Read,
    /// Whether the answer says when it was given.
    pub(crate) tells_time: bool,
}

const fn mutation(path: &'static str, message: &'static str, shape: Shape, read: Read) -> Procedure {
    Procedure { path, kind: Kind::Mutation, message, shape, read, tells_time: false }
}

const PROCEDURES: &[Procedure] = &[
    mutation("presence.join", "join", Shape::Plain, read_rooms::join),
    mutation("presence.leave", "leave", Shape::Plain, read_rooms::leave),
    Procedure { tells_time: true, ..mutation("presence.heartbeat", "heartbeat", Shape::Plain, read_rooms::heartbeat) },
    Procedure {
        kind: Kind::Query,
        // It names a room as a join does.
        ..mutation("presence.getActive", "getActive", Shape::Plain, read_rooms::join)
    },
    mutation("presence.updateCursor", "cursor", Shape::Data, read_rooms::cursor),
    mutation("presence.updateSelection", "selection", Shape::Data, read_rooms::selection),
    mutation("presence.setStatus", "setStatus", Shape::Plain, read_rooms::set_status),
    mutation("presence.startTyping", "typing", Shape::Typing(true), read_rooms::typing),
    mutation("presence.stopTyping", "typing", Shape::Typing(false), read_rooms::typing),
    mutation("presence.syncPlayback", "playback", Shape::Data, read_rooms::playback),
    mutation("presence.requestControl", "control_request", Shape::Plain, read_rooms::control_request),
    mutation("presence.grantControl", "control_grant", Shape::Data, read_rooms::control_grant),
    mutation("presence.broadcast", "broadcast", Shape::Something, read_rooms::broadcast),
];

impl Procedure {
    pub fn all() -> impl Iterator<Item = &'static Self> {
        PROCEDURES.iter()
    }

    pub fn at(path: &str) -> Option<&'static Self> {
        Self::all().find(|procedure| procedure.path == path)
    }

    /// Whether errors about the input must not name `data`: its caller did not.
    pub fn takes_flat(&self, input: &Value) -> bool {
        input.as_object().is_some_and(|fields| is_flat(fields, self.shape))
    }

    /// What an input asks for.
    pub fn read(&self, input: Value, limits: &Limits) -> Result<Request, Refusal> {
        let input = Input::new(self.message, input, self.shape)?;
        let command = (self.read)(&Fields::new(self.message, &input.fields))
            .and_then(Command::checked)
            .and_then(|command| command.within(limits))
            .map_err(|refusal| input.blame(refusal))?;
        Ok(match command {
            Command::Join { key, .. } if self.kind == Kind::Query => Request::Active(key),
            command => Request::Act(command),
        })
    }
}
