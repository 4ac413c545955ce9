//! One socket's conversation, from the first message to the last word. Pure: time is given, bytes are
//! somebody else's; what it has to say to shards and to its socket it puts down.

use std::collections::VecDeque;

use bytes::Bytes;
use presence_hub::io::{End, Input, Shard};
use presence_hub::outbox::{Outbox, TooSlow};
use presence_model::close::Close;
use presence_model::command::{Command, Hello};
use presence_model::id::{ConnectionId, SessionId};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::{Millis, earlier};
use presence_model::wire::binary::frame::KEEPALIVE;
use presence_model::wire::json::door::Door;
use tracing::{Span, debug, debug_span, field};

use crate::app::{App, fresh_session};
use crate::clock::wall_now;
use crate::dialect::{Dialect, Said};
use crate::farewell::Farewell;
use crate::identity::Identity;
use crate::metrics::SocketMetrics;
use crate::pace::Pace;
use crate::pulse::{Beat, Habits, Pulse};
use crate::router::Newcomer;
use crate::websocket::frame;
use crate::websocket::reader::Heard;

/// What a conversation may use while it goes on.
pub struct Context<'a> {
    pub app: &'a App,
    pub now: Millis,
    /// What it has to say to shards.
    pub said: &'a mut VecDeque<(Shard, Input)>,
}

pub struct Connection {
    pub id: ConnectionId,
    dialect: Dialect,
    identity: Identity,
    ip: String,
    /// The session it speaks for, once the lobby said so.
    session: Option<SessionId>,
    pub outbox: Outbox,
    owes_ping: bool,
    /// Answers the newest ping; older ones need no answer any more (RFC 6455, 5.5.3).
    pong: Option<Bytes>,
    pulse: Pulse,
    pace: Pace,
    /// Read and not acted on yet: the lobby has not said whom the socket speaks for.
    unheard: VecDeque<Said>,
    greeting: Greeting,
    /// The lobby was told of the socket and must hear of its end.
    is_known: bool,
    /// Counts this connection's commands.
    order: u64,
    /// The first word to close; later ones change nothing.
    ending: Option<Ending>,
    pub metrics: SocketMetrics,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeting {
    Awaited,
    /// The lobby was told, and has not answered.
    Passed,
    Answered,
}

/// How a socket's conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// We hang up.
    Ours(Farewell),
    /// They did, with this code.
    Theirs(Option<u16>),
    /// There is nobody to say anything to.
    LineDead,
}

/// What WebSocket calls a close frame without a code, and an end without a close frame.
const NO_CODE: u16 = 1005;
const LINE_BROKE: u16 = 1006;

/// What errors about tokens are about.
const AUTH: &str = "auth";

impl Connection {
    pub fn new(context: &Context<'_>, id: ConnectionId, newcomer: &mut Newcomer) -> Self {
        let Context { app, now, .. } = *context;
        let dialect = newcomer.dialect;
        let habits = Habits {
            json_pings: dialect == Dialect::Json(Door::Ws),
            keepalives: dialect == Dialect::Binary,
            must_say_hello: dialect != Dialect::Json(Door::Ws),
        };
        let first_ping = Millis(rand::random_range(0..=app.timing.ping_every.0));
        Self {
            id,
            dialect,
            identity: Identity::new(app.gate.clone(), std::mem::take(&mut newcomer.offer)),
            ip: std::mem::take(&mut newcomer.ip),
            session: None,
            outbox: Outbox::new(&app.limits, dialect == Dialect::Binary),
            owes_ping: false,
            pong: None,
            pulse: Pulse::new(now, app.timing.clone(), habits, first_ping),
            pace: Pace::new(&app.limits),
            unheard: VecDeque::new(),
            greeting: Greeting::Awaited,
            is_known: false,
            order: 0,
            ending: None,
            metrics: app.metrics.socket(dialect),
            span: debug_span!("socket", door = dialect.name(), connection = %id, session = field::Empty),
        }
    }

    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub const fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    pub const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Whether it would act on what is read now.
    pub fn listens(&self) -> bool {
        self.unheard.is_empty() && self.greeting != Greeting::Passed && self.ending.is_none()
    }

    /// When it is due for something.
    pub fn next(&self) -> Millis {
        earlier(self.pace.next(), Some(self.pulse.next())).unwrap_or_default()
    }

    /// `/ws` in JSON answers before it is asked.
    pub fn open(&mut self, context: &mut Context<'_>) {
        let _in = self.span.clone().entered();
        debug!("open");
        if self.dialect == Dialect::Json(Door::Ws) {
            self.introduce(context, None, Box::default(), AUTH);
        }
    }

