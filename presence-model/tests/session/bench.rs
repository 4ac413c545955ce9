//! A driver without a browser: it opens what it is asked to, notes what is sent, and keeps the time.

use presence_model::event::Event;
use presence_model::id::InstanceId;
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::{Change, Link, Output};
use presence_model::time::Millis;
use presence_model::wire::binary::encode::encode;
use presence_model::wire::binary::frame::frames;
use presence_model::wire::binary::upstream::Upstream;

use crate::transcript;
use crate::words::{picture, session, welcome};

/// More turns than any wait in these tests needs; a session that is due for ever is caught by it.
const MOST_TURNS: usize = 10_000;

/// How far the server's clock is ahead, unless a test says otherwise.
pub(crate) const AHEAD: Millis = Millis::minutes(60);

/// What the driver has in its hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    None,
    Opening,
    Open,
}

pub(crate) struct Bench {
    pub(crate) now: Millis,
    pub(crate) session: Session,
    pub(crate) epoch: u64,
    socket: Socket,
    /// Sockets that were asked for.
    pub(crate) opened: usize,
    /// Codes of sockets that were closed from here.
    pub(crate) closed: Vec<u16>,
    sent: Vec<Upstream>,
    changes: Vec<Change>,
    pub(crate) link: Option<Link>,
}

pub(crate) fn config() -> SessionConfig {
    SessionConfig {
        token: Some("Ann".into()),
        instance_id: InstanceId::parse("laptop").unwrap(),
        session_id: Some(session("a")),
        info: r#"{"host":"Firefox"}"#.into(),
        seed: 42,
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: SessionConfig) -> Self {
        let now = Millis::seconds(1_000_000);
        let session = Session::new(now, config);
        let (socket, opened) = (Socket::None, 0);
        Self { now, session, epoch: 1, socket, opened, closed: vec![], sent: vec![], changes: vec![], link: None }
    }

    /// Started and welcomed; what was said until then is forgotten.
    pub(crate) fn online() -> Self {
        let mut bench = Self::new();
        bench.act(Session::start);
        bench.come_online();
        bench.forget();
        bench
    }

    /// As [`Self::online`], and in this room, alone, in slot 0 on channel 1.
    pub(crate) fn in_room(name: &str) -> Self {
        let mut bench = Self::online();
        bench.act(|session, now| session.enter(now, crate::words::key(name)));
        bench.hear(&Event::WishesTaken { revision: 1 });
        bench.hear(&picture(name, 1, 1, &[crate::words::member(0, "a")]));
        bench.forget();
        bench
    }

    /// The socket that was asked for opens, and the server greets.
    pub(crate) fn come_online(&mut self) {
        self.open();
        self.greet();
    }

    pub(crate) fn start(&mut self) {
        self.act(Session::start);
    }

    pub(crate) fn is_opening(&self) -> bool {
        self.socket == Socket::Opening
    }

    pub(crate) fn open(&mut self) {
        assert_eq!(self.socket, Socket::Opening, "no socket was asked for");
        self.socket = Socket::Open;
        self.act(Session::handle_open);
    }

    pub(crate) fn greet(&mut self) {
        self.hear(&welcome("a", self.epoch, self.now + AHEAD));
    }

    /// The socket ends by itself; the session has no say in it.
    pub(crate) fn lose(&mut self, code: Option<u16>) {
        self.socket = Socket::None;
        self.act(|session, now| session.handle_closed(now, code));
    }

    /// Lost, and back as soon as the session tries again.
    pub(crate) fn reconnect(&mut self) {
        self.lose(Some(1006));
        self.wait_for_attempt();
        self.come_online();
    }

    pub(crate) fn wait_for_attempt(&mut self) {
        for _ in 0..MOST_TURNS {
            if self.socket == Socket::Opening {
                return;
            }
            let due = self.session.next_deadline().unwrap();
            self.wait(due.since(self.now));
        }
        panic!("no attempt is made");
    }

    pub(crate) fn hear(&mut self, event: &Event) {
        self.hear_bytes(&encode(event));
    }

    pub(crate) fn hear_bytes(&mut self, message: &[u8]) {
        self.act(|session, now| session.handle_message(now, message));
    }

    /// Something happens; then the driver does what it is asked for.
    pub(crate) fn act(&mut self, act: impl FnOnce(&mut Session, Millis)) {
        act(&mut self.session, self.now);
        while let Some(output) = self.session.poll() {
            match output {
                Output::Open => {
                    self.socket = Socket::Opening;
                    self.opened += 1;
                }
                Output::Send(message) => {
                    assert_eq!(self.socket, Socket::Open, "sent without a socket: {message:?}");
                    for frame in frames(&message) {
                        let frame = frame.unwrap();
                        self.sent.push(Upstream::read(frame.kind, frame.body).unwrap().unwrap());
                    }
                }
                Output::Close(code) => {
                    assert_ne!(self.socket, Socket::None, "closed without a socket");
                    self.socket = Socket::None;
                    self.closed.push(code);
                }
                Output::Tell(change) => {
                    if let Change::Link(link) = &change {
                        self.link = Some(link.clone());
                    }
                    self.changes.push(change);
                }
            }
        }
    }

    /// Lets time pass, and does what falls due in it.
    pub(crate) fn wait(&mut self, time: Millis) {
        let end = self.now + time;
        for turn in 0.. {
            assert!(turn < MOST_TURNS, "something stays due for ever: {:?}", self.session.next_deadline());
            let Some(due) = self.session.next_deadline().filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.expire();
        }
        self.now = end;
    }

    /// Lets time pass in which the driver could do nothing.
    pub(crate) fn sleep(&mut self, time: Millis) {
        self.now += time;
        self.expire();
    }

    pub(crate) fn expire(&mut self) {
        self.act(Session::expire);
        let next = self.session.next_deadline();
        assert!(next.is_none_or(|next| next > self.now), "due again at {next:?}, and it is {}", self.now);
    }

    /// Lets time pass on a line on which the server keeps talking.
    pub(crate) fn wait_alive(&mut self, time: Millis) {
        let end = self.now + time;
        while self.now < end {
            self.wait(Millis::seconds(10).min(end.since(self.now)));
            self.hear_bytes(&[presence_model::wire::binary::frame::KEEPALIVE]);
        }
    }

    /// What was sent since this was last asked.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        self.frames().iter().map(transcript::frame).collect()
    }

    pub(crate) fn frames(&mut self) -> Vec<Upstream> {
        std::mem::take(&mut self.sent)
    }

    /// What the app was told since this was last asked.
    pub(crate) fn told(&mut self) -> Vec<String> {
        self.changes().iter().map(transcript::change).collect()
    }

    pub(crate) fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    pub(crate) fn forget(&mut self) {
        self.sent.clear();
        self.changes.clear();
    }

    pub(crate) fn state(&self) -> &'static str {
        self.link.as_ref().map_or("initial", |link| link.state.name())
    }

    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        self.session.members(&crate::words::room(name)).map(transcript::member).collect()
    }
}
