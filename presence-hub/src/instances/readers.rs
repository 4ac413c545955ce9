//! Who hears of the list, and when. Binary readers get every change as it happens; JSON readers get joins and
//! leaves at once and the whole list, when anything else changed, once a second; gateway readers get the whole
//! list, also of those who left, once a second, and at once when they sent a beacon (`CONTRACT.md` 2). The first
//! two count what they are told, without holes. The third count who came, who went and what was reported, told or
//! not.

use std::collections::{BTreeMap, BTreeSet};

use presence_model::event::{Event, InstanceChange, Listing};
use presence_model::id::ConnectionId;
use presence_model::instance::Instance;
use presence_model::limit::Timing;
use presence_model::time::{Millis, earlier};

use crate::instances::rows::{Rows, Step};
use crate::io::Form;
use crate::outputs::Outputs;

/// How a reader hears of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub form: Form,
    /// Whether it may know where others connect from.
    pub sees_addresses: bool,
}

#[derive(Debug)]
struct Seat {
    reader: Reader,
    /// Of the changes that make gateway lists, the last one that it was told of.
    told: u64,
}

/// Something that is told at most once in a while.
#[derive(Debug, Default)]
struct Pace {
    due: Option<Millis>,
    last: Millis,
}

impl Pace {
    fn owe(&mut self, now: Millis, every: Millis) {
        let soonest = now.max(self.last + every);
        self.due.get_or_insert(soonest);
    }

    fn pay(&mut self, now: Millis) {
        *self = Self { due: None, last: now };
    }

    fn is_due(&self, now: Millis) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

#[derive(Debug)]
pub struct Readers {
    list_every: Millis,
    seats: BTreeMap<ConnectionId, Seat>,
    /// Counts the changes told in binary.
    changes: u64,
    /// Counts the messages told in JSON.
    lists: u64,
    /// What gateway clients count.
    version: u64,
    /// Counts the changes that make gateway lists.
    marks: u64,
    /// Owed while something changed that JSON readers were not told.
    list: Pace,
    /// Owed while something changed that gateway readers were not told.
    listing: Pace,
}

impl Readers {
    pub fn new(timing: &Timing) -> Self {
        Self {
            list_every: timing.json_list_every,
            seats: BTreeMap::new(),
            changes: 0,
            lists: 0,
            version: 1,
            marks: 0,
            list: Pace::default(),
            listing: Pace::default(),
        }
    }

    /// Adds a reader, who is to be shown the list.
    pub fn add(&mut self, connection: ConnectionId, reader: Reader) {
        self.seats.insert(connection, Seat { reader, told: self.marks });
    }

    pub fn remove(&mut self, reader: ConnectionId) {
        self.seats.remove(&reader);
    }

    pub fn contains(&self, reader: ConnectionId) -> bool {
        self.seats.contains_key(&reader)
    }

    /// Those who are told what happens, piece by piece.
    pub fn of_changes(&self) -> impl Iterator<Item = ConnectionId> {
        let hears = |seat: &Seat| matches!(seat.reader.form, Form::Binary | Form::Json);
        self.seats.iter().filter(move |(_, seat)| hears(seat)).map(|(connection, _)| *connection)
    }

    /// Notes what a reader may see from now on; true when it sees more or less by it.
    pub fn let_see(&mut self, reader: ConnectionId, sees_addresses: bool) -> bool {
        let Some(seat) = self.seats.get_mut(&reader) else { return false };
        std::mem::replace(&mut seat.reader.sees_addresses, sees_addresses) != sees_addresses
    }

    /// The version that JSON readers count in.
    pub const fn list_version(&self) -> u64 {
        self.lists
    }

    /// Gives a reader the whole list.
    pub fn show(&mut self, now: Millis, reader: ConnectionId, rows: &Rows, out: &mut Outputs) {
        let Some(seat) = self.seats.get_mut(&reader) else { return };
        let Reader { form, sees_addresses } = seat.reader;
        let version = match form {
            Form::Binary => self.changes,
            Form::Json => self.lists,
            Form::Gateway => {
                seat.told = self.marks;
                out.tell_one(reader, Event::Listing(self.listing(now, sees_addresses, rows)));
                return;
            }
        };
        let (entries, truncated) = (rows.here(now, sees_addresses), rows.is_truncated());
        out.tell_one(reader, Event::PresencePicture { version, entries, truncated, asked: true, now });
    }

    /// The whole list as gateway clients know it.
    pub fn listing(&self, now: Millis, sees_addresses: bool, rows: &Rows) -> Listing {
        Listing { version: self.version, entries: rows.newest_first(now, sees_addresses), now }
    }

