//! WebSocket frames (RFC 6455): what comes in becomes messages, what goes out becomes frames. Nothing here waits or
//! writes; whoever reads gives the bytes, as many as there are.

use std::fmt;

/// Codes of RFC 6455, 7.4.1, with which a connection is closed whose other end breaks the rules.
pub mod close_code {
    /// The rules of frames.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// Text is UTF-8.
    pub const INVALID_TEXT: u16 = 1007;
    /// Messages have a limit.
    pub const MESSAGE_TOO_BIG: u16 = 1009;
}

/// A message of a control frame may have so many bytes.
pub const LONGEST_CONTROL: usize = 125;
/// The bit of the first byte that says that a message is compressed.
const COMPRESSED: u8 = 0x40;
/// So much room is made for a frame before its bytes are there, whatever it says of its length.
const FIRST_ROOM: usize = 64 * 1024;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// More of a message that has begun.
    Continuation = 0,
    /// The first or only frame of a text.
    Text = 1,
    /// The first or only frame of bytes.
    Binary = 2,
    /// The last frame of this direction.
    Close = 8,
    /// A question whether the other end is there.
    Ping = 9,
    /// The answer.
    Pong = 10,
}

impl Opcode {
    /// The opcode of a number, if it is one that RFC 6455 defines.
    pub fn from_number(number: u8) -> Option<Opcode> {
        Some(match number {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return None,
        })
    }

    /// Is it a frame about the connection, which may stand between the frames of a message?
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// A whole message.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// Text, which is UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Binary(Vec<u8>),
    /// A question whether this end is there.
    Ping(Vec<u8>),
    /// The answer to such a question, or none to any.
    Pong(Vec<u8>),
    /// The other end sends no more: with a code, if it has one, and a reason, which is UTF-8.
    Close(Option<u16>, Vec<u8>),
}

/// What has come in as a whole.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A message as it is.
    Message(Message),
    /// A text or bytes, as the opcode says, compressed (RFC 7692).
    Compressed(Opcode, Vec<u8>),
}

impl Message {
    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        match self {
            Message::Text(bytes) | Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
            Message::Close(_, reason) => reason.len(),
        }
    }

    /// A text or bytes, as the opcode says.
    pub fn of_payload(opcode: Opcode, payload: Vec<u8>) -> Result<Message, Failure> {
        if opcode != Opcode::Text {
            return Ok(Message::Binary(payload));
        }
        match std::str::from_utf8(&payload) {
            Ok(_) => Ok(Message::Text(payload)),
            Err(_) => Err(Failure::text()),
        }
    }
}

/// The other end has broken a rule: the code the connection is closed with, and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub code: u16,
    /// What is wrong.
    pub reason: String,
}

impl Failure {
    /// A rule of frames or of compression is broken.
    pub fn protocol(reason: impl Into<String>) -> Failure {
        Failure { code: close_code::PROTOCOL_ERROR, reason: reason.into() }
    }

    fn too_big(size: impl fmt::Display, limit: usize) -> Failure {
        let reason = format!("Message size {size} exceeds limit {limit}");
        Failure { code: close_code::MESSAGE_TOO_BIG, reason }
    }

    fn text() -> Failure {
        Failure { code: close_code::INVALID_TEXT, reason: "Invalid UTF-8 text message".into() }
    }
}

/// Which end this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What comes in is masked, what goes out is not.
    Server,
    /// The other way round.
    Client,
}

/// A frame whose head has come in.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    is_last: bool,
    is_compressed: bool,
    mask: Option<[u8; 4]>,
    /// How many bytes of it have come in and how many are to come.
    taken: usize,
    left: u64,
}

/// Makes messages of what comes in.
#[derive(Debug)]
pub struct MessageReader {
    role: Role,
    /// A message has fewer bytes than this; 0: as many as it wants.
    limit: usize,
    /// May messages be compressed?
    compresses: bool,
    /// The frame that is coming in.
    frame: Option<Frame>,
    /// What the message is that has begun and not ended, and whether it is compressed.
    begun: Option<(Opcode, bool)>,
    /// Its bytes so far.
    payload: Vec<u8>,
    /// The bytes of a control frame so far.
    control: Vec<u8>,
}

