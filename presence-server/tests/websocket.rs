//! Our reader of WebSocket frames against tungstenite's, which passes Autobahn's suite: the same bytes, cut
//! anywhere, say the same to both.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{self, Cursor, ErrorKind, Read, Write};

use presence_server::websocket::reader::{Fault, Heard, LONGEST_HEADER, Reader};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tungstenite::error::Error;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

const MOST: usize = 300;

/// What one side says a stream means, up to its end or its first fault.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
    Fault(Fault),
}

#[derive(Clone, Debug)]
struct Frame {
    first: u8,
    masked: bool,
    mask: [u8; 4],
    payload: Vec<u8>,
}

impl Frame {
    fn write(&self, bytes: &mut Vec<u8>) {
        let mask_bit = if self.masked { 0x80 } else { 0 };
        bytes.push(self.first);
        match self.payload.len() {
            short @ 0..=125 => bytes.push(mask_bit | short as u8),
            long => {
                bytes.push(mask_bit | 126);
                bytes.extend((long as u16).to_be_bytes());
            }
        }
        let mask = if self.masked { self.mask } else { [0; 4] };
        if self.masked {
            bytes.extend(mask);
        }
        bytes.extend(self.payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }
}

fn ours(stream: &[u8], cuts: &[usize]) -> Vec<Meaning> {
    let (mut reader, mut said) = (Reader::new(MOST), vec![]);
    let mut buffer = vec![0; MOST + LONGEST_HEADER + 64];
    let mut left = stream;
    for cut in cuts.iter().cycle() {
        let kept = reader.resume(&mut buffer);
        let size = (*cut).min(left.len()).min(buffer.len() - kept);
        buffer[kept..kept + size].copy_from_slice(&left[..size]);
        left = &left[size..];
        let (bytes, mut used) = (&mut buffer[..kept + size], 0);
        loop {
            said.push(match reader.next(bytes, &mut used) {
                Ok(Some(Heard::Text(text))) => Meaning::Text(text.to_owned()),
                Ok(Some(Heard::Binary(bytes))) => Meaning::Binary(bytes.to_owned()),
                Ok(Some(Heard::Ping(bytes))) => Meaning::Ping(bytes.to_owned()),
                Ok(Some(Heard::Pong(payload))) => Meaning::Pong(payload.to_vec()),
                Ok(Some(Heard::Close(code))) => Meaning::Close(code),
                Ok(None) => break,
                Err(fault) => Meaning::Fault(fault),
            });
            if matches!(said.last(), Some(Meaning::Close(_) | Meaning::Fault(_))) {
                return said;
            }
        }
        reader.keep(&bytes[used..]);
        if left.is_empty() && size == 0 {
            break;
        }
    }
    said
}

/// Reads what is there, and takes whatever is written.
struct Line(Cursor<Vec<u8>>);

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            size => Ok(size),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn theirs(stream: &[u8]) -> Vec<Meaning> {
    let config = WebSocketConfig::default().max_frame_size(Some(MOST)).max_message_size(Some(MOST));
    let line = Line(Cursor::new(stream.to_vec()));
    let (mut socket, mut said) = (WebSocket::from_raw_socket(line, Role::Server, Some(config)), vec![]);
    loop {
        said.push(match socket.read() {
            Ok(Message::Text(text)) => Meaning::Text(text.as_str().to_owned()),
            Ok(Message::Binary(bytes)) => Meaning::Binary(bytes.to_vec()),
            Ok(Message::Ping(bytes)) => Meaning::Ping(bytes.to_vec()),
            Ok(Message::Pong(payload)) => Meaning::Pong(payload.to_vec()),
            // It answers a code that may not be sent with 1002, as for any other fault.
            Ok(Message::Close(Some(frame)))
                if frame.code == CloseCode::Protocol && frame.reason == "Protocol violation" =>
            {
                Meaning::Fault(Fault::Protocol)
            }
            Ok(Message::Close(frame)) => Meaning::Close(frame.map(|frame| frame.code.into())),
            Ok(Message::Frame(_)) => unreachable!("it is never read"),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return said,
            Err(Error::Capacity(_)) => Meaning::Fault(Fault::TooBig),
            Err(Error::Utf8(_)) => Meaning::Fault(Fault::NotUtf8),
            Err(Error::Protocol(_)) => Meaning::Fault(Fault::Protocol),
            Err(other) => panic!("{other}"),
        });
        if matches!(said.last(), Some(Meaning::Close(_) | Meaning::Fault(_))) {
            return said;
        }
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[a-zäß☃]{0,40}".prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..20),
        1 => vec(Just(b'x'), 120..130),
        1 => vec(Just(b'x'), 290..310),
        2 => (select(vec![999_u16, 1000, 1001, 1004, 1005, 1006, 1010, 1016, 2999, 3000, 4001, 4999, 5000]), "[a-z]{0,9}")
            .prop_map(|(code, reason)| [&code.to_be_bytes(), reason.as_bytes()].concat()),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    let first = prop_oneof![
        10 => select(vec![0x81, 0x82, 0x81, 0x82, 0x01, 0x02, 0x00, 0x00, 0x80, 0x80, 0x89, 0x8a]),
        1 => select(vec![0x88, 0x88, 0x09, 0xc1, 0xa1, 0x91, 0x83, 0x8b, 0x8f]),
    ];
    (first, prop::bool::weighted(0.98), any::<[u8; 4]>(), payload()).prop_map(|(first, masked, mask, payload)| Frame {
        first,
        masked,
        mask,
        payload,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_same_bytes_say_the_same_to_both(frames in vec(frame(), 1..12), cuts in vec(1_usize..400, 1..6)) {
        let mut stream = vec![];
        frames.iter().for_each(|frame| frame.write(&mut stream));
        let (ours, theirs) = (ours(&stream, &cuts), theirs(&stream));
        let shared = ours.len().min(theirs.len());
        match (ours.get(shared.saturating_sub(1)), theirs.get(shared.saturating_sub(1))) {
            // A frame may have two faults, and the one who looks for another first finds that.
            (Some(Meaning::Fault(_)), Some(Meaning::Fault(_))) => {
                prop_assert_eq!(&ours[..shared - 1], &theirs[..shared - 1]);
                prop_assert_eq!(ours.len(), theirs.len());
            }
            // They look at each fragment's text, we at the whole, which may not be there yet.
            _ if theirs.last() == Some(&Meaning::Fault(Fault::NotUtf8)) => {
                let before = theirs.len() - 1;
                prop_assert!(ours.len() >= before && ours[..before] == theirs[..before], "{:?}\n{:?}", ours, theirs);
            }
            _ => prop_assert_eq!(ours, theirs),
        }
    }
}

#[test]
fn a_reader_is_not_disturbed_by_where_the_stream_is_cut() {
    let frames = [(0x01, "frag"), (0x89, "ping"), (0x00, "men"), (0x80, "ts"), (0x82, "whole")];
    let mut stream = vec![];
    for (first, payload) in frames {
        Frame { first, masked: true, mask: [1, 2, 3, 4], payload: payload.into() }.write(&mut stream);
    }
    Frame { first: 0x88, masked: true, mask: [9; 4], payload: 1001_u16.to_be_bytes().to_vec() }.write(&mut stream);
    let meaning = [
        Meaning::Ping(b"ping".to_vec()),
        Meaning::Text("fragments".to_owned()),
        Meaning::Binary(b"whole".to_vec()),
        Meaning::Close(Some(1001)),
    ];
    for cut in 1..=stream.len() {
        assert_eq!(ours(&stream, &[cut]), meaning, "{cut}");
    }
}
