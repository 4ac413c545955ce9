//! The harness of the tests that no single crate can hold: a server in this process, and clients of it.

pub mod client;
pub mod http;
pub mod server;

pub mod gateway;

pub mod knock;
pub mod tokens;
