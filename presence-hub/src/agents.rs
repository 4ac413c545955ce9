//! Agents and what they work on: what was reported of them, what follows from time, and what is still to be told.

pub mod bunch;
pub mod features;
pub mod keys;
pub mod news;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use presence_model::agent::{AgentEvent, AgentRecord, AgentStatus, FeatureStatus};
use presence_model::feed::AgentNotice;
use presence_model::id::{AgentId, FeatureId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::{Millis, earlier};

use crate::agents::bunch::Bunch;
use crate::agents::features::Features;
use crate::agents::keys::Keys;
use crate::agents::news::{News, Told};
use crate::expiry::Expiry;
use crate::outputs::Outputs;
use crate::saved::{Change, ReportKey, Saved};

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub record: Arc<AgentRecord>,
    pub counted: usize,
    pub repeated: usize,
}

#[derive(Debug)]
pub struct Agents {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    records: BTreeMap<AgentId, Arc<AgentRecord>>,
    /// Who goes first when there are too many.
    order: BTreeSet<Place>,
    /// When active ones will be idle.
    idle: Expiry<AgentId>,
    keys: Keys,
    features: Features,
    news: News,
}

/// Whether it is there at all, and since when it did nothing.
type Place = (bool, Millis, AgentId);

fn place(record: &AgentRecord) -> Place {
    (record.status != AgentStatus::Offline, record.last_activity, record.agent.clone())
}

