//! A bare epoll program that forwards updates: what servers are compared with.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use mio::net::TcpListener;
use presence_bench::forwarder::Forwarder;
use presence_bench::processor;

/// Forwards what each member of a room sends to the others; the room is the path of the upgrade. Of binary
/// messages those of one window become one message, texts stay messages of their own.
#[derive(Parser)]
struct Args {
    /// Where to listen, on 127.0.0.1.
    #[arg(long, env = "PORT")]
    port: u16,
    /// Milliseconds in which each recipient gets one write; 0 writes every update by itself.
    #[arg(long, default_value_t = 0.0)]
    window: f64,
    /// Reads sockets in batches, so many milliseconds apart; 0 reads what is ready.
    #[arg(long, default_value_t = 0.0)]
    read_every: f64,
}

fn main() -> ExitCode {
    match serve(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("raw-limit: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<()> {
    processor::raise_open_files()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
    Forwarder::new(listener, span("--window", args.window)?, span("--read-every", args.read_every)?)?.run()
}

fn span(name: &str, milliseconds: f64) -> Result<Option<Duration>> {
    let span = Duration::try_from_secs_f64(milliseconds / 1e3).with_context(|| format!("{name} is no duration"))?;
    Ok(Some(span).filter(|span| !span.is_zero()))
}
