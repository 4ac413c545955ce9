//! Drives the session: tells it what happens and when, does what it asks for.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use presence_model::id::SessionId;
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::{Change, Output};
use presence_model::time::Millis;

use crate::clock::Clock;
use crate::host;
use crate::page::Page;
use crate::signal::Signal;
use crate::storage;
use crate::tab::Tab;
use crate::update::push_update;

pub struct Driver {
    pub session: Session,
    clock: Clock,
    tab: Tab,
    page: Page,
    /// Started, and not stopped since.
    is_wanted: bool,
    /// It is known, or asked for, which session this page is.
    claimed: bool,
    /// What the timer is set to.
    due: Option<Millis>,
    /// What the package has not taken yet.
    updates: Vec<Change>,
    /// The rows that what it took last speaks of.
    moves: Vec<u8>,
    /// The package was woken and has not come yet.
    woken: bool,
}

impl Driver {
    /// `None` when no id can be made, which random text always can.
    pub fn new(info: String, session_id: Option<String>) -> Option<Self> {
        let mut clock = Clock::new(host::wall_clock(), host::monotonic_clock());
        let (now, _) = clock.read();
        let claimed = session_id.is_some();
        let config = SessionConfig {
            token: None,
            instance_id: storage::instance_id()?,
            session_id: session_id.and_then(|id| SessionId::parse(&id).ok()),
            info,
            seed: storage::random_seed(),
        };
        Some(Self {
            session: Session::new(now, config),
            clock,
            tab: Tab::default(),
            page: Page::new(host::wall_clock()),
            is_wanted: false,
            claimed,
            due: None,
            updates: Vec::new(),
            moves: Vec::new(),
            woken: false,
        })
    }

    /// Opens the line, once it is known which session this tab is.
    fn start(&mut self) {
        if !core::mem::replace(&mut self.is_wanted, true) {
            self.page = Page::new(host::wall_clock());
            host::watch(true);
        }
        if core::mem::replace(&mut self.claimed, true) {
            self.tell(Session::start);
        } else if let Some(id) = self.tab.claim() {
            self.start_as(&id);
        }
    }

    fn start_as(&mut self, id: &str) {
        let now = self.begin();
        if let Ok(id) = SessionId::parse(id) {
            self.session.adopt(id);
        }
        self.session.start(now);
        self.end(now);
    }

    /// Says goodbye and lets go of the page.
    fn stop(&mut self) {
        if core::mem::take(&mut self.is_wanted) {
            host::watch(false);
        }
        self.tell(Session::stop);
        self.tab.release();
        self.claimed = false;
    }

    /// Before the session is told anything: what time it is. Then comes [`Self::end`].
    pub fn begin(&mut self) -> Millis {
        let (now, jump) = self.clock.read();
        if let Some(jump) = jump {
            self.session.handle_clock_jump(now, jump);
        }
        now
    }

    /// Does what the session asks for.
    pub fn end(&mut self, now: Millis) {
        loop {
            let outputs = self.session.take_outputs();
            if outputs.is_empty() {
                break;
            }
            for output in outputs {
                self.perform(now, output);
            }
        }
        self.arm(now);
        if !self.updates.is_empty() && !self.woken {
            self.woken = true;
            host::wake();
        }
    }

    /// Tells the session what needs no more words.
    fn tell(&mut self, what: fn(&mut Session, Millis)) {
        let now = self.begin();
        what(&mut self.session, now);
        self.end(now);
    }

    /// Something that was asked of us cannot be done; `refusal` is a JSON object.
    pub fn refuse(&mut self, about: &str, refusal: String) {
        let now = self.begin();
        self.updates.push(Change::Refused { about: Arc::from(about), refusal: refusal.into() });
        self.end(now);
    }

