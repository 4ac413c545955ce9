//! The client's half against a server that says what each test wants: what it sends, what it tells the
//! app, when it wakes. Every module below is a chapter of the specification.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod bench;
mod transcript;
mod words;

mod acks;
mod clock;
mod closes;
mod conversations;
mod cursors;
mod hello;
mod laws;
mod life;
mod presence;
mod reports;
mod restart;
mod rooms;
mod said;
mod tokens;
mod typing;
mod wishes;
