//! The engine as JavaScript sees it: convert in, one call on the driver, convert out.
//! `docs/sdk-boundary.md` describes it.

use alloc::rc::Rc;
use alloc::string::String;

use presence_model::id::RoomId;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::session::machine::Session;
use presence_model::time::Millis;
use wasm_bindgen::prelude::*;

use crate::driver::Driver;
use crate::host::Host;
use crate::options::Options;
use crate::web::{List, joined};

#[wasm_bindgen]
pub struct PresenceEngine {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl PresenceEngine {
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, host: JsValue) -> Result<Self, JsError> {
        let driver = Driver::new(Options::read(&options), Host::new(host));
        driver.map(|driver| Self { driver }).ok_or_else(|| JsError::new("no id could be made"))
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
        let kind = RoomKind::parse(kind).ok_or_else(|| bad(&["room type `", kind, "` must be ", RoomKind::NAMES]))?;
        let mut turn = self.driver.turn();
        let now = turn.now;
        turn.session().enter(now, RoomKey { room, kind });
        turn.end();
        Ok(())
    }

    pub fn leave(&self, room_id: &str) -> Result<(), JsError> {
        let room = room(room_id)?;
        let mut turn = self.driver.turn();
        let now = turn.now;
        turn.session().leave(now, &room);
        turn.end();
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
        let mut turn = self.driver.turn();
        let now = turn.now;
        turn.session().point(now, &room, cursor);
        turn.end();
        Ok(())
    }

    #[wasm_bindgen(js_name = setTyping)]
    pub fn set_typing(&self, room_id: &str, context: Option<String>) -> Result<(), JsError> {
        let room = room(room_id)?;
        let mut turn = self.driver.turn();
        let now = turn.now;
        match context {
            Some(context) => turn.session().type_in(now, &room, &context),
            None => turn.session().stop_typing(now, &room),
        }
        turn.end();
        Ok(())
    }

    #[wasm_bindgen(js_name = setPresence)]
    pub fn set_presence(&self, on: bool) {
        let mut turn = self.driver.turn();
        let now = turn.now;
        turn.session().set_presence(now, on);
        turn.end();
    }

    #[wasm_bindgen(js_name = noteInput)]
    pub fn note_input(&self) {
        self.driver.tell(Session::note_input);
    }

    #[wasm_bindgen(js_name = retryNow)]
    pub fn retry_now(&self) {
        self.driver.return_to_the_line(Millis::ZERO);
    }

    pub fn take(&self) -> List {
        self.driver.take()
    }

    #[wasm_bindgen(js_name = serverNow)]
    pub fn server_now(&self) -> f64 {
        self.driver.server_now()
    }
}

fn room(text: &str) -> Result<RoomId, JsError> {
    RoomId::parse(text).map_err(|why| bad(&["room id must ", why.text()]))
}

fn bad(words: &[&str]) -> JsError {
    JsError::new(&joined(words))
}
