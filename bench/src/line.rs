//! One client's socket: connect, upgrade, frames in and out.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use mio::net::TcpStream;
use socket2::{Domain, SockRef, Socket, Type};

use crate::dialect::client::{Client, Message};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::websocket::{self, BINARY, CLOSE, PING, TEXT, front};

/// One address has 28,000 ports at most.
const PER_ADDRESS: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Closed,
    Connecting,
    Upgrading,
    Open,
}

impl Phase {
    pub const fn is_opening(self) -> bool {
        matches!(self, Self::Connecting | Self::Upgrading)
    }
}

/// How a client that is not in yet has asked to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asking {
    #[default]
    Nothing,
    Opening,
    Entering,
}

pub struct Line {
    pub client: Box<dyn Client>,
    pub phase: Phase,
    /// The crowd's account of it, which it keeps in sum, too.
    pub has_joined: bool,
    pub asking: Asking,
    /// When it last asked to be in the room, by opening the socket or by words.
    pub asked_at: u64,
    /// Sockets that it has opened.
    opened: u8,
    /// Failed attempts since it was last open.
    pub failed: u32,
    socket: Option<TcpStream>,
    out: Outgoing,
    /// What could not be written yet.
    unsent: Vec<u8>,
    /// The beginning of what is not whole yet.
    partial: Vec<u8>,
}

impl Line {
    pub fn new(client: Box<dyn Client>) -> Self {
        Self {
            client,
            phase: Phase::Closed,
            has_joined: false,
            asking: Asking::Nothing,
            asked_at: 0,
            opened: 0,
            failed: 0,
            socket: None,
            out: Outgoing::default(),
            unsent: vec![],
            partial: vec![],
        }
    }

