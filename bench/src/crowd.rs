//! All clients on one thread: an event loop over their lines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, bail};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use presence_model::session::random::Random;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use crate::dialect::client::{Client, Seat};
use crate::heard::Heard;
use crate::histogram::Histogram;
use crate::line::{Asking, Line, Phase};
use crate::outgoing::Outgoing;
use crate::schedule::Schedule;

const BUFFER: usize = 256 * 1024;
const TIMER: Token = Token(usize::MAX);
/// Epoll counts in milliseconds; the timer does not. Nothing is due so exactly that a shorter sleep pays.
const SHORTEST_SLEEP: u64 = 50;

/// What becomes of a client whose line ends without our doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLoss {
    /// The measurement is void.
    Fail,
    /// It comes back by its own policy.
    Return,
}

pub struct Crowd {
    poll: Poll,
    events: Events,
    ready: Vec<Token>,
    timer: OwnedFd,
    timer_set_to: u64,
    started: Instant,
    server: SocketAddr,
    lines: Vec<Line>,
    buffer: Vec<u8>,
    beats: Option<Schedule>,
    retries: BinaryHeap<Reverse<(u64, usize)>>,
    random: Random,
    pub on_loss: OnLoss,
    pub heard: Heard,
    /// From opening the socket to being in.
    pub open_times: Histogram,
    /// From the wish to be in, on an open line, to being in.
    pub join_times: Histogram,
    /// Who looks at comings and goings.
    pub observers: Range<usize>,
    pub bytes_received: u64,
    /// Lines that ended without our doing.
    pub losses: u64,
    joined: usize,
    /// Sockets whose handshake is under way.
    handshakes: usize,
}

