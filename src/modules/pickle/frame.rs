//! The bytes of a pickle under way: since protocol 4 they stand in frames, whose lengths tell who reads a file how much
//! to read at once.

use super::opcode::FRAME;

/// A frame of so many bytes is ended before the next object.
const FULL: usize = 64 * 1024;
/// A frame of fewer than so many bytes is none.
const LEAST: usize = 4;
/// The bytes of an instruction FRAME.
const HEAD: usize = 9;

/// The bytes so far.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
    is_framed: bool,
    /// Where the frame begins that is under way.
    frame: Option<usize>,
}

impl Output {
    /// From now on bytes are in frames.
    pub fn begin_frames(&mut self) {
        self.is_framed = true;
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        if self.is_framed && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; HEAD]);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds an instruction whose bytes are better not in a frame where there are many of them.
    pub fn write_long(&mut self, head: &[u8], bytes: &[u8]) {
        if !self.is_framed || bytes.len() < FULL {
            self.write(head);
            return self.write(bytes);
        }
        self.end_frame();
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(bytes);
    }

    /// Another object begins here: a frame that is full ends.
    pub fn boundary(&mut self) {
        if self.frame.is_some_and(|start| self.bytes.len() - start - HEAD >= FULL) {
            self.end_frame();
        }
    }

    fn end_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let length = self.bytes.len() - start - HEAD;
        if length >= LEAST {
            self.bytes[start] = FRAME;
            self.bytes[start + 1..start + HEAD].copy_from_slice(&(length as u64).to_le_bytes());
        } else {
            self.bytes.drain(start..start + HEAD);
        }
    }

    /// Ends the last frame.
    pub fn finish(&mut self) {
        self.end_frame();
        self.is_framed = false;
    }

    /// Takes all bytes out.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_frames_are_none_and_long_bytes_stand_outside() {
        let mut output = Output::default();
        output.write(b"\x80\x04");
        output.begin_frames();
        output.write(b"N.");
        output.finish();
        assert_eq!(output.take(), b"\x80\x04N.");
        output.begin_frames();
        output.write(b"abcd");
        output.write_long(b"h", &[7; FULL]);
        output.write(b"efgh");
        output.finish();
        let bytes = output.take();
        assert_eq!(bytes[..13], *b"\x95\x04\0\0\0\0\0\0\0abcd");
        assert_eq!(bytes[13 + 1 + FULL..], *b"\x95\x04\0\0\0\0\0\0\0efgh");
    }
}
