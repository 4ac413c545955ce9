//! One browser socket and the listeners on it. Dropping it takes the listeners off: nothing that an
//! abandoned socket still says reaches the session.

use wasm_bindgen::{JsCast, JsValue};

use crate::signal::{Ear, Signal};
use crate::web::{self, Bytes, Listener, Object, text};

pub struct Socket {
    socket: JsValue,
    _listeners: [Listener; 3],
}

impl Socket {
    pub fn new(socket: JsValue, ear: &Ear) -> Self {
        socket.unchecked_ref::<Object>().set("binaryType", &text("arraybuffer"));
        let on = |event, signal| Listener::new(&socket, event, ear.callback(signal));
        let listeners = [on("open", Signal::Opened), on("message", Signal::Said), on("close", Signal::Closed)];
        Self { socket, _listeners: listeners }
    }

    /// A message on a socket that is closing is lost; the session notices by the close.
    pub fn send(&self, message: &[u8]) {
        web::call(&self.socket, "send", &[Bytes::copy_of(message).into()]);
    }

    /// Closes without waiting for the other end.
    pub fn close(self, code: u16) {
        web::call(&self.socket, "close", &[code.into()]);
    }
}
