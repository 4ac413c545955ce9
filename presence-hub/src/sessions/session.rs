//! One session: its line, its rooms, and what its person does.

use std::sync::Arc;

use litemap::LiteMap;
use presence_model::command::{Activity, Principal};
use presence_model::grant::{Granted, Grants, Opening, Right};
use presence_model::id::{InstanceId, InstanceKey, RoomId, SessionId};
use presence_model::instance::ClientInfo;
use presence_model::limit::Timing;
use presence_model::privacy::Privacy;
use presence_model::refusal::Refusal;
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
    /// What its first caller named it. Only ids that were given out are ids, or it would show whether one is taken.
    pub called_as: Option<SessionId>,
    /// How often it may be called, once it was.
    pub calls: Option<Box<Buckets>>,
    /// A call began it, and it is not known yet whether anything comes of that.
    pub is_begun: bool,
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
    /// Whether it was noted for later that it is here.
    pub is_noted: bool,
    pub last_input: Option<Millis>,
    /// What the client's heartbeats said its person does, and since when.
    said: Option<(Status, Millis)>,
    /// What its person chose to be seen doing, and since when.
    chosen: Option<(Status, Millis)>,
    /// What its person says of it, and since when.
    pub(in crate::sessions) message: Option<(Arc<str>, Millis)>,
    pub rooms: LiteMap<RoomId, Entry>,
    /// Rooms that are open to it besides those of its token. Renewals and reconnects change nothing of it.
    pub opened: LiteMap<RoomId, Opened>,
}

