//! WebSocket (RFC 6455) without I/O: bytes to what a client says, and what it is told to bytes. A server's
//! side only, without extensions. Headers are tungstenite's; the rest keeps no buffer for an idle socket,
//! which no kept library does.

pub mod frame;
pub mod reader;
