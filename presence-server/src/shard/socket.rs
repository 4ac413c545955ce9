//! One socket's line: bytes between TCP and its conversation.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;

use bytes::{Buf, Bytes};
use mio::event::Event;
use mio::net::TcpStream;
use presence_model::close::Close;
use presence_model::time::Millis;
use tokio::sync::mpsc;

use crate::connection::{Connection, Context};
use crate::ending::Ending;
use crate::farewell::Farewell;
use crate::shard::alarms::Alarm;
use crate::websocket::frame;
use crate::websocket::reader::{Fault, Reader};

/// Frames that are handed to the line in one call, at most.
const GATHERED: usize = 64;

pub struct Socket {
    pub connection: Connection,
    pub alarm: Alarm,
    /// Whether it is in the list of those to read, and of those to look after.
    pub is_to_read: bool,
    pub is_touched: bool,
    stream: TcpStream,
    reader: Reader,
    /// The reader may have kept something whole, since nobody listened.
    is_unheard: bool,
    /// Taken out of the outbox, and not by the line.
    unwritten: VecDeque<Bytes>,
    /// What the line can do as far as we know: it may have become less, and says when it becomes more.
    is_readable: bool,
    is_writable: bool,
    /// The other end writes no more: a read that comes short is not the last.
    is_read_closed: bool,
    /// All it wrote is read, and ours is not written yet.
    has_ended: bool,
    phase: Phase,
    _in_use: mpsc::Sender<Infallible>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Talking,
    /// The last words are on their way, then the other end's are waited for. Hanging up with bytes of the
    /// other end unread would make its system throw away what we wrote.
    Leaving {
        by: Millis,
        has_said_all: bool,
    },
    Gone,
}

impl Socket {
    pub fn new(stream: TcpStream, reader: Reader, connection: Connection, in_use: mpsc::Sender<Infallible>) -> Self {
        Self {
            connection,
            alarm: Alarm::default(),
            is_to_read: false,
            is_touched: false,
            stream,
            reader,
            is_unheard: true,
            unwritten: VecDeque::new(),
            is_readable: true,
            is_writable: true,
            is_read_closed: false,
            has_ended: false,
            phase: Phase::Talking,
            _in_use: in_use,
        }
    }

    pub fn note(&mut self, event: &Event) {
        self.is_read_closed |= event.is_read_closed() || event.is_error();
        self.is_readable |= (event.is_readable() || self.is_read_closed) && !self.has_ended;
        self.is_writable |= event.is_writable() || event.is_error();
    }

    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// Whether something waits for the line.
    pub fn has_unwritten(&self) -> bool {
        !(self.unwritten.is_empty() && self.connection.outbox.is_empty())
    }

    /// Whether something waits that the line may take now.
    pub fn has_to_write(&self) -> bool {
        self.is_writable && self.has_unwritten()
    }

    /// Whether a read would bring the conversation on.
    pub fn has_to_read(&self) -> bool {
        match self.phase {
            Phase::Talking => self.connection.listens() && (self.is_readable || self.is_unheard),
            Phase::Leaving { .. } => self.is_readable,
            Phase::Gone => false,
        }
    }

    /// When to look at it again although nothing happened.
    pub fn next(&self) -> Millis {
        match self.phase {
            Phase::Talking => self.connection.next(),
            Phase::Leaving { by, .. } => by,
            Phase::Gone => Millis::ZERO,
        }
    }

    /// Reads once, at most as much as the buffer holds, and acts on it.
    pub fn read(&mut self, context: &mut Context<'_>, buffer: &mut [u8]) {
        if self.phase != Phase::Talking {
            if self.is_readable {
                let read = self.fill(buffer);
                self.let_go(read);
            }
            return;
        }
        let kept = self.reader.resume(buffer);
        let filled = if self.is_readable { self.fill(&mut buffer[kept..]) } else { Ok(0) };
        let bytes = &mut buffer[..kept + *filled.as_ref().unwrap_or(&0)];
        let mut used = 0;
        self.is_unheard = true;
        while self.connection.listens() {
            match self.reader.next(bytes, &mut used) {
                Ok(Some(heard)) => self.connection.hear(context, heard),
                Ok(None) => {
                    self.is_unheard = false;
                    break;
                }
                Err(fault) => self.connection.close(fault.into()),
            }
        }
        if self.connection.ending().is_none() && used < bytes.len() {
            self.reader.keep(&bytes[used..]);
        }
        if filled.is_err() {
            self.connection.end(Ending::LineDead);
        }
    }

