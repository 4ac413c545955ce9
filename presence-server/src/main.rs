//! The program: arguments, logs, signals, and the one line on stdout that says where it listens.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, anyhow};
use clap::Parser;
use presence_server::args::{Args, Command};
use presence_server::auth::mint::mint;
use presence_server::clock::wall_now;
use presence_server::config::{Config, environment};
use presence_server::logging;
use presence_server::serve::{check, serve};
use presence_server::store::kept::Kept;
use tokio::net::{TcpListener, TcpSocket};

fn main() -> ExitCode {
    let began = Instant::now();
    let args = Args::parse();
    let ended = match args.command {
        // Neither needs the server's settings, and a report has no time for a runtime.
        Some(Command::Report(reporting)) => return reporting.run(began),
        Some(Command::Mcp(serving)) => serving.run(),
        _ => run(&args),
    };
    match ended {
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
    if let Some(Command::Token(wanted)) = &args.command {
        writeln!(io::stdout(), "{}", mint(wanted, &config, wall_now())?)?;
        return Ok(());
    }
    logging::start(&config.log, io::stderr)?;
    check(&config, config.listen)?;
    // Before the address is told: who reads it may send a signal at once.
    let shutdown = signals()?;
    let listener = bind(config.listen)?;
    let kept = Kept::open(&config)?;
    if !config.has_key() {
        eprintln!("{DEVELOPMENT}");
    }
    if config.jwt_secret.as_ref().is_some_and(|secret| secret.expose().len() < SECRET_BYTES) {
        tracing::warn!("`jwt_secret` is shorter than {SECRET_BYTES} bytes: who has one token can guess it");
    }
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    serve(listener, config, kept, shutdown).await?;
    Ok(())
}

/// As long as what HS256 makes of it, and as its standard asks (RFC 7518).
const SECRET_BYTES: usize = 32;

const DEVELOPMENT: &str = "\
**********************************************************************
*  DEVELOPMENT MODE: no key is configured. Any token is taken as its *
*  user's name, and the server listens on this machine only.         *
**********************************************************************";

fn bind(address: SocketAddr) -> Result<TcpListener> {
    listen(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{address} is in use by another program: end that one, or take another port with `--listen {}:0`, \
             where 0 stands for any free one",
            address.ip()
        ),
        _ => anyhow!(error).context(format!("cannot listen on {address}")),
    })
}

/// How many may wait to be let in: with fewer places, of a crowd that returns after a restart many would be
/// told by nobody to try again, and wait for a second.
const BACKLOG: u32 = 4_096;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Otherwise the address of a server that was killed would be taken for a while.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
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
