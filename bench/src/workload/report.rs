//! The result's JSON.

use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::gauge::Used;
use crate::histogram::Histogram;

/// From this share of its processor on, a generator measures itself.
const BOUND: f64 = 0.9;

/// Figures of a workload, with what says how far they can be trusted.
pub fn report(args: &Args, used: &Used, figures: Value) -> Value {
    let mut report = Map::new();
    report.insert("dialect".to_owned(), json!(args.dialect.name()));
    report.insert("workload".to_owned(), json!(args.workload.name()));
    report.insert("parameters".to_owned(), parameters(args));
    report.insert("server_command".to_owned(), json!(args.server));
    if let Value::Object(figures) = figures {
        report.extend(figures);
    }
    let share = rounded(used.share(used.own.ran));
    report.insert("generator_share".to_owned(), json!(share));
    report.insert("generator_bound".to_owned(), json!(share >= BOUND));
    report.insert("generator_waiting_share".to_owned(), json!(rounded(used.share(used.own.waited))));
    report.insert("server_waiting_share".to_owned(), json!(rounded(used.share(used.server.waited))));
    Value::Object(report)
}

fn parameters(args: &Args) -> Value {
    json!({
        "rooms": args.rooms,
        "members": args.members,
        "rate": args.rate,
        "warmup": args.warmup,
        "seconds": args.seconds,
        "connections": args.connections(),
        "at_once": args.at_once,
        "seed": args.seed,
        "server_cpu": args.server_cpu,
        "load_cpu": args.load_cpu,
    })
}

/// Microseconds.
pub fn percentiles(histogram: &Histogram) -> Value {
    let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|share| histogram.quantile(share));
    json!({ "p50": p50, "p90": p90, "p99": p99, "max": histogram.max(), "count": histogram.count() })
}

/// To a ten-thousandth: more would be noise.
pub fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
