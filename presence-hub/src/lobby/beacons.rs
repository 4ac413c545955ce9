//! What gateway clients report of instances, and what they ask of the list.

use presence_model::beacon::{Beacon, Ticket};
use presence_model::command::Activity;
use presence_model::event::Event;
use presence_model::id::{InstanceId, InstanceKey, SessionId};
use presence_model::instance::{Instance, Reason};
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::sessions::Session;

impl Lobby {
    /// Merges a report into the entry that it is about, which is always one of the sender's user. Whoever hears
    /// of the list hears before the sender is answered.
    pub(in crate::lobby) fn take_beacon(
        &mut self,
        now: Millis,
        id: &SessionId,
        ticket: Ticket,
        beacon: Beacon,
        out: &mut Outputs,
    ) {
        let Some(session) = self.sessions.find(id) else { return };
        // Nobody hears of what an unseen one reports: it would show.
        if !session.is_seen() {
            if let Some(socket) = session.socket {
                out.tell_one(socket.connection, Event::BeaconTaken { ticket });
            }
            return;
        }
        let (user, name) = (session.principal.user_id.clone(), session.principal.name.clone());
        let socket = session.socket;
        let instance_id = subject(session, &beacon);
        let key = InstanceKey::new(&user, &instance_id);
        let kept = self.instances.find(&key).cloned();
        let mut entry = kept.unwrap_or_else(|| Instance {
            liveness: Liveness::Gone,
            ..Instance::new(now, user.clone(), name, instance_id)
        });
        // One that was not there is there by being reported.
        let reason = beacon.reason.or_else(|| entry.has_left().then_some(Reason::Periodic));
        entry.merge(now, beacon.info, beacon.ip, reason);
        if entry.is_living() {
            self.note_input(now, id, &entry, beacon.input_ago);
            self.derive(now, &mut entry);
        } else {
            entry.last_input_at = entry.last_input_at.max(beacon.input_ago.map(|ago| now - ago));
            entry.status = self.timing.thresholds.by_input(now, entry.last_input_at);
            entry.liveness = Liveness::Connected;
        }
        self.instances.put(now, entry, out);
        self.refresh_user(now, &user, out);
        if let Some(socket) = socket {
            self.instances.tell_beacon(now, socket.connection, out);
            out.tell_one(socket.connection, Event::BeaconTaken { ticket });
        }
    }

    pub(in crate::lobby) fn answer_list(&self, now: Millis, id: &SessionId, ticket: Ticket, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        let Some(socket) = session.socket else { return };
        let listing = self.instances.listing(now, session.principal.is_operator());
        out.tell_one(socket.connection, Event::Listed { ticket, listing });
    }

    /// Notes input at a living entry with one of its sessions, from which the user's status follows: the
    /// sender's if it is one of them.
    fn note_input(&mut self, now: Millis, sender: &SessionId, entry: &Instance, input_ago: Option<Millis>) {
        let own = entry.sessions.iter().find(|id| *id == sender);
        let Some(id) = own.or_else(|| entry.sessions.last()) else { return };
        if input_ago.is_some() {
            self.sessions.report(now, id, &Activity { said: None, input_ago });
            self.sessions.watch_status(now, id, &self.timing.thresholds);
        }
    }
}

/// The instance that a beacon is about: the sender's own when it names none, or that one by either of its names.
fn subject(sender: &Session, beacon: &Beacon) -> InstanceId {
    let own = sender.is_listed.then(|| sender.instance_id.clone());
    let Some(about) = &beacon.about else { return own.unwrap_or_else(|| beacon.otherwise.clone()) };
    let named = InstanceKey::new(&sender.principal.user_id, about);
    let is_own = named == sender.instance || sender.alias.as_ref() == Some(&named);
    own.filter(|_| is_own).unwrap_or_else(|| about.clone())
}
