//! What happens to the page: the person touches it, it is hidden, put away, brought back, on the
//! network again. Without a page (Node, a worker) there is nothing to watch.

use alloc::vec::Vec;

use presence_model::time::Millis;
use wasm_bindgen::JsValue;

use crate::signal::{Ear, Signal};
use crate::web::{self, Listener};

/// Moving a pointer is one long touch: it is noted at most so often, in milliseconds.
const TOUCH_EVERY: f64 = 250.0;

const ON_WINDOW: [(&str, Signal); 8] = [
    ("pointerdown", Signal::Touched),
    ("pointermove", Signal::Touched),
    ("keydown", Signal::Touched),
    ("wheel", Signal::Touched),
    ("touchstart", Signal::Touched),
    ("online", Signal::Online),
    ("pagehide", Signal::PutAway),
    ("pageshow", Signal::BroughtBack),
];

const ON_DOCUMENT: [(&str, Signal); 2] = [("visibilitychange", Signal::Looked), ("resume", Signal::Looked)];

pub struct Page {
    document: Option<JsValue>,
    touched: f64,
    hidden_at: f64,
    _listeners: Vec<Listener>,
}

impl Page {
    pub fn watch(ear: &Ear) -> Self {
        let window = web::global();
        let document = web::get(&window, "document");
        let mut listeners = Vec::new();
        if let Some(document) = &document {
            for (on, events) in [(&window, &ON_WINDOW[..]), (document, &ON_DOCUMENT[..])] {
                for (event, signal) in events {
                    listeners.push(Listener::new(on, event, ear.callback(*signal)));
                }
            }
        }
        Self { document, touched: 0.0, hidden_at: web::wall_clock(), _listeners: listeners }
    }

    /// Whether a touch is to be noted.
    pub fn touch(&mut self) -> bool {
        let now = web::wall_clock();
        let is_new = (now - self.touched).abs() >= TOUCH_EVERY;
        if is_new {
            self.touched = now;
        }
        is_new
    }

    /// For how long the page was hidden; `None` while it is.
    pub fn look(&mut self) -> Option<Millis> {
        let now = web::wall_clock();
        let state = self.document.as_ref().and_then(|document| web::get_text(document, "visibilityState"));
        if state.as_deref() == Some("hidden") {
            self.hidden_at = now;
            return None;
        }
        Some(Millis((now - self.hidden_at).max(0.0) as u64))
    }
}

/// Whether the browser keeps a page that goes away, or brings one back that it kept.
pub fn is_kept(transition: &JsValue) -> bool {
    web::get(transition, "persisted").is_some_and(|persisted| persisted.is_truthy())
}
