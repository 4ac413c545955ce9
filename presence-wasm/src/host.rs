//! What the package does for an engine.

use wasm_bindgen::JsValue;

use crate::web::{self, List, text};

pub struct Host {
    object: JsValue,
}

impl Host {
    pub fn new(object: JsValue) -> Self {
        Self { object }
    }

    /// There is something to take.
    pub fn wake(&self) {
        web::call(&self.object, "wake", &[]);
    }

    /// Not always a `WebSocket`: other makes (Node's, a test's) have the same methods under another class.
    pub fn open_socket(&self, url: &str, protocol: &str) -> Option<JsValue> {
        let protocols = List::new();
        protocols.push(&text(protocol));
        web::call(&self.object, "openSocket", &[text(url), protocols.into()])
    }
}
