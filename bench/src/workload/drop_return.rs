//! Nearly everybody's line is cut, and everybody comes back at once. What do those see who stayed?

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::workload::report::{percentiles, report, rounded};
use crate::workload::stage::{PATIENCE, Stage};

const ROOM: usize = 50;
/// What a server has to tell of it, it tells in this time.
const AFTERMATH_US: u64 = 1_000_000;

pub fn run(args: &Args) -> Result<Value> {
    let clients = args.connections();
    let rooms = clients.div_ceil(ROOM);
    ensure!(clients > rooms, "clients that drop are needed beside one observer a room");
    let mut stage = Stage::set(args, clients, ROOM)?;
    stage.join_everybody(args)?;
    stage.crowd.run_until(stage.crowd.now() + AFTERMATH_US)?;

    let crowd = &mut stage.crowd;
    crowd.heard.restart();
    crowd.open_times = Histogram::default();
    // The first round of seats has one of each room: they stay.
    let dropped: Vec<usize> = (rooms..clients).collect();
    eprintln!("{} of {clients} lines are cut", dropped.len());
    let gauge = Gauge::start(&stage.server)?;
    crowd.observers = 0..rooms;
    for who in &dropped {
        crowd.cut(*who)?;
    }
    crowd.join_all(&dropped, args.at_once, PATIENCE)?;
    let used = gauge.read(&stage.server)?;
    crowd.run_until(crowd.now() + AFTERMATH_US)?;
    // What the server put off until all are in is part of what it cost.
    let settled = gauge.read(&stage.server)?;
    let heard = &crowd.heard;
    let figures = json!({
        "server_cpu_ms": rounded(settled.server_ms()),
        "wall_ms": rounded(used.wall_ms()),
        "dropped": dropped.len(),
        "observers": rooms,
        "observer_events": heard.comings + heard.leavings,
        "observer_joins": heard.comings,
        "observer_leaves": heard.leavings,
        "observer_changes": heard.changes,
        "join_latency_us": percentiles(&crowd.open_times),
    });
    Ok(report(args, &used, figures))
}
