//! What a room tells, once it has gathered: newcomers get one picture, those who are in get what changed, and
//! everyone where the moved cursors are now, each encoded once for all.
//!
//! A picture makes a version of all that is pending, and its readers know that one. The others can be told
//! later: in a storm of joins newcomers are shown the room at once, and nobody is told of each of them alone.

use std::sync::Arc;

use presence_model::event::{CursorMove, Event, RoomPicture};
use presence_model::id::ConnectionId;
use presence_model::room::{Colour, Member, NO_SLOT};
use presence_model::time::Millis;

use crate::outputs::Outputs;
use crate::room::Room;
use crate::room::audience::Watcher;

impl Room {
    /// Shows the room to newcomers, and where cursors moved to. With `tells` also everything that changed; moves
    /// may be of those who came, so that they tell it too.
    pub fn flush(&mut self, now: Millis, tells: bool, out: &mut Outputs) {
        self.flushed_at = now;
        self.make_version(now);
        let tells = tells || self.has_moved();
        if tells {
            self.tell_changes(now, out);
        }
        self.tell_newcomers(now, out);
        self.tell_new_watchers(now, out);
        if tells {
            self.tell_announcements(now, out);
        }
        let moved = std::mem::take(&mut self.moved);
        let behind = std::mem::take(&mut self.behind);
        // Who moved alone knows where, and who is shown all cursors needs no more of them.
        let is_news = |slot: &u16| moved.iter().any(|mover| mover != slot) && !behind.contains(slot);
        let seats = self.seats.iter().filter(|(slot, _)| is_news(slot));
        let mut to: Vec<_> = seats.filter_map(|(_, seat)| Some(seat.socket?.connection)).collect();
        to.extend(self.audience.following());
        self.tell_cursors(now, to, moved.iter(), out);
        let seats = behind.iter().filter_map(|slot| Some(self.seats.get(slot)?.socket?.connection));
        let to = seats.chain(self.audience.take_behind()).collect();
        self.tell_cursors(now, to, self.seats.keys(), out);
    }

    /// Shows watchers what they need, if they would not be shown it with all else soon.
    pub fn show_audience(&mut self, now: Millis, out: &mut Outputs) {
        if self.due.is_none() {
            self.tell_new_watchers(now, out);
            let to = self.audience.take_behind();
            self.tell_cursors(now, to, self.seats.keys(), out);
        }
    }

    fn tell_new_watchers(&mut self, now: Millis, out: &mut Outputs) {
        let new = self.audience.take_new(self.version, self.announced);
        if new.is_empty() {
            return;
        }
        if self.has_watched {
            self.audience.note_watch();
        }
        let members = Arc::new(self.members().cloned().collect::<Vec<_>>());
        for Watcher { socket, remembers_watch, .. } in new {
            let Some(socket) = socket else { continue };
            out.tell_one(socket.connection, Event::RoomPicture(Box::new(self.picture(members.clone(), None))));
            self.tell_watch(now, remembers_watch, socket, out);
        }
    }

    /// Makes one version of all that is pending.
    fn make_version(&mut self, now: Millis) {
        if self.pending.is_empty() {
            return;
        }
        self.version += 1;
        let changes = std::mem::take(&mut self.pending);
        let (room, channel, version) = (self.key.room.clone(), self.channel, self.version);
        let event = Event::RoomChanged { room, channel, version, changes, now };
        self.untold.push((version, Arc::new(event)));
    }

    /// Tells every version to those who are in and know an older one; newcomers are shown the newest.
    fn tell_changes(&mut self, now: Millis, out: &mut Outputs) {
        let newcomers = &self.newcomers;
        for (version, event) in std::mem::take(&mut self.untold) {
            self.told_at = now;
            let seats = self.seats.iter().filter(|(slot, seat)| seat.knows < version && !newcomers.contains(slot));
            let mut to: Vec<_> = seats.filter_map(|(_, seat)| Some(seat.socket?.connection)).collect();
            to.extend(self.audience.hearing(|_, watcher| watcher.knows < version));
            out.tell_shared(to, event);
        }
        for seat in self.seats.values_mut() {
            seat.knows = self.version;
        }
        self.audience.note_told(self.version);
    }

    fn tell_newcomers(&mut self, now: Millis, out: &mut Outputs) {
        if self.newcomers.is_empty() {
            return;
        }
        self.shown_at = now;
        let members = Arc::new(self.members().cloned().collect::<Vec<_>>());
        for slot in std::mem::take(&mut self.newcomers) {
            let Some(seat) = self.seats.get_mut(&slot) else { continue };
            seat.knows = self.version;
            let Some(socket) = seat.socket else { continue };
            let picture = self.picture(members.clone(), Some(slot));
            out.tell_one(socket.connection, Event::RoomPicture(Box::new(picture)));
            self.show_watch(now, slot, socket, out);
        }
    }

    /// The room as it stands, for the member who has this slot or for one who has none.
    pub fn picture(&self, members: Arc<Vec<Member>>, slot: Option<u16>) -> RoomPicture {
        let card = slot.and_then(|slot| self.seats.get(&slot)).map(|seat| &seat.member.card);
        RoomPicture {
            room: self.key.room.clone(),
            kind: self.key.kind,
            channel: self.channel,
            version: self.version,
            created_at: self.created_at,
            own_slot: card.map_or(NO_SLOT, |card| card.slot),
            own_colour: card.map_or(Colour::NONE, |card| card.colour),
            members,
            watch: self.watch.shown(),
        }
    }

    fn tell_cursors<'a>(
        &'a self,
        now: Millis,
        to: Vec<ConnectionId>,
        slots: impl Iterator<Item = &'a u16>,
        out: &mut Outputs,
    ) {
        if to.is_empty() {
            return;
        }
        let moves: Vec<_> = slots
            .filter_map(|slot| self.seats.get(slot))
            .map(|seat| CursorMove {
                card: seat.member.card.clone(),
                sequence: seat.sequence,
                cursor: seat.member.cursor.unwrap_or_default(),
            })
            .collect();
        if !moves.is_empty() {
            let (room, channel) = (self.key.room.clone(), self.channel);
            out.tell_newest(to, Event::Cursors { room, channel, moves, now });
        }
    }
}
