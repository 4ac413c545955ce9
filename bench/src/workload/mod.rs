//! What clients do and what is measured of it: a file a workload.

pub mod report;
pub mod stage;

pub mod agents;
pub mod cursors;
pub mod drop_return;
pub mod idle;
pub mod join_storm;
pub mod mixed;
pub mod restart;
