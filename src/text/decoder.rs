//! Decoding of text that comes in pieces, for text files and streams.
//!
//! What a piece leaves incomplete is held back for the next one.

use super::codec::{CodecError, decode_into, mark, read_mark};
use super::encoding::{Encoding, Handler};

/// A decoder that takes its bytes in pieces, for text files and streams.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// The encoding; without its mark once that has been read.
    encoding: Encoding,
    handler: Handler,
    /// The start of a character whose rest has not come yet.
    pending: Vec<u8>,
    /// Whether the start of the text, where a mark may be, is behind.
    started: bool,
}

impl Decoder {
    /// A decoder at the start of a text.
    pub fn new(encoding: Encoding, handler: Handler) -> Decoder {
        Decoder { encoding, handler, pending: Vec::new(), started: false }
    }

    /// The bytes held back for a character not complete.
    pub fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// A decoder for a later place in the same text: what the mark told of it holds, nothing is pending.
    pub fn resumed(&self) -> Decoder {
        Decoder { pending: Vec::new(), started: true, ..self.clone() }
    }

    /// Decodes what these bytes complete; with `last` nothing is held back.
    pub fn feed(&mut self, bytes: &[u8], last: bool) -> Result<Vec<u8>, CodecError> {
        let joined;
        let mut bytes = bytes;
        if !self.pending.is_empty() {
            let mut all = std::mem::take(&mut self.pending);
            all.extend_from_slice(bytes);
            joined = all;
            bytes = &joined;
        }
        let whole = bytes;
        if !self.started {
            let mark = mark(self.encoding);
            // A mark is as long in the other byte order, which starts with its last byte or zero.
            if bytes.len() < mark.len() && !last {
                self.pending = bytes.to_vec();
                return Ok(Vec::new());
            }
            self.started = true;
            (self.encoding, bytes, _) = read_mark(self.encoding, bytes);
        }
        let skipped = whole.len() - bytes.len();
        let mut out = Vec::with_capacity(bytes.len());
        let taken = decode_into(bytes, self.encoding, self.handler, last, &mut out).map_err(|mut error| {
            error.start += skipped;
            error.end += skipped;
            error
        })?;
        self.pending = bytes[taken..].to_vec();
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding::Order;
    use super::*;

    #[test]
    fn text_in_pieces() {
        let mut decoder = Decoder::new(Encoding::Utf8, Handler::Strict);
        let text = "a😀é".as_bytes();
        let mut out = Vec::new();
        text.iter().for_each(|&byte| out.extend(decoder.feed(&[byte], false).unwrap()));
        assert_eq!(out, text);
        assert_eq!(decoder.feed(b"\xe2", false).unwrap(), b"");
        assert!(decoder.feed(b"", true).is_err());
        let mut decoder = Decoder::new(Encoding::Utf16(Order::Marked), Handler::Strict);
        let pieces: Vec<u8> =
            [&b"\xfe"[..], b"\xff\0", b"a"].iter().flat_map(|p| decoder.feed(p, false).unwrap()).collect();
        assert_eq!(pieces, b"a");
    }
}
