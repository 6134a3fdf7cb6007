//! Bodies: which of the bytes that come in belong to one, and where it ends.

use crate::http::head::{Framing, Refusal};

/// The longest line of a size of a chunk, and all trailing fields together.
const LONGEST_LINE: usize = 4096;

/// What is left of a body.
#[derive(Debug)]
pub struct BodyDecoder {
    state: State,
    /// Of the trailing fields.
    trailer: usize,
}

#[derive(Debug)]
enum State {
    Plain(u64),
    UntilClose,
    Size,
    Chunk(u64),
    ChunkEnd,
    Trailer,
    Done,
}

impl BodyDecoder {
    /// A decoder at the start of a body.
    pub fn new(framing: Framing) -> BodyDecoder {
        let state = match framing {
            Framing::None => State::Done,
            Framing::Length(length) => State::Plain(length),
            Framing::Chunked => State::Size,
            Framing::UntilClose => State::UntilClose,
        };
        BodyDecoder { state, trailer: 0 }
    }

    /// Has the body ended?
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Does the body end with the connection?
    pub fn ends_with_connection(&self) -> bool {
        matches!(self.state, State::UntilClose)
    }

    /// How many bytes are left, if that is known.
    pub fn left(&self) -> Option<u64> {
        match self.state {
            State::Plain(length) => Some(length),
            State::Done => Some(0),
            _ => None,
        }
    }

    /// Adds what belongs to the body to `out`: how many bytes were used up.
    pub fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Refusal> {
        let mut used = 0;
        loop {
            let left = &input[used..];
            match &mut self.state {
                State::Done => return Ok(used),
                State::UntilClose => {
                    out.extend_from_slice(left);
                    return Ok(input.len());
                }
                State::Plain(length) | State::Chunk(length) => {
                    let count = usize::try_from(*length).unwrap_or(usize::MAX).min(left.len());
                    out.extend_from_slice(&left[..count]);
                    used += count;
                    *length -= count as u64;
                    if *length > 0 {
                        return Ok(used);
                    }
                    self.state = if matches!(self.state, State::Plain(_)) { State::Done } else { State::ChunkEnd };
                }
                State::Size => match line(left)? {
                    None => return Ok(used),
                    Some((size, count)) => {
                        used += count;
                        self.state = match chunk_size(size)? {
                            0 => State::Trailer,
                            size => State::Chunk(size),
                        };
                    }
                },
                State::ChunkEnd => match left {
                    [b'\r', b'\n', ..] => {
                        used += 2;
                        self.state = State::Size;
                    }
                    [] | [b'\r'] => return Ok(used),
                    _ => return Err(Refusal::malformed("A chunk must end with CR LF")),
                },
                State::Trailer => match line(left)? {
                    None => return Ok(used),
                    Some((field, count)) => {
                        used += count;
                        self.trailer += count;
                        if self.trailer > LONGEST_LINE {
                            return Err(Refusal::malformed("The trailing fields are too long"));
                        }
                        if field.is_empty() {
                            self.state = State::Done;
                        }
                    }
                },
            }
        }
    }
}

/// The first line without its end, and how many bytes it has with it.
fn line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, Refusal> {
    match memchr::memchr(b'\n', bytes) {
        Some(at) if at > 0 && bytes[at - 1] == b'\r' && at <= LONGEST_LINE => {
            match memchr::memchr(b'\r', &bytes[..at - 1]) {
                None => Ok(Some((&bytes[..at - 1], at + 1))),
                Some(_) => Err(Refusal::malformed("A line must end with CR LF")),
            }
        }
        Some(at) if at <= LONGEST_LINE => Err(Refusal::malformed("A line must end with CR LF")),
        None if bytes.len() <= LONGEST_LINE => Ok(None),
        _ => Err(Refusal::malformed("A line of a chunked body is too long")),
    }
}

/// The size of a chunk: hexadecimal digits, and extensions that mean nothing here.
fn chunk_size(line: &[u8]) -> Result<u64, Refusal> {
    const WRONG: Refusal = Refusal::malformed("Invalid size of a chunk");
    let digits = line.split(|&byte| byte == b';').next().unwrap_or(line);
    let digits = if digits.len() == line.len() { digits } else { digits.trim_ascii_end() };
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(WRONG);
    }
    std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok()).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, bool, Vec<u8>), Refusal> {
        let (mut decoder, mut out, mut input) = (BodyDecoder::new(framing), Vec::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            let used = decoder.decode(&input, &mut out)?;
            input.drain(..used);
        }
        Ok((out, decoder.is_done(), input))
    }

    #[test]
    fn chunks_come_in_any_pieces() {
        let whole = b"4;a=b\r\nWiki\r\n5\r\npedia\r\n0\r\nX: y\r\n\r\nGET";
        let bytes: Vec<&[u8]> = whole.chunks(1).collect();
        for pieces in [vec![&whole[..]], bytes] {
            assert_eq!(decode(Framing::Chunked, &pieces).unwrap(), (b"Wikipedia".to_vec(), true, b"GET".to_vec()));
        }
    }

    #[test]
    fn a_length_ends_a_body() {
        let (out, done, rest) = decode(Framing::Length(3), &[b"ab", b"cd"]).unwrap();
        assert_eq!((out.as_slice(), done, rest.as_slice()), (&b"abc"[..], true, &b"d"[..]));
    }

    #[test]
    fn bad_chunks_are_refused() {
        for text in ["g\r\n", "\r\n", "-1\r\n", "0x1\r\n", "1\nab", "1\r\nab", "1 \r\na\r\n", "ffffffffffffffff\r\n"] {
            assert!(decode(Framing::Chunked, &[text.as_bytes()]).is_err(), "{text:?}");
        }
    }
}
