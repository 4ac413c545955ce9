//! Agents that report what they do, and dashboards that follow them (`CONTRACT.md` 4).

use std::sync::Arc;

use presence_hub::io::End;
use presence_hub::saved::Change;
use presence_model::agent::{AgentEvent, AgentRecord, Deed, FeatureStatus, Watcher};
use presence_model::command::Command;
use presence_model::feed::{AgentNotice, AgentState, Feed};
use presence_model::id::{AgentId, ConnectionId};
use presence_model::limit::Limits;
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::features::set_feature;
use crate::stage::Stage;
use crate::transcript;
use crate::visit::{Visit, user};

pub(crate) const WINDOW: Millis = Millis(50);
const DAY: Millis = Millis::minutes(24 * 60);
const IDLE: Millis = Millis::minutes(5);

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::parse(name).unwrap()
}

fn watcher(name: &str) -> Watcher {
    Watcher::User(user(name))
}

/// `start s1`, `tool Bash +5 #key`, `act pushing`, `end`, `offline`.
fn event(text: &str) -> AgentEvent {
    let mut words = text.split(' ');
    let mut event = AgentEvent::of(match words.next().unwrap() {
        "tool" => Deed::ToolExecute,
        "start" => Deed::SessionStart,
        "end" => Deed::SessionEnd,
        "act" => Deed::Activity,
        "offline" => Deed::Offline,
        other => panic!("no deed is called {other}"),
    });
    for word in words {
        if let Some(key) = word.strip_prefix('#') {
            event.key = Some(key.into());
        } else if let Some(tokens) = word.strip_prefix('+') {
            event.tokens = tokens.parse().unwrap();
        } else {
            *match event.deed {
                Deed::ToolExecute => &mut event.tool,
                Deed::Activity => &mut event.activity,
                _ => &mut event.session,
            } = Some(word.into());
        }
    }
    event
}

/// What became of a report: `1 counted 0 repeated claude(s1):active:0+0`.
fn report(stage: &mut Stage, name: &str, events: &[&str]) -> String {
    let events = events.iter().map(|text| event(text)).collect();
    match stage.post(Posting::Agent { agent: agent(name), events }) {
        Ok(Receipt::Agent { record, counted, repeated }) => {
            format!("{counted} counted {repeated} repeated {}", transcript::agent(&record))
        }
        other => format!("{other:?}"),
    }
}

fn look(stage: &mut Stage) -> Vec<String> {
    let Ok(Receipt::Agents(records)) = stage.post(Posting::Look(None)) else { panic!("the agents were asked for") };
    records.iter().map(|record| transcript::agent(record)).collect()
}

fn describe(stage: &mut Stage, name: &str, state: AgentState, task: Option<&str>) -> Result<Receipt, Refusal> {
    let notice = AgentNotice { agent: agent(name), state, task: task.map(Arc::from), progress: Some(40.0) };
    stage.post(Posting::Notice(notice))
}

/// A server with a dashboard and somebody in JSON who hears messages, after all was told.
pub(crate) fn followed() -> (Stage, [ConnectionId; 2]) {
    let mut stage = Stage::new();
    let dashboard = stage.watch_agents(watcher("eve"));
    let ann = stage.seat(&Visit::of("ann").session("ann").json());
    stage.say(ann, Command::Follow(Feed::Messages));
    stage.hear_nothing();
    (stage, [dashboard, ann])
}

#[test]
fn a_dashboard_is_shown_all_agents_and_told_a_lone_change_at_once() {
    let mut stage = Stage::new();
    report(&mut stage, "gemini", &["act"]);
    assert_eq!(
        report(&mut stage, "claude", &["start s1", "tool Bash +700"]),
        "2 counted 0 repeated claude(s1):active:1+700:Bash"
    );
    let dashboard = stage.watch_agents(Watcher::Address("10.0.0.1".to_owned()));
    assert_eq!(stage.told_lines(dashboard), ["agents [claude(s1):active:1+700:Bash gemini():active:0+0]"]);
    stage.wait(WINDOW + WINDOW);
    stage.hear_nothing();
    stage.report_for(agent("claude"), vec![event("tool Read +1")]);
    assert_eq!(stage.told_lines(dashboard), ["agent claude(s1):active:2+701:Read"]);
    stage.close(dashboard, End::Lost);
    stage.report_for(agent("claude"), vec![event("tool Read +1")]);
    assert_eq!(stage.take(dashboard), [""; 0]);
}

