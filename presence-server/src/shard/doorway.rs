//! Where connections come in: requests that open a socket are answered here, all others are HTTP's. A
//! connection that keeps its request to itself for too long is hung up on.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use bytes::Bytes;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use presence_model::time::{Millis, earlier};
use slab::Slab;
use tokio::sync::mpsc;

use crate::app::App;
use crate::callers::Caller;
use crate::router::Newcomer;
use crate::ws::{self, Entrance};

/// The event that says: somebody is at the door.
const DOOR: Token = Token(usize::MAX - 1);

/// Tokens of those in the doorway have this bit, and those of sockets have not.
const IN_DOORWAY: usize = 1 << (usize::BITS - 2);

/// The longest request we look at ourselves. HTTP has a bound of its own for it, and an answer.
const LONGEST_HEAD: usize = 8 * 1024;

/// How many are let in before others have their turn.
const AT_ONCE: usize = 256;

/// When the system has no place for one more, it is asked again after this.
const PAUSE: Millis = Millis::seconds(1);

pub struct Doorway {
    listener: TcpListener,
    /// Somebody may be at the door.
    has_callers: bool,
    /// None is let in before, since the system could not.
    opens_at: Millis,
    guests: Slab<Guest>,
    /// Since all have the same time, who came first is due first.
    due: VecDeque<(Millis, usize, u64)>,
    came: u64,
    http: mpsc::UnboundedSender<Caller>,
}

/// A connection whose request is not here in full.
struct Guest {
    stream: TcpStream,
    peer: SocketAddr,
    read: Vec<u8>,
    number: u64,
}

impl Doorway {
    pub fn open(
        mut listener: TcpListener,
        registry: &Registry,
        http: mpsc::UnboundedSender<Caller>,
    ) -> io::Result<Self> {
        registry.register(&mut listener, DOOR, Interest::READABLE)?;
        let (guests, due) = (Slab::new(), VecDeque::new());
        Ok(Self { listener, has_callers: true, opens_at: Millis::ZERO, guests, due, came: 0, http })
    }

    /// Whether the event is the doorway's own.
    pub fn is_own(event: &Event) -> bool {
        event.token() == DOOR || event.token().0 & IN_DOORWAY != 0
    }

    /// Looks after whom the event is about. Who is let in has its answer, and comes back.
    pub fn note(&mut self, app: &App, registry: &Registry, event: &Event) -> Option<Newcomer> {
        if event.token() == DOOR {
            self.has_callers = true;
            return None;
        }
        self.hear(app, registry, event.token().0 & !IN_DOORWAY)
    }

    /// When it is to be looked at although nothing happened.
    pub fn next(&self) -> Option<Millis> {
        earlier(self.has_callers.then_some(self.opens_at), self.due.front().map(|(at, ..)| *at))
    }

