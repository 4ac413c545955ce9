//! How clients speak: a file a dialect.

pub mod client;
#[cfg(test)]
mod said;

pub mod presence_binary;
pub mod presence_json;
pub mod presence_session;
pub mod raw;

pub mod socketio;
pub mod ws;
pub mod yjs;

pub mod hocuspocus;

pub mod choice;
