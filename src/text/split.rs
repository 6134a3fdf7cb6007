//! Splitting strings and bytes: `split`, `rsplit`, `splitlines`.
//!
//! The pieces are slices of the text, in the order of the text also when splitting from the end.

use memchr::memmem;

use super::search::{Side, Unit, strip_space};
use super::{unicode, wtf8};

/// A limit on the number of splits; negative is none.
fn splits(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// `text.split(separator, limit)`; the separator is not empty.
pub fn split<'a>(text: &'a [u8], separator: &[u8], limit: i64) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut piece = |at: usize| {
        pieces.push(&text[start..at]);
        start = at + separator.len();
    };
    match separator {
        [byte] => memchr::memchr_iter(*byte, text).take(splits(limit)).for_each(&mut piece),
        _ => memmem::find_iter(text, separator).take(splits(limit)).for_each(&mut piece),
    }
    piece(text.len());
    pieces
}

/// `text.rsplit(separator, limit)`; the separator is not empty.
pub fn split_last<'a>(text: &'a [u8], separator: &[u8], limit: i64) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut end = text.len();
    for at in memmem::rfind_iter(text, separator).take(splits(limit)) {
        pieces.push(&text[at + separator.len()..end]);
        end = at;
    }
    pieces.push(&text[..end]);
    pieces.reverse();
    pieces
}

/// `text.split(None, limit)`: at runs of white space, without empty pieces. What the limit leaves
/// over keeps its white space at the end.
pub fn split_space(text: &[u8], limit: i64, unit: Unit) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = &text[strip_space(text, Side::Start, unit)];
    while !rest.is_empty() {
        if pieces.len() == splits(limit) {
            pieces.push(rest);
            break;
        }
        let end = word_end(rest, unit);
        pieces.push(&rest[..end]);
        rest = &rest[end..];
        rest = &rest[strip_space(rest, Side::Start, unit)];
    }
    pieces
}

/// `text.rsplit(None, limit)`; what the limit leaves over keeps its white space at the start.
pub fn split_space_last(text: &[u8], limit: i64, unit: Unit) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = &text[strip_space(text, Side::End, unit)];
    while !rest.is_empty() {
        if pieces.len() == splits(limit) {
            pieces.push(rest);
            break;
        }
        let start = word_start(rest, unit);
        pieces.push(&rest[start..]);
        rest = &rest[..start];
        rest = &rest[strip_space(rest, Side::End, unit)];
    }
    pieces.reverse();
    pieces
}

/// Where the first white space is, or the end.
fn word_end(text: &[u8], unit: Unit) -> usize {
    match unit {
        Unit::Byte => text.iter().position(|&byte| unicode::is_ascii_space(byte)).unwrap_or(text.len()),
        Unit::Character => {
            let mut codes = wtf8::code_points(text);
            loop {
                let offset = codes.offset();
                if codes.next().is_none_or(unicode::is_space) {
                    return offset;
                }
            }
        }
    }
}

/// Behind the last white space, or the start.
fn word_start(text: &[u8], unit: Unit) -> usize {
    let mut start = text.len();
    loop {
        let before = match unit {
            Unit::Byte => start.checked_sub(1).map(|at| (unicode::is_ascii_space(text[at]), 1)),
            Unit::Character => wtf8::decode_before(text, start).map(|(code, length)| (unicode::is_space(code), length)),
        };
        match before {
            Some((false, length)) => start -= length,
            _ => return start,
        }
    }
}

/// `text.splitlines(keep_ends)`. Bytes know `\n`, `\r` and `\r\n` only.
pub fn split_lines(text: &[u8], keep_ends: bool, unit: Unit) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let (end, next) = line_end(text, start, unit);
        lines.push(&text[start..if keep_ends { next } else { end }]);
        start = next;
    }
    lines
}

/// Where the line that starts here ends, and where the next one starts.
fn line_end(text: &[u8], start: usize, unit: Unit) -> (usize, usize) {
    let mut offset = start;
    while offset < text.len() {
        let byte = text[offset];
        if byte == b'\n' || byte == b'\r' {
            let both = byte == b'\r' && text.get(offset + 1) == Some(&b'\n');
            return (offset, offset + 1 + usize::from(both));
        }
        if unit == Unit::Character && (byte < 0x20 || byte == 0xC2 || byte == 0xE2) {
            let (code, length) = wtf8::decode(text, offset).unwrap_or((0, 1));
            if unicode::is_line_end(code) {
                return (offset, offset + length);
            }
        }
        offset += 1;
    }
    (offset, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pieces: Vec<&[u8]>) -> Vec<String> {
        pieces.into_iter().map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect()
    }

    #[test]
    fn by_separator() {
        assert_eq!(texts(split(b"a,b,,c", b",", -1)), ["a", "b", "", "c"]);
        assert_eq!(texts(split(b"a,b,c", b",", 1)), ["a", "b,c"]);
        assert_eq!(texts(split(b"", b",", -1)), [""]);
        assert_eq!(texts(split_last(b"a,b,c", b",", 1)), ["a,b", "c"]);
        assert_eq!(texts(split_last(b"aaa", b"aa", -1)), ["a", ""]);
        assert_eq!(texts(split(b"aaa", b"aa", 0)), ["aaa"]);
    }

    #[test]
    fn by_space() {
        let text = " a\u{3000}b  c ".as_bytes();
        assert_eq!(texts(split_space(text, -1, Unit::Character)), ["a", "b", "c"]);
        assert_eq!(texts(split_space(text, 1, Unit::Character)), ["a", "b  c "]);
        assert_eq!(texts(split_space(text, 0, Unit::Character)), ["a\u{3000}b  c "]);
        assert_eq!(texts(split_space_last(text, 1, Unit::Character)), [" a\u{3000}b", "c"]);
        assert_eq!(texts(split_space_last(text, -1, Unit::Character)), ["a", "b", "c"]);
        assert!(split_space(b"  ", -1, Unit::Byte).is_empty());
        assert_eq!(split_space(b"a\x1cb", -1, Unit::Byte).len(), 1);
        assert_eq!(split_space(b"a\x1cb", -1, Unit::Character).len(), 2);
    }

    #[test]
    fn by_line() {
        let text = "a\nb\r\nc\rd\u{2028}e\x0b\n".as_bytes();
        assert_eq!(texts(split_lines(text, false, Unit::Character)), ["a", "b", "c", "d", "e", ""]);
        assert_eq!(texts(split_lines(text, true, Unit::Byte)), ["a\n", "b\r\n", "c\r", "d\u{2028}e\x0b\n"]);
        assert!(split_lines(b"", true, Unit::Byte).is_empty());
        assert_eq!(texts(split_lines("â\u{85}é".as_bytes(), true, Unit::Character)), ["â\u{85}", "é"]);
    }
}
