//! The one loop: something happens, the session decides, the driver performs. JavaScript is called only
//! when the session is not borrowed, since it may call back at once.

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{RefCell, RefMut};
use core::sync::atomic::{AtomicBool, Ordering};

use presence_model::id::SessionId;
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::{Change, Output};
use presence_model::time::Millis;
use presence_model::wire::binary::frame::SUBPROTOCOL;
use wasm_bindgen::JsValue;

use crate::clock::Clock;
use crate::convert::{Own, update};
use crate::host::Host;
use crate::options::Options;
use crate::page::{Page, is_kept};
use crate::signal::{Ear, Hear, Signal};
use crate::socket::Socket;
use crate::storage;
use crate::tab::{Tab, promise};
use crate::web::{self, Bytes, List, Timer};

/// This module panicked: what it holds may be in pieces.
static IS_WRECK: AtomicBool = AtomicBool::new(false);

pub fn wreck() {
    IS_WRECK.store(true, Ordering::Relaxed);
}

fn is_wreck() -> bool {
    IS_WRECK.load(Ordering::Relaxed)
}

pub struct Driver {
    ear: Ear,
    host: Host,
    url: String,
    state: RefCell<State>,
}

/// One turn of the loop.
pub struct Turn<'a> {
    driver: &'a Driver,
    state: RefMut<'a, State>,
    pub now: Millis,
}

impl Turn<'_> {
    pub fn session(&mut self) -> &mut Session {
        &mut self.state.session
    }

    pub fn end(mut self) {
        let outputs = self.session().take_outputs();
        drop(self.state);
        for output in outputs {
            self.driver.perform(output);
        }
        self.driver.arm();
        self.driver.wake();
    }
}

struct State {
    session: Session,
    clock: Clock,
    own: Own,
    tab: Tab,
    socket: Option<Socket>,
    timer: Timer,
    /// What the timer is set to.
    due: Option<Millis>,
    /// What the package has not taken yet.
    updates: Vec<Change>,
    /// The package was woken and has not come yet.
    woken: bool,
    page: Option<Page>,
    /// The page holds its session already.
    claimed: bool,
}

impl Driver {
    /// `None` when no id can be made, which random text always can.
    pub fn new(options: Options, host: Host) -> Option<Rc<Self>> {
        let mut clock = Clock::new();
        let (now, _) = clock.read();
        let claimed = options.session_id.is_some();
        let config = SessionConfig {
            token: options.token,
            instance_id: storage::instance_id()?,
            session_id: options.session_id.and_then(|id| SessionId::parse(&id).ok()),
            info: options.info,
            seed: storage::random_seed(),
        };
        let session = Session::new(now, config);
        Some(Rc::new_cyclic(|driver: &Weak<Self>| {
            let ear = Ear::new(driver.clone());
            let state = State {
                session,
                clock,
                own: Own::default(),
                tab: Tab::default(),
                socket: None,
                timer: Timer::new(ear.callback(Signal::Due)),
                due: None,
                updates: Vec::new(),
                woken: false,
                page: None,
                claimed,
            };
            Self { ear, host, url: options.url, state: RefCell::new(state) }
        }))
    }

    /// Opens the line, once it is known which session this tab is.
    pub fn start(&self) {
        let claimed = {
            let state = &mut *self.state.borrow_mut();
            if state.page.is_none() {
                state.page = Some(Page::watch(&self.ear));
            }
            if core::mem::replace(&mut state.claimed, true) { None } else { Some(state.tab.claim(&self.ear)) }
        };
        match claimed {
            None => self.tell(Session::start),
            Some(Some(id)) => self.start_as(&id),
            Some(None) => {}
        }
    }

    fn start_as(&self, id: &str) {
        let id = SessionId::parse(id).ok();
        // A stop may have come between.
        let is_wanted = self.state.borrow().page.is_some();
        let mut turn = self.turn();
        let now = turn.now;
        if let Some(id) = id {
            turn.session().adopt(id);
        }
        if is_wanted {
            turn.session().start(now);
        }
        turn.end();
    }

    /// Says goodbye and lets go of the page.
    pub fn stop(&self) {
        self.state.borrow_mut().page = None;
        self.tell(Session::stop);
        let state = &mut *self.state.borrow_mut();
        state.tab.release();
        state.claimed = false;
    }

