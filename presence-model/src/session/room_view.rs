//! The client's view of one room.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::id::RoomId;
use crate::room::NO_SLOT;
use crate::session::listing::{Difference, Gap, Listing};
use crate::session::output::{RoomNews, RoomState};
use crate::time::Millis;
use crate::wire::binary::cursor::{CursorRecord, Place};
use crate::wire::binary::downstream::RoomPictured;
use crate::wire::binary::entry::EntryChange;

#[derive(Clone, Debug)]
pub struct RoomView {
    room: RoomId,
    state: RoomState,
    channel: Option<u32>,
    own_slot: u16,
    /// The newest refusal of what we want here, as JSON.
    refusal: Option<Arc<str>>,
    pub members: Listing,
}

impl RoomView {
    pub fn new(room: RoomId) -> Self {
        let members = Listing::default();
        Self { room, state: RoomState::Joining, channel: None, own_slot: NO_SLOT, refusal: None, members }
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

    /// Whether the room showed itself on this line: before that nobody in it could see our cursor.
    pub fn is_in(&self) -> bool {
        self.channel.is_some()
    }

    /// A new line: what comes next is a picture.
    pub fn forget_version(&mut self) {
        self.members.forget_version();
        self.channel = None;
    }

    /// The room does not let us in: what we knew of it is over.
    pub fn refuse(&mut self, refusal: Arc<str>) -> RoomNews {
        self.state = RoomState::Refused;
        self.channel = None;
        self.own_slot = NO_SLOT;
        self.refusal = Some(refusal.clone());
        let difference = self.members.clear();
        RoomNews { refusal: Some(refusal), ..self.news(difference) }
    }

    /// The room let go of us, as we had wished. If we want to be in again, another picture follows, unless
    /// that was refused: the lobby's refusal may have overtaken what the room said of our earlier stay.
    pub fn take_exit(&mut self) -> Option<RoomNews> {
        let refusal = self.refusal.clone().filter(|_| self.is_in())?;
        Some(self.refuse(refusal))
    }

    pub fn take_picture(&mut self, times: (Millis, Millis), picture: RoomPictured) -> RoomNews {
        self.state = RoomState::Joined;
        self.channel = Some(picture.channel);
        self.own_slot = picture.own_slot;
        let difference = self.members.take_picture(times, picture.version, picture.members);
        RoomNews { pictured: true, ..self.news(difference) }
    }

    /// Takes changes; `Err` when some before them were missed.
    pub fn take_changes(&mut self, version: u64, changes: Vec<EntryChange>) -> Result<RoomNews, Gap> {
        let difference = self.members.take_changes(version, changes)?;
        Ok(self.news(difference))
    }

    /// Takes cursors; returns those that are new to the app, never our own. One socket brings them in order,
    /// so each is newer than what we have.
    pub fn take_cursors(&mut self, records: Vec<CursorRecord>) -> Vec<CursorRecord> {
        let (mut moves, mut hint) = (vec![], 0);
        for record in records {
            let Some(member) = self.members.seated_mut(record.slot, &mut hint) else { continue };
            let is_news = member.cursor != record.place;
            member.cursor = record.place;
            if is_news && record.slot != self.own_slot {
                moves.push(record);
            }
        }
        moves
    }

    /// Where the room believes us to point, as the picture brought it.
    pub fn own_place(&self) -> Place {
        self.members.seated(self.own_slot).map_or_else(Place::default, |member| member.cursor)
    }

    /// Everyone else's cursor, as a picture brought them.
    pub fn cursors(&self) -> Vec<CursorRecord> {
        let mut cursors = vec![];
        for member in self.members.iter() {
            if member.slot != NO_SLOT && member.slot != self.own_slot {
                cursors.push(CursorRecord { slot: member.slot, place: member.cursor });
            }
        }
        cursors
    }

    /// Lets go of members who did not come back.
    pub fn expire(&mut self, now: Millis) -> RoomNews {
        let difference = self.members.expire(now);
        self.news(difference)
    }

    pub fn news(&self, difference: Difference) -> RoomNews {
        RoomNews { room: self.room.clone(), state: self.state, pictured: false, difference, refusal: None }
    }
}
