//! How agents get in: one report from a hook of a coding agent, or a server of the Model Context Protocol that its
//! client starts. Both are clients of a presence server, and know nothing of it but what any client knows.
//! The files stand in reading order, and a file imports only from those above it.

pub mod address;
pub mod credential;
pub mod name;

pub mod hook;

pub mod trouble;

pub mod http;

pub mod report;

pub mod mcp;
