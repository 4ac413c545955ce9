//! The server is killed and started again. When is everybody back, and what did they show meanwhile?

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::crowd::{Crowd, OnLoss};
use crate::dialect::choice::Dialect;
use crate::dialect::presence_session::SessionClient;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::server::Server;
use crate::workload::report::{percentiles, report, rounded};
use crate::workload::stage::{PATIENCE, Stage};

const ROOM: usize = 50;
const QUIET_US: u64 = 1_000_000;
/// Longer than Presence's clients keep entries of the server's last life.
const AFTERMATH_US: u64 = 12_000_000;
/// How often is looked whether the new server listens.
const LOOK_US: u64 = 1_000;

pub fn run(args: &Args) -> Result<Value> {
    let clients = args.connections();
    let rooms = clients.div_ceil(ROOM);
    ensure!(clients > 0, "a restart that nobody sees takes no time");
    let server = Server::start(&args.server, args.server_cpu.as_deref(), args.port)?;
    let mut crowd = Crowd::new(server.address, args.seed)?;
    crowd.seat(clients, 0..rooms, |seat| match args.dialect {
        Dialect::PresenceBinary => Ok(Box::new(SessionClient::new(seat).context("a seat's names are ids")?)),
        other => other.client(seat),
    })?;
    let mut stage = Stage { server, crowd };
    stage.join_everybody(args)?;
    stage.crowd.run_until(stage.crowd.now() + QUIET_US)?;

    let Stage { server, crowd } = &mut stage;
    crowd.heard.restart();
    crowd.open_times = Histogram::default();
    crowd.observers = 0..clients;
    crowd.on_loss = OnLoss::Return;
    eprintln!("the server is killed");
    let killed = crowd.now();
    server.start_again()?;
    let anew = Gauge::start(server)?;
    let mut listens = None;
    while crowd.joined() < clients || listens.is_none() {
        crowd.turn(crowd.now() + LOOK_US)?;
        if listens.is_none() && server.answers() {
            listens = Some(crowd.now());
        }
        server.ensure_alive()?;
        let waited = crowd.now() - killed;
        ensure!(
            u128::from(waited) < PATIENCE.as_micros(),
            "{} of {clients} clients are back after {} s{}",
            crowd.joined(),
            PATIENCE.as_secs(),
            crowd.complaint()
        );
    }
    let whole = crowd.now();
    let used = anew.read(server)?;
    eprintln!("all are back; {} s more show who is missed", AFTERMATH_US / 1_000_000);
    crowd.run_until(whole + AFTERMATH_US)?;
    let heard = &crowd.heard;
    ensure!(crowd.joined() == clients, "clients that were back have lost their lines again");
    let figures = json!({
        "whole_ms": rounded((whole - listens.unwrap_or(killed)) as f64 / 1e3),
        "from_kill_ms": rounded((whole - killed) as f64 / 1e3),
        "visible_flaps": heard.leavings,
        "shown_as_suspect": heard.changes,
        "server_cpu_ms": rounded(used.server_ms()),
        "join_latency_us": percentiles(&crowd.open_times),
        "attempts_lost": crowd.losses,
        "refusals": heard.refusals,
    });
    Ok(report(args, &used, figures))
}
