//! The server's body, simulated: shards with their inboxes, connections with their outboxes, and the
//! ways between them. It drives the hubs as the real one does, on the virtual clock.

mod sockets;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use presence_hub::hub::{Hub, HubConfig};
use presence_hub::io::{Input, Output, PeerMessage, Shard};
use presence_hub::window::Window;
use presence_model::close::Close;
use presence_model::grant::Grants;
use presence_model::id::{ConnectionId, SessionId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::agenda::{Agenda, Event, LinkId, Source};
use crate::ledger::Ledger;
use crate::link::Network;
use crate::server::sockets::Connection;

/// After a stop nothing expires for so long: what lies unread is read first.
const SETTLING: Millis = Millis(250);

pub struct Server {
    pub timing: Arc<Timing>,
    pub limits: Arc<Limits>,
    /// What the next token allows.
    pub grants: Grants,
    pub hubs: Vec<Hub>,
    pub ledger: Ledger,
    /// Bytes under way on a link before its socket takes no more.
    pub window: usize,
    /// The longest way from a connection to a shard.
    pub inbox_delay: Millis,
    /// The shortest and the longest way between two shards.
    pub peer_delay: (Millis, Millis),
    pub is_up: bool,
    /// Counts what clients say that is neither report nor receipt.
    pub commands: u64,
    /// Set while the process is stopped.
    pub frozen_since: Option<Millis>,
    pub thawed_at: Millis,
    life: u64,
    connections: BTreeMap<LinkId, Connection>,
    inboxes: BTreeMap<(Source, usize), Inbox>,
    wakes: Vec<Option<Millis>>,
    settles_until: Millis,
    /// What happened to a stopped process.
    deferred: Vec<Event>,
}

#[derive(Default)]
struct Inbox {
    inputs: VecDeque<Input>,
    last_at: Millis,
}

impl Server {
    pub fn new(agenda: &Agenda, shards: usize, timing: Arc<Timing>, limits: Arc<Limits>) -> Self {
        let ledger = Ledger::new(timing.clone());
        let mut server = Self {
            timing,
            limits,
            grants: Grants::All,
            hubs: vec![],
            ledger,
            window: usize::MAX,
            inbox_delay: Millis(0),
            peer_delay: (Millis(0), Millis(0)),
            is_up: true,
            commands: 0,
            frozen_since: None,
            thawed_at: Millis::ZERO,
            life: 0,
            connections: BTreeMap::new(),
            inboxes: BTreeMap::new(),
            wakes: vec![None; shards],
            settles_until: Millis::ZERO,
            deferred: vec![],
        };
        server.fill(agenda.now);
        server
    }

    fn fill(&mut self, now: Millis) {
        self.life += 1;
        let (timing, limits, shards) = (self.timing.clone(), self.limits.clone(), self.wakes.len());
        let config = HubConfig { timing, limits, epoch: self.life, shards, own: None, saved: Arc::default() };
        self.hubs = (0..shards).map(|shard| Hub::new(now, Shard(shard), config.clone())).collect();
        for hub in &mut self.hubs {
            hub.set_window(&Window::new(&self.timing));
        }
        self.wakes.fill(None);
    }

    // How it lives and dies.

    /// Every socket breaks, everything is forgotten. Of a hundred clients so many hear of it, soon or late.
    pub fn die(&mut self, agenda: &mut Agenda, network: &mut Network, (hear, late): (u64, Millis)) {
        self.is_up = false;
        agenda.trace.count("restart");
        for id in std::mem::take(&mut self.connections).into_keys() {
            let told = agenda.dice.chance(hear).then(|| agenda.dice.between(Millis(0), late));
            network.cut(agenda, id, None, told);
        }
        self.inboxes.clear();
        self.deferred.clear();
        self.frozen_since = None;
        self.fill(agenda.now);
        self.ledger.settle(agenda.now);
        self.ledger.restart(agenda.now);
    }

    pub fn freeze(&mut self, now: Millis) {
        if self.is_up && self.frozen_since.is_none() {
            self.frozen_since = Some(now);
        }
    }

    pub fn thaw(&mut self, agenda: &mut Agenda, network: &mut Network) {
        let Some(since) = self.frozen_since.take() else { return };
        self.thawed_at = agenda.now;
        agenda.trace.count("excuse");
        let lateness = agenda.now.since(since) + SETTLING;
        self.settles_until = agenda.now + SETTLING;
        for hub in &mut self.hubs {
            hub.excuse(lateness);
        }
        self.ledger.excuse(lateness);
        for connection in self.connections.values_mut() {
            connection.heard_at += lateness;
        }
        for event in std::mem::take(&mut self.deferred) {
            agenda.at(agenda.now, event);
        }
        // Room that came free meanwhile went unnoticed.
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            self.pump(agenda, network, id);
        }
    }

    /// Keeps an event for later while the process is stopped; gives it back when it is not.
    pub fn defer(&mut self, event: Event) -> Option<Event> {
        if self.frozen_since.is_some() {
            self.deferred.push(event);
            return None;
        }
        Some(event)
    }

    // What its shards do.

    fn put(&mut self, agenda: &mut Agenda, from: Source, shard: usize, input: Input) {
        let inbox = self.inboxes.entry((from, shard)).or_default();
        let (low, high) = match from {
            Source::Connection(_) => (Millis(0), self.inbox_delay),
            Source::Shard(_) => self.peer_delay,
        };
        let delay = agenda.dice.between(low, high);
        inbox.last_at = inbox.last_at.max(agenda.now + delay);
        inbox.inputs.push_back(input);
        agenda.at(inbox.last_at, Event::ShardHears { life: self.life, from, shard });
    }

    pub fn shard_hears(&mut self, agenda: &mut Agenda, network: &mut Network, life: u64, from: Source, shard: usize) {
        if life != self.life {
            return;
        }
        let Some(inbox) = self.inboxes.get_mut(&(from, shard)) else { return };
        let Some(input) = inbox.inputs.pop_front() else { return };
        if inbox.inputs.is_empty() && matches!(from, Source::Connection(_)) {
            self.inboxes.remove(&(from, shard));
        }
        self.ledger.observe(agenda.now, &input);
        self.hubs[shard].handle(agenda.now, input);
        self.deliver(agenda, network, shard);
    }

    pub fn shard_wakes(&mut self, agenda: &mut Agenda, network: &mut Network, life: u64, shard: usize) {
        if life != self.life {
            return;
        }
        self.wakes[shard] = None;
        let now = agenda.now;
        if self.hubs[shard].next_deadline().is_some_and(|due| due <= now) && now >= self.settles_until {
            self.hubs[shard].expire(now);
            self.deliver(agenda, network, shard);
            let next = self.hubs[shard].next_deadline();
            assert!(next.is_none_or(|next| next > now), "shard {shard} did what was due, and it still is");
        } else {
            self.plan(agenda, shard);
        }
    }

    fn deliver(&mut self, agenda: &mut Agenda, network: &mut Network, shard: usize) {
        while let Some(output) = self.hubs[shard].poll() {
            match output {
                Output::Tell { to, event, lane } => {
                    agenda.note("told", to.len() as u64, shard as u64);
                    self.ledger.check(agenda.now, self.peer_delay.1, &event);
                    self.tell(agenda, network, &to, &event, lane);
                }
                Output::Established { connection, session } => self.establish(agenda, connection, session),
                Output::Close { connection, close } => {
                    agenda.note("server closes", connection.0, u64::from(close.code()));
                    agenda.trace.count(close.reason());
                    if close == Close::Silent {
                        self.ledger.dismiss(agenda.now, connection);
                    }
                    self.close(agenda, network, LinkId(connection.0), close);
                }
                // Nothing is kept in a simulation.
                Output::Save(_) => {}
                Output::Posted { call, .. } => panic!("nobody posts, and {call:?} is answered"),
                Output::Answer { call, .. } => panic!("nobody here calls, and {call:?} is answered"),
                Output::Peer { shard: to, message } => {
                    match message {
                        PeerMessage::Overtook { .. } => agenda.trace.count("sent back"),
                        PeerMessage::TurnedAway { .. } => agenda.trace.count("turned away"),
                        _ => {}
                    }
                    self.put(agenda, Source::Shard(shard), to.0, Input::Peer(message));
                }
            }
        }
        self.plan(agenda, shard);
    }

    fn plan(&mut self, agenda: &mut Agenda, shard: usize) {
        let Some(due) = self.hubs[shard].next_deadline() else { return };
        let due = due.max(self.settles_until).max(agenda.now);
        if self.wakes[shard].is_none_or(|at| due < at) {
            self.wakes[shard] = Some(due);
            agenda.at(due, Event::ShardWakes { life: self.life, shard });
        }
    }

    fn establish(&mut self, agenda: &mut Agenda, on: ConnectionId, session: SessionId) {
        agenda.note("established", on.0, 0);
        self.ledger.establish(agenda.now, &session, on);
        // It may have closed meanwhile: the lobby hears of that next.
        if let Some(connection) = self.connections.get_mut(&LinkId(on.0)) {
            connection.session = Some(session);
        }
    }
}
