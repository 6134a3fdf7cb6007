//! The codecs `unicode_escape` and `raw_unicode_escape`.
//!
//! The escapes of str literals as an encoding of text in Latin-1. The lexer reads literals itself.

use super::codec::CodecError;
use super::{quote, wtf8};

/// Decodes `unicode_escape` from a position on; gives where it stopped.
pub fn decode(bytes: &[u8], position: usize, last: bool, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let mut at = position;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            wtf8::push(out, byte as u32);
            at += 1;
            continue;
        }
        let Some(&letter) = bytes.get(at + 1) else {
            return cut_off(at, bytes.len(), "\\ at end of string", last);
        };
        at = match letter {
            b'x' => number(bytes, at, 2, "truncated \\xXX escape", last, out)?,
            b'u' => number(bytes, at, 4, "truncated \\uXXXX escape", last, out)?,
            b'U' => number(bytes, at, 8, "truncated \\UXXXXXXXX escape", last, out)?,
            b'N' => match named(bytes, at, last, out)? {
                stop if stop == at => return Ok(at),
                next => next,
            },
            b'0'..=b'7' => octal(bytes, at, out),
            _ => {
                simple(letter, out);
                at + 2
            }
        };
        // A number that may go on in the next piece stopped at its backslash.
        if bytes.get(at) == Some(&b'\\') && !last && is_cut(&bytes[at..]) {
            return Ok(at);
        }
    }
    Ok(at)
}

/// Whether an escape at the end of the bytes lacks digits.
fn is_cut(escape: &[u8]) -> bool {
    let length = match escape.get(1) {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        _ => 2,
    };
    escape.len() < length && escape.iter().skip(2).all(u8::is_ascii_hexdigit)
}

fn cut_off(start: usize, end: usize, reason: &'static str, last: bool) -> Result<usize, CodecError> {
    match last {
        true => Err(CodecError::new("unicodeescape", start, end, reason)),
        false => Ok(start),
    }
}

/// Decodes the digits of `\x`, `\u` or `\U`; gives where it stopped.
fn number(
    bytes: &[u8],
    start: usize,
    digits: usize,
    reason: &'static str,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    let (code, end) = hexadecimal(bytes, start + 2, digits);
    if end < start + 2 + digits {
        return match !last && end == bytes.len() {
            true => Ok(start),
            false => Err(CodecError::new("unicodeescape", start, end, reason)),
        };
    }
    if code > 0x10_FFFF {
        return Err(CodecError::new("unicodeescape", start, end, "illegal Unicode character"));
    }
    wtf8::push(out, code);
    Ok(end)
}

/// The value of up to so many hexadecimal digits, and where they end.
fn hexadecimal(bytes: &[u8], start: usize, digits: usize) -> (u32, usize) {
    let mut value = 0u32;
    let mut at = start;
    while let Some(digit) = bytes.get(at).and_then(|&byte| (byte as char).to_digit(16))
        && at < start + digits
    {
        value = value << 4 | digit;
        at += 1;
    }
    (value, at)
}

/// Decodes `\N{name}`; gives where it stopped.
fn named(bytes: &[u8], start: usize, last: bool, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let malformed = "malformed \\N character escape";
    if bytes.get(start + 2) != Some(&b'{') {
        let end = (start + 2).min(bytes.len());
        return cut_off(start, end, malformed, last || end < bytes.len());
    }
    let name = &bytes[start + 3..];
    let Some(length) = memchr::memchr(b'}', name) else {
        return cut_off(start, bytes.len(), malformed, last);
    };
    if length == 0 {
        return Err(CodecError::new("unicodeescape", start, start + 3, malformed));
    }
    let end = start + 4 + length;
    let found = std::str::from_utf8(&name[..length]).ok().and_then(unicode_names2::character);
    match found {
        Some(character) => wtf8::push(out, character as u32),
        None => {
            let reason = "unknown Unicode character name";
            return Err(CodecError::new("unicodeescape", start, end, reason));
        }
    }
    Ok(end)
}

/// Decodes up to three octal digits behind the backslash.
fn octal(bytes: &[u8], start: usize, out: &mut Vec<u8>) -> usize {
    let digits = bytes[start + 1..].iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
    let (mut value, mut end) = (0, start + 1);
    for digit in digits {
        value = value * 8 + (digit - b'0') as u32;
        end += 1;
    }
    wtf8::push(out, value);
    end
}

