//! Programs that report what they do (`CONTRACT.md` 4).

use alloc::string::String;
use alloc::sync::Arc;

use crate::id::{AgentId, FeatureId, UserId};
use crate::time::Millis;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentStatus {
    Active,
    /// It reported nothing for [`crate::limit::Timing::agent_idle_after`].
    Idle,
    /// It said so, or its session ended.
    Offline,
}

impl AgentStatus {
    pub const ALL: &'static [Self] = &[Self::Active, Self::Idle, Self::Offline];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Offline => "offline",
        }
    }
}

/// An agent as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRecord {
    pub agent: AgentId,
    pub status: AgentStatus,
    pub feature: Option<FeatureId>,
    pub last_tool: Option<Arc<str>>,
    pub last_activity: Millis,
    /// In its session, as the tokens.
    pub tools: u64,
    pub tokens: u64,
    pub session: Option<Arc<str>>,
    /// What it says of what it does, for people: `pushing`.
    pub activity: Option<Arc<str>>,
    /// Its session ended: what comes late of it counts, and does not bring the agent back.
    pub session_ended: bool,
}

impl AgentRecord {
    /// One of which nothing is known yet.
    pub fn new(agent: AgentId, now: Millis) -> Self {
        Self {
            agent,
            status: AgentStatus::Active,
            feature: None,
            last_tool: None,
            last_activity: now,
            tools: 0,
            tokens: 0,
            session: None,
            activity: None,
            session_ended: false,
        }
    }

    /// Takes over what the agent did. False if that is no news: another session than the agent's own ended.
    pub fn apply(&mut self, now: Millis, event: &AgentEvent) -> bool {
        let named = said(&event.session);
        let begins = event.deed == Deed::SessionStart;
        let is_foreign = named.is_some() && self.session.is_some() && named != self.session.as_ref();
        if is_foreign && event.deed == Deed::SessionEnd {
            return false;
        }
        if begins && named.is_some() && named != self.session.as_ref() {
            (self.tools, self.tokens, self.activity) = (0, 0, None);
        }
        // Of an agent that never named a session nothing can be told to be late.
        if is_foreign || begins || self.session.is_none() {
            self.session_ended = false;
        }
        // What comes of another session may be late, and ends none that runs.
        if !is_foreign || begins {
            keep(&mut self.session, named);
        }
        keep(&mut self.last_tool, said(&event.tool));
        keep(&mut self.feature, event.feature.as_ref());
        keep(&mut self.activity, said(&event.activity));
        self.tools = MOST_COUNTED.min(self.tools.saturating_add(u64::from(event.deed == Deed::ToolExecute)));
        self.tokens = MOST_COUNTED.min(self.tokens.saturating_add(event.tokens));
        self.last_activity = now;
        self.session_ended |= event.deed == Deed::SessionEnd;
        let is_over = self.session_ended || event.deed == Deed::Offline;
        self.status = if is_over { AgentStatus::Offline } else { AgentStatus::Active };
        true
    }

    /// Takes over what was said of the agent, for people.
    pub fn describe(&mut self, now: Millis, status: AgentStatus, activity: Option<&Arc<str>>) {
        self.status = status;
        self.session_ended &= status == AgentStatus::Offline;
        self.last_activity = now;
        keep(&mut self.activity, activity.filter(|text| !is_blank(text)));
    }

    /// When it will be idle, if nothing happens before.
    pub fn idle_at(&self, idle_after: Millis) -> Option<Millis> {
        (self.status == AgentStatus::Active).then(|| self.last_activity + idle_after + Millis(1))
    }
}

/// As many as every reader of JSON can tell from one more.
const MOST_COUNTED: u64 = (1 << 53) - 1;

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

fn said(text: &Option<Arc<str>>) -> Option<&Arc<str>> {
    text.as_ref().filter(|text| !is_blank(text))
}

/// What is not said stays as it was.
fn keep<T: Clone>(kept: &mut Option<T>, said: Option<&T>) {
    if said.is_some() {
        *kept = said.cloned();
    }
}

/// What an agent did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    ToolExecute,
    FeatureChange,
    SessionStart,
    SessionEnd,
    /// Nothing that has a name of its own: it lives, and perhaps says what it does.
    Activity,
    Offline,
}

impl Deed {
    pub const ALL: &'static [Self] =
        &[Self::ToolExecute, Self::FeatureChange, Self::SessionStart, Self::SessionEnd, Self::Activity, Self::Offline];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ToolExecute => "tool_execute",
            Self::FeatureChange => "feature_change",
            Self::SessionStart => "session_start",
            Self::SessionEnd => "session_end",
            Self::Activity => "activity",
            Self::Offline => "offline",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|deed| deed.name() == name)
    }
}

