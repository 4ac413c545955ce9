//! When those who are not here were here last. Of who is here it is not kept in memory: that is now.

use std::collections::BTreeMap;

use presence_model::id::UserId;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::expiry::Expiry;
use crate::outputs::Outputs;
use crate::saved::{Change, HERE, Saved, Who};

#[derive(Debug)]
pub struct LastSeen {
    /// Of each kind.
    most: usize,
    kept: Millis,
    /// People, instances, sessions: many sessions of few people do not make others forgotten.
    rows: [Expiry<Who>; 3],
    /// Until when those were here for certain who still have a session, by another that ended: its line may have
    /// spoken later than theirs.
    until: BTreeMap<Who, Millis>,
}

impl LastSeen {
    pub fn new(timing: &Timing, limits: &Limits, saved: &Saved) -> Self {
        let (most, kept) = (limits.last_seen, timing.last_seen_kept);
        let mut last_seen = Self { most, kept, rows: Default::default(), until: BTreeMap::new() };
        for (who, at) in &saved.last_seen {
            last_seen.rows_of(who).set(who.clone(), *at);
        }
        last_seen
    }

    pub fn of_user(&self, now: Millis, user: &UserId) -> Option<Millis> {
        let [users, ..] = &self.rows;
        let who = Who::User(user.clone());
        users.at(&who).max(self.until.get(&who).copied()).filter(|at| *at + self.kept > now)
    }

    /// Somebody is here.
    pub fn note(&mut self, who: Who, out: &mut Outputs) {
        self.rows_of(&who).clear(&who);
        out.save(Change::LastSeen { who, at: HERE });
    }

    /// Somebody is still here, by less than he was.
    pub fn stay(&mut self, who: Who, at: Millis) {
        let until = self.until.entry(who).or_insert(at);
        *until = at.max(*until);
    }

    /// Somebody went; `at` is when he was here for certain.
    pub fn leave(&mut self, who: Who, at: Millis, out: &mut Outputs) {
        let most = self.most;
        let at = self.until.remove(&who).map_or(at, |until| until.max(at));
        out.save(Change::LastSeen { who: who.clone(), at });
        let rows = self.rows_of(&who);
        rows.set(who, at);
        while rows.len() > most
            && let Some(oldest) = rows.pop_first()
        {
            out.save(Change::LastSeenForgotten(oldest));
        }
    }

    /// Of all who are still here there is nothing newer to come.
    pub fn leave_all(&mut self, out: &mut Outputs) {
        while let Some((who, at)) = self.until.pop_first() {
            self.leave(who, at, out);
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
            Who::Session(_) | Who::Server => sessions,
        }
    }
}
