//! The server's body: sockets, HTTP, configuration, clock. What it decides it asks the hub.
//! The files stand in reading order, and a file imports only from those above it.

pub mod args;
pub mod clock;
pub mod logging;
pub mod secret;

pub mod config;

pub mod auth;
pub mod origin;
pub mod reply;

pub mod dialect;
pub mod farewell;
pub mod mailbox;
pub mod metrics;

pub mod directory;
pub mod router;

pub mod postman;
pub mod shard;

pub mod app;
pub mod debt;
pub mod identity;
pub mod outgoing;
pub mod pace;
pub mod pulse;
pub mod socket;

pub mod connection;

pub mod demo;
pub mod http;
pub mod upgrade;

pub mod ws;

pub mod routes;

pub mod serve;