impl Crowd {
    pub fn new(server: SocketAddr, seed: u64) -> Result<Self> {
        let poll = Poll::new().context("starting epoll")?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)
            .context("making a timer")?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            ready: vec![],
            timer,
            timer_set_to: 0,
            started: Instant::now(),
            server,
            lines: vec![],
            buffer: vec![0; BUFFER],
            beats: None,
            retries: BinaryHeap::new(),
            random: Random::new(seed),
            on_loss: OnLoss::Fail,
            heard: Heard::default(),
            open_times: Histogram::default(),
            join_times: Histogram::default(),
            observers: 0..0,
            bytes_received: 0,
            losses: 0,
            joined: 0,
            handshakes: 0,
        })
    }

    /// Adds so many clients, dealt out to the rooms in turn: whoever takes turns by number spreads what the
    /// members of one room do over the whole period.
    pub fn seat(
        &mut self,
        clients: usize,
        rooms: Range<usize>,
        client: impl Fn(&Seat) -> Result<Box<dyn Client>>,
    ) -> Result<()> {
        for room in rooms.cycle().take(clients) {
            self.lines.push(Line::new(client(&Seat { number: self.lines.len(), room })?));
        }
        Ok(())
    }

    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub const fn joined(&self) -> usize {
        self.joined
    }

    pub fn has_joined(&self, who: usize) -> bool {
        self.lines[who].has_joined
    }

    pub fn is_open(&self, who: usize) -> bool {
        self.lines[who].phase == Phase::Open
    }

    /// Microseconds since the start.
    pub fn now(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// Opens a client's socket.
    pub fn open(&mut self, who: usize) -> Result<()> {
        self.heard.now = self.now();
        self.note_asking(who, Asking::Opening);
        let line = &mut self.lines[who];
        line.client.opening(&mut self.heard);
        match line.open(who, self.server) {
            Ok(socket) => {
                self.handshakes += 1;
                let interest = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(socket, Token(who), interest).context("registering a socket")?;
                Ok(())
            }
            Err(error) => self.lose(who, error),
        }
    }

    /// Opens these sockets, at most so many at once between the first packet and the end of the handshake, and
    /// waits until all are in.
    pub fn join_all(&mut self, who: &[usize], at_once: usize, patience: Duration) -> Result<()> {
        let deadline = self.now() + patience.as_micros() as u64;
        let mut waiting = who.iter();
        let wanted = self.joined + who.len();
        while self.joined < wanted {
            while self.handshakes < at_once
                && let Some(next) = waiting.next()
            {
                self.open(*next)?;
            }
            if self.now() > deadline {
                bail!("{} of {wanted} clients are in after {} s{}", self.joined, patience.as_secs(), self.complaint());
            }
            self.turn(self.now() + 100_000)?;
        }
        Ok(())
    }

    /// Ends a client's line without a word.
    pub fn cut(&mut self, who: usize) -> Result<()> {
        self.note_out(who);
        self.lines[who].cut()
    }

    /// Lets a client say something, if its line is open.
    pub fn say<T: Default>(
        &mut self,
        who: usize,
        say: impl FnOnce(&mut dyn Client, &mut Outgoing, &mut Heard) -> T,
    ) -> Result<T> {
        if self.lines[who].phase != Phase::Open {
            return Ok(T::default());
        }
        self.heard.now = self.now();
        let heard = &mut self.heard;
        match self.lines[who].say(|client, out| say(client, out, heard)) {
            Ok(said) => Ok(said),
            Err(error) => self.lose(who, error).map(|()| T::default()),
        }
    }

    /// The client asks to be in again: its wait counts from now.
    pub fn ask_in(&mut self, who: usize) -> Result<()> {
        self.heard.now = self.now();
        self.note_asking(who, Asking::Entering);
        self.say(who, |client, out, _| client.join(out)).map(drop)
    }

    pub fn ask_out(&mut self, who: usize) -> Result<()> {
        self.note_out(who);
        self.say(who, |client, out, _| client.leave(out)).map(drop)
    }

    /// From here on every client has its beat, once a second.
    pub fn start_beats(&mut self) {
        self.beats = Some(Schedule::new(self.now(), 1.0, self.lines.len()));
    }

    /// Handles what has come, or waits for it, at the latest until the given time.
    pub fn turn(&mut self, until: u64) -> Result<()> {
        self.do_what_is_due()?;
        let due = [self.beats.as_ref().map(Schedule::next_due), self.retries.peek().map(|Reverse((at, _))| *at)];
        let until = due.into_iter().flatten().fold(until, u64::min);
        self.wait(until)?;
        let mut ready = std::mem::take(&mut self.ready);
        ready.extend(self.events.iter().map(|event| event.token()).filter(|token| *token != TIMER));
        for Token(who) in ready.drain(..) {
            self.proceed(who)?;
        }
        self.ready = ready;
        Ok(())
    }

    /// Handles what comes in a stretch of time.
    pub fn run_until(&mut self, until: u64) -> Result<()> {
        while self.now() < until {
            self.turn(until)?;
        }
        Ok(())
    }

    fn do_what_is_due(&mut self) -> Result<()> {
        let now = self.now();
        while let Some(turn) = self.beats.as_mut().and_then(|beats| beats.take(now)) {
            self.say(turn.who, |client, out, heard| client.beat(out, heard))?;
        }
        while let Some(Reverse((at, who))) = self.retries.peek().copied()
            && at <= now
        {
            self.retries.pop();
            if self.lines[who].phase == Phase::Closed {
                self.open(who)?;
            }
        }
        Ok(())
    }

    fn wait(&mut self, until: u64) -> Result<()> {
        let now = self.now();
        // Most turns end by what comes and wait for the same moment as the one before: its timer still runs.
        if until > now && until != self.timer_set_to {
            let sleep = (until - now).max(SHORTEST_SLEEP);
            let value = Timespec { tv_sec: (sleep / 1_000_000) as i64, tv_nsec: (sleep % 1_000_000 * 1_000) as i64 };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).context("setting the timer")?;
            self.timer_set_to = until;
        }
        match self.poll.poll(&mut self.events, (until <= now).then_some(Duration::ZERO)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error).context("waiting for sockets"),
            _ => Ok(()),
        }
    }

    fn proceed(&mut self, who: usize) -> Result<()> {
        self.heard.now = self.now();
        self.heard.is_watching = self.observers.contains(&who);
        let was_opening = self.lines[who].phase.is_opening();
        let proceeded = self.lines[who].proceed(&mut self.buffer, &mut self.heard);
        self.handshakes -= usize::from(was_opening && (proceeded.is_err() || !self.lines[who].phase.is_opening()));
        if self.heard.take_joined() {
            self.note_joined(who);
        }
        match proceeded {
            Ok(bytes) => self.bytes_received += bytes,
            Err(error) => self.lose(who, error)?,
        }
        Ok(())
    }

    fn note_joined(&mut self, who: usize) {
        let line = &mut self.lines[who];
        let times = match std::mem::take(&mut line.asking) {
            Asking::Nothing => return,
            Asking::Opening => &mut self.open_times,
            Asking::Entering => &mut self.join_times,
        };
        times.record((self.heard.now - line.asked_at) as u32);
        line.has_joined = true;
        self.joined += 1;
    }

    fn note_asking(&mut self, who: usize, asking: Asking) {
        self.note_out(who);
        let line = &mut self.lines[who];
        line.asking = asking;
        line.asked_at = self.heard.now;
    }

    fn note_out(&mut self, who: usize) {
        let line = &mut self.lines[who];
        line.asking = Asking::Nothing;
        self.joined -= usize::from(std::mem::take(&mut line.has_joined));
    }

    /// A line ended without our doing.
    fn lose(&mut self, who: usize, error: Error) -> Result<()> {
        self.note_out(who);
        self.losses += 1;
        let line = &mut self.lines[who];
        line.forget();
        if self.on_loss == OnLoss::Fail {
            return Err(error.context(format!("client {who} lost its line{}", self.complaint())));
        }
        let wait = line.client.retry_in(line.failed, self.random.next(), &mut self.heard);
        line.failed += 1;
        self.retries.push(Reverse((self.heard.now + wait, who)));
        Ok(())
    }

    /// What the server refused first, for an error's text.
    pub fn complaint(&self) -> String {
        self.heard.refusal.as_ref().map_or_else(String::new, |words| format!("; the server had refused: {words}"))
    }
}
