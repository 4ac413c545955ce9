//! One tab, one session. A reloaded tab keeps its id; a duplicated one, whose storage is a copy, gets
//! its own. With Web Locks the tab holds a lock by the id's name; without them (plain http) the id lies
//! in storage only while no page uses it, so that a copy finds none.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::storage;

#[derive(Clone, Default)]
pub struct Tab {
    held: Rc<RefCell<Held>>,
}

#[derive(Default)]
struct Held {
    id: Option<String>,
    /// Ends the lock's promise, and with it the lock.
    release: Option<Function>,
}

impl Tab {
    /// Finds out which session this tab is and calls `then` with its id, at once or a moment later.
    pub fn claim(&self, then: impl FnOnce(String) + 'static) {
        let known = storage::session_id();
        match locks() {
            Some(locks) => self.claim_lock(locks, known, then),
            None => {
                storage::forget_session_id();
                let id = known.unwrap_or_else(storage::random_id);
                self.held.borrow_mut().id = Some(id.clone());
                then(id);
            }
        }
    }

    /// The server knows this tab by another id now.
    pub fn rename(&self, id: &str) {
        let mut held = self.held.borrow_mut();
        held.id = Some(id.to_owned());
        if locks().is_some() {
            storage::keep_session_id(id);
        }
    }

    /// The page goes away, perhaps to be reloaded: whoever comes next may take the id.
    pub fn release(&self) {
        let release = {
            let mut held = self.held.borrow_mut();
            if let Some(id) = &held.id {
                storage::keep_session_id(id);
            }
            held.release.take()
        };
        if let Some(release) = release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }

    /// The page is back from the browser's cache.
    pub fn reclaim(&self) {
        let id = self.held.borrow().id.clone();
        match (locks(), id) {
            (Some(locks), Some(id)) => self.hold(&locks, id, |_| {}),
            _ => storage::forget_session_id(),
        }
    }

    fn claim_lock(&self, locks: JsValue, known: Option<String>, then: impl FnOnce(String) + 'static) {
        let id = known.unwrap_or_else(storage::random_id);
        let (tab, first) = (self.clone(), id.clone());
        let again = locks.clone();
        self.hold(&locks, id, move |is_ours| {
            if is_ours {
                storage::keep_session_id(&first);
                then(first);
            } else {
                // Another tab holds it: ours is a copy.
                let own = storage::random_id();
                storage::keep_session_id(&own);
                tab.hold(&again, own.clone(), |_| {});
                then(own);
            }
        });
    }

    /// Asks for the lock of an id and keeps it until `release`.
    fn hold(&self, locks: &JsValue, id: String, then: impl FnOnce(bool) + 'static) {
        let (tab, name) = (self.clone(), format!("presence-session:{id}"));
        self.held.borrow_mut().id = Some(id);
        let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                then(false);
                return JsValue::UNDEFINED;
            }
            let kept = Promise::new(&mut |resolve, _| tab.held.borrow_mut().release = Some(resolve));
            then(true);
            kept.into()
        });
        let options = Object::new();
        let _ = Reflect::set(&options, &JsValue::from_str("ifAvailable"), &JsValue::TRUE);
        if let Some(request) = storage::property(locks, "request").and_then(|found| found.dyn_into::<Function>().ok()) {
            // A promise that fails would only tell that the page is going away.
            if let Ok(asked) = request.call3(locks, &JsValue::from_str(&name), &options, &granted) {
                silence(&asked);
            }
        }
    }
}

fn silence(promise: &JsValue) {
    if let Some(promise) = promise.dyn_ref::<Promise>() {
        let ignore = Closure::once_into_js(|_: JsValue| {});
        let _ = Reflect::get(promise, &JsValue::from_str("catch"))
            .ok()
            .and_then(|catch| catch.dyn_into::<Function>().ok())
            .map(|catch| catch.call1(promise, &ignore));
    }
}

/// `navigator.locks`, which only secure contexts have.
fn locks() -> Option<JsValue> {
    let window = web_sys::window()?;
    storage::property(&window.navigator(), "locks")
}
