//! The hub as its users meet it: a stage with its own clock, a few people with sockets, and what each of
//! them is told, line by line. Every module below is a chapter of the specification.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod stage;
mod transcript;
mod visit;

mod rows;

mod beacons;
mod conversations;
mod cursors;
mod flush;
mod gateway;
mod grants;
mod instances;
mod laws;
mod listing;
mod liveness;
mod mirror;
mod own;
mod readers;
mod returns;
mod rooms;
mod sessions;
mod shards;
mod status;
mod storms;
mod table;
mod typing;
mod wishes;