    /// Takes what came from the socket.
    pub fn hear(&mut self, context: &mut Context<'_>, heard: Heard<'_>) {
        let _in = self.span.clone().entered();
        if self.pulse.hear(context.now) && self.greeting == Greeting::Answered {
            context.said.push_back((Shard::LOBBY, Input::LifeSign { connection: self.id }));
        }
        match heard {
            Heard::Ping(payload) => self.pong = Some(frame::pong(payload)),
            Heard::Pong => {}
            Heard::Close(code) => {
                self.ending.get_or_insert(Ending::Theirs(code));
            }
            Heard::Text(_) | Heard::Binary(_) => {
                self.metrics.receive();
                self.unheard.extend(self.dialect.read(heard, &context.app.limits));
                self.act(context);
            }
        }
    }

    /// Learns whom the socket speaks for.
    pub fn establish(&mut self, context: &mut Context<'_>, session: SessionId) {
        let _in = self.span.clone().entered();
        if self.greeting == Greeting::Passed {
            self.greeting = Greeting::Answered;
            self.span.record("session", session.as_str());
            debug!("established");
        }
        self.session = Some(session);
        self.act(context);
    }

    pub fn close(&mut self, farewell: Farewell) {
        self.end(Ending::Ours(farewell));
    }

    pub fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    /// Puts in what `fill` has for the socket, unless that is about to close.
    pub fn fill(&mut self, fill: impl FnOnce(Option<&SessionId>, &mut Outbox) -> Result<(), TooSlow>) {
        if self.ending.is_none() && fill(self.session.as_ref(), &mut self.outbox) == Err(TooSlow) {
            self.close(Close::SlowConsumer.into());
        }
    }

    /// What the line itself is due, to be written before anything else that waits.
    pub fn take_signs(&mut self) -> impl Iterator<Item = Bytes> {
        let ping = std::mem::take(&mut self.owes_ping).then_some(frame::PING);
        ping.into_iter().chain(self.pong.take())
    }

    /// Notes that data was written, and asks every shard for where all are now, when moves were left out and
    /// fit again.
    pub fn wrote(&mut self, context: &mut Context<'_>) {
        self.pulse.send(context.now);
        self.catch_up(context);
    }

    /// Does what is due. While `reads` is false silence is our own.
    pub fn beat(&mut self, context: &mut Context<'_>, reads: bool) {
        let _in = self.span.clone().entered();
        let now = context.now;
        self.act(context);
        self.pulse.check_token(now, wall_now);
        while self.ending.is_none()
            && let Some(beat) = self.pulse.pop(now)
        {
            match beat {
                Beat::Ping => self.owes_ping = true,
                Beat::JsonPing => self.say(&Dialect::ping(now)),
                Beat::Keepalive => self.say(&[KEEPALIVE]),
                Beat::HelloOverdue => self.close(Close::HelloTimeout.into()),
                Beat::TokenEnding(left) => self.say(&self.dialect.token_ending(left, now)),
                Beat::TokenEnded => {
                    let refusal = Refusal::new(Code::TokenExpired, "auth: the token ended and was not renewed");
                    self.refuse(context, AUTH, refusal);
                    self.close(Close::TokenExpired.into());
                }
                Beat::Silence if !(reads && self.listens()) => {
                    self.pulse.hear(now);
                }
                Beat::Silence => {
                    debug!("silent for too long");
                    self.end(Ending::LineDead);
                }
            }
        }
    }

    /// Says the last of what there is to say to shards. Once, when the conversation is over.
    pub fn finish(&mut self, context: &mut Context<'_>) {
        let _in = self.span.clone().entered();
        let (end, code) = match self.ending {
            Some(Ending::Ours(farewell)) => (End::Lost, farewell.code),
            Some(Ending::Theirs(code)) => {
                let end = End::from_code(Some(code.unwrap_or(NO_CODE)));
                (end, ended_with(end))
            }
            Some(Ending::LineDead) | None => (End::Lost, LINE_BROKE),
        };
        debug!(?end, code, "over");
        context.app.metrics.end(code);
        // What was read before the end is said before the end.
        for command in self.pace.rest(context.now) {
            self.command(context, command);
        }
        if std::mem::take(&mut self.is_known) {
            context.said.push_back((Shard::LOBBY, Input::Closed { connection: self.id, end }));
        }
    }

    /// Acts on what was said and on what has its turn, as far as it is known who speaks.
    fn act(&mut self, context: &mut Context<'_>) {
        while self.greeting != Greeting::Passed
            && let Some(said) = self.unheard.pop_front()
        {
            self.act_on(context, said);
        }
        while let Some(command) = self.pace.due(context.now) {
            self.command(context, command);
        }
        if self.pace.is_abused() {
            self.close(Close::Abuse.into());
        }
    }

