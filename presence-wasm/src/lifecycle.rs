//! What happens to the page: the person touches it, it is hidden, put away, brought back, on the
//! network again. Without a page (Node, a worker) there is nothing to watch.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::Date;
use presence_model::session::machine::Session;
use presence_model::time::Millis;
use wasm_bindgen::JsCast;
use web_sys::{Document, EventTarget, PageTransitionEvent, VisibilityState};

use crate::driver::{Driver, WeakDriver};

/// Moving a pointer is one long touch: it is noted at most so often, in milliseconds.
const TOUCH_EVERY: f64 = 250.0;

pub struct Lifecycle {
    _listeners: Vec<EventListener>,
}

impl Lifecycle {
    pub fn watch(driver: &Driver) -> Self {
        let mut listeners = vec![];
        if let Some(window) = web_sys::window() {
            let driver = driver.downgrade();
            watch_input(&driver, &window, &mut listeners);
            if let Some(document) = window.document() {
                watch_visibility(&driver, &document, &mut listeners);
            }
            watch_page(&driver, &window, &mut listeners);
        }
        Self { _listeners: listeners }
    }
}

fn watch_input(driver: &WeakDriver, window: &EventTarget, listeners: &mut Vec<EventListener>) {
    let touched = Rc::new(Cell::new(0.0));
    for name in ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] {
        let (driver, touched) = (driver.clone(), touched.clone());
        let passive = EventListenerOptions::run_in_capture_phase();
        listeners.push(EventListener::new_with_options(window, name, passive, move |_| {
            let now = Date::now();
            if (now - touched.get()).abs() >= TOUCH_EVERY {
                touched.set(now);
                drive(&driver, Session::note_input);
            }
        }));
    }
}

fn watch_visibility(driver: &WeakDriver, document: &Document, listeners: &mut Vec<EventListener>) {
    let hidden_at = Rc::new(Cell::new(Date::now()));
    let on_change = {
        let (driver, document, hidden_at) = (driver.clone(), document.clone(), hidden_at.clone());
        move || {
            if document.visibility_state() == VisibilityState::Hidden {
                hidden_at.set(Date::now());
                return;
            }
            let hidden_for = Millis((Date::now() - hidden_at.get()).max(0.0) as u64);
            drive(&driver, move |session, now| {
                // Who looks at the page is there.
                session.note_input(now);
                session.handle_wake(now, hidden_for);
            });
        }
    };
    for name in ["visibilitychange", "resume"] {
        let on_change = on_change.clone();
        listeners.push(EventListener::new(document, name, move |_| on_change()));
    }
}

fn watch_page(driver: &WeakDriver, window: &EventTarget, listeners: &mut Vec<EventListener>) {
    let online = driver.clone();
    listeners.push(EventListener::new(window, "online", move |_| {
        drive(&online, |session, now| session.handle_wake(now, Millis::ZERO));
    }));
    let hide = driver.clone();
    listeners.push(EventListener::new(window, "pagehide", move |event| {
        let Some(driver) = hide.upgrade() else { return };
        // Closed or reloaded, we cannot tell: the browser's own close frame says enough.
        if event.unchecked_ref::<PageTransitionEvent>().persisted() {
            driver.drive(Session::handle_page_cached);
        }
        driver.tab().release();
    }));
    let show = driver.clone();
    listeners.push(EventListener::new(window, "pageshow", move |event| {
        if !event.unchecked_ref::<PageTransitionEvent>().persisted() {
            return;
        }
        let Some(driver) = show.upgrade() else { return };
        driver.tab().reclaim();
        driver.drive(|session, now| session.handle_wake(now, Millis::ZERO));
    }));
}

fn drive(driver: &WeakDriver, handle: impl FnOnce(&mut Session, Millis)) {
    if let Some(driver) = driver.upgrade() {
        driver.drive(handle);
    }
}
