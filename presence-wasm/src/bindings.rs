//! The engine as JavaScript sees it: convert in, one call on the driver. `docs/sdk-boundary.md` describes it.

use alloc::string::String;
use alloc::vec::Vec;

use presence_model::id::{RoomId, SessionKey};
use presence_model::room::{Cursor, RoomKey, RoomKind};
use wasm_bindgen::prelude::*;

use crate::driver::Driver;
use crate::signal::Signal;

#[wasm_bindgen]
pub struct PresenceEngine {
    driver: Driver,
}

#[wasm_bindgen]
impl PresenceEngine {
    /// `info` is a JSON object of what the client says of itself; `session_id` one that this page holds already.
    #[wasm_bindgen(constructor)]
    pub fn new(info: String, session_id: Option<String>) -> Self {
        let driver = Driver::new(info, session_id);
        // Random text is always an id, so this never ends.
        driver.map_or_else(|| panic!(), |driver| Self { driver })
    }

    /// Tells what happened or is wanted, by its place in [`Signal::ALL`]; `detail` is what the signal says.
    pub fn tell(&mut self, signal: u8, detail: f64) {
        if let Some(signal) = Signal::ALL.get(usize::from(signal)) {
            self.driver.hear(*signal, detail);
        }
    }

    /// What cannot be a room comes back as a refusal.
    pub fn enter(&mut self, room_id: &str, kind: &str) {
        match (RoomId::parse(room_id), RoomKind::parse(kind)) {
            (Ok(room), Some(kind)) => {
                let now = self.driver.begin();
                self.driver.session.enter(now, RoomKey { room, kind });
                self.driver.end(now);
            }
            (Err(why), _) => self.refuse("join", "roomId", why.text()),
            (_, None) => self.refuse("join", "roomType", RoomKind::MUST),
        }
    }

    pub fn leave(&mut self, room_id: &str) {
        if let Ok(room) = RoomId::parse(room_id) {
            let now = self.driver.begin();
            self.driver.session.leave(now, &room);
            self.driver.end(now);
        }
    }

    /// `NaN` is an absent coordinate.
    #[wasm_bindgen(js_name = setCursor)]
    pub fn set_cursor(&mut self, room_id: &str, x: f64, y: f64, timestamp: f64) {
        if let Ok(room) = RoomId::parse(room_id) {
            let given = |number: f64| (!number.is_nan()).then_some(number);
            // A drag that leaves the surface is still at its edge.
            let inside = |fraction: f64| given(fraction).map(|fraction| fraction.clamp(0.0, 1.0));
            let cursor = Cursor { x: inside(x), y: inside(y), timestamp: given(timestamp) };
            let now = self.driver.begin();
            self.driver.session.point(now, &room, cursor);
            self.driver.end(now);
        }
    }

    #[wasm_bindgen(js_name = setTyping)]
    pub fn set_typing(&mut self, room_id: &str, context: Option<String>) {
        if let Ok(room) = RoomId::parse(room_id) {
            let now = self.driver.begin();
            match context {
                Some(context) => self.driver.session.type_in(now, &room, &context),
                None => self.driver.session.stop_typing(now, &room),
            }
            self.driver.end(now);
        }
    }

    /// What cannot be a conversation comes back as a refusal.
    #[wasm_bindgen(js_name = setSessionTyping)]
    pub fn set_session_typing(&mut self, session_key: &str, is_typing: bool) {
        match SessionKey::parse(session_key) {
            Ok(key) => {
                let now = self.driver.begin();
                if is_typing {
                    self.driver.session.type_in_session(now, &key);
                } else {
                    self.driver.session.stop_typing_in_session(now, &key);
                }
                self.driver.end(now);
            }
            Err(why) => self.refuse("session.typing", "sessionKey", why.text()),
        }
    }

    /// Says a message as the JSON doors have it, now or never; without a room's id it is the session's.
    pub fn post(&mut self, room_id: &str, text: &str) {
        let room = RoomId::parse(room_id).ok();
        // What cannot be a room was refused when it was entered.
        if room.is_some() || room_id.is_empty() {
            let now = self.driver.begin();
            self.driver.session.say(room.as_ref(), text);
            self.driver.end(now);
        }
    }

    /// What the client says of itself from now on, instead of what it was made with.
    #[wasm_bindgen(js_name = setInfo)]
    pub fn set_info(&mut self, info: String) {
        let now = self.driver.begin();
        self.driver.session.set_info(now, info);
        self.driver.end(now);
    }

    /// The token to connect with, and whether the app can be asked for another; the answer to such a question.
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&mut self, token: Option<String>, can_ask: bool) {
        let now = self.driver.begin();
        self.driver.session.set_token(now, token, can_ask);
        self.driver.end(now);
    }

    /// A message of the socket.
    pub fn said(&mut self, message: &[u8]) {
        self.driver.take_message(message);
    }

    pub fn take(&mut self) -> String {
        self.driver.take()
    }

    /// Where people point, as the cursor updates of the last `take` speak of it.
    pub fn moves(&mut self) -> Vec<u8> {
        self.driver.take_moves()
    }

    #[wasm_bindgen(js_name = serverNow)]
    pub fn server_now(&mut self) -> f64 {
        self.driver.server_now().0 as f64
    }
}

impl PresenceEngine {
    /// Turns down what was asked as the server would; `must` completes "must …".
    fn refuse(&mut self, about: &str, field: &str, must: &str) {
        let mut message = String::from(about);
        for part in [": `", field, "` must ", must] {
            message.push_str(part);
        }
        let mut refusal = String::from("{\"code\":\"bad_field\",\"retryable\":false,\"field\":\"");
        // None of these words has a quote.
        for part in [field, "\",\"message\":\"", &message, "\"}"] {
            refusal.push_str(part);
        }
        self.driver.refuse(about, refusal);
    }
}
