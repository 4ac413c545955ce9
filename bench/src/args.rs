//! The command line of `presence-load`.

use clap::{Parser, ValueEnum};

use crate::dialect::choice::Dialect;

/// Measures a server from outside: one run, one measurement, one JSON object on stdout.
#[derive(Clone, Debug, Parser)]
pub struct Args {
    /// How the clients speak.
    #[arg(long)]
    pub dialect: Dialect,
    /// What they do.
    #[arg(long)]
    pub workload: Workload,
    /// Rooms of `cursors`.
    #[arg(long, default_value_t = 100)]
    pub rooms: usize,
    /// Members of each of these rooms.
    #[arg(long, default_value_t = 10)]
    pub members: usize,
    /// How often each member of `cursors` points in a second.
    #[arg(long, default_value_t = 20.0)]
    pub rate: f64,
    /// Seconds before a measurement, under the same load.
    #[arg(long, default_value_t = 2.0)]
    pub warmup: f64,
    /// Seconds of a measurement.
    #[arg(long, default_value_t = 8.0)]
    pub seconds: f64,
    /// Agents of `agents`.
    #[arg(long, default_value_t = 100)]
    pub agents: usize,
    /// How often they report in a second, all together.
    #[arg(long, default_value_t = 1_000.0)]
    pub updates: f64,
    /// Clients of the other workloads [default: idle 10000, join-storm 2000, mixed 1000, agents 10, else 1000]
    #[arg(long)]
    pub connections: Option<usize>,
    /// Handshakes under way at once.
    #[arg(long, default_value_t = 64)]
    pub at_once: usize,
    /// What chance decides is decided by this.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Processors of the server, such as `0` or `0,2`; without it all.
    #[arg(long)]
    pub server_cpu: Option<String>,
    /// Processors of the generator, which has one thread.
    #[arg(long)]
    pub load_cpu: Option<String>,
    /// Where the server listens; 0 takes a free port.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// The server's command. `{port}` in it is replaced; PORT is in its environment, too.
    #[arg(last = true, required = true)]
    pub server: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// All members of all rooms move.
    Cursors,
    /// Joined, and silent.
    Idle,
    /// As many joins as there can be.
    JoinStorm,
    /// Most lines are cut, and come back at once.
    DropReturn,
    /// The server is killed and started again.
    Restart,
    /// Many do different things.
    Mixed,
    /// Agents report, and dashboards follow them.
    Agents,
}

impl Workload {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cursors => "cursors",
            Self::Idle => "idle",
            Self::JoinStorm => "join-storm",
            Self::DropReturn => "drop-return",
            Self::Restart => "restart",
            Self::Mixed => "mixed",
            Self::Agents => "agents",
        }
    }

    const fn usual_connections(self) -> usize {
        match self {
            Self::Idle => 10_000,
            Self::JoinStorm => 2_000,
            Self::Agents => 10,
            _ => 1_000,
        }
    }
}

impl Args {
    pub fn connections(&self) -> usize {
        self.connections.unwrap_or_else(|| self.workload.usual_connections())
    }
}
