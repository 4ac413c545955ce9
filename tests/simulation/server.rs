//! The server's body, simulated: shards with their inboxes, connections with their outboxes, and the
//! ways between them. It drives the hubs as the real one does, on the virtual clock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use presence_hub::hub::{Hub, HubConfig};
use presence_hub::io::{End, Form, Input, Lane, Output, Shard};
use presence_hub::outbox::{Outbox, Subject};
use presence_model::close::Close;
use presence_model::command::{Command, Principal};
use presence_model::event::{Event as Told, InstanceChange, RoomChange};
use presence_model::id::{ConnectionId, InstanceKey, SessionId, UserId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::{encode, encode_probe_reply};
use presence_model::wire::binary::frame::{KEEPALIVE, frames};
use presence_model::wire::binary::upstream::Upstream;

use crate::agenda::{Agenda, Event, LinkId, Source};
use crate::ledger::Ledger;
use crate::link::{Down, Network, Up};

/// After a stop nothing expires for so long: what lies unread is read first.
const SETTLING: Millis = Millis(250);
/// A connection tells the lobby of a life sign at most once in this time.
const SIGN_EVERY: Millis = Millis::seconds(5);
const BEAT_EVERY: Millis = Millis::seconds(5);
const BEATS_PER_PING: u64 = 3;

pub struct Server {
    pub timing: Arc<Timing>,
    pub limits: Arc<Limits>,
    pub hubs: Vec<Hub>,
    pub ledger: Ledger,
    /// Bytes under way on a link before its socket takes no more.
    pub window: usize,
    /// The longest way between two shards, and from a connection to a shard.
    pub peer_delay: Millis,
    pub is_up: bool,
    /// Set while the process is stopped.
    pub frozen_since: Option<Millis>,
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

struct Connection {
    outbox: Outbox,
    session: Option<SessionId>,
    said_hello: bool,
    order: u64,
    heard_at: Millis,
    told_at: Option<Millis>,
    sent_at: Millis,
    beats: u64,
}

impl Server {
    pub fn new(agenda: &Agenda, shards: usize, timing: Arc<Timing>, limits: Arc<Limits>) -> Self {
        let ledger = Ledger::new(timing.clone());
        let mut server = Self {
            timing,
            limits,
            hubs: vec![],
            ledger,
            window: usize::MAX,
            peer_delay: Millis(3),
            is_up: true,
            frozen_since: None,
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
        let config = HubConfig { timing, limits, epoch: self.life, shards };
        self.hubs = (0..shards).map(|shard| Hub::new(now, Shard(shard), config.clone())).collect();
        self.wakes.fill(None);
    }

    // How it lives and dies.

    /// Every socket breaks, everything is forgotten.
    pub fn die(&mut self, agenda: &mut Agenda, network: &mut Network) {
        self.is_up = false;
        for id in std::mem::take(&mut self.connections).into_keys() {
            let told = agenda.dice.chance(80).then(|| agenda.dice.between(Millis(0), Millis::seconds(2)));
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

    // What its sockets hear.

    pub fn receive(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId, up: Up) {
        if let Up::Connect = up {
            self.accept(agenda, network, id);
            return;
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.heard_at = connection.heard_at.max(agenda.now);
        let tells = connection.told_at.is_none_or(|at| agenda.now.since(at) >= SIGN_EVERY);
        if tells && connection.session.is_some() {
            connection.told_at = Some(agenda.now);
            self.put(agenda, Source::Connection(id), 0, Input::LifeSign { connection: ConnectionId(id.0) });
        }
        match up {
            Up::Connect | Up::Pong => {}
            Up::Close(code) => self.lose(agenda, id, End::from_code(Some(code))),
            Up::Frame(message) => {
                for frame in frames(&message) {
                    let frame = frame.expect("clients send whole frames");
                    let said = Upstream::read(frame.kind, frame.body).expect("clients send frames that can be read");
                    self.act(agenda, network, id, said.expect("of known kinds"));
                }
            }
        }
    }

    fn accept(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId) {
        if !self.is_up {
            network.send_down(agenda, id, Down::Close(None));
            return;
        }
        let connection = Connection {
            outbox: Outbox::new(&self.limits, true),
            session: None,
            said_hello: false,
            order: 0,
            heard_at: agenda.now,
            told_at: None,
            sent_at: agenda.now,
            beats: agenda.dice.number() % BEATS_PER_PING,
        };
        self.connections.insert(id, connection);
        network.send_down(agenda, id, Down::Accepted);
        let first = agenda.dice.between(Millis(0), BEAT_EVERY);
        agenda.after(first, Event::Beats(id));
    }

    fn act(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId, said: Upstream) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match said {
            Upstream::Hello { token, hello } => {
                let user = UserId::parse(&token.expect("clients name their user")).expect("a name");
                let principal = Principal { name: user.as_str().to_owned(), user_id: user, image: None };
                connection.said_hello = true;
                let fresh = agenda.dice.session_id();
                let (connection, form) = (ConnectionId(id.0), Form::Binary);
                let input = Input::Hello { connection, form, principal, hello, fresh, ip: None };
                self.put(agenda, Source::Connection(id), 0, input);
            }
            Upstream::Command(command) => {
                let shard = Shard::for_command(&command, self.hubs.len());
                self.command(agenda, id, shard, command);
            }
            Upstream::Ack { volatile_bytes } => {
                connection.outbox.acknowledge(volatile_bytes);
                self.pump(agenda, network, id);
            }
            Upstream::Probe { sent } => {
                let reply = encode_probe_reply(sent, agenda.now);
                self.say(agenda, network, id, reply.into());
            }
        }
    }

    fn command(&mut self, agenda: &mut Agenda, id: LinkId, shard: Shard, command: Command) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(session) = connection.session.clone() else { return };
        connection.order += 1;
        let (order, connection) = (connection.order, ConnectionId(id.0));
        self.put(agenda, Source::Connection(id), shard.0, Input::Command { connection, session, order, command });
    }

    /// The socket ended: the lobby hears of it, once.
    pub fn lose(&mut self, agenda: &mut Agenda, id: LinkId, end: End) {
        let Some(connection) = self.connections.remove(&id) else { return };
        if connection.said_hello {
            let connection = ConnectionId(id.0);
            self.put(agenda, Source::Connection(id), 0, Input::Closed { connection, end });
        }
    }

    pub fn beat(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.heard_at + self.timing.gone_after <= agenda.now {
            agenda.note("socket silent", id.0, 0);
            self.lose(agenda, id, End::Lost);
            return;
        }
        connection.beats += 1;
        if connection.beats.is_multiple_of(BEATS_PER_PING) {
            network.send_down(agenda, id, Down::Ping);
        }
        if agenda.now.since(connection.sent_at) >= self.timing.keepalive_every {
            self.say(agenda, network, id, Bytes::from_static(&[KEEPALIVE]));
        }
        agenda.after(BEAT_EVERY, Event::Beats(id));
    }

    // What its sockets say.

    fn say(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId, frame: Bytes) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.outbox.push(frame).is_err() {
            agenda.note("too slow", id.0, 0);
            self.lose(agenda, id, End::Lost);
            network.send_down(agenda, id, Down::Close(Some(Close::SlowConsumer.code())));
            return;
        }
        self.pump(agenda, network, id);
    }

    /// Writes as much as the socket takes, and asks for what was left out once all is written.
    pub fn pump(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        while network.find(id).is_some_and(|link| link.in_flight < self.window)
            && let Some(frame) = connection.outbox.pop()
        {
            connection.sent_at = agenda.now;
            network.send_down(agenda, id, Down::Frame(frame));
        }
        if connection.session.is_some() && connection.outbox.take_catch_up() {
            for shard in 0..self.hubs.len() {
                self.command(agenda, id, Shard(shard), Command::CatchUp);
            }
        }
    }

    fn tell(&mut self, agenda: &mut Agenda, network: &mut Network, to: &[ConnectionId], told: &Told, lane: Lane) {
        let frame: Bytes = encode(told).into();
        for id in to.iter().map(|connection| LinkId(connection.0)) {
            match (lane, told) {
                (Lane::Volatile, Told::Cursors { channel, .. }) => {
                    let Some(connection) = self.connections.get_mut(&id) else { continue };
                    connection.outbox.push_volatile(Subject { channel: *channel, slot: None }, frame.clone());
                    self.pump(agenda, network, id);
                }
                _ => self.say(agenda, network, id, frame.clone()),
            }
        }
    }

    // What its shards do.

    fn put(&mut self, agenda: &mut Agenda, from: Source, shard: usize, input: Input) {
        let inbox = self.inboxes.entry((from, shard)).or_default();
        let delay = agenda.dice.between(Millis(0), self.peer_delay);
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
                    self.check_leaves(agenda.now, &event);
                    self.tell(agenda, network, &to, &event, lane);
                }
                Output::Established { connection, session } => self.establish(agenda, connection, session),
                Output::Close { connection, close } => {
                    agenda.note("server closes", connection.0, u64::from(close.code()));
                    self.close(agenda, network, LinkId(connection.0), close);
                }
                Output::Peer { shard: to, message } => {
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

    fn close(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId, close: Close) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        // The last words go out before the close, however small the window.
        while let Some(frame) = connection.outbox.pop() {
            network.send_down(agenda, id, Down::Frame(frame));
        }
        network.send_down(agenda, id, Down::Close(Some(close.code())));
        self.lose(agenda, id, End::Lost);
    }

    /// Nobody is told that someone left who, by the ledger, did not.
    fn check_leaves(&mut self, now: Millis, told: &Told) {
        match told {
            Told::RoomChanged { room, changes, .. } => {
                for change in changes {
                    let RoomChange::Left { card, .. } = change else { continue };
                    self.ledger.settle(now);
                    let released = self.ledger.released_at(now, &card.session_id, room);
                    let is_due = released.is_some_and(|at| at + self.peer_delay + self.peer_delay >= card.joined_at);
                    assert!(is_due, "{} left {room} though nothing ended its stay of {}", card.session_id, card.joined_at);
                }
            }
            Told::PresenceChanged { change: InstanceChange::Left { user_id, instance_id }, .. } => {
                self.ledger.settle(now);
                let key = InstanceKey::new(user_id, instance_id);
                assert!(!self.ledger.is_alive(now, &key), "{key} left the list and has a session");
            }
            _ => {}
        }
    }

    /// What is queued for sockets, and the bound of it.
    pub fn check_bounds(&self, volatile: usize) {
        for (id, connection) in &self.connections {
            let bytes = connection.outbox.bytes();
            assert!(bytes <= self.limits.queued_bytes + volatile, "{bytes} bytes wait for link {}", id.0);
        }
    }
}
