//! The bytes of a pickle that are there, read instruction by instruction. An instruction for which some are lacking
//! begins anew when they have come.

/// What is lacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// So many bytes.
    Bytes(usize),
    /// The rest of a line.
    Line,
}

/// The bytes, and how far they have been read.
pub struct Reader {
    bytes: Vec<u8>,
    position: usize,
    /// Where the instruction begins that is read.
    start: usize,
}

impl Reader {
    /// Begins at the beginning.
    pub fn new(bytes: Vec<u8>) -> Reader {
        Reader { bytes, position: 0, start: 0 }
    }

    /// An instruction begins here.
    pub fn begin(&mut self) {
        self.start = self.position;
    }

    /// Goes back to where it began; had nothing of it been there?
    pub fn rewind(&mut self) -> bool {
        self.position = self.start;
        self.start == self.bytes.len()
    }

    /// Adds bytes at the end.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.position -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Are there so many bytes?
    pub fn require(&self, count: usize) -> Result<(), Short> {
        let left = self.bytes.len() - self.position;
        if left < count { Err(Short::Bytes(count - left)) } else { Ok(()) }
    }

    /// The next so many bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&[u8], Short> {
        self.require(count)?;
        self.position += count;
        Ok(&self.bytes[self.position - count..self.position])
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Short> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    /// A number of so many bytes, at most eight.
    pub fn length(&mut self, width: usize) -> Result<usize, Short> {
        let bytes = self.bytes(width)?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | byte as usize))
    }

    /// The rest of the line, without its end.
    pub fn line(&mut self) -> Result<&[u8], Short> {
        let start = self.position;
        let length = memchr::memchr(b'\n', &self.bytes[start..]).ok_or(Short::Line)?;
        self.position = start + length + 1;
        Ok(&self.bytes[start..start + length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_begins_anew_when_what_it_lacks_has_come() {
        let mut reader = Reader::new(b"abc".to_vec());
        reader.begin();
        assert_eq!(reader.byte(), Ok(b'a'));
        reader.begin();
        assert_eq!(reader.byte(), Ok(b'b'));
        assert_eq!(reader.bytes(3), Err(Short::Bytes(2)));
        assert!(!reader.rewind());
        reader.add(b"de\n");
        reader.begin();
        assert_eq!(reader.line(), Ok(&b"bcde"[..]));
        reader.begin();
        assert_eq!(reader.line(), Err(Short::Line));
        assert!(reader.rewind());
    }
}
