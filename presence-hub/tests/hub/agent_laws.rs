//! What holds of agents whatever they report, in any order, across restarts: against the same rules, slow and plain.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use presence_model::agent::{AgentEvent, AgentRecord, AgentStatus, Deed, Watcher};
use presence_model::event::Event;
use presence_model::id::{AgentId, ConnectionId};
use presence_model::limit::{Limits, Timing};
use presence_model::posting::{Posting, Receipt};
use presence_model::time::Millis;
use proptest::prelude::*;
use proptest::sample::select;

use crate::agents::{WINDOW, agent};
use crate::stage::Stage;
use crate::visit::user;

const DAY: Millis = Millis::minutes(24 * 60);
const IDLE: Millis = Millis::minutes(5);
const AGENTS: [&str; 3] = ["claude", "gemini", "opus"];

#[derive(Clone, Debug)]
enum Step {
    Report(&'static str, Vec<AgentEvent>),
    Wait(Millis),
    Restart,
}

fn event() -> impl Strategy<Value = AgentEvent> {
    use Deed::{Activity, FeatureChange, Offline, SessionEnd, SessionStart, ToolExecute};
    const DEEDS: [Deed; 7] = [ToolExecute, ToolExecute, FeatureChange, SessionStart, SessionEnd, Activity, Offline];
    let text = |texts: &'static [&'static str]| proptest::option::of(select(texts).prop_map(Arc::from));
    let (session, key) = (text(&["s1", "s2"]), text(&["k1", "k2", "k3", "k4", "k5", "k6"]));
    (select(&DEEDS[..]), 0_u64..5, session, key, text(&["pushing", "pulling"])).prop_map(
        |(deed, tokens, session, key, activity)| AgentEvent { tokens, session, key, activity, ..AgentEvent::of(deed) },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0_u64..100, 2 => 0..IDLE.0 * 2, 1 => 0..DAY.0];
    prop_oneof![
        8 => (select(&AGENTS[..]), proptest::collection::vec(event(), 1..5)).prop_map(|(who, all)| Step::Report(who, all)),
        5 => wait.prop_map(|time| Step::Wait(Millis(time))),
        1 => Just(Step::Restart),
    ]
}

/// Everything that counted, whole.
#[derive(Default)]
struct Plain {
    counted: BTreeMap<AgentId, Vec<(Millis, AgentEvent)>>,
}

impl Plain {
    /// Returns how many of these count.
    fn report(&mut self, now: Millis, agent: AgentId, events: &[AgentEvent]) -> usize {
        let all = self.counted.entry(agent).or_default();
        let before = all.len();
        for event in events {
            let is_same = |(at, other): &(Millis, AgentEvent)| now.since(*at) < DAY && other.key == event.key;
            let is_repeated = event.key.is_some() && all.iter().any(is_same);
            let own = own_session(all.iter().map(|(_, event)| event));
            let is_foreign_end = event.deed == Deed::SessionEnd
                && matches!((&own, &event.session), (Some(own), Some(named)) if own != named);
            if !is_repeated && !is_foreign_end {
                all.push((now, event.clone()));
            }
        }
        all.len() - before
    }

    fn agents(&self, now: Millis) -> Vec<AgentRecord> {
        self.counted.iter().map(|(agent, all)| stands(now, agent, all)).collect()
    }
}

/// The one that was started last, else the first that was named.
fn own_session<'a>(events: impl Iterator<Item = &'a AgentEvent>) -> Option<Arc<str>> {
    let naming: Vec<_> = events.filter(|event| event.session.is_some()).collect();
    let started = naming.iter().rfind(|event| event.deed == Deed::SessionStart);
    started.or_else(|| naming.first()).and_then(|event| event.session.clone())
}