    /// Lets something be told to the session; [`Turn::end`] does what the session asks for then. In a wreck
    /// it traps again, so that the package hears of it whatever it calls.
    pub fn turn(&self) -> Turn<'_> {
        assert!(!is_wreck());
        let mut state = self.state.borrow_mut();
        let (now, jump) = state.clock.read();
        if let Some(jump) = jump {
            state.session.handle_clock_jump(now, jump);
        }
        Turn { driver: self, state, now }
    }

    /// What changed since the last call.
    pub fn take(&self) -> List {
        assert!(!is_wreck());
        let state = &mut *self.state.borrow_mut();
        state.woken = false;
        let taken = List::new();
        for change in core::mem::take(&mut state.updates) {
            if let Change::Identity(identity) = &change {
                state.own.learn(identity);
            }
            taken.push(&update(&change, &state.clock, &state.own));
        }
        taken
    }

    /// A turn like any: who looks at the clock first is told of its jump, and the session has to hear of it.
    pub fn server_now(&self) -> f64 {
        let mut turn = self.turn();
        let now = turn.now;
        let server_now = turn.session().server_now(now);
        turn.end();
        server_now.0 as f64
    }

    /// Tells the session what needs no more words.
    pub fn tell(&self, what: fn(&mut Session, Millis)) {
        let mut turn = self.turn();
        let now = turn.now;
        what(turn.session(), now);
        turn.end();
    }

    pub fn return_to_the_line(&self, hidden_for: Millis) {
        let mut turn = self.turn();
        let now = turn.now;
        turn.session().handle_wake(now, hidden_for);
        turn.end();
    }

    fn lose_socket(&self, code: Option<u16>) {
        let mut turn = self.turn();
        let now = turn.now;
        turn.session().handle_closed(now, code);
        turn.end();
    }

    fn on_page<T>(&self, ask: impl FnOnce(&mut Page) -> T) -> Option<T> {
        self.state.borrow_mut().page.as_mut().map(ask)
    }

    fn perform(&self, output: Output) {
        match output {
            Output::Open => self.open(),
            Output::Send(message) => {
                if let Some(socket) = &self.state.borrow().socket {
                    socket.send(&message);
                }
            }
            Output::Close(code) => {
                let socket = self.state.borrow_mut().socket.take();
                if let Some(socket) = socket {
                    socket.close(code);
                }
            }
            Output::Tell(change) => {
                let state = &mut *self.state.borrow_mut();
                if let Change::Identity(identity) = &change {
                    state.tab.rename(identity.session_id.as_str());
                }
                state.updates.push(change);
            }
        }
    }

    fn open(&self) {
        match self.host.open_socket(&self.url, SUBPROTOCOL) {
            Some(socket) => self.state.borrow_mut().socket = Some(Socket::new(socket, &self.ear)),
            None => self.lose_socket(None),
        }
    }

    /// Sets the timer to the session's next deadline, if it is not set so already.
    fn arm(&self) {
        let state = &mut *self.state.borrow_mut();
        let next = state.session.next_deadline();
        if state.due == next {
            return;
        }
        state.due = next;
        let (now, _) = state.clock.read();
        // Timers may fire a little early; a millisecond more spares an empty turn. The browser's counter
        // has 31 bits: what lies further is looked at again then.
        state.timer.set(next.map(|at| (at.since(now).0 + 1).min(i32::MAX as u64) as f64));
    }

    fn wake(&self) {
        let has_news = {
            let state = &mut *self.state.borrow_mut();
            let has_news = !state.updates.is_empty() && !state.woken;
            state.woken |= has_news;
            has_news
        };
        if has_news {
            self.host.wake();
        }
    }
}

/// What comes in from the browser.
impl Hear for Driver {
    /// A wreck's listeners keep still.
    fn hear(&self, signal: Signal, what: JsValue) -> JsValue {
        if is_wreck() {
            return JsValue::UNDEFINED;
        }
        match signal {
            Signal::Opened => self.tell(Session::handle_open),
            Signal::Said => {
                if let Some(data) = web::get(&what, "data").filter(|data| !data.is_string()) {
                    let message = Bytes::of(&data).to_vec();
                    let mut turn = self.turn();
                    let now = turn.now;
                    turn.session().handle_message(now, &message);
                    turn.end();
                }
            }
            Signal::Closed => {
                let code = web::get(&what, "code").and_then(|code| code.as_f64());
                self.lose_socket(Some(code.unwrap_or_default() as u16));
            }
            Signal::Due => {
                self.state.borrow_mut().due = None;
                self.tell(Session::expire);
            }
            Signal::Touched => {
                if self.on_page(Page::touch) == Some(true) {
                    self.tell(Session::note_input);
                }
            }
            Signal::Looked => {
                if let Some(hidden_for) = self.on_page(Page::look).flatten() {
                    // Who looks at the page is there.
                    self.tell(Session::note_input);
                    self.return_to_the_line(hidden_for);
                }
            }
            Signal::Online => self.return_to_the_line(Millis::ZERO),
            Signal::PutAway => {
                // Closed or reloaded, we cannot tell: the browser's own close frame says enough.
                if is_kept(&what) {
                    self.tell(Session::handle_page_cached);
                }
                self.state.borrow_mut().tab.release();
            }
            Signal::BroughtBack if is_kept(&what) => {
                self.state.borrow_mut().tab.reclaim(&self.ear);
                self.return_to_the_line(Millis::ZERO);
            }
            Signal::LockAnswered => {
                let claimed = self.state.borrow_mut().tab.take_answer(&self.ear, &what);
                if let Some(id) = claimed {
                    self.start_as(&id);
                }
                return if what.is_null() { what } else { promise(&self.ear) };
            }
            Signal::LockKept => self.state.borrow_mut().tab.keep_lock(what),
            Signal::BroughtBack | Signal::Ignored => {}
        }
        JsValue::UNDEFINED
    }
}
