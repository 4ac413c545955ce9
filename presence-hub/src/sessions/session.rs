//! One session: its line, its rooms, and what its person does.

use std::collections::BTreeMap;

use presence_model::command::{Activity, Principal};
use presence_model::id::{InstanceId, InstanceKey, RoomId};
use presence_model::instance::ClientInfo;
use presence_model::limit::Timing;
use presence_model::room::RoomKind;
use presence_model::status::{Liveness, Status, Thresholds};
use presence_model::time::Millis;

use crate::io::Socket;

#[derive(Clone, Debug)]
pub struct Session {
    pub principal: Principal,
    pub instance_id: InstanceId,
    pub instance: InstanceKey,
    /// What else its client calls its instance.
    pub alias: Option<InstanceKey>,
    /// Whether its instance belongs into the list.
    pub is_listed: bool,
    /// What is to be listed once it appears: its hello was provisional.
    pub unlisted: Option<Box<Unlisted>>,
    /// `None` while the session is held for a client that may come back.
    pub socket: Option<Socket>,
    pub incarnation: u64,
    pub attempt: u32,
    /// Highest revision of wishes taken over in this incarnation.
    pub revision: u32,
    pub liveness: Liveness,
    /// Newest life sign of the line, moved forward by what the server slept through.
    pub(in crate::sessions) line_at: Millis,
    /// When a session without a socket lost it.
    pub(in crate::sessions) held_since: Option<Millis>,
    /// When a session without a socket ends.
    pub(in crate::sessions) held_until: Option<Millis>,
    pub last_input: Option<Millis>,
    /// What the client said its person does, and when.
    pub(in crate::sessions) said: Option<(Status, Millis)>,
    pub rooms: BTreeMap<RoomId, Entry>,
}

/// What a provisional hello said.
#[derive(Clone, Debug)]
pub struct Unlisted {
    pub info: ClientInfo,
    pub ip: Option<String>,
}

/// A room that was asked to let the session in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: RoomKind,
    /// Tells this request from an earlier one, whose answer may still be under way.
    pub number: u64,
}

impl Session {
    pub fn new(now: Millis, principal: Principal, instance_id: InstanceId) -> Self {
        let instance = InstanceKey::new(&principal.user_id, &instance_id);
        Self {
            principal,
            instance_id,
            instance,
            alias: None,
            is_listed: true,
            unlisted: None,
            socket: None,
            incarnation: 0,
            attempt: 0,
            revision: 0,
            liveness: Liveness::Connected,
            line_at: now,
            held_since: None,
            held_until: None,
            last_input: None,
            said: None,
            rooms: BTreeMap::new(),
        }
    }

    /// Whether it is part of its instance's entry.
    pub const fn is_shown(&self) -> bool {
        self.is_listed && self.unlisted.is_none()
    }

    pub fn status(&self, now: Millis, thresholds: &Thresholds) -> Status {
        match self.said {
            Some((said, _)) => said,
            None => thresholds.by_input(now, self.last_input),
        }
    }

    /// A status set by hand, with the time it was set: it holds for all of the user's sessions.
    pub(in crate::sessions) const fn by_hand(&self) -> Option<(Status, Millis)> {
        match self.said {
            Some((status @ (Status::Busy | Status::Reviewing), at)) => Some((status, at)),
            _ => None,
        }
    }

    pub(in crate::sessions) fn report(&mut self, now: Millis, activity: &Activity) {
        let by_hand = self.by_hand().is_some();
        if let Some(ago) = activity.input_ago {
            self.note_input(now - ago);
        }
        match activity.said {
            Some(Status::Active) => {
                self.said = None;
                self.note_input(now);
            }
            Some(Status::Idle | Status::Away) if by_hand => {}
            Some(said) => self.said = Some((said, now)),
            None => {}
        }
    }

    /// Input ends what the client said by itself, but neither what was set by hand nor the wish to be unseen.
    fn note_input(&mut self, at: Millis) {
        if self.last_input.is_none_or(|last| at > last) {
            self.last_input = Some(at);
            if matches!(self.said, Some((Status::Idle | Status::Away, said_at)) if at > said_at) {
                self.said = None;
            }
        }
    }

    /// The newest life sign of its line.
    pub const fn line_at(&self) -> Millis {
        self.line_at
    }

    pub(in crate::sessions) fn deadline(&self, timing: &Timing) -> Millis {
        let silence = match self.liveness {
            Liveness::Connected => self.line_at + timing.suspect_after,
            Liveness::Suspect | Liveness::Gone => self.line_at + timing.gone_after,
        };
        self.held_until.map_or(silence, |until| until.min(silence))
    }
}
