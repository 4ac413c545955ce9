//! What each user does, over all of their sessions: the most present one counts, and a status set by
//! hand wins (`CONTRACT.md` 0).

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::feed::Availability;
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

/// What is to be told of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The status, or what is said of it, is another one than was told.
    pub state: Option<UserState>,
    /// As is this, to those who follow messages.
    pub availability: Option<Availability>,
}

#[derive(Debug)]
struct Row {
    state: UserState,
    /// What those who follow messages were told, once they were.
    announced: Option<Availability>,
}

#[derive(Debug, Default)]
pub struct People {
    users: BTreeMap<UserId, Row>,
    /// Who goes and comes at once, and what was told of him.
    changing: Option<(UserId, Option<Availability>)>,
}

impl People {
    pub fn of(&self, user: &UserId) -> UserState {
        let unknown = UserState { status: Status::Active, message: None, last_active_at: Millis::ZERO };
        self.users.get(user).map_or(unknown, |row| row.state.clone())
    }

    /// What those who follow messages were told of somebody who is here.
    pub fn announced(&self, user: &UserId) -> Option<Availability> {
        self.users.get(user).and_then(|row| row.announced)
    }

    /// Notes a user who has a session now that others may know of; a known one stays as last told.
    pub fn add(&mut self, now: Millis, user: &UserId, sessions: &Sessions, thresholds: &Thresholds) {
        if !self.users.contains_key(user) && sessions.seen_of_user(user).next().is_some() {
            let state = recount(now, user, sessions, thresholds);
            let announced = self.resume(user);
            self.users.insert(user.clone(), Row { state, announced });
        }
    }

    /// A user's session may make way for another one: he is not gone between the two.
    pub fn hold(&mut self, user: &UserId) {
        self.changing = Some((user.clone(), None));
    }

    /// If the other one did not come, or nobody may know of it, he is gone.
    pub fn release(&mut self) -> Option<UserId> {
        let (user, announced) = self.changing.take()?;
        announced.map(|_| user)
    }

    fn resume(&mut self, user: &UserId) -> Option<Availability> {
        self.changing.as_mut().filter(|(changing, _)| changing == user).and_then(|(_, announced)| announced.take())
    }

    /// Recounts a user.
    pub fn refresh(&mut self, now: Millis, user: &UserId, sessions: &Sessions, thresholds: &Thresholds) -> News {
        if sessions.seen_of_user(user).next().is_none() {
            let announced = self.users.remove(user).and_then(|row| row.announced);
            if let Some((_, held)) = self.changing.as_mut().filter(|(changing, _)| changing == user) {
                if announced.is_some() {
                    *held = announced;
                }
                return News::default();
            }
            return News { state: None, availability: announced.map(|_| Availability::Offline) };
        }
        let state = recount(now, user, sessions, thresholds);
        let availability = Some(Availability::of(state.status));
        let row = Row { state: state.clone(), announced: availability };
        let before = self.users.insert(user.clone(), row);
        let told = |state: &UserState| (state.status, state.message.clone());
        let is_news = before.as_ref().map(|row| told(&row.state)) != Some(told(&state));
        let is_known = before.and_then(|row| row.announced) == availability;
        News { state: is_news.then_some(state), availability: availability.filter(|_| !is_known) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_held_is_gone_if_nobody_came_however_often_he_is_recounted() {
        let (mut people, sessions, thresholds) = (People::default(), Sessions::default(), Thresholds::default());
        let ann = UserId::parse("ann").unwrap();
        let row = Row { state: people.of(&ann), announced: Some(Availability::Online) };
        people.users.insert(ann.clone(), row);
        people.hold(&ann);
        for _ in 0..2 {
            assert_eq!(people.refresh(Millis::ZERO, &ann, &sessions, &thresholds), News::default());
        }
        assert_eq!(people.release(), Some(ann));
    }
}