#[test]
fn changes_in_a_row_are_told_together_as_they_stand_then() {
    let (mut stage, [dashboard, _]) = followed();
    for _ in 0..10 {
        report(&mut stage, "claude", &["tool Bash"]);
        report(&mut stage, "gemini", &["tool Bash"]);
        stage.wait(Millis(4));
    }
    assert_eq!(stage.told_lines(dashboard), ["agent claude():active:1+0:Bash"]);
    stage.wait(Millis(10));
    assert_eq!(
        stage.told_lines(dashboard),
        ["agent gemini():active:10+0:Bash", "agent claude():active:10+0:Bash"],
        "each once, that first which changed first"
    );
    stage.wait(WINDOW);
    assert_eq!(stage.told_lines(dashboard), [""; 0]);
    report(&mut stage, "claude", &["tool Bash"]);
    assert_eq!(stage.told_lines(dashboard), ["agent claude():active:11+0:Bash"]);
}

#[test]
fn a_retry_counts_once_for_a_day() {
    let (mut stage, [dashboard, _]) = followed();
    stage.saved.clear();
    let batch = ["start s1 #a", "tool Bash +5 #b", "tool Bash +5 #b", "tool Bash +5"];
    assert_eq!(report(&mut stage, "claude", &batch), "3 counted 1 repeated claude(s1):active:2+10:Bash");
    let [Change::Agent { record, keys, at }] = &stage.saved[..] else { panic!("it is kept once: {:?}", stage.saved) };
    assert_eq!(transcript::agent(record), "claude(s1):active:2+10:Bash");
    assert_eq!(keys.iter().map(|key| &*key.key).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(*at, stage.now);

    stage.wait(DAY - Millis(1));
    stage.hear_nothing();
    stage.saved.clear();
    assert_eq!(
        report(&mut stage, "claude", &["tool Bash +5 #b", "start s2 #a"]),
        "0 counted 2 repeated claude(s1):idle:2+10:Bash"
    );
    assert_eq!(stage.take(dashboard), [""; 0]);
    assert_eq!(stage.saved, []);
    // The same key of another one is another one.
    assert_eq!(report(&mut stage, "gemini", &["tool Bash +5 #b"]), "1 counted 0 repeated gemini():active:1+5:Bash");
    stage.wait(Millis(1));
    assert_eq!(report(&mut stage, "claude", &["tool Bash +5 #b"]), "1 counted 0 repeated claude(s1):active:3+15:Bash");
}

#[test]
fn the_oldest_keys_are_forgotten_when_there_are_too_many() {
    let mut stage = Stage::with(1, Limits { idempotency_keys: 3, ..Limits::default() });
    for key in ["#a", "#b", "#c", "#d"] {
        report(&mut stage, "claude", &[&format!("tool {key}")]);
        stage.wait(Millis(1));
    }
    assert_eq!(stage.disk().keys.len(), 3);
    for (key, counted) in [("#b", 0), ("#a", 1), ("#c", 0), ("#b", 1)] {
        let line = report(&mut stage, "claude", &[&format!("tool {key}")]);
        assert!(line.starts_with(&format!("{counted} counted")), "{key}: {line}");
        stage.wait(Millis(1));
    }
}

#[test]
fn who_does_nothing_becomes_idle_and_who_is_offline_stays_so() {
    let (mut stage, [dashboard, ann]) = followed();
    report(&mut stage, "claude", &["start s1", "act pushing"]);
    stage.wait(WINDOW);
    report(&mut stage, "gemini", &["start s1", "end s1"]);
    stage.wait_with(&[ann], IDLE - WINDOW);
    stage.hear_nothing();
    stage.wait(Millis(1));
    assert_eq!(stage.told_lines(dashboard), ["agent claude(s1):idle:0+0:pushing"]);
    assert_eq!(stage.told_lines(ann), ["notice claude:idle:pushing"]);
    stage.wait_with(&[ann], IDLE + IDLE);
    assert_eq!(stage.take(dashboard), [""; 0]);
    assert_eq!(look(&mut stage), ["claude(s1):idle:0+0:pushing", "gemini(s1):offline:0+0"]);
    report(&mut stage, "claude", &["tool Bash"]);
    assert_eq!(stage.told_lines(ann), ["notice claude:working:pushing"]);
    assert_eq!(stage.disk().agents.len(), 2);
}

#[test]
fn a_server_that_was_stopped_takes_nobody_for_idle() {
    let mut stage = Stage::new();
    report(&mut stage, "claude", &["act"]);
    stage.excuse(DAY);
    stage.wait(IDLE);
    assert_eq!(look(&mut stage), ["claude():active:0+0"]);
    stage.wait(Millis(1));
    assert_eq!(look(&mut stage), ["claude():idle:0+0"]);
}

#[test]
fn people_hear_of_what_an_agent_is_and_says_and_not_of_each_tool() {
    let (mut stage, [_, ann]) = followed();
    let heard = |stage: &mut Stage, texts: &[&str]| {
        report(stage, "claude", texts);
        let lines = stage.told_lines(ann);
        stage.wait(WINDOW);
        assert_eq!(stage.take(ann), [""; 0]);
        lines
    };
    assert_eq!(heard(&mut stage, &["start s1"]), ["notice claude:working"]);
    assert_eq!(heard(&mut stage, &["tool Bash +5"]), [""; 0]);
    assert_eq!(heard(&mut stage, &["act pushing"]), ["notice claude:working:pushing"]);
    assert_eq!(heard(&mut stage, &["act pushing"]), [""; 0]);
    assert_eq!(heard(&mut stage, &["end"]), ["notice claude:stopped:pushing"]);
    assert_eq!(heard(&mut stage, &["tool Bash"]), [""; 0]);
    assert_eq!(heard(&mut stage, &["start s2"]), ["notice claude:working"]);
}

#[test]
fn in_a_row_people_hear_what_is_news_then() {
    let (mut stage, [_, ann]) = followed();
    report(&mut stage, "gemini", &["act"]);
    report(&mut stage, "claude", &["act pushing"]);
    stage.wait(WINDOW);
    assert_eq!(stage.told_lines(ann), ["notice gemini:working", "notice claude:working:pushing"]);
    report(&mut stage, "claude", &["act pulling"]);
    report(&mut stage, "claude", &["act pushing"]);
    stage.wait(WINDOW);
    assert_eq!(stage.told_lines(ann), [""; 0]);
}

#[test]
fn what_is_said_of_an_agent_for_people_is_told_once_and_changes_it() {
    let (mut stage, [dashboard, ann]) = followed();
    // It is on its way to be told when more is said of it.
    report(&mut stage, "gemini", &["act"]);
    report(&mut stage, "claude", &["start s1"]);
    stage.hear_nothing();
    let receipt = describe(&mut stage, "claude", AgentState::Working, Some("tests")).unwrap();
    assert_eq!(receipt, Receipt::Told { told: 1, kept: 0 });
    assert_eq!(stage.told_lines(ann), ["notice claude:working:tests 40%"]);
    stage.wait(WINDOW);
    assert_eq!(stage.told_lines(dashboard), ["agent claude(s1):active:0+0:tests"]);
    assert_eq!(stage.told_lines(ann), [""; 0]);

    for (state, line) in [(AgentState::Idle, "idle"), (AgentState::Stopped, "offline")] {
        stage.wait(WINDOW);
        describe(&mut stage, "claude", state, None).unwrap();
        assert_eq!(stage.told_lines(dashboard), [format!("agent claude(s1):{line}:0+0:tests")]);
        assert_eq!(stage.told_lines(ann), [format!("notice claude:{} 40%", state.name())]);
    }
    // What differs after it is news again.
    describe(&mut stage, "claude", AgentState::Working, None).unwrap();
    report(&mut stage, "claude", &["offline"]);
    stage.hear_nothing();
    stage.wait(WINDOW);
    assert_eq!(stage.told_lines(ann), ["notice claude:stopped:tests"]);
    assert!(stage.disk().agents.iter().any(|record| transcript::agent(record) == "claude(s1):offline:0+0:tests"));
}

#[test]
fn one_agent_can_be_looked_at_and_an_unknown_one_is_refused() {
    let mut stage = Stage::new();
    report(&mut stage, "claude", &["act"]);
    let Ok(Receipt::Agents(records)) = stage.post(Posting::Look(Some(agent("claude")))) else { panic!("it is there") };
    assert_eq!(records.iter().map(|record| &**record).map(transcript::agent).collect::<Vec<_>>(), look(&mut stage));
    let nothing = Posting::Agent { agent: agent("gemini"), events: vec![] };
    for posting in [Posting::Look(Some(agent("gemini"))), nothing] {
        let refusal = stage.post(posting).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::UnknownAgent, Some("agent_id")));
    }
    assert_eq!(report(&mut stage, "claude", &[]), "0 counted 0 repeated claude():active:0+0");
    assert_eq!(look(&mut stage).len(), 1);
}

