//! What agents and backends post over HTTP: bodies of JSON, whatever their `Content-Type` says, and answers in JSON.

pub mod posted;

pub mod agents;
pub mod people;
