//! The server over real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod doors;
mod ends;
mod gateway;
mod gateway_list;
mod http;
mod keys;
mod kleoz;
mod lines;
mod malformed;
mod origins;
mod rates;
mod renewal;
mod rights;
mod together;
mod tokens;
