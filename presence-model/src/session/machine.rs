//! The client as one state machine. The driver calls a `handle_*` or a command, then `poll`s until
//! nothing is left, then waits for the next event or until `next_deadline`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::close::Close;
use crate::id::{InstanceId, RoomId, SessionId, SessionKey};
use crate::limit::ClientTiming;
use crate::room::{Cursor, RoomKey};
use crate::session::clock::ServerClock;
use crate::session::desired::Desired;
use crate::session::line::{Due, Line};
use crate::session::listing::Difference;
use crate::session::output::{Change, LinkState, Output};
use crate::session::random::Random;
use crate::session::room_view::RoomView;
use crate::session::roster::Roster;
use crate::session::tokens::Question;
use crate::session::typing::Typing;
use crate::time::{Millis, earlier};
use crate::wire::binary::cursor::Place;
use crate::wire::binary::entry::Entry;
use crate::wire::binary::uplink;

/// What the driver knows at birth.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    pub token: Option<String>,
    /// The installed client, from storage that outlives the page.
    pub instance_id: InstanceId,
    /// The tab's session from before a reload; a new one when absent.
    pub session_id: Option<SessionId>,
    /// What the client says of itself: a JSON object, handed on as it is.
    pub info: String,
    /// Differs for every engine; also tells this engine's hellos from another's.
    pub seed: u64,
}

#[derive(Debug)]
pub struct Session {
    pub(in crate::session) config: SessionConfig,
    pub(in crate::session) session_id: Option<SessionId>,
    pub(in crate::session) incarnation: u64,
    pub(in crate::session) attempt: u32,
    pub(in crate::session) random: Random,
    pub(in crate::session) line: Line,
    pub(in crate::session) clock: ServerClock,
    pub(in crate::session) timing: ClientTiming,
    pub(in crate::session) epoch: Option<u64>,
    pub(in crate::session) question: Question,
    pub(in crate::session) desired: Desired,
    pub(in crate::session) roster: Roster,
    pub(in crate::session) rooms: Vec<RoomView>,
    pub(in crate::session) is_hidden: bool,
    /// Where the person writes.
    pub(in crate::session) conversations: Vec<(SessionKey, Typing)>,
    /// The list came since it was last asked for: what is heard of conversations from here on is of that time, too.
    pub(in crate::session) hears_typists: bool,
    /// The app may show somebody as typing in a conversation, perhaps from an engine before this one.
    pub(in crate::session) may_show_typists: bool,
    /// When the last hello was sent, for the first look at the server's clock.
    pub(in crate::session) hello_at: Millis,
    pub(in crate::session) last_input: Option<Millis>,
    pub(in crate::session) reported_input: Option<Millis>,
    pub(in crate::session) reported_at: Option<Millis>,
    /// Volatile bytes received on this socket, and of those the acknowledged ones.
    pub(in crate::session) volatile_received: u64,
    pub(in crate::session) volatile_acknowledged: u64,
    pub(in crate::session) acknowledged_at: Millis,
    pub(in crate::session) outputs: Vec<Output>,
}

impl Session {
    pub fn new(now: Millis, config: SessionConfig) -> Self {
        let timing = ClientTiming::default();
        let mut random = Random::new(config.seed);
        let session_id = config.session_id.clone().or_else(|| random.session_id());
        Self {
            session_id,
            incarnation: random.next(),
            attempt: 0,
            random,
            line: Line::new(now, &timing),
            clock: ServerClock::default(),
            timing,
            epoch: None,
            question: Question::default(),
            desired: Desired::default(),
            roster: Roster::default(),
            rooms: Vec::new(),
            is_hidden: false,
            conversations: Vec::new(),
            hears_typists: false,
            may_show_typists: true,
            hello_at: now,
            last_input: Some(now),
            reported_input: None,
            reported_at: None,
            volatile_received: 0,
            volatile_acknowledged: 0,
            acknowledged_at: now,
            outputs: Vec::new(),
            config,
        }
    }

