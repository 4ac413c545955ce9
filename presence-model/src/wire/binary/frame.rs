//! Frames inside a binary message: kind byte, length, body, one after another.
//! Readers skip kinds they do not know, so that new ones can be added.

use alloc::vec::Vec;

use crate::wire::binary::reader::Malformed;
use crate::wire::binary::varint::{read_varint, write_varint};

/// The subprotocol's name. Another meaning of a published frame would be `presence.v2`.
pub const SUBPROTOCOL: &str = "presence.v1";

/// The number a hello carries. Additions keep it.
pub const PROTOCOL: u16 = 1;

/// A message of this single byte only says that the line lives.
pub const KEEPALIVE: u8 = 0;

/// One frame as it lies in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub kind: u8,
    pub body: &'a [u8],
    /// All bytes of the frame, kind and length included.
    pub size: usize,
}

/// Appends one frame to a message.
pub fn write(message: &mut Vec<u8>, kind: u8, body: &[u8]) {
    message.push(kind);
    write_varint(message, body.len() as u64);
    message.extend_from_slice(body);
}

/// A message of one frame.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    write(&mut message, kind, body);
    message
}

/// Splits a message into its frames.
pub fn frames(message: &[u8]) -> Frames<'_> {
    Frames { rest: if message == [KEEPALIVE] { &[] } else { message } }
}

pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&kind, mut rest) = self.rest.split_first()?;
        let frame = read_varint(&mut rest)
            .and_then(|length| usize::try_from(length).ok())
            .and_then(|length| rest.split_at_checked(length))
            .map(|(body, rest)| {
                let size = self.rest.len() - rest.len();
                self.rest = rest;
                Frame { kind, body, size }
            });
        if frame.is_none() {
            self.rest = &[];
        }
        Some(frame.ok_or(Malformed::Length(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(bodies in proptest::collection::vec((1_u8..255, proptest::collection::vec(any::<u8>(), 0..300)), 0..5)) {
            let mut message = vec![];
            for (kind, body) in &bodies {
                write(&mut message, *kind, body);
            }
            let read: Vec<_> = frames(&message).map(|frame| frame.map(|f| (f.kind, f.body.to_vec())).unwrap()).collect();
            prop_assert_eq!(read, bodies);
        }

        #[test]
        fn no_bytes_make_the_reader_panic_or_loop(message in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(frames(&message).count() <= message.len());
        }
    }

    #[test]
    fn a_keepalive_holds_no_frame_and_a_cut_frame_is_an_error() {
        assert_eq!(frames(&[KEEPALIVE]).count(), 0);
        assert!(frames(&[7, 5, 1]).next().unwrap().is_err());
    }
}
