//! Koko's procedures as clients of tRPC 10 and 11 call them over HTTP: one at a time or several in a batch, without
//! a transformer. Translation, and nothing else: who may call, and what becomes of it, is decided elsewhere.

pub mod failure;

pub mod batch;
pub mod input;
pub mod procedure;

pub mod outcome;
