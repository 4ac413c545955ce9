//! Changes of every kind, about a few subjects, so that they meet.

use std::sync::Arc;

use presence_hub::saved::{Change, ReportKey, Who};
use presence_model::agent::{AgentRecord, AgentStatus, FeatureStatus};
use presence_model::feed::{Level, Notification};
use presence_model::id::{AgentId, ConversationId, FeatureId, InstanceId, InstanceKey, SessionId, UserId};
use presence_model::time::Millis;
use presence_server::store::contract::{Store, StoreError};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) trait CommitAll {
    /// Commits copies.
    fn commit_all(&mut self, changes: &[Change]) -> Result<(), StoreError>;
}

impl<S: Store + ?Sized> CommitAll for S {
    fn commit_all(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        self.commit(&mut changes.iter().cloned())
    }
}

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::parse(name).unwrap()
}

pub(crate) fn feature(name: &str) -> FeatureId {
    FeatureId::parse(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn record(name: &str, tokens: u64) -> AgentRecord {
    AgentRecord { tokens, ..AgentRecord::new(agent(name), Millis(7)) }
}

pub(crate) fn reported(name: &str, tokens: u64, keys: &[&str], at: u64) -> Change {
    let keys = keys.iter().map(|key| ReportKey { agent: agent(name), key: (*key).into() }).collect();
    Change::Agent { record: Arc::new(record(name, tokens)), keys, at: Millis(at) }
}

pub(crate) fn notification(id: &str, at: u64) -> Notification {
    Notification { id: id.into(), level: Level::Info, message: format!("message {id}").into(), at: Millis(at) }
}

pub(crate) fn kept(who: &str, id: &str, at: u64) -> Change {
    Change::Kept { user: user(who), notification: Arc::new(notification(id, at)) }
}

/// Texts that a careless statement or reader would not give back.
const TEXTS: &[&str] = &["plain", "", "it's \"quoted\"; DROP TABLE agents", "nul \0 inside", "grün 🦀", "a/b%c\n"];

/// Ids: the last grows beyond an id's length when it is folded.
const NAMES: &[&str] =
    &["a", "B", "b", "c/d", "ünï", "'; --", "İİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİİ"];

fn text() -> impl Strategy<Value = Arc<str>> {
    select(TEXTS).prop_map(Arc::from)
}

fn name() -> impl Strategy<Value = &'static str> {
    select(NAMES)
}

/// Few enough to be the same now and then.
fn time() -> impl Strategy<Value = Millis> {
    (0..20_u64).prop_map(Millis)
}

fn any_record() -> impl Strategy<Value = AgentRecord> {
    let counters = (0..1_u64 << 53, 0..1_u64 << 53, any::<bool>());
    let texts = (option::of(name()), option::of(text()), option::of(text()), option::of(text()));
    (name(), select(AgentStatus::ALL), time(), counters, texts).prop_map(
        |(name, status, last_activity, (tools, tokens, session_ended), (at_work_on, tool, session, activity))| {
            AgentRecord {
                agent: agent(name),
                status,
                feature: at_work_on.map(feature),
                last_tool: tool,
                last_activity,
                tools,
                tokens,
                session,
                activity,
                session_ended,
            }
        },
    )
}

fn any_key() -> impl Strategy<Value = ReportKey> {
    (name(), text()).prop_map(|(name, key)| ReportKey { agent: agent(name), key })
}

fn any_notification() -> impl Strategy<Value = Notification> {
    let level = select(&[Level::Info, Level::Success, Level::Warning, Level::Error][..]);
    (text(), level, text(), time()).prop_map(|(id, level, message, at)| Notification { id, level, message, at })
}

fn any_who() -> impl Strategy<Value = Who> {
    prop_oneof![
        Just(Who::Server),
        name().prop_map(|name| Who::User(user(name))),
        name().prop_map(|name| Who::Session(SessionId::parse(name).unwrap())),
        (name(), name())
            .prop_map(|(of, name)| { Who::Instance(InstanceKey::new(&user(of), &InstanceId::parse(name).unwrap())) }),
    ]
}

pub(crate) fn any_change() -> impl Strategy<Value = Change> {
    let agents = (any_record(), vec(any_key(), 0..3), time());
    let conversations = (name(), vec(name(), 0..3), time());
    prop_oneof![
        agents.prop_map(|(record, keys, at)| Change::Agent { record: Arc::new(record), keys, at }),
        (vec(any_key(), 0..3), time()).prop_map(|(keys, at)| Change::Keys { keys, at }),
        name().prop_map(|name| Change::AgentForgotten(agent(name))),
        time().prop_map(|up_to| Change::KeysForgotten { up_to }),
        (name(), select(FeatureStatus::ALL), time()).prop_map(|(name, status, at)| Change::Feature {
            feature: feature(name),
            status,
            at
        }),
        name().prop_map(|name| Change::FeatureForgotten(feature(name))),
        (name(), any_notification())
            .prop_map(|(name, kept)| Change::Kept { user: user(name), notification: Arc::new(kept) }),
        (name(), text()).prop_map(|(name, id)| Change::NotKept { user: user(name), id }),
        conversations.prop_map(|(name, members, at)| {
            let members = members.into_iter().map(user).collect();
            Change::Members { conversation: ConversationId::parse(name).unwrap(), members, at }
        }),
        (any_who(), time()).prop_map(|(who, at)| Change::LastSeen { who, at }),
        any_who().prop_map(Change::LastSeenForgotten),
    ]
}
