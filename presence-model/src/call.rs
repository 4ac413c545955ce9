//! What is asked over HTTP, one answer for each question, by who need not have a socket.

use alloc::boxed::Box;

use crate::command::Command;
use crate::event::RoomPicture;
use crate::id::SessionId;
use crate::room::RoomKey;

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A session of the caller does it.
    Act(Command),
    /// Who is in a room, for anybody who may read it.
    Active(RoomKey),
}

/// What became of a request that was not refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The session that did it.
    pub session: Option<SessionId>,
    pub reply: Reply,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Done,
    /// The room with its new member.
    Joined(Box<RoomPicture>),
    /// The room as one sees it who is not in it.
    Active(Box<RoomPicture>),
}
