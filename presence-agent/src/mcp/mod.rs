//! `mcp`: what an agent is offered over the Model Context Protocol, on stdin and stdout.

pub mod arguments;
pub mod tools;

pub mod roster;

pub mod who;

pub mod again;
pub mod line;
pub mod words;

pub mod keeper;

pub mod session;

pub mod calls;

pub mod handler;

pub mod serve;
