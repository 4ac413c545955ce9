//! Many come at once, into rooms of fifty.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::workload::report::{percentiles, report, rounded};
use crate::workload::stage::{PATIENCE, Stage};

const ROOM: usize = 50;
/// What is told of those who came is told by then.
const AFTERMATH_US: u64 = 1_000_000;
/// Who come before, so that the server has done each thing once.
const WARM: usize = 200;

pub fn run(args: &Args) -> Result<Value> {
    let clients = args.connections();
    ensure!(clients > 0, "a storm has clients");
    let warm = WARM.div_ceil(ROOM) * ROOM;
    let mut stage = Stage::set(args, clients, ROOM)?;
    let rooms = clients.div_ceil(ROOM);
    stage.crowd.seat(warm, rooms..rooms + warm / ROOM, |seat| args.dialect.client(seat))?;
    let early: Vec<usize> = (clients..clients + warm).collect();
    stage.crowd.join_all(&early, args.at_once, PATIENCE)?;

    stage.crowd.open_times = Histogram::default();
    let storm: Vec<usize> = (0..clients).collect();
    eprintln!("{clients} clients join, {} at once", args.at_once);
    let gauge = Gauge::start(&stage.server)?;
    stage.crowd.join_all(&storm, args.at_once, PATIENCE)?;
    let used = gauge.read(&stage.server)?;
    stage.crowd.run_until(stage.crowd.now() + AFTERMATH_US)?;
    // What the server put off until all are in is part of what it cost.
    let settled = gauge.read(&stage.server)?;
    let figures = json!({
        "cpu_us_per_client": rounded(settled.server_us() / clients as f64),
        "wall_ms": rounded(used.wall_ms()),
        "server_share": rounded(used.share(used.server.ran)),
        "join_latency_us": percentiles(&stage.crowd.open_times),
    });
    Ok(report(args, &used, figures))
}
