//! What holds of messages whatever happens: people come, go, are cut off and return, and the server dies now and then.

use std::collections::{BTreeMap, BTreeSet};

use presence_hub::io::End;
use presence_model::command::Command;
use presence_model::event::Event;
use presence_model::feed::{Availability, Feed};
use presence_model::id::ConnectionId;
use presence_model::limit::Timing;
use presence_model::time::Millis;
use proptest::prelude::*;
use proptest::sample::select;

use crate::stage::Stage;
use crate::visit::{Visit, user};

const USERS: [&str; 2] = ["ann", "bob"];
/// Their tabs.
const TABS: [(&str, &str); 5] =
    [("ann", "ann-1"), ("ann", "ann-2"), ("ann", "ann-3"), ("bob", "bob-1"), ("bob", "bob-2")];

#[derive(Clone, Debug)]
enum Step {
    Arrive {
        tab: usize,
        follows: bool,
        hides: bool,
    },
    /// The socket of one tab speaks for another one of the same user.
    Change(usize, usize),
    Close(usize, End),
    /// From now on nothing passes, and nobody knows yet.
    Cut(usize),
    LifeSign(usize),
    /// What a tab was told has arrived, but for so many of the last marks.
    Arrived(usize, usize),
    Follow(usize, bool),
    Notify(&'static str),
    Wait(Millis),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let tab = || 0..TABS.len();
    let end = select(&[End::Clean, End::GoingAway, End::Lost][..]);
    let time = prop_oneof![2 => 0_u64..50, 2 => 0_u64..4_000, 3 => 0_u64..50_000];
    prop_oneof![
        5 => (tab(), prop::bool::weighted(0.8), prop::bool::weighted(0.1))
            .prop_map(|(tab, follows, hides)| Step::Arrive { tab, follows, hides }),
        1 => (tab(), tab()).prop_map(|(from, to)| Step::Change(from, to)),
        2 => (tab(), end).prop_map(|(tab, end)| Step::Close(tab, end)),
        2 => tab().prop_map(Step::Cut),
        2 => tab().prop_map(Step::LifeSign),
        5 => (tab(), prop_oneof![3 => Just(0), 1 => 0..3_usize]).prop_map(|(tab, but)| Step::Arrived(tab, but)),
        1 => (tab(), any::<bool>()).prop_map(|(tab, follows)| Step::Follow(tab, follows)),
        6 => select(&USERS[..]).prop_map(Step::Notify),
        5 => time.prop_map(|time| Step::Wait(Millis(time))),
        1 => Just(Step::Restart),
    ]
}

/// A tab's newest socket, from the outside.
struct Line {
    connection: ConnectionId,
    is_cut: bool,
    hides: bool,
    spoke_at: Millis,
}

struct Run {
    stage: Stage,
    /// Sees all, and never hides.
    witness: ConnectionId,
    lines: BTreeMap<usize, Line>,
    cut: BTreeSet<ConnectionId>,
    /// What the witness was told of each.
    told: BTreeMap<&'static str, Availability>,
    /// For whom each notification was.
    sent: Vec<&'static str>,
    /// What each socket was told before its line was cut, with the first mark behind it.
    heard: BTreeMap<(ConnectionId, usize), u64>,
    /// What arrived for certain.
    confirmed: BTreeSet<usize>,
    attempts: u32,
}

impl Run {
    fn new() -> Self {
        let mut stage = Stage::new();
        let witness = stage.seated_follower("witness");
        Self {
            stage,
            witness,
            lines: BTreeMap::new(),
            cut: BTreeSet::new(),
            told: BTreeMap::new(),
            sent: vec![],
            heard: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            attempts: 0,
        }
    }

    /// The open socket of a tab.
    fn line(&mut self, tab: usize) -> Option<&mut Line> {
        let desk = self.stage.desk(self.lines.get(&tab)?.connection);
        let is_open = desk.closed.is_none() && !desk.ended;
        self.lines.get_mut(&tab).filter(|_| is_open)
    }

