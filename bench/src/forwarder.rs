//! The least a server can do: it forwards what each member of a room sends to the others, and knows nothing
//! else. What it costs is what the kernel costs.

use std::collections::HashMap;
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::ops::Range;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use memchr::memmem;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::websocket::{BINARY, CLOSE, TEXT, front, unmask, write_server_header};

const LISTENER: Token = Token(usize::MAX);
const BUFFER: usize = 64 * 1024;
const EVENTS: usize = 1024;
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

struct Peer {
    socket: TcpStream,
    /// `None` until the upgrade.
    room: Option<usize>,
    partial: Vec<u8>,
    unsent: Vec<u8>,
    /// The newest update that the others have not been sent.
    latest: Vec<u8>,
    has_news: bool,
}

#[derive(Default)]
struct Room {
    members: Vec<usize>,
    /// Who has sent something since the last window.
    movers: Vec<usize>,
    opcode: u8,
}

pub struct Forwarder {
    poll: Poll,
    listener: TcpListener,
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    rooms: Vec<Room>,
    by_path: HashMap<String, usize>,
    /// Rooms with movers.
    dirty: Vec<usize>,
    buffer: Vec<u8>,
    message: Vec<u8>,
    /// Where each mover's part of a message lies.
    parts: Vec<(usize, Range<usize>)>,
    window: Option<Duration>,
    read_every: Option<Duration>,
}

