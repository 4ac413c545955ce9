//! How many agents are told at once. Thousands may begin, or fall idle, in one moment, and a slow line is closed when
//! too much waits for it: what does not fit comes in the next window.

use std::sync::Arc;

use presence_model::agent::AgentRecord;

/// 5,000 agents with short texts are told within two seconds.
pub const MOST_AGENTS: usize = 128;

/// Or fewer, if they have long texts: of those alone.
pub const MOST_BYTES: usize = 64 * 1024;

#[derive(Debug, Default)]
pub struct Bunch {
    agents: usize,
    bytes: usize,
}

impl Bunch {
    /// False if it is too much with one more.
    pub fn takes(&mut self, record: &AgentRecord) -> bool {
        let bytes = self.bytes + weight(record);
        if self.agents > 0 && (self.agents >= MOST_AGENTS || bytes > MOST_BYTES) {
            return false;
        }
        (self.agents, self.bytes) = (self.agents + 1, bytes);
        true
    }
}

fn weight(record: &AgentRecord) -> usize {
    let texts = [&record.last_tool, &record.session, &record.activity];
    let feature = record.feature.as_ref().map_or(0, |feature| feature.as_str().len());
    let texts: usize = texts.into_iter().flatten().map(|text: &Arc<str>| text.len()).sum();
    record.agent.as_str().len() + feature + texts
}
