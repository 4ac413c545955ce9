//! How this server ends a socket: a code and a sentence.

use presence_model::close::Close;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Farewell {
    pub code: u16,
    pub reason: &'static str,
    /// Whether what waits for the socket is written before it.
    pub flushes: bool,
}

impl Farewell {
    /// A text frame that is not UTF-8. It is WebSocket's own affair, so our table of codes has no row for it.
    pub const NOT_UTF8: Self = Self { code: 1007, reason: "text is not UTF-8", flushes: true };
}

impl From<Close> for Farewell {
    fn from(close: Close) -> Self {
        // Who is too slow for what waits would be too slow for it now.
        Self { code: close.code(), reason: close.reason(), flushes: close != Close::SlowConsumer }
    }
}
