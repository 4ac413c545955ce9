//! One run, one measurement, one JSON object on stdout.

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use presence_bench::args::{Args, Workload};
use presence_bench::processor;
use presence_bench::workload::{agents, cursors, drop_return, idle, join_storm, mixed, restart};
use serde_json::Value;

fn main() -> ExitCode {
    match measure(&Args::parse()).and_then(|result| tell(&result)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("presence-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Result<Value> {
    processor::raise_open_files()?;
    if let Some(list) = &args.load_cpu {
        processor::pin(list)?;
    }
    match args.workload {
        Workload::Cursors => cursors::run(args),
        Workload::Idle => idle::run(args),
        Workload::JoinStorm => join_storm::run(args),
        Workload::DropReturn => drop_return::run(args),
        Workload::Restart => restart::run(args),
        Workload::Mixed => mixed::run(args),
        Workload::Agents => agents::run(args),
    }
}

fn tell(result: &Value) -> Result<()> {
    writeln!(stdout(), "{result}").context("writing the result")
}
