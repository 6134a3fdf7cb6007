//! `Buffer`: a queue of bytes between two sides of a connection, which may have an end.

/// Emptied buffers give back more memory than this.
const KEPT: usize = 1 << 16;

/// Bytes that wait to be taken, the oldest first.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// How many of them have been taken.
    start: usize,
    has_ended: bool,
}

impl Buffer {
    /// Adds bytes at the end.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.bytes.capacity() - self.bytes.len() < bytes.len() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Does none wait?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops the first `count` bytes, or all if there are fewer.
    pub fn consume(&mut self, count: usize) {
        self.start += count.min(self.len());
        if self.start < self.bytes.len() {
            return;
        }
        self.start = 0;
        match self.bytes.capacity() > KEPT {
            true => self.bytes = Vec::new(),
            false => self.bytes.clear(),
        }
    }

    /// Takes up to `limit` bytes out.
    pub fn take(&mut self, limit: usize) -> Vec<u8> {
        let taken = self.bytes()[..limit.min(self.len())].to_vec();
        self.consume(taken.len());
        taken
    }

    /// No bytes will come any more.
    pub fn end(&mut self) {
        self.has_ended = true;
    }

    /// Is it certain that no bytes will come any more?
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }
}

impl std::io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
