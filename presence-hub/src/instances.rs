//! The table of instances: who is connected, who was only reported, who left lately, and the server itself;
//! and what readers of the list are told of it. `rows` says which rows there are, `readers` who hears.

pub mod rows;

pub mod readers;

use std::sync::Arc;

use presence_model::event::Listing;
use presence_model::id::{ConnectionId, InstanceId, InstanceKey};
use presence_model::instance::{ClientInfo, Instance};
use presence_model::limit::{Limits, Timing};
use presence_model::time::{Millis, earlier};

use crate::expiry::Expiry;
use crate::instances::readers::{Reader, Readers};
use crate::instances::rows::{Rows, Step};
use crate::outputs::Outputs;

/// What the server says of itself in its own list.
#[derive(Clone, Debug)]
pub struct OwnEntry {
    pub instance_id: InstanceId,
    pub info: ClientInfo,
    pub ip: Option<String>,
}

#[derive(Debug)]
pub struct Instances {
    timing: Arc<Timing>,
    rows: Rows,
    readers: Readers,
    /// When readers hear again of an entry whose stamp moves by itself.
    refresh: Expiry<InstanceKey>,
    /// When the status of a reported entry changes by itself. Sessions have their own.
    statuses: Expiry<InstanceKey>,
    /// Whether the list was said to leave somebody out.
    was_truncated: bool,
}

impl Instances {
    pub fn new(now: Millis, timing: Arc<Timing>, limits: &Limits, own: Option<OwnEntry>) -> Self {
        let own = own.map(|OwnEntry { instance_id, info, ip }| Instance::own(now, instance_id, info, ip));
        let mut refresh = Expiry::default();
        if let Some(own) = &own {
            refresh.set(own.key(), now + timing.refresh_every);
        }
        let (rows, readers) = (Rows::new(&timing, limits, own), Readers::new(&timing));
        Self { timing, rows, readers, refresh, statuses: Expiry::default(), was_truncated: false }
    }

    pub fn find(&self, key: &InstanceKey) -> Option<&Instance> {
        self.rows.find(key)
    }

    /// The entry, if readers know of it.
    pub fn listed(&self, key: &InstanceKey) -> Option<&Instance> {
        self.rows.listed(key).filter(|entry| !entry.has_left())
    }

    /// Puts an entry in place of the one with its key, and tells what that changes. What is only reported has no
    /// other life signs, so that every report of it is news.
    pub fn put(&mut self, now: Millis, entry: Instance, out: &mut Outputs) {
        let key = entry.key();
        match self.rows.find(&key) {
            Some(kept) if kept.is_living() && looks_alike(kept, &entry) => self.rows.renew(&key, entry),
            _ => {
                let steps = self.rows.put(entry);
                self.tell(now, steps, out);
            }
        }
    }

    /// The last session of an entry ended.
    pub fn leave(&mut self, now: Millis, key: &InstanceKey, out: &mut Outputs) {
        if let Some(mut entry) = self.rows.find(key).cloned() {
            entry.leave(now);
            self.put(now, entry, out);
        }
    }

    /// Takes out an entry that has left, as if it had never been.
    pub fn forget(&mut self, now: Millis, key: &InstanceKey, out: &mut Outputs) {
        if self.rows.find(key).is_some_and(Instance::has_left) {
            let step = self.rows.remove(key);
            self.tell(now, step, out);
        }
    }

    /// A life sign: news only when readers last heard of the entry long ago.
    pub fn hear(&mut self, now: Millis, key: &InstanceKey) {
        self.rows.hear(now, key);
    }

    /// A beacon was taken over. Gateway readers hear of it, whatever it changed; who sent it at once.
    pub fn tell_beacon(&mut self, now: Millis, sender: ConnectionId, out: &mut Outputs) {
        self.readers.tell_beacon(now, sender, &self.rows, out);
    }

    pub fn subscribe(&mut self, now: Millis, connection: ConnectionId, reader: Reader, out: &mut Outputs) {
        self.readers.add(connection, reader);
        self.show(now, connection, out);
    }

    /// As [`Self::subscribe`], for one who is told the list in another way.
    pub fn admit(&mut self, now: Millis, connection: ConnectionId, reader: Reader) -> Listing {
        self.readers.add(connection, reader);
        self.listing(now, reader.sees_addresses)
    }

