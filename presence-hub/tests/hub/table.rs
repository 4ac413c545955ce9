//! The table of instances against plain rules, whatever happens and however much of it.

use std::collections::BTreeMap;

use presence_hub::io::{End, Form};
use presence_model::command::Command;
use presence_model::event::{Event, Listing};
use presence_model::id::ConnectionId;
use presence_model::instance::Instance;
use presence_model::limit::Limits;
use presence_model::time::Millis;
use proptest::prelude::*;

use crate::mirror::Mirror;
use crate::stage::Stage;
use crate::visit::{Visit, beacon};

/// The server's own entry among them.
const MOST: usize = 4;
const INSTANCES: u8 = 7;
const TTL: Millis = Millis::minutes(5);
const GRACE: Millis = Millis::seconds(10);
/// All that happens in time happens at multiples of this.
const TICK: Millis = Millis(500);

#[derive(Clone, Copy, Debug)]
enum Step {
    Arrive(u8),
    Leave(u8),
    Drop(u8),
    Report(u8),
    Ticks(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let which = || 0..INSTANCES;
    let ticks = prop_oneof![4 => 0_u64..5, 2 => 0_u64..60, 1 => 500_u64..700];
    let step = prop_oneof![
        4 => which().prop_map(Step::Arrive),
        2 => which().prop_map(Step::Leave),
        2 => which().prop_map(Step::Drop),
        4 => which().prop_map(Step::Report),
        4 => ticks.prop_map(Step::Ticks),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Living,
    Reported,
    Left,
}

fn kind(entry: &Instance) -> Kind {
    match (entry.is_living(), entry.has_left()) {
        (true, _) => Kind::Living,
        (false, true) => Kind::Left,
        (false, false) => Kind::Reported,
    }
}

/// The same table, slow and plain.
#[derive(Debug)]
struct Plain {
    rows: BTreeMap<u8, (Kind, Millis)>,
    /// Who is served without a row, with its newest life sign, in order of arrival.
    waiting: Vec<(u8, Millis)>,
    version: u64,
}

impl Plain {
    fn arrive(&mut self, now: Millis, who: u8) {
        if let Some(row) = self.waiting.iter_mut().find(|(waiting, _)| *waiting == who) {
            row.1 = now;
            return;
        }
        if self.rows.get(&who).is_none_or(|(kind, _)| *kind != Kind::Living) {
            if !self.rows.contains_key(&who) && !self.make_room() {
                return self.waiting.push((who, now));
            }
            self.version += 1;
        }
        self.rows.insert(who, (Kind::Living, now));
    }

    fn leave(&mut self, now: Millis, who: u8) {
        if let Some(row) = self.rows.get_mut(&who) {
            *row = (Kind::Left, now);
            self.version += 1;
        }
        self.waiting.retain(|(waiting, _)| *waiting != who);
        while !self.waiting.is_empty() && self.make_room() {
            let (first, ts) = self.waiting.remove(0);
            self.rows.insert(first, (Kind::Living, ts));
            self.version += 1;
        }
    }

    fn report(&mut self, now: Millis, about: u8) {
        self.version += 1;
        if let Some(row) = self.waiting.iter_mut().find(|(waiting, _)| *waiting == about) {
            row.1 = now;
        } else if self.rows.contains_key(&about) || self.make_room() {
            let row = self.rows.entry(about).or_insert((Kind::Reported, now));
            *row = (if row.0 == Kind::Living { Kind::Living } else { Kind::Reported }, now);
        }
    }

    fn hear(&mut self, now: Millis, who: u8) {
        self.waiting.iter_mut().filter(|(waiting, _)| *waiting == who).for_each(|row| row.1 = now);
        self.rows.entry(who).and_modify(|row| row.1 = now);
    }

    fn prune(&mut self, now: Millis) {
        self.rows.retain(|_, (kind, ts)| *kind == Kind::Living || now.since(*ts) <= TTL);
    }

    fn make_room(&mut self) -> bool {
        if self.rows.len() + 1 < MOST {
            return true;
        }
        let idle = self.rows.iter().filter(|(_, (kind, _))| *kind != Kind::Living);
        let Some(oldest) = idle.min_by_key(|(_, (_, ts))| *ts).map(|(who, _)| *who) else { return false };
        self.rows.remove(&oldest).is_some()
    }
}

/// A stage, the plain table, and readers that are in no list: one of each form.
struct Play {
    stage: Stage,
    plain: Plain,
    sender: ConnectionId,
    readers: Vec<(ConnectionId, Form, Mirror)>,
    sockets: BTreeMap<u8, ConnectionId>,
    /// Who lost its socket, and when its session ends.
    held: BTreeMap<u8, Millis>,
    listing: Listing,
    attempts: u32,
}

impl Play {
    fn new() -> Self {
        let mut stage =
            Stage::of_gateway(Limits { instances: MOST, sessions_per_user: usize::MAX, ..Limits::default() });
        let watch = |stage: &mut Stage, visit: Visit| {
            let form = visit.form;
            let reader = stage.arrive(&visit.mode("cli"));
            if form != Form::Gateway {
                stage.say(reader, Command::Subscribe);
            }
            (reader, form, Mirror::default())
        };
        let readers = vec![
            watch(&mut stage, Visit::of("b")),
            watch(&mut stage, Visit::of("j").json()),
            watch(&mut stage, Visit::of("g").gateway()),
        ];
        let sender = stage.arrive(&Visit::of("ann").gateway().mode("cli"));
        let plain = Plain { rows: BTreeMap::new(), waiting: vec![], version: 1 };
        let listing = Listing { version: 1, entries: Default::default(), now: stage.now };
        Self { stage, plain, sender, readers, sockets: BTreeMap::new(), held: BTreeMap::new(), listing, attempts: 0 }
    }

    fn play(&mut self, step: Step) {
        let now = self.stage.now;
        match step {
            Step::Arrive(who) => {
                self.attempts += 1;
                let name = who.to_string();
                let visit = Visit::of("ann").session(&name).instance(&name).engine(1, self.attempts);
                if let Some(before) = self.sockets.insert(who, self.stage.arrive(&visit)) {
                    self.stage.close(before, End::Lost);
                }
                self.held.remove(&who);
                self.plain.arrive(now, who);
            }
            Step::Leave(who) => {
                if let Some(socket) = self.sockets.remove(&who) {
                    self.stage.close(socket, End::Clean);
                    self.plain.leave(now, who);
                }
            }
            Step::Drop(who) => {
                if let Some(socket) = self.sockets.remove(&who) {
                    self.stage.close(socket, End::Lost);
                    self.held.insert(who, now + GRACE);
                }
            }
            Step::Report(about) => {
                self.stage.report(self.sender, beacon(Some(&about.to_string())));
                self.plain.report(now, about);
            }
            Step::Ticks(ticks) => (0..ticks).for_each(|_| self.tick()),
        }
    }

    fn tick(&mut self) {
        self.stage.wait(TICK);
        let now = self.stage.now;
        self.plain.prune(now);
        let over: Vec<_> = self.held.iter().filter(|(_, until)| **until <= now).map(|(who, _)| *who).collect();
        for who in over {
            self.held.remove(&who);
            self.plain.leave(now, who);
        }
        if now.0.is_multiple_of(10_000) {
            let readers = self.readers.iter().map(|(reader, ..)| *reader).chain([self.sender]);
            for socket in readers.chain(self.sockets.values().copied()) {
                self.stage.life_sign(socket);
            }
            self.sockets.keys().for_each(|who| self.plain.hear(now, *who));
        }
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let rows = self.stage.hubs[0].presence(self.stage.now, true).entries;
        let (own, others) = rows.split_first().unwrap();
        prop_assert!(own.is_own() && own.ts == self.stage.now);
        prop_assert!(rows.len() <= MOST);
        let table: Vec<_> =
            others.iter().map(|entry| (entry.instance_id.to_string(), (kind(entry), entry.ts))).collect();
        let plain: Vec<_> = self.plain.rows.iter().map(|(who, row)| (who.to_string(), *row)).collect();
        prop_assert_eq!(table, plain);
        prop_assert_eq!(self.stage.presence().truncated, !self.plain.waiting.is_empty());
        for (reader, _, mirror) in &mut self.readers {
            for event in self.stage.told(*reader) {
                mirror.take(&event).map_err(|broken| TestCaseError::fail(format!("{reader}: {broken}")))?;
                if let Event::Listing(listing) = &*event {
                    is_in_order(listing)?;
                    prop_assert!(listing.version >= self.listing.version && listing.version <= self.plain.version);
                    self.listing = listing.clone();
                }
            }
        }
        Ok(())
    }

    /// When all was told, each reader believes what is so.
    fn check_beliefs(&self) -> Result<(), TestCaseError> {
        let here = self.stage.presence().entries;
        let told = |entry: &Instance| (entry.status, entry.liveness, entry.sessions.clone());
        for (_, form, mirror) in self.readers.iter().filter(|(_, form, _)| *form != Form::Gateway) {
            let (_, believed) = mirror.list.as_ref().unwrap();
            let believed: Vec<_> = believed.iter().map(|(key, entry)| (key.clone(), told(entry))).collect();
            let are: Vec<_> = here.iter().map(|entry| (entry.key(), told(entry))).collect();
            prop_assert_eq!(believed, are, "{:?}", form);
        }
        prop_assert_eq!(self.listing.version, self.plain.version);
        let others = self.listing.entries.iter().filter(|entry| !entry.is_own());
        let believed: BTreeMap<_, _> = others.map(|entry| (entry.instance_id.to_string(), kind(entry))).collect();
        let are: BTreeMap<_, _> = self.plain.rows.iter().map(|(who, (kind, _))| (who.to_string(), *kind)).collect();
        prop_assert_eq!(believed, are);
        Ok(())
    }
}

/// The server first, then the newest life sign, then as the keys stand.
fn is_in_order(listing: &Listing) -> Result<(), TestCaseError> {
    let (own, others) = listing.entries.split_first().unwrap();
    prop_assert!(own.is_own() && own.ts == listing.now);
    let place = |entry: &Instance| (std::cmp::Reverse(entry.ts), entry.key());
    prop_assert!(others.is_sorted_by_key(place), "{:?}", others);
    Ok(())
}

proptest! {
    #[test]
    fn the_table_is_as_the_plain_rules_say_and_so_is_what_readers_believe(steps in steps()) {
        let mut play = Play::new();
        for step in steps {
            play.play(step);
            play.check()?;
        }
        // Whoever is held goes in this time, and lists that wait for the next second come.
        play.play(Step::Ticks(23));
        play.check()?;
        play.check_beliefs()?;
    }
}

fn names(stage: &Stage) -> Vec<String> {
    stage.hubs[0].presence(stage.now, true).entries.iter().map(|entry| entry.instance_id.to_string()).collect()
}

#[test]
fn ten_thousand_beacons_leave_the_newest_two_hundred() {
    let mut stage = Stage::of_gateway(Limits::default());
    let sender = stage.arrive(&Visit::of("ann").gateway().instance("sender"));
    for n in 0..10_000 {
        stage.now += Millis(1);
        stage.report(sender, beacon(Some(&format!("{n:05}"))));
    }
    let newest: Vec<_> = (10_000 - 198..10_000).map(|n| format!("{n:05}")).collect();
    assert_eq!(names(&stage), [vec!["tower".to_owned()], newest, vec!["sender".to_owned()]].concat());
    assert_eq!(stage.hubs[0].counts().instances, 200);
    stage.hear_nothing();
    stage.ask_for_list(sender);
    let [event] = &stage.events(sender)[..] else { panic!("one answer") };
    let Event::Listed { listing, .. } = &**event else { panic!("a list: {event:?}") };
    is_in_order(listing).unwrap();
    // In five minutes all of them are forgotten.
    stage.wait_with(&[sender], TTL + Millis(1));
    assert_eq!(names(&stage), ["tower", "sender"]);
}

#[test]
fn ten_thousand_arrivals_leave_two_hundred_and_whoever_came_first() {
    let mut stage = Stage::of_gateway(Limits::default());
    let sender = stage.arrive(&Visit::of("ann").gateway().instance("sender"));
    for n in 0..300 {
        stage.report(sender, beacon(Some(&format!("reported {n}"))));
    }
    let name = |n: usize| format!("guest {n:05}");
    let guests: Vec<_> = (0..10_000).map(|n| stage.arrive(&Visit::of(&name(n)).session(&name(n)))).collect();
    let listed = |stage: &Stage, of: std::ops::Range<usize>| {
        let mut wanted = vec!["tower".to_owned(), "sender".to_owned()];
        wanted.extend(of.map(name));
        assert_eq!(names(stage), wanted);
    };
    listed(&stage, 0..198);
    assert!(stage.presence().truncated);
    // As many as go are listed of those who wait, in order of arrival.
    for guest in &guests[..5_000] {
        stage.close(*guest, End::Clean);
    }
    listed(&stage, 5_000..5_198);
    for guest in &guests[5_000..] {
        stage.close(*guest, End::Clean);
    }
    assert!(!stage.presence().truncated);
    assert_eq!(names(&stage).len(), 200, "those who left last");
    assert_eq!(stage.presence().entries.len(), 2);
}
