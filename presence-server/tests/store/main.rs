//! What survives a restart: what every store promises, how a database is opened, and the thread that writes.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../harness/process.rs"]
mod process;

mod changes;
mod directory;
mod reporter;

mod conformance;
mod opening;
mod pending;
mod writer;

mod killed;
mod program;

// Another process's limits can be set on Linux only.
#[cfg(target_os = "linux")]
mod full_disk;