impl MessageReader {
    /// A reader of one end.
    pub fn new(role: Role, limit: usize, compresses: bool) -> MessageReader {
        MessageReader { role, limit, compresses, frame: None, begun: None, payload: Vec::new(), control: Vec::new() }
    }

    /// Reads up to the end of one message: how many bytes were used up, and the message if it is whole. Bytes that
    /// were not used up are to be given again, with more behind them.
    pub fn read(&mut self, input: &[u8]) -> Result<(usize, Option<Arrival>), Failure> {
        let mut used = 0;
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.head(&input[used..])? {
                    None => return Ok((used, None)),
                    Some((frame, length)) => {
                        used += length;
                        frame
                    }
                },
            };
            let available = &input[used..];
            let count = usize::try_from(frame.left).unwrap_or(usize::MAX).min(available.len());
            let target = if frame.opcode.is_control() { &mut self.control } else { &mut self.payload };
            take(target, &available[..count], &frame);
            used += count;
            frame.taken += count;
            frame.left -= count as u64;
            if frame.left > 0 {
                self.frame = Some(frame);
                return Ok((used, None));
            }
            if let Some(message) = self.finish(frame)? {
                return Ok((used, Some(message)));
            }
        }
    }

    /// The head of a frame and its length, if it is there as a whole. What is wrong with the first two bytes is found
    /// as soon as they are there.
    fn head(&self, input: &[u8]) -> Result<Option<(Frame, usize)>, Failure> {
        let &[first, second, ..] = input else { return Ok(None) };
        let frame = self.first_bytes(first, second)?;
        let (length, mut at) = match (second & 0x7F, input) {
            (126, &[_, _, a, b, ..]) => (u16::from_be_bytes([a, b]) as u64, 4),
            (127, &[_, _, a, b, c, d, e, f, g, h, ..]) => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), 10),
            (126 | 127, _) => return Ok(None),
            (length, _) => (length as u64, 2),
        };
        self.check_length(frame.opcode, length)?;
        let mut mask = None;
        if second & 0x80 != 0 {
            let &[a, b, c, d, ..] = &input[at..] else { return Ok(None) };
            mask = Some([a, b, c, d]);
            at += 4;
        }
        Ok(Some((Frame { mask, left: length, ..frame }, at)))
    }

    fn first_bytes(&self, first: u8, second: u8) -> Result<Frame, Failure> {
        let is_compressed = first & COMPRESSED != 0;
        if first & 0x30 != 0 || is_compressed && !self.compresses {
            return Err(reserved());
        }
        let Some(opcode) = Opcode::from_number(first & 0x0F) else {
            return Err(Failure::protocol(format!("Unexpected opcode={}", first & 0x0F)));
        };
        let is_last = first & 0x80 != 0;
        if opcode.is_control() && !is_last {
            return Err(Failure::protocol("Received fragmented control frame"));
        }
        if opcode.is_control() && usize::from(second & 0x7F) > LONGEST_CONTROL {
            return Err(Failure::protocol("Control frame payload cannot be larger than 125 bytes"));
        }
        match (self.role, second & 0x80 != 0) {
            (Role::Server, false) => return Err(Failure::protocol("Received frame without a mask")),
            (Role::Client, true) => return Err(Failure::protocol("Received frame with a mask")),
            _ => {}
        }
        match (opcode, self.begun) {
            (Opcode::Continuation, None) => {
                return Err(Failure::protocol("Continuation frame for non started message"));
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                let reason = format!("The opcode in non-fin frame is expected to be zero, got {}", opcode as u8);
                return Err(Failure::protocol(reason));
            }
            // The bit stands in the first frame of a message alone.
            (Opcode::Text | Opcode::Binary, None) => {}
            _ if is_compressed => return Err(reserved()),
            _ => {}
        }
        Ok(Frame { opcode, is_last, is_compressed, mask: None, taken: 0, left: 0 })
    }

    /// A message that would be too big is refused before its bytes come in.
    fn check_length(&self, opcode: Opcode, length: u64) -> Result<(), Failure> {
        if opcode.is_control() {
            return Ok(());
        }
        let size = length as u128 + self.payload.len() as u128;
        match (i64::try_from(length), self.limit) {
            (Err(_), 0) => Err(Failure::too_big(size, i64::MAX as usize)),
            (_, limit) if limit > 0 && size >= limit as u128 => Err(Failure::too_big(size, limit)),
            _ => Ok(()),
        }
    }

    /// A frame has come in: the message, if it is the last of one.
    fn finish(&mut self, frame: Frame) -> Result<Option<Arrival>, Failure> {
        if frame.opcode.is_control() {
            let payload = std::mem::take(&mut self.control);
            return control(frame.opcode, payload).map(|message| Some(Arrival::Message(message)));
        }
        let (kind, is_compressed) = self.begun.take().unwrap_or((frame.opcode, frame.is_compressed));
        if !frame.is_last {
            self.begun = Some((kind, is_compressed));
            return Ok(None);
        }
        let payload = std::mem::take(&mut self.payload);
        match is_compressed {
            true => Ok(Some(Arrival::Compressed(kind, payload))),
            false => Message::of_payload(kind, payload).map(|message| Some(Arrival::Message(message))),
        }
    }
}

