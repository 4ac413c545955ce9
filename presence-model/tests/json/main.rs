//! The JSON dialects against the pages they come from, and against what no page has.
#![cfg(feature = "json")]

mod page;
mod samples;

mod both_levels;
mod incoming;
mod malformed;
mod outgoing;