/// A room of which more was said than its session's token does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub opening: Opening,
    /// When that is over: what the token of a call opened.
    pub until: Option<Millis>,
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
            called_as: None,
            calls: None,
            is_begun: false,
            incarnation: 0,
            attempt: 0,
            revision: 0,
            liveness: Liveness::Connected,
            line_at: now,
            held_since: None,
            held_until: None,
            is_noted: false,
            last_input: None,
            said: None,
            chosen: None,
            message: None,
            rooms: LiteMap::new(),
            opened: LiteMap::new(),
        }
    }

    /// What its token and its opened rooms allow together.
    pub fn grants(&self) -> Grants {
        let mut grants = self.principal.rooms.clone();
        self.opened.iter().for_each(|(room, opened)| grants.open(room, &opened.opening));
        grants
    }

    /// Refuses a room that neither its token opens nor anything else.
    pub fn demand(&self, message: &str, room: &RoomId) -> Result<(), Refusal> {
        let opening = self.opened.get(room).map(|opened| &opened.opening);
        self.principal.rooms.demand_with(opening, message, room, Right::Read)
    }

    /// Opens a room that is entered next. What was said of rooms that were not entered then is over.
    pub fn open(&mut self, room: RoomId, opened: Opened) {
        self.forget_openings();
        self.opened.insert(room, opened);
    }

    fn forget_openings(&mut self) {
        self.opened.retain(|room, _| self.rooms.contains_key(room));
    }

    /// Notes what the app's backend said of rooms, in place of what it said of them before. No answer changes
    /// nothing where it opened one.
    pub fn note_granted(&mut self, granted: Granted) {
        self.forget_openings();
        for (room, opening) in granted {
            let keeps = matches!(opening, Opening::Unknown(_))
                && self.opened.get(&room).is_some_and(|opened| opened.opening.opens());
            if !keeps {
                self.opened.insert(room, Opened { opening, until: None });
            }
        }
    }

    /// Whether it is part of its instance's entry.
    pub const fn is_shown(&self) -> bool {
        self.is_listed && self.is_seen()
    }

    /// Whether others may know that it is there.
    pub const fn is_seen(&self) -> bool {
        self.unlisted.is_none() && self.shown_as.is_seen()
    }

    /// What others are to see of it. Whoever says to be offline wants to be seen by nobody.
    pub fn meant_privacy(&self) -> Privacy {
        let says_offline = matches!(self.doing(), Some((Status::Offline, _)));
        Privacy { is_invisible: self.privacy.is_invisible || says_offline, ..self.privacy }
    }

    /// What was said that its person does, and since when. Heartbeats have no say in what was chosen, but may hide it.
    pub(in crate::sessions) const fn doing(&self) -> Option<(Status, Millis)> {
        match (self.said, self.chosen) {
            (Some((Status::Offline, _)), _) | (_, None) => self.said,
            (_, chosen) => chosen,
        }
    }

    pub fn status(&self, now: Millis, thresholds: &Thresholds) -> Status {
        match self.doing() {
            Some((said, _)) => said,
            None => thresholds.by_input(now, self.last_input),
        }
    }

    /// A status set by hand, with the time it was set: it holds for all of the user's sessions.
    pub(in crate::sessions) const fn by_hand(&self) -> Option<(Status, Millis)> {
        match (self.doing(), self.chosen) {
            (Some((status @ (Status::Busy | Status::Reviewing), at)), _) => Some((status, at)),
            (Some((status @ (Status::Idle | Status::Away), at)), Some(_)) => Some((status, at)),
            _ => None,
        }
    }

    /// Takes what a heartbeat says. It ends what heartbeats said before and nothing else.
    pub(in crate::sessions) fn report(&mut self, now: Millis, activity: &Activity) {
        if let Some(ago) = activity.input_ago {
            self.note_input(now - ago);
        }
        let holds = matches!(self.said, Some((Status::Busy | Status::Reviewing | Status::Offline, _)));
        match activity.said {
            Some(Status::Active) => {
                self.said = None;
                self.note_input(now);
            }
            Some(Status::Idle | Status::Away) if holds => {}
            Some(said) => self.said = Some((said, now)),
            None => {}
        }
    }

    /// Its person chose to be seen so, in place of whatever was said here before.
    pub(in crate::sessions) fn choose(&mut self, now: Millis, status: Status, message: Option<Arc<str>>) {
        self.said = None;
        if status == Status::Active {
            self.chosen = None;
            self.note_input(now);
        } else {
            self.chosen = Some((status, now));
        }
        self.message = message.map(|message| (message, now));
    }

    /// Its person chose elsewhere to be seen as usual. Who is not to be seen here stays unseen.
    pub(in crate::sessions) fn end_by_hand(&mut self) {
        self.said = self.said.filter(|said| !matches!(said.0, Status::Busy | Status::Reviewing));
        self.chosen = self.chosen.filter(|chosen| chosen.0 == Status::Offline);
    }

    /// Input ends what is only so for lack of it, but neither what was set by hand nor the wish to be unseen.
    fn note_input(&mut self, at: Millis) {
        if self.last_input.is_none_or(|last| at > last) {
            self.last_input = Some(at);
            let lasts =
                |(status, since): &(Status, Millis)| !matches!(status, Status::Idle | Status::Away) || at <= *since;
            self.said = self.said.filter(lasts);
            self.chosen = self.chosen.filter(lasts);
        }
    }

    /// The newest life sign of its line.
    pub const fn line_at(&self) -> Millis {
        self.line_at
    }

    /// When it was here for certain, up to now.
    pub fn here_at(&self, now: Millis) -> Millis {
        match (self.held_since, self.liveness) {
            (Some(lost_at), _) => lost_at.max(self.line_at).min(now),
            (None, Liveness::Connected) => now,
            (None, _) => self.line_at.min(now),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::id::UserId;

    #[test]
    fn what_was_opened_in_vain_is_forgotten() {
        let room = |name: &str| RoomId::parse(name).unwrap();
        let (user, instance) = (UserId::parse("ann").unwrap(), InstanceId::parse("i").unwrap());
        let mut session = Session::new(Millis::ZERO, Principal::trusted(user), instance);
        let opening = || Opening::Rights(vec![Right::Read]);
        session.rooms.insert(room("lobby"), Entry { kind: RoomKind::Video, number: 1 });
        session.open(room("lobby"), Opened { opening: opening(), until: None });
        for number in 0..50 {
            session.open(room(&format!("r{number}")), Opened { opening: opening(), until: None });
            session.note_granted(vec![(room(&format!("s{number}")), Opening::Unknown(Millis(1)))]);
            assert_eq!(session.opened.len(), 2);
        }
        session.note_granted(vec![(room("lobby"), Opening::Unknown(Millis(1)))]);
        assert_eq!(session.opened.get(&room("lobby")).map(|opened| &opened.opening), Some(&opening()));
    }
}