fn reserved() -> Failure {
    Failure::protocol("Received frame with non-zero reserved bits")
}

fn control(opcode: Opcode, payload: Vec<u8>) -> Result<Message, Failure> {
    match opcode {
        Opcode::Close => close(payload),
        Opcode::Ping => Ok(Message::Ping(payload)),
        _ => Ok(Message::Pong(payload)),
    }
}

/// What a close frame says (RFC 6455, 5.5.1 and 7.4).
fn close(mut payload: Vec<u8>) -> Result<Message, Failure> {
    let code = match payload[..] {
        [] => return Ok(Message::Close(None, payload)),
        [_] => return Err(Failure::protocol("Invalid close frame: a code has two bytes")),
        [a, b, ..] => u16::from_be_bytes([a, b]),
    };
    if !is_close_code(code) {
        return Err(Failure::protocol(format!("Invalid close code: {code}")));
    }
    payload.drain(..2);
    match std::str::from_utf8(&payload) {
        Ok(_) => Ok(Message::Close(Some(code), payload)),
        Err(_) => Err(Failure::text()),
    }
}

/// May a close frame have this code? Those that only say how a connection ended, those that nobody has defined and those
/// beyond 4999 it may not.
pub fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Adds bytes of a frame without their mask.
fn take(target: &mut Vec<u8>, bytes: &[u8], frame: &Frame) {
    if frame.taken == 0 {
        target.reserve(usize::try_from(frame.left).unwrap_or(usize::MAX).min(FIRST_ROOM.max(bytes.len())));
    }
    let start = target.len();
    target.extend_from_slice(bytes);
    if let Some(mut mask) = frame.mask {
        mask.rotate_left(frame.taken % 4);
        apply_mask(&mut target[start..], mask);
    }
}

/// Masks bytes, or takes the mask off.
pub fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let word = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Says of the frame at the start of these bytes that its message is compressed.
pub fn mark_compressed(frame: &mut [u8]) {
    if let Some(first) = frame.first_mut() {
        *first |= COMPRESSED;
    }
}

