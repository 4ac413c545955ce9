//! A report about an instance that need not be the sender's own: gateway clients write them about devices
//! that have no socket here (`CONTRACT.md` 2).

use alloc::string::String;

use crate::id::InstanceId;
use crate::instance::{ClientInfo, Reason};
use crate::time::Millis;

/// Lives until its time is over, or merges into the entry with the same key.
#[derive(Clone, Debug, PartialEq)]
pub struct Beacon {
    /// The device or instance that it names; `None`: the sender's own.
    pub about: Option<InstanceId>,
    /// Whom it is about when it names nobody and its sender has no entry of its own.
    pub otherwise: InstanceId,
    pub info: ClientInfo,
    pub ip: Option<String>,
    pub reason: Option<Reason>,
    /// How long ago the person there last touched anything.
    pub input_ago: Option<Millis>,
}

/// Numbers a question of one socket, so that the answer finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);
