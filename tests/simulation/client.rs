//! A tab: the driver of one session, and the app on top of it. It can be reloaded, frozen, put away
//! and lost, as tabs are.

use std::collections::{BTreeMap, VecDeque};

use presence_model::id::{InstanceId, RoomId, SessionId, SessionKey};
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::{Change, Output};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use serde_json::json;

use crate::agenda::{Agenda, Event, LinkId};
use crate::link::{Down, Network, Up};
use crate::mirror::{Leave, Mirror};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The page is open, and the app wants to be online.
    Runs,
    /// The page is open, and the app stopped the session.
    Stopped,
    /// The browser put the page away, and may bring it back.
    Cached(Millis),
    /// No page; one may be opened again.
    Closed,
}

/// Who opens a page.
#[derive(Clone, Debug)]
pub struct Owner {
    pub user: String,
    pub instance: InstanceId,
    /// The machine's clock minus the server's; clocks run before as well, so a start is added to both.
    pub skew: Millis,
}

pub struct Client {
    pub number: usize,
    pub owner: Owner,
    pub fate: Fate,
    pub session: Option<Session>,
    pub link: Option<LinkId>,
    pub mirror: Mirror,
    pub wants: BTreeMap<RoomId, RoomKind>,
    pub wants_presence: bool,
    /// Where the person points, on this page.
    pub pointed: BTreeMap<RoomId, Cursor>,
    /// Until when the person types, on this page.
    pub types_until: BTreeMap<RoomId, Millis>,
    /// The same in conversations.
    pub converses_until: BTreeMap<SessionKey, Millis>,
    pub last_input: Millis,
    /// What the tab's storage keeps over a reload.
    stored: Option<SessionId>,
    /// When the line or the page was last disturbed.
    pub disturbed_at: Millis,
    /// Each welcome, on this page.
    pub welcomed_at: Vec<Millis>,
    /// Who left without our doing, since this was last looked at.
    pub leaves: Vec<Leave>,
    /// Frames with cursors that the session was given.
    pub heard_cursors: usize,
    /// Messages that wait for a frozen page.
    backlog: Option<VecDeque<(LinkId, Down)>>,
    frozen_at: Millis,
    wakes_at: Option<Millis>,
}

impl Client {
    pub fn new(number: usize, owner: Owner) -> Self {
        Self {
            number,
            owner,
            fate: Fate::Closed,
            session: None,
            link: None,
            mirror: Mirror::default(),
            wants: BTreeMap::new(),
            wants_presence: false,
            pointed: BTreeMap::new(),
            types_until: BTreeMap::new(),
            converses_until: BTreeMap::new(),
            last_input: Millis::ZERO,
            stored: None,
            disturbed_at: Millis::ZERO,
            welcomed_at: vec![],
            leaves: vec![],
            heard_cursors: 0,
            backlog: None,
            frozen_at: Millis::ZERO,
            wakes_at: None,
        }
    }

    /// The session's id, as its tab keeps it.
    pub fn session_id(&self) -> Option<&SessionId> {
        self.session.as_ref().and_then(Session::session_id).or(self.stored.as_ref())
    }

