//! Server and crowd, ready for a measurement.

use std::time::Duration;

use anyhow::Result;

use crate::args::Args;
use crate::crowd::Crowd;
use crate::server::Server;

/// How long clients may take until all are in.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stage {
    pub server: Server,
    pub crowd: Crowd,
}

impl Stage {
    /// A running server, and clients in rooms of this size who have not opened their sockets.
    pub fn set(args: &Args, clients: usize, room_size: usize) -> Result<Self> {
        let server = Server::start(&args.server, args.server_cpu.as_deref(), args.port)?;
        let mut crowd = Crowd::new(server.address, args.seed)?;
        crowd.seat(clients, 0..clients.div_ceil(room_size), |seat| args.dialect.client(seat))?;
        Ok(Self { server, crowd })
    }

    pub fn join_everybody(&mut self, args: &Args) -> Result<()> {
        let everybody: Vec<usize> = (0..self.crowd.len()).collect();
        eprintln!("{} clients join", everybody.len());
        self.crowd.join_all(&everybody, args.at_once, PATIENCE)?;
        self.crowd.start_beats();
        Ok(())
    }
}