/// Adds the head of a frame that is a whole message.
pub fn write_head(out: &mut Vec<u8>, opcode: Opcode, length: usize, mask: Option<[u8; 4]>) {
    out.push(0x80 | opcode as u8);
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match length {
        0..126 => out.push(masked | length as u8),
        126..0x1_0000 => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(mask.as_ref().map_or(&[], |mask| &mask[..]));
}

/// Adds a frame that is a whole message.
pub fn write_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) {
    write_head(out, opcode, payload.len(), mask);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(mask) = mask {
        apply_mask(&mut out[start..], mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame with any first byte.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_frame(&mut out, Opcode::Text, payload, Some(*b"abcd"));
        out[0] = first;
        out
    }

    /// Messages of bytes that come in pieces of a size.
    fn messages(input: &[u8], size: usize, limit: usize) -> Result<Vec<Message>, Failure> {
        let mut reader = MessageReader::new(Role::Server, limit, false);
        let (mut waiting, mut messages) = (Vec::new(), Vec::new());
        for piece in input.chunks(size) {
            waiting.extend_from_slice(piece);
            loop {
                let (used, message) = reader.read(&waiting)?;
                waiting.drain(..used);
                match message {
                    Some(Arrival::Message(message)) => messages.push(message),
                    Some(compressed) => panic!("{compressed:?}"),
                    None => break,
                }
            }
        }
        Ok(messages)
    }

    fn code_of(input: &[u8]) -> u16 {
        messages(input, 1, 50).map_or_else(|failure| failure.code, |_| 0)
    }

    #[test]
    fn messages_come_in_any_pieces() {
        let long = vec![b'x'; 70_000];
        let input = [
            frame(0x01, b"he"),
            frame(0x89, b"?"),
            frame(0x00, b""),
            frame(0x80, b"llo"),
            frame(0x82, &long[..300]),
            frame(0x82, &long),
            frame(0x88, b"\x03\xE8bye"),
        ]
        .concat();
        for size in [1, 2, 3, 7, 1000, input.len()] {
            let expected = vec![
                Message::Ping(b"?".to_vec()),
                Message::Text(b"hello".to_vec()),
                Message::Binary(long[..300].to_vec()),
                Message::Binary(long.clone()),
                Message::Close(Some(1000), b"bye".to_vec()),
            ];
            assert_eq!(messages(&input, size, 0).unwrap(), expected);
        }
    }

    #[test]
    fn broken_rules_have_their_codes() {
        let bytes = [0x81, 0x01, b'x'];
        assert_eq!(code_of(&bytes), close_code::PROTOCOL_ERROR, "no mask");
        for first in [0xC1, 0xA1, 0x91, 0x83, 0x87, 0x8B, 0x8F, 0x09, 0x80] {
            assert_eq!(code_of(&frame(first, b"x")), close_code::PROTOCOL_ERROR, "{first:x}");
        }
        assert_eq!(code_of(&frame(0x89, &[0; 126])), close_code::PROTOCOL_ERROR);
        assert_eq!(code_of(&[frame(0x01, b""), frame(0x81, b"")].concat()), close_code::PROTOCOL_ERROR);
        assert_eq!(code_of(&frame(0x81, b"\xFF")), close_code::INVALID_TEXT);
        assert_eq!(code_of(&frame(0x88, b"\x03\xE8\xFF")), close_code::INVALID_TEXT);
        assert_eq!(code_of(&frame(0x82, &[0; 50])), close_code::MESSAGE_TOO_BIG);
        assert_eq!(code_of(&[frame(0x02, &[0; 49]), frame(0x80, b"x")].concat()), close_code::MESSAGE_TOO_BIG);
        assert_eq!(code_of(b"\x82\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFabcd"), close_code::MESSAGE_TOO_BIG);
        for wrong in [0u16, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535] {
            assert_eq!(code_of(&frame(0x88, &wrong.to_be_bytes())), close_code::PROTOCOL_ERROR, "{wrong}");
        }
        assert_eq!(code_of(&frame(0x88, b"\x03")), close_code::PROTOCOL_ERROR);
    }

    #[test]
    fn only_the_first_frame_says_that_a_message_is_compressed() {
        let mut reader = MessageReader::new(Role::Server, 0, true);
        let input = [frame(0x41, b"ab"), frame(0x80, b"c")].concat();
        let expected = Arrival::Compressed(Opcode::Text, b"abc".to_vec());
        assert_eq!(reader.read(&input).unwrap(), (input.len(), Some(expected)));
        for wrong in [frame(0xC9, b""), [frame(0x41, b""), frame(0xC0, b"")].concat(), frame(0xA1, b"")] {
            let failure = MessageReader::new(Role::Server, 0, true).read(&wrong).unwrap_err();
            assert_eq!(failure.code, close_code::PROTOCOL_ERROR);
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|index| index as u8).collect();
            for (role, mask) in [(Role::Client, None), (Role::Server, Some([1, 2, 3, 4]))] {
                let mut out = Vec::new();
                write_frame(&mut out, Opcode::Binary, &payload, mask);
                let read = MessageReader::new(role, 0, false).read(&out).unwrap();
                assert_eq!(read, (out.len(), Some(Arrival::Message(Message::Binary(payload.clone())))));
            }
        }
    }
}