/// One thing that an agent reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEvent {
    pub deed: Deed,
    pub tool: Option<Arc<str>>,
    /// Spent since the last report.
    pub tokens: u64,
    pub feature: Option<FeatureId>,
    pub session: Option<Arc<str>>,
    pub activity: Option<Arc<str>>,
    /// The same again is a retry, and counts once. Compared together with the agent.
    pub key: Option<Arc<str>>,
}

impl AgentEvent {
    /// One of which nothing more is said.
    pub const fn of(deed: Deed) -> Self {
        Self { deed, tool: None, tokens: 0, feature: None, session: None, activity: None, key: None }
    }
}

/// Where the work on a feature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureStatus {
    Todo,
    InProgress,
    Blocked,
    Done,
}

impl FeatureStatus {
    pub const ALL: &'static [Self] = &[Self::Todo, Self::InProgress, Self::Blocked, Self::Done];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Done => "done",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.name() == name)
    }
}

/// A feature's status was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureChange {
    pub feature: FeatureId,
    /// `None` for the first report.
    pub old: Option<FeatureStatus>,
    pub new: FeatureStatus,
    pub agent: AgentId,
    pub session: Arc<str>,
}

/// Whoever follows agents: dashboards count for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watcher {
    User(UserId),
    /// Who did not sign in, by the address he comes from.
    Address(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const HOUR: Millis = Millis::minutes(60);

    fn agent() -> AgentRecord {
        AgentRecord::new(AgentId::parse("claude-1").unwrap(), Millis(0))
    }

    /// `tool s1 +5`: what it did, in which session, for how many tokens.
    fn event(text: &str) -> AgentEvent {
        let mut words = text.split(' ');
        let deed = match words.next().unwrap() {
            "tool" => Deed::ToolExecute,
            "feature" => Deed::FeatureChange,
            "start" => Deed::SessionStart,
            "end" => Deed::SessionEnd,
            "act" => Deed::Activity,
            "offline" => Deed::Offline,
            other => panic!("no deed is called {other}"),
        };
        words.fold(AgentEvent::of(deed), |event, word| match word.strip_prefix('+') {
            Some(tokens) => AgentEvent { tokens: tokens.parse().unwrap(), ..event },
            None => AgentEvent { session: Some(word.into()), ..event },
        })
    }

    /// `active s1 2 tools 7 tokens`
    fn shown(record: &AgentRecord) -> String {
        let AgentRecord { status, session, tools, tokens, .. } = record;
        format!("{} {} {tools} tools {tokens} tokens", status.name(), session.as_deref().unwrap_or("-"))
    }

    #[test]
    fn what_an_agent_is_follows_from_what_it_did() {
        let rows: &[(&[&str], &str)] = &[
            (&["tool +5"], "active - 1 tools 5 tokens"),
            (&["act +5", "feature +6", "tool s1"], "active s1 1 tools 11 tokens"),
            (&["end s1 +3"], "offline s1 0 tools 3 tokens"),
            (&["offline"], "offline - 0 tools 0 tokens"),
            // A session's counters are its own.
            (&["start s1", "tool s1 +5", "start s1 +1"], "active s1 1 tools 6 tokens"),
            (&["start s1", "tool s1 +5", "start +1"], "active s1 1 tools 6 tokens"),
            (&["start s1", "tool s1 +5", "start s2 +1"], "active s2 0 tools 1 tokens"),
            (&["start s1", "start s2", "tool s2 +5", "tool s1 +1"], "active s2 2 tools 6 tokens"),
            (&["start s2", "tool s2 +5", "tool s1 +1", "end s1", "end s2"], "offline s2 2 tools 6 tokens"),
            (&["tool s1 +5", "tool s2 +1", "start s2 +1"], "active s2 0 tools 1 tokens"),
            (&["tool +5", "start s1 +1"], "active s1 0 tools 1 tokens"),
            // It ends with its own session, and with none that is named.
            (&["tool s1 +5", "end s1 +1"], "offline s1 1 tools 6 tokens"),
            (&["tool s1 +5", "end"], "offline s1 1 tools 5 tokens"),
            (&["tool s1 +5", "end s2 +1"], "active s1 1 tools 5 tokens"),
            (&["tool s1", "end s1", "end s1 +1"], "offline s1 1 tools 1 tokens"),
            // What comes late counts, and brings nobody back.
            (&["tool s1 +5", "end s1", "tool s1 +2"], "offline s1 2 tools 7 tokens"),
            (&["tool s1 +5", "end s1", "act"], "offline s1 1 tools 5 tokens"),
            (&["tool s1 +5", "end s1", "offline", "act s1"], "offline s1 1 tools 5 tokens"),
            (&["tool s1 +5", "end s1", "start s1"], "active s1 1 tools 5 tokens"),
            (&["tool s1 +5", "end s1", "start"], "active s1 1 tools 5 tokens"),
            (&["tool s1 +5", "end s1", "tool s2"], "active s1 2 tools 5 tokens"),
            (&["tool s1 +5", "end s1", "start s2"], "active s2 0 tools 0 tokens"),
            (&["tool s1 +5", "end s1", "start s1", "tool s1"], "active s1 2 tools 5 tokens"),
            // Who names no session cannot be late.
            (&["tool", "end", "tool"], "active - 2 tools 0 tokens"),
            // Who was told offline is back with whatever it does.
            (&["tool s1", "offline", "act"], "active s1 1 tools 0 tokens"),
            (&["tool s1", "offline s1", "tool s1"], "active s1 2 tools 0 tokens"),
            (&["tool s1", "offline", "end s1", "tool s1"], "offline s1 2 tools 0 tokens"),
        ];
        for (events, wanted) in rows {
            let mut record = agent();
            for text in *events {
                record.apply(HOUR, &event(text));
            }
            assert_eq!(shown(&record), *wanted, "{events:?}");
            assert_eq!(record.last_activity, HOUR);
        }
    }

    #[test]
    fn the_end_of_another_session_is_no_news_and_everything_else_is() {
        let before = {
            let mut record = agent();
            assert!(record.apply(Millis(1), &event("tool s1 +5")));
            record
        };
        for (text, is_news) in [("end s2 +9", false), ("end s1", true), ("end", true), ("offline s2", true)] {
            let mut record = before.clone();
            assert_eq!(record.apply(HOUR, &event(text)), is_news, "{text}");
            assert_eq!(record == before, !is_news, "{text}");
        }
    }

    #[test]
    fn what_is_not_said_stays() {
        let mut record = agent();
        let all = AgentEvent {
            tool: Some("Bash".into()),
            feature: FeatureId::parse("feat-1").ok(),
            activity: Some("pushing".into()),
            ..event("tool s1")
        };
        record.apply(Millis(1), &all);
        let before = record.clone();
        let blank = || Some(Arc::from(" "));
        let blanks = AgentEvent { tool: blank(), activity: blank(), session: blank(), ..event("act") };
        for said in [event("act"), blanks, event("offline"), event("act")] {
            record.apply(Millis(1), &said);
        }
        record.describe(Millis(1), AgentStatus::Active, blank().as_ref());
        assert_eq!(record, before);
        // What it said of a session's work ends with it.
        record.apply(Millis(1), &event("start s2"));
        assert_eq!(record.activity, None);
        assert_eq!((record.last_tool, record.feature), (before.last_tool, before.feature));
    }

    #[test]
    fn counters_stop_where_readers_could_not_tell_one_more() {
        let mut record = agent();
        for tokens in [u64::MAX, u64::MAX, 1] {
            record.apply(HOUR, &AgentEvent { tokens, ..event("tool") });
        }
        assert_eq!(record.tokens, 9_007_199_254_740_991);
        record.tools = u64::MAX;
        record.apply(HOUR, &event("tool"));
        assert_eq!(record.tools, 9_007_199_254_740_991);
    }

    #[test]
    fn what_is_said_for_people_brings_back_and_sends_away() {
        let mut record = agent();
        record.apply(Millis(1), &event("end s1"));
        record.describe(Millis(2), AgentStatus::Offline, None);
        record.apply(Millis(3), &event("act s1"));
        assert_eq!(record.status, AgentStatus::Offline);
        record.describe(Millis(4), AgentStatus::Idle, Some(&"waiting".into()));
        assert_eq!((record.status, record.activity.as_deref()), (AgentStatus::Idle, Some("waiting")));
        record.apply(Millis(5), &event("act s1"));
        assert_eq!((record.status, record.last_activity), (AgentStatus::Active, Millis(5)));
    }

    #[test]
    fn only_who_is_active_becomes_idle() {
        let idle_at = |texts: &[&str]| {
            let mut record = agent();
            for text in texts {
                record.apply(Millis(7), &event(text));
            }
            record.idle_at(Millis(100))
        };
        let deadlines: Vec<_> = [&["tool"][..], &["end"], &["offline"], &["offline", "act"]].map(idle_at).into();
        assert_eq!(deadlines, [Some(Millis(108)), None, None, Some(Millis(108))]);
    }
}
