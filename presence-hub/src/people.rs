//! What each user does, over all of their sessions: the most present one counts, and a status set by
//! hand wins (`CONTRACT.md` 0).

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::id::UserId;
use presence_model::status::{Status, Thresholds};
use presence_model::time::Millis;

use crate::sessions::Sessions;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserState {
    pub status: Status,
    /// What the user says of it.
    pub message: Option<Arc<str>>,
    pub last_active_at: Millis,
}

#[derive(Debug, Default)]
pub struct People {
    users: BTreeMap<UserId, UserState>,
}

impl People {
    pub fn of(&self, user: &UserId) -> UserState {
        let unknown = UserState { status: Status::Active, message: None, last_active_at: Millis::ZERO };
        self.users.get(user).cloned().unwrap_or(unknown)
    }

    /// Notes a user who has a session now that others may know of; a known one stays as last told.
    pub fn add(&mut self, now: Millis, user: &UserId, sessions: &Sessions, thresholds: &Thresholds) {
        if !self.users.contains_key(user) && sessions.seen_of_user(user).next().is_some() {
            self.users.insert(user.clone(), recount(now, user, sessions, thresholds));
        }
    }

    /// Recounts a user; `Some` when the status, or what is said of it, is another one than was told.
    pub fn refresh(
        &mut self,
        now: Millis,
        user: &UserId,
        sessions: &Sessions,
        thresholds: &Thresholds,
    ) -> Option<UserState> {
        if sessions.seen_of_user(user).next().is_none() {
            self.users.remove(user);
            return None;
        }
        let state = recount(now, user, sessions, thresholds);
        let told = |state: &UserState| (state.status, state.message.clone());
        let before = self.users.insert(user.clone(), state.clone());
        (before.as_ref().map(told) != Some(told(&state))).then_some(state)
    }
}

fn recount(now: Millis, user: &UserId, sessions: &Sessions, thresholds: &Thresholds) -> UserState {
    let of_user = || sessions.seen_of_user(user).map(|(_, session)| session);
    let derived =
        || of_user().map(|session| session.status(now, thresholds)).fold(Status::Offline, Status::or_more_present);
    UserState {
        status: sessions.by_hand(user).unwrap_or_else(derived),
        message: sessions.message_of(user),
        last_active_at: of_user().filter_map(|session| session.last_input).max().unwrap_or(Millis::ZERO),
    }
}
