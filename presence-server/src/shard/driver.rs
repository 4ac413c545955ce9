//! The loop of one shard.

mod carrying;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Interest};
use presence_hub::hub::{Hub, HubConfig};
use presence_hub::io::{Input, Shard};
use presence_hub::saved::{Change, Who};
use presence_hub::window::{Window, Work};
use presence_model::close::Close;
use presence_model::time::{Millis, earlier};

use crate::app::App;
use crate::clock::{length, thread_time};
use crate::connection::{Connection, Context};
use crate::farewell::Farewell;
use crate::router::{Inlet, NEWS, Newcomer, Post};
use crate::shard::doorway::Doorway;
use crate::shard::letter::Common;
use crate::shard::socket::Socket;
use crate::shard::sockets::Sockets;
use crate::websocket::reader::{LONGEST_HEADER, Reader};

pub struct Driver {
    app: Arc<App>,
    shard: Shard,
    hub: Hub,
    inlet: Inlet,
    /// One shard's, until the server ends.
    doorway: Option<Doorway>,
    sockets: Sockets,
    /// What sockets have to say to shards.
    said: VecDeque<(Shard, Input)>,
    /// Where all sockets read, one after the other.
    buffer: Vec<u8>,
    common: Common,
    window: Window,
    /// Since the window was judged, but for the time that took.
    work: Work,
    /// How long the thread had been at work then.
    was_at_work: Duration,
    /// Said to every socket, also to those who come later.
    farewell: Option<Farewell>,
    /// Until then nothing expires: what was sent in a stop of the process is still being read.
    settles_until: Millis,
    /// When the disk was told last that somebody is here.
    noted_at: Millis,
    ends: bool,
}

/// After it was found late a shard waits this part of `late_after` for what its sockets still hold.
const SETTLING: u64 = 20;

/// A shard wakes at least this often within `late_after`, or a stop while it idles would go unnoticed.
const CHECKS: u64 = 5;

/// Who is here when the server is killed was here that much longer at most, and as long as the store takes.
const NOTED_EVERY: Millis = Millis(500);

/// What the system may tell us of at once.
const EVENTS: usize = 1_024;

/// What a socket may read in one turn, besides what it kept.
const READ_AT_ONCE: usize = 32 * 1024;

impl Driver {
    pub fn new(app: Arc<App>, shard: Shard, config: HubConfig, inlet: Inlet, doorway: Option<Doorway>) -> Self {
        let window = Window::new(&config.timing);
        let mut hub = Hub::new(app.clock.now(), shard, config);
        hub.set_window(&window);
        app.metrics.set_window(shard, window.length());
        let buffer = vec![0; app.limits.frame_bytes + LONGEST_HEADER + READ_AT_ONCE];
        Self {
            app,
            shard,
            hub,
            inlet,
            doorway,
            sockets: Sockets::new(shard),
            said: VecDeque::new(),
            buffer,
            common: Common::default(),
            window,
            work: Work::default(),
            was_at_work: Duration::ZERO,
            farewell: None,
            settles_until: Millis::ZERO,
            noted_at: Millis::ZERO,
            ends: false,
        }
    }

