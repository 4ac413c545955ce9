//! One gateway client's conversation: handshake, questions and their answers, events and their numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_hub::outbox::{Outbox, TooSlow};
use presence_model::beacon::Ticket;
use presence_model::close::Close;
use presence_model::command::{Command, Hello, Principal};
use presence_model::event::{Event, Welcome};
use presence_model::id::ConnectionId;
use presence_model::instance::is_loopback;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;
use presence_model::wire::gateway::beacon::read_beacon;
use presence_model::wire::gateway::connect::Connect;
use presence_model::wire::gateway::encode::{encode_beacon_taken, encode_listed, shutdown_event, tick_event};
use presence_model::wire::gateway::frame::{EventBody, Request, encode_bad_frame, encode_error};
use presence_model::wire::gateway::handshake::{HandshakeFailure, encode_challenge};
use presence_model::wire::gateway::hello::{Greeting, encode_hello};
use presence_model::wire::gateway::protocol::{CONNECT, Policy, Protocol, Role};
use presence_model::wire::gateway::scope::{Held, Method, granted};

use crate::app::App;
use crate::dialect::Said;
use crate::farewell::Farewell;
use crate::gateway::device;
use crate::pulse::PINGS_PER_TICK;
use crate::websocket::frame;

/// WebSocket's code for whatever has none of its own.
const POLICY: u16 = 1008;

#[derive(Debug)]
pub struct Talk {
    nonce: String,
    /// Whether the client is on this machine.
    is_local: bool,
    facts: Facts,
    stage: Stage,
    /// Counts events.
    seq: u64,
    /// The list that was put into the outbox last.
    shown: Option<Shown>,
    /// Counts questions.
    asked: u32,
    /// Questions that the hub has not answered, with the ids of their requests.
    open: BTreeMap<Ticket, String>,
}

/// A list that may still wait in the outbox.
#[derive(Clone, Copy, Debug)]
struct Shown {
    place: u64,
    seq: u64,
}

#[derive(Debug)]
enum Stage {
    Challenged,
    /// It said who it is, and the hub has not welcomed it. The request's id.
    Asking(String, Client),
    Connected(Client),
    Dismissed,
}

/// What the handshake agreed on.
#[derive(Debug)]
struct Client {
    protocol: Protocol,
    role: Role,
    asked: Vec<String>,
    device: Option<String>,
    scopes: Vec<String>,
    /// Whether it may know about machines.
    is_trusted: bool,
}

/// What a hello tells of this server.
#[derive(Debug)]
struct Facts {
    connection: ConnectionId,
    host: Arc<str>,
    started_at: Millis,
    policy: Policy,
}

impl Talk {
    pub fn new(app: &App, connection: ConnectionId, ip: &str) -> Self {
        let facts = Facts {
            connection,
            host: app.host.clone(),
            started_at: app.clock.now() - app.clock.uptime(),
            policy: Policy::new(&app.limits, app.timing.ping_every.part(PINGS_PER_TICK, 1)),
        };
        let (nonce, is_local) = (format!("{:032x}", rand::random::<u128>()), is_loopback(ip));
        Self { nonce, is_local, facts, stage: Stage::Challenged, seq: 0, shown: None, asked: 0, open: BTreeMap::new() }
    }

    pub fn challenge(&self, now: Millis) -> String {
        encode_challenge(&self.nonce, now)
    }

    /// What a text frame comes to; nothing at all where the dialect passes it over. `wall`: the time as others
    /// have it, too.
    pub fn read(&mut self, wall: Millis, text: &str) -> Option<Said> {
        match &self.stage {
            Stage::Challenged => Some(self.read_connect(wall, text)),
            Stage::Connected(_) => self.read_request(text),
            Stage::Asking(..) | Stage::Dismissed => None,
        }
    }

    /// The device that a client has shown to be, while it is looked at who it is.
    pub fn device(&self) -> Option<&str> {
        match &self.stage {
            Stage::Asking(_, client) => client.device.as_deref(),
            _ => None,
        }
    }

