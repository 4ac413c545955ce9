//! Where members point, and whether they let others see it.

use presence_model::id::SessionId;
use presence_model::room::Cursor;
use presence_model::time::Millis;

use crate::room::{CROWDED_FOR, Room};

impl Room {
    /// Whether others see where the session points; what they see ends with it.
    pub fn share_cursor(&mut self, session: &SessionId, shares: bool) {
        let Some(seat) = self.seat(session) else { return };
        let (points, active_at) = (seat.member.cursor.is_some(), seat.member.last_active_at);
        if points && !shares {
            self.move_cursor(active_at, session, Cursor::default());
        }
        if let Some(seat) = self.seat_mut(session) {
            seat.shares_cursor = shares;
        }
    }

    pub fn move_cursor(&mut self, now: Millis, session: &SessionId, cursor: Cursor) {
        let Some(seat) = self.seat_mut(session).filter(|seat| seat.shares_cursor) else { return };
        seat.member.cursor = (!cursor.is_hidden()).then_some(cursor);
        seat.member.last_active_at = seat.member.last_active_at.max(now);
        seat.sequence = seat.sequence.wrapping_add(1);
        let slot = seat.member.card.slot;
        self.moved.insert(slot);
        if !self.moves.take(now) {
            self.crowded_until = now + CROWDED_FOR;
        }
    }

    /// The session needs all cursors at the next flush.
    pub fn show_cursors(&mut self, session: &SessionId) {
        self.behind.extend(self.slots.get(session));
    }
}
