//! In tests: a dialect's client without a socket, and what it said.

use crate::dialect::client::{Client, Message};
use crate::heard::Heard;
use crate::outgoing::Outgoing;
use crate::stamp::Stamp;
use crate::websocket::{self, BINARY, TEXT};

pub(crate) struct Said<C> {
    client: C,
    out: Outgoing,
    pub(crate) heard: Heard,
}

impl<C: Client> Said<C> {
    pub(crate) fn by(client: C) -> Self {
        Self { client, out: Outgoing::default(), heard: Heard { is_watching: true, ..Heard::default() } }
    }

    pub(crate) fn opens(&mut self) {
        self.client.opened(&mut self.out, &mut self.heard);
    }

    pub(crate) fn hears(&mut self, message: Message<'_>) {
        self.client.hear(message, &mut self.out, &mut self.heard);
    }

    pub(crate) fn points(&mut self, stamp: Stamp) {
        self.client.point(stamp, &mut self.out);
    }

    pub(crate) fn beats(&mut self) {
        self.client.beat(&mut self.out, &mut self.heard);
    }

    /// What was said since this was last asked.
    pub(crate) fn texts(&mut self) -> Vec<String> {
        self.take(TEXT).into_iter().map(|text| String::from_utf8(text).unwrap()).collect()
    }

    pub(crate) fn binaries(&mut self) -> Vec<Vec<u8>> {
        self.take(BINARY)
    }

    fn take(&mut self, opcode: u8) -> Vec<Vec<u8>> {
        let mut rest = self.out.bytes();
        let mut payloads = vec![];
        while let Some(frame) = websocket::front(rest) {
            assert_eq!(frame.opcode, opcode);
            payloads.push(rest[frame.start..frame.end].to_vec());
            rest = &rest[frame.end..];
        }
        assert!(rest.is_empty());
        self.out.clear();
        payloads
    }
}

/// Bytes written in hexadecimal.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.as_chunks::<2>().0.iter().map(byte).collect()
}
