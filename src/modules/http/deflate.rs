//! permessage-deflate (RFC 7692): each message is compressed for itself, and may refer to those before it.

use std::ffi::c_int;

use libz_rs_sys::{Z_BEST_SPEED, Z_BUF_ERROR, Z_DEFAULT_STRATEGY, Z_DEFLATED, Z_FULL_FLUSH, Z_OK, Z_STREAM_END};
use libz_rs_sys::{Z_NO_FLUSH, Z_SYNC_FLUSH};

use crate::http::websocket::{Failure, close_code};
use crate::modules::zlib::stream::{Options, Step, Stream};

/// Every message ends with an empty block, of which these bytes are not sent.
const TAIL: &[u8] = b"\x00\x00\xFF\xFF";
/// So much output is made room for at once.
const ROOM: usize = 16 * 1024;
/// A message that ends its stream begins another; so often it may.
const MOST_STREAMS: usize = 64;
/// The window of what comes in may be as large as there is.
const WIDEST: c_int = 15;
const MEMORY_LEVEL: c_int = 8;

/// What one end keeps for compressing and decompressing.
pub(super) struct Deflate {
    /// The size of the window as a power of two.
    bits: c_int,
    /// Messages may refer to those before.
    keeps_window: bool,
    deflater: Option<Stream>,
    inflater: Option<Stream>,
}

impl Deflate {
    /// For a connection on which this was agreed.
    pub(super) fn new(bits: c_int, keeps_window: bool) -> Deflate {
        Deflate { bits, keeps_window, deflater: None, inflater: None }
    }

    /// The payload of a compressed message; None if there is no stream for it.
    pub(super) fn compress(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        if self.deflater.is_none() {
            self.deflater = deflater(self.bits);
        }
        let flush = if self.keeps_window { Z_SYNC_FLUSH } else { Z_FULL_FLUSH };
        Some(compress(self.deflater.as_mut()?, payload, flush))
    }

    /// The payload of a message that came compressed; longer than the limit it may not be, unless that is 0.
    pub(super) fn decompress(&mut self, payload: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
        let mut inflater = match self.inflater.take() {
            Some(inflater) => inflater,
            None => inflater()?,
        };
        let (mut out, mut streams) = (Vec::new(), 0);
        for piece in [payload, TAIL] {
            let mut rest = piece;
            loop {
                let step = step(&mut inflater, rest, &mut out, Z_SYNC_FLUSH);
                rest = &rest[step.read..];
                if limit > 0 && out.len() > limit {
                    return Err(too_big(format!("Decompressed message exceeds size limit {limit}")));
                }
                match step.code {
                    Z_STREAM_END if streams == MOST_STREAMS => {
                        return Err(too_big("Compressed message has too many deflate members".into()));
                    }
                    Z_STREAM_END => {
                        streams += 1;
                        inflater = self::inflater()?;
                    }
                    Z_OK | Z_BUF_ERROR => {}
                    _ => return Err(Failure::protocol("Compressed message is broken")),
                }
                if rest.is_empty() && step.written < ROOM || step.read == 0 && step.written == 0 {
                    break;
                }
            }
        }
        self.inflater = Some(inflater);
        Ok(out)
    }
}

/// The payload of a message that is compressed for itself alone; None if there is no stream of these bits.
pub(super) fn compress_alone(bits: c_int, payload: &[u8]) -> Option<Vec<u8>> {
    Some(compress(&mut deflater(bits)?, payload, Z_SYNC_FLUSH))
}

fn deflater(bits: c_int) -> Option<Stream> {
    Stream::deflate(&Options {
        level: Z_BEST_SPEED,
        method: Z_DEFLATED,
        window_bits: -bits,
        memory_level: MEMORY_LEVEL,
        strategy: Z_DEFAULT_STRATEGY,
    })
    .ok()
}

fn inflater() -> Result<Stream, Failure> {
    Stream::inflate(-WIDEST).map_err(|_| too_big("No memory is left for decompressing".into()))
}

fn too_big(reason: String) -> Failure {
    Failure { code: close_code::MESSAGE_TOO_BIG, reason }
}

fn compress(stream: &mut Stream, payload: &[u8], flush: c_int) -> Vec<u8> {
    if payload.is_empty() {
        // An empty block, as RFC 7692, 7.2.3.6 has it: two flushes in a row give nothing.
        return vec![0];
    }
    let (mut out, mut rest) = (Vec::new(), payload);
    loop {
        let step = step(stream, rest, &mut out, flush);
        rest = &rest[step.read..];
        if rest.is_empty() && step.written < ROOM || step.read == 0 && step.written == 0 {
            break;
        }
    }
    if out.ends_with(TAIL) {
        out.truncate(out.len() - TAIL.len());
    }
    out
}

/// One step, whose output is added.
fn step(stream: &mut Stream, input: &[u8], out: &mut Vec<u8>, flush: c_int) -> Step {
    let length = out.len();
    out.resize(length + ROOM, 0);
    // More than a step takes at once is not flushed yet.
    let flush = if u32::try_from(input.len()).is_ok() { flush } else { Z_NO_FLUSH };
    let step = stream.step(input, &mut out[length..], flush);
    out.truncate(length + step.written);
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|place| b"abcde"[place * place % 5]).collect()
    }

    #[test]
    fn messages_come_back_and_grow_shorter() {
        for keeps_window in [true, false] {
            let (mut this, mut other) = (Deflate::new(12, keeps_window), Deflate::new(15, true));
            for length in [5, 0, 100, 0, 0, 16_384, 70_000, 1] {
                let compressed = this.compress(&text(length)).unwrap();
                assert!(length < 100 || compressed.len() < length);
                assert_eq!(other.decompress(&compressed, 0).unwrap(), text(length));
            }
            let alone = compress_alone(9, &text(1000)).unwrap();
            assert_eq!(other.decompress(&alone, 1000).unwrap(), text(1000));
        }
    }

    #[test]
    fn bombs_and_broken_messages_are_refused() {
        let bomb = Deflate::new(15, true).compress(&vec![0; 1 << 20]).unwrap();
        let code = |payload: &[u8]| Deflate::new(15, true).decompress(payload, 1 << 19).unwrap_err().code;
        assert_eq!(code(&bomb), close_code::MESSAGE_TOO_BIG);
        assert_eq!(code(&[0xFF; 9]), close_code::PROTOCOL_ERROR);
        assert_eq!(code(&b"\x03\x00".repeat(1000)), close_code::MESSAGE_TOO_BIG);
    }
}
