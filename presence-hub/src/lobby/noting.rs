//! What is kept of who was here, and when: of those whom others see.

use presence_model::id::{InstanceKey, SessionId, UserId};
use presence_model::posting::Receipt;
use presence_model::time::Millis;

use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::saved::Who;
use crate::sessions::Session;

impl Lobby {
    /// A session that others see is here: it is noted when it appears.
    pub(in crate::lobby) fn note_here(&mut self, id: &SessionId, out: &mut Outputs) {
        let is_new = |session: &&mut Session| session.is_seen() && !session.is_noted;
        let Some(session) = self.sessions.find_mut(id).filter(is_new) else { return };
        session.is_noted = true;
        let (user, instance) = (session.principal.user_id.clone(), session.instance.clone());
        // One of several notes for all.
        let is_other = |(other, session): (&SessionId, &Session)| session.is_noted && other != id;
        let is_instance_known = self.sessions.of_instance(&instance).any(is_other);
        let is_user_known = self.sessions.of_user(&user).any(is_other);
        self.last_seen.note(Who::Session(id.clone()), out);
        if !is_instance_known {
            self.last_seen.note(Who::Instance(instance), out);
        }
        if !is_user_known {
            self.last_seen.note(Who::User(user), out);
        }
    }

    /// The server ends in order, and everybody's time here with it.
    pub fn note_all_gone(&mut self, now: Millis, out: &mut Outputs) {
        let Self { sessions, last_seen, .. } = self;
        for (id, session) in sessions.seen() {
            let (user, instance, at) = (&session.principal.user_id, &session.instance, session.here_at(now));
            last_seen.leave(Who::Session(id.clone()), at, out);
            for who in [Who::Instance(instance.clone()), Who::User(user.clone())] {
                // Another may have been here later.
                last_seen.stay(who, at);
            }
        }
        last_seen.leave_all(out);
    }

    /// A session that others saw is not here any more, for them.
    pub(in crate::lobby) fn note_gone(
        &mut self,
        id: &SessionId,
        (user, instance): (&UserId, &InstanceKey),
        at: Millis,
        out: &mut Outputs,
    ) {
        self.last_seen.leave(Who::Session(id.clone()), at, out);
        self.note_left(at, instance, out);
        let who = Who::User(user.clone());
        match self.sessions.seen_of_user(user).next() {
            Some(_) => self.last_seen.stay(who, at),
            None => self.last_seen.leave(who, at, out),
        }
    }

    /// A session counts as another instance's from now on.
    pub(in crate::lobby) fn note_moved(&mut self, now: Millis, id: &SessionId, from: &InstanceKey, out: &mut Outputs) {
        self.note_left(now, from, out);
        if let Some(session) = self.sessions.find_mut(id) {
            session.is_noted = false;
        }
    }

    /// Of who is invisible there is what was known before.
    pub(in crate::lobby) fn last_seen_of(&self, now: Millis, user: &UserId) -> Receipt {
        let here = self.sessions.seen_of_user(user).map(|(_, session)| session.here_at(now)).max();
        Receipt::LastSeen { at: here.max(self.last_seen.of_user(now, user)), is_online: here.is_some() }
    }

    fn note_left(&mut self, at: Millis, instance: &InstanceKey, out: &mut Outputs) {
        let who = Who::Instance(instance.clone());
        if self.sessions.of_instance(instance).any(|(_, session)| session.is_seen()) {
            self.last_seen.stay(who, at);
        } else {
            self.last_seen.leave(who, at, out);
        }
    }
}
