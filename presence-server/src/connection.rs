//! One socket's life, from the first message to the last word.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use presence_hub::io::{End, Input, Shard};
use presence_model::close::Close;
use presence_model::command::{Command, Hello};
use presence_model::id::ConnectionId;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::{Millis, earlier};
use presence_model::wire::binary::frame::KEEPALIVE;
use presence_model::wire::json::door::Door;
use tokio::sync::mpsc::OwnedPermit;
use tokio::time::{sleep_until, timeout};
use tracing::{Instrument, Span, debug, field, info_span};

use crate::app::{App, fresh_session};
use crate::auth::offer::Offer;
use crate::clock::{length, wall_now};
use crate::debt::Debt;
use crate::dialect::{Dialect, Said};
use crate::directory::Listed;
use crate::farewell::Farewell;
use crate::identity::Identity;
use crate::mailbox::Mailbox;
use crate::outgoing::Outgoing;
use crate::pace::Pace;
use crate::pulse::{Beat, Habits, Pulse};
use crate::router::{Ended, Errand};
use crate::socket::{Heard, Socket};

/// What is known of a socket when it opens.
pub struct Newcomer {
    pub dialect: Dialect,
    pub offer: Offer,
    pub ip: String,
}

pub async fn run(app: Arc<App>, newcomer: Newcomer, socket: Socket) {
    let connection = app.connections.number();
    let span = info_span!("socket", door = newcomer.dialect.name(), %connection, session = field::Empty);
    Connection::new(app, connection, newcomer).live(socket).instrument(span).await;
}

struct Connection {
    app: Arc<App>,
    id: ConnectionId,
    dialect: Dialect,
    identity: Identity,
    ip: String,
    outgoing: Outgoing,
    pulse: Pulse,
    pace: Pace,
    /// Read and not acted on yet: the lobby has not said whom the socket speaks for.
    said: VecDeque<Said>,
    greeting: Greeting,
    /// Counts this connection's commands.
    order: u64,
    /// On its way to shards.
    bound: VecDeque<(Shard, Input)>,
    /// Set while the first of them waits for a place in a full inbox.
    place: Option<PendingPlace>,
    debt: Debt,
    _listed: Listed,
}

type PendingPlace = Pin<Box<dyn Future<Output = Result<OwnedPermit<Errand>, Ended>> + Send>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeting {
    Awaited,
    /// The lobby was told, and has not answered.
    Passed,
    Answered,
}

/// What WebSocket calls an end without a close frame.
const LINE_BROKE: u16 = 1006;

/// What errors about tokens are about.
const AUTH: &str = "auth";

/// How a socket's conversation ended.
enum Ending {
    /// One side hangs up in order: we, with a farewell, or they.
    InOrder(End, Option<Farewell>),
    /// There is nobody to say anything to.
    LineDead,
}

impl Connection {
    fn new(app: Arc<App>, id: ConnectionId, newcomer: Newcomer) -> Self {
        let Newcomer { dialect, offer, ip } = newcomer;
        let mailbox = Arc::new(Mailbox::new(dialect, &app.limits));
        let habits = Habits {
            json_pings: dialect == Dialect::Json(Door::Ws),
            keepalives: dialect == Dialect::Binary,
            must_say_hello: dialect != Dialect::Json(Door::Ws),
        };
        let first_ping = Millis(rand::random_range(0..=app.timing.ping_every.0));
        Self {
            id,
            dialect,
            identity: Identity::new(app.gate.clone(), offer),
            ip,
            pulse: Pulse::new(app.clock.now(), app.timing.clone(), habits, first_ping),
            pace: Pace::new(&app.limits),
            _listed: app.directory.enter(id, mailbox.clone()),
            outgoing: Outgoing::new(mailbox, dialect, app.metrics.socket(dialect)),
            said: VecDeque::new(),
            greeting: Greeting::Awaited,
            order: 0,
            bound: VecDeque::new(),
            place: None,
            debt: Debt::new(app.router.clone(), id),
            app,
        }
    }

    async fn live(mut self, mut socket: Socket) {
        debug!("open");
        self.greet_at_the_door();
        let ending = self.converse(&mut socket).await;
        let end = match ending {
            Ending::InOrder(end, _) => end,
            Ending::LineDead => End::Lost,
        };
        debug!(?end, "over");
        self.app.metrics.end(match (&ending, end) {
            (Ending::InOrder(_, Some(farewell)), _) => farewell.code,
            (_, End::Clean) => Close::Normal.code(),
            (_, End::GoingAway) => Close::GoingAway.code(),
            (_, End::Lost) => LINE_BROKE,
        });
        // What was read before the end is said before the end.
        for command in self.pace.rest(self.now()) {
            self.command(command);
        }
        self.place = None;
        for (shard, input) in std::mem::take(&mut self.bound) {
            let _ = self.app.router.send(shard, input).await;
        }
        self.debt.pay(end).await;
        if let Ending::InOrder(_, farewell) = ending {
            // Who does not hang up in time is hung up on.
            let _ = timeout(length(self.app.timing.drain), socket.finish(farewell, || self.outgoing.pop())).await;
        }
    }

