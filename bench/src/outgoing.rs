//! What a client has to say, as the bytes of its frames.

use crate::websocket::{BINARY, CLOSE, PONG, TEXT, write_masked};

/// Collected while a client speaks, and written in one piece.
#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
}

impl Outgoing {
    pub fn text(&mut self, message: &[u8]) {
        write_masked(&mut self.bytes, TEXT, message);
    }

    pub fn binary(&mut self, message: &[u8]) {
        write_masked(&mut self.bytes, BINARY, message);
    }

    pub fn pong(&mut self, payload: &[u8]) {
        write_masked(&mut self.bytes, PONG, payload);
    }

    pub fn close(&mut self, code: u16) {
        write_masked(&mut self.bytes, CLOSE, &code.to_be_bytes());
    }

    /// What is not a frame: the request for the upgrade.
    pub fn plain(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}