fn stands(now: Millis, agent: &AgentId, all: &[(Millis, AgentEvent)]) -> AgentRecord {
    let events: Vec<_> = all.iter().map(|(_, event)| event).collect();
    let own_before = |index: usize| own_session(events[..index].iter().copied());
    let names_another = |index: usize| events[index].session.is_some() && own_before(index) != events[index].session;
    let begins = |index: usize| events[index].deed == Deed::SessionStart && names_another(index);
    let first = (0..events.len()).rev().find(|index| begins(*index)).unwrap_or(0);
    let of_session = &events[first..];
    let revives = |index: &usize| {
        names_another(*index) || events[*index].deed == Deed::SessionStart || own_before(*index).is_none()
    };
    let revived = (0..events.len()).rev().find(revives).unwrap_or(0);
    let session_ended = events[revived..].iter().any(|event| event.deed == Deed::SessionEnd);
    let (last_activity, last) = all.last().unwrap();
    let status = match () {
        () if session_ended || last.deed == Deed::Offline => AgentStatus::Offline,
        () if now.since(*last_activity) > IDLE => AgentStatus::Idle,
        () => AgentStatus::Active,
    };
    AgentRecord {
        status,
        last_activity: *last_activity,
        tools: of_session.iter().filter(|event| event.deed == Deed::ToolExecute).count() as u64,
        tokens: of_session.iter().map(|event| event.tokens).sum(),
        session: own_session(events.iter().copied()),
        activity: of_session.iter().rfind(|event| event.activity.is_some()).and_then(|event| event.activity.clone()),
        session_ended,
        ..AgentRecord::new(agent.clone(), now)
    }
}

fn look(stage: &mut Stage) -> Vec<AgentRecord> {
    let Ok(Receipt::Agents(records)) = stage.post(Posting::Look(None)) else { panic!("the agents were asked for") };
    records.iter().map(|record| (**record).clone()).collect()
}

/// What a dashboard believes, and when it was told.
#[derive(Default)]
struct Dashboard {
    agents: BTreeMap<AgentId, AgentRecord>,
    told: BTreeSet<Millis>,
}

impl Dashboard {
    fn hear(&mut self, stage: &mut Stage, socket: ConnectionId) {
        for event in stage.told(socket) {
            match &*event {
                Event::Agents { agents, .. } => {
                    self.agents = agents.iter().map(|record| (record.agent.clone(), (**record).clone())).collect();
                }
                Event::Agent { agent, now } => {
                    self.agents.insert(agent.agent.clone(), (**agent).clone());
                    self.told.insert(*now);
                }
                other => panic!("a dashboard is told {other:?}"),
            }
        }
    }

    fn believed(&self) -> Vec<AgentRecord> {
        self.agents.values().cloned().collect()
    }

    fn is_left_in_peace(&self) -> bool {
        let told: Vec<_> = self.told.iter().collect();
        told.windows(2).all(|pair| pair[1].since(*pair[0]) >= WINDOW)
    }
}

fn eve() -> Watcher {
    Watcher::User(user("eve"))
}

proptest! {
    #[test]
    fn agents_are_as_the_plain_rules_say_and_so_dashboards_believe(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut stage, mut plain) = (Stage::new(), Plain::default());
        let mut dashboard = Dashboard::default();
        let mut socket = stage.watch_agents(eve());
        for step in steps {
            match step {
                Step::Report(name, events) => {
                    let counted = plain.report(stage.now, agent(name), &events);
                    let repeated = events.len() - counted;
                    let receipt = stage.post(Posting::Agent { agent: agent(name), events }).unwrap();
                    let wanted = plain.agents(stage.now).into_iter().find(|record| record.agent == agent(name)).unwrap();
                    prop_assert_eq!(receipt, Receipt::Agent { record: Arc::new(wanted), counted, repeated });
                }
                Step::Wait(time) => stage.wait(time),
                Step::Restart => {
                    stage.restart();
                    dashboard = Dashboard::default();
                    socket = stage.watch_agents(eve());
                }
            }
            let agents = look(&mut stage);
            prop_assert_eq!(&agents, &plain.agents(stage.now));
            let mut on_disk = stage.disk().agents;
            on_disk.sort_by(|one, other| one.agent.cmp(&other.agent));
            prop_assert_eq!(on_disk.len(), agents.len());
            dashboard.hear(&mut stage, socket);
            prop_assert!(dashboard.is_left_in_peace(), "told at {:?}", dashboard.told);
            let is_due = stage.next_deadline().is_some_and(|next| next.since(stage.now) <= WINDOW);
            if !is_due {
                prop_assert_eq!(dashboard.believed(), agents);
            }
        }
        stage.wait(WINDOW);
        dashboard.hear(&mut stage, socket);
        prop_assert_eq!(dashboard.believed(), look(&mut stage));
    }
}

