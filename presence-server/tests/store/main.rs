//! What every store promises, how a database is opened, what waits for it, and the thread that writes.
//!
//! Nothing here starts a process: until it runs its program it would hold the lock of a directory that another test
//! has closed and opens again.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../harness/directory.rs"]
mod directory;

mod changes;

mod conformance;
mod opening;
mod pending;
mod writer;
