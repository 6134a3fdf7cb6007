//! Finding, replacing, stripping and padding in strings and bytes.
//!
//! Everything takes and gives bytes and byte offsets; where the unit matters (an empty pattern, a
//! width) the caller says whether it is a string or bytes. Results whose size the script chooses are
//! `None` when they cannot be had, for a MemoryError. Splitting is in `split`.

use std::ops::Range;

use memchr::memmem;

use super::{unicode, wtf8};

/// What a string consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Code points: a str.
    Character,
    /// Bytes.
    Byte,
}

impl Unit {
    /// How many units there are.
    pub fn count(self, text: &[u8]) -> usize {
        match self {
            Unit::Character => wtf8::count(text),
            Unit::Byte => text.len(),
        }
    }

    /// The length in bytes of the unit at an offset; at least 1.
    pub fn length_at(self, text: &[u8], offset: usize) -> usize {
        match self {
            Unit::Character => wtf8::decode(text, offset).map_or(1, |(_, length)| length),
            Unit::Byte => 1,
        }
    }

    /// How many bytes of white space the string starts with.
    fn leading_space(self, text: &[u8]) -> usize {
        match self {
            Unit::Byte => text.iter().position(|&byte| !unicode::is_ascii_space(byte)).unwrap_or(text.len()),
            Unit::Character => {
                let mut codes = wtf8::code_points(text);
                loop {
                    let offset = codes.offset();
                    if !codes.next().is_some_and(unicode::is_space) {
                        return offset;
                    }
                }
            }
        }
    }

    /// Where the white space that ends the string starts.
    fn trailing_space(self, text: &[u8]) -> usize {
        match self {
            Unit::Byte => text.iter().rposition(|&byte| !unicode::is_ascii_space(byte)).map_or(0, |last| last + 1),
            Unit::Character => {
                let mut end = text.len();
                while let Some((code, length)) = wtf8::decode_before(text, end)
                    && unicode::is_space(code)
                {
                    end -= length;
                }
                end
            }
        }
    }
}

/// Which ends of a string to work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The start only.
    Start,
    /// The end only.
    End,
    /// Both.
    Both,
}

/// The offsets that optional `start` and `end` arguments stand for in a sequence of this length:
/// negative ones count from the end, large ends are cut. A start beyond the end means no match at
/// all, not even of an empty pattern, so it is kept.
pub fn bounds(start: Option<i64>, end: Option<i64>, length: usize) -> (usize, usize) {
    let place = |index: i64| match index {
        0.. => usize::try_from(index).unwrap_or(usize::MAX),
        _ => length.saturating_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    (start.map_or(0, place), end.map_or(length, place).min(length))
}

/// The offset of the first occurrence.
pub fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    match pattern {
        [byte] => memchr::memchr(*byte, text),
        _ => memmem::find(text, pattern),
    }
}

/// The offset of the last occurrence.
pub fn find_last(text: &[u8], pattern: &[u8]) -> Option<usize> {
    match pattern {
        [byte] => memchr::memrchr(*byte, text),
        _ => memmem::rfind(text, pattern),
    }
}

/// How many occurrences there are that do not overlap; an empty pattern is between all units.
pub fn count(text: &[u8], pattern: &[u8], unit: Unit) -> usize {
    match pattern {
        [] => unit.count(text) + 1,
        [byte] => memchr::memchr_iter(*byte, text).count(),
        _ => memmem::find_iter(text, pattern).count(),
    }
}

/// The longest text that is made from a size the script chose. The system may promise more memory
/// than it has, so asking it is not enough.
pub const LARGEST: usize = 1 << 32;

/// An empty vector with room for this many bytes, if memory has it.
pub fn reserve(length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    (length <= LARGEST && out.try_reserve_exact(length).is_ok()).then_some(out)
}

/// Room for so many bytes more, if memory has it.
pub fn reserve_more(out: &mut Vec<u8>, length: usize) -> Option<()> {
    (length <= LARGEST && out.try_reserve(length).is_ok()).then_some(())
}

/// `text * times`.
pub fn repeat(text: &[u8], times: usize) -> Option<Vec<u8>> {
    let mut out = reserve(text.len().checked_mul(times)?)?;
    push_times(&mut out, text, times);
    Some(out)
}

/// `text.replace(from, to, limit)`; a negative limit is none.
pub fn replace(text: &[u8], from: &[u8], to: &[u8], limit: i64, unit: Unit) -> Option<Vec<u8>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let times = count(text, from, unit).min(limit);
    let grown = to.len().checked_mul(times)?.checked_add(text.len())?;
    let mut out = reserve(grown.checked_sub(from.len() * times)?)?;
    if from.is_empty() {
        let mut offset = 0;
        for _ in 0..times {
            out.extend_from_slice(to);
            let length = unit.length_at(text, offset).min(text.len() - offset);
            out.extend_from_slice(&text[offset..offset + length]);
            offset += length;
        }
        out.extend_from_slice(&text[offset..]);
        return Some(out);
    }
    let mut offset = 0;
    for at in memmem::find_iter(text, from).take(times) {
        out.extend_from_slice(&text[offset..at]);
        out.extend_from_slice(to);
        offset = at + from.len();
    }
    out.extend_from_slice(&text[offset..]);
    Some(out)
}

