//! Across restarts: what a store promises, who keeps the promise, and the thread that writes. The hub never waits for
//! any of it.

pub mod contract;

pub mod memory;

mod opening;
mod rows;
mod schema;

pub mod sqlite;

pub mod pending;

pub mod writer;

pub mod kept;