    /// `/ws` in JSON answers before it is asked.
    fn greet_at_the_door(&mut self) {
        if self.dialect == Dialect::Json(Door::Ws) {
            self.introduce(None, Box::default(), AUTH);
        }
    }

    async fn converse(&mut self, socket: &mut Socket) -> Ending {
        let mailbox = self.outgoing.mailbox.clone();
        let mut sleep = pin!(sleep_until(self.app.clock.instant(self.pulse.next())));
        loop {
            self.listen_to_lobby();
            while self.greeting != Greeting::Passed
                && let Some(said) = self.said.pop_front()
            {
                self.act(said);
            }
            while let Some(command) = self.pace.due(self.now()) {
                self.command(command);
            }
            if self.pace.is_abused() {
                mailbox.close(Close::Abuse.into());
            }
            self.catch_up();
            self.forward();
            let reads = self.said.is_empty() && self.bound.is_empty() && self.greeting != Greeting::Passed;
            if let Some(ending) = self.keep_alive(reads) {
                return ending;
            }
            if let Some(farewell) = mailbox.farewell() {
                debug!(code = farewell.code, reason = farewell.reason, "closing");
                return Ending::InOrder(End::Lost, Some(farewell));
            }
            let due = earlier(self.pace.next(), Some(self.pulse.next())).unwrap_or_default();
            let wake_at = self.app.clock.instant(due);
            if sleep.deadline() != wake_at {
                sleep.as_mut().reset(wake_at);
            }
            let outgoing = &mut self.outgoing;
            tokio::select! {
                // The socket first: it writes whatever news there is, however fast they come.
                biased;
                heard = socket.exchange(reads, || outgoing.pop()) => match heard {
                    Heard::Message(message) => {
                        self.outgoing.metrics.receive();
                        self.hear();
                        self.said.extend(self.dialect.read(&message, &self.app.limits));
                    }
                    Heard::Sign => self.hear(),
                    Heard::Closed(end) => return Ending::InOrder(end, None),
                    Heard::Broken(farewell) => return Ending::InOrder(End::Lost, Some(farewell)),
                    Heard::Gone => return Ending::LineDead,
                },
                place = wait_for(&mut self.place) => self.take(place),
                () = mailbox.news() => {}
                () = &mut sleep => {}
            }
        }
    }

    /// Learns whom the socket speaks for.
    fn listen_to_lobby(&mut self) {
        if self.greeting == Greeting::Passed
            && let Some(session) = self.outgoing.mailbox.session()
        {
            self.greeting = Greeting::Answered;
            Span::current().record("session", session.as_str());
            debug!("established");
        }
    }

    fn hear(&mut self) {
        let tells = self.pulse.hear(self.now());
        if tells && self.greeting == Greeting::Answered {
            self.bound.push_back((Shard::LOBBY, Input::LifeSign { connection: self.id }));
        }
    }

    /// Does what is due for the line.
    fn keep_alive(&mut self, reads: bool) -> Option<Ending> {
        let now = self.now();
        if std::mem::take(&mut self.outgoing.wrote) {
            self.pulse.send(now);
        }
        self.pulse.check_token(now, wall_now);
        while let Some(beat) = self.pulse.pop(now) {
            match beat {
                Beat::Ping => self.outgoing.owes_ping = true,
                Beat::JsonPing => self.say(Dialect::ping(now)),
                Beat::Keepalive => self.say(Bytes::from_static(&[KEEPALIVE])),
                Beat::HelloOverdue => self.outgoing.mailbox.close(Close::HelloTimeout.into()),
                Beat::TokenEnding(left) => self.say(self.dialect.token_ending(left, now)),
                Beat::TokenEnded => {
                    self.refuse(AUTH, Refusal::new(Code::TokenExpired, "auth: the token ended and was not renewed"));
                    self.outgoing.mailbox.close(Close::TokenExpired.into());
                }
                // While we do not read, silence is our own.
                Beat::Silence if !reads => {
                    self.pulse.hear(now);
                }
                Beat::Silence => {
                    debug!("silent for too long");
                    return Some(Ending::LineDead);
                }
            }
        }
        None
    }