/// What is before and behind the first separator; `None` when there is none.
pub fn partition<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = find(text, separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

/// What is before and behind the last separator; `None` when there is none.
pub fn partition_last<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = find_last(text, separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

/// The part of a string without white space at its ends.
pub fn strip_space(text: &[u8], side: Side, unit: Unit) -> Range<usize> {
    let start = if side == Side::End { 0 } else { unit.leading_space(text) };
    let end = if side == Side::Start { text.len() } else { unit.trailing_space(text) };
    start..end.max(start)
}

/// The part of a string without any of these units at its ends.
pub fn strip_set(text: &[u8], set: &[u8], side: Side, unit: Unit) -> Range<usize> {
    let (mut start, mut end) = (0, text.len());
    let strips = |code: u32, bytes: &[u8]| match unit {
        Unit::Byte => set.contains(&(code as u8)),
        Unit::Character if code < 0x80 => memchr::memchr(code as u8, set).is_some(),
        Unit::Character => memmem::find(set, bytes).is_some(),
    };
    let first = |start: usize, end: usize| match unit {
        Unit::Byte => text[start..end].first().map(|&byte| (byte as u32, 1)),
        Unit::Character => wtf8::decode(&text[..end], start),
    };
    let last = |start: usize, end: usize| match unit {
        Unit::Byte => text[start..end].last().map(|&byte| (byte as u32, 1)),
        Unit::Character if start < end => wtf8::decode_before(text, end),
        Unit::Character => None,
    };
    while side != Side::End
        && let Some((code, length)) = first(start, end)
        && strips(code, &text[start..start + length])
    {
        start += length;
    }
    while side != Side::Start
        && let Some((code, length)) = last(start, end)
        && strips(code, &text[end - length..end])
    {
        end -= length;
    }
    start..end
}

/// `text.expandtabs(size)`.
pub fn expand_tabs(text: &[u8], size: i64, unit: Unit) -> Option<Vec<u8>> {
    let size = usize::try_from(size).unwrap_or(0);
    let mut total = 0usize;
    walk_tabs(text, size, unit, |part, spaces| {
        total = total.saturating_add(part.len()).saturating_add(spaces);
    });
    let mut out = reserve(total)?;
    walk_tabs(text, size, unit, |part, spaces| {
        out.extend_from_slice(part);
        out.resize(out.len() + spaces, b' ');
    });
    Some(out)
}

/// Calls with each part between tabs, and how many spaces come behind it.
fn walk_tabs(text: &[u8], size: usize, unit: Unit, mut each: impl FnMut(&[u8], usize)) {
    let mut column = 0usize;
    let mut parts = text.split(|&byte| byte == b'\t').peekable();
    while let Some(part) = parts.next() {
        match part.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(at) => column = unit.count(&part[at + 1..]),
            None => column = column.saturating_add(unit.count(part)),
        }
        let spaces = match parts.peek() {
            Some(_) if size > 0 => size - column % size,
            _ => 0,
        };
        column = column.saturating_add(spaces);
        each(part, spaces);
    }
}

/// A string with so many fill units before and behind it.
pub fn pad(text: &[u8], before: usize, behind: usize, fill: &[u8]) -> Option<Vec<u8>> {
    let fills = before.checked_add(behind)?.checked_mul(fill.len())?;
    let mut out = reserve(fills.checked_add(text.len())?)?;
    push_times(&mut out, fill, before);
    out.extend_from_slice(text);
    push_times(&mut out, fill, behind);
    Some(out)
}

/// Appends a text so many times.
pub fn push_times(out: &mut Vec<u8>, fill: &[u8], times: usize) {
    match fill {
        [byte] => out.resize(out.len() + times, *byte),
        _ => (0..times).for_each(|_| out.extend_from_slice(fill)),
    }
}

/// How many fill units are lacking to the width.
fn lacking(text: &[u8], width: i64, unit: Unit) -> usize {
    usize::try_from(width).unwrap_or(0).saturating_sub(unit.count(text))
}

/// `text.ljust(width, fill)`.
pub fn pad_right(text: &[u8], width: i64, fill: &[u8], unit: Unit) -> Option<Vec<u8>> {
    pad(text, 0, lacking(text, width, unit), fill)
}

/// `text.rjust(width, fill)`.
pub fn pad_left(text: &[u8], width: i64, fill: &[u8], unit: Unit) -> Option<Vec<u8>> {
    pad(text, lacking(text, width, unit), 0, fill)
}

/// `text.center(width, fill)`: an odd one out goes to the left when the width is odd.
pub fn center(text: &[u8], width: i64, fill: &[u8], unit: Unit) -> Option<Vec<u8>> {
    let all = lacking(text, width, unit);
    let before = all / 2 + usize::from(all & 1 == 1 && width & 1 == 1);
    pad(text, before, all - before, fill)
}

/// `text.zfill(width)`: zeros go behind the sign.
pub fn zero_fill(text: &[u8], width: i64, unit: Unit) -> Option<Vec<u8>> {
    let zeros = lacking(text, width, unit);
    let mut out = pad(text, zeros, 0, b"0")?;
    if let Some(sign @ (b'+' | b'-')) = text.first()
        && zeros > 0
    {
        out[0] = *sign;
        out[zeros] = b'0';
    }
    Some(out)
}

/// `value.translate(table, delete)` of bytes; without a table bytes stay as they are.
pub fn translate_bytes(bytes: &[u8], table: Option<&[u8; 256]>, delete: &[u8]) -> Vec<u8> {
    let mut gone = [false; 256];
    delete.iter().for_each(|&byte| gone[byte as usize] = true);
    let kept = bytes.iter().filter(|&&byte| !gone[byte as usize]);
    kept.map(|&byte| table.map_or(byte, |table| table[byte as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding_and_counting() {
        assert_eq!(find(b"abcabc", b"ca"), Some(2));
        assert_eq!(find_last(b"abcabc", b"abc"), Some(3));
        assert_eq!(find_last(b"abc", b""), Some(3));
        assert_eq!(count("aéa".as_bytes(), b"", Unit::Character), 4);
        assert_eq!(count(b"aaa", b"aa", Unit::Byte), 1);
        assert_eq!(bounds(Some(-2), None, 5), (3, 5));
        assert_eq!(bounds(Some(9), Some(i64::MIN), 5), (9, 0));
    }

    #[test]
    fn replacing() {
        let replaced = |text: &str, from: &str, to: &str, limit| {
            let out = replace(text.as_bytes(), from.as_bytes(), to.as_bytes(), limit, Unit::Character);
            String::from_utf8(out.unwrap()).unwrap()
        };
        assert_eq!(replaced("aéa", "", "-", -1), "-a-é-a-");
        assert_eq!(replaced("aéa", "", "-", 2), "-a-éa");
        assert_eq!(replaced("aaaa", "aa", "b", -1), "bb");
        assert_eq!(replaced("aaaa", "a", "", 3), "a");
        assert_eq!(replaced("", "", "x", -1), "x");
        assert_eq!(replaced("abc", "x", "y", 0), "abc");
    }

    #[test]
    fn stripping() {
        let text = "\u{3000} a b\u{85}".as_bytes();
        assert_eq!(&text[strip_space(text, Side::Both, Unit::Character)], b"a b");
        assert_eq!(strip_space(b"  ", Side::Both, Unit::Byte), 2..2);
        let text = "éaébé".as_bytes();
        assert_eq!(&text[strip_set(text, "éa".as_bytes(), Side::Both, Unit::Character)], b"b");
        assert_eq!(&text[strip_set(text, "é".as_bytes(), Side::Start, Unit::Character)], "aébé".as_bytes());
        assert!(strip_set(b"aaa", b"a", Side::Both, Unit::Byte).is_empty());
    }

    #[test]
    fn padding_and_tabs() {
        assert_eq!(center(b"ab", 5, b"*", Unit::Byte).unwrap(), b"**ab*");
        assert_eq!(center(b"a", 4, b"*", Unit::Byte).unwrap(), b"*a**");
        assert_eq!(zero_fill(b"-1", 5, Unit::Byte).unwrap(), b"-0001");
        assert_eq!(zero_fill(b"-1", 2, Unit::Byte).unwrap(), b"-1");
        assert_eq!(zero_fill(b"", 2, Unit::Byte).unwrap(), b"00");
        assert_eq!(pad_left(b"a", i64::MAX, "é".as_bytes(), Unit::Byte), None);
        assert_eq!(expand_tabs("é\tb\n\tc".as_bytes(), 4, Unit::Character).unwrap(), "é   b\n    c".as_bytes());
        assert_eq!(expand_tabs(b"a\tb", 0, Unit::Byte).unwrap(), b"ab");
        assert_eq!(expand_tabs(b"a\tb", i64::MAX, Unit::Byte), None);
    }

    #[test]
    fn translating_bytes() {
        let mut table: [u8; 256] = std::array::from_fn(|byte| byte as u8);
        table[b'a' as usize] = b'b';
        assert_eq!(translate_bytes(b"abcx", Some(&table), b"x"), b"bbc");
    }
}