    /// Takes a session up before the first line is opened; later it is too late.
    pub fn adopt(&mut self, session_id: SessionId) {
        if self.attempt == 0 {
            self.session_id = Some(session_id);
        }
    }

    // What it shows.

    pub fn session_id(&self) -> Option<&SessionId> {
        self.session_id.as_ref()
    }

    pub fn instances(&self) -> impl Iterator<Item = &Entry> {
        self.roster.entries.iter()
    }

    pub fn members(&self, room: &RoomId) -> impl Iterator<Item = &Entry> {
        self.view(room).into_iter().flat_map(|view| view.members.iter())
    }

    pub fn is_online(&self) -> bool {
        self.line.is_online()
    }

    pub fn server_now(&self, now: Millis) -> Millis {
        self.clock.server_now(now)
    }

    // What the app wants.

    pub fn start(&mut self, now: Millis) {
        if !self.line.is_started() {
            self.open(now);
        }
    }

    /// Says goodbye and stays down.
    pub fn stop(&mut self, now: Millis) {
        if !self.line.is_started() {
            return;
        }
        if self.line.is_online() {
            self.send(uplink::goodbye());
        }
        if self.line.has_socket() {
            self.push(Output::Close(Close::Normal.code()));
        }
        self.line.stop(now, LinkState::Stopped);
        self.tell_link();
    }

    pub fn enter(&mut self, now: Millis, key: RoomKey) {
        let room = key.room.clone();
        if self.desired.enter(key) {
            let view = RoomView::new(room.clone());
            // Under another kind it is another room: nobody of the old one is in it.
            let old = self.forget_view(&room);
            let left = old.map_or_else(Difference::default, |mut old| old.members.clear());
            let news = view.news(left);
            self.rooms.push(view);
            self.tell(Change::Room(news));
            self.desired.say_soon();
            self.say_wishes(now);
        }
    }

    pub fn leave(&mut self, now: Millis, room: &RoomId) {
        if self.desired.leave(room) {
            if let Some(mut view) = self.forget_view(room) {
                let left = view.members.clear();
                self.tell(Change::Room(view.news(left)));
            }
            self.desired.say_soon();
            self.say_wishes(now);
        }
    }

    pub fn set_presence(&mut self, now: Millis, on: bool) {
        if self.desired.wants_presence() != on {
            self.desired.set_presence(on);
            if !on {
                self.forget_typists();
                if let Some(change) = self.roster.clear() {
                    self.tell(change);
                }
            }
            self.desired.say_soon();
            self.say_wishes(now);
        }
    }

    /// Where the person points; a cursor without any coordinate leaves the surface.
    pub fn point(&mut self, now: Millis, room: &RoomId, cursor: Cursor) {
        if let Some(wish) = self.desired.room_mut(room)
            && cursor.is_sound()
        {
            wish.point(Place::from(&cursor));
            self.say_cursors(now);
        }
    }

    /// The person touched something.
    pub fn note_input(&mut self, now: Millis) {
        self.last_input = Some(now);
        if self.report_due().is_some_and(|due| due <= now) {
            self.report(now);
        }
    }

    // What happens.

    pub fn handle_open(&mut self, now: Millis) {
        if !self.line.is_opening() {
            return;
        }
        self.line.opened(now);
        self.attempt += 1;
        self.hello_at = now;
        self.volatile_received = 0;
        self.volatile_acknowledged = 0;
        self.desired.forget_said();
        self.roster.entries.forget_version();
        for view in &mut self.rooms {
            view.forget_version();
        }
        self.say_hello(now);
    }

