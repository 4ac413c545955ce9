//! How often a user may ask for what no session counts: there may be none.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use presence_hub::rate::Bucket;
use presence_model::id::UserId;
use presence_model::limit::Rate;
use presence_model::time::Millis;

/// So many are counted before those are looked for who may be forgotten.
const MOST: usize = 10_000;

#[derive(Debug)]
pub struct Quotas {
    rate: Rate,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<UserId, Bucket>,
    /// Who was counted before those that are counted now. Everybody has one bucket.
    before: BTreeMap<UserId, Bucket>,
}

impl Quotas {
    pub fn new(rate: Rate) -> Self {
        Self { rate, state: Mutex::default() }
    }

    /// Counts once more, or says when to come again.
    pub fn take(&self, now: Millis, user: &UserId) -> Result<(), Millis> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.users.len() >= MOST {
            state.before = std::mem::take(&mut state.users);
        }
        let known = state.before.remove(user);
        let bucket = state.users.entry(user.clone()).or_insert_with(|| known.unwrap_or_else(|| Bucket::new(self.rate)));
        if bucket.take(now) { Ok(()) } else { Err(bucket.ready_at().since(now).max(Millis(1))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_rate_and_not_everybody_is_remembered() {
        let quotas = Quotas::new(Rate { every: Millis(200), burst: 2 });
        let (now, user) = (Millis::seconds(1), |number: usize| UserId::parse(&number.to_string()).unwrap());
        for _ in 0..2 {
            assert_eq!(quotas.take(now, &user(0)), Ok(()));
        }
        assert_eq!(quotas.take(now, &user(0)), Err(Millis(200)));
        assert_eq!(quotas.take(now + Millis(200), &user(0)), Ok(()));
        for number in 1..=MOST {
            assert_eq!(quotas.take(now, &user(number)), Ok(()));
        }
        assert_eq!(quotas.take(now + Millis(200), &user(0)), Err(Millis(200)), "a crowd hides nobody");
        (0..5 * MOST).for_each(|number| _ = quotas.take(now, &user(number)));
        let state = quotas.state.lock().unwrap();
        assert!(state.users.len() + state.before.len() <= 2 * MOST);
    }
}