    /// Tells what happened to a row.
    pub fn tell(&mut self, now: Millis, step: Step, rows: &Rows, out: &mut Outputs) {
        self.version += came_and_went(&step);
        self.marks += 1;
        self.owe_listing(now);
        if let Some(change) = difference(step) {
            self.tell_change(now, &change, out);
            // Kleoz' pages know rows by their instance alone: they took out another user's with it.
            if let InstanceChange::Left { instance_id, .. } = &change
                && rows.has_named(instance_id)
            {
                self.owe_list(now);
            }
        }
    }

    /// Tells gateway readers of a beacon, whatever it changed: the sender at once, since it waits for the answer.
    pub fn tell_beacon(&mut self, now: Millis, sender: ConnectionId, rows: &Rows, out: &mut Outputs) {
        self.version += 1;
        self.marks += 1;
        self.owe_listing(now);
        if self.seats.get(&sender).is_some_and(|seat| seat.reader.form == Form::Gateway) {
            self.show(now, sender, rows, out);
        }
    }

    /// Something changed that JSON readers are to be told with the whole list. It is owed also while there is no
    /// such reader: neither its number nor its time may tell who reads.
    pub fn owe_list(&mut self, now: Millis) {
        self.list.owe(now, self.list_every);
    }

    fn owe_listing(&mut self, now: Millis) {
        self.listing.owe(now, self.list_every);
    }

    /// Tells what became due.
    pub fn expire(&mut self, now: Millis, rows: &Rows, out: &mut Outputs) {
        if self.list.is_due(now) {
            self.list.pay(now);
            self.lists += 1;
            let (version, truncated) = (self.lists, rows.is_truncated());
            self.tell_all(Form::Json, out, |with_addresses| {
                let entries = rows.here(now, with_addresses);
                Event::PresencePicture { version, entries, truncated, asked: false, now }
            });
        }
        if self.listing.is_due(now) {
            self.tell_listing(now, rows, out);
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(self.list.due, self.listing.due)
    }

    fn tell_change(&mut self, now: Millis, change: &InstanceChange, out: &mut Outputs) {
        let shown = |with_addresses| if with_addresses { change.clone() } else { change.without_addresses() };
        self.changes += 1;
        if !matches!(change, InstanceChange::Updated(_)) {
            self.lists += 1;
            let version = self.lists;
            self.tell_all(Form::Json, out, |all| Event::PresenceChanged { version, change: shown(all), now });
        } else {
            self.owe_list(now);
        }
        let version = self.changes;
        self.tell_all(Form::Binary, out, |all| Event::PresenceChanged { version, change: shown(all), now });
    }

    /// Gives the list to the gateway readers who were not told of the newest change.
    fn tell_listing(&mut self, now: Millis, rows: &Rows, out: &mut Outputs) {
        self.listing.pay(now);
        let marks = self.marks;
        for sees_addresses in [true, false] {
            let kind = Reader { form: Form::Gateway, sees_addresses };
            let behind = self.seats.iter_mut().filter(|(_, seat)| seat.reader == kind && seat.told < marks);
            let to: Vec<_> = behind
                .map(|(connection, seat)| {
                    seat.told = marks;
                    *connection
                })
                .collect();
            if !to.is_empty() {
                out.tell(to, Event::Listing(self.listing(now, sees_addresses, rows)));
            }
        }
    }

    /// Tells all readers of a form, each what it may see; `event` is asked for what is told with addresses or without.
    fn tell_all(&self, form: Form, out: &mut Outputs, event: impl Fn(bool) -> Event) {
        for sees_addresses in [true, false] {
            let kind = Reader { form, sees_addresses };
            let to: Vec<_> =
                self.seats.iter().filter(|(_, seat)| seat.reader == kind).map(|(connection, _)| *connection).collect();
            if !to.is_empty() {
                out.tell(to, event(sees_addresses));
            }
        }
    }
}

/// What readers of changes hear: for them, who left is not there.
fn difference(Step { before, after, .. }: Step) -> Option<InstanceChange> {
    let is_here = |entry: &Instance| !entry.has_left();
    match (before.filter(is_here), after.filter(is_here)) {
        (None, Some(entry)) => Some(InstanceChange::Joined(entry)),
        (Some(_), Some(entry)) => Some(InstanceChange::Updated(entry)),
        (Some(Instance { user_id, instance_id, .. }), None) => Some(InstanceChange::Left { user_id, instance_id }),
        (None, None) => None,
    }
}

/// How many sessions are in a row that were not, and the other way round.
fn came_and_went(Step { before, after, .. }: &Step) -> u64 {
    let [before, after] = [before, after].map(|entry| entry.as_ref().map_or(&[][..], |entry| &entry.sessions));
    if before == after {
        return 0;
    }
    let [before, after] = [before, after].map(|sessions| sessions.iter().collect::<BTreeSet<_>>());
    before.symmetric_difference(&after).count() as u64
}