    /// Starts to connect. The socket is to be registered.
    pub fn open(&mut self, number: usize, server: SocketAddr) -> Result<&mut TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).context("a socket more than this machine allows")?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        let source = source(number, self.opened);
        self.opened = self.opened.wrapping_add(1);
        if source != Ipv4Addr::LOCALHOST {
            socket.bind(&SocketAddr::from((source, 0)).into()).with_context(|| format!("binding to {source}"))?;
        }
        match socket.connect(&server.into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {
                return Err(error).context("connecting");
            }
            _ => {}
        }
        self.phase = Phase::Connecting;
        self.unsent.clear();
        self.partial.clear();
        self.out.clear();
        Ok(self.socket.insert(TcpStream::from_std(socket.into())))
    }

    /// Ends it without a word, as a lost network does.
    pub fn cut(&mut self) -> Result<()> {
        if let Some(socket) = self.socket.take() {
            SockRef::from(&socket).set_linger(Some(Duration::ZERO)).context("cutting a socket")?;
        }
        self.forget();
        Ok(())
    }

    /// The socket is of no use any more.
    pub fn forget(&mut self) {
        self.socket = None;
        self.phase = Phase::Closed;
    }

    /// Does what the socket is ready for. Returns the bytes that came.
    pub fn proceed(&mut self, buffer: &mut [u8], heard: &mut Heard) -> Result<u64> {
        if self.phase == Phase::Connecting && !self.connected()? {
            return Ok(0);
        }
        self.flush()?;
        self.receive(buffer, heard)
    }

    /// Lets the client say something now.
    pub fn say<T>(&mut self, say: impl FnOnce(&mut dyn Client, &mut Outgoing) -> T) -> Result<T> {
        let said = say(&mut *self.client, &mut self.out);
        self.send()?;
        Ok(said)
    }

    fn connected(&mut self) -> Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        if let Some(error) = socket.take_error().context("connecting")? {
            return Err(error).context("connecting");
        }
        let address = match socket.peer_addr() {
            Ok(address) => address,
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(false),
            Err(error) => return Err(error).context("connecting"),
        };
        let upgrade = self.client.upgrade();
        let mut request = format!(
            "GET {} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cHJlc2VuY2UtYmVuY2gtMQ==\r\n",
            upgrade.path
        );
        for (name, value) in &upgrade.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        self.out.plain(request.as_bytes());
        self.phase = Phase::Upgrading;
        self.send()?;
        Ok(true)
    }

    fn send(&mut self) -> Result<()> {
        if !self.out.bytes().is_empty() {
            if self.unsent.is_empty() {
                let written = write(self.socket.as_mut(), self.out.bytes())?;
                self.unsent.extend_from_slice(&self.out.bytes()[written..]);
            } else {
                self.unsent.extend_from_slice(self.out.bytes());
            }
            self.out.clear();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if !self.unsent.is_empty() {
            let written = write(self.socket.as_mut(), &self.unsent)?;
            self.unsent.drain(..written);
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], heard: &mut Heard) -> Result<u64> {
        let mut total = 0;
        while let Some(socket) = &mut self.socket {
            let count = match socket.read(buffer) {
                Ok(0) => bail!("the server hung up"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("reading"),
            };
            total += count as u64;
            if self.partial.is_empty() {
                let taken = self.take(&buffer[..count], heard)?;
                self.partial.extend_from_slice(&buffer[taken..count]);
            } else {
                let mut bytes = std::mem::take(&mut self.partial);
                bytes.extend_from_slice(&buffer[..count]);
                let taken = self.take(&bytes, heard)?;
                bytes.drain(..taken);
                self.partial = bytes;
            }
            // A read that leaves room has taken all there was; what comes later is another event.
            if count < buffer.len() {
                break;
            }
        }
        self.send()?;
        Ok(total)
    }

    /// Takes what is whole; returns how many bytes that was.
    fn take(&mut self, bytes: &[u8], heard: &mut Heard) -> Result<usize> {
        let mut taken = 0;
        if self.phase == Phase::Upgrading {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            let head = String::from_utf8_lossy(&bytes[..end]);
            let first = head.lines().next().unwrap_or_default();
            ensure!(first.starts_with("HTTP/1.1 101"), "the server does not open a WebSocket: {first}");
            self.phase = Phase::Open;
            self.failed = 0;
            taken = end + 4;
            self.client.opened(&mut self.out, heard);
        }
        while let Some(frame) = front(&bytes[taken..]) {
            let payload = &bytes[taken + frame.start..taken + frame.end];
            ensure!(frame.is_final, "the server sends messages in pieces, which this generator does not read");
            match frame.opcode {
                TEXT => self.client.hear(Message::Text(payload), &mut self.out, heard),
                BINARY => self.client.hear(Message::Binary(payload), &mut self.out, heard),
                PING => self.out.pong(payload),
                CLOSE => bail!("the server closed the socket: {}", close_reason(payload)),
                websocket::PONG => {}
                other => bail!("the server sent a frame of the unknown kind {other}"),
            }
            taken += frame.end;
        }
        Ok(taken)
    }
}

/// Who comes back comes from another address. Were it the same one, some would get the port of a line that the
/// server still remembers, and wait a second for the kernel to sort that out; real clients hardly ever do.
fn source(number: usize, opened: u8) -> Ipv4Addr {
    let among_many = u8::try_from(number / PER_ADDRESS).unwrap_or(u8::MAX - 1);
    Ipv4Addr::new(127, 0, opened, 1 + among_many)
}

fn write(socket: Option<&mut TcpStream>, bytes: &[u8]) -> Result<usize> {
    let Some(socket) = socket else { return Ok(bytes.len()) };
    match socket.write(bytes) {
        Ok(written) => Ok(written),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
        Err(error) => Err(error).context("writing"),
    }
}

fn close_reason(payload: &[u8]) -> String {
    match payload.split_first_chunk() {
        Some((code, reason)) => format!("{} {}", u16::from_be_bytes(*code), String::from_utf8_lossy(reason)),
        None => "without a reason".to_owned(),
    }
}
