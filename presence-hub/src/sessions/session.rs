//! One session: its line, its rooms, and what its person does.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::command::{Activity, Principal};
use presence_model::id::{InstanceId, InstanceKey, RoomId};
use presence_model::instance::ClientInfo;
use presence_model::limit::Timing;
use presence_model::privacy::Privacy;
use presence_model::room::RoomKind;
use presence_model::status::{Liveness, Status, Thresholds};
use presence_model::time::Millis;

use crate::io::Socket;
use crate::rate::Buckets;

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
    /// What its client lets others see, apart from what it says of its person.
    pub privacy: Privacy,
    /// What others were let see of it.
    pub shown_as: Privacy,
    /// What is to be listed once it is seen.
    pub withheld: Option<Box<Unlisted>>,
    /// `None` while the session is held for a client that may come back.
    pub socket: Option<Socket>,
    /// Whether it lives by calls over HTTP, and never had a socket.
    pub is_called: bool,
    /// How often it may be called, once it was.
    pub calls: Option<Box<Buckets>>,
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
    /// Whether its person chose that.
    pub(in crate::sessions) is_chosen: bool,
    /// What its person says of it, and since when.
    pub(in crate::sessions) message: Option<(Arc<str>, Millis)>,
    pub rooms: BTreeMap<RoomId, Entry>,
}

/// What was said of an instance that is not to be listed yet.
#[derive(Clone, Debug, Default)]
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
            privacy: Privacy::default(),
            shown_as: Privacy::default(),
            withheld: None,
            socket: None,
            is_called: false,
            calls: None,
            incarnation: 0,
            attempt: 0,
            revision: 0,
            liveness: Liveness::Connected,
            line_at: now,
            held_since: None,
            held_until: None,
            last_input: None,
            said: None,
            is_chosen: false,
            message: None,
            rooms: BTreeMap::new(),
        }
    }

    /// Whether it is part of its instance's entry.
    pub const fn is_shown(&self) -> bool {
        self.is_listed && self.unlisted.is_none() && self.is_seen()
    }

    /// Whether others may know that it is there.
    pub const fn is_seen(&self) -> bool {
        self.shown_as.is_seen()
    }

    /// What others are to see of it. Whoever says to be offline wants to be seen by nobody.
    pub fn meant_privacy(&self) -> Privacy {
        let says_offline = matches!(self.said, Some((Status::Offline, _)));
        Privacy { is_invisible: self.privacy.is_invisible || says_offline, ..self.privacy }
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
            Some((status @ (Status::Idle | Status::Away), at)) if self.is_chosen => Some((status, at)),
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
            Some(said) => {
                self.said = Some((said, now));
                self.is_chosen = false;
            }
            None => {}
        }
    }

    /// Its person chose to be seen so, in place of whatever was chosen here before.
    pub(in crate::sessions) fn choose(&mut self, now: Millis, status: Status, message: Option<Arc<str>>) {
        if status == Status::Active {
            self.said = None;
            self.note_input(now);
        } else {
            self.said = Some((status, now));
        }
        self.is_chosen = true;
        self.message = message.map(|message| (message, now));
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

    /// When its silence ends it.
    pub(in crate::sessions) fn gone_at(&self, timing: &Timing) -> Millis {
        self.line_at + if self.is_called { timing.call_gone_after } else { timing.gone_after }
    }

    pub(in crate::sessions) fn deadline(&self, timing: &Timing) -> Millis {
        let silence = match self.liveness {
            Liveness::Connected if self.is_called => self.line_at + timing.call_suspect_after,
            Liveness::Connected => self.line_at + timing.suspect_after,
            Liveness::Suspect | Liveness::Gone => self.gone_at(timing),
        };
        self.held_until.map_or(silence, |until| until.min(silence))
    }
}
