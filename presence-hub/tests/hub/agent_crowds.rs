//! Very many agents: no window brings a dashboard more than its line takes, and nothing is lost on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::agent::{AgentEvent, AgentRecord, AgentStatus, Deed, Watcher};
use presence_model::event::Event;
use presence_model::id::{AgentId, ConnectionId};
use presence_model::time::Millis;

use crate::agents::{WINDOW, agent};
use crate::stage::Stage;

const CROWD: usize = 1_000;
const MOST_AGENTS: usize = 128;

fn crowd(stage: &mut Stage, text: &str) {
    for number in 0..CROWD {
        let event = AgentEvent { activity: Some(text.into()), ..AgentEvent::of(Deed::ToolExecute) };
        stage.report_for(agent(&format!("agent-{number:04}")), vec![event]);
    }
}

fn watch(stage: &mut Stage) -> Dashboard {
    let socket = stage.watch_agents(Watcher::Address("10.0.0.1".to_owned()));
    Dashboard { socket, agents: BTreeMap::new(), is_whole: false, windows: 0, most: (0, 0) }
}

struct Dashboard {
    socket: ConnectionId,
    agents: BTreeMap<AgentId, Arc<AgentRecord>>,
    is_whole: bool,
    windows: usize,
    /// Agents and bytes of their texts that one window brought.
    most: (usize, usize),
}

impl Dashboard {
    fn hear(&mut self, stage: &mut Stage) {
        let mut told = vec![];
        for event in stage.told(self.socket) {
            match &*event {
                Event::Agents { agents, more, .. } => {
                    assert!(!self.is_whole, "it was shown all of them");
                    self.is_whole = !more;
                    told.extend(agents.iter().cloned());
                }
                Event::Agent { agent, .. } => told.push(agent.clone()),
                other => panic!("a dashboard is told {other:?}"),
            }
        }
        let bytes = told.iter().map(|record| record.activity.as_deref().unwrap_or_default().len()).sum();
        self.most = (self.most.0.max(told.len()), self.most.1.max(bytes));
        self.windows += usize::from(!told.is_empty());
        self.agents.extend(told.into_iter().map(|record| (record.agent.clone(), record)));
    }

    /// Until nothing more is to be told.
    fn hear_all(&mut self, stage: &mut Stage) {
        self.hear(stage);
        for _ in 0..CROWD {
            stage.wait(WINDOW);
            self.hear(stage);
        }
    }
}

#[test]
fn a_dashboard_is_shown_a_crowd_in_parts() {
    let long = "x".repeat(1_500);
    for (text, windows) in [("pushing", CROWD.div_ceil(MOST_AGENTS)), (&*long, CROWD.div_ceil(65_536 / 1_511))] {
        let mut stage = Stage::new();
        crowd(&mut stage, text);
        stage.wait(Millis::seconds(2));
        let mut dashboard = watch(&mut stage);
        dashboard.hear(&mut stage);
        assert!(!dashboard.is_whole && !dashboard.agents.is_empty());
        dashboard.hear_all(&mut stage);
        assert!(dashboard.is_whole);
        assert_eq!((dashboard.agents.len(), dashboard.windows), (CROWD, windows));
        assert!(dashboard.most <= (MOST_AGENTS, 64 * 1024), "{:?}", dashboard.most);
    }
}

#[test]
fn what_changes_while_it_is_shown_ends_as_it_stands() {
    let mut stage = Stage::new();
    crowd(&mut stage, "old");
    stage.wait(Millis::seconds(2));
    let mut dashboard = watch(&mut stage);
    dashboard.hear(&mut stage);
    // Some were shown and some were not, and one is new before the first.
    crowd(&mut stage, "new");
    stage.report_for(agent("a"), vec![AgentEvent::of(Deed::Activity)]);
    dashboard.hear_all(&mut stage);
    assert!(dashboard.is_whole && dashboard.agents.contains_key(&agent("a")));
    assert_eq!(dashboard.agents.len(), CROWD + 1);
    let stale = dashboard.agents.values().filter(|record| record.activity.as_deref() == Some("old")).count();
    assert_eq!(stale, 0);
    assert!(dashboard.most.0 <= 2 * MOST_AGENTS, "a part of each kind: {:?}", dashboard.most);
}

#[test]
fn who_stops_to_follow_is_shown_no_more() {
    let mut stage = Stage::new();
    crowd(&mut stage, "pushing");
    stage.wait(Millis::seconds(2));
    let mut dashboard = watch(&mut stage);
    stage.close(dashboard.socket, presence_hub::io::End::Lost);
    dashboard.hear(&mut stage);
    let shown = dashboard.agents.len();
    dashboard.hear_all(&mut stage);
    assert_eq!(dashboard.agents.len(), shown);
}

#[test]
fn a_crowd_that_falls_idle_at_once_is_told_in_parts() {
    let mut stage = Stage::new();
    crowd(&mut stage, "pushing");
    stage.wait(Millis::seconds(2));
    let mut dashboard = watch(&mut stage);
    dashboard.hear_all(&mut stage);
    dashboard.most = (0, 0);
    stage.wait(Millis::minutes(4));
    for _ in 0..CROWD {
        stage.wait(WINDOW);
        dashboard.hear(&mut stage);
    }
    assert!(dashboard.agents.values().all(|record| record.status == AgentStatus::Idle));
    assert_eq!(dashboard.most.0, MOST_AGENTS);
}
