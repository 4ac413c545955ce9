//! One tab, one session. A reloaded tab keeps its id; a duplicated one, whose storage is a copy, gets
//! its own. With Web Locks the tab holds a lock by the id's name; without them (plain http) the id lies
//! in storage only while no page uses it, so that a copy finds none.

use alloc::string::String;

use wasm_bindgen::{JsCast, JsValue};

use crate::signal::{Ear, Signal};
use crate::storage;
use crate::web::{self, Object, joined, text};

#[derive(Default)]
pub struct Tab {
    id: Option<String>,
    /// Ends the lock's promise, and with it the lock.
    release: Option<JsValue>,
    /// An id is wanted, and the first answer of Web Locks decides which.
    claims: bool,
}

impl Tab {
    /// Finds out which session this tab is. `None`: [`Tab::take_answer`] will say it, a moment later.
    pub fn claim(&mut self, ear: &Ear) -> Option<String> {
        let known = storage::session_id();
        self.claims = locks().is_some();
        if !self.claims {
            storage::forget_session_id();
        }
        let id = known.unwrap_or_else(storage::random_id);
        self.hold(ear, id.clone());
        (!self.claims).then_some(id)
    }

    /// What Web Locks answer: the lock, or null when another tab has it. Gives the claimed id.
    pub fn take_answer(&mut self, ear: &Ear, lock: &JsValue) -> Option<String> {
        if !core::mem::take(&mut self.claims) {
            return None;
        }
        if lock.is_null() {
            // Ours is a copy.
            self.hold(ear, storage::random_id());
        }
        let id = self.id.clone()?;
        storage::keep_session_id(&id);
        Some(id)
    }

    /// The server knows this tab by another id now.
    pub fn rename(&mut self, id: &str) {
        self.id = Some(id.into());
        if locks().is_some() {
            storage::keep_session_id(id);
        }
    }

    /// The page goes away, perhaps to be reloaded: whoever comes next may take the id.
    pub fn release(&mut self) {
        if let Some(id) = &self.id {
            storage::keep_session_id(id);
        }
        if let Some(release) = self.release.take() {
            web::call(&release, "call", &[]);
        }
    }

    /// The page is back from the browser's cache.
    pub fn reclaim(&mut self, ear: &Ear) {
        match self.id.clone() {
            Some(id) if locks().is_some() => self.hold(ear, id),
            _ => storage::forget_session_id(),
        }
    }

    pub fn keep_lock(&mut self, release: JsValue) {
        self.release = Some(release);
    }

    /// Asks for the lock of an id and keeps it until `release`.
    fn hold(&mut self, ear: &Ear, id: String) {
        if let Some(locks) = locks() {
            let options = Object::new();
            options.set("ifAvailable", &JsValue::TRUE);
            let name = text(&joined(&["presence-session:", &id]));
            let answered = ear.callback(Signal::LockAnswered).into_js_value();
            // A promise that fails would only tell that the page is going away.
            if let Some(asked) = web::call(&locks, "request", &[name, options.into(), answered]) {
                web::call(&asked, "catch", &[ear.callback(Signal::Ignored).into_js_value()]);
            }
        }
        self.id = Some(id);
    }
}

/// What a lock is held for: it ends when what its `then` was given is called.
pub fn promise(ear: &Ear) -> JsValue {
    let promise = Object::new();
    promise.set("then", &ear.callback(Signal::LockKept).into_js_value());
    promise.unchecked_into()
}

/// `navigator.locks`, which only secure contexts have.
fn locks() -> Option<JsValue> {
    web::get(&web::get(&web::global(), "navigator")?, "locks")
}
