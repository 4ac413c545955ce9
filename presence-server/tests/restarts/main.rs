//! What survives the end of the program, whether it was told to end, was killed, or its disk was full.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../harness/directory.rs"]
mod directory;
#[path = "../harness/process.rs"]
mod process;

mod reporter;

mod killed;
mod program;

// Another process's limits can be set on Linux only.
#[cfg(target_os = "linux")]
mod full_disk;