    /// Lets callers come in, and those go who say nothing.
    pub fn accept(&mut self, app: &App, registry: &Registry, now: Millis, mut let_in: impl FnMut(Newcomer)) {
        while let Some((_, slot, number)) = self.due.front().copied().filter(|(at, ..)| *at <= now) {
            self.due.pop_front();
            let is_here = |guests: &Slab<Guest>| guests.get(slot).is_some_and(|guest| guest.number == number);
            // It may be ours that what it said is not read yet.
            if is_here(&self.guests)
                && let Some(newcomer) = self.hear(app, registry, slot)
            {
                let_in(newcomer);
            } else if is_here(&self.guests) {
                self.guests.remove(slot);
            }
        }
        for _ in 0..AT_ONCE {
            if !self.has_callers || now < self.opens_at {
                return;
            }
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    if let Some(newcomer) = self.welcome(app, registry, now, stream, peer) {
                        let_in(newcomer);
                    }
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.has_callers = false,
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {}
                    _ => {
                        tracing::warn!(%error, "nobody more can be let in for now");
                        self.opens_at = now + PAUSE;
                    }
                },
            }
        }
    }

    fn welcome(
        &mut self,
        app: &App,
        registry: &Registry,
        now: Millis,
        mut stream: TcpStream,
        peer: SocketAddr,
    ) -> Option<Newcomer> {
        // Small frames must not wait for an acknowledgement of the last one. From the listener those would not have it
        // who came before it was told so, as all do who wait for the server to start again.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection is gone already");
            return None;
        }
        let entry = self.guests.vacant_entry();
        let slot = entry.key();
        if let Err(error) = registry.register(&mut stream, Token(IN_DOORWAY | slot), Interest::READABLE) {
            tracing::warn!(%error, "a connection cannot be watched");
            return None;
        }
        self.came += 1;
        entry.insert(Guest { stream, peer, read: vec![], number: self.came });
        self.due.push_back((now + app.timing.hello_timeout, slot, self.came));
        // Most have said all by now, and the event would come for nothing.
        self.hear(app, registry, slot)
    }

    fn hear(&mut self, app: &App, registry: &Registry, slot: usize) -> Option<Newcomer> {
        let guest = self.guests.get_mut(slot)?;
        let mut buffer = [0; LONGEST_HEAD];
        loop {
            match guest.stream.read(&mut buffer) {
                Ok(size @ 1..) => guest.read.extend_from_slice(&buffer[..size]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Ok(_) | Err(_) => {
                    self.guests.remove(slot);
                    return None;
                }
            }
            match ws::enter(app, guest.peer, &guest.read) {
                Entrance::Open { answer, head, dialect, offer, ip } => {
                    let Guest { mut stream, read, .. } = self.guests.remove(slot);
                    // Without it the server is about to end.
                    let in_use = app.in_use.upgrade()?;
                    // An answer fits into an empty line; if not, there is none.
                    let is_answered = stream.write(&answer).is_ok_and(|size| size == answer.len());
                    if !is_answered || registry.deregister(&mut stream).is_err() {
                        return None;
                    }
                    let read = Bytes::copy_from_slice(&read[head..]);
                    return Some(Newcomer { stream, read, dialect, offer, ip, in_use });
                }
                Entrance::Unclear if guest.read.len() < LONGEST_HEAD => {}
                Entrance::Unclear | Entrance::Http => {
                    let Guest { mut stream, peer, read, .. } = self.guests.remove(slot);
                    if registry.deregister(&mut stream).is_ok() {
                        // Without HTTP the server is about to end.
                        let _ = self.http.send(Caller { stream: stream.into(), peer, read: read.into() });
                    }
                    return None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net;
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::*;
    use crate::router::Router;

    const PATIENCE: Duration = Duration::from_secs(10);

    const KNOCK: &str = "GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";

    /// As all come who lost a server that starts again.
    #[test]
    fn what_is_told_to_who_came_before_the_server_waits_for_nothing() {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut caller = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        caller.write_all(KNOCK.as_bytes()).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (in_use, _unused) = mpsc::channel(1);
        let app = App { in_use: in_use.downgrade(), ..App::bare(Router::new(1).unwrap().0) };
        let mut poll = Poll::new().unwrap();
        let (http, _callers) = mpsc::unbounded_channel();
        let registry = poll.registry().try_clone().unwrap();
        let mut doorway = Doorway::open(TcpListener::from_std(listener), &registry, http).unwrap();
        let (mut events, mut newcomers) = (Events::with_capacity(8), vec![]);
        doorway.accept(&app, &registry, Millis::ZERO, |newcomer| newcomers.push(newcomer));
        while newcomers.is_empty() {
            poll.poll(&mut events, Some(PATIENCE)).unwrap();
            assert!(!events.is_empty(), "nobody comes in");
            newcomers.extend(events.iter().filter_map(|event| doorway.note(&app, &registry, event)));
        }
        assert!(newcomers[0].stream.nodelay().unwrap());
    }
}
