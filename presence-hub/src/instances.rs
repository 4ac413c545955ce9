//! The table of instances, and who hears of it. Binary readers get every change as it happens; JSON
//! readers get joins and leaves at once and the whole list, when anything else changed, once a second
//! (`CONTRACT.md` 2). Each of the two forms counts its own versions, without holes.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::event::{Event, InstanceChange};
use presence_model::id::{ConnectionId, InstanceKey};
use presence_model::instance::Instance;
use presence_model::limit::{Limits, Timing};
use presence_model::time::{Millis, earlier};

use crate::expiry::Expiry;
use crate::io::Form;
use crate::outputs::Outputs;

#[derive(Debug)]
struct Row {
    entry: Instance,
    /// Whether readers know of it: a full list shows no more.
    listed: bool,
}

/// How a reader hears of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub form: Form,
    /// Whether it may know where others connect from.
    pub sees_addresses: bool,
}

#[derive(Debug)]
pub struct Instances {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    rows: BTreeMap<InstanceKey, Row>,
    listed: usize,
    readers: BTreeMap<ConnectionId, Reader>,
    /// Counts the changes told in binary.
    changes: u64,
    /// Counts the messages told in JSON.
    lists: u64,
    /// When JSON readers get the list again; set while something changed that they were not told.
    list_due: Option<Millis>,
    listed_at: Millis,
    refresh: Expiry<InstanceKey>,
}

impl Instances {
    pub fn new(timing: Arc<Timing>, limits: Arc<Limits>) -> Self {
        Self {
            timing,
            limits,
            rows: BTreeMap::new(),
            listed: 0,
            readers: BTreeMap::new(),
            changes: 0,
            lists: 0,
            list_due: None,
            listed_at: Millis::ZERO,
            refresh: Expiry::default(),
        }
    }

    pub fn find(&self, key: &InstanceKey) -> Option<&Instance> {
        self.rows.get(key).map(|row| &row.entry)
    }

    /// Puts an entry in place of the one with its key, and tells what that changes.
    pub fn put(&mut self, now: Millis, entry: Instance, out: &mut Outputs) {
        let key = entry.key();
        let room_left = self.listed < self.limits.instances;
        let change = match self.rows.get_mut(&key) {
            Some(row) if looks_alike(&row.entry, &entry) => {
                row.entry = entry;
                return;
            }
            Some(row) => {
                row.entry = entry.clone();
                row.listed.then_some(InstanceChange::Updated(entry))
            }
            None => {
                self.listed += usize::from(room_left);
                self.rows.insert(key.clone(), Row { entry: entry.clone(), listed: room_left });
                room_left.then_some(InstanceChange::Joined(entry))
            }
        };
        if let Some(change) = change {
            self.refresh.set(key, now + self.timing.refresh_every);
            self.tell(now, change, out);
        }
    }

    /// Takes an entry out, and lets one in that found no room before.
    pub fn remove(&mut self, now: Millis, key: &InstanceKey, out: &mut Outputs) {
        let Some(row) = self.rows.remove(key) else { return };
        self.refresh.clear(key);
        if !row.listed {
            return;
        }
        self.listed -= 1;
        let Instance { user_id, instance_id, .. } = row.entry;
        self.tell(now, InstanceChange::Left { user_id, instance_id }, out);
        if let Some((key, waiting)) = self.rows.iter_mut().find(|(_, row)| !row.listed) {
            waiting.listed = true;
            self.listed += 1;
            let (key, entry) = (key.clone(), waiting.entry.clone());
            self.refresh.set(key, now + self.timing.refresh_every);
            self.tell(now, InstanceChange::Joined(entry), out);
        }
    }

    /// A life sign: news only when readers last heard of the entry long ago.
    pub fn hear(&mut self, now: Millis, key: &InstanceKey) {
        if let Some(row) = self.rows.get_mut(key) {
            row.entry.ts = row.entry.ts.max(now);
        }
    }

    pub fn subscribe(&mut self, now: Millis, connection: ConnectionId, reader: Reader, out: &mut Outputs) {
        self.readers.insert(connection, reader);
        self.show(now, connection, out);
    }

