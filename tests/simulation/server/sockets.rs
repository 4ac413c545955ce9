//! The server's sockets: what they hear, what they say, and how they are kept alive.

use bytes::Bytes;
use presence_hub::io::{End, Form, Input, Lane, Order, Shard};
use presence_hub::outbox::Outbox;
use presence_model::close::Close;
use presence_model::command::{Command, Principal};
use presence_model::event::Event as Told;
use presence_model::id::{ConnectionId, SessionId, UserId};
use presence_model::time::Millis;
use presence_model::wire::binary::encode::{encode, encode_probe_reply};
use presence_model::wire::binary::frame::{KEEPALIVE, frames};
use presence_model::wire::binary::upstream::Upstream;
use presence_model::wire::json::hello::read_info;

use crate::agenda::{Agenda, Event, LinkId, Source};
use crate::link::{Down, Network, Up};
use crate::server::Server;

/// A connection tells the lobby of a life sign at most once in this time.
const SIGN_EVERY: Millis = Millis::seconds(5);
const BEAT_EVERY: Millis = Millis::seconds(5);
const BEATS_PER_PING: u64 = 3;

pub struct Connection {
    pub outbox: Outbox,
    pub session: Option<SessionId>,
    said_hello: bool,
    order: Order,
    pub heard_at: Millis,
    told_at: Option<Millis>,
    sent_at: Millis,
    beats: u64,
}

impl Server {
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
            order: Order::default(),
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
            Upstream::Hello { token, info, mut hello } => {
                (hello.info, hello.privacy) = read_info(&info).expect("clients describe themselves well");
                let user = UserId::parse(&token.expect("clients name their user")).expect("a name");
                let principal = Principal { rooms: self.grants.clone(), ..Principal::trusted(user) };
                connection.said_hello = true;
                let fresh = agenda.dice.session_id();
                let (connection, form) = (ConnectionId(id.0), Form::Binary);
                let granted = vec![];
                let input = Input::Hello { connection, form, principal, granted, hello, fresh, ip: None };
                self.put(agenda, Source::Connection(id), 0, input);
            }
            Upstream::Command(command) => {
                self.commands += u64::from(!matches!(command, Command::Report { .. }));
                let shard = Shard::for_command(&command, self.hubs.len());
                self.command(agenda, network, id, shard, command);
            }
            Upstream::Ack { volatile_bytes } => {
                connection.outbox.acknowledge(volatile_bytes);
                self.pump(agenda, network, id);
            }
            Upstream::Hidden(is_hidden) => {
                connection.outbox.set_hidden(is_hidden);
                self.pump(agenda, network, id);
            }
            // Nobody's token ends here, and nobody says what only pages do.
            Upstream::Auth { .. } | Upstream::Message { .. } => {}
            Upstream::Probe { sent } => {
                let reply = encode_probe_reply(sent, agenda.now);
                self.say(agenda, network, id, reply.into());
            }
        }
    }

    /// The client's newer token comes, as tokens are now.
    pub fn renew(&mut self, agenda: &mut Agenda, id: LinkId, user: &str) {
        let user = UserId::parse(user).expect("a name");
        let principal = Principal { rooms: self.grants.clone(), ..Principal::trusted(user) };
        let input = Input::Renewed { connection: ConnectionId(id.0), principal };
        self.put(agenda, Source::Connection(id), 0, input);
    }

    fn command(&mut self, agenda: &mut Agenda, network: &Network, id: LinkId, shard: Shard, command: Command) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(session) = connection.session.clone() else { return };
        connection.order = connection.order.then(&command);
        let (order, connection) = (connection.order, ConnectionId(id.0));
        if let Command::Resync(_) = command {
            assert!(network.has_harmed, "a client misses a version though nothing was lost");
        }
        if let Command::Resync(_) | Command::CatchUp = command {
            agenda.trace.count(command.name());
        }
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
            agenda.trace.count(Close::SlowConsumer.reason());
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
                self.command(agenda, network, id, Shard(shard), Command::CatchUp);
            }
        }
    }

    pub fn tell(&mut self, agenda: &mut Agenda, network: &mut Network, to: &[ConnectionId], told: &Told, lane: Lane) {
        let frame: Bytes = encode(told).into();
        for id in to.iter().map(|connection| LinkId(connection.0)) {
            match (lane, told) {
                (Lane::Volatile, Told::Cursors { channel, .. }) => {
                    let Some(connection) = self.connections.get_mut(&id) else { continue };
                    connection.outbox.push_volatile(*channel, frame.len(), [frame.clone()]);
                    self.pump(agenda, network, id);
                }
                _ => {
                    if let (Told::RoomPicture(picture), Some(connection)) = (told, self.connections.get_mut(&id)) {
                        // Cursors that wait are older than the picture, and would be written behind it.
                        connection.outbox.forget(picture.channel);
                    }
                    self.say(agenda, network, id, frame.clone());
                }
            }
        }
    }

    pub fn close(&mut self, agenda: &mut Agenda, network: &mut Network, id: LinkId, close: Close) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        // The last words go out before the close, however small the window.
        while let Some(frame) = connection.outbox.pop() {
            network.send_down(agenda, id, Down::Frame(frame));
        }
        network.send_down(agenda, id, Down::Close(Some(close.code())));
        self.lose(agenda, id, End::Lost);
    }

    /// What is queued for sockets, and the bound of it.
    pub fn check_bounds(&self, volatile: usize) {
        for (id, connection) in &self.connections {
            let bytes = connection.outbox.bytes();
            assert!(bytes <= self.limits.queued_bytes + volatile, "{bytes} bytes wait for link {}", id.0);
        }
    }
}
