//! `repr` and `ascii` of strings and `repr` of bytes.
//!
//! The result is always UTF-8: what cannot be printed, lone surrogates included, is escaped.

use std::fmt::Write;

use super::{unicode, wtf8};

/// The quote that `repr` chooses: double only when there is a single one and no double one inside.
fn quote(text: &[u8]) -> char {
    let has = |byte| memchr::memchr(byte, text).is_some();
    if has(b'\'') && !has(b'"') { '"' } else { '\'' }
}

/// `repr(text)`.
pub fn repr(text: &[u8]) -> String {
    quoted(text, unicode::is_printable)
}

/// `ascii(text)`.
pub fn ascii(text: &[u8]) -> String {
    quoted(text, |code| (0x20..0x7F).contains(&code))
}

fn quoted(text: &[u8], shown: fn(u32) -> bool) -> String {
    let quote = quote(text);
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for code in wtf8::code_points(text) {
        match char::from_u32(code) {
            Some(c) if c == quote || c == '\\' => out.extend(['\\', c]),
            Some(c) if shown(code) => out.push(c),
            _ => push_escape(&mut out, code),
        }
    }
    out.push(quote);
    out
}

/// What is not ASCII in the repr of some object escaped, as `ascii(object)` does.
pub fn escape_non_ascii(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for code in wtf8::code_points(text) {
        match char::from_u32(code) {
            Some(c) if c.is_ascii() => out.push(c),
            _ => push_escape(&mut out, code),
        }
    }
    out
}

/// Appends the escape of a character: a letter where it has one, else its number.
pub fn push_escape(out: &mut String, code: u32) {
    match code {
        0x09 => out.push_str("\\t"),
        0x0A => out.push_str("\\n"),
        0x0D => out.push_str("\\r"),
        _ => push_numeric_escape(out, code),
    }
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, whichever is the shortest.
pub fn push_numeric_escape(out: &mut String, code: u32) {
    // Writing to a String cannot fail.
    let _ = match code {
        0..0x100 => write!(out, "\\x{code:02x}"),
        0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// `repr(bytes)`.
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = quote(bytes);
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match byte {
            _ if byte == quote as u8 || byte == b'\\' => out.extend(['\\', byte as char]),
            0x20..0x7F => out.push(byte as char),
            _ => push_escape(&mut out, byte as u32),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_chosen() {
        assert_eq!(repr(b"it's"), "\"it's\"");
        assert_eq!(repr(b"\"it's\""), "'\"it\\'s\"'");
        assert_eq!(repr_bytes(b"it's"), "b\"it's\"");
    }

    #[test]
    fn escapes() {
        assert_eq!(
            repr("é\n\t\r\\\0\u{7f}\u{a0}\u{200b}\u{10ffff}€".as_bytes()),
            "'é\\n\\t\\r\\\\\\x00\\x7f\\xa0\\u200b\\U0010ffff€'"
        );
        assert_eq!(ascii("é€😀".as_bytes()), "'\\xe9\\u20ac\\U0001f600'");
        assert_eq!(repr(&[0xED, 0xB2, 0x80]), "'\\udc80'");
        assert_eq!(repr_bytes(b"\x00\xff\n'\""), "b'\\x00\\xff\\n\\'\"'");
        assert_eq!(escape_non_ascii("[é]".as_bytes()), "[\\xe9]");
    }
}
