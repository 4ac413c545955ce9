//! The server over real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod agents;
mod backend;
mod crowded;
mod dashboards;
mod doors;
mod ends;
mod gateway;
mod gateway_list;
mod hidden;
mod http;
mod keys;
mod kleoz;
mod limits;
mod lines;
mod malformed;
mod origins;
mod people;
mod publishing;
mod rates;
mod renewal;
mod report;
mod rights;
mod rooms;
mod together;
mod tokens;
mod trpc;
