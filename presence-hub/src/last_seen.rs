//! When those who are not here were here last. Of who is here it is not kept in memory: that is now.

use presence_model::id::UserId;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::expiry::Expiry;
use crate::outputs::Outputs;
use crate::saved::{Change, Saved, Who};

#[derive(Debug)]
pub struct LastSeen {
    /// Of each kind.
    most: usize,
    kept: Millis,
    /// People, instances, sessions: many sessions of few people do not make others forgotten.
    rows: [Expiry<Who>; 3],
}

impl LastSeen {
    pub fn new(timing: &Timing, limits: &Limits, saved: &Saved) -> Self {
        let mut last_seen = Self { most: limits.last_seen, kept: timing.last_seen_kept, rows: Default::default() };
        for (who, at) in &saved.last_seen {
            last_seen.rows_of(who).set(who.clone(), *at);
        }
        last_seen
    }

    pub fn of_user(&self, now: Millis, user: &UserId) -> Option<Millis> {
        let [users, ..] = &self.rows;
        users.at(&Who::User(user.clone())).filter(|at| *at + self.kept > now)
    }

    /// Somebody is here.
    pub fn note(&mut self, who: Who, now: Millis, out: &mut Outputs) {
        self.rows_of(&who).clear(&who);
        out.save(Change::LastSeen { who, at: now });
    }

    /// Somebody went; `at` is when he was here for certain.
    pub fn leave(&mut self, who: Who, at: Millis, out: &mut Outputs) {
        let most = self.most;
        out.save(Change::LastSeen { who: who.clone(), at });
        let rows = self.rows_of(&who);
        rows.set(who, at);
        while rows.len() > most
            && let Some(oldest) = rows.pop_first()
        {
            out.save(Change::LastSeenForgotten(oldest));
        }
    }

    /// What is too old is forgotten.
    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        for rows in &mut self.rows {
            while let Some(who) = rows.pop(now - self.kept) {
                out.save(Change::LastSeenForgotten(who));
            }
        }
    }

    const fn rows_of(&mut self, who: &Who) -> &mut Expiry<Who> {
        let [users, instances, sessions] = &mut self.rows;
        match who {
            Who::User(_) => users,
            Who::Instance(_) => instances,
            Who::Session(_) => sessions,
        }
    }
}
