//! What the package does for an engine (`js/src/engine/contract.ts`, `EngineHost`). It hands and decides
//! nothing; none of it calls the engine back before it returns, and none of it throws.

use alloc::string::String;

use wasm_bindgen::prelude::*;

// `host` is what the glue of each instance was made with (`js/scripts/build.mjs`): a name in its scope costs
// less than an object that the engine would keep.
#[wasm_bindgen(js_namespace = host)]
extern "C" {
    /// There is something to take.
    pub fn wake();

    /// Opens the line, abandoning an older socket; false when that cannot be done.
    #[wasm_bindgen(js_name = openSocket)]
    pub fn open_socket() -> bool;

    /// A message on a socket that is closing is lost; the session notices by the close.
    pub fn send(message: &[u8]);

    /// Closes without waiting for the other end: nothing that the socket still says is heard.
    #[wasm_bindgen(js_name = closeSocket)]
    pub fn close_socket(code: u16);

    /// One timer, in milliseconds from now; a negative number is none.
    #[wasm_bindgen(js_name = setTimer)]
    pub fn set_timer(wait: f64);

    /// Milliseconds since the Unix epoch.
    #[wasm_bindgen(js_name = wallClock)]
    pub fn wall_clock() -> f64;

    /// Milliseconds since some moment; never set.
    #[wasm_bindgen(js_name = monotonicClock)]
    pub fn monotonic_clock() -> f64;

    /// 32 random bits, fit for ids.
    pub fn random() -> u32;

    /// From the storage that outlives the page if `lasting`, else from the one that outlives a reload.
    pub fn read(lasting: bool, key: &str) -> Option<String>;

    /// Without a value the key is removed. A full or forbidden storage keeps nothing.
    pub fn write(lasting: bool, key: &str, value: Option<&str>);

    /// Whether there are Web Locks.
    #[wasm_bindgen(js_name = canLock)]
    pub fn can_lock() -> bool;

    /// Asks for a lock that no other tab has; the answer comes later.
    pub fn lock(name: &str);

    /// Ends the lock that was granted last.
    pub fn unlock();

    /// Whether the page's events are told.
    pub fn watch(on: bool);
}
