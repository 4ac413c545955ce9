//! Agents and what they work on: what was reported of them, what follows from time, and what is still to be told.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::agent::AgentRecord;
use presence_model::id::AgentId;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::saved::Saved;

#[derive(Debug)]
pub struct Agents {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    records: BTreeMap<AgentId, Arc<AgentRecord>>,
}

impl Agents {
    pub fn new(timing: Arc<Timing>, limits: Arc<Limits>, saved: &Saved) -> Self {
        let records = saved.agents.iter().map(|record| (record.agent.clone(), Arc::new(record.clone())));
        Self { timing, limits, records: records.collect() }
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

    pub fn next_deadline(&self) -> Option<Millis> {
        let (_, _) = (&self.timing, &self.limits);
        None
    }
}
