//! A server without sockets: hubs, a clock, and the post between shards.

mod calling;
mod posting;
mod seeing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use presence_hub::hub::{Hub, HubConfig};
use presence_hub::instances::OwnEntry;
use presence_hub::io::{CallId, End, Input, Order, Output, PeerMessage, Shard};
use presence_hub::saved::Change;
use presence_model::call::Answer;
use presence_model::command::{Activity, Command};
use presence_model::event::Event;
use presence_model::grant::Granted;
use presence_model::id::{ConnectionId, SessionId};
use presence_model::instance::ClientInfo;
use presence_model::limit::{Limits, Timing};
use presence_model::posting::Receipt;
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::Refusal;
use presence_model::room::Cursor;
use presence_model::status::Status;
use presence_model::time::{Millis, earlier};

use crate::transcript;
use crate::visit::{Visit, instance, key, room, session, wishes};

/// More turns than any wait in these tests needs; a hub that is due for ever is caught by it.
const MOST_TURNS: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The session the connection speaks for.
    pub(crate) session: Option<SessionId>,
    order: Order,
    told: Vec<Arc<Event>>,
    lines: Vec<String>,
    /// The last mark behind what it was told.
    mark: Option<u64>,
    /// The hub closed it.
    pub(crate) closed: Option<u16>,
    /// It said so itself, or was lost.
    pub(crate) ended: bool,
}

pub(crate) struct Stage {
    pub(crate) now: Millis,
    pub(crate) hubs: Vec<Hub>,
    config: HubConfig,
    /// What is under way between two shards, in order.
    post: BTreeMap<(usize, usize), VecDeque<PeerMessage>>,
    /// Messages between shards wait until they are delivered by hand.
    pub(crate) post_is_held: bool,
    desks: BTreeMap<ConnectionId, Desk>,
    rooms: BTreeMap<u32, String>,
    pub(crate) fresh: u64,
    pub(crate) tickets: u32,
    /// How many called.
    calls: u64,
    /// Ids that are not to be given out. Any other that a caller names is given out to him, which is easier to read.
    pub(crate) taken: BTreeSet<SessionId>,
    answers: BTreeMap<CallId, Result<Answer, Refusal>>,
    /// What became of postings.
    pub(crate) receipts: BTreeMap<CallId, Result<Receipt, Refusal>>,
    /// What is to survive a restart, in order.
    pub(crate) saved: Vec<Change>,
}

