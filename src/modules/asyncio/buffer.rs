//! Bytes that come in at one end and go out at the other.

/// An empty buffer gives back what it has beyond this.
const KEPT: usize = 16 * 1024;

/// The bytes, taken from the front.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// How many bytes are in it.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Is nothing in it?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts bytes in at the end.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes so many bytes from the front, which are there.
    pub fn skip(&mut self, count: usize) {
        self.start += count;
        if self.start == self.bytes.len() {
            self.clear();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.start = 0;
        self.bytes.clear();
        if self.bytes.capacity() > KEPT {
            self.bytes.shrink_to(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut buffer = Buffer::default();
        buffer.push(b"hello ");
        buffer.push(b"world");
        buffer.skip(4);
        assert_eq!((buffer.bytes(), buffer.len()), (&b"o world"[..], 7));
        buffer.push(b"!");
        assert_eq!(buffer.bytes(), b"o world!");
        buffer.skip(8);
        assert!(buffer.is_empty());
    }
}
