//! What sessions do to the list of instances and to their user's status.

use std::collections::BTreeSet;

use presence_model::command::{Activity, Principal};
use presence_model::id::{InstanceKey, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::io::{Form, PeerMessage, Shard};
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::people::{News, UserState};
use crate::sessions::Unlisted;

impl Lobby {
    /// Puts the session's instance into the list, or merges it into the row that is there.
    pub(in crate::lobby) fn list(
        &mut self,
        now: Millis,
        id: &SessionId,
        info: &ClientInfo,
        ip: Option<String>,
        out: &mut Outputs,
    ) {
        let Some(session) = self.sessions.find(id) else { return };
        let key = session.instance.clone();
        if !session.shown_as.is_seen() {
            self.withhold(id, info, ip);
            return;
        }
        if !session.is_shown() {
            self.refresh_instance(now, &key, out);
            return;
        }
        let Principal { user_id, name, .. } = session.principal.clone();
        let is_gateway = session.socket.is_some_and(|socket| socket.form == Form::Gateway);
        let (instance_id, has_input) = (session.instance_id.clone(), session.last_input.is_some());
        let kept = self.instances.find(&key).cloned();
        // What was reported of its person before it came holds until it says more.
        let reported = kept.as_ref().filter(|entry| entry.is_reported()).and_then(|entry| entry.last_input_at);
        if let Some(at) = reported.filter(|_| !has_input) {
            self.sessions.report(now, id, &Activity { said: None, input_ago: Some(now.since(at)) });
        }
        let mut entry = kept.unwrap_or_else(|| Instance::new(now, user_id, name.clone(), instance_id));
        entry.name = name;
        let mut info = info.clone();
        // Gateway clients say their line in beacons; with a hello comes one made up for them.
        if is_gateway && entry.info.text.is_some() {
            info.text = None;
        }
        entry.merge(now, info, ip, Some(Reason::Connect));
        self.derive(now, &mut entry);
        self.instances.put(now, entry, out);
    }

    /// Lists a session whose hello was provisional, and was all that came.
    pub(in crate::lobby) fn appear(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        let Some(unlisted) = session.unlisted.take() else { return };
        let user = session.principal.user_id.clone();
        let Unlisted { info, ip } = *unlisted;
        self.people.add(now, &user, &self.sessions, &self.timing.thresholds);
        self.list(now, id, &info, ip, out);
        self.refresh_user(now, &user, out);
        self.note_here(id, out);
    }

    /// Derives what an entry's sessions say together.
    pub(in crate::lobby) fn derive(&self, now: Millis, entry: &mut Instance) {
        let key = entry.key();
        let thresholds = &self.timing.thresholds;
        let own: Vec<_> = self.sessions.of_instance(&key).filter(|(_, session)| session.is_shown()).collect();
        // Known sessions keep their order, new ones follow.
        let mut new: BTreeSet<_> = own.iter().map(|(id, _)| *id).collect();
        entry.sessions.retain(|id| new.remove(id));
        entry.sessions.extend(new.into_iter().cloned());
        entry.last_input_at = own.iter().filter_map(|(_, session)| session.last_input).max();
        entry.liveness = match own.iter().any(|(_, session)| session.liveness == Liveness::Connected) {
            true => Liveness::Connected,
            false => Liveness::Suspect,
        };
        let derived = || {
            let statuses = own.iter().map(|(_, session)| session.status(now, thresholds));
            statuses.fold(Status::Offline, Status::or_more_present)
        };
        entry.status = self.sessions.by_hand(&entry.user_id).unwrap_or_else(derived);
        entry.status_message = self.sessions.message_of(&entry.user_id);
    }

    pub(in crate::lobby) fn refresh_instance(&mut self, now: Millis, key: &InstanceKey, out: &mut Outputs) {
        let living = self.instances.find(key).filter(|entry| entry.is_living());
        let Some(mut entry) = living.cloned() else { return };
        self.derive(now, &mut entry);
        if entry.is_living() {
            self.instances.put(now, entry, out);
        } else {
            self.instances.leave(now, key, out);
        }
    }

    /// Ends a session whose socket speaks for another one now. When that is another user's, nobody left: the
    /// entry is replaced.
    pub(in crate::lobby) fn give_way(&mut self, now: Millis, id: &SessionId, to: &UserId, out: &mut Outputs) {
        let replaced = self.sessions.find(id).filter(|session| session.is_shown() && session.principal.user_id != *to);
        let key = replaced.map(|session| session.instance.clone());
        self.end(now, id, out);
        if let Some(key) = key {
            self.instances.forget(now, &key, out);
        }
    }

    /// Recounts a user's status; when it changed, rooms and the user's other instances hear of it.
    pub(in crate::lobby) fn refresh_user(&mut self, now: Millis, user: &UserId, out: &mut Outputs) {
        let News { state, availability } = self.people.refresh(now, user, &self.sessions, &self.timing.thresholds);
        if let Some(availability) = availability {
            self.announce(now, user, availability, out);
        }
        let Some(change) = state else { return };
        let of_user: BTreeSet<_> = self.sessions.of_user(user).map(|(_, session)| session.instance.clone()).collect();
        for key in of_user {
            self.refresh_instance(now, &key, out);
        }
        let mut shards: Vec<_> =
            self.sessions.rooms_of(user).iter().map(|key| Shard::of(&key.room, self.shards)).collect();
        shards.sort_unstable();
        shards.dedup();
        for shard in shards {
            let UserState { status, message, last_active_at } = change.clone();
            let sessions = self.sessions.of_user(user).map(|(id, _)| id.clone()).collect();
            out.peer(shard, PeerMessage::Status { sessions, status, message, last_active_at });
        }
    }

    pub(in crate::lobby) fn refresh_status(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        self.follow_privacy(now, id, out);
        self.sessions.watch_status(now, id, &self.timing.thresholds);
        let Some(session) = self.sessions.find(id).filter(|session| session.is_seen()) else { return };
        let (key, user) = (session.instance.clone(), session.principal.user_id.clone());
        self.refresh_instance(now, &key, out);
        self.refresh_user(now, &user, out);
    }

    pub(in crate::lobby) fn report(&mut self, now: Millis, id: &SessionId, activity: &Activity, out: &mut Outputs) {
        self.sessions.report(now, id, activity);
        self.refresh_status(now, id, out);
    }
}
