//! The JSON dialects against the pages they come from, and against what no page has.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod holds;
mod page;
mod samples;

mod asked;
mod both_levels;
mod feeds;
mod incoming;
mod malformed;
mod outgoing;
mod watching;