#[test]
fn a_user_has_no_more_dashboards_than_one_may_have() {
    let mut stage = Stage::with(1, Limits { dashboards_per_user: 2, ..Limits::default() });
    let [first, _, third] = [0; 3].map(|_| stage.watch_agents(watcher("eve")));
    assert_eq!(stage.told_lines(third), ["refused broadcasts: too_many_dashboards", "closed 1008"]);
    let address = Watcher::Address("eve".to_owned());
    let others = [watcher("ann"), address.clone(), address].map(|watcher| stage.watch_agents(watcher));
    assert!(others.iter().all(|dashboard| stage.desk(*dashboard).closed.is_none()));
    stage.close(third, End::Lost);
    let fourth = stage.watch_agents(watcher("eve"));
    assert_eq!(stage.desk(fourth).closed, Some(1008), "who was never let in gives no place free");
    stage.close(first, End::Clean);
    let fifth = stage.watch_agents(watcher("eve"));
    assert_eq!(stage.take(fifth), ["agents []"]);
}

#[test]
fn a_session_follows_agents_and_reports_for_them() {
    let (mut stage, [dashboard, ann]) = followed();
    stage.say(ann, Command::Unfollow(Feed::Messages));
    stage.say(ann, Command::AgentEvents { agent: agent("claude"), events: vec![event("act")] });
    assert_eq!(stage.take(ann), [""; 0]);
    assert_eq!(stage.take(dashboard), ["agent claude():active:0+0"]);
    stage.wait(WINDOW);
    stage.say(ann, Command::Follow(Feed::Agents));
    assert_eq!(stage.take(ann), ["agents [claude():active:0+0]"]);
    stage.say(ann, Command::AgentEvents { agent: agent("claude"), events: vec![event("end s1")] });
    assert_eq!(stage.take(ann), ["agent claude(s1):offline:0+0"]);
    stage.wait(WINDOW);
    stage.say(ann, Command::Unfollow(Feed::Agents));
    stage.say(ann, Command::AgentEvents { agent: agent("claude"), events: vec![event("start s1")] });
    assert_eq!(stage.take(ann), [""; 0]);
}

