//! How this server ends a socket: a code and a sentence.

use std::borrow::Cow;

use presence_model::close::Close;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    pub code: u16,
    pub reason: Cow<'static, str>,
    /// Whether what waits for the socket is written before it.
    pub flushes: bool,
}

impl Farewell {
    pub const fn new(code: u16, reason: Cow<'static, str>) -> Self {
        Self { code, reason, flushes: true }
    }

    /// A text frame that is not UTF-8. It is WebSocket's own affair, so our table of codes has no row for it.
    pub const NOT_UTF8: Self = Self::new(1007, Cow::Borrowed("text is not UTF-8"));
}

impl From<Close> for Farewell {
    fn from(close: Close) -> Self {
        // Who is too slow for what waits would be too slow for it now.
        Self { flushes: close != Close::SlowConsumer, ..Self::new(close.code(), Cow::Borrowed(close.reason())) }
    }
}
