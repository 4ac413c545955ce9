//! What server and generator use during a stretch of time.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::server::Server;
use crate::usage::{Times, times};

pub struct Gauge {
    started: Instant,
    server: Times,
    own: Times,
}

/// What was used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    pub wall: Duration,
    pub server: Times,
    pub own: Times,
}

impl Gauge {
    pub fn start(server: &Server) -> Result<Self> {
        let (server, own) = (server.times()?, times(std::process::id())?);
        Ok(Self { started: Instant::now(), server, own })
    }

    pub fn read(&self, server: &Server) -> Result<Used> {
        let wall = self.started.elapsed();
        let (server, own) = (server.times()?.since(self.server), times(std::process::id())?.since(self.own));
        Ok(Used { wall, server, own })
    }
}

impl Used {
    pub fn server_us(&self) -> f64 {
        self.server.ran.as_secs_f64() * 1e6
    }

    pub fn server_ms(&self) -> f64 {
        self.server_us() / 1e3
    }

    pub fn wall_ms(&self) -> f64 {
        self.wall.as_secs_f64() * 1e3
    }

    /// A time as a share of one processor.
    pub fn share(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.wall.as_secs_f64()
    }
}