#[test]
fn who_is_not_to_be_seen_hears_and_is_not_counted() {
    let (mut stage, _) = followed();
    let bob = stage.seat(&Visit::of("bob").session("bob").json().invisible());
    for feed in [Feed::Agents, Feed::Messages] {
        stage.say(bob, Command::Follow(feed));
    }
    stage.hear_nothing();
    assert_eq!(describe(&mut stage, "claude", AgentState::Idle, None), Ok(Receipt::Told { told: 1, kept: 0 }));
    let receipt = set_feature(&mut stage, "feat-1", FeatureStatus::Todo).unwrap();
    assert_eq!(receipt, Receipt::Feature { old: None, new: FeatureStatus::Todo, told: 1 });
    assert_eq!(stage.take(bob).len(), 3);
}

#[test]
fn too_many_agents_go_the_offline_ones_first_then_the_least_lately_active() {
    let mut stage = Stage::with(1, Limits { agents: 3, ..Limits::default() });
    for name in ["a", "b", "c"] {
        report(&mut stage, name, &["tool Bash #k"]);
        stage.wait(WINDOW);
    }
    report(&mut stage, "b", &["end"]);
    stage.wait(WINDOW);
    let dashboard = stage.watch_agents(watcher("eve"));
    stage.hear_nothing();
    report(&mut stage, "d", &["act"]);
    stage.wait(WINDOW);
    assert_eq!(stage.take(dashboard), ["agent d():active:0+0"]);
    report(&mut stage, "e", &["act"]);
    assert_eq!(stage.take(dashboard), ["agent a():offline:1+0:Bash", "agent e():active:0+0"]);
    assert_eq!(look(&mut stage), ["c():active:1+0:Bash", "d():active:0+0", "e():active:0+0"]);
    let kept: Vec<AgentRecord> = stage.disk().agents;
    assert_eq!(kept.iter().map(transcript::agent).collect::<Vec<_>>(), look(&mut stage));
    // Who was forgotten begins anew, whatever was counted before.
    let batch = ["tool Bash #k", "tool Bash #k"];
    assert_eq!(report(&mut stage, "a", &batch), "1 counted 1 repeated a():active:1+0:Bash");
    assert_eq!(report(&mut stage, "a", &batch), "0 counted 2 repeated a():active:1+0:Bash");
}

#[test]
fn what_was_long_ago_at_the_restart_is_idle() {
    let mut stage = Stage::new();
    report(&mut stage, "claude", &["start s1", "tool Bash +7 #k"]);
    stage.wait(IDLE);
    stage.restart();
    assert_eq!(look(&mut stage), ["claude(s1):active:1+7:Bash"]);
    stage.now += Millis(1);
    stage.restart();
    assert_eq!(look(&mut stage), ["claude(s1):idle:1+7:Bash"]);
    assert_eq!(report(&mut stage, "claude", &["tool Bash #k"]), "0 counted 1 repeated claude(s1):idle:1+7:Bash");
    // A clock that is put back makes nobody live for ever.
    report(&mut stage, "claude", &["act"]);
    stage.now = Millis::seconds(1_000);
    stage.restart();
    stage.wait(IDLE + Millis(1));
    assert_eq!(look(&mut stage), ["claude(s1):idle:1+7:Bash"]);
}
