//! What is kept of who was here, and when: of those whom others see.

use presence_model::hash::fnv1a;
use presence_model::id::{InstanceKey, SessionId, UserId};
use presence_model::posting::Receipt;
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::saved::Who;
use crate::sessions::Session;

/// Who stays is noted again after this.
const NOTED_EVERY: Millis = Millis::minutes(1);

impl Lobby {
    /// A session that others see is here: it is noted when it appears, and once in a while behind that.
    pub(in crate::lobby) fn note_here(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find_mut(id).filter(|session| session.is_seen()) else { return };
        if session.noted_at.is_some_and(|noted_at| now.since(noted_at) < NOTED_EVERY) {
            return;
        }
        // Those who came at once, behind a restart, are not to be noted at once for ever.
        let ahead = if session.noted_at.is_none() {
            Millis(fnv1a(id.as_str().as_bytes()) % NOTED_EVERY.0)
        } else {
            Millis::ZERO
        };
        session.noted_at = Some(now + ahead);
        let (user, instance) = (session.principal.user_id.clone(), session.instance.clone());
        // One of several notes for all.
        let speaks =
            |(_, session): &(&SessionId, &Session)| session.is_seen() && session.liveness == Liveness::Connected;
        let is_first = |first: Option<(&SessionId, &Session)>| first.is_none_or(|(first, _)| first == id);
        let of_instance = is_first(self.sessions.of_instance(&instance).find(speaks));
        let of_user = is_first(self.sessions.of_user(&user).find(speaks));
        self.last_seen.note(Who::Session(id.clone()), now, out);
        if of_instance {
            self.last_seen.note(Who::Instance(instance), now, out);
        }
        if of_user {
            self.last_seen.note(Who::User(user), now, out);
        }
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
        if self.sessions.seen_of_user(user).next().is_none() {
            self.last_seen.leave(Who::User(user.clone()), at, out);
        }
    }

    /// A session counts as another instance's from now on.
    pub(in crate::lobby) fn note_moved(&mut self, now: Millis, id: &SessionId, from: &InstanceKey, out: &mut Outputs) {
        self.note_left(now, from, out);
        if let Some(session) = self.sessions.find_mut(id) {
            session.noted_at = None;
        }
    }

    /// Of who is invisible there is what was known before.
    pub(in crate::lobby) fn last_seen_of(&self, now: Millis, user: &UserId) -> Receipt {
        let here = self.sessions.seen_of_user(user).map(|(_, session)| session.here_at(now)).max();
        Receipt::LastSeen { at: here.or_else(|| self.last_seen.of_user(now, user)), is_online: here.is_some() }
    }

    fn note_left(&mut self, at: Millis, instance: &InstanceKey, out: &mut Outputs) {
        if !self.sessions.of_instance(instance).any(|(_, session)| session.is_seen()) {
            self.last_seen.leave(Who::Instance(instance.clone()), at, out);
        }
    }
}
