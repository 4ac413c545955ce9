//! The engine as JavaScript sees it: convert in, one call on the driver, convert out.
//! `docs/sdk-boundary.md` describes it.

use js_sys::Array;
use presence_model::id::RoomId;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use wasm_bindgen::prelude::*;

use crate::driver::Driver;
use crate::host::Host;
use crate::options::Options;

#[wasm_bindgen]
pub struct PresenceEngine {
    driver: Driver,
}

#[wasm_bindgen]
impl PresenceEngine {
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, host: JsValue) -> Result<Self, JsError> {
        let host = Host::new(host);
        tell_of_panics(host.clone());
        let driver = Driver::new(Options::read(&options), host).ok_or_else(|| JsError::new("no id could be made"))?;
        Ok(Self { driver })
    }

    pub fn start(&self) {
        self.driver.start();
    }

    pub fn stop(&self) {
        self.driver.stop();
    }

    /// Refuses an unusable room id or kind with a message that names it.
    pub fn enter(&self, room_id: &str, kind: &str) -> Result<(), JsError> {
        let room = room(room_id)?;
        let kind = RoomKind::parse(kind)
            .ok_or_else(|| JsError::new(&format!("room type `{kind}` must be {}", RoomKind::NAMES)))?;
        self.driver.drive(|session, now| session.enter(now, RoomKey { room, kind }));
        Ok(())
    }

    pub fn leave(&self, room_id: &str) -> Result<(), JsError> {
        let room = room(room_id)?;
        self.driver.drive(|session, now| session.leave(now, &room));
        Ok(())
    }

    #[wasm_bindgen(js_name = setCursor)]
    pub fn set_cursor(
        &self,
        room_id: &str,
        x: Option<f64>,
        y: Option<f64>,
        timestamp: Option<f64>,
    ) -> Result<(), JsError> {
        let room = room(room_id)?;
        // A drag that leaves the surface is still at its edge.
        let inside = |fraction: Option<f64>| fraction.map(|fraction| fraction.clamp(0.0, 1.0));
        let cursor = Cursor { x: inside(x), y: inside(y), timestamp };
        self.driver.drive(|session, now| session.point(now, &room, cursor));
        Ok(())
    }

    #[wasm_bindgen(js_name = setTyping)]
    pub fn set_typing(&self, room_id: &str, context: Option<String>) -> Result<(), JsError> {
        let room = room(room_id)?;
        self.driver.drive(|session, now| match context {
            Some(context) => session.type_in(now, &room, &context),
            None => session.stop_typing(now, &room),
        });
        Ok(())
    }

    #[wasm_bindgen(js_name = setPresence)]
    pub fn set_presence(&self, on: bool) {
        self.driver.drive(|session, now| session.set_presence(now, on));
    }

    #[wasm_bindgen(js_name = noteInput)]
    pub fn note_input(&self) {
        self.driver.drive(|session, now| session.note_input(now));
    }

    #[wasm_bindgen(js_name = retryNow)]
    pub fn retry_now(&self) {
        self.driver.drive(|session, now| session.handle_wake(now, presence_model::time::Millis::ZERO));
    }

    pub fn take(&self) -> Array {
        self.driver.take()
    }

    #[wasm_bindgen(js_name = serverNow)]
    pub fn server_now(&self) -> f64 {
        self.driver.server_now()
    }
}

fn room(text: &str) -> Result<RoomId, JsError> {
    RoomId::parse(text).map_err(|bad| JsError::new(&format!("room id must {bad}")))
}

/// A panic ends the module for good: the package makes a new one and announces everything again.
fn tell_of_panics(host: Host) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        host.trapped(&place);
    }));
}