/// Ann and Bob in the lobby, a second after all was told.
pub(crate) fn pair() -> (Stage, [ConnectionId; 2]) {
    let mut stage = Stage::new();
    let both = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    (stage, both)
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(1, Limits::default())
    }

    pub(crate) fn with(shards: usize, limits: Limits) -> Self {
        Self::by(shards, limits, Timing { flush_every: Millis(20), ..Timing::default() })
    }

    pub(crate) fn by(shards: usize, limits: Limits, timing: Timing) -> Self {
        Self::build(shards, limits, timing, None)
    }

    /// Of a server that stands in its own list.
    pub(crate) fn of_gateway(limits: Limits) -> Self {
        let info = ClientInfo { host: Some("tower".to_owned()), ..ClientInfo::default() };
        let own = OwnEntry { instance_id: instance("tower"), info, ip: Some("10.0.0.1".to_owned()) };
        Self::build(1, limits, Timing::default(), Some(own))
    }

    fn build(shards: usize, limits: Limits, timing: Timing, own: Option<OwnEntry>) -> Self {
        let now = Millis::seconds(1_000_000);
        let config = HubConfig {
            timing: Arc::new(timing),
            limits: Arc::new(limits),
            epoch: 7,
            shards,
            own,
            saved: Arc::default(),
        };
        let hubs = (0..shards).map(|shard| Hub::new(now, Shard(shard), config.clone())).collect();
        Self {
            now,
            hubs,
            config,
            post: BTreeMap::new(),
            post_is_held: false,
            desks: BTreeMap::new(),
            rooms: BTreeMap::new(),
            fresh: 0,
            tickets: 0,
            calls: 0,
            taken: BTreeSet::new(),
            answers: BTreeMap::new(),
            receipts: BTreeMap::new(),
            saved: vec![],
        }
    }

    // People.

    /// Someone opens a socket and says hello.
    pub(crate) fn arrive(&mut self, visit: &Visit) -> ConnectionId {
        let connection = ConnectionId(self.desks.len() as u64);
        self.desks.insert(connection, Desk::default());
        self.hello(connection, visit);
        connection
    }

    /// As [`Self::arrive`], with what the hello was answered.
    pub(crate) fn arrive_and_take(&mut self, visit: &Visit) -> Vec<String> {
        let connection = self.arrive(visit);
        self.take(connection)
    }

    /// As [`Self::arrive`], forgetting what the hello was answered.
    pub(crate) fn seat(&mut self, visit: &Visit) -> ConnectionId {
        let connection = self.arrive(visit);
        self.hear_nothing();
        connection
    }

    /// Says hello on a socket that is open.
    pub(crate) fn hello(&mut self, connection: ConnectionId, visit: &Visit) {
        self.fresh += 1;
        let desk = self.desks.get_mut(&connection).unwrap();
        if desk.session.is_some() {
            desk.order = desk.order.then_hello();
        }
        let input = Input::Hello {
            connection,
            form: visit.form,
            principal: visit.principal(),
            granted: visit.opened.clone(),
            hello: Box::new(visit.hello.clone()),
            fresh: session(&format!("fresh-{}", self.fresh)),
            ip: visit.ip.clone(),
        };
        self.handle(0, input);
    }

    /// The socket of an open session brings the token of this visit.
    pub(crate) fn renew(&mut self, connection: ConnectionId, visit: &Visit) {
        self.handle(0, Input::Renewed { connection, principal: visit.principal() });
    }

    /// The app's backend was asked for what the session says next.
    pub(crate) fn open(&mut self, connection: ConnectionId, granted: Granted) {
        self.handle(0, Input::Granted { connection, granted });
    }

    pub(crate) fn say(&mut self, connection: ConnectionId, command: Command) {
        let shard = Shard::for_command(&command, self.hubs.len()).0;
        let desk = self.desks.get_mut(&connection).unwrap();
        desk.order = desk.order.then(&command);
        let (order, session) = (desk.order, desk.session.clone().unwrap());
        if matches!(command, Command::CatchUp) {
            for shard in 0..self.hubs.len() {
                let session = session.clone();
                self.handle(shard, Input::Command { connection, session, order, command: Command::CatchUp });
            }
        } else {
            self.handle(shard, Input::Command { connection, session, order, command });
        }
    }

    pub(crate) fn join(&mut self, connection: ConnectionId, name: &str) {
        self.say(connection, Command::Join { key: key(name), privacy: PrivacyChange::default() });
    }

    pub(crate) fn leave(&mut self, connection: ConnectionId, name: &str) {
        self.say(connection, Command::Leave(room(name)));
    }

    pub(crate) fn wish(&mut self, connection: ConnectionId, revision: u32, rooms: &[&str]) {
        self.say(connection, Command::Wish(wishes(revision, rooms, false)));
    }

    pub(crate) fn point(&mut self, connection: ConnectionId, name: &str, x: f64) {
        self.say(connection, Command::Cursor { room: room(name), cursor: Cursor::at(x, x) });
    }

    pub(crate) fn types(&mut self, connection: ConnectionId, name: &str, context: Option<&str>) {
        self.say(connection, Command::Typing { room: room(name), context: context.map(str::to_owned) });
    }

    pub(crate) fn set_status(&mut self, connection: ConnectionId, said: Status) {
        let activity = Activity { said: Some(said), input_ago: None };
        self.say(connection, Command::Report { activity, wants_pong: false });
    }

    pub(crate) fn touch(&mut self, connection: ConnectionId) {
        let activity = Activity { said: None, input_ago: Some(Millis::ZERO) };
        self.say(connection, Command::Report { activity, wants_pong: false });
    }

    pub(crate) fn life_sign(&mut self, connection: ConnectionId) {
        self.handle(0, Input::LifeSign { connection });
    }

    /// Up to that mark a socket was told all.
    pub(crate) fn arrived(&mut self, connection: ConnectionId, mark: u64) {
        self.handle(0, Input::Arrived { connection, mark });
        self.deliver_all();
    }

    pub(crate) fn close(&mut self, connection: ConnectionId, end: End) {
        self.desks.get_mut(&connection).unwrap().ended = true;
        self.handle(0, Input::Closed { connection, end });
    }

    // Time.

    /// Lets time pass, and does what falls due in it.
    pub(crate) fn wait(&mut self, time: Millis) {
        let end = self.now + time;
        for turn in 0.. {
            assert!(turn < MOST_TURNS, "something stays due for ever: {:?}", self.next_deadline());
            let Some(due) = self.next_deadline().filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.expire();
        }
        self.now = end;
    }

    /// Lets time pass while these show that they live.
    pub(crate) fn wait_with(&mut self, living: &[ConnectionId], time: Millis) {
        let end = self.now + time;
        while self.now < end {
            self.wait(Millis::seconds(5).min(end.since(self.now)));
            living.iter().for_each(|connection| self.life_sign(*connection));
        }
    }

    pub(crate) fn excuse(&mut self, lateness: Millis) {
        self.now += lateness;
        for hub in &mut self.hubs {
            hub.excuse(lateness);
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Millis> {
        self.hubs.iter().fold(None, |next, hub| earlier(next, hub.next_deadline()))
    }

    fn expire(&mut self) {
        for shard in 0..self.hubs.len() {
            let hub = &mut self.hubs[shard];
            hub.expire(self.now);
            let next = hub.next_deadline();
            assert!(next.is_none_or(|next| next > self.now), "shard {shard} is due again at {next:?}");
            self.collect(shard);
        }
        self.deliver_all();
    }

    // The machinery.

    /// Does what is due already, as a driver does before it sleeps.
    pub(crate) fn settle(&mut self) {
        if !self.post_is_held {
            self.wait(Millis::ZERO);
        }
    }

    fn handle(&mut self, shard: usize, input: Input) {
        self.hubs[shard].handle(self.now, input);
        self.collect(shard);
        self.deliver_all();
    }

    fn deliver_all(&mut self) {
        while !self.post_is_held && self.deliver_any() {}
    }

    /// Delivers one message of some pair of shards; false when none is under way.
    pub(crate) fn deliver_any(&mut self) -> bool {
        let Some((from, to)) = self.post.keys().next().copied() else { return false };
        self.deliver(from, to)
    }

    /// Pairs of shards with messages under way.
    pub(crate) fn under_way(&self) -> Vec<(usize, usize)> {
        self.post.keys().copied().collect()
    }

    /// Delivers the oldest message from one shard to another.
    pub(crate) fn deliver(&mut self, from: usize, to: usize) -> bool {
        let Some(queue) = self.post.get_mut(&(from, to)) else { return false };
        let message = queue.pop_front().unwrap();
        if queue.is_empty() {
            self.post.remove(&(from, to));
        }
        self.hubs[to].handle(self.now, Input::Peer(message));
        self.collect(to);
        true
    }

    fn collect(&mut self, shard: usize) {
        while let Some(output) = self.hubs[shard].poll() {
            match output {
                Output::Peer { shard: to, message } => {
                    assert_ne!(to.0, shard, "a shard keeps what it says to itself");
                    self.post.entry((shard, to.0)).or_default().push_back(message);
                }
                Output::Tell { to, event, .. } => {
                    assert!(!to.is_empty());
                    for connection in to {
                        self.tell(connection, &event);
                    }
                }
                Output::Established { connection, session } => {
                    self.taken.insert(session.clone());
                    self.desks.get_mut(&connection).unwrap().session = Some(session);
                }
                Output::Save(change) => self.saved.push(change),
                Output::Posted { call, receipt } => {
                    let before = self.receipts.insert(call, *receipt);
                    assert!(before.is_none(), "{call:?} is answered twice");
                }
                Output::Answer { call, answer } => {
                    let before = self.answers.insert(call, *answer);
                    assert!(before.is_none(), "{call:?} is answered twice");
                }
                Output::Close { connection, close } => {
                    let desk = self.desks.get_mut(&connection).unwrap();
                    desk.lines.push(format!("closed {}", close.code()));
                    desk.closed = Some(close.code());
                }
            }
        }
    }

    fn tell(&mut self, connection: ConnectionId, event: &Arc<Event>) {
        let line = transcript::line(event, &mut self.rooms);
        let desk = self.desks.get_mut(&connection).unwrap();
        // With several shards a word may be under way while its reader goes.
        let is_gone = desk.ended || desk.closed.is_some();
        assert!(!is_gone || self.hubs.len() > 1, "told to {connection}, which is gone: {line}");
        if let Event::Notification { mark: Some(mark), .. } = &**event {
            desk.mark = Some(*mark);
        }
        desk.lines.push(line);
        desk.told.push(event.clone());
    }
}
