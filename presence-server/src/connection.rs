//! One socket's conversation, from the first message to the last word. Pure: time is given, bytes are
//! somebody else's; what it has to say to shards and to its socket it puts down.

mod acting;
mod dashboard;
mod following;
mod gateway;
mod granting;
mod hiding;
mod kleoz;
mod signing_in;

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use presence_hub::io::{Input, Order, Shard};
use presence_hub::outbox::{Outbox, TooSlow};
use presence_model::beacon::Ticket;
use presence_model::close::Close;
use presence_model::id::{ConnectionId, RoomId, SessionId};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::{Millis, earlier};
use presence_model::wire::binary::frame::KEEPALIVE;
use presence_model::wire::json::door::Door;
use tracing::{Span, debug, debug_span, field};

use crate::app::App;
use crate::clock::wall_now;
use crate::connection::granting::Asking;
use crate::connection::signing_in::Greeting;
use crate::dialect::{Dialect, Said};
use crate::ending::Ending;
use crate::farewell::Farewell;
use crate::gateway::talk::Talk;
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
    /// A ping with this mark is on its way, behind what is to be known to have arrived.
    mark: Option<u64>,
    pulse: Pulse,
    pace: Pace,
    /// Read and not acted on yet: the lobby has not said whom the socket speaks for.
    unheard: VecDeque<Said>,
    greeting: Greeting,
    /// What a gateway client and we said so far; the other dialects remember nothing.
    talk: Option<Box<Talk>>,
    /// The request said who speaks, and the first message may say more of it.
    is_offered: bool,
    /// What waits until the app's backend says which rooms are open.
    asking: Option<Box<Asking>>,
    /// Rooms that the backend opened: whoever asks for them again may be in them, and says there what he likes.
    opened: BTreeSet<RoomId>,
    /// The session that Kleoz' greeting named.
    announced: Option<SessionId>,
    /// The lobby was told of the socket and must hear of its end.
    is_known: bool,
    /// Counts this connection's commands.
    order: Order,
    /// The first word to close; later ones change nothing.
    ending: Option<Ending>,
    pub metrics: SocketMetrics,
    span: Span,
}

/// Whom something is told, as far as that changes the words.
pub struct Addressee<'a> {
    pub session: Option<&'a SessionId>,
    pub talk: Option<&'a mut Talk>,
}

/// What errors about tokens are about.
const AUTH: &str = "auth";

