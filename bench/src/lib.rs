//! What presence costs: the parts of a load generator, in reading order.

pub mod histogram;
pub mod schedule;
pub mod stamp;

pub mod scan;
pub mod websocket;

pub mod heard;
pub mod outgoing;

pub mod dialect;

pub mod processor;
pub mod usage;

pub mod server;

pub mod line;

pub mod crowd;
pub mod forwarder;

pub mod args;
pub mod gauge;
pub mod workload;
