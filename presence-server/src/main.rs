//! The program: arguments, logs, signals, and the one line on stdout that says where it listens.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use presence_server::args::Args;
use presence_server::config::{Config, environment};
use presence_server::serve::{check_address, serve};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: &Args) -> Result<()> {
    let config = Config::load(args.config.as_deref(), environment(), args.settings())?;
    start_logging(&config.log)?;
    check_address(config.listen)?;
    // Before the address is told: who reads it may send a signal at once.
    let shutdown = signals()?;
    let listener = bind(config.listen).await?;
    eprintln!("{DEVELOPMENT}");
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    serve(listener, config, shutdown).await?;
    Ok(())
}

const DEVELOPMENT: &str = "\
**********************************************************************
*  DEVELOPMENT MODE: no key is configured. Any token is taken as its *
*  user's name, and the server listens on this machine only.         *
**********************************************************************";

fn start_logging(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("`log` is no filter: {filter}"))?;
    let in_colour = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(in_colour).with_writer(io::stderr).init();
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{address} is in use by another program: end that one, or take another port with `--listen {}:0`, \
             where 0 stands for any free one",
            address.ip()
        ),
        _ => anyhow!(error).context(format!("cannot listen on {address}")),
    })
}

/// Completes when the process is asked to end.
#[cfg(unix)]
fn signals() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes when the process is asked to end.
#[cfg(not(unix))]
fn signals() -> Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