impl Connection {
    pub fn new(context: &Context<'_>, id: ConnectionId, newcomer: &mut Newcomer) -> Self {
        let Context { app, now, .. } = *context;
        let dialect = newcomer.dialect;
        let habits = Habits {
            ticks: matches!(dialect, Dialect::Json(Door::Ws | Door::Kleoz) | Dialect::Gateway),
            keepalives: dialect == Dialect::Binary,
            must_say_hello: !matches!(dialect, Dialect::Json(Door::Ws | Door::Kleoz | Door::Broadcasts)),
        };
        let talk = (dialect == Dialect::Gateway).then(|| Box::new(Talk::new(app, id, &newcomer.ip)));
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
            mark: None,
            pulse: Pulse::new(now, app.timing.clone(), habits, first_ping),
            pace: Pace::new(&app.limits),
            unheard: VecDeque::new(),
            greeting: Greeting::Awaited,
            talk,
            is_offered: false,
            asking: None,
            opened: BTreeSet::new(),
            announced: None,
            is_known: false,
            order: Order::default(),
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

    pub const fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Whether it would act on what is read now.
    pub fn listens(&self) -> bool {
        self.unheard.is_empty() && self.may_act() && self.ending.is_none()
    }

    /// When it is due for something.
    pub fn next(&self) -> Millis {
        earlier(self.pace.next(), Some(self.pulse.next())).unwrap_or_default()
    }

    /// Some doors answer before they are asked.
    pub fn open(&mut self, context: &mut Context<'_>) {
        let _in = self.span.clone().entered();
        debug!("open");
        match self.dialect {
            Dialect::Json(Door::Ws) => self.answer_before_asked(context),
            Dialect::Json(Door::Kleoz) => self.greet(context),
            Dialect::Gateway => self.say_as_gateway(|talk| Some(talk.challenge(context.now))),
            Dialect::Json(Door::Broadcasts) => self.watch(context),
            Dialect::Json(Door::Rooms) | Dialect::Binary => {}
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
            Heard::Pong(payload) => self.note_arrived(context, payload),
            Heard::Close(code) => {
                self.ending.get_or_insert(Ending::Theirs(code));
            }
            Heard::Text(_) | Heard::Binary(_) => {
                self.metrics.receive();
                let said = self.dialect.read(heard, &context.app.limits);
                if self.unheard.is_empty() {
                    self.unheard = said.into();
                } else {
                    self.unheard.extend(said);
                }
                self.act(context);
            }
        }
    }

    /// It is told something whose ping carries this mark. Of several the last is enough.
    pub const fn expect(&mut self, mark: u64) {
        self.mark = Some(mark);
    }

    fn note_arrived(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        // A pong that nobody asked for says nothing.
        if let Some(mark) = self.mark.take_if(|mark| mark.to_be_bytes() == payload) {
            context.said.push_back((Shard::LOBBY, Input::Arrived { connection: self.id, mark }));
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
        self.correct_greeting(&session);
        self.speak_for(context, session);
        self.act(context);
    }

    pub fn close(&mut self, farewell: Farewell) {
        let farewell = if self.talk.is_some() { self.say_farewell(farewell) } else { farewell };
        self.end(Ending::Ours(farewell));
    }

    pub fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    /// Puts in what `fill` has for the socket, unless that is about to close.
    pub fn fill(&mut self, fill: impl FnOnce(Addressee<'_>, &mut Outbox) -> Result<(), TooSlow>) {
        let addressee = Addressee { session: self.session.as_ref(), talk: self.talk.as_deref_mut() };
        if self.ending.is_none() && fill(addressee, &mut self.outbox) == Err(TooSlow) {
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
                Beat::Tick if self.talk.is_some() => self.say_as_gateway(|talk| talk.tick(now)),
                Beat::Tick => self.say(&Dialect::ping(now)),
                Beat::Keepalive => self.say(&[KEEPALIVE]),
                Beat::HelloOverdue if self.is_offered => self.stop_waiting(context),
                Beat::HelloOverdue => self.close(Close::HelloTimeout.into()),
                // Its clients know no word for it.
                Beat::TokenEnding(_) if self.talk.is_some() => {}
                Beat::TokenEnding(left) => self.say(&self.dialect.token_ending(left, now)),
                Beat::TokenEnded => {
                    let refusal = Refusal::new(Code::TokenExpired, "auth: the token ended and was not renewed");
                    self.refuse(context, AUTH, None, refusal);
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
        let ending = self.ending.as_ref().unwrap_or(&Ending::LineDead);
        let (end, code) = (ending.end(), ending.counted());
        debug!(?end, code, "over");
        context.app.metrics.end(code);
        // What was read before the end is said before the end.
        self.say_held(context);
        for command in self.pace.rest(context.now) {
            self.say_command(context, command);
        }
        if std::mem::take(&mut self.is_known) {
            context.said.push_back((Shard::LOBBY, Input::Closed { connection: self.id, end }));
        }
    }

    fn refuse(&mut self, context: &Context<'_>, about: &'static str, ticket: Option<Ticket>, refusal: Refusal) {
        context.app.metrics.refuse(refusal.code);
        debug!(about, code = %refusal.code, field = refusal.field, "refused");
        if self.talk.is_some() {
            self.say_as_gateway(|talk| talk.refuse(ticket, &refusal));
        } else {
            self.say(&self.dialect.refused(about, refusal, context.now));
        }
    }

    fn say(&mut self, payload: &[u8]) {
        self.put(self.dialect.frame(payload));
    }

    fn put(&mut self, frame: Bytes) {
        self.fill(|_, outbox| outbox.push(frame).map(drop));
    }
}
