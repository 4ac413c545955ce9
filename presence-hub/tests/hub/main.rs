//! The hub as its users meet it: a stage with its own clock, a few people with sockets, and what each of
//! them is told, line by line. Every module below is a chapter of the specification.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod disk;
mod stage;
mod transcript;
mod visit;

mod doing;

mod asking;
mod rows;

mod agent_crowds;
mod agent_laws;
mod agents;
mod beacons;
mod broadcasts;
mod callers;
mod calls;
mod control;
mod conversations;
mod cursors;
mod features;
mod flush;
mod gateway;
mod grants;
mod instances;
mod invisible;
mod last_seen;
mod laws;
mod listing;
mod liveness;
mod message_laws;
mod messages;
mod mirror;
mod notifications;
mod openings;
mod overtaking;
mod own;
mod privacy;
mod readers;
mod returns;
mod room_laws;
mod rooms;
mod selection;
mod sessions;
mod shards;
mod status;
mod storms;
mod table;
mod turns;
mod typing;
mod unseen;
mod watching;
mod wishes;
