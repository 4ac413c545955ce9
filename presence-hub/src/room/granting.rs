//! What members may do in a room.

use presence_model::command::Command;
use presence_model::grant::{Grants, Right};
use presence_model::id::{RoomId, SessionId};
use presence_model::playback::Action;
use presence_model::room::Cursor;
use presence_model::time::Millis;

use crate::room::{Room, Seat};

/// What a member's token allows there.
#[derive(Clone, Copy, Debug)]
pub(in crate::room) struct Rights {
    pub(in crate::room) may_write: bool,
    pub(in crate::room) may_control: bool,
}

impl Rights {
    pub(in crate::room) fn of(grants: &Grants, room: &RoomId) -> Self {
        Self { may_write: grants.allow(room, Right::Write), may_control: grants.allow(room, Right::Control) }
    }

    const fn allow(self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::Write => self.may_write,
            Right::Control => self.may_control,
        }
    }
}

impl Room {
    /// What the session's token allows holds from now on. Who may not write any more points, marks and types
    /// nowhere; who may not control any more does not.
    pub fn grant(&mut self, now: Millis, session: &SessionId, grants: &Grants) {
        let rights = Rights::of(grants, &self.key.room);
        let Some(seat) = self.seat_mut(session) else { return };
        let before = std::mem::replace(&mut seat.rights, rights);
        if before.may_write && !rights.may_write {
            let (points, active_at) = (seat.member.cursor.is_some(), seat.member.last_active_at);
            if points {
                self.move_cursor(active_at, session, Cursor::default());
            }
            self.set_typing(now, session, None);
            self.select(active_at, session, None);
        }
        if before.may_control && !rights.may_control {
            self.settle_control();
        }
    }

    /// The right that a member lacks for a command.
    pub fn lacks(&self, seat: &Seat, command: &Command) -> Option<Right> {
        let syncs = matches!(command, Command::Playback { said, .. } if said.action == Action::Sync);
        let takes_control = syncs && self.watch.controller().is_none();
        let needed = if takes_control { Some(Right::Control) } else { command.right() };
        needed.filter(|right| !seat.rights.allow(*right))
    }

    /// Whether a command would drive what all watch, take control or give it up.
    pub fn steers(&self, seat: &Seat, command: &Command) -> bool {
        let is_own = self.watch.is_controlled_by(&seat.member.card.user_id);
        match command {
            Command::Playback { said, .. } if said.action == Action::Sync => {
                is_own || self.watch.controller().is_none()
            }
            Command::Playback { .. } => is_own && self.watch.is_synced(),
            Command::ControlRelease(_) => is_own,
            _ => false,
        }
    }
}
