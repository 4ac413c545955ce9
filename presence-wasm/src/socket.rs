//! One browser socket and the listeners on it. Dropping it takes the listeners off: nothing that an
//! abandoned socket still says reaches the session.

use gloo_events::EventListener;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

pub enum SocketEvent {
    Opened,
    Message(Vec<u8>),
    Closed(u16),
}

pub struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    pub fn new(socket: WebSocket, tell: impl Fn(SocketEvent) + Clone + 'static) -> Self {
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on = |name: &'static str, read: fn(&Event) -> Option<SocketEvent>| {
            let tell = tell.clone();
            EventListener::new(&socket, name, move |event| {
                if let Some(event) = read(event) {
                    tell(event);
                }
            })
        };
        let listeners =
            [on("open", |_| Some(SocketEvent::Opened)), on("message", read_message), on("close", read_close)];
        Self { socket, _listeners: listeners }
    }

    /// A message on a socket that is closing is lost; the session notices by the close.
    pub fn send(&self, message: &[u8]) {
        let _ = self.socket.send_with_u8_array(message);
    }

    /// Closes without waiting for the other end.
    pub fn close(self, code: u16) {
        let _ = self.socket.close_with_code(code);
    }
}

// Events of other makes of sockets are not instances of the browser's classes, but look alike.
fn read_message(event: &Event) -> Option<SocketEvent> {
    let data = event.unchecked_ref::<MessageEvent>().data();
    let buffer: ArrayBuffer = data.dyn_into().ok()?;
    Some(SocketEvent::Message(Uint8Array::new(&buffer).to_vec()))
}

fn read_close(event: &Event) -> Option<SocketEvent> {
    Some(SocketEvent::Closed(event.unchecked_ref::<CloseEvent>().code()))
}