impl Forwarder {
    /// Without a window every update is written at once, to one recipient after the other. With it each
    /// recipient gets one write a window. With `read_every` sockets are read in batches, so often.
    pub fn new(mut listener: TcpListener, window: Option<Duration>, read_every: Option<Duration>) -> Result<Self> {
        let poll = Poll::new().context("starting epoll")?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE).context("registering the listener")?;
        Ok(Self {
            poll,
            listener,
            peers: vec![],
            free: vec![],
            rooms: vec![],
            by_path: HashMap::new(),
            dirty: vec![],
            buffer: vec![0; BUFFER],
            message: vec![],
            parts: vec![],
            window,
            read_every,
        })
    }

    pub fn run(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        let start = Instant::now();
        let (mut next_flush, mut next_read) = (start, start);
        loop {
            let now = Instant::now();
            if let Some(window) = self.window
                && now >= next_flush
            {
                self.flush_all();
                next_flush = following(next_flush, window, now);
            }
            if let Some(every) = self.read_every {
                next_read = following(next_read, every, now);
                sleep(next_read - now);
            }
            let timeout = match (self.read_every, self.window) {
                (Some(_), _) => Some(Duration::ZERO),
                (None, Some(_)) => Some(next_flush.saturating_duration_since(Instant::now())),
                (None, None) => None,
            };
            self.poll_once(&mut events, timeout)?;
        }
    }

    fn poll_once(&mut self, events: &mut Events, mut timeout: Option<Duration>) -> Result<()> {
        loop {
            match self.poll.poll(events, timeout) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error).context("waiting"),
                _ => {}
            }
            let mut count = 0;
            for event in events.iter() {
                count += 1;
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(who) => self.proceed(who),
                }
            }
            if count < EVENTS {
                return Ok(());
            }
            timeout = Some(Duration::ZERO);
        }
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // Who has gone before he was let in is no trouble of the others.
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => continue,
                Err(error) => return Err(error).context("accepting"),
            };
            socket.set_nodelay(true)?;
            let who = self.free.pop().unwrap_or_else(|| {
                self.peers.push(None);
                self.peers.len() - 1
            });
            self.poll.registry().register(&mut socket, Token(who), Interest::READABLE | Interest::WRITABLE)?;
            let (partial, unsent, latest) = (vec![], vec![], vec![]);
            self.peers[who] = Some(Peer { socket, room: None, partial, unsent, latest, has_news: false });
        }
    }

    fn proceed(&mut self, who: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        if !self.read(who, &mut buffer) {
            self.remove(who);
        }
        self.buffer = buffer;
    }

    /// False when the peer is gone.
    fn read(&mut self, who: usize, buffer: &mut [u8]) -> bool {
        loop {
            let Some(peer) = self.peers.get_mut(who).and_then(Option::as_mut) else { return true };
            if !peer.unsent.is_empty() && !peer.flush() {
                return false;
            }
            let count = match peer.socket.read(buffer) {
                Ok(0) => return false,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return false,
            };
            let mut bytes = std::mem::take(&mut peer.partial);
            let taken = if bytes.is_empty() {
                let taken = self.take(who, &mut buffer[..count]);
                taken.inspect(|taken| bytes.extend_from_slice(&buffer[*taken..count]))
            } else {
                bytes.extend_from_slice(&buffer[..count]);
                let taken = self.take(who, &mut bytes);
                taken.inspect(|taken| drop(bytes.drain(..*taken)))
            };
            match (taken, self.peers.get_mut(who).and_then(Option::as_mut)) {
                (Some(_), Some(peer)) => peer.partial = bytes,
                _ => return false,
            }
            if count < buffer.len() {
                return true;
            }
        }
    }

    /// Takes what is whole; `None` when the peer says that it goes.
    fn take(&mut self, who: usize, bytes: &mut [u8]) -> Option<usize> {
        let mut taken = 0;
        if self.peers[who].as_ref()?.room.is_none() {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Some(0) };
            self.enter(who, &bytes[..end])?;
            taken = end + 4;
        }
        while let Some(frame) = front(&bytes[taken..]) {
            let payload = &mut bytes[taken + frame.start..taken + frame.end];
            unmask(payload, frame.mask.unwrap_or_default());
            match frame.opcode {
                TEXT | BINARY => self.update(who, frame.opcode, payload),
                CLOSE => return None,
                _ => {}
            }
            taken += frame.end;
        }
        Some(taken)
    }

    fn enter(&mut self, who: usize, head: &[u8]) -> Option<()> {
        let path = std::str::from_utf8(head).ok()?.split_whitespace().nth(1)?;
        let rooms = &mut self.rooms;
        let room = *self.by_path.entry(path.to_owned()).or_insert_with(|| {
            rooms.push(Room::default());
            rooms.len() - 1
        });
        self.rooms[room].members.push(who);
        let peer = self.peers[who].as_mut()?;
        peer.room = Some(room);
        peer.write(&[IoSlice::new(SWITCHING)]).then_some(())
    }

    fn update(&mut self, who: usize, opcode: u8, payload: &[u8]) {
        let Some(peer) = &mut self.peers[who] else { return };
        let Some(place) = peer.room else { return };
        peer.latest.clear();
        peer.latest.extend_from_slice(payload);
        let was_known = std::mem::replace(&mut peer.has_news, true);
        let room = &mut self.rooms[place];
        room.opcode = opcode;
        if !was_known {
            if room.movers.is_empty() {
                self.dirty.push(place);
            }
            room.movers.push(who);
        }
        if self.window.is_none() {
            self.flush_all();
        }
    }

    fn flush_all(&mut self) {
        for place in std::mem::take(&mut self.dirty) {
            self.flush(place);
        }
    }

    fn flush(&mut self, place: usize) {
        self.compose(place);
        let room = &self.rooms[place];
        for &who in &room.members {
            let Some(peer) = &mut self.peers[who] else { continue };
            // Texts are written around the mover's own; of records a mover gets his own back, as from Presence.
            let own = self.parts.iter().find(|(mover, _)| *mover == who).map(|(_, part)| part.clone());
            let own = own.unwrap_or(0..0);
            let others = [IoSlice::new(&self.message[..own.start]), IoSlice::new(&self.message[own.end..])];
            if others.iter().any(|slice| !slice.is_empty()) {
                // A peer that is gone is found out when it is read.
                peer.write(&others);
            }
        }
    }

    /// Makes the message of all movers of a room: frame after frame of texts, or one frame of all records.
    fn compose(&mut self, place: usize) {
        let room = &mut self.rooms[place];
        let movers = std::mem::take(&mut room.movers);
        self.message.clear();
        self.parts.clear();
        if room.opcode == BINARY {
            let peers = movers.iter().filter_map(|who| self.peers[*who].as_ref());
            write_server_header(&mut self.message, BINARY, peers.map(|peer| peer.latest.len()).sum());
        }
        for who in movers {
            let Some(peer) = &mut self.peers[who] else { continue };
            peer.has_news = false;
            let start = self.message.len();
            if room.opcode == TEXT {
                write_server_header(&mut self.message, TEXT, peer.latest.len());
            }
            self.message.extend_from_slice(&peer.latest);
            if room.opcode == TEXT || self.window.is_none() {
                let start = if room.opcode == TEXT { start } else { 0 };
                self.parts.push((who, start..self.message.len()));
            }
        }
    }

    fn remove(&mut self, who: usize) {
        if let Some(peer) = self.peers[who].take() {
            self.free.push(who);
            if let Some(room) = peer.room {
                self.rooms[room].members.retain(|member| *member != who);
                self.rooms[room].movers.retain(|member| *member != who);
            }
        }
    }
}

impl Peer {
    /// Writes, or skips what a slow reader would have to catch up with. False when the peer is gone.
    fn write(&mut self, slices: &[IoSlice<'_>]) -> bool {
        if !self.unsent.is_empty() {
            return true;
        }
        let mut written = match self.socket.write_vectored(slices) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return false,
        };
        for slice in slices {
            let part = written.min(slice.len());
            written -= part;
            self.unsent.extend_from_slice(&slice[part..]);
        }
        true
    }

    fn flush(&mut self) -> bool {
        match self.socket.write(&self.unsent) {
            Ok(written) => drop(self.unsent.drain(..written)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
        true
    }
}

/// The first of the moments `from + n × every` that is later than now.
fn following(from: Instant, every: Duration, now: Instant) -> Instant {
    let passed = now.saturating_duration_since(from).as_nanos() / every.as_nanos();
    from + every * (u32::try_from(passed).unwrap_or(u32::MAX - 1) + 1)
}
