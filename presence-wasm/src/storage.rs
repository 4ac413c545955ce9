//! What outlives a page: the instance's id in `localStorage`, the session's in `sessionStorage`.
//! Storage may be forbidden or full; then ids live as long as the page.

use alloc::string::String;

use presence_model::id::{InstanceId, hexadecimal};

use crate::host;

const INSTANCE_KEY: &str = "presence-instance-id";
const SESSION_KEY: &str = "presence-session-id";

/// The installed client's id: kept for good, made at the first visit. `None` when no id can be made, which
/// random text always can.
pub fn instance_id() -> Option<InstanceId> {
    let known = host::read(true, INSTANCE_KEY);
    known.and_then(|text| InstanceId::parse(&text).ok()).or_else(|| {
        let minted = random_id();
        host::write(true, INSTANCE_KEY, Some(&minted));
        InstanceId::parse(&minted).ok()
    })
}

pub fn session_id() -> Option<String> {
    host::read(false, SESSION_KEY)
}

pub fn keep_session_id(id: &str) {
    host::write(false, SESSION_KEY, Some(id));
}

pub fn forget_session_id() {
    host::write(false, SESSION_KEY, None);
}

/// 128 random bits as text.
pub fn random_id() -> String {
    let mut id = hexadecimal(random_seed(), 16);
    id.push_str(&hexadecimal(random_seed(), 16));
    id
}

/// A seed that differs for every engine.
pub fn random_seed() -> u64 {
    u64::from(host::random()) << 32 | u64::from(host::random())
}