    fn play(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Arrive { tab, follows, hides } => self.arrive(*tab, *follows, *hides),
            Step::Change(from, to) => self.change(*from, *to),
            Step::Close(tab, end) => {
                if let Some(Line { connection, is_cut, .. }) = self.line(*tab) {
                    let (connection, is_cut) = (*connection, *is_cut);
                    self.stage.close(connection, if is_cut { End::Lost } else { *end });
                }
            }
            Step::Cut(tab) => {
                if let Some(line) = self.line(*tab) {
                    line.is_cut = true;
                    let connection = line.connection;
                    self.cut.insert(connection);
                }
            }
            Step::LifeSign(tab) => {
                let now = self.stage.now;
                if let Some(line) = self.line(*tab).filter(|line| !line.is_cut) {
                    line.spoke_at = now;
                    let connection = line.connection;
                    self.stage.life_sign(connection);
                }
            }
            Step::Arrived(tab, but) => {
                if let Some(line) = self.line(*tab).filter(|line| !line.is_cut) {
                    let connection = line.connection;
                    self.arrive_at(connection, *but);
                }
            }
            Step::Follow(tab, follows) => {
                if let Some(line) = self.line(*tab).filter(|line| !line.is_cut) {
                    let connection = line.connection;
                    let feed = Feed::Messages;
                    self.stage.say(connection, if *follows { Command::Follow(feed) } else { Command::Unfollow(feed) });
                }
            }
            Step::Notify(name) => {
                let id = self.sent.len().to_string();
                self.sent.push(name);
                self.stage.notify(Some(name), &id);
                // A restart keeps the order of moments.
                self.stage.wait(Millis(1));
            }
            Step::Wait(time) => self.stage.wait_with(&[self.witness], *time),
            Step::Restart => self.restart()?,
        }
        self.read(!matches!(step, Step::Wait(_)))?;
        self.check()
    }

    fn arrive(&mut self, tab: usize, follows: bool, hides: bool) {
        let (user, session) = TABS[tab];
        self.attempts += 1;
        let mut visit = Visit::of(user).session(session).engine(1, self.attempts);
        visit.hello.privacy.invisible = Some(hides);
        let connection = self.stage.arrive(&visit);
        self.lines.insert(tab, Line { connection, is_cut: false, hides, spoke_at: self.stage.now });
        if follows {
            self.stage.say(connection, Command::Follow(Feed::Messages));
        }
    }

    fn change(&mut self, from: usize, to: usize) {
        let (user, session) = TABS[to];
        let Some(line) = self.line(from).filter(|line| TABS[from].0 == user && from != to && !line.is_cut) else {
            return;
        };
        let connection = line.connection;
        self.lines.remove(&from);
        self.attempts += 1;
        // What it was told for the other one, and did not show to have heard, it may be told again.
        self.heard.retain(|(other, _), _| *other != connection);
        let mut visit = Visit::of(user).session(session).engine(1, self.attempts);
        visit.hello.privacy.invisible = Some(false);
        self.stage.hello(connection, &visit);
        self.stage.say(connection, Command::Follow(Feed::Messages));
        self.lines.insert(to, Line { connection, is_cut: false, hides: false, spoke_at: self.stage.now });
    }

    /// A socket answers the ping that stands behind all it was told but for the last few.
    fn arrive_at(&mut self, connection: ConnectionId, but: usize) {
        let heard: Vec<_> = self.heard.range((connection, usize::MIN)..=(connection, usize::MAX)).collect();
        let marks: BTreeSet<u64> = heard.iter().map(|(_, mark)| **mark).collect();
        let Some(mark) = marks.into_iter().rev().nth(but) else { return };
        self.confirmed.extend(heard.into_iter().filter(|(_, behind)| **behind <= mark).map(|((_, id), _)| *id));
        self.stage.arrived(connection, mark);
    }

