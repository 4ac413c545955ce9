//! The JSON dialects: text to command, event to text. Kleoz' list of who is here and Koko's rooms;
//! all doors of today understand the messages of both.
//!
//! Coming in: [`decode`]. Going out: [`encode`] for events, [`answer`] for what a door says by itself,
//! [`http`] for bodies of HTTP answers.

pub mod door;
pub mod time;

pub mod inbound;

pub(crate) mod plain;

pub(crate) mod body;
pub(crate) mod envelope;
pub(crate) mod fields;
pub mod hello;
mod privacy;
pub mod read_feeds;
pub mod read_reports;
pub(crate) mod read_rooms;

pub mod decode;

pub mod encoded;

pub mod answer;
mod presence;

pub mod feeds;

mod member_event;
pub(crate) mod room_view;
mod rooms;
mod watching;

pub mod encode;
pub mod http;
