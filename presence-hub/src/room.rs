//! One room: its seats, and what changed since its last version.

pub mod audience;

mod announcing;
mod granting;
mod marking;
mod ordering;
mod pointing;
mod telling;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use presence_model::event::{Event, RoomChange, StateNews};
use presence_model::id::{SessionId, UserId};
use presence_model::limit::Rate;
use presence_model::room::{Member, MemberCard, NO_SLOT, RoomKey};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::io::{Socket, Visitor};
use crate::palette;
use crate::rate::Bucket;
use crate::room::announcing::Announcement;
use crate::room::audience::Audience;
use crate::room::granting::Rights;
use crate::table::Table;
use crate::watch::WatchState;

/// What may move in a room before its members hear of moves together: every message costs a browser more than
/// what is in it.
const MOVES: Rate = Rate { every: Millis(4), burst: 25 };

/// So long after the last move that was one too many.
const CROWDED_FOR: Millis = Millis(200);

#[derive(Debug)]
pub struct Seat {
    pub member: Member,
    pub socket: Option<Socket>,
    /// What the member's token allows here.
    rights: Rights,
    shares_cursor: bool,
    /// Index of the member's colour.
    tint: u16,
    /// Counts cursor moves, wrapping.
    sequence: u8,
    /// The version of the room that it was told last.
    knows: u64,
    /// How much had been announced when it came, and when it was shown what is watched.
    came_behind: u64,
    shown_behind: u64,
    /// Whether it may know of something that was watched here before it came.
    remembers_watch: bool,
    /// The newest command's order on this socket, by topic; an older one that arrives later is stale. They count
    /// from 1.
    orders: [u64; TOPICS],
}

/// What a command is about, where only the newest of its kind counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Cursor = 0,
    Typing = 1,
    Selection = 2,
    Playback = 3,
    /// What others may see; what was said of it is in force here.
    Privacy = 4,
}

const TOPICS: usize = 5;

#[derive(Debug)]
pub struct Room {
    key: RoomKey,
    pub channel: u32,
    version: u64,
    created_at: Millis,
    /// When the next flush is due.
    pub due: Option<Millis>,
    /// When the first request for control lapses, as far as that is waited for.
    pub lapse: Option<Millis>,
    pub flushed_at: Millis,
    /// When changes were told last, and when the room was shown.
    pub told_at: Millis,
    pub shown_at: Millis,
    seats: BTreeMap<u16, Seat>,
    slots: Table<SessionId, u16>,
    next_slot: u16,
    /// Changes that have no version yet.
    pending: Vec<RoomChange>,
    /// Versions that those who know an older one are still to be told.
    untold: Vec<(u64, Arc<Event>)>,
    /// Members whose cursor moved since the last flush.
    moved: BTreeSet<u16>,
    /// Runs out of tokens while there are many moves.
    moves: Bucket,
    crowded_until: Millis,
    /// Members who need the whole picture at the next flush.
    newcomers: BTreeSet<u16>,
    /// Members who need all cursors at the next flush.
    behind: BTreeSet<u16>,
    watch: WatchState,
    /// What is still to be said, and how much ever was to be.
    announcements: Vec<Announcement>,
    announced: u64,
    /// Whether anything of what is watched ever was.
    has_watched: bool,
    broadcasts: Bucket,
    /// Who sees it all and is none of it.
    pub audience: Audience,
}

impl Room {
    /// One that passes on so many broadcasts.
    pub fn new(now: Millis, key: RoomKey, channel: u32, broadcasts: Rate, audience: Audience) -> Self {
        Self {
            key,
            channel,
            version: 0,
            created_at: now,
            due: None,
            lapse: None,
            flushed_at: Millis::ZERO,
            told_at: Millis::ZERO,
            shown_at: Millis::ZERO,
            seats: BTreeMap::new(),
            slots: Table::default(),
            next_slot: 0,
            pending: Vec::new(),
            untold: Vec::new(),
            moved: BTreeSet::new(),
            moves: Bucket::new(MOVES),
            crowded_until: Millis::ZERO,
            newcomers: BTreeSet::new(),
            behind: BTreeSet::new(),
            watch: WatchState::default(),
            announcements: Vec::new(),
            announced: 0,
            has_watched: false,
            broadcasts: Bucket::new(broadcasts),
            audience,
        }
    }

