//! One server, its clients and the network between them, on one clock.

use std::sync::Arc;

use presence_hub::io::End;
use presence_model::id::InstanceId;
use presence_model::limit::{Limits, Timing};
use presence_model::room::RoomKey;
use presence_model::time::Millis;

use crate::agenda::{Agenda, Event, LinkId, Side};
use crate::check;
use crate::client::{Client, Owner};
use crate::link::{Network, Weather};
use crate::server::Server;

/// No clock starts at zero.
pub const START: Millis = Millis::seconds(1_000_000);

const AUDIT_EVERY: Millis = Millis::seconds(1);

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub shards: usize,
    pub weather: Weather,
    pub timing: Timing,
    pub limits: Limits,
    /// All rooms that there are in this world.
    pub rooms: Vec<RoomKey>,
}

pub struct World {
    pub agenda: Agenda,
    pub network: Network,
    pub server: Server,
    pub clients: Vec<Client>,
    pub rooms: Vec<RoomKey>,
    seed: u64,
}

impl World {
    pub fn new(plan: Plan) -> Self {
        let Plan { seed, shards, weather, timing, limits, rooms } = plan;
        let mut agenda = Agenda::new(seed, START);
        let server = Server::new(&agenda, shards, Arc::new(timing), Arc::new(limits));
        agenda.at(START, Event::Audit);
        Self { agenda, network: Network::new(weather), server, clients: vec![], rooms, seed }
    }

    pub fn now(&self) -> Millis {
        self.agenda.now
    }

    /// A tab that nobody has opened yet.
    pub fn add_client(&mut self, user: &str, instance: &str, skew: Millis) -> usize {
        let number = self.clients.len();
        let instance = InstanceId::parse(instance).expect("tests name instances well");
        self.clients.push(Client::new(number, Owner { user: user.to_owned(), instance, skew }));
        number
    }

    /// Does something with a client, who may use the network.
    pub fn with<R>(&mut self, client: usize, act: impl FnOnce(&mut Client, &mut Agenda, &mut Network) -> R) -> R {
        let result = act(&mut self.clients[client], &mut self.agenda, &mut self.network);
        self.check_leaves(client);
        result
    }

    pub fn run_for(&mut self, length: Millis) {
        self.run_until(self.agenda.now + length, |_, _| {});
    }

    /// Lets happen what is due until `end`; `act` is called for the moments at which apps act.
    pub fn run_until(&mut self, end: Millis, mut act: impl FnMut(&mut Self, Event)) {
        while let Some(event) = self.agenda.next(end) {
            let Some(event) = self.for_server(event) else { continue };
            match event {
                Event::ClientWakes(client) => self.with(client, |client, agenda, network| client.wake(agenda, network)),
                Event::ClientThaws(client) => self.with(client, |client, agenda, network| client.thaw(agenda, network)),
                Event::Arrives { link, run, .. } => self.arrive_down(link, run),
                Event::Breaks { link, .. } => self.break_for_client(link),
                Event::Heals(link) => self.network.heal(&mut self.agenda, link),
                Event::Audit => {
                    check::audit(self);
                    self.agenda.after(AUDIT_EVERY, Event::Audit);
                }
                Event::ServerDies => {
                    self.agenda.note("server dies", 0, 0);
                    self.server.die(&mut self.agenda, &mut self.network, (80, Millis::seconds(2)));
                }
                Event::ServerStarts => self.server.is_up = true,
                Event::ServerFreezes => self.server.freeze(self.agenda.now),
                Event::ServerThaws => {
                    self.agenda.note("server thaws", 0, 0);
                    self.server.thaw(&mut self.agenda, &mut self.network);
                }
                event => act(self, event),
            }
        }
    }

    /// Gives the server what is its own; a stopped one looks at it later.
    fn for_server(&mut self, event: Event) -> Option<Event> {
        let is_servers = matches!(
            event,
            Event::Arrives { side: Side::Server, .. }
                | Event::Breaks { side: Side::Server, .. }
                | Event::Beats(_)
                | Event::ShardHears { .. }
                | Event::ShardWakes { .. }
        );
        if !is_servers {
            return Some(event);
        }
        let (agenda, network, server) = (&mut self.agenda, &mut self.network, &mut self.server);
        match server.defer(event)? {
            Event::Arrives { link, run, .. } => {
                if let Some(up) = network.arrive_up(link, run) {
                    server.receive(agenda, network, link, up);
                }
            }
            Event::Breaks { link, .. } => server.lose(agenda, link, End::Lost),
            Event::Beats(link) => server.beat(agenda, network, link),
            Event::ShardHears { life, from, shard } => server.shard_hears(agenda, network, life, from, shard),
            Event::ShardWakes { life, shard } => server.shard_wakes(agenda, network, life, shard),
            _ => {}
        }
        None
    }

    fn arrive_down(&mut self, link: LinkId, run: u32) {
        let Some(client) = self.network.find(link).map(|link| link.client) else { return };
        let Some(down) = self.network.arrive_down(link, run) else { return };
        self.with(client, |client, agenda, network| client.hear(agenda, network, link, down));
        if self.server.frozen_since.is_none() {
            self.server.pump(&mut self.agenda, &mut self.network, link);
        }
    }

    fn break_for_client(&mut self, link: LinkId) {
        let Some(client) = self.network.find(link).map(|link| link.client) else { return };
        self.with(client, |client, agenda, network| {
            client.hear(agenda, network, link, crate::link::Down::Close(Some(1006)))
        });
    }

    fn check_leaves(&mut self, client: usize) {
        if self.clients[client].leaves.is_empty() {
            return;
        }
        let leaves = std::mem::take(&mut self.clients[client].leaves);
        if self.server.frozen_since.is_none() {
            self.server.ledger.settle(self.agenda.now);
        }
        for leave in leaves {
            check::leave(self, client, &leave);
        }
    }
}

impl Drop for World {
    /// A failed check has to say how to see it again.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (seed, tail) = (self.seed, self.agenda.trace.tail(START));
            eprintln!(
                "the newest events (ms, what, who):\n{tail}\nseed {seed}; repeat this test with PRESENCE_SIM_SEED={seed}"
            );
        }
    }
}
