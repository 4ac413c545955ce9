//! In which order members said what they say, as far as it comes here in another one.

use presence_model::id::SessionId;

use crate::room::{Room, Seat, Topic};

impl Seat {
    /// Whether a word on the session's privacy, behind which something was said, is still on its way here from the lobby.
    pub fn is_unsettled(&self, behind: u64) -> bool {
        behind > self.orders[Topic::Privacy as usize]
    }
}

impl Room {
    /// Takes a command's place in the order of its socket; false for one that came too late.
    pub fn takes(&mut self, session: &SessionId, topic: Topic, order: u64) -> bool {
        let Some(seat) = self.seat_mut(session) else { return false };
        let newest = &mut seat.orders[topic as usize];
        let in_order = order > *newest;
        *newest = order.max(*newest);
        in_order
    }

    /// What the lobby said of the session's privacy up to here is in force.
    pub fn settle(&mut self, session: &SessionId, behind: u64) {
        if let Some(seat) = self.seat_mut(session) {
            let settled = &mut seat.orders[Topic::Privacy as usize];
            *settled = behind.max(*settled);
        }
    }
}