    pub const fn key(&self) -> &RoomKey {
        &self.key
    }

    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether some are to be told who came, went or does something else.
    pub fn has_news(&self) -> bool {
        !(self.pending.is_empty() && self.untold.is_empty() && self.announcements.is_empty())
    }

    /// Whether some are to be shown the room.
    pub fn has_newcomers(&self) -> bool {
        !self.newcomers.is_empty()
    }

    /// Whether more moves here than a page can be told of one by one.
    pub fn is_crowded(&self, now: Millis) -> bool {
        now < self.crowded_until
    }

    /// Whether some are to be told where cursors are.
    pub fn has_moved(&self) -> bool {
        !(self.moved.is_empty() && self.behind.is_empty())
    }

    pub fn users(&self) -> usize {
        self.seats.values().map(|seat| &seat.member.card.user_id).collect::<BTreeSet<_>>().len()
    }

    pub fn holds_user(&self, user: &UserId) -> bool {
        self.seats.values().any(|seat| seat.member.card.user_id == *user)
    }

    pub fn seat(&self, session: &SessionId) -> Option<&Seat> {
        self.seats.get(self.slots.get(session)?)
    }

    fn seat_mut(&mut self, session: &SessionId) -> Option<&mut Seat> {
        self.seats.get_mut(self.slots.get(session)?)
    }

    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.seats.values().map(|seat| &seat.member)
    }

    /// Lets a visitor in, or shows the room again to one who is in.
    pub fn enter(&mut self, now: Millis, visitor: Visitor) {
        if self.slots.contains(&visitor.session) {
            self.reseat(&visitor.session, visitor.socket);
            self.share_cursor(&visitor.session, visitor.privacy.shares_cursor);
            self.set_liveness(&visitor.session, visitor.liveness);
            self.set_status(&visitor.session, (visitor.status, visitor.status_message), visitor.last_active_at);
            self.show_again(&visitor.session);
            return;
        }
        let watched = self.audience.remove(&visitor.session);
        let (slot, tint) = (self.free_slot(), self.free_tint());
        let first = !self.holds_user(&visitor.principal.user_id);
        let rights = Rights::of(&visitor.principal.rooms, &self.key.room);
        let member = Member {
            card: Arc::new(MemberCard {
                slot,
                session_id: visitor.session.clone(),
                user_id: visitor.principal.user_id,
                name: visitor.principal.name,
                image: visitor.principal.image,
                colour: palette::colour(tint),
                joined_at: now,
            }),
            status: visitor.status,
            status_message: visitor.status_message,
            liveness: visitor.liveness,
            last_active_at: visitor.last_active_at,
            typing: None,
            cursor: None,
            selection: None,
            watching: None,
        };
        self.pending.push(RoomChange::Joined { member: Box::new(member.clone()), first });
        self.slots.insert(visitor.session, slot);
        let seat = Seat {
            member,
            socket: visitor.socket,
            rights,
            shares_cursor: visitor.privacy.shares_cursor,
            tint,
            sequence: 0,
            knows: 0,
            came_behind: watched.map_or(self.announced, |watcher| watcher.came_behind),
            shown_behind: watched.map_or(self.announced, |watcher| watcher.shown_behind),
            remembers_watch: watched.is_some_and(|watcher| watcher.remembers_watch),
            orders: [0; TOPICS],
        };
        self.seats.insert(slot, seat);
        self.newcomers.insert(slot);
    }

    /// Takes a session out; returns the socket it heard through.
    pub fn exit(&mut self, session: &SessionId) -> Option<Seat> {
        let slot = self.slots.remove(session)?;
        let seat = self.seats.remove(&slot)?;
        for set in [&mut self.moved, &mut self.newcomers, &mut self.behind] {
            set.remove(&slot);
        }
        let card = seat.member.card.clone();
        let last = !self.holds_user(&card.user_id);
        self.pending.push(RoomChange::Left { card, last });
        self.settle_control();
        Some(seat)
    }

    /// The session hears through another socket now, or through none.
    pub fn reseat(&mut self, session: &SessionId, socket: Option<Socket>) {
        let Some(slot) = self.slots.get(session).copied() else { return };
        let Some(seat) = self.seats.get_mut(&slot) else { return };
        if seat.socket.map(|socket| socket.connection) != socket.map(|socket| socket.connection) {
            seat.orders = [0; TOPICS];
        }
        seat.socket = socket;
        if socket.is_none() {
            self.newcomers.remove(&slot);
            self.behind.remove(&slot);
        }
    }

    pub fn set_liveness(&mut self, session: &SessionId, liveness: Liveness) {
        let Some(seat) = self.seat_mut(session) else { return };
        if seat.member.liveness == liveness {
            return;
        }
        seat.member.liveness = liveness;
        let (card, status) = (seat.member.card.clone(), seat.member.status);
        let is_connected =
            self.members().any(|member| member.card.user_id == card.user_id && member.liveness == Liveness::Connected);
        let user_liveness = if is_connected { Liveness::Connected } else { liveness };
        self.pending.push(RoomChange::Liveness { card, liveness, user_liveness, status });
    }

    /// Sets what the user does, and says of it.
    pub fn set_status(
        &mut self,
        session: &SessionId,
        (status, message): (Status, Option<Arc<str>>),
        last_active_at: Millis,
    ) {
        let Some(seat) = self.seat_mut(session) else { return };
        let member = &mut seat.member;
        member.last_active_at = member.last_active_at.max(last_active_at);
        if (member.status, &member.status_message) == (status, &message) {
            return;
        }
        member.status = status;
        member.status_message = message;
        let member = Box::new(member.clone());
        self.pending.push(RoomChange::State { member, news: StateNews::Status });
    }

    /// Sets where the session types; false when that is no news.
    pub fn set_typing(&mut self, now: Millis, session: &SessionId, context: Option<String>) -> bool {
        let Some(seat) = self.seat_mut(session) else { return false };
        if context.is_some() {
            seat.member.last_active_at = seat.member.last_active_at.max(now);
        }
        if seat.member.typing == context {
            return false;
        }
        seat.member.typing.clone_from(&context);
        let card = seat.member.card.clone();
        self.pending.push(RoomChange::Typing { card, context });
        true
    }

    /// The session needs the whole picture at the next flush, and all cursors behind it: an older cursor
    /// may still wait in its socket's volatile lane and would be written after the picture.
    pub fn show_again(&mut self, session: &SessionId) {
        self.newcomers.extend(self.slots.get(session));
        self.show_cursors(session);
    }

    /// Slots count up and are not used again soon: a late cursor must not land on another member. The last
    /// number is none: clients give it to members whose slot they do not know.
    fn free_slot(&mut self) -> u16 {
        while self.next_slot == NO_SLOT || self.seats.contains_key(&self.next_slot) {
            self.next_slot = self.next_slot.wrapping_add(1);
        }
        let slot = self.next_slot;
        self.next_slot = self.next_slot.wrapping_add(1);
        slot
    }

    /// Colours are used again as soon as they are free, so that a small room keeps the best ones.
    fn free_tint(&self) -> u16 {
        // One of so many is free.
        let mut taken = vec![false; self.seats.len() + 1];
        for seat in self.seats.values() {
            if let Some(taken) = taken.get_mut(usize::from(seat.tint)) {
                *taken = true;
            }
        }
        taken.iter().zip(0..).find_map(|(taken, tint)| (!taken).then_some(tint)).unwrap_or_default()
    }
}
