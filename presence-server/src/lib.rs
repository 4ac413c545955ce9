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

pub mod websocket;

pub mod farewell;

pub mod dialect;
pub mod ending;
pub mod metrics;

pub mod place;
pub mod router;

pub mod calls;

pub mod store;

pub mod backend;
pub mod own;
pub mod quotas;

pub mod app;
pub mod identity;
pub mod pace;
pub mod pulse;

pub mod gateway;

pub mod connection;

pub mod callers;
pub mod upgrade;

pub mod ws;

pub mod shard;

pub mod admission;
pub mod body;

pub mod posting;

pub mod byte_range;
pub mod demo;
pub mod http;
pub mod trpc;

pub mod routes;

pub mod serve;