/// A backslash and a letter; both stay where the letter means nothing.
fn simple(letter: u8, out: &mut Vec<u8>) {
    let code = match letter {
        b'\n' => return,
        b'\\' | b'\'' | b'"' => letter,
        b'a' => 7,
        b'b' => 8,
        b't' => 9,
        b'n' => 10,
        b'v' => 11,
        b'f' => 12,
        b'r' => 13,
        _ => {
            out.push(b'\\');
            letter
        }
    };
    wtf8::push(out, code as u32);
}

/// Decodes `raw_unicode_escape` from a position on; gives where it stopped.
pub fn decode_raw(bytes: &[u8], position: usize, last: bool, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let mut at = position;
    while let Some(&byte) = bytes.get(at) {
        let digits = match (byte, bytes.get(at + 1)) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', None) if !last => return Ok(at),
            // An escaped backslash keeps both, and what follows it is no escape.
            (b'\\', Some(&other)) => {
                out.push(b'\\');
                wtf8::push(out, other as u32);
                at += 2;
                continue;
            }
            _ => {
                wtf8::push(out, byte as u32);
                at += 1;
                continue;
            }
        };
        let (code, end) = hexadecimal(bytes, at + 2, digits);
        let reason = match digits {
            _ if end == at + 2 + digits && code <= 0x10_FFFF => {
                wtf8::push(out, code);
                at = end;
                continue;
            }
            _ if end < at + 2 + digits && end == bytes.len() && !last => return Ok(at),
            _ if code > 0x10_FFFF => "\\Uxxxxxxxx out of range",
            4 => "truncated \\uXXXX escape",
            _ => "truncated \\UXXXXXXXX escape",
        };
        return Err(CodecError::new("rawunicodeescape", at, end, reason));
    }
    Ok(at)
}

/// Encodes `unicode_escape`.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    let mut escaped = String::with_capacity(text.len());
    for code in wtf8::code_points(text) {
        match code {
            0x5C => escaped.push_str("\\\\"),
            0x20..0x7F => escaped.push(code as u8 as char),
            _ => quote::push_escape(&mut escaped, code),
        }
    }
    out.extend_from_slice(escaped.as_bytes());
}

/// Encodes `raw_unicode_escape`.
pub fn encode_raw(text: &[u8], out: &mut Vec<u8>) {
    for code in wtf8::code_points(text) {
        if let Ok(byte) = u8::try_from(code) {
            out.push(byte);
            continue;
        }
        let mut escaped = String::new();
        quote::push_numeric_escape(&mut escaped, code);
        out.extend_from_slice(escaped.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        let read = |bytes: &[u8]| {
            let mut out = Vec::new();
            decode(bytes, 0, true, &mut out).map(|_| wtf8::code_points(&out).collect::<Vec<_>>())
        };
        assert_eq!(
            read(b"\\x41\\u20ac\\U0001f600\\101\\n\\q\\\n\xe9").unwrap(),
            [0x41, 0x20AC, 0x1F600, 0x41, 10, 0x5C, 0x71, 0xE9]
        );
        assert_eq!(read(b"\\N{EURO SIGN}x").unwrap(), [0x20AC, 0x78]);
        let reason = |bytes: &[u8]| read(bytes).map_err(|error| (error.start, error.end, error.reason));
        assert_eq!(reason(b"\\x1"), Err((0, 3, "truncated \\xXX escape")));
        assert_eq!(reason(b"a\\"), Err((1, 2, "\\ at end of string")));
        assert_eq!(reason(b"\\U00110000"), Err((0, 10, "illegal Unicode character")));
        assert_eq!(reason(b"\\N{xx}"), Err((0, 6, "unknown Unicode character name")));
    }

    #[test]
    fn raw_escapes_are_read() {
        let mut out = Vec::new();
        assert_eq!(decode_raw(b"\\n\\u0041\\\\u0041", 0, true, &mut out), Ok(15));
        assert_eq!(out, b"\\nA\\\\u0041");
        let error = decode_raw(b"\\u12", 0, true, &mut out).unwrap_err();
        assert_eq!((error.start, error.end, error.reason), (0, 4, "truncated \\uXXXX escape"));
    }

    #[test]
    fn escapes_are_written() {
        let mut out = Vec::new();
        encode("a\n\\é€😀".as_bytes(), &mut out);
        assert_eq!(out, b"a\\n\\\\\\xe9\\u20ac\\U0001f600");
        let mut out = Vec::new();
        encode_raw("\né€".as_bytes(), &mut out);
        assert_eq!(out, b"\n\xe9\\u20ac");
    }
}