    /// A reader's token changed; if it sees more or less by it, it is shown the list anew.
    pub fn let_see(&mut self, now: Millis, connection: ConnectionId, sees_addresses: bool, out: &mut Outputs) {
        let Some(reader) = self.readers.get_mut(&connection) else { return };
        if std::mem::replace(&mut reader.sees_addresses, sees_addresses) != sees_addresses {
            self.show(now, connection, out);
        }
    }

    pub fn unsubscribe(&mut self, reader: ConnectionId) {
        self.readers.remove(&reader);
    }

    pub fn is_reader(&self, reader: ConnectionId) -> bool {
        self.readers.contains_key(&reader)
    }

    /// Gives a reader the whole list.
    pub fn show(&mut self, now: Millis, reader: ConnectionId, out: &mut Outputs) {
        let Some(Reader { form, sees_addresses }) = self.readers.get(&reader) else { return };
        let version = match form {
            Form::Binary => self.changes,
            Form::Json | Form::Gateway => self.lists,
        };
        let (entries, truncated) = (self.entries(*sees_addresses), self.is_truncated());
        out.tell_one(reader, Event::PresencePicture { version, entries, truncated, now });
    }

    /// The listed entries in order of their keys.
    pub fn entries(&self, with_addresses: bool) -> Arc<Vec<Instance>> {
        let listed = self.rows.values().filter(|row| row.listed);
        let shown = |row: &Row| if with_addresses { row.entry.clone() } else { row.entry.without_addresses() };
        Arc::new(listed.map(shown).collect())
    }

    pub fn is_truncated(&self) -> bool {
        self.listed < self.rows.len()
    }

    /// All rows, also those for which the list has no room.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The version that JSON readers count in.
    pub fn list_version(&self) -> u64 {
        self.lists
    }

    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some(key) = self.refresh.pop(now) {
            if let Some(row) = self.rows.get(&key).filter(|row| row.listed) {
                let change = InstanceChange::Updated(row.entry.clone());
                // Never due at once again, whatever is configured.
                self.refresh.set(key, now + self.timing.refresh_every.max(Millis(1)));
                self.tell(now, change, out);
            }
        }
        if self.list_due.is_some_and(|due| due <= now) {
            self.list_due = None;
            self.listed_at = now;
            self.lists += 1;
            let (version, truncated) = (self.lists, self.is_truncated());
            self.tell_readers(Form::Json, out, |with_addresses| {
                let entries = self.entries(with_addresses);
                Event::PresencePicture { version, entries, truncated, now }
            });
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(self.refresh.next(), self.list_due)
    }

    fn tell(&mut self, now: Millis, change: InstanceChange, out: &mut Outputs) {
        self.changes += 1;
        let shown = |with_addresses| if with_addresses { change.clone() } else { change.without_addresses() };
        if matches!(change, InstanceChange::Updated(_)) {
            let due = now.max(self.listed_at + self.timing.json_list_every);
            // Without a JSON reader there is nobody to owe a list to.
            let is_owed = self.readers.values().any(|reader| reader.form == Form::Json);
            self.list_due = is_owed.then(|| self.list_due.unwrap_or(due));
        } else {
            self.lists += 1;
            let version = self.lists;
            self.tell_readers(Form::Json, out, |all| Event::PresenceChanged { version, change: shown(all), now });
        }
        let version = self.changes;
        self.tell_readers(Form::Binary, out, |all| Event::PresenceChanged { version, change: shown(all), now });
    }

    /// Tells all readers of a form, each what it may see; `event` is asked for what is told with addresses or without.
    fn tell_readers(&self, form: Form, out: &mut Outputs, event: impl Fn(bool) -> Event) {
        for sees_addresses in [true, false] {
            let kind = Reader { form, sees_addresses };
            let to: Vec<_> =
                self.readers.iter().filter(|(_, reader)| **reader == kind).map(|(connection, _)| *connection).collect();
            if !to.is_empty() {
                out.tell(to, event(sees_addresses));
            }
        }
    }
}

/// Whether readers need not hear of the difference: input and life signs alone are no news.
fn looks_alike(a: &Instance, b: &Instance) -> bool {
    a.status == b.status
        && a.liveness == b.liveness
        && a.sessions == b.sessions
        && a.info == b.info
        && a.ip == b.ip
        && a.name == b.name
}