    /// While we leave what is read counts for nothing, and its end for the line's if all is said.
    fn let_go(&mut self, read: io::Result<usize>) {
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && !self.unwritten.is_empty() => {
                (self.has_ended, self.is_readable) = (true, false);
            }
            Err(_) => self.phase = Phase::Gone,
        }
    }

    /// How many bytes came; an error when no more will.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(buffer) {
            Ok(0) if !buffer.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            Ok(size) => {
                // That much was there and no more; what comes later is announced.
                self.is_readable = size == buffer.len() || self.is_read_closed;
                Ok(size)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.is_readable = false;
                Ok(0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Does what is due at this time.
    pub fn ring(&mut self, context: &mut Context<'_>, reads: bool) {
        match self.phase {
            Phase::Talking => self.connection.beat(context, reads),
            // Who does not hang up in time is hung up on.
            Phase::Leaving { by, .. } if by <= context.now => self.phase = Phase::Gone,
            Phase::Leaving { .. } | Phase::Gone => {}
        }
    }

    /// Ends the conversation if it is over, and writes what there is, as far as the line takes it.
    pub fn look_after(&mut self, context: &mut Context<'_>) {
        if self.phase == Phase::Talking
            && let Some(ending) = self.connection.ending().cloned()
        {
            self.leave(context, ending);
        }
        if self.phase == Phase::Gone {
            return;
        }
        match self.write(context) {
            Ok(()) => self.hang_up(),
            Err(_) if self.phase == Phase::Talking => self.leave(context, Ending::LineDead),
            Err(_) => self.phase = Phase::Gone,
        }
    }

    fn leave(&mut self, context: &mut Context<'_>, ending: Ending) {
        self.connection.end(ending.clone());
        self.connection.finish(context);
        let (flushes, last) = match ending {
            Ending::LineDead => {
                self.phase = Phase::Gone;
                return;
            }
            Ending::Ours(farewell) => (farewell.flushes, frame::close(Some(farewell.code), &farewell.reason)),
            Ending::Theirs(code) => (true, frame::close(code, "")),
        };
        self.unwritten.extend(self.connection.take_signs().filter(|_| flushes));
        while let Some(bytes) = self.connection.outbox.pop() {
            if flushes {
                self.connection.metrics.send(bytes.len());
                self.unwritten.push_back(bytes);
            }
        }
        self.unwritten.push_back(last);
        self.phase = Phase::Leaving { by: context.now + context.app.timing.drain, has_said_all: false };
    }

    /// Tells the other end that nothing more comes, once all is written.
    fn hang_up(&mut self) {
        if let Phase::Leaving { has_said_all: has_said_all @ false, .. } = &mut self.phase
            && self.unwritten.is_empty()
        {
            *has_said_all = true;
            if self.stream.shutdown(Shutdown::Write).is_err() || self.has_ended {
                self.phase = Phase::Gone;
            }
        }
    }

    /// An error means that the line is gone.
    fn write(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut wrote = false;
        while self.is_writable {
            wrote |= self.gather();
            match self.unwritten.len() {
                0 => break,
                1 => self.write_one()?,
                _ => self.write_many()?,
            }
        }
        if wrote {
            self.connection.wrote(context);
        }
        if self.unwritten.is_empty() && self.unwritten.capacity() > GATHERED {
            self.unwritten = VecDeque::new();
        }
        Ok(())
    }

    /// Takes out of the outbox what can be written together; true if that is anything.
    fn gather(&mut self) -> bool {
        if self.phase != Phase::Talking {
            return false;
        }
        self.unwritten.extend(self.connection.take_signs());
        let mut has_more = false;
        while self.unwritten.len() < GATHERED
            && let Some(bytes) = self.connection.outbox.pop()
        {
            self.connection.metrics.send(bytes.len());
            self.unwritten.push_back(bytes);
            has_more = true;
        }
        has_more
    }

    fn write_one(&mut self) -> io::Result<()> {
        let written = self.unwritten.front().map(|bytes| self.stream.write(bytes));
        written.map_or(Ok(()), |written| self.take(written))
    }

    fn write_many(&mut self) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); GATHERED];
        let mut count = 0;
        for (slice, bytes) in slices.iter_mut().zip(&self.unwritten) {
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        let written = self.stream.write_vectored(&slices[..count]);
        self.take(written)
    }

    /// Forgets what the line took.
    fn take(&mut self, written: io::Result<usize>) -> io::Result<()> {
        let mut size = match written {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(size) => size,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.is_writable = false;
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        };
        while let Some(first) = self.unwritten.front_mut() {
            if size < first.len() {
                first.advance(size);
                break;
            }
            size -= first.len();
            self.unwritten.pop_front();
        }
        Ok(())
    }
}

impl From<Fault> for Farewell {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Protocol => Close::Protocol.into(),
            Fault::TooBig => Close::TooBig.into(),
            Fault::NotUtf8 => Self::NOT_UTF8,
        }
    }
}
