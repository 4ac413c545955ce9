//! Across restarts: what a store promises, who keeps the promise, and the thread that writes. The hub never waits for
//! any of it.

pub mod contract;

pub mod writer;