    fn act_on(&mut self, context: &mut Context<'_>, said: Said) {
        let Some(said) = self.pace.take(context.now, said, self.session.is_some()) else { return };
        match said {
            Said::Hello { token, hello, message } => self.introduce(context, token, hello, message),
            Said::Command(command) => self.command(context, command),
            Said::Ack(received) => {
                self.outbox.acknowledge(received);
                self.catch_up(context);
            }
            Said::Probe { sent } => self.say(&Dialect::probe_reply(sent, context.now)),
            Said::Renewal { token } => self.renew(context, &token),
            Said::Ping => self.say(&Dialect::pong(context.now)),
            Said::Nonsense { about, refusal } => {
                let is_foreign = refusal.code == Code::UnsupportedProtocol;
                self.refuse(context, about, refusal);
                if is_foreign {
                    self.close(Close::HelloRefused.into());
                }
            }
        }
    }

    /// Finds out who speaks, and tells the lobby.
    fn introduce(
        &mut self,
        context: &mut Context<'_>,
        token: Option<String>,
        mut hello: Box<Hello>,
        message: &'static str,
    ) {
        self.pulse.greet();
        let fresh = fresh_session();
        match self.identity.introduce(message, token.as_deref(), &mut hello, &fresh) {
            Ok(principal) => {
                debug!(said = message, user = %principal.user_id, "hello");
                self.pulse.watch_token(context.now, wall_now(), principal.expires_at);
                if self.greeting == Greeting::Awaited {
                    self.greeting = Greeting::Passed;
                }
                self.is_known = true;
                let (connection, form, ip) = (self.id, self.dialect.form(), Some(self.ip.clone()));
                let input = Input::Hello { connection, form, principal, hello, fresh, ip };
                context.said.push_back((Shard::LOBBY, input));
            }
            Err(refusal) => {
                debug!(said = message, code = %refusal.code, "not signed in");
                // Who has an older token may come back with a newer one.
                let is_old = refusal.code == Code::TokenExpired;
                self.say(&self.dialect.not_signed_in(message, refusal, context.now));
                if self.dialect == Dialect::Binary {
                    self.close(if is_old { Close::TokenExpired } else { Close::Unauthorized }.into());
                }
            }
        }
    }

    /// Takes a newer token of the same user; any other changes nothing.
    fn renew(&mut self, context: &mut Context<'_>, token: &str) {
        match self.identity.renew(token) {
            Ok(principal) => {
                debug!(user = %principal.user_id, "renewed");
                self.pulse.watch_token(context.now, wall_now(), principal.expires_at);
                context.said.push_back((Shard::LOBBY, Input::Renewed { connection: self.id, principal }));
            }
            Err(refusal) => self.refuse(context, AUTH, refusal),
        }
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) {
        let name = command.name();
        debug!(said = name, "command");
        if self.session.is_some() {
            let shard = Shard::for_command(&command, context.app.router.shards());
            self.send(context, shard, command);
        } else {
            let text = format!("{name}: this socket has not said who it is");
            self.refuse(context, name, Refusal::new(Code::Unauthenticated, text));
        }
    }

    fn send(&mut self, context: &mut Context<'_>, shard: Shard, command: Command) {
        let Some(session) = self.session.clone() else { return };
        self.order += 1;
        let (connection, order) = (self.id, self.order);
        context.said.push_back((shard, Input::Command { connection, session, order, command }));
    }

    fn catch_up(&mut self, context: &mut Context<'_>) {
        if self.greeting == Greeting::Answered && self.outbox.take_catch_up() {
            for shard in 0..context.app.router.shards() {
                self.send(context, Shard(shard), Command::CatchUp);
            }
        }
    }

    fn refuse(&mut self, context: &Context<'_>, about: &'static str, refusal: Refusal) {
        context.app.metrics.refuse(refusal.code);
        debug!(about, code = %refusal.code, field = refusal.field, "refused");
        self.say(&self.dialect.refused(about, refusal, context.now));
    }

    fn say(&mut self, payload: &[u8]) {
        self.put(self.dialect.frame(payload));
    }

    fn put(&mut self, frame: Bytes) {
        self.fill(|_, outbox| outbox.push(frame));
    }
}

/// The code under which an end of theirs is counted: any they may make up would be a label of its own.
const fn ended_with(end: End) -> u16 {
    match end {
        End::Clean => Close::Normal.code(),
        End::GoingAway => Close::GoingAway.code(),
        End::Lost => LINE_BROKE,
    }
}
