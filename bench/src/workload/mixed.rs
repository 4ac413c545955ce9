//! Many live: they join, type, move for a while, do nothing, leave, lose their lines and come back.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use anyhow::{Result, ensure};
use presence_model::session::random::Random;
use serde_json::{Value, json};

use crate::args::Args;
use crate::crowd::{Crowd, OnLoss};
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::workload::report::{percentiles, report, rounded};
use crate::workload::stage::Stage;

const ROOM: usize = 20;
/// While somebody moves, they point so often.
const MOVE_EVERY: u64 = 100_000;
const NOT_IN_YET: u64 = 200_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Quiet,
    Moving { until: u64 },
    Outside,
    Offline,
}

/// What they did, for the report.
#[derive(Debug, Default)]
struct Deeds {
    updates: u64,
    marks: u64,
    leaves: u64,
    cuts: u64,
}

struct Town {
    people: Vec<State>,
    /// When each does the next thing.
    agenda: BinaryHeap<Reverse<(u64, usize)>>,
    random: Random,
    deeds: Deeds,
}

pub fn run(args: &Args) -> Result<Value> {
    let clients = args.connections();
    ensure!(args.dialect.is_presence(), "mixed lives are lived with Presence's dialects only");
    ensure!(clients > 1, "two are needed, so that one hears the other");
    let mut stage = Stage::set(args, clients, ROOM)?;
    let empty = stage.server.memory()?.own;
    stage.join_everybody(args)?;
    let Stage { server, crowd } = &mut stage;
    crowd.observers = 0..clients;
    crowd.on_loss = OnLoss::Return;
    let mut town = Town::new(crowd.now(), clients, args.seed);
    eprintln!("{clients} clients live for {} s, and then for {} s that count", args.warmup, args.seconds);
    town.live(crowd, args.warmup)?;

    crowd.heard.restart();
    crowd.join_times = Histogram::default();
    crowd.open_times = Histogram::default();
    let losses_before = crowd.losses;
    town.deeds = Deeds::default();
    let gauge = Gauge::start(server)?;
    town.live(crowd, args.seconds)?;
    let used = gauge.read(server)?;
    let heard = &crowd.heard;
    if heard.refusals > 0 {
        eprintln!("{} refusals{}", heard.refusals, crowd.complaint());
    }
    let figures = json!({
        "join_us": percentiles(&crowd.join_times),
        "return_us": percentiles(&crowd.open_times),
        "typing_us": percentiles(&heard.typing_ages),
        "cursor_us": percentiles(&heard.ages),
        "server_share": rounded(used.share(used.server.ran)),
        "kib_per_connection": rounded(server.memory()?.own.saturating_sub(empty) as f64 / clients as f64),
        "updates_sent": town.deeds.updates,
        "deliveries": heard.deliveries,
        "typing_marks": town.deeds.marks,
        "leaves": town.deeds.leaves,
        "cuts": town.deeds.cuts,
        "errors": heard.refusals + crowd.losses - losses_before,
    });
    Ok(report(args, &used, figures))
}

impl Town {
    fn new(now: u64, people: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let agenda = (0..people).map(|who| Reverse((now + random.next() % 9_000_000, who))).collect();
        Self { people: vec![State::Quiet; people], agenda, random, deeds: Deeds::default() }
    }

    fn live(&mut self, crowd: &mut Crowd, seconds: f64) -> Result<()> {
        let end = crowd.now() + (seconds * 1e6) as u64;
        while crowd.now() < end {
            let now = crowd.now();
            while let Some(Reverse((at, who))) = self.agenda.peek().copied()
                && at <= now
            {
                self.agenda.pop();
                let wait = self.act(crowd, who, now)?;
                self.agenda.push(Reverse((at.max(now.saturating_sub(MOVE_EVERY)) + wait, who)));
            }
            let next = self.agenda.peek().map_or(end, |Reverse((at, _))| *at);
            crowd.turn(next.min(end))?;
        }
        Ok(())
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.random.next() % (most - least)
    }

    /// Does the next thing in a life; returns how long until the one after it.
    fn act(&mut self, crowd: &mut Crowd, who: usize, now: u64) -> Result<u64> {
        match self.people[who] {
            State::Offline => {
                crowd.open(who)?;
                self.people[who] = State::Quiet;
                return Ok(self.between(3_000_000, 9_000_000));
            }
            State::Outside if crowd.is_open(who) => {
                crowd.ask_in(who)?;
                self.people[who] = State::Quiet;
                return Ok(self.between(3_000_000, 9_000_000));
            }
            _ if !crowd.has_joined(who) => return Ok(NOT_IN_YET),
            State::Moving { until } if now < until => {
                crowd.say(who, |client, out, heard| client.point(heard.stamp(), out))?;
                self.deeds.updates += 1;
                return Ok(MOVE_EVERY);
            }
            _ => self.people[who] = State::Quiet,
        }
        match self.random.next() % 100 {
            0..15 => {
                let until = now + self.between(1_000_000, 3_000_000);
                self.people[who] = State::Moving { until };
                Ok(MOVE_EVERY)
            }
            15..40 => {
                crowd.say(who, |client, out, heard| client.type_in(heard.stamp(), out))?;
                self.deeds.marks += 1;
                Ok(self.between(3_000_000, 9_000_000))
            }
            40..54 => {
                crowd.ask_out(who)?;
                self.people[who] = State::Outside;
                self.deeds.leaves += 1;
                Ok(self.between(1_000_000, 3_000_000))
            }
            54..60 => {
                crowd.cut(who)?;
                self.people[who] = State::Offline;
                self.deeds.cuts += 1;
                Ok(self.between(500_000, 3_000_000))
            }
            _ => Ok(self.between(3_000_000, 9_000_000)),
        }
    }
}
