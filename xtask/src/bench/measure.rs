//! One measurement: `presence-load`, called once, and the JSON object that it printed.

use std::fs::remove_dir_all;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::machine::Pinning;
use crate::bench::programs::{self, Programs};
use crate::bench::row::Row;
use crate::command::{command, output};

/// A measurement that takes so many times as long as it should is stopped; a slow peer may take some.
const PATIENCE: u32 = 8;
const LEAST_PATIENCE: u32 = 90;

/// Ports of servers: below those that the kernel gives to clients, of which there are thousands here.
const PORTS: std::ops::Range<u16> = 21_000..31_000;

pub(crate) fn once(row: &Row, seconds: u32, programs: &Programs, pinning: Pinning) -> Result<Value> {
    let (arguments, lasts) = programs::workload(row, seconds);
    // With us in the foreground an interrupt reaches it too; a server ends with its generator.
    let mut load = command("timeout");
    load.args(["--foreground", "--kill-after=10"]).arg((lasts * PATIENCE).max(LEAST_PATIENCE).to_string());
    load.arg(programs.load()).args(["--dialect", programs::dialect(row.server)]).args(arguments);
    for (name, value) in [("server-cpu", pinning.server), ("load-cpu", pinning.load)] {
        load.arg(format!("--{name}")).arg(value.to_string());
    }
    load.args(["--port", &free_port()?.to_string(), "--"]).args(programs.server(row.server));
    // Nobody begins with what another row left.
    match remove_dir_all(programs::data()) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    load.env("NODE_ENV", "production").envs(row.environment.iter().map(|(name, value)| (*name, value)));
    let text = output(&mut load)?;
    let line = text.lines().last().context("presence-load said nothing")?;
    let result: Value = serde_json::from_str(line).context("presence-load's last line is no JSON object")?;
    if !result.is_object() {
        bail!("presence-load's last line is no JSON object");
    }
    Ok(result)
}

/// A port that nobody has. Another one each time, for a server that ended may keep its own for a while.
fn free_port() -> Result<u16> {
    let first = PORTS.start + (std::process::id() % u32::from(PORTS.end - PORTS.start)) as u16;
    let mut candidates = (first..PORTS.end).chain(PORTS.start..first);
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    candidates.find(is_free).context("every port from 21,000 to 31,000 is taken")
}
