//! A small seeded generator, for delays and ids. Not for secrets.

use crate::id::{SessionId, hexadecimal};
use crate::time::Millis;

/// SplitMix64: eight lines, passes the usual test suites, any seed is good.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A moment within the window, zero included.
    pub const fn within(&mut self, window: Millis) -> Millis {
        Millis(self.next() % window.0.saturating_add(1))
    }

    /// An id of 128 bits. `None` never happens: hexadecimal digits are an id.
    pub fn session_id(&mut self) -> Option<SessionId> {
        let mut text = hexadecimal(self.next(), 16);
        text.push_str(&hexadecimal(self.next(), 16));
        SessionId::parse(&text).ok()
    }
}
