//! The client's view of one room.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::event::RoomPicture;
use crate::id::{RoomId, SessionId};
use crate::refusal::Refusal;
use crate::room::{Cursor, Member, MemberCard, NO_SLOT};
use crate::session::listing::{Difference, Gap, Listed, Listing};
use crate::session::output::{RoomNews, RoomState};
use crate::status::Liveness;
use crate::time::Millis;
use crate::wire::binary::cursor::CursorRecord;
use crate::wire::binary::downstream::MemberChange;

impl Listed for Member {
    type Name = SessionId;

    fn name(&self) -> SessionId {
        self.card.session_id.clone()
    }

    fn is_named(&self, name: &SessionId) -> bool {
        self.card.session_id == *name
    }

    fn as_suspect(&self) -> Self {
        let card = Arc::new(MemberCard { slot: NO_SLOT, ..(*self.card).clone() });
        Self { card, liveness: Liveness::Suspect, typing: None, cursor: None, ..self.clone() }
    }
}

#[derive(Clone, Debug)]
pub struct RoomView {
    room: RoomId,
    state: RoomState,
    channel: Option<u32>,
    own_slot: Option<u16>,
    /// The newest refusal of what we want here.
    refusal: Option<Refusal>,
    members: Listing<Member>,
}

impl RoomView {
    pub fn new(room: RoomId) -> Self {
        let members = Listing::default();
        Self { room, state: RoomState::Joining, channel: None, own_slot: None, refusal: None, members }
    }

    pub fn room(&self) -> &RoomId {
        &self.room
    }

    pub fn state(&self) -> RoomState {
        self.state
    }

    pub fn is_on(&self, channel: u32) -> bool {
        self.channel == Some(channel)
    }

    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
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
        self.members.forget_version();
        self.channel = None;
    }

    pub fn expect_restart(&mut self) {
        self.members.expect_restart();
    }

    /// The room does not let us in: what we knew of it is over.
    pub fn refuse(&mut self, refusal: Refusal) -> RoomNews {
        self.state = RoomState::Refused;
        self.channel = None;
        self.own_slot = None;
        self.refusal = Some(refusal.clone());
        let left = self.members.clear();
        RoomNews { refusal: Some(refusal), ..self.news(vec![], left) }
    }

    /// The room let go of us, as we had wished. If we want to be in again, another picture follows, unless
    /// that was refused: the lobby's refusal may have overtaken what the room said of our earlier stay.
    pub fn take_exit(&mut self) -> Option<RoomNews> {
        let refusal = self.refusal.clone().filter(|_| self.is_in())?;
        Some(self.refuse(refusal))
    }

    pub fn take_picture(&mut self, times: (Millis, Millis), picture: RoomPicture) -> RoomNews {
        self.state = RoomState::Joined;
        self.channel = Some(picture.channel);
        self.own_slot = Some(picture.own_slot);
        let members = Arc::unwrap_or_clone(picture.members);
        let Difference { whole, changed, left } = self.members.take_picture(times, picture.version, members);
        RoomNews { whole, ..self.news(changed, left) }
    }

    /// Takes a diff; `Err` when one before it was missed.
    pub fn take_changes(&mut self, version: u64, changes: Vec<MemberChange>) -> Result<Option<RoomNews>, Gap> {
        if !self.members.take_version(version)? {
            return Ok(None);
        }
        // Whom the changes are about, and whether we knew them before.
        let mut touched: Vec<(SessionId, bool)> = vec![];
        for change in changes {
            let is_known =
                !matches!(&change, MemberChange::Joined(member) if self.members.get(&member.card.session_id).is_none());
            if let Some(session) = self.take_change(change)
                && touched.iter().all(|(other, _)| *other != session)
            {
                touched.push((session, is_known));
            }
        }
        let (mut changed, mut left) = (vec![], vec![]);
        for (session, was_known) in touched {
            match self.members.get(&session) {
                Some(member) => changed.push(member.clone()),
                None if was_known => left.push(session),
                // Who came and went in between was never seen.
                None => {}
            }
        }
        Ok(Some(self.news(changed, left)))
    }

    /// Returns whom the change is about.
    fn take_change(&mut self, change: MemberChange) -> Option<SessionId> {
        match change {
            MemberChange::Joined(member) => {
                let session = member.name();
                self.members.put(*member);
                Some(session)
            }
            MemberChange::Left(slot) => {
                let session = self.seated(slot)?.name();
                self.members.remove(&session);
                Some(session)
            }
            MemberChange::Liveness(slot, liveness) => self.edit(slot, |member| member.liveness = liveness),
            MemberChange::Status { slot, status, last_active_at } => self.edit(slot, |member| {
                member.status = status;
                member.last_active_at = last_active_at;
            }),
            MemberChange::Typing { slot, context } => self.edit(slot, |member| member.typing = context),
        }
    }

    fn edit(&mut self, slot: u16, edit: impl FnOnce(&mut Member)) -> Option<SessionId> {
        let member = self.seated(slot)?;
        edit(member);
        Some(member.name())
    }

    fn seated(&mut self, slot: u16) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.card.slot == slot && slot != NO_SLOT)
    }

    /// Takes cursors; returns those that are new to the app, never our own. One socket brings them in order,
    /// so each is newer than what we have; the five bits of its sequence number could not tell after a pause.
    pub fn take_cursors(&mut self, records: Vec<CursorRecord>) -> Vec<(u16, Cursor)> {
        let mut moves = vec![];
        for CursorRecord { slot, cursor, .. } in records {
            let is_own = self.own_slot == Some(slot);
            let Some(member) = self.seated(slot) else { continue };
            let shown = (!cursor.is_hidden()).then_some(cursor);
            let is_news = member.cursor != shown;
            member.cursor = shown;
            if is_news && !is_own {
                moves.push((slot, cursor));
            }
        }
        moves
    }

    /// Where the room believes us to point, as the picture brought it.
    pub fn own_cursor(&self) -> Option<Cursor> {
        self.members.iter().find(|member| Some(member.card.slot) == self.own_slot)?.cursor
    }

    /// Everyone else's cursor, as a picture brought them.
    pub fn cursors(&self) -> Vec<(u16, Cursor)> {
        let mut cursors = vec![];
        for member in self.members.iter() {
            let slot = member.card.slot;
            if slot != NO_SLOT && Some(slot) != self.own_slot {
                cursors.push((slot, member.cursor.unwrap_or_default()));
            }
        }
        cursors
    }

    /// Lets go of members who did not come back.
    pub fn expire(&mut self, now: Millis) -> Option<RoomNews> {
        let left = self.members.expire(now);
        (!left.is_empty()).then(|| self.news(vec![], left))
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        self.members.next_deadline()
    }

    pub fn news(&self, changed: Vec<Member>, left: Vec<SessionId>) -> RoomNews {
        let (room, state, own_slot) = (self.room.clone(), self.state, self.own_slot);
        RoomNews { room, state, own_slot, whole: false, changed, left, refusal: None }
    }
}
