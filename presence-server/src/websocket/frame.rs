//! Frames as a server writes them: whole messages, without a mask.

use bytes::Bytes;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// A ping without a payload.
pub const PING: Bytes = Bytes::from_static(&[0x89, 0]);

/// The most that a control frame holds.
pub const MAX_CONTROL: usize = 125;

pub fn text(payload: &[u8]) -> Bytes {
    alone(OpCode::Data(Data::Text), payload)
}

/// A text frame of a payload that is in pieces.
pub fn text_of(pieces: &[&[u8]]) -> Bytes {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    let mut frame = Vec::with_capacity(length + LONGEST_HEADER);
    push_header(&mut frame, OpCode::Data(Data::Text), length);
    pieces.iter().for_each(|piece| frame.extend_from_slice(piece));
    frame.into()
}

pub fn binary(payload: &[u8]) -> Bytes {
    alone(OpCode::Data(Data::Binary), payload)
}

/// Appends a text frame to others.
pub fn push_text(frames: &mut Vec<u8>, payload: &[u8]) {
    push(frames, OpCode::Data(Data::Text), payload);
}

/// A ping that shows, answered, that what was written before it was read.
pub fn ping(mark: u64) -> Bytes {
    alone(OpCode::Control(Control::Ping), &mark.to_be_bytes())
}

/// `payload` is a ping's, so it fits.
pub fn pong(payload: &[u8]) -> Bytes {
    alone(OpCode::Control(Control::Pong), payload)
}

/// Without a code it answers a close frame that has none.
pub fn close(code: Option<u16>, reason: &str) -> Bytes {
    let mut payload = code.map(u16::to_be_bytes).map_or_else(Vec::new, |code| code.to_vec());
    if code.is_some() {
        payload.extend_from_slice(reason.as_bytes());
    }
    debug_assert!(payload.len() <= MAX_CONTROL, "our reasons are short");
    alone(OpCode::Control(Control::Close), &payload)
}

fn alone(opcode: OpCode, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(payload.len() + LONGEST_HEADER);
    push(&mut frame, opcode, payload);
    frame.into()
}

/// Two bytes and a length of eight.
const LONGEST_HEADER: usize = 10;

fn push(frames: &mut Vec<u8>, opcode: OpCode, payload: &[u8]) {
    push_header(frames, opcode, payload.len());
    frames.extend_from_slice(payload);
}

fn push_header(frames: &mut Vec<u8>, opcode: OpCode, length: usize) {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    header.format(length as u64, frames).expect("memory takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_shortest_header() {
        assert_eq!(&text(b"hi")[..], b"\x81\x02hi");
        assert_eq!(&binary(&[7; 126])[..4], &[0x82, 126, 0, 126]);
        assert_eq!(&binary(&vec![7; 65_536])[..10], &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(&pong(b"x")[..], b"\x8a\x01x");
        assert_eq!(&close(Some(1000), "bye")[..], b"\x88\x05\x03\xe8bye");
        assert_eq!(&close(None, "unsaid")[..], b"\x88\x00");
        assert_eq!(text_of(&[b"h", b"i"]), text(b"hi"));
        let mut two = text(b"a").to_vec();
        push_text(&mut two, b"b");
        assert_eq!(two, b"\x81\x01a\x81\x01b");
    }
}