    fn restart(&mut self) -> Result<(), TestCaseError> {
        let kept: BTreeSet<usize> =
            self.stage.disk().notifications.iter().map(|(_, kept)| kept.id.parse().unwrap()).collect();
        for (id, name) in self.sent.iter().enumerate() {
            prop_assert!(!kept.contains(&id) || !self.confirmed.contains(&id), "{} is kept for nothing", id);
            let is_safe = kept.contains(&id) || self.confirmed.contains(&id);
            prop_assert!(is_safe, "{} of {} would be lost", id, name);
        }
        self.stage.restart();
        self.lines.clear();
        self.told.clear();
        self.witness = self.stage.seated_follower("witness");
        Ok(())
    }

    fn was_heard(&self, id: usize) -> bool {
        self.confirmed.contains(&id) || self.heard.keys().any(|(_, heard)| *heard == id)
    }

    /// Notes what all were told; at one moment, that is in order.
    fn read(&mut self, at_once: bool) -> Result<(), TestCaseError> {
        for connection in self.stage.connections() {
            let (mut told, mut unmarked) = (vec![], vec![]);
            for event in self.stage.told(connection) {
                match &*event {
                    Event::UserPresence { user: of, availability, .. } if connection == self.witness => {
                        let Some(name) = USERS.into_iter().find(|name| user(name) == *of) else { continue };
                        let before = self.told.insert(name, *availability);
                        let is_news = before.unwrap_or(Availability::Offline) != *availability;
                        prop_assert!(is_news, "{} is told to be {:?} again", name, availability);
                    }
                    Event::Notification { notification, mark, .. } => {
                        let id: usize = notification.id.parse().unwrap();
                        if self.cut.contains(&connection) {
                            continue;
                        }
                        prop_assert!(!self.confirmed.contains(&id), "{} is told to {} again", id, connection);
                        let is_news = !self.heard.contains_key(&(connection, id)) && !unmarked.contains(&id);
                        prop_assert!(is_news, "{} is told twice to {}", id, connection);
                        told.push(id);
                        unmarked.push(id);
                        if let Some(mark) = mark {
                            self.heard.extend(unmarked.drain(..).map(|id| ((connection, id), *mark)));
                        }
                    }
                    _ => {}
                }
            }
            prop_assert!(!at_once || told.is_sorted(), "{:?} is told to {}", told, connection);
            prop_assert!(unmarked.is_empty(), "there is no mark behind {:?}", unmarked);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let alive = self.stage.now - Timing::default().gone_after;
        for name in USERS {
            let tabs = (0..TABS.len()).filter(|tab| TABS[*tab].0 == name);
            let tabs: Vec<_> = tabs.collect();
            let is_here =
                tabs.into_iter().any(|tab| self.line(tab).is_some_and(|line| !line.hides && line.spoke_at > alive));
            let was_told = self.told.get(name).is_some_and(|told| *told != Availability::Offline);
            prop_assert!(was_told || !is_here, "{} is here and told to be offline", name);
            prop_assert_eq!(was_told, self.stage.last_seen(name).1, "{}", name);
        }
        Ok(())
    }

    /// All return, and hear what they have not heard.
    fn end(&mut self) -> Result<(), TestCaseError> {
        let all = USERS.map(|name| self.stage.follower(&Visit::of(name).session(&format!("{name}-last"))));
        self.read(true)?;
        // Lines of before are known to be dead only then, and what was told there is told again.
        self.stage.wait_with(&[self.witness, all[0], all[1]], Millis::minutes(1));
        self.read(false)?;
        for connection in all {
            self.arrive_at(connection, 0);
        }
        for (id, name) in self.sent.iter().enumerate() {
            prop_assert!(self.was_heard(id), "{} never heard {}", name, id);
        }
        let kept = self.stage.disk().notifications;
        prop_assert!(kept.is_empty(), "{:?} is kept for nobody", kept);
        // And go.
        for connection in all {
            self.stage.close(connection, End::Lost);
        }
        self.stage.wait_with(&[self.witness], Millis::minutes(1));
        self.read(false)?;
        self.lines.clear();
        self.check()
    }
}

proptest! {
    #[test]
    fn offline_is_told_once_for_each_absence_and_notifications_arrive_once(
        steps in proptest::collection::vec(step(), 1..100),
    ) {
        let mut run = Run::new();
        for step in steps {
            run.play(&step)?;
        }
        run.end()?;
    }
}
