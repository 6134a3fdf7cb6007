//! Feeding a stream piece by piece, so that a long input or a bomb holds up neither Ctrl-C nor the limits.

use std::ffi::c_int;

use libz_rs_sys::{Z_BUF_ERROR, Z_NEED_DICT, Z_NO_FLUSH, Z_OK, Z_STREAM_END};

use crate::object::context::Context;
use crate::object::native::Stop;

use super::module::failure;
use super::stream::{Step, Stream};

/// The output has room for as much as there is already, within these bounds.
const LEAST: usize = 1 << 14;
const MOST: usize = 1 << 18;

/// How many bytes are worth a step of the program.
const BYTES_PER_STEP: usize = 64;

/// What came of feeding a stream.
pub struct Fed {
    /// What it put out.
    pub output: Vec<u8>,
    /// How much of the input it took.
    pub read: usize,
    /// `Z_OK`, `Z_STREAM_END`, or the error that ended it.
    pub code: c_int,
}

impl Fed {
    const NOTHING: Fed = Fed { output: Vec::new(), read: 0, code: Z_OK };

    /// One step: of the input that is left, and into new room for so many bytes.
    fn step(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        input: &[u8],
        room: usize,
        flush: c_int,
    ) -> Result<Step, Stop> {
        let length = self.output.len();
        cx.reserve(room)?;
        self.output.resize(length + room, 0);
        let step = stream.step(input, &mut self.output[length..], flush);
        self.output.truncate(length + step.written);
        self.read += step.read;
        self.code = step.code;
        cx.tick((step.read + step.written) / BYTES_PER_STEP + 1)?;
        Ok(step)
    }

    fn room(&self) -> usize {
        self.output.len().clamp(LEAST, MOST)
    }
}

fn is_error(code: c_int) -> bool {
    !matches!(code, Z_OK | Z_STREAM_END | Z_BUF_ERROR)
}

/// Compresses all of the input and flushes what is asked for.
pub fn compress(cx: &mut Context, stream: &mut Stream, input: &[u8], flush: c_int) -> Result<Fed, Stop> {
    let mut fed = Fed::NOTHING;
    loop {
        let rest = &input[fed.read..];
        let piece = &rest[..rest.len().min(MOST)];
        let is_last = piece.len() == rest.len();
        let room = fed.room();
        let step = fed.step(cx, stream, piece, room, if is_last { flush } else { Z_NO_FLUSH })?;
        let is_done = fed.read == input.len() && step.written < room;
        let is_stuck = step.read == 0 && step.written == 0;
        if is_done || is_stuck || is_error(fed.code) || fed.code == Z_STREAM_END {
            return Ok(fed);
        }
    }
}

/// Decompresses until the stream ends, the input does, or the output has so many bytes. The dictionary is what the
/// stream may turn out to need.
pub fn decompress(
    cx: &mut Context,
    stream: &mut Stream,
    input: &[u8],
    flush: c_int,
    limit: usize,
    dictionary: Option<&[u8]>,
) -> Result<Fed, Stop> {
    let mut fed = Fed::NOTHING;
    while fed.output.len() < limit {
        let room = fed.room().min(limit - fed.output.len());
        let step = fed.step(cx, stream, &input[fed.read..], room, flush)?;
        match (fed.code, dictionary) {
            (Z_NEED_DICT, Some(dictionary)) => {
                let code = stream.set_dictionary(dictionary);
                if code != Z_OK {
                    return Err(failure(cx, Some(stream), code, "while setting zdict"));
                }
                continue;
            }
            (Z_STREAM_END, _) => break,
            (code, _) if is_error(code) => break,
            _ => {}
        }
        let is_stuck = step.read == 0 && step.written == 0;
        if is_stuck || fed.read == input.len() && step.written < room {
            break;
        }
    }
    Ok(fed)
}
