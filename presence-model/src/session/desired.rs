//! What the app wants, whether or not the line is up. After each reconnect it is said again, whole;
//! a lost message is said again until its revision is taken.

use alloc::vec::Vec;

use crate::command::Wishes;
use crate::id::RoomId;
use crate::limit::CURSOR_EVERY;
use crate::room::RoomKey;
use crate::session::typing::Typing;
use crate::time::Millis;
use crate::wire::binary::cursor::Place;

/// Wishes that were not taken in this time are said again.
const REPEAT_AFTER: Millis = Millis::seconds(2);

#[derive(Clone, Debug, Default)]
pub struct Desired {
    revision: u32,
    taken: u32,
    said_at: Option<Millis>,
    presence: bool,
    rooms: Vec<DesiredRoom>,
}

#[derive(Clone, Debug)]
pub struct DesiredRoom {
    pub key: RoomKey,
    cursor: Option<Place>,
    cursor_said: Option<Place>,
    /// The room takes no cursor of ours; asking again with each would only be refused again.
    is_muted: bool,
    /// Whether the room may show a cursor of ours, from this line or an earlier one.
    was_shown: bool,
    cursor_said_at: Option<Millis>,
    pub typing: Typing,
}

impl Desired {
    pub fn set_presence(&mut self, on: bool) {
        if self.presence != on {
            self.presence = on;
            self.revision += 1;
        }
    }

    pub fn wants_presence(&self) -> bool {
        self.presence
    }

    /// True when that is new.
    pub fn enter(&mut self, key: RoomKey) -> bool {
        if self.rooms.iter().any(|wish| wish.key == key) {
            return false;
        }
        self.revision += 1;
        self.forget(&key.room);
        self.rooms.push(DesiredRoom::new(key));
        true
    }

    pub fn leave(&mut self, room: &RoomId) -> bool {
        let was_in = self.forget(room);
        self.revision += u32::from(was_in);
        was_in
    }

    fn forget(&mut self, room: &RoomId) -> bool {
        let place = self.rooms.iter().position(|wish| wish.key.room == *room);
        place.map(|place| self.rooms.remove(place)).is_some()
    }

    pub fn room_mut(&mut self, room: &RoomId) -> Option<&mut DesiredRoom> {
        self.rooms.iter_mut().find(|wish| wish.key.room == *room)
    }

    pub fn rooms(&self) -> impl Iterator<Item = &DesiredRoom> {
        self.rooms.iter()
    }

    pub fn rooms_mut(&mut self) -> impl Iterator<Item = &mut DesiredRoom> {
        self.rooms.iter_mut()
    }

    /// All wishes, to be said now.
    pub fn say(&mut self, now: Millis) -> Wishes {
        self.said_at = Some(now);
        let rooms = self.rooms.iter().map(|wish| wish.key.clone()).collect();
        Wishes { revision: self.revision, rooms, presence: self.presence }
    }

    pub fn note_taken(&mut self, revision: u32) {
        self.taken = self.taken.max(revision);
    }

    /// A new line knows nothing of what was said on the old one.
    pub fn forget_said(&mut self) {
        self.taken = 0;
        self.said_at = None;
        for room in &mut self.rooms {
            room.forget_said();
        }
    }

    /// When the wishes are to be said (again); `None` when they are taken.
    pub fn due(&self) -> Option<Millis> {
        (self.taken < self.revision).then(|| self.said_at.map_or(Millis::ZERO, |at| at + REPEAT_AFTER))
    }

    /// A room that was refused may be granted now.
    pub fn wish_anew(&mut self) {
        self.revision += 1;
        self.say_soon();
    }

    pub fn unmute(&mut self) {
        for room in &mut self.rooms {
            room.is_muted = false;
        }
    }

    /// The revision has changed since it was last said.
    pub fn say_soon(&mut self) {
        self.said_at = None;
    }
}

impl DesiredRoom {
    fn new(key: RoomKey) -> Self {
        Self {
            key,
            cursor: None,
            cursor_said: None,
            is_muted: false,
            was_shown: false,
            cursor_said_at: None,
            typing: Typing::default(),
        }
    }

    fn forget_said(&mut self) {
        self.cursor_said = None;
        self.cursor_said_at = None;
        self.typing.forget_said();
    }

    pub fn mute(&mut self) {
        self.is_muted = true;
    }

    pub fn point(&mut self, place: Place) {
        self.cursor = Some(place);
    }

    /// The room showed itself, and where it believes us to point. What we said before may have been for a
    /// seat that we left since, so it is said again; a cursor that this page knows nothing of is the one
    /// before's, and goes.
    pub fn take_picture(&mut self, shown: Place) {
        self.forget_said();
        self.is_muted = false;
        if !shown.is_hidden() {
            self.was_shown = true;
            self.cursor.get_or_insert_default();
        }
    }

    /// When the cursor may be said; `None` when it was said as it is.
    pub fn cursor_due(&self) -> Option<Millis> {
        let unsaid = self.cursor.is_some()
            && !self.is_muted
            && self.cursor != self.cursor_said
            // Nobody has to hear of a cursor that was never there.
            && (self.was_shown || !self.cursor.is_some_and(|cursor| cursor.is_hidden()));
        unsaid.then(|| self.cursor_said_at.map_or(Millis::ZERO, |at| at + CURSOR_EVERY))
    }

    pub fn say_cursor(&mut self, now: Millis) -> Option<Place> {
        self.cursor_said = self.cursor;
        self.was_shown |= self.cursor.is_some_and(|cursor| !cursor.is_hidden());
        self.cursor_said_at = Some(now);
        self.cursor
    }
}