    /// The socket ended; `None` when it never opened.
    pub fn handle_closed(&mut self, now: Millis, code: Option<u16>) {
        if !self.line.has_socket() {
            return;
        }
        if code.is_some_and(|code| self.note_rejected(now, code)) {
            self.line.lose(now, code, &mut self.random);
            self.open(now);
            return;
        }
        if code == Some(Close::SessionReplaced.code()) {
            // Another tab has this session: a copy of this page, most likely. From here on we are another.
            self.session_id = self.random.session_id();
            self.attempt = 0;
        } else if let Some(code) = code.filter(|code| !Close::may_return(*code)) {
            self.line.lose(now, Some(code), &mut self.random);
            self.line.stop(now, LinkState::Refused);
            self.tell_link();
            return;
        }
        self.line.lose(now, code, &mut self.random);
        self.tell_link();
    }

    /// Does what is due at `now`.
    pub fn expire(&mut self, now: Millis) {
        while let Some(due) = self.line.pop_due(now) {
            match due {
                Due::Open => self.open(now),
                Due::Probe => self.send(uplink::probe(now)),
                Due::Abandon => {
                    self.push(Output::Close(Close::Silent.code()));
                    self.line.lose(now, None, &mut self.random);
                    self.tell_link();
                }
            }
        }
        if self.line.is_online() {
            if self.desired.due().is_some_and(|due| due <= now) {
                self.say_wishes(now);
            }
            self.say_cursors(now);
            if self.report_due().is_some_and(|due| due <= now) {
                self.report(now);
            }
            if self.ack_due().is_some_and(|due| due <= now) {
                self.acknowledge(now);
            }
            if self.question.due().is_some_and(|due| due <= now) {
                self.ask(now);
            }
            if let Some(change) = self.roster.expire(now) {
                self.tell(change);
            }
            for place in 0..self.rooms.len() {
                let news = self.rooms[place].expire(now);
                self.tell_room(news);
            }
        }
    }

    pub fn poll(&mut self) -> Option<Output> {
        (!self.outputs.is_empty()).then(|| self.outputs.remove(0))
    }

    /// All that [`Self::poll`] would give.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        core::mem::take(&mut self.outputs)
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        let mut next = self.line.next_deadline();
        if self.line.is_online() {
            next = earlier(next, self.roster.entries.next_deadline());
            for view in &self.rooms {
                next = earlier(next, view.members.next_deadline());
            }
            next = earlier(next, self.desired.due());
            for wish in self.desired.rooms() {
                if self.view(&wish.key.room).is_some_and(RoomView::is_in) {
                    next = earlier(next, wish.cursor_due());
                }
            }
            next = earlier(next, self.report_due());
            next = earlier(next, self.ack_due());
            next = earlier(next, self.question.due());
        }
        next
    }

    pub(in crate::session) fn view(&self, room: &RoomId) -> Option<&RoomView> {
        self.rooms.iter().find(|view| view.room() == room)
    }

    pub(in crate::session) fn view_mut(&mut self, room: &RoomId) -> Option<&mut RoomView> {
        self.rooms.iter_mut().find(|view| view.room() == room)
    }

    fn forget_view(&mut self, room: &RoomId) -> Option<RoomView> {
        let place = self.rooms.iter().position(|view| view.room() == room)?;
        Some(self.rooms.remove(place))
    }

    /// Opens a socket, or first asks for the token that it takes.
    pub(in crate::session) fn open(&mut self, now: Millis) {
        if self.lacks_token() {
            let may_ask_at = self.ask(now);
            self.line.wait(now, may_ask_at);
        } else {
            self.line.open(now);
            self.push(Output::Open);
        }
        self.tell_link();
    }

    pub(in crate::session) fn send(&mut self, message: Vec<u8>) {
        self.push(Output::Send(message));
    }

    pub(in crate::session) fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    pub(in crate::session) fn tell(&mut self, change: Change) {
        self.push(Output::Tell(change));
    }

    pub(in crate::session) fn tell_link(&mut self) {
        if !self.line.is_online() {
            self.forget_typists();
        }
        let link = self.line.link();
        self.tell(Change::Link(link));
    }
}
