//! The client's view of one room: a picture, then changes in order; a hole asks for a new picture.
//! After a restart of the server, members that the first picture misses stay a while, as suspect.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::event::RoomPicture;
use crate::id::{RoomId, SessionId};
use crate::refusal::Refusal;
use crate::room::{Cursor, Member, MemberCard, NO_SLOT};
use crate::session::output::{RoomNews, RoomState};
use crate::session::roster::Gap;
use crate::small_map::SmallMap;
use crate::status::Liveness;
use crate::time::Millis;
use crate::wire::binary::cursor::CursorRecord;
use crate::wire::binary::downstream::MemberChange;

#[derive(Clone, Debug)]
pub struct RoomView {
    room: RoomId,
    state: RoomState,
    /// A picture came already, on this line or an earlier one.
    pictured: bool,
    channel: Option<u32>,
    version: Option<u64>,
    own_slot: Option<u16>,
    members: SmallMap<SessionId, Member>,
    slots: SmallMap<u16, SessionId>,
    carried: SmallMap<SessionId, Millis>,
    restarted: bool,
}

impl RoomView {
    pub fn new(room: RoomId) -> Self {
        Self {
            room,
            state: RoomState::Joining,
            pictured: false,
            channel: None,
            version: None,
            own_slot: None,
            members: SmallMap::default(),
            slots: SmallMap::default(),
            carried: SmallMap::default(),
            restarted: false,
        }
    }

    pub fn state(&self) -> RoomState {
        self.state
    }

    pub fn is_on(&self, channel: u32) -> bool {
        self.channel == Some(channel)
    }

    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    pub fn own_slot(&self) -> Option<u16> {
        self.own_slot
    }

    /// Whether the room showed itself on this line: before that nobody in it could see our cursor.
    pub fn is_in(&self) -> bool {
        self.channel.is_some()
    }

    /// A new line: what comes next is a picture.
    pub fn forget_version(&mut self) {
        self.version = None;
        self.channel = None;
    }

    pub fn expect_restart(&mut self) {
        self.restarted = true;
    }

    /// The room does not let us in: what we knew of it is over.
    pub fn refuse(&mut self, refusal: Refusal) -> RoomNews {
        let left = self.members.take().into_iter().map(|(session, _)| session).collect();
        let pictured = self.pictured;
        *self = Self { state: RoomState::Refused, pictured, ..Self::new(self.room.clone()) };
        RoomNews { refusal: Some(refusal), ..self.news(vec![], left) }
    }

    pub fn take_picture(&mut self, (now, grace): (Millis, Millis), picture: RoomPicture) -> RoomNews {
        let whole = !core::mem::replace(&mut self.pictured, true);
        self.state = RoomState::Joined;
        self.channel = Some(picture.channel);
        self.version = Some(picture.version);
        self.own_slot = Some(picture.own_slot);
        let old = core::mem::take(&mut self.members);
        self.slots.clear();
        for member in picture.members.iter() {
            self.seat(member.clone());
        }
        self.carried.retain(|session, _| !self.members.contains_key(session));
        let restarted = core::mem::take(&mut self.restarted);
        let mut left = vec![];
        for (session, member) in old.iter() {
            if self.members.contains_key(session) {
                continue;
            }
            let is_carried = self.carried.contains_key(session);
            if restarted || is_carried {
                if !is_carried {
                    self.carried.insert(session.clone(), now + grace);
                }
                self.members.insert(session.clone(), as_carried(member.clone()));
            } else {
                left.push(session.clone());
            }
        }
        let changed = self.members.iter().filter(|(session, member)| old.get(session) != Some(*member));
        let changed = changed.map(|(_, member)| member.clone()).collect();
        RoomNews { whole, ..self.news(changed, left) }
    }

    /// Takes a diff; `Err` when one before it was missed.
    pub fn take_changes(&mut self, version: u64, changes: Vec<MemberChange>) -> Result<Option<RoomNews>, Gap> {
        let Some(own) = self.version else { return Ok(None) };
        if version <= own {
            return Ok(None);
        }
        if version != own + 1 {
            self.version = None;
            return Err(Gap);
        }
        self.version = Some(version);
        // Whom the changes are about, and whether we knew them before.
        let mut touched: SmallMap<SessionId, bool> = SmallMap::default();
        for change in changes {
            let is_known =
                !matches!(&change, MemberChange::Joined(member) if !self.members.contains_key(&member.card.session_id));
            if let Some(session) = self.take_change(change)
                && !touched.contains_key(&session)
            {
                touched.insert(session, is_known);
            }
        }
        // Who came and went in between was never seen.
        let has_left = |(session, was_known): &(&SessionId, &bool)| **was_known && !self.members.contains_key(session);
        let left = touched.iter().filter(has_left).map(|(session, _)| session.clone()).collect();
        let changed = touched.keys().filter_map(|session| self.members.get(session));
        let changed = changed.cloned().collect();
        Ok(Some(self.news(changed, left)))
    }

