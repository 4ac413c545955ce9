//! What outlives a page: the instance's id in `localStorage`, the session's in `sessionStorage`.
//! Storage may be forbidden or full; then ids live as long as the page.

use alloc::string::String;
use alloc::vec::Vec;

use presence_model::id::{InstanceId, hexadecimal};
use wasm_bindgen::JsValue;

use crate::web::{self, Bytes, text};

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
    let bytes = random_bytes();
    hexadecimal(number(&bytes), 16) + &hexadecimal(number(bytes.get(8..).unwrap_or_default()), 16)
}

/// A seed that differs for every engine.
pub fn random_seed() -> u64 {
    number(&random_bytes())
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Without a secure context there is no `randomUUID`, but `getRandomValues` is.
fn random_bytes() -> Vec<u8> {
    let bytes = Bytes::copy_of(&[0; 16]);
    let crypto = web::get(&web::global(), "crypto");
    let filled = crypto.and_then(|crypto| web::call(&crypto, "getRandomValues", &[JsValue::clone(&bytes)]));
    if filled.is_some() {
        return bytes.to_vec();
    }
    let mut bytes = Vec::new();
    let math = web::get(&web::global(), "Math").unwrap_or(JsValue::UNDEFINED);
    for _ in 0..16 {
        let random = web::call(&math, "random", &[]).and_then(|random| random.as_f64());
        bytes.push((random.unwrap_or_default() * 256.0) as u8);
    }
    bytes
}