    fn act(&mut self, said: Said) {
        let is_known = self.outgoing.mailbox.session().is_some();
        let Some(said) = self.pace.take(self.now(), said, is_known) else { return };
        match said {
            Said::Hello { token, hello, message } => self.introduce(token, hello, message),
            Said::Command(command) => self.command(command),
            Said::Ack(received) => self.outgoing.mailbox.acknowledge(received),
            Said::Probe { sent } => self.say(Dialect::probe_reply(sent, self.now())),
            Said::Renewal { token } => self.renew(&token),
            Said::Ping => self.say(Dialect::pong(self.now())),
            Said::Nonsense { about, refusal } => {
                let is_foreign = refusal.code == Code::UnsupportedProtocol;
                self.refuse(about, refusal);
                if is_foreign {
                    self.outgoing.mailbox.close(Close::HelloRefused.into());
                }
            }
        }
    }

    /// Finds out who speaks, and tells the lobby.
    fn introduce(&mut self, token: Option<String>, mut hello: Box<Hello>, message: &'static str) {
        self.pulse.greet();
        let fresh = fresh_session();
        match self.identity.introduce(message, token.as_deref(), &mut hello, &fresh) {
            Ok(principal) => {
                debug!(said = message, user = %principal.user_id, "hello");
                self.pulse.watch_token(self.now(), wall_now(), principal.expires_at);
                if self.greeting == Greeting::Awaited {
                    self.greeting = Greeting::Passed;
                }
                self.debt.incur();
                let (connection, form, ip) = (self.id, self.dialect.form(), Some(self.ip.clone()));
                let input = Input::Hello { connection, form, principal, hello, fresh, ip };
                self.bound.push_back((Shard::LOBBY, input));
            }
            Err(refusal) => {
                debug!(said = message, code = %refusal.code, "not signed in");
                // Who has an older token may come back with a newer one.
                let is_old = refusal.code == Code::TokenExpired;
                self.say(self.dialect.not_signed_in(message, refusal, self.now()));
                if self.dialect == Dialect::Binary {
                    let close = if is_old { Close::TokenExpired } else { Close::Unauthorized };
                    self.outgoing.mailbox.close(close.into());
                }
            }
        }
    }

    /// Takes a newer token of the same user; any other changes nothing.
    fn renew(&mut self, token: &str) {
        match self.identity.renew(token) {
            Ok(principal) => {
                debug!(user = %principal.user_id, "renewed");
                self.pulse.watch_token(self.now(), wall_now(), principal.expires_at);
                self.bound.push_back((Shard::LOBBY, Input::Renewed { connection: self.id, principal }));
            }
            Err(refusal) => self.refuse(AUTH, refusal),
        }
    }

    fn command(&mut self, command: Command) {
        let name = command.name();
        debug!(said = name, "command");
        if self.outgoing.mailbox.session().is_some() {
            let shard = Shard::for_command(&command, self.app.router.shards());
            self.send(shard, command);
        } else {
            let text = format!("{name}: this socket has not said who it is");
            self.refuse(name, Refusal::new(Code::Unauthenticated, text));
        }
    }

    fn send(&mut self, shard: Shard, command: Command) {
        let Some(session) = self.outgoing.mailbox.session() else { return };
        self.order += 1;
        let (connection, order) = (self.id, self.order);
        self.bound.push_back((shard, Input::Command { connection, session, order, command }));
    }

    /// Asks every shard for where all are now, when moves were left out and fit again.
    fn catch_up(&mut self) {
        if self.greeting == Greeting::Answered && self.outgoing.mailbox.take_catch_up() {
            for shard in 0..self.app.router.shards() {
                self.send(Shard(shard), Command::CatchUp);
            }
        }
    }

    /// Hands over what is bound for shards, as far as they take it.
    fn forward(&mut self) {
        while self.place.is_none()
            && let Some((shard, input)) = self.bound.pop_front()
        {
            if let Some(input) = self.app.router.offer(shard, input) {
                self.bound.push_front((shard, input));
                self.place = Some(Box::pin(self.app.router.clone().place(shard)));
            }
        }
    }

    fn take(&mut self, place: Result<OwnedPermit<Errand>, Ended>) {
        self.place = None;
        if let (Ok(place), Some((_, input))) = (place, self.bound.pop_front()) {
            place.send(Errand::Input(input));
        }
    }

    fn refuse(&self, about: &'static str, refusal: Refusal) {
        self.app.metrics.refuse(refusal.code);
        debug!(about, code = %refusal.code, field = refusal.field, "refused");
        self.say(self.dialect.refused(about, refusal, self.now()));
    }

    fn say(&self, frame: Bytes) {
        self.outgoing.mailbox.push(frame);
    }

    fn now(&self) -> Millis {
        self.app.clock.now()
    }
}

async fn wait_for(place: &mut Option<PendingPlace>) -> Result<OwnedPermit<Errand>, Ended> {
    match place {
        Some(place) => place.await,
        None => std::future::pending().await,
    }
}
