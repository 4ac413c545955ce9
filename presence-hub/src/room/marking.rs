//! Which part of the medium members mark.

use presence_model::event::{RoomChange, StateNews};
use presence_model::id::SessionId;
use presence_model::room::Selection;
use presence_model::time::Millis;

use crate::room::Room;

impl Room {
    pub fn select(&mut self, now: Millis, session: &SessionId, selection: Option<Selection>) {
        let Some(seat) = self.seat_mut(session) else { return };
        let member = &mut seat.member;
        member.last_active_at = member.last_active_at.max(now);
        if member.selection == selection {
            return;
        }
        member.selection = selection;
        let member = Box::new(member.clone());
        self.pending.push(RoomChange::State { member, news: StateNews::Selection });
    }
}
