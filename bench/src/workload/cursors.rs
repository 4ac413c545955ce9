//! All members of all rooms point, evenly spread over time.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::crowd::Crowd;
use crate::gauge::Gauge;
use crate::schedule::Schedule;
use crate::workload::report::{percentiles, report, rounded};
use crate::workload::stage::Stage;

pub fn run(args: &Args) -> Result<Value> {
    let members = args.rooms * args.members;
    ensure!(args.rooms > 0 && args.members > 1 && args.rate > 0.0, "rooms, two members and a rate are needed");
    let mut stage = Stage::set(args, members, args.members)?;
    let empty = stage.server.memory()?.own;
    stage.join_everybody(args)?;
    let joined = stage.server.memory()?.own;

    let crowd = &mut stage.crowd;
    let mut moves = Schedule::new(crowd.now(), args.rate, members);
    eprintln!("warming up for {} s", args.warmup);
    let sent_before = point(crowd, &mut moves, args.warmup)?;
    let delivered_before = crowd.heard.deliveries;

    crowd.heard.restart();
    moves.take_latest();
    let bytes_before = crowd.bytes_received;
    eprintln!("measuring for {} s", args.seconds);
    let gauge = Gauge::start(&stage.server)?;
    let sent = point(crowd, &mut moves, args.seconds)?;
    let used = gauge.read(&stage.server)?;
    let bytes = crowd.bytes_received - bytes_before;
    let deliveries = crowd.heard.deliveries;
    let ages = percentiles(&crowd.heard.ages);
    settle(crowd)?;

    let heard = &crowd.heard;
    ensure!(heard.refusals == 0, "the server refused {} times{}", heard.refusals, crowd.complaint());
    let others = args.members as u64 - 1;
    let expected = sent * others;
    let never = ((sent_before + sent) * others).saturating_sub(delivered_before + heard.deliveries);
    let each = Some(deliveries).filter(|count| *count > 0).context("no update was delivered")? as f64;
    let behind = moves.take_latest();
    let figures = json!({
        "updates_sent": sent,
        "deliveries": deliveries,
        "expected_deliveries": expected,
        "never_delivered": never,
        "delivered_share": rounded(each / expected as f64),
        "server_cpu_us": used.server_us() as u64,
        "cpu_us_per_delivery": rounded(used.server_us() / each),
        "server_share": rounded(used.share(used.server.ran)),
        "bytes_per_delivery": rounded(bytes as f64 / each),
        "latency_us": ages,
        "behind_ms": rounded(behind as f64 / 1_000.0),
        "joined_kib": rounded(joined.saturating_sub(empty) as f64 / members as f64),
    });
    Ok(report(args, &used, figures))
}

/// Lets everybody point for so many seconds; returns how many updates were sent.
fn point(crowd: &mut Crowd, moves: &mut Schedule, seconds: f64) -> Result<u64> {
    let end = crowd.now() + (seconds * 1e6) as u64;
    let mut sent = 0;
    loop {
        let now = crowd.now();
        if now >= end {
            return Ok(sent);
        }
        // What comes is read now and then even while sends are late.
        for _ in 0..MOST_AT_ONCE {
            let Some(turn) = moves.take(now) else { break };
            crowd.say(turn.who, |client, out, heard| client.point(heard.stamp(), out))?;
            sent += 1;
        }
        crowd.turn(moves.next_due().min(end))?;
    }
}

const MOST_AT_ONCE: usize = 64;

/// Waits for what is under way. What comes to an end in no reasonable time is taken for never delivered.
fn settle(crowd: &mut Crowd) -> Result<()> {
    for _ in 0..MOST_STEPS {
        let before = crowd.heard.deliveries;
        crowd.run_until(crowd.now() + STEP_US)?;
        if crowd.heard.deliveries == before {
            break;
        }
    }
    Ok(())
}

const MOST_STEPS: u32 = 10;
const STEP_US: u64 = 300_000;
