//! What each user does, over all of their sessions: the most present one counts, and a status set by
//! hand wins (`CONTRACT.md` 0).

use std::collections::BTreeMap;

use presence_model::id::UserId;
use presence_model::status::{Status, Thresholds};
use presence_model::time::Millis;

use crate::sessions::Sessions;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserState {
    pub status: Status,
    pub last_active_at: Millis,
}

#[derive(Debug, Default)]
pub struct People {
    users: BTreeMap<UserId, UserState>,
}

impl People {
    pub fn of(&self, user: &UserId) -> (Status, Millis) {
        self.users.get(user).map_or((Status::Active, Millis::ZERO), |state| (state.status, state.last_active_at))
    }

    /// Notes a user who has a session now; a known one stays as last told.
    pub fn add(&mut self, now: Millis, user: &UserId, sessions: &Sessions, thresholds: &Thresholds) {
        if !self.users.contains_key(user) {
            self.users.insert(user.clone(), recount(now, user, sessions, thresholds));
        }
    }

    /// Recounts a user; `Some` when the status is another one than was told.
    pub fn refresh(
        &mut self,
        now: Millis,
        user: &UserId,
        sessions: &Sessions,
        thresholds: &Thresholds,
    ) -> Option<UserState> {
        if sessions.of_user(user).next().is_none() {
            self.users.remove(user);
            return None;
        }
        let state = recount(now, user, sessions, thresholds);
        let before = self.users.insert(user.clone(), state);
        (before.map(|before| before.status) != Some(state.status)).then_some(state)
    }
}

fn recount(now: Millis, user: &UserId, sessions: &Sessions, thresholds: &Thresholds) -> UserState {
    let of_user = || sessions.of_user(user).map(|(_, session)| session);
    let derived =
        || of_user().map(|session| session.status(now, thresholds)).fold(Status::Offline, Status::or_more_present);
    UserState {
        status: sessions.by_hand(user).unwrap_or_else(derived),
        last_active_at: of_user().filter_map(|session| session.last_input).max().unwrap_or(Millis::ZERO),
    }
}