    pub fn is_online(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_online)
    }

    pub const fn is_frozen(&self) -> bool {
        self.backlog.is_some()
    }

    /// The sizes of frames with cursors that wait for a frozen page.
    pub fn waiting_cursors(&self) -> Vec<usize> {
        let frames = self.backlog.iter().flatten().filter_map(|(_, down)| match down {
            Down::Frame(frame) => Some(frame),
            _ => None,
        });
        frames.filter(|frame| Downstream::is_volatile(frame[0])).map(|frame| frame.len()).collect()
    }

    // The page.

    /// Opens a page that takes up the session its storage names, if any.
    pub fn open(&mut self, agenda: &mut Agenda, stored: Option<SessionId>) {
        let config = SessionConfig {
            token: Some(self.owner.user.clone()),
            instance_id: self.owner.instance.clone(),
            session_id: stored,
            info: json!({ "host": "Test \"7\"", "roles": ["tester"] }).to_string(),
            seed: agenda.dice.number(),
        };
        agenda.note("page opens", self.number as u64, 0);
        self.session = Some(Session::new(agenda.now + self.owner.skew, config));
        self.last_input = agenda.now;
        self.mirror = Mirror::default();
        self.wants.clear();
        self.wants_presence = false;
        self.pointed.clear();
        self.types_until.clear();
        self.converses_until.clear();
        self.welcomed_at.clear();
        self.fate = Fate::Stopped;
    }

    pub fn start(&mut self, agenda: &mut Agenda, network: &mut Network) {
        self.fate = Fate::Runs;
        self.act(agenda, network, "start", Session::start);
    }

    pub fn stop(&mut self, agenda: &mut Agenda, network: &mut Network) {
        self.fate = Fate::Stopped;
        self.act(agenda, network, "stop", Session::stop);
    }

    /// The tab is closed or reloaded: the browser says 1001, if it can.
    pub fn close(&mut self, agenda: &mut Agenda, network: &mut Network) {
        agenda.note("page closes", self.number as u64, 0);
        if let Some(link) = self.link.take() {
            network.send_up(agenda, link, Up::Close(1001));
        }
        self.vanish(agenda.now);
    }

    /// The page is gone, whatever becomes of its socket.
    pub fn vanish(&mut self, now: Millis) {
        self.stored = self.session_id().cloned();
        self.session = None;
        self.link = None;
        self.backlog = None;
        self.fate = Fate::Closed;
        self.disturbed_at = now;
    }

    pub fn put_away(&mut self, agenda: &mut Agenda, network: &mut Network) {
        self.fate = Fate::Cached(agenda.now);
        self.act(agenda, network, "put away", Session::handle_page_cached);
    }

    pub fn bring_back(&mut self, agenda: &mut Agenda, network: &mut Network) {
        let Fate::Cached(since) = self.fate else { return };
        let hidden_for = agenda.now.since(since);
        self.fate = Fate::Runs;
        self.act(agenda, network, "brought back", |session, now| session.handle_wake(now, hidden_for));
    }

    pub fn freeze(&mut self, agenda: &mut Agenda) {
        agenda.note("freezes", self.number as u64, 0);
        self.disturbed_at = agenda.now;
        self.frozen_at = agenda.now;
        self.backlog.get_or_insert_default();
    }

    /// Timers and messages have waited, and nobody knows which come first. Some browsers have lost the
    /// messages, and close the socket.
    pub fn thaw(&mut self, agenda: &mut Agenda, network: &mut Network) {
        let Some(mut backlog) = self.backlog.take() else { return };
        agenda.note("thaws", self.number as u64, backlog.len() as u64);
        self.disturbed_at = agenda.now;
        let hidden_for = agenda.now.since(self.frozen_at);
        match agenda.dice.below(4) {
            0 => self.wake(agenda, network),
            1 => self.act(agenda, network, "clock jumps", |session, now| session.handle_clock_jump(now, hidden_for)),
            2 => {
                backlog.clear();
                if let Some(link) = self.link {
                    network.cut(agenda, link, Some(Millis(5)), None);
                    backlog.push_back((link, Down::Close(Some(1006))));
                }
            }
            _ => {}
        }
        for (link, down) in backlog {
            self.hear(agenda, network, link, down);
        }
        self.wake(agenda, network);
        if agenda.dice.chance(50) {
            self.act(agenda, network, "visible", |session, now| session.handle_wake(now, hidden_for));
        }
    }

    // The app.

    pub fn enter(&mut self, agenda: &mut Agenda, network: &mut Network, key: &RoomKey) {
        if self.wants.insert(key.room.clone(), key.kind) != Some(key.kind) {
            self.pointed.remove(&key.room);
            self.types_until.remove(&key.room);
        }
        self.act(agenda, network, "enter", |session, now| session.enter(now, key.clone()));
    }

    pub fn leave(&mut self, agenda: &mut Agenda, network: &mut Network, room: &RoomId) {
        self.wants.remove(room);
        self.pointed.remove(room);
        self.types_until.remove(room);
        self.act(agenda, network, "leave", |session, now| session.leave(now, room));
        self.mirror.forget(room);
    }

    pub fn set_presence(&mut self, agenda: &mut Agenda, network: &mut Network, on: bool) {
        self.wants_presence = on;
        self.act(agenda, network, "presence", |session, now| session.set_presence(now, on));
    }

    pub fn point(&mut self, agenda: &mut Agenda, network: &mut Network, room: &RoomId, cursor: Cursor) {
        if self.wants.contains_key(room) {
            self.pointed.insert(room.clone(), cursor);
        }
        self.act(agenda, network, "point", |session, now| session.point(now, room, cursor));
    }

    pub fn type_in(&mut self, agenda: &mut Agenda, network: &mut Network, room: &RoomId, lease: Millis) {
        if self.wants.contains_key(room) {
            self.types_until.insert(room.clone(), agenda.now + lease);
        }
        self.last_input = agenda.now;
        self.act(agenda, network, "type", |session, now| session.type_in(now, room, "comment"));
    }

    pub fn stop_typing(&mut self, agenda: &mut Agenda, network: &mut Network, room: &RoomId) {
        self.types_until.remove(room);
        self.act(agenda, network, "stop typing", |session, now| session.stop_typing(now, room));
    }

    pub fn converse(&mut self, agenda: &mut Agenda, network: &mut Network, key: &SessionKey, lease: Millis) {
        self.converses_until.insert(key.clone(), agenda.now + lease);
        self.last_input = agenda.now;
        self.act(agenda, network, "converse", |session, now| session.type_in_session(now, key));
    }

    pub fn stop_conversing(&mut self, agenda: &mut Agenda, network: &mut Network, key: &SessionKey) {
        self.converses_until.remove(key);
        self.act(agenda, network, "stop conversing", |session, now| session.stop_typing_in_session(now, key));
    }

    pub fn touch(&mut self, agenda: &mut Agenda, network: &mut Network) {
        self.last_input = agenda.now;
        self.act(agenda, network, "input", Session::note_input);
    }

    // The driver.

    /// What the app does: who leaves its view by that is no news.
    fn act(
        &mut self,
        agenda: &mut Agenda,
        network: &mut Network,
        what: &'static str,
        act: impl FnOnce(&mut Session, Millis),
    ) {
        let Some(session) = &mut self.session else { return };
        agenda.note(what, self.number as u64, 0);
        act(session, agenda.now + self.owner.skew);
        self.perform(agenda, network);
        self.leaves.clear();
    }

    pub fn hear(&mut self, agenda: &mut Agenda, network: &mut Network, link: LinkId, down: Down) {
        if self.link != Some(link) {
            return;
        }
        if let Down::Ping = down {
            // Browsers answer for a page that cannot.
            network.send_up(agenda, link, Up::Pong);
            return;
        }
        if let Some(backlog) = &mut self.backlog {
            backlog.push_back((link, down));
            return;
        }
        let Some(session) = &mut self.session else { return };
        let now = agenda.now + self.owner.skew;
        match down {
            Down::Accepted => session.handle_open(now),
            Down::Frame(frame) => {
                agenda.note("hears", self.number as u64, u64::from(frame[0]));
                self.heard_cursors += usize::from(Downstream::is_volatile(frame[0]));
                session.handle_message(now, &frame);
            }
            Down::Close(code) => {
                agenda.note("socket closes", self.number as u64, u64::from(code.unwrap_or(1006)));
                self.link = None;
                session.handle_closed(now, code);
            }
            Down::Ping => {}
        }
        self.perform(agenda, network);
    }

    /// A timer rings.
    pub fn wake(&mut self, agenda: &mut Agenda, network: &mut Network) {
        self.wakes_at = None;
        if self.is_frozen() {
            return;
        }
        let Some(session) = &mut self.session else { return };
        let now = agenda.now + self.owner.skew;
        if session.next_deadline().is_some_and(|due| due <= now) {
            session.expire(now);
            let next = session.next_deadline();
            assert!(next.is_none_or(|next| next > now), "client {} did what was due, and it still is", self.number);
        }
        self.perform(agenda, network);
    }

    fn perform(&mut self, agenda: &mut Agenda, network: &mut Network) {
        while let Some(output) = self.session.as_mut().and_then(Session::poll) {
            match output {
                Output::Open => {
                    assert!(self.link.is_none(), "client {} opens a second socket", self.number);
                    self.link = Some(network.open(agenda, self.number));
                }
                Output::Send(message) => {
                    let link = self.link.expect("who sends has a socket");
                    network.send_up(agenda, link, Up::Frame(message));
                }
                Output::Close(code) => {
                    agenda.note("closes", self.number as u64, u64::from(code));
                    let link = self.link.take().expect("who closes has a socket");
                    network.send_up(agenda, link, Up::Close(code));
                }
                Output::Tell(change) => {
                    if let Change::Identity { .. } = change {
                        agenda.note("welcomed", self.number as u64, 0);
                        self.welcomed_at.push(agenda.now);
                    }
                    self.leaves.extend(self.mirror.apply(change));
                }
            }
        }
        let Some(due) = self.session.as_ref().and_then(Session::next_deadline) else { return };
        let due = due.since(self.owner.skew).max(agenda.now);
        if !self.is_frozen() && self.wakes_at.is_none_or(|at| due < at) {
            self.wakes_at = Some(due);
            agenda.at(due, Event::ClientWakes(self.number));
        }
    }
}
