//! What a client's bytes say, frame by frame. Between two reads it keeps only what is not complete yet.

use std::io::Cursor;
use std::str;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use crate::websocket::frame::MAX_CONTROL;

/// The longest header: two bytes, a length of eight, a mask of four.
pub const LONGEST_HEADER: usize = 14;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    /// To be answered with the same payload.
    Ping(&'a [u8]),
    /// With the payload of the ping it answers.
    Pong(&'a [u8]),
    /// With the code the other end gave. Nothing counts after it.
    Close(Option<u16>),
}

/// How the other end breaks the protocol. What follows cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Protocol,
    TooBig,
    NotUtf8,
}

#[derive(Debug)]
pub struct Reader {
    /// The most that a frame may hold, and a message of several.
    most: usize,
    /// What was read and is not a whole frame, or was not asked for yet.
    rest: Vec<u8>,
    /// A message in fragments, as far as it is here.
    message: Option<Box<Fragments>>,
}

#[derive(Debug)]
struct Fragments {
    is_text: bool,
    is_whole: bool,
    bytes: Vec<u8>,
}

/// A frame's place among the bytes that were read.
struct Found {
    header: FrameHeader,
    start: usize,
    end: usize,
}

impl Reader {
    pub const fn new(most: usize) -> Self {
        Self { most, rest: Vec::new(), message: None }
    }

    /// Puts what was kept where the next bytes will be read behind it, and says how much that is. A buffer
    /// of `most` and [`LONGEST_HEADER`] bytes has place behind any frame that is not whole.
    pub fn resume(&mut self, buffer: &mut [u8]) -> usize {
        let rest = std::mem::take(&mut self.rest);
        buffer[..rest.len()].copy_from_slice(&rest);
        rest.len()
    }

    pub fn keep(&mut self, bytes: &[u8]) {
        self.rest = bytes.to_vec();
    }

    /// What is said next, and how many bytes it took; `None` when no more is complete. Not complete is all
    /// that `used` leaves, which the caller keeps.
    pub fn next<'a>(&'a mut self, bytes: &'a mut [u8], used: &mut usize) -> Result<Option<Heard<'a>>, Fault> {
        if self.message.as_ref().is_some_and(|message| message.is_whole) {
            self.message = None;
        }
        let found = loop {
            let Some(found) = self.find(&bytes[*used..])? else { return Ok(None) };
            let (start, end) = (*used + found.start, *used + found.end);
            *used = end;
            unmask(found.header.mask.ok_or(Fault::Protocol)?, &mut bytes[start..end]);
            let found = Found { header: found.header, start, end };
            // The first parts of a message say nothing yet.
            if self.gather(&found, &bytes[start..end])? {
                break found;
            }
        };
        let payload = &bytes[found.start..found.end];
        match (found.header.opcode, &self.message) {
            (OpCode::Control(Control::Ping), _) => Ok(Some(Heard::Ping(payload))),
            (OpCode::Control(Control::Pong), _) => Ok(Some(Heard::Pong(payload))),
            (OpCode::Control(_), _) => close(payload).map(|code| Some(Heard::Close(code))),
            (OpCode::Data(Data::Continue), Some(message)) => data(message.is_text, &message.bytes).map(Some),
            (OpCode::Data(opcode), _) => data(opcode == Data::Text, payload).map(Some),
        }
    }

    fn find(&self, bytes: &[u8]) -> Result<Option<Found>, Fault> {
        let mut cursor = Cursor::new(bytes);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Fault::Protocol)?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let is_control = matches!(header.opcode, OpCode::Control(_));
        let is_extended = header.rsv1 || header.rsv2 || header.rsv3;
        if is_extended || header.mask.is_none() || is_control && (!header.is_final || length > MAX_CONTROL as u64) {
            return Err(Fault::Protocol);
        }
        if length > self.most as u64 {
            return Err(Fault::TooBig);
        }
        let start = LONGEST_HEADER.min(cursor.position() as usize);
        let end = start + length as usize;
        Ok((end <= bytes.len()).then_some(Found { header, start, end }))
    }

    /// Keeps a fragment; true if what it belongs to is whole, as control frames and most messages are.
    fn gather(&mut self, found: &Found, payload: &[u8]) -> Result<bool, Fault> {
        let is_final = found.header.is_final;
        match (found.header.opcode, &mut self.message) {
            (OpCode::Control(_), _) => Ok(true),
            (OpCode::Data(Data::Continue), Some(message)) => {
                if message.bytes.len() + payload.len() > self.most {
                    return Err(Fault::TooBig);
                }
                message.bytes.extend_from_slice(payload);
                message.is_whole = is_final;
                Ok(is_final)
            }
            (OpCode::Data(Data::Continue), None) | (OpCode::Data(_), Some(_)) => Err(Fault::Protocol),
            (OpCode::Data(_), None) if is_final => Ok(true),
            (OpCode::Data(opcode), message @ None) => {
                let is_text = opcode == Data::Text;
                *message = Some(Box::new(Fragments { is_text, is_whole: false, bytes: payload.to_vec() }));
                Ok(false)
            }
        }
    }
}

fn data(is_text: bool, payload: &[u8]) -> Result<Heard<'_>, Fault> {
    if is_text {
        return str::from_utf8(payload).map(Heard::Text).map_err(|_| Fault::NotUtf8);
    }
    Ok(Heard::Binary(payload))
}

fn close(payload: &[u8]) -> Result<Option<u16>, Fault> {
    match *payload {
        [] => Ok(None),
        [_] => Err(Fault::Protocol),
        [high, low, ref reason @ ..] => {
            let code = u16::from_be_bytes([high, low]);
            if !CloseCode::from(code).is_allowed() {
                return Err(Fault::Protocol);
            }
            str::from_utf8(reason).map(|_| Some(code)).map_err(|_| Fault::NotUtf8)
        }
    }
}

fn unmask(mask: [u8; 4], payload: &mut [u8]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}
