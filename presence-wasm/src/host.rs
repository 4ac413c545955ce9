//! What the package does for an engine.

use std::cell::Cell;

use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::WebSocket;

use crate::storage::property;

thread_local! {
    /// This module panicked: what it holds may be in pieces, and its listeners must keep still.
    static IS_WRECK: Cell<bool> = const { Cell::new(false) };
}

pub fn is_wreck() -> bool {
    IS_WRECK.get()
}

#[derive(Clone)]
pub struct Host {
    object: JsValue,
}

impl Host {
    pub fn new(object: JsValue) -> Self {
        Self { object }
    }

    /// There is something to take.
    pub fn wake(&self) {
        self.call("wake", &Array::new());
    }

    pub fn open_socket(&self, url: &str, protocol: &str) -> Option<WebSocket> {
        let protocols = Array::of1(&JsValue::from_str(protocol));
        // Other makes of sockets (Node's, a test's) have the same methods under another class.
        self.call("openSocket", &Array::of2(&JsValue::from_str(url), &protocols)).map(JsCast::unchecked_into)
    }

    /// The module is a wreck from here on.
    pub fn trapped(&self, message: &str) {
        IS_WRECK.set(true);
        self.call("trapped", &Array::of1(&JsValue::from_str(message)));
    }

    fn call(&self, name: &str, arguments: &Array) -> Option<JsValue> {
        let function: Function = property(&self.object, name)?.dyn_into().ok()?;
        function.apply(&self.object, arguments).ok().filter(|value| value.is_object())
    }
}
