//! What sessions do to the list of instances and to their user's status.

use presence_model::command::{Activity, Principal};
use presence_model::id::{InstanceKey, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::io::{PeerMessage, Shard};
use crate::lobby::Lobby;
use crate::outputs::Outputs;

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
        if !session.is_listed {
            self.refresh_instance(now, &key, out);
            return;
        }
        let Principal { user_id, name, .. } = session.principal.clone();
        let mut entry = match self.instances.find(&key) {
            Some(entry) => entry.clone(),
            None => Instance {
                instance_id: session.instance_id.clone(),
                user_id,
                name: name.clone(),
                info: ClientInfo::default(),
                ip: None,
                status: Status::Active,
                liveness: Liveness::Connected,
                last_input_at: None,
                reason: Reason::Connect,
                ts: now,
                sessions: vec![],
            },
        };
        entry.name = name;
        entry.merge(now, info.clone(), ip, Reason::Connect);
        self.derive(now, &mut entry);
        self.instances.put(now, entry, out);
    }

    /// Derives what an entry's sessions say together.
    fn derive(&self, now: Millis, entry: &mut Instance) {
        let key = entry.key();
        let thresholds = &self.timing.thresholds;
        let own: Vec<_> = self
            .sessions
            .of_user(&entry.user_id)
            .filter(|(_, session)| session.is_listed && session.instance == key)
            .collect();
        // Known sessions keep their order, new ones follow.
        entry.sessions.retain(|id| own.iter().any(|(own, _)| *own == id));
        for (id, _) in &own {
            if !entry.sessions.contains(id) {
                entry.sessions.push((*id).clone());
            }
        }
        entry.last_input_at = own.iter().filter_map(|(_, session)| session.last_input).max();
        entry.liveness = match own.iter().any(|(_, session)| session.liveness == Liveness::Connected) {
            true => Liveness::Connected,
            false => Liveness::Suspect,
        };
        let by_hand = self.sessions.of_user(&entry.user_id).filter_map(|(_, session)| session.by_hand());
        entry.status = match by_hand.max_by_key(|(_, at)| *at) {
            Some((status, _)) => status,
            None => own
                .iter()
                .map(|(_, session)| session.status(now, thresholds))
                .fold(Status::Offline, Status::or_more_present),
        };
    }

    pub(in crate::lobby) fn refresh_instance(&mut self, now: Millis, key: &InstanceKey, out: &mut Outputs) {
        let Some(mut entry) = self.instances.find(key).cloned() else { return };
        self.derive(now, &mut entry);
        if entry.sessions.is_empty() {
            self.instances.remove(now, key, out);
        } else {
            self.instances.put(now, entry, out);
        }
    }

    /// Recounts a user's status; when it changed, rooms and the user's other instances hear of it.
    pub(in crate::lobby) fn refresh_user(&mut self, now: Millis, user: &UserId, out: &mut Outputs) {
        let Some(change) = self.people.refresh(now, user, &self.sessions, &self.timing.thresholds) else { return };
        let of_user: Vec<_> = self.sessions.of_user(user).map(|(_, session)| session.instance.clone()).collect();
        for key in of_user {
            self.refresh_instance(now, &key, out);
        }
        let mut shards: Vec<_> =
            self.sessions.rooms_of(user).iter().map(|key| Shard::of(&key.room, self.shards)).collect();
        shards.sort_unstable();
        shards.dedup();
        for shard in shards {
            let (status, last_active_at) = (change.status, change.last_active_at);
            let sessions = self.sessions.of_user(user).map(|(id, _)| id.clone()).collect();
            out.peer(shard, PeerMessage::Status { sessions, status, last_active_at });
        }
    }

    pub(in crate::lobby) fn refresh_status(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        self.sessions.watch_status(now, id, &self.timing.thresholds);
        let Some(session) = self.sessions.find(id) else { return };
        let (key, user) = (session.instance.clone(), session.principal.user_id.clone());
        self.refresh_instance(now, &key, out);
        self.refresh_user(now, &user, out);
    }

    pub(in crate::lobby) fn report(&mut self, now: Millis, id: &SessionId, activity: &Activity, out: &mut Outputs) {
        if let Some(session) = self.sessions.find_mut(id) {
            session.report(now, activity);
        }
        self.refresh_status(now, id, out);
    }
}
