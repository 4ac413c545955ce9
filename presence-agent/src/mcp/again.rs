//! When something is tried again.

use std::time::Duration;

use tokio::time::Instant;

/// Between two attempts: a random part of this, which doubles up to the other.
const AFTER: Duration = Duration::from_millis(500);
const AFTER_AT_MOST: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Again {
    attempts: u32,
    pub at: Instant,
}

impl Again {
    pub fn now() -> Self {
        Self { attempts: 0, at: Instant::now() }
    }

    /// It failed once more.
    pub fn later(&mut self) {
        let most = AFTER.saturating_mul(1 << self.attempts.min(16)).min(AFTER_AT_MOST);
        self.attempts = self.attempts.saturating_add(1);
        self.at = Instant::now() + most.mul_f64(rand::random());
    }

    /// It went well.
    pub const fn forget(&mut self) {
        self.attempts = 0;
    }
}
