//! What outlives a page: the instance's id in `localStorage`, the session's in `sessionStorage`.
//! Storage may be forbidden or full; then ids live as long as the page.

use js_sys::{Math, Reflect, Uint8Array};
use presence_model::id::InstanceId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Storage;

const INSTANCE_KEY: &str = "presence-instance-id";
const SESSION_KEY: &str = "presence-session-id";

/// The installed client's id: kept for good, made at the first visit.
pub fn instance_id() -> Option<InstanceId> {
    let storage = local();
    let known = storage.as_ref().and_then(|storage| storage.get_item(INSTANCE_KEY).ok().flatten());
    known.and_then(|text| InstanceId::parse(&text).ok()).or_else(|| {
        let minted = random_id();
        if let Some(storage) = storage {
            // Nothing to do about a full or forbidden storage.
            let _ = storage.set_item(INSTANCE_KEY, &minted);
        }
        InstanceId::parse(&minted).ok()
    })
}

pub fn session_id() -> Option<String> {
    session().and_then(|storage| storage.get_item(SESSION_KEY).ok().flatten())
}

pub fn keep_session_id(id: &str) {
    if let Some(storage) = session() {
        let _ = storage.set_item(SESSION_KEY, id);
    }
}

pub fn forget_session_id() {
    if let Some(storage) = session() {
        let _ = storage.remove_item(SESSION_KEY);
    }
}

/// 128 random bits as text. Without a secure context there is no `randomUUID`, but `getRandomValues` is.
pub fn random_id() -> String {
    random_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A seed that differs for every engine.
pub fn random_seed() -> u64 {
    random_bytes().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

fn random_bytes() -> Vec<u8> {
    let bytes = Uint8Array::new_with_length(16);
    let filled = property(&js_sys::global(), "crypto").and_then(|crypto| {
        let fill: js_sys::Function = property(&crypto, "getRandomValues")?.dyn_into().ok()?;
        fill.call1(&crypto, &bytes).ok()
    });
    if filled.is_some() {
        return bytes.to_vec();
    }
    (0..16).map(|_| (Math::random() * 256.0) as u8).collect()
}

/// A property that is there.
pub fn property(of: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(of, &JsValue::from_str(key)).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn session() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
