//! The one loop: something happens, the session decides, the driver performs. JavaScript is called only
//! when the session is not borrowed, since it may call back at once.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use js_sys::Array;
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::session::output::{Change, Output};
use presence_model::time::Millis;
use presence_model::wire::binary::frame::SUBPROTOCOL;

use crate::clock::Clock;
use crate::convert::{Own, update};
use crate::host::{Host, is_wreck};
use crate::lifecycle::Lifecycle;
use crate::options::Options;
use crate::socket::{Socket, SocketEvent};
use crate::storage;
use crate::tab::Tab;

#[derive(Clone)]
pub struct Driver {
    state: Rc<RefCell<State>>,
    host: Host,
    tab: Tab,
}

struct State {
    url: String,
    session: Session,
    clock: Clock,
    own: Own,
    socket: Option<Socket>,
    timer: Option<(Millis, Timeout)>,
    /// What the package has not taken yet.
    updates: Vec<Change>,
    /// The package was woken and has not come yet.
    woken: bool,
    lifecycle: Option<Lifecycle>,
    /// The page holds its session already.
    claimed: bool,
}

impl Driver {
    /// `None` when no id can be made, which random text always can.
    pub fn new(options: Options, host: Host) -> Option<Self> {
        let mut clock = Clock::new();
        let (now, _) = clock.read();
        let config = SessionConfig {
            token: options.token,
            instance_id: storage::instance_id()?,
            session_id: options.session_id.as_deref().and_then(|id| presence_model::id::SessionId::parse(id).ok()),
            info: options.info,
            seed: storage::random_seed(),
        };
        let state = State {
            url: options.url,
            session: Session::new(now, config),
            clock,
            own: Own::default(),
            socket: None,
            timer: None,
            updates: vec![],
            woken: false,
            lifecycle: None,
            claimed: options.session_id.is_some(),
        };
        Some(Self { state: Rc::new(RefCell::new(state)), host, tab: Tab::default() })
    }

    pub fn tab(&self) -> &Tab {
        &self.tab
    }

    /// Opens the line, once it is known which session this tab is.
    pub fn start(&self) {
        let needs_claim = {
            let mut state = self.state.borrow_mut();
            if state.lifecycle.is_none() {
                state.lifecycle = Some(Lifecycle::watch(self));
            }
            !std::mem::replace(&mut state.claimed, true)
        };
        if !needs_claim {
            self.drive(Session::start);
            return;
        }
        let driver = self.downgrade();
        self.tab.claim(move |id| {
            let Some(driver) = driver.upgrade() else { return };
            if let Ok(id) = presence_model::id::SessionId::parse(&id) {
                driver.state.borrow_mut().session.adopt(id);
            }
            // A stop may have come between.
            let is_wanted = driver.state.borrow().lifecycle.is_some();
            if is_wanted {
                driver.drive(Session::start);
            }
        });
    }

    /// Says goodbye and lets go of the page.
    pub fn stop(&self) {
        let lifecycle = self.state.borrow_mut().lifecycle.take();
        drop(lifecycle);
        self.drive(Session::stop);
        self.tab.release();
        self.state.borrow_mut().claimed = false;
    }

    /// Lets the session handle something, then does what it asks for.
    pub fn drive(&self, handle: impl FnOnce(&mut Session, Millis)) {
        if is_wreck() {
            return;
        }
        let outputs: Vec<Output> = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let (now, jump) = state.clock.read();
            if let Some(jump) = jump {
                state.session.handle_clock_jump(now, jump);
            }
            handle(&mut state.session, now);
            std::iter::from_fn(|| state.session.poll()).collect()
        };
        for output in outputs {
            self.perform(output);
        }
        self.arm();
        self.wake();
    }

    /// What changed since the last call.
    pub fn take(&self) -> Array {
        let mut state = self.state.borrow_mut();
        state.woken = false;
        let state = &mut *state;
        let mut taken = Array::new();
        for change in state.updates.drain(..) {
            if let Change::Identity(identity) = &change {
                state.own.learn(identity);
            }
            taken.extend(update(change, &state.clock, &state.own));
        }
        taken
    }

    pub fn server_now(&self) -> f64 {
        let mut state = self.state.borrow_mut();
        let (now, _) = state.clock.read();
        state.session.server_now(now).0 as f64
    }

    pub fn downgrade(&self) -> WeakDriver {
        WeakDriver { state: Rc::downgrade(&self.state), host: self.host.clone(), tab: self.tab.clone() }
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
                if let Change::Identity(identity) = &change {
                    self.tab.rename(identity.session_id.as_str());
                }
                self.state.borrow_mut().updates.push(change);
            }
        }
    }

    fn open(&self) {
        let url = self.state.borrow().url.clone();
        let Some(socket) = self.host.open_socket(&url, SUBPROTOCOL) else {
            self.drive(|session, now| session.handle_closed(now, None));
            return;
        };
        let driver = self.downgrade();
        let socket = Socket::new(socket, move |event| {
            if let Some(driver) = driver.upgrade() {
                driver.handle(event);
            }
        });
        self.state.borrow_mut().socket = Some(socket);
    }

    fn handle(&self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => self.drive(Session::handle_open),
            SocketEvent::Message(message) => self.drive(|session, now| session.handle_message(now, &message)),
            SocketEvent::Closed(code) => self.drive(|session, now| session.handle_closed(now, Some(code))),
        }
    }

    /// Sets the timer to the session's next deadline, if it is not set so already.
    fn arm(&self) {
        let mut state = self.state.borrow_mut();
        let next = state.session.next_deadline();
        if state.timer.as_ref().map(|(at, _)| *at) == next {
            return;
        }
        let (now, _) = state.clock.read();
        state.timer = next.map(|at| {
            let driver = self.downgrade();
            // Timers may fire a little early; a millisecond more spares an empty turn.
            let wait = u32::try_from(at.since(now).0 + 1).unwrap_or(u32::MAX).min(i32::MAX as u32);
            let timer = Timeout::new(wait, move || {
                if let Some(driver) = driver.upgrade() {
                    driver.expire();
                }
            });
            (at, timer)
        });
    }

    fn expire(&self) {
        // Taken out before the turn, since a timer cannot be dropped inside its own call.
        if let Some((_, timer)) = self.state.borrow_mut().timer.take() {
            timer.forget();
        }
        self.drive(Session::expire);
    }

    fn wake(&self) {
        let has_news = {
            let mut state = self.state.borrow_mut();
            let has_news = !state.updates.is_empty() && !state.woken;
            state.woken |= has_news;
            has_news
        };
        if has_news {
            self.host.wake();
        }
    }
}

/// For listeners: an engine that was freed hears nothing any more.
#[derive(Clone)]
pub struct WeakDriver {
    state: Weak<RefCell<State>>,
    host: Host,
    tab: Tab,
}

impl WeakDriver {
    pub fn upgrade(&self) -> Option<Driver> {
        Some(Driver { state: self.state.upgrade()?, host: self.host.clone(), tab: self.tab.clone() })
    }
}