/// Who goes when there are too many.
fn least(agents: &[AgentRecord]) -> Option<&AgentRecord> {
    agents.iter().min_by_key(|record| (record.status != AgentStatus::Offline, record.last_activity, &record.agent))
}

proptest! {
    #[test]
    fn there_are_never_too_many_and_the_disk_has_the_same(
        reports in proptest::collection::vec((0_u8..8, event(), 0..IDLE.0), 1..60)
    ) {
        let mut stage = Stage::with(1, Limits { agents: 3, ..Limits::default() });
        for (number, event, time) in reports {
            let name = agent(&format!("agent-{number}"));
            let mut before = look(&mut stage);
            if before.len() == 3 && before.iter().all(|record| record.agent != name) {
                let gone = least(&before).unwrap().agent.clone();
                before.retain(|record| record.agent != gone);
            }
            stage.report_for(name.clone(), vec![event]);
            let after = look(&mut stage);
            let others = |agents: &[AgentRecord]| {
                agents.iter().filter(|record| record.agent != name).cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(others(&after), others(&before));
            prop_assert!(after.iter().any(|record| record.agent == name));
            prop_assert_eq!(stage.disk().agents, after);
            stage.wait(Millis(time));
        }
    }
}

#[test]
fn no_configured_duration_or_bound_keeps_agents_busy_for_ever() {
    let zeroes: [fn(&mut Timing, &mut Limits); 4] = [
        |timing, _| timing.agent_idle_after = Millis::ZERO,
        |timing, _| timing.agents_told_every = Millis::ZERO,
        |timing, _| timing.keys_kept = Millis::ZERO,
        |_, limits| (limits.agents, limits.features, limits.idempotency_keys) = (0, 0, 0),
    ];
    for zero in zeroes {
        let (mut timing, mut limits) = (Timing::default(), Limits::default());
        zero(&mut timing, &mut limits);
        let mut stage = Stage::by(1, limits, timing);
        let socket = stage.watch_agents(eve());
        for name in AGENTS {
            let event = AgentEvent { key: Some("k".into()), ..AgentEvent::of(Deed::ToolExecute) };
            stage.report_for(agent(name), vec![event]);
        }
        // The stage itself checks that each turn gets the hub on.
        stage.wait(IDLE + WINDOW);
        let mut dashboard = Dashboard::default();
        dashboard.hear(&mut stage, socket);
        assert_eq!(dashboard.believed().last(), look(&mut stage).last());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_thousand_changes_in_a_second_are_told_in_twenty_bunches(
        mut changes in proptest::collection::vec((0_u64..1_000, 0_u8..50), 1_000)
    ) {
        let mut stage = Stage::new();
        changes.sort_unstable();
        let begin = stage.now;
        let mut followers: Vec<_> = (0..3).map(|_| (stage.watch_agents(eve()), Dashboard::default())).collect();
        for (index, (at, number)) in changes.into_iter().enumerate() {
            stage.wait((begin + Millis(at)).since(stage.now));
            if index == 500 {
                followers.push((stage.watch_agents(eve()), Dashboard::default()));
            }
            stage.report_for(agent(&format!("agent-{number}")), vec![AgentEvent::of(Deed::ToolExecute)]);
        }
        stage.wait(WINDOW);
        let agents = look(&mut stage);
        prop_assert_eq!(agents.iter().map(|record| record.tools).sum::<u64>(), 1_000);
        for (socket, dashboard) in &mut followers {
            dashboard.hear(&mut stage, *socket);
            prop_assert_eq!(dashboard.believed(), agents.clone());
            prop_assert!(dashboard.is_left_in_peace());
            let within = dashboard.told.range(..begin + Millis::seconds(1)).count();
            prop_assert!(within <= 20, "{} bunches", within);
        }
    }
}
