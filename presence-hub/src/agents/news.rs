//! What is still to be told of agents. A lone change is told at once; when more come, all agents that changed are
//! told together, as they stand then, and at most once in a while; of very many those first that changed first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use presence_model::agent::{AgentRecord, AgentStatus};
use presence_model::feed::{AgentNotice, AgentState};
use presence_model::id::AgentId;
use presence_model::time::Millis;

use crate::agents::bunch::Bunch;

/// What people are told of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    status: AgentStatus,
    activity: Option<Arc<str>>,
}

impl From<&AgentRecord> for Face {
    fn from(record: &AgentRecord) -> Self {
        Self { status: record.status, activity: record.activity.clone() }
    }
}

#[derive(Debug)]
struct Untold {
    record: Arc<AgentRecord>,
    /// As people were told last.
    face: Option<Face>,
}

#[derive(Debug)]
pub struct Told {
    pub record: Arc<AgentRecord>,
    /// For people, if it is news for them.
    pub notice: Option<AgentNotice>,
}

#[derive(Debug, Default)]
pub struct News {
    untold: BTreeMap<AgentId, Untold>,
    /// The same, as they changed first.
    order: VecDeque<AgentId>,
    not_before: Millis,
}

impl News {
    pub fn note(&mut self, before: Option<&AgentRecord>, record: Arc<AgentRecord>) {
        let untold = self.untold.remove(&record.agent);
        if untold.is_none() {
            self.order.push_back(record.agent.clone());
        }
        let face = untold.map_or_else(|| before.map(Face::from), |untold| untold.face);
        self.untold.insert(record.agent.clone(), Untold { record, face });
    }

    /// People know how it stands now.
    pub fn note_seen(&mut self, agent: &AgentId) {
        if let Some(untold) = self.untold.get_mut(agent) {
            untold.face = Some(Face::from(&*untold.record));
        }
    }

    /// What is to be told now.
    pub fn take(&mut self, now: Millis, every: Millis) -> Vec<Told> {
        if self.untold.is_empty() || now < self.not_before {
            return vec![];
        }
        let mut bunch = Bunch::default();
        let mut now_told = vec![];
        while let Some(first) = self.order.pop_front() {
            match self.untold.remove(&first) {
                Some(untold) if bunch.takes(&untold.record) => now_told.push(told(untold)),
                Some(untold) => {
                    self.untold.insert(first.clone(), untold);
                    self.order.push_front(first);
                    break;
                }
                None => {}
            }
        }
        self.not_before = now + if self.order.is_empty() { every } else { every.max(Millis(1)) };
        now_told
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        (!self.untold.is_empty()).then_some(self.not_before)
    }
}

fn told(Untold { record, face }: Untold) -> Told {
    let is_news = face != Some(Face::from(&*record));
    let notice = is_news.then(|| AgentNotice {
        agent: record.agent.clone(),
        state: AgentState::of(record.status),
        task: record.activity.clone(),
        progress: None,
    });
    Told { record, notice }
}