    /// A reader's token changed; if it sees more or less by it, it is shown the list anew.
    pub fn let_see(&mut self, now: Millis, connection: ConnectionId, sees_addresses: bool, out: &mut Outputs) {
        if self.readers.let_see(connection, sees_addresses) {
            self.show(now, connection, out);
        }
    }

    pub fn unsubscribe(&mut self, reader: ConnectionId) {
        self.readers.remove(reader);
    }

    pub fn is_reader(&self, reader: ConnectionId) -> bool {
        self.readers.contains(reader)
    }

    /// Those who are told what happens, piece by piece.
    pub fn readers_of_changes(&self) -> impl Iterator<Item = ConnectionId> {
        self.readers.of_changes()
    }

    /// Gives a reader the whole list.
    pub fn show(&mut self, now: Millis, reader: ConnectionId, out: &mut Outputs) {
        self.readers.show(now, reader, &self.rows, out);
    }

    /// The whole list as gateway clients know it.
    pub fn listing(&self, now: Millis, sees_addresses: bool) -> Listing {
        self.readers.listing(now, sees_addresses, &self.rows)
    }

    /// The listed entries in order of their keys.
    pub fn entries(&self, now: Millis, include_left: bool) -> Arc<Vec<Instance>> {
        if include_left { self.rows.all(now, true) } else { self.rows.here(now, true) }
    }

    pub fn is_truncated(&self) -> bool {
        self.rows.is_truncated()
    }

    /// Who is here, also those for whom the list has no room.
    pub fn len(&self) -> usize {
        self.rows.count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The version that JSON readers count in.
    pub const fn list_version(&self) -> u64 {
        self.readers.list_version()
    }

    /// Nothing could be heard for so long.
    pub fn excuse(&mut self, lateness: Millis) {
        self.rows.excuse(lateness);
    }

    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some(step) = self.rows.pop_end(now) {
            self.tell(now, [step], out);
        }
        while let Some(key) = self.statuses.pop(now) {
            if let Some(mut entry) = self.rows.find(&key).cloned() {
                entry.status = self.timing.thresholds.by_input(now, entry.last_input_at);
                self.put(now, entry, out);
            }
        }
        while let Some(key) = self.refresh.pop(now) {
            let own = self.rows.own(now).filter(|own| own.key() == key);
            if let Some(entry) = own.or_else(|| self.rows.listed(&key).cloned()) {
                let step = Step { key, before: Some(entry.clone()), after: Some(entry) };
                self.tell(now, [step], out);
            }
        }
        self.readers.expire(now, &self.rows, out);
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        let rows = earlier(self.rows.next_end(), self.statuses.next());
        earlier(earlier(rows, self.refresh.next()), self.readers.next_deadline())
    }

    fn tell(&mut self, now: Millis, steps: impl IntoIterator<Item = Step>, out: &mut Outputs) {
        for step in steps {
            self.watch(now, &step);
            self.readers.tell(now, step, &self.rows, out);
        }
        if std::mem::replace(&mut self.was_truncated, self.rows.is_truncated()) != self.rows.is_truncated() {
            self.readers.owe_list(now);
        }
    }

    /// Plans what readers have to hear of a row without anything coming in.
    fn watch(&mut self, now: Millis, Step { key, after, .. }: &Step) {
        let moves = after.as_ref().is_some_and(|entry| entry.is_living() || entry.is_own());
        if moves {
            // Never due at once again, whatever is configured.
            self.refresh.set(key.clone(), now + self.timing.refresh_every.max(Millis(1)));
        } else {
            self.refresh.clear(key);
        }
        let reported = after.as_ref().filter(|entry| entry.is_reported());
        match reported.and_then(|entry| self.timing.thresholds.next_change(now, entry.last_input_at)) {
            Some(at) => self.statuses.set(key.clone(), at),
            None => self.statuses.clear(key),
        }
    }
}

/// Whether readers need not hear of the difference: input and life signs alone are no news.
fn looks_alike(a: &Instance, b: &Instance) -> bool {
    a.status == b.status
        && a.status_message == b.status_message
        && a.liveness == b.liveness
        && a.sessions == b.sessions
        && a.info == b.info
        && a.ip == b.ip
        && a.name == b.name
        && a.reason == b.reason
}
