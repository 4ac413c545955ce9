//! Many are in rooms of ten, and nobody does anything.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::gauge::Gauge;
use crate::workload::report::{report, rounded};
use crate::workload::stage::Stage;

const ROOM: usize = 10;
/// Memory is looked at once a second, at most so often.
const LOOKS: u32 = 10;
/// It has settled when so many looks in a row show the same, to a hundredth.
const SAME_LOOKS: u32 = 3;

pub fn run(args: &Args) -> Result<Value> {
    let clients = args.connections();
    ensure!(clients > 0, "an idle crowd has members");
    let mut stage = Stage::set(args, clients, ROOM)?;
    let empty = stage.server.memory()?;
    let gauge = Gauge::start(&stage.server)?;
    stage.join_everybody(args)?;
    let joined = stage.server.memory()?;

    let (mut settled, mut same) = (joined, 0);
    for _ in 0..LOOKS {
        stage.crowd.run_until(stage.crowd.now() + 1_000_000)?;
        let now = stage.server.memory()?;
        same = if now.own.abs_diff(settled.own) * 100 < settled.own { same + 1 } else { 0 };
        settled = now;
        if same == SAME_LOOKS {
            break;
        }
    }
    let used = gauge.read(&stage.server)?;
    let figures = json!({
        "kib_per_connection": rounded(settled.own.saturating_sub(empty.own) as f64 / clients as f64),
        "rss_kib": settled.resident,
        "rss_joined_kib": joined.resident,
        "rss_empty_kib": empty.resident,
    });
    Ok(report(args, &used, figures))
}