impl Agents {
    pub fn new(now: Millis, (timing, limits): (Arc<Timing>, Arc<Limits>), saved: &Saved) -> Self {
        let keys = Keys::new(now, &timing, &limits, &saved.keys);
        let features = Features::new(limits.features, &saved.features);
        let mut agents = Self {
            timing,
            limits,
            records: BTreeMap::new(),
            order: BTreeSet::new(),
            idle: Expiry::default(),
            keys,
            features,
            news: News::default(),
        };
        for record in &saved.agents {
            // The clock may have been put back.
            let last_activity = record.last_activity.min(now);
            let mut record = AgentRecord { last_activity, ..record.clone() };
            if record.idle_at(agents.timing.agent_idle_after).is_some_and(|at| at <= now) {
                record.status = AgentStatus::Idle;
            }
            agents.replace(Arc::new(record));
        }
        agents
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<AgentRecord>> {
        self.records.values()
    }

    /// As many of those that come behind one as can be told at once, and whether there are more.
    pub fn part(&self, behind: Option<&AgentId>) -> (Arc<[Arc<AgentRecord>]>, bool) {
        let from = behind.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.records.range((from, Bound::Unbounded)).map(|(_, record)| record).peekable();
        let mut bunch = Bunch::default();
        let part = std::iter::from_fn(|| rest.next_if(|record| bunch.takes(record)).cloned()).collect();
        (part, rest.peek().is_some())
    }

    pub fn find(&self, agent: &AgentId) -> Option<&Arc<AgentRecord>> {
        self.records.get(agent)
    }

    /// Takes over what an agent did, but for what was counted before. `None` if that is nothing, and it never did
    /// anything.
    pub fn report(
        &mut self,
        now: Millis,
        agent: &AgentId,
        events: &[AgentEvent],
        out: &mut Outputs,
    ) -> Option<Reported> {
        self.keys.drop_old(now);
        let known = self.records.get(agent).cloned();
        if known.is_none() && events.is_empty() {
            return None;
        }
        let mut record = known.as_deref().cloned().unwrap_or_else(|| AgentRecord::new(agent.clone(), now));
        let mut keys = BTreeSet::new();
        let mut counted = 0;
        for event in events {
            let key = event.key.clone().map(|key| ReportKey { agent: record.agent.clone(), key });
            // What a forgotten agent reported counts for nothing any more.
            let is_known = |key: &ReportKey| keys.contains(key) || known.is_some() && self.keys.has(key);
            if !key.as_ref().is_some_and(is_known) && record.apply(now, event) {
                counted += 1;
                keys.extend(key);
            }
        }
        let repeated = events.len() - counted;
        let record = match known {
            Some(known) if counted == 0 => known,
            _ => self.put(now, record, keys, out),
        };
        Some(Reported { record, counted, repeated })
    }

    /// Takes over what was said of an agent. People were told already.
    pub fn describe(&mut self, now: Millis, notice: &AgentNotice, out: &mut Outputs) {
        let known = self.records.get(&notice.agent).map(|record| AgentRecord::clone(record));
        let mut record = known.unwrap_or_else(|| AgentRecord::new(notice.agent.clone(), now));
        record.describe(now, notice.state.status(), notice.task.as_ref());
        self.put(now, record, BTreeSet::new(), out);
        self.news.note_seen(&notice.agent);
    }

    /// Whether what has this key was counted. What a forgotten agent reported counts for nothing any more.
    pub fn has_counted(&mut self, now: Millis, key: &ReportKey) -> bool {
        self.keys.drop_old(now);
        self.records.contains_key(&key.agent) && self.keys.has(key)
    }

    pub fn find_feature(&self, feature: &FeatureId) -> Option<FeatureStatus> {
        self.features.find(feature)
    }

    /// Takes over where the work on a feature stands. Returns where it stood before.
    pub fn set_feature(
        &mut self,
        now: Millis,
        feature: &FeatureId,
        status: FeatureStatus,
        out: &mut Outputs,
    ) -> Option<FeatureStatus> {
        let old = self.features.set(now, feature.clone(), status);
        out.save(Change::Feature { feature: feature.clone(), status, at: now });
        while let Some(oldest) = self.features.pop_surplus() {
            out.save(Change::FeatureForgotten(oldest));
        }
        old
    }

    /// What is to be told now.
    pub fn take_news(&mut self, now: Millis) -> Vec<Told> {
        self.news.take(now, self.timing.agents_told_every)
    }

    /// Nothing was heard for so long.
    pub fn excuse(&mut self, lateness: Millis) {
        self.idle.put_off(lateness);
    }

    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some(agent) = self.idle.pop(now) {
            let Some(record) = self.records.get(&agent) else { continue };
            let record = AgentRecord { status: AgentStatus::Idle, ..AgentRecord::clone(record) };
            self.put(now, record, BTreeSet::new(), out);
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(self.idle.next(), self.news.next_deadline())
    }

    /// Keeps an agent as it stands, with the keys of the reports that made it so.
    fn put(
        &mut self,
        now: Millis,
        record: AgentRecord,
        keys: BTreeSet<ReportKey>,
        out: &mut Outputs,
    ) -> Arc<AgentRecord> {
        let record = Arc::new(record);
        if !self.records.contains_key(&record.agent) {
            self.make_room(out);
        }
        let before = self.replace(record.clone());
        self.news.note(before.as_deref(), record.clone());
        for key in &keys {
            self.keys.put(now, key.clone());
        }
        out.save(Change::Agent { record: record.clone(), keys: keys.into_iter().collect(), at: now });
        self.keys.drop_old(now);
        if let Some(up_to) = self.keys.take_forgotten(now) {
            out.save(Change::KeysForgotten { up_to });
        }
        record
    }

    fn replace(&mut self, record: Arc<AgentRecord>) -> Option<Arc<AgentRecord>> {
        match record.idle_at(self.timing.agent_idle_after) {
            Some(at) => self.idle.set(record.agent.clone(), at),
            None => self.idle.clear(&record.agent),
        }
        self.order.insert(place(&record));
        let before = self.records.insert(record.agent.clone(), record.clone());
        if let Some(before) = before.as_ref().map(|before| place(before)).filter(|before| *before != place(&record)) {
            self.order.remove(&before);
        }
        before
    }

    /// Forgets agents until there is room for one more.
    fn make_room(&mut self, out: &mut Outputs) {
        while self.records.len() >= self.limits.agents.max(1) {
            let Some((_, _, agent)) = self.order.pop_first() else { return };
            self.idle.clear(&agent);
            if let Some(gone) = self.records.remove(&agent)
                && gone.status != AgentStatus::Offline
            {
                // Or it would look to its followers as if it worked for ever.
                let left = AgentRecord { status: AgentStatus::Offline, ..AgentRecord::clone(&gone) };
                self.news.note(Some(&gone), Arc::new(left));
            }
            out.save(Change::AgentForgotten(agent));
        }
    }
}