    /// Runs until it is told to end; an error is the system's.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        let mut woken = Instant::now();
        let mut planned = self.app.clock.now();
        loop {
            // One time for all of a turn: whatever a stop of the process delays is judged by the next.
            let now = self.app.clock.now();
            self.notice_lateness(now, planned);
            for event in events.iter().filter(|event| event.token() != NEWS) {
                match &mut self.doorway {
                    Some(doorway) if Doorway::is_own(event) => {
                        let newcomer = doorway.note(&self.app, self.inlet.poll.registry(), event);
                        newcomer.into_iter().for_each(|newcomer| self.let_in(now, newcomer));
                    }
                    _ => self.sockets.note(event),
                }
            }
            self.turn(now);
            if self.ends {
                return Ok(());
            }
            planned = self.next_wake(now);
            self.wait(&mut events, planned)?;
            let slept = std::mem::replace(&mut woken, Instant::now());
            if self.window.note(woken - slept) {
                self.judge_window();
            }
        }
    }

    fn turn(&mut self, now: Millis) {
        let reads = self.reads();
        // Before the reads: it puts those with news on the list.
        self.look_after_sockets(now);
        if reads {
            self.accept(now);
            self.read_sockets(now);
        }
        self.take_posts(now);
        while let Some(slot) = self.sockets.ring(now) {
            self.visit(now, slot, |socket, context, _| socket.ring(context, reads));
        }
        if now >= self.settles_until {
            self.hub.expire(now);
            self.settle(now);
        }
        self.common = Common::default();
        self.look_after_sockets(now);
        self.note_alive(now);
    }

    /// Says until when all were here who are.
    fn note_alive(&mut self, now: Millis) {
        if now.since(self.noted_at) >= NOTED_EVERY && self.hub.has_sessions() {
            self.noted_at = now;
            self.app.store.keep(Change::LastSeen { who: Who::Server, at: now });
        }
    }

    fn accept(&mut self, now: Millis) {
        let Some(doorway) = &mut self.doorway else { return };
        let mut newcomers = vec![];
        doorway.accept(&self.app, self.inlet.poll.registry(), now, |newcomer| newcomers.push(newcomer));
        newcomers.into_iter().for_each(|newcomer| self.let_in(now, newcomer));
    }

    fn let_in(&mut self, now: Millis, newcomer: Newcomer) {
        let owner = self.app.router.next_owner();
        if owner == self.shard {
            self.adopt(now, newcomer);
            self.settle(now);
        } else {
            self.app.router.post(owner, Post::Adopt(Box::new(newcomer)));
        }
    }

    fn read_sockets(&mut self, now: Millis) {
        for slot in self.sockets.take_to_read() {
            self.visit(now, slot, Socket::read);
        }
    }

    /// Lets a socket do something, and does what follows from it.
    fn visit(&mut self, now: Millis, slot: usize, act: impl FnOnce(&mut Socket, &mut Context<'_>, &mut [u8])) {
        let Some(socket) = self.sockets.at(slot) else { return };
        let mut context = Context { app: &self.app, now, said: &mut self.said };
        act(socket, &mut context, &mut self.buffer);
        self.sockets.touch(slot);
        self.settle(now);
    }

    fn look_after_sockets(&mut self, now: Millis) {
        while let Some(slot) = self.sockets.take_touched() {
            if let Some(socket) = self.sockets.at(slot) {
                socket.look_after(&mut Context { app: &self.app, now, said: &mut self.said });
                self.sockets.plan(slot);
                self.settle(now);
            }
        }
    }

    fn take_posts(&mut self, now: Millis) {
        if !self.inlet.has_news() {
            return;
        }
        for post in self.inlet.take() {
            match post {
                Post::Adopt(newcomer) => self.adopt(now, *newcomer),
                Post::Input(input) => self.hub.handle(now, *input),
                Post::Peer(message) => self.hub.handle(now, Input::Peer(message)),
                Post::Output(output) => self.perform(now, output),
                Post::Granted { connection, user, granted } => {
                    if let Some(socket) = self.sockets.get_mut(connection) {
                        let mut context = Context { app: &self.app, now, said: &mut self.said };
                        socket.connection.take_grants(&mut context, &user, granted);
                        self.sockets.touch_told(connection);
                    }
                }
                // Who asked may have gone.
                Post::Presence { include_left, answer } => {
                    drop(answer.send(self.hub.presence(now, include_left)));
                }
                Post::Count(answer) => drop(answer.send(self.hub.counts())),
                Post::CloseAll(farewell) => {
                    self.doorway = None;
                    self.sockets.touch_all(|socket| socket.connection.close(farewell.clone()));
                    self.farewell = Some(farewell);
                }
                Post::End => {
                    self.hub.end(now);
                    self.ends = true;
                }
            }
            self.settle(now);
        }
    }

    fn adopt(&mut self, now: Millis, mut newcomer: Newcomer) {
        let (id, token) = self.sockets.next_place();
        let mut context = Context { app: &self.app, now, said: &mut self.said };
        let mut connection = Connection::new(&context, id, &mut newcomer);
        let Newcomer { mut stream, read, in_use, .. } = newcomer;
        let registry = self.inlet.poll.registry();
        if let Err(error) = registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE) {
            tracing::warn!(%error, "a socket cannot be watched");
            return;
        }
        connection.open(&mut context);
        if let Some(farewell) = &self.farewell {
            connection.close(farewell.clone());
        }
        let mut reader = Reader::new(self.app.limits.frame_bytes);
        if read.len() <= self.buffer.len() {
            reader.keep(&read);
        } else {
            // Nobody may say that much before he is let in.
            connection.close(Close::Protocol.into());
        }
        self.sockets.insert(Socket::new(stream, reader, connection, in_use));
    }

    /// See [`crate::router`] on why a shard pauses its sockets.
    fn reads(&self) -> bool {
        !self.app.router.is_crowded_beside(self.shard)
    }

    /// When to wake at the latest, after a turn that began at `now`.
    fn next_wake(&self, now: Millis) -> Millis {
        if self.inlet.has_news() || self.sockets.has_to_read() && self.reads() {
            return now;
        }
        let due = self.hub.next_deadline().map(|due| due.max(self.settles_until));
        let due = earlier(due, self.sockets.next_alarm());
        let due = earlier(due, self.doorway.as_ref().filter(|_| self.reads()).and_then(Doorway::next));
        let due = earlier(due, self.hub.has_sessions().then(|| self.noted_at + NOTED_EVERY));
        let check = now + self.app.timing.late_after.part(1, CHECKS);
        let pause = (!self.reads()).then_some(now + Millis(1));
        // What was due before the turn is due now, and nobody was late.
        earlier(due, pause).map_or(check, |at| at.min(check)).max(now)
    }

    /// Waits for whatever comes first. A shard with much to do lets input gather before it looks.
    fn wait(&mut self, events: &mut Events, until: Millis) -> io::Result<()> {
        let mut left = length(until - self.app.clock.now());
        let pause = left.min(length(self.window.gathers_input()));
        if !pause.is_zero() {
            thread::sleep(pause);
            left -= pause;
        }
        match self.inlet.poll.poll(events, Some(left)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn judge_window(&mut self) {
        let at_work = thread_time();
        let mut work = std::mem::take(&mut self.work);
        work.busy = at_work - std::mem::replace(&mut self.was_at_work, at_work);
        self.window.judge(work);
        self.hub.set_window(&self.window);
        self.app.metrics.set_window(self.shard, self.window.length());
    }

    /// A wake long after its time means that the process was stopped: sockets lie unread, and nobody is to
    /// blame for silence.
    fn notice_lateness(&mut self, now: Millis, planned: Millis) {
        let lateness = now - planned;
        let late_after = self.app.timing.late_after;
        if lateness > late_after {
            let settling = late_after.part(1, SETTLING);
            tracing::warn!(
                shard = self.shard.0,
                lateness_ms = lateness.0,
                "late: nobody is blamed for silence meanwhile"
            );
            self.hub.excuse(lateness + settling);
            self.settles_until = now + settling;
        }
    }
}