    /// What changed since the last call, as a JSON list.
    pub fn take(&mut self) -> String {
        self.woken = false;
        let mut taken = alloc::vec![b'['];
        self.moves.clear();
        for change in core::mem::take(&mut self.updates) {
            if taken.len() > 1 {
                taken.push(b',');
            }
            push_update(&mut taken, &mut self.moves, &change, &|moment| self.clock.on_the_wall(moment));
        }
        taken.push(b']');
        // All of it came as text.
        String::from_utf8(taken).unwrap_or_default()
    }

    /// The rows that the updates of the last [`Self::take`] speak of: numbers of eight bytes, little-endian.
    pub fn take_moves(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.moves)
    }

    /// A turn like any: who looks at the clock first is told of its jump, and the session has to hear of it.
    pub fn server_now(&mut self) -> Millis {
        let now = self.begin();
        self.end(now);
        self.session.server_now(now)
    }

    /// The line may have died while nobody looked.
    fn return_to_the_line(&mut self, hidden_for: Millis) {
        let now = self.begin();
        self.session.handle_wake(now, hidden_for);
        self.end(now);
    }

    pub fn take_message(&mut self, message: &[u8]) {
        let now = self.begin();
        self.session.handle_message(now, message);
        self.end(now);
    }

    pub fn hear(&mut self, signal: Signal, detail: f64) {
        let is_so = detail != 0.0;
        match signal {
            Signal::Start => self.start(),
            Signal::Stop => self.stop(),
            Signal::Presence => {
                let now = self.begin();
                self.session.set_presence(now, is_so);
                self.end(now);
            }
            Signal::Input => self.tell(Session::note_input),
            Signal::Retry | Signal::Online => self.return_to_the_line(Millis::ZERO),
            Signal::Opened => self.tell(Session::handle_open),
            Signal::Closed => {
                let now = self.begin();
                self.session.handle_closed(now, Some(detail as u16));
                self.end(now);
            }
            Signal::Due => {
                self.due = None;
                self.tell(Session::expire);
            }
            Signal::Touched => {
                if self.page.touch(host::wall_clock()) {
                    self.tell(Session::note_input);
                }
            }
            Signal::Looked => {
                let now = self.begin();
                self.session.set_hidden(is_so);
                self.end(now);
                if let Some(hidden_for) = self.page.look(host::wall_clock(), is_so) {
                    // Who looks at the page is there.
                    self.tell(Session::note_input);
                    self.return_to_the_line(hidden_for);
                }
            }
            Signal::PutAway => {
                // Closed or reloaded, we cannot tell: the browser's own close frame says enough.
                if is_so {
                    self.tell(Session::handle_page_cached);
                }
                self.tab.release();
            }
            Signal::BroughtBack if is_so => {
                self.tab.reclaim();
                self.return_to_the_line(Millis::ZERO);
            }
            Signal::BroughtBack => {}
            Signal::Locked => {
                if !self.is_wanted {
                    // Stopped meanwhile: the next start asks anew.
                    self.tab.release();
                } else if let Some(id) = self.tab.take_answer(is_so) {
                    self.start_as(&id);
                }
            }
        }
    }

    fn perform(&mut self, now: Millis, output: Output) {
        match output {
            Output::Open => {
                if !host::open_socket() {
                    self.session.handle_closed(now, None);
                }
            }
            Output::Send(message) => host::send(&message),
            Output::Close(code) => host::close_socket(code),
            Output::Tell(change) => {
                if let (Change::Identity { .. }, Some(id)) = (&change, self.session.session_id()) {
                    self.tab.rename(id.as_str());
                }
                self.updates.push(change);
            }
        }
    }

    /// Sets the timer to the session's next deadline, if it is not set so already.
    fn arm(&mut self, now: Millis) {
        let next = self.session.next_deadline();
        if self.due == next {
            return;
        }
        self.due = next;
        // Timers may fire a little early; a millisecond more spares an empty turn. The browser's counter
        // has 31 bits: what lies further is looked at again then.
        host::set_timer(next.map_or(-1.0, |at| (at.since(now).0 + 1).min(i32::MAX as u64) as f64));
    }
}
