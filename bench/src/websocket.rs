//! As much of WebSocket as a measurement needs: whole frames, read where they lie.

/// What a frame holds.
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const MASK_BYTES: usize = 4;

/// A frame at the front of what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub opcode: u8,
    pub is_final: bool,
    pub mask: Option<[u8; MASK_BYTES]>,
    /// Where its payload lies.
    pub start: usize,
    pub end: usize,
}

/// Looks at the front of what was received; `None` while it is not whole.
pub fn front(bytes: &[u8]) -> Option<Frame> {
    let [first, second, rest @ ..] = bytes else { return None };
    let (length, rest) = match second & !MASKED {
        126 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from(u16::from_be_bytes(*bytes)), rest))?,
        127 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from_be_bytes(*bytes), rest))?,
        short => (u64::from(short), rest),
    };
    let (mask, rest) = match second & MASKED {
        0 => (None, rest),
        _ => rest.split_first_chunk().map(|(mask, rest)| (Some(*mask), rest))?,
    };
    let start = bytes.len() - rest.len();
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    (end <= bytes.len()).then_some(Frame { opcode: first & 0x0f, is_final: first & FINAL != 0, mask, start, end })
}

/// Appends a client's frame. Its mask is zero, which the standard allows and which leaves the payload as it is.
pub fn write_masked(to: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    write_header(to, opcode, payload.len(), MASKED);
    to.extend_from_slice(&[0; MASK_BYTES]);
    to.extend_from_slice(payload);
}

/// Appends the header of a server's frame; the payload follows.
pub fn write_server_header(to: &mut Vec<u8>, opcode: u8, length: usize) {
    write_header(to, opcode, length, 0);
}

fn write_header(to: &mut Vec<u8>, opcode: u8, length: usize, masked: u8) {
    to.push(FINAL | opcode);
    if length < 126 {
        to.push(masked | length as u8);
    } else if let Ok(length) = u16::try_from(length) {
        to.push(masked | 126);
        to.extend_from_slice(&length.to_be_bytes());
    } else {
        to.push(masked | 127);
        to.extend_from_slice(&(length as u64).to_be_bytes());
    }
}

/// Takes a client's mask off a payload.
pub fn unmask(payload: &mut [u8], mask: [u8; MASK_BYTES]) {
    if mask != [0; MASK_BYTES] {
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_come_back_and_are_not_read_before_they_are_whole() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let payload = vec![7; length];
            let mut bytes = vec![];
            write_masked(&mut bytes, BINARY, &payload);
            let frame = front(&bytes).unwrap();
            assert_eq!((frame.opcode, frame.is_final, frame.mask), (BINARY, true, Some([0; 4])));
            assert_eq!(bytes[frame.start..frame.end], payload);
            for cut in [1, 2, 5, 13].into_iter().filter(|cut| *cut < bytes.len()) {
                assert_eq!(front(&bytes[..bytes.len() - cut]), None, "{length} without {cut}");
            }

            let mut bytes = vec![];
            write_server_header(&mut bytes, TEXT, length);
            bytes.extend_from_slice(&payload);
            bytes.push(0x81);
            let frame = front(&bytes).unwrap();
            assert_eq!((frame.opcode, frame.mask, frame.end), (TEXT, None, bytes.len() - 1));
        }
        assert_eq!(front(&[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]), None);
    }

    #[test]
    fn a_mask_comes_off() {
        let mut payload = *b"presence";
        unmask(&mut payload, [1, 2, 3, 4]);
        assert_ne!(&payload, b"presence");
        unmask(&mut payload, [1, 2, 3, 4]);
        assert_eq!(&payload, b"presence");
    }
}