    /// Returns whom the change is about.
    fn take_change(&mut self, change: MemberChange) -> Option<SessionId> {
        let (slot, edit): (u16, Box<dyn FnOnce(&mut Member)>) = match change {
            MemberChange::Joined(member) => {
                let session = member.card.session_id.clone();
                self.carried.remove(&session);
                self.seat(*member);
                return Some(session);
            }
            MemberChange::Left(slot) => {
                let session = self.slots.remove(&slot)?;
                self.members.remove(&session);
                return Some(session);
            }
            MemberChange::Liveness(slot, liveness) => (slot, Box::new(move |member| member.liveness = liveness)),
            MemberChange::Status { slot, status, last_active_at } => (
                slot,
                Box::new(move |member| {
                    member.status = status;
                    member.last_active_at = last_active_at;
                }),
            ),
            MemberChange::Typing { slot, context } => (slot, Box::new(move |member| member.typing = context)),
        };
        let session = self.slots.get(&slot)?.clone();
        edit(self.members.get_mut(&session)?);
        Some(session)
    }

    /// Takes cursors; returns those that are new to the app, never our own. One socket brings them in order,
    /// so each is newer than what we have; the five bits of its sequence number could not tell after a pause.
    pub fn take_cursors(&mut self, records: Vec<CursorRecord>) -> Vec<(u16, Cursor)> {
        let mut moves = vec![];
        for CursorRecord { slot, cursor, .. } in records {
            let Some(member) = self.slots.get(&slot).and_then(|session| self.members.get_mut(session)) else {
                continue;
            };
            let shown = (!cursor.is_hidden()).then_some(cursor);
            let is_news = member.cursor != shown;
            member.cursor = shown;
            if is_news && self.own_slot != Some(slot) {
                moves.push((slot, cursor));
            }
        }
        moves
    }

    /// Where the room believes us to point, as the picture brought it.
    pub fn own_cursor(&self) -> Option<Cursor> {
        self.members.get(self.slots.get(&self.own_slot?)?)?.cursor
    }

    /// Everyone else's cursor, as a picture brought them.
    pub fn cursors(&self) -> Vec<(u16, Cursor)> {
        let others = self.members.values().filter(|member| Some(member.card.slot) != self.own_slot);
        others
            .filter(|member| member.card.slot != NO_SLOT)
            .map(|member| (member.card.slot, member.cursor.unwrap_or_default()))
            .collect()
    }

    /// Lets go of members who did not come back.
    pub fn expire(&mut self, now: Millis) -> Option<RoomNews> {
        self.next_deadline().filter(|due| *due <= now)?;
        let over: Vec<_> = self.carried.iter().filter(|(_, until)| **until <= now).map(|(id, _)| id.clone()).collect();
        for session in &over {
            self.carried.remove(session);
            self.members.remove(session);
        }
        Some(self.news(vec![], over))
    }

    /// Who is missing is missed only where the room shows itself: without a line nobody can tell.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.carried.values().min().copied().filter(|_| self.is_in())
    }

    pub fn news(&self, changed: Vec<Member>, left: Vec<SessionId>) -> RoomNews {
        let (room, state, own_slot) = (self.room.clone(), self.state, self.own_slot);
        RoomNews { room, state, own_slot, whole: false, changed, left, refusal: None }
    }

    fn seat(&mut self, member: Member) {
        let session = member.card.session_id.clone();
        // The session may have sat elsewhere; its old slot must not lead to it any more.
        if let Some(before) = self.members.get(&session) {
            let slot = before.card.slot;
            if self.slots.get(&slot) == Some(&session) {
                self.slots.remove(&slot);
            }
        }
        self.slots.insert(member.card.slot, session.clone());
        self.members.insert(session, member);
    }
}

fn as_carried(member: Member) -> Member {
    let card = Arc::new(MemberCard { slot: NO_SLOT, ..(*member.card).clone() });
    Member { card, liveness: Liveness::Suspect, typing: None, cursor: None, ..member }
}
