//! What outlives a page: the instance's id in `localStorage`, the session's in `sessionStorage`.
//! Storage may be forbidden or full; then ids live as long as the page.

use alloc::string::String;

use presence_model::id::{InstanceId, hexadecimal};
use wasm_bindgen::JsValue;

use crate::web::{self, Bytes, joined, text};

const INSTANCE_KEY: &str = "presence-instance-id";
const SESSION_KEY: &str = "presence-session-id";

/// The installed client's id: kept for good, made at the first visit.
pub fn instance_id() -> Option<InstanceId> {
    let known = read("localStorage", INSTANCE_KEY);
    known.and_then(|text| InstanceId::parse(&text).ok()).or_else(|| {
        let minted = random_id();
        write("localStorage", INSTANCE_KEY, &minted);
        InstanceId::parse(&minted).ok()
    })
}

pub fn session_id() -> Option<String> {
    read("sessionStorage", SESSION_KEY)
}

pub fn keep_session_id(id: &str) {
    write("sessionStorage", SESSION_KEY, id);
}

pub fn forget_session_id() {
    if let Some(storage) = web::get(&web::global(), "sessionStorage") {
        web::call(&storage, "removeItem", &[text(SESSION_KEY)]);
    }
}

fn read(storage: &str, key: &str) -> Option<String> {
    web::call(&web::get(&web::global(), storage)?, "getItem", &[text(key)])?.as_string()
}

fn write(storage: &str, key: &str, value: &str) {
    if let Some(storage) = web::get(&web::global(), storage) {
        // Nothing to do about a full or forbidden storage.
        web::call(&storage, "setItem", &[text(key), text(value)]);
    }
}

/// 128 random bits as text.
pub fn random_id() -> String {
    joined(&[&hexadecimal(random_seed(), 16), &hexadecimal(random_seed(), 16)])
}

/// A seed that differs for every engine. Without a secure context there is no `randomUUID`, but
/// `getRandomValues` is.
pub fn random_seed() -> u64 {
    let bytes = Bytes::copy_of(&[0; 8]);
    let crypto = web::get(&web::global(), "crypto");
    let filled = crypto.and_then(|crypto| web::call(&crypto, "getRandomValues", &[JsValue::clone(&bytes)]));
    // Everything that runs this module has it; without it everyone would have the same id.
    assert!(filled.is_some());
    bytes.to_vec().iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
