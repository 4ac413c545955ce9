//! The server over real sockets.

mod doors;
mod ends;
mod http;
mod lines;
mod malformed;
mod origins;
mod together;
