//! Code points in byte strings.
//!
//! A string of the language is UTF-8 in which a lone surrogate may stand as the three bytes UTF-8
//! would give it. Unlike strict WTF-8, a high surrogate followed by a low one stays two code points,
//! as in Python, so joining strings is joining bytes. This file decodes and encodes such code points
//! and converts between code point indices and byte offsets; it never fails on bytes that came
//! from `push`, and on other bytes it gives some answer without reading out of bounds.

/// The code point at `offset`, and how many bytes it takes; `None` at the end.
#[inline]
pub fn decode(bytes: &[u8], offset: usize) -> Option<(u32, usize)> {
    let first = *bytes.get(offset)?;
    if first < 0x80 {
        return Some((first as u32, 1));
    }
    let continuation = |n: usize| (bytes.get(offset + n).copied().unwrap_or(0x80) & 0x3F) as u32;
    let (code, length) = match first {
        0xF0.. => {
            let high = ((first as u32 & 7) << 18) | (continuation(1) << 12);
            (high | (continuation(2) << 6) | continuation(3), 4)
        }
        0xE0.. => (((first as u32 & 15) << 12) | (continuation(1) << 6) | continuation(2), 3),
        _ => (((first as u32 & 31) << 6) | continuation(1), 2),
    };
    Some((code, length.min(bytes.len() - offset)))
}

/// The code point that ends at `end`, and how many bytes it takes; `None` at the start.
#[inline]
pub fn decode_before(bytes: &[u8], end: usize) -> Option<(u32, usize)> {
    let mut start = end.checked_sub(1)?;
    while start > 0 && end - start < 4 && is_continuation(*bytes.get(start)?) {
        start -= 1;
    }
    let (code, _) = decode(bytes, start)?;
    Some((code, end - start))
}

/// Appends a code point, surrogates included. Numbers above U+10FFFF become U+FFFD.
#[inline]
pub fn push(out: &mut Vec<u8>, code: u32) {
    out.extend_from_slice(encode(code, &mut [0; 4]));
}

/// The bytes of one code point; of what is none, those of U+FFFD.
#[inline]
pub fn encode(code: u32, buffer: &mut [u8; 4]) -> &[u8] {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
    let (bytes, length) = match code {
        0..0x80 => ([code as u8, 0, 0, 0], 1),
        0x80..0x800 => ([0xC0 | (code >> 6) as u8, tail(0), 0, 0], 2),
        0x800..0x1_0000 => ([0xE0 | (code >> 12) as u8, tail(6), tail(0), 0], 3),
        0x1_0000..0x11_0000 => ([0xF0 | (code >> 18) as u8, tail(12), tail(6), tail(0)], 4),
        _ => ([0xEF, 0xBF, 0xBD, 0], 3),
    };
    *buffer = bytes;
    &buffer[..length]
}

/// Whether a byte continues a code point rather than starts one.
#[inline]
pub fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Whether a code point is a surrogate.
#[inline]
pub fn is_surrogate(code: u32) -> bool {
    (0xD800..0xE000).contains(&code)
}

/// The code points of a string, in order.
pub fn code_points(bytes: &[u8]) -> CodePoints<'_> {
    CodePoints { bytes, start: 0, end: bytes.len() }
}

/// Iterator over code points, from either end.
#[derive(Clone, Debug)]
pub struct CodePoints<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

impl CodePoints<'_> {
    /// The byte offset of the next code point.
    pub fn offset(&self) -> usize {
        self.start
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.start >= self.end {
            return None;
        }
        let (code, length) = decode(self.bytes, self.start)?;
        self.start += length;
        Some(code)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.start);
        (left.div_ceil(4), Some(left))
    }
}

impl DoubleEndedIterator for CodePoints<'_> {
    fn next_back(&mut self) -> Option<u32> {
        if self.start >= self.end {
            return None;
        }
        let (code, length) = decode_before(self.bytes, self.end)?;
        self.end -= length;
        Some(code)
    }
}

/// How many code points a string has.
pub fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| !is_continuation(byte)).count()
}

/// The byte offset of the code point with this index; the length of the string for indices beyond it.
pub fn offset_of_index(bytes: &[u8], index: usize) -> usize {
    // Whole blocks are counted, which is fast; only the block it is in is searched.
    const BLOCK: usize = 64;
    let mut left = index;
    for (at, block) in bytes.chunks(BLOCK).enumerate() {
        let here = count(block);
        if left < here {
            let starts = block.iter().enumerate().filter(|(_, byte)| !is_continuation(**byte));
            let found = starts.map(|(offset, _)| offset).nth(left);
            return at * BLOCK + found.unwrap_or(block.len());
        }
        left -= here;
    }
    bytes.len()
}

/// The index of the code point that starts at this byte offset.
pub fn index_of_offset(bytes: &[u8], offset: usize) -> usize {
    count(&bytes[..offset.min(bytes.len())])
}

/// Whether the string holds a lone surrogate, that is, whether it is not UTF-8.
pub fn has_surrogate(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0xED, bytes).any(|at| bytes.get(at + 1).is_some_and(|&next| next >= 0xA0))
}

/// The string with each surrogate replaced by U+FFFD, for output that must be UTF-8.
pub fn to_string_lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    text.extend(code_points(bytes).map(|code| char::from_u32(code).unwrap_or('\u{FFFD}')));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_survive_the_round_trip_from_both_ends() {
        let codes = [0x41, 0xE9, 0x20AC, 0xD83D, 0xDE00, 0x1F600, 0x10FFFF];
        let mut bytes = Vec::new();
        codes.iter().for_each(|&code| push(&mut bytes, code));
        assert_eq!(code_points(&bytes).collect::<Vec<_>>(), codes);
        let mut backwards: Vec<u32> = code_points(&bytes).rev().collect();
        backwards.reverse();
        assert_eq!(backwards, codes);
        assert_eq!(count(&bytes), codes.len());
        assert!(has_surrogate(&bytes));
        assert!(!has_surrogate("퟿é".as_bytes()));
    }

    #[test]
    fn indices_and_offsets_convert() {
        let text = "aé€b".as_bytes();
        assert_eq!((0..5).map(|i| offset_of_index(text, i)).collect::<Vec<_>>(), [0, 1, 3, 6, 7]);
        assert_eq!(index_of_offset(text, 6), 3);
        assert_eq!(offset_of_index(text, 99), 7);
        let long = "é€a".repeat(100);
        let offsets: Vec<usize> = long.char_indices().map(|(offset, _)| offset).collect();
        let found: Vec<usize> = (0..300).map(|i| offset_of_index(long.as_bytes(), i)).collect();
        assert_eq!(found, offsets);
    }

    #[test]
    fn broken_bytes_do_not_read_out_of_bounds() {
        for bytes in [&[0xF0][..], &[0xE2, 0x82], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80]] {
            assert!(code_points(bytes).count() <= bytes.len());
            assert!(code_points(bytes).rev().count() <= bytes.len());
        }
    }
}
