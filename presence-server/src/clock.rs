//! The server's only clock: it runs on the monotonic clock, and reads as wall time because it was set
//! to it once, at start. A later change of the wall clock moves no deadline.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use presence_model::time::Millis;

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// What the wall clock said then.
    wall: Millis,
}

impl Clock {
    pub fn start() -> Self {
        Self { started: Instant::now(), wall: wall_now() }
    }

    pub fn now(&self) -> Millis {
        self.wall + self.uptime()
    }

    pub fn uptime(&self) -> Millis {
        whole_millis(self.started.elapsed())
    }
}

/// A length of time as timers take it.
pub const fn length(millis: Millis) -> Duration {
    // More than a year is as good as never, and fits every platform's clock.
    const LONGEST: u64 = 366 * 24 * 3_600 * 1_000;
    Duration::from_millis(if millis.0 < LONGEST { millis.0 } else { LONGEST })
}

/// What the wall clock says now, for what is agreed on with others: when a token ends.
pub fn wall_now() -> Millis {
    // A wall clock before 1970 is wrong anyhow; counting from zero is as good.
    whole_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// How long the calling thread was at work since it began; not known everywhere.
pub fn thread_time() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

fn whole_millis(duration: Duration) -> Millis {
    Millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
