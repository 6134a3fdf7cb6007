//! Formats of `struct`: a text read once to fields with sizes and places.

/// One letter of a format with its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The letter.
    pub code: u8,
    /// How many values; of `s` and `p`, which are one value, how many bytes.
    pub count: usize,
    /// The bytes of one value.
    pub size: usize,
    /// Where the first begins.
    pub offset: usize,
}

impl Field {
    /// How many values a script gives or gets for it.
    pub fn values(&self) -> usize {
        match self.code {
            b'x' => 0,
            b's' | b'p' => 1,
            _ => self.count,
        }
    }
}

/// A format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// The fields in order.
    pub fields: Vec<Field>,
    /// How many bytes all take.
    pub size: usize,
    /// How many values there are.
    pub values: usize,
    /// The least significant byte comes first.
    pub is_little: bool,
    /// Sizes and alignment are those of the machine.
    pub is_native: bool,
}

/// The message for sizes that no memory has.
const TOO_LONG: &str = "total struct size too long";

impl Format {
    /// Reads a format, or says what is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Format, &'static str> {
        let native_little = cfg!(target_endian = "little");
        let (is_little, is_native, start) = match text.first() {
            Some(b'<') => (true, false, 1),
            Some(b'>' | b'!') => (false, false, 1),
            Some(b'=') => (native_little, false, 1),
            Some(b'@') => (native_little, true, 1),
            _ => (native_little, true, 0),
        };
        let mut format = Format { is_little, is_native, ..Format::default() };
        let mut rest = text[start..].iter().copied();
        while let Some(byte) = rest.next() {
            if byte.is_ascii_whitespace() || byte == 0x0B {
                continue;
            }
            let (mut code, mut count) = (byte, 1usize);
            if byte.is_ascii_digit() {
                count = (byte - b'0') as usize;
                loop {
                    code = rest.next().ok_or("repeat count given without format specifier")?;
                    if !code.is_ascii_digit() {
                        break;
                    }
                    let digit = (code - b'0') as usize;
                    count = count.checked_mul(10).and_then(|count| count.checked_add(digit)).ok_or(TOO_LONG)?;
                }
            }
            format.add(code, count)?;
        }
        Ok(format)
    }

    fn add(&mut self, code: u8, count: usize) -> Result<(), &'static str> {
        let (size, alignment) = size_of_code(code, self.is_native).ok_or("bad char in struct format")?;
        let offset = match self.is_native {
            true => self.size.checked_next_multiple_of(alignment).ok_or(TOO_LONG)?,
            false => self.size,
        };
        let field = Field { code, count, size, offset };
        let end = size.checked_mul(count).and_then(|length| length.checked_add(offset)).ok_or(TOO_LONG)?;
        if end > isize::MAX as usize {
            return Err(TOO_LONG);
        }
        self.size = end;
        self.values += field.values();
        self.fields.push(field);
        Ok(())
    }
}

/// Size and alignment of a letter, if it is one.
fn size_of_code(code: u8, is_native: bool) -> Option<(usize, usize)> {
    let long = if is_native { size_of::<std::ffi::c_long>() } else { 4 };
    let size = match code {
        b'x' | b'b' | b'B' | b'c' | b'?' | b's' | b'p' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' => long,
        b'q' | b'Q' | b'd' => 8,
        b'n' | b'N' | b'P' if is_native => size_of::<usize>(),
        b'F' => return Some((8, 4)),
        b'D' => return Some((16, 8)),
        _ => return None,
    };
    Some((size, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_alignment() {
        let size = |text: &str| Format::parse(text.as_bytes()).map(|format| format.size);
        assert_eq!(size("<bhiq"), Ok(15));
        assert_eq!(size("@bhiq"), Ok(16));
        assert_eq!(size("qb0q"), Ok(16));
        assert_eq!(size("2s3x4i"), Ok(24));
        assert_eq!(size("3"), Err("repeat count given without format specifier"));
        assert_eq!(size("2 i"), Err("bad char in struct format"));
        assert_eq!(size("99999999999999999999i"), Err(TOO_LONG));
    }
}