    /// Grants what the client asked for and its token has.
    pub fn admit(&mut self, principal: &Principal, hello: &mut Hello) {
        if let Stage::Asking(_, client) = &mut self.stage {
            let held = if principal.holds_all { Held::All } else { Held::Only(&principal.scopes) };
            client.scopes = granted(client.protocol, client.role, &client.asked, held);
            client.is_trusted = principal.is_operator();
            hello.info.scopes.clone_from(&client.scopes);
        }
    }

    /// The client's token was not taken, or it has none.
    pub fn turn_away(&mut self, refusal: &Refusal) -> Option<Said> {
        let Stage::Asking(id, client) = &self.stage else { return None };
        let failure = match refusal.code {
            Code::Unauthenticated if client.device.is_none() => HandshakeFailure::DeviceRequired,
            Code::Unauthenticated => HandshakeFailure::TokenMissing,
            Code::BadToken | Code::TokenExpired => {
                let why = refusal.message.strip_prefix("auth: ").unwrap_or(&refusal.message);
                HandshakeFailure::TokenMismatch(why.to_owned())
            }
            _ => HandshakeFailure::Refused(refusal.clone()),
        };
        let id = id.clone();
        Some(self.dismiss(Some(&id), &failure))
    }

    /// What is told of an event that is for this client alone.
    pub fn tell(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Welcome(welcome) => self.welcome(welcome),
            Event::Listed { ticket, listing } => {
                let (id, client) = self.answered(*ticket)?;
                Some(encode_listed(&id, client.protocol, listing))
            }
            Event::BeaconTaken { ticket } => self.answered(*ticket).map(|(id, _)| encode_beacon_taken(&id)),
            Event::Refused { refusal, .. } => {
                let Stage::Asking(id, _) = &self.stage else { return None };
                let error = HandshakeFailure::Refused(refusal.clone()).error()?;
                Some(encode_error(id, &error))
            }
            _ => None,
        }
    }

    /// The protocol that a connected client speaks.
    pub const fn protocol(&self) -> Option<Protocol> {
        match &self.stage {
            Stage::Connected(client) => Some(client.protocol),
            _ => None,
        }
    }

    /// Puts the list into the outbox. One that still waits there is replaced, number and all: it is older, and lists
    /// are large.
    pub fn show(&mut self, event: &EventBody, outbox: &mut Outbox) -> Result<(), TooSlow> {
        let waiting = self.shown.filter(|shown| outbox.is_waiting(shown.place));
        let Some(seq) = waiting.map(|shown| shown.seq).or_else(|| self.next_seq()) else { return Ok(()) };
        let frame = frame::text_of(&event.pieces(seq).each_ref().map(|piece| piece.as_bytes()));
        match waiting {
            Some(shown) => outbox.replace(shown.place, frame),
            None => self.shown = Some(Shown { place: outbox.push(frame)?, seq }),
        }
        Ok(())
    }

    /// The number of the next event; nobody hears one before he is connected.
    fn next_seq(&mut self) -> Option<u64> {
        self.protocol()?;
        self.seq += 1;
        Some(self.seq)
    }

    /// An event with its number.
    fn number(&mut self, event: &EventBody) -> Option<String> {
        Some(event.with_seq(self.next_seq()?))
    }

    pub fn tick(&mut self, now: Millis) -> Option<String> {
        self.number(&tick_event(now))
    }

    pub fn shutdown(&mut self, reason: &str) -> Option<String> {
        self.number(&shutdown_event(reason, None))
    }

    /// A question that is turned down before the hub hears it.
    pub fn refuse(&mut self, ticket: Option<Ticket>, refusal: &Refusal) -> Option<String> {
        let (id, _) = self.answered(ticket?)?;
        Some(encode_error(&id, &refusal.into()))
    }

    fn read_connect(&mut self, wall: Millis, text: &str) -> Said {
        let request = match Request::read(text) {
            Ok(request) => request,
            Err(bad) => return self.dismiss(None, &(&bad).into()),
        };
        match self.connect(wall, &request) {
            Ok(said) => said,
            Err(failure) => self.dismiss(Some(&request.id), &failure),
        }
    }

    fn connect(&mut self, wall: Millis, request: &Request) -> Result<Said, HandshakeFailure> {
        if request.method != CONNECT {
            return Err(HandshakeFailure::OtherMethod);
        }
        let connect = Connect::read(request.params.as_ref())?;
        let (protocol, role) = (connect.protocol()?, connect.role()?);
        device::verify(&connect, wall, &self.nonce, self.is_local)?;
        let token = connect.auth.credential().map(str::to_owned);
        let hello = Box::new(connect.hello(role, vec![]));
        let device = connect.device.as_ref().map(|device| device.name());
        let asked = connect.scopes;
        let client = Client { protocol, role, asked, device, scopes: vec![], is_trusted: false };
        self.stage = Stage::Asking(request.id.clone(), client);
        Ok(Said::Hello { token, hello, message: CONNECT })
    }

    fn read_request(&mut self, text: &str) -> Option<Said> {
        let Stage::Connected(client) = &self.stage else { return None };
        let refused = |answer| Some(Said::Answered { answer, is_refused: true });
        let request = match Request::read(text) {
            Ok(request) => request,
            Err(bad) => return refused(encode_bad_frame(&bad)),
        };
        let method = Method::authorized(&request.method, client.protocol, client.role, &client.scopes);
        let ticket = Ticket(self.asked);
        let command = method.and_then(|method| match method {
            Method::SystemPresence => Ok(Command::List(ticket)),
            Method::SystemEvent => {
                let beacon = Box::new(read_beacon(client.protocol, request.params.as_ref())?);
                Ok(Command::Beacon { ticket, beacon })
            }
        });
        match command {
            Ok(command) => {
                self.asked = self.asked.wrapping_add(1);
                self.open.insert(ticket, request.id);
                Some(Said::Command(command))
            }
            Err(error) => refused(Some(encode_error(&request.id, &error))),
        }
    }

    fn dismiss(&mut self, id: Option<&str>, failure: &HandshakeFailure) -> Said {
        self.stage = Stage::Dismissed;
        let answer = id.and_then(|id| Some(encode_error(id, &failure.error()?)));
        let (code, reason) = failure.close();
        Said::Dismissed { answer, farewell: Farewell::new(code, reason.into()) }
    }

    fn welcome(&mut self, welcome: &Welcome) -> Option<String> {
        let Stage::Asking(id, client) = std::mem::replace(&mut self.stage, Stage::Dismissed) else { return None };
        let Facts { connection, host, started_at, policy } = &self.facts;
        let greeting = Greeting {
            protocol: client.protocol,
            role: client.role,
            scopes: &client.scopes,
            version: env!("CARGO_PKG_VERSION"),
            connection: *connection,
            host: client.is_trusted.then_some(host),
            uptime: welcome.server_now - *started_at,
            policy: *policy,
        };
        let hello = encode_hello(&id, &greeting, welcome.listing.as_ref()?);
        self.stage = Stage::Connected(client);
        Some(hello)
    }

    fn answered(&mut self, ticket: Ticket) -> Option<(String, &Client)> {
        let Stage::Connected(client) = &self.stage else { return None };
        Some((self.open.remove(&ticket)?, client))
    }
}

/// How the dialect puts it that a socket is closed: its clients know few codes.
pub fn farewell(farewell: Farewell) -> Farewell {
    match farewell.code {
        code if code == Close::HelloTimeout.code() => {
            let (code, reason) = HandshakeFailure::Timeout.close();
            Farewell::new(code, reason.into())
        }
        4000.. => Farewell { code: POLICY, ..farewell },
        _ => farewell,
    }
}
