//! Encoding and decoding of text, with Python's error handlers.
//!
//! One step (`decode_step`, `encode_step`) goes on until something cannot be converted and says what
//! and why; `decode` and `encode` apply a built-in handler to that and go on. A caller with a handler
//! of its own, written in script, drives the steps itself. The encodings and their names are in
//! `encoding`, UTF-16 and UTF-32 in `wide_codec`, the escapes of source text in `escape_codec`.

use super::encoding::{Encoding, Handler, Order};
use super::{code_page, escape_codec, quote, wide_codec, wtf8};

/// What could not be converted. Offsets are bytes, of the bytes when decoding, of the string's UTF-8
/// when encoding; `character_range` converts the latter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError {
    /// The encoding's name as the exception shows it.
    pub encoding: &'static str,
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Why.
    pub reason: &'static str,
    /// Whether the handler's name itself was wrong for this: "don't know how to handle ... in error callback".
    pub unhandled: bool,
}

impl CodecError {
    /// What cannot be encoded from one byte to another, and why.
    pub fn new(encoding: &'static str, start: usize, end: usize, reason: &'static str) -> CodecError {
        CodecError { encoding, start, end, reason, unhandled: false }
    }

    /// The range in code points of the text that could not be encoded.
    pub fn character_range(&self, text: &[u8]) -> (usize, usize) {
        let start = wtf8::index_of_offset(text, self.start);
        (start, start + wtf8::count(&text[self.start.min(text.len())..self.end.min(text.len())]))
    }
}

/// `str()` of a UnicodeDecodeError.
pub fn decode_message(encoding: &str, object: &[u8], start: usize, end: usize, reason: &str) -> String {
    match object.get(start) {
        Some(byte) if end == start + 1 => {
            format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
        }
        _ => format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end as i128 - 1),
    }
}

/// `str()` of a UnicodeEncodeError; the range is in code points.
pub fn encode_message(encoding: &str, object: &[u8], start: usize, end: usize, reason: &str) -> String {
    match wtf8::code_points(object).nth(start) {
        Some(code) if end == start + 1 => {
            let mut shown = String::new();
            quote::push_numeric_escape(&mut shown, code);
            format!("'{encoding}' codec can't encode character '{shown}' in position {start}: {reason}")
        }
        _ => format!("'{encoding}' codec can't encode characters in position {start}-{}: {reason}", end as i128 - 1),
    }
}

/// `str()` of a UnicodeTranslateError; the range is in code points.
pub fn translate_message(object: &[u8], start: usize, end: usize, reason: &str) -> String {
    match wtf8::code_points(object).nth(start) {
        Some(code) if end == start + 1 => {
            let mut shown = String::new();
            quote::push_numeric_escape(&mut shown, code);
            format!("can't translate character '{shown}' in position {start}: {reason}")
        }
        _ => format!("can't translate characters in position {start}-{}: {reason}", end as i128 - 1),
    }
}

/// `bytes.decode(encoding, handler)`.
pub fn decode(bytes: &[u8], encoding: Encoding, handler: Handler) -> Result<Vec<u8>, CodecError> {
    let (encoding, bytes, skipped) = read_mark(encoding, bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let placed = |mut error: CodecError| {
        error.start += skipped;
        error.end += skipped;
        error
    };
    decode_into(bytes, encoding, handler, true, &mut out).map_err(placed)?;
    Ok(out)
}

/// Takes the mark off the start: the encoding it tells, the rest, and how far positions in errors
/// are shifted. The mark of UTF-16 counts in positions; that of utf-8-sig does not, and an error's
/// object is what comes behind it.
pub fn read_mark(encoding: Encoding, bytes: &[u8]) -> (Encoding, &[u8], usize) {
    match encoding {
        Encoding::Utf8Marked => (Encoding::Utf8, bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes), 0),
        Encoding::Utf16(Order::Marked) => match bytes {
            [0xFF, 0xFE, rest @ ..] => (Encoding::Utf16(Order::Little), rest, 2),
            [0xFE, 0xFF, rest @ ..] => (Encoding::Utf16(Order::Big), rest, 2),
            _ => (Encoding::Utf16(Order::Little), bytes, 0),
        },
        Encoding::Utf32(Order::Marked) => match bytes {
            [0xFF, 0xFE, 0, 0, rest @ ..] => (Encoding::Utf32(Order::Little), rest, 4),
            [0, 0, 0xFE, 0xFF, rest @ ..] => (Encoding::Utf32(Order::Big), rest, 4),
            _ => (Encoding::Utf32(Order::Little), bytes, 0),
        },
        other => (other, bytes, 0),
    }
}

/// Decodes to the end, or to the start of a character cut off when more bytes may come (`last` is
/// false); gives how many bytes it took.
pub fn decode_into(
    bytes: &[u8],
    encoding: Encoding,
    handler: Handler,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    let mut position = 0;
    loop {
        match decode_step(bytes, position, encoding, last, out) {
            Ok(end) => return Ok(end),
            Err(error) => position = handle_decode(bytes, error, encoding, handler, out)?,
        }
    }
}

/// Decodes from a position on; gives where it stopped.
pub fn decode_step(
    bytes: &[u8],
    position: usize,
    encoding: Encoding,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Marked => decode_utf8(bytes, position, last, out),
        Encoding::Utf16(order) => wide_codec::decode_16(bytes, position, order, last, out),
        Encoding::Utf32(order) => wide_codec::decode_32(bytes, position, order, last, out),
        Encoding::Latin1 => {
            bytes[position..].iter().for_each(|&byte| wtf8::push(out, byte as u32));
            Ok(bytes.len())
        }
        Encoding::Ascii => decode_ascii(bytes, position, out),
        Encoding::Cp1252 => code_page::decode(bytes, position, &code_page::CP1252, out),
        Encoding::Cp437 => code_page::decode(bytes, position, &code_page::CP437, out),
        Encoding::UnicodeEscape => escape_codec::decode(bytes, position, last, out),
        Encoding::RawUnicodeEscape => escape_codec::decode_raw(bytes, position, last, out),
    }
}

fn decode_utf8(bytes: &[u8], position: usize, last: bool, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let rest = &bytes[position..];
    let Err(error) = std::str::from_utf8(rest) else {
        out.extend_from_slice(rest);
        return Ok(bytes.len());
    };
    out.extend_from_slice(&rest[..error.valid_up_to()]);
    let start = position + error.valid_up_to();
    let Some(length) = error.error_len() else {
        if !last {
            return Ok(start);
        }
        return Err(CodecError::new("utf-8", start, bytes.len(), "unexpected end of data"));
    };
    let reason = match bytes[start] {
        0xC2..=0xF4 => "invalid continuation byte",
        _ => "invalid start byte",
    };
    Err(CodecError::new("utf-8", start, start + length, reason))
}

fn decode_ascii(bytes: &[u8], position: usize, out: &mut Vec<u8>) -> Result<usize, CodecError> {
    let rest = &bytes[position..];
    let length = rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
    out.extend_from_slice(&rest[..length]);
    let stop = position + length;
    if stop < bytes.len() {
        return Err(CodecError::new("ascii", stop, stop + 1, "ordinal not in range(128)"));
    }
    Ok(stop)
}

/// Applies a handler to what could not be decoded; gives where to go on.
fn handle_decode(
    bytes: &[u8],
    mut error: CodecError,
    encoding: Encoding,
    handler: Handler,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    let bad = &bytes[error.start..error.end];
    match handler {
        Handler::Strict => return Err(error),
        Handler::Ignore => {}
        Handler::Replace => wtf8::push(out, 0xFFFD),
        Handler::BackslashReplace => {
            let mut text = String::new();
            bad.iter().for_each(|&byte| quote::push_numeric_escape(&mut text, byte as u32));
            out.extend_from_slice(text.as_bytes());
        }
        Handler::XmlCharacterReplace | Handler::NameReplace => {
            error.unhandled = true;
            return Err(error);
        }
        Handler::SurrogateEscape => {
            let length = bad.iter().take_while(|&&byte| byte >= 0x80).count();
            if length == 0 {
                return Err(error);
            }
            bad[..length].iter().for_each(|&byte| wtf8::push(out, 0xDC00 + byte as u32));
            return Ok(error.start + length);
        }
        Handler::SurrogatePass => {
            let (code, length) = encoded_surrogate(&bytes[error.start..], encoding).ok_or(error.clone())?;
            wtf8::push(out, code);
            return Ok(error.start + length);
        }
    }
    Ok(error.end)
}

/// The surrogate that bytes start with, encoded like any other code point.
fn encoded_surrogate(bytes: &[u8], encoding: Encoding) -> Option<(u32, usize)> {
    let (code, length) = match encoding {
        Encoding::Utf8 | Encoding::Utf8Marked => match bytes {
            [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] => {
                (0xD000 | ((*second as u32 & 0x3F) << 6) | (*third as u32 & 0x3F), 3)
            }
            _ => return None,
        },
        Encoding::Utf16(order) => (wide_codec::unit(bytes, 2, order)?, 2),
        Encoding::Utf32(order) => (wide_codec::unit(bytes, 4, order)?, 4),
        _ => return None,
    };
    wtf8::is_surrogate(code).then_some((code, length))
}

/// `text.encode(encoding, handler)`.
pub fn encode(text: &[u8], encoding: Encoding, handler: Handler) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::with_capacity(text.len() + 4);
    out.extend_from_slice(mark(encoding));
    encode_into(text, encoding, handler, &mut out)?;
    Ok(out)
}

/// The bytes that text in this encoding starts with.
pub fn mark(encoding: Encoding) -> &'static [u8] {
    match encoding {
        Encoding::Utf8Marked => b"\xEF\xBB\xBF",
        Encoding::Utf16(Order::Marked) => b"\xFF\xFE",
        Encoding::Utf32(Order::Marked) => b"\xFF\xFE\0\0",
        _ => b"",
    }
}

/// Encodes without a mark.
pub fn encode_into(text: &[u8], encoding: Encoding, handler: Handler, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let mut position = 0;
    while let Err(error) = encode_step(text, position, encoding, out) {
        handle_encode(text, &error, encoding, handler, out)?;
        position = error.end;
    }
    Ok(())
}

/// Encodes from a byte offset of the text on.
pub fn encode_step(text: &[u8], position: usize, encoding: Encoding, out: &mut Vec<u8>) -> Result<(), CodecError> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Marked => encode_utf8(text, position, out),
        Encoding::Utf16(order) => wide_codec::encode_16(text, position, order, out),
        Encoding::Utf32(order) => wide_codec::encode_32(text, position, order, out),
        Encoding::Latin1 => {
            encode_bytes(text, position, "latin-1", "ordinal not in range(256)", out, |code| u8::try_from(code).ok())
        }
        Encoding::Ascii => encode_bytes(text, position, "ascii", "ordinal not in range(128)", out, |code| {
            u8::try_from(code).ok().filter(u8::is_ascii)
        }),
        Encoding::Cp1252 | Encoding::Cp437 => {
            let table = if encoding == Encoding::Cp437 { &code_page::CP437 } else { &code_page::CP1252 };
            encode_bytes(text, position, "charmap", "character maps to <undefined>", out, |code| {
                code_page::byte(table, code)
            })
        }
        Encoding::UnicodeEscape => {
            escape_codec::encode(&text[position..], out);
            Ok(())
        }
        Encoding::RawUnicodeEscape => {
            escape_codec::encode_raw(&text[position..], out);
            Ok(())
        }
    }
}

fn encode_utf8(text: &[u8], position: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let rest = &text[position..];
    let Err(error) = std::str::from_utf8(rest) else {
        out.extend_from_slice(rest);
        return Ok(());
    };
    out.extend_from_slice(&rest[..error.valid_up_to()]);
    let start = position + error.valid_up_to();
    let mut end = start;
    while let Some((code, length)) = wtf8::decode(text, end)
        && (wtf8::is_surrogate(code) || end == start)
    {
        end += length;
    }
    Err(CodecError::new("utf-8", start, end, "surrogates not allowed"))
}

/// Encodes one byte a character; all in a row that have none are one error.
fn encode_bytes(
    text: &[u8],
    position: usize,
    encoding: &'static str,
    reason: &'static str,
    out: &mut Vec<u8>,
    byte: impl Fn(u32) -> Option<u8>,
) -> Result<(), CodecError> {
    let mut offset = position;
    let mut bad = None;
    while let Some((code, length)) = wtf8::decode(text, offset) {
        match (byte(code), bad) {
            (Some(byte), None) => out.push(byte),
            (None, None) => bad = Some(offset),
            (None, Some(_)) => {}
            (Some(_), Some(_)) => break,
        }
        offset += length;
    }
    match bad {
        Some(start) => Err(CodecError::new(encoding, start, offset, reason)),
        None => Ok(()),
    }
}

/// Applies a handler to text that could not be encoded.
fn handle_encode(
    text: &[u8],
    error: &CodecError,
    encoding: Encoding,
    handler: Handler,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let mut offset = error.start;
    while let Some((code, length)) = wtf8::decode(&text[..error.end], offset) {
        match handler {
            Handler::SurrogateEscape | Handler::SurrogatePass => {
                if !push_surrogate(out, code, encoding, handler) {
                    // What was escaped before is done, so the error starts here; tables report all of it.
                    let partial = handler == Handler::SurrogateEscape && error.encoding != "charmap";
                    let start = if partial { offset } else { error.start };
                    return Err(CodecError { start, ..error.clone() });
                }
            }
            _ => {
                let shown = shown_instead(handler, code).ok_or_else(|| error.clone())?;
                encode_step(shown.as_bytes(), 0, encoding, out)?;
            }
        }
        offset += length;
    }
    Ok(())
}

/// The ASCII text that a handler puts in the place of a character; `None` to raise.
fn shown_instead(handler: Handler, code: u32) -> Option<String> {
    let mut shown = String::new();
    match handler {
        Handler::Ignore => {}
        Handler::Replace => shown.push('?'),
        Handler::BackslashReplace => quote::push_numeric_escape(&mut shown, code),
        Handler::XmlCharacterReplace => shown = format!("&#{code};"),
        Handler::NameReplace => match char::from_u32(code).and_then(unicode_names2::name) {
            Some(name) => shown = format!("\\N{{{name}}}"),
            None => quote::push_numeric_escape(&mut shown, code),
        },
        Handler::Strict | Handler::SurrogateEscape | Handler::SurrogatePass => return None,
    }
    Some(shown)
}

/// Appends the bytes that a surrogate stands for; gives whether it stands for any.
fn push_surrogate(out: &mut Vec<u8>, code: u32, encoding: Encoding, handler: Handler) -> bool {
    let escape = handler == Handler::SurrogateEscape;
    match (encoding, code) {
        // One byte is no code unit of these.
        (Encoding::Utf16(_) | Encoding::Utf32(_), _) if escape => return false,
        (_, 0xDC80..=0xDCFF) if escape => out.push((code - 0xDC00) as u8),
        _ if escape || !wtf8::is_surrogate(code) => return false,
        (Encoding::Utf8 | Encoding::Utf8Marked, _) => wtf8::push(out, code),
        (Encoding::Utf16(order), _) => wide_codec::push_unit(out, code, 2, order),
        (Encoding::Utf32(order), _) => wide_codec::push_unit(out, code, 4, order),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::encoding::{handler, lookup};
    use super::*;

    fn decoded(bytes: &[u8], encoding: &str, errors: &str) -> Vec<u32> {
        let out = decode(bytes, lookup(encoding).unwrap(), handler(errors).unwrap()).unwrap();
        wtf8::code_points(&out).collect()
    }

    fn failure(bytes: &[u8], encoding: &str) -> String {
        let error = decode(bytes, lookup(encoding).unwrap(), Handler::Strict).unwrap_err();
        decode_message(error.encoding, bytes, error.start, error.end, error.reason)
    }

    #[test]
    fn utf8_errors_are_those_of_python() {
        let rest = |text: &str| format!("'utf-8' codec can't decode {text}");
        assert_eq!(failure(b"a\xff", "utf8"), rest("byte 0xff in position 1: invalid start byte"));
        assert_eq!(failure(b"\xe2(\xa1", "utf8"), rest("byte 0xe2 in position 0: invalid continuation byte"));
        assert_eq!(failure(b"\xf0\x9f\x98", "utf8"), rest("bytes in position 0-2: unexpected end of data"));
        assert_eq!(failure(b"\xed\xa0\x80", "utf8"), rest("byte 0xed in position 0: invalid continuation byte"));
        assert_eq!(failure(b"\xc0\x80", "utf8"), rest("byte 0xc0 in position 0: invalid start byte"));
    }

    #[test]
    fn handlers_of_decoding() {
        assert_eq!(decoded(b"a\xf0\x9f\x98b", "utf-8", "replace"), [0x61, 0xFFFD, 0x62]);
        assert_eq!(decoded(b"\xff\xe2\x82", "utf-8", "surrogateescape"), [0xDCFF, 0xDCE2, 0xDC82]);
        assert_eq!(decoded(b"\xed\xa0\x80", "utf-8", "surrogatepass"), [0xD800]);
        assert_eq!(decoded(b"\xed\xa0\x80", "utf-8", "backslashreplace").len(), 12);
        assert_eq!(decoded(b"\x81\x80", "cp1252", "ignore"), [0x20AC]);
    }

    #[test]
    fn encoding_and_its_handlers() {
        let encoded = |text: &str, encoding, errors| {
            encode(text.as_bytes(), lookup(encoding).unwrap(), handler(errors).unwrap()).unwrap()
        };
        assert_eq!(encoded("é€", "ascii", "xmlcharrefreplace"), b"&#233;&#8364;");
        assert_eq!(encoded("é€x", "ascii", "backslashreplace"), b"\\xe9\\u20acx");
        assert_eq!(encoded("é\u{81}", "ascii", "namereplace"), b"\\N{LATIN SMALL LETTER E WITH ACUTE}\\x81");
        assert_eq!(encoded("é€x", "latin-1", "replace"), b"\xe9?x");
        assert_eq!(encoded("€", "cp1252", "strict"), b"\x80");
        assert_eq!(encoded("é", "IBM437", "strict"), b"\x82");
        assert_eq!(encoded("a", "utf_8_sig", "strict"), b"\xef\xbb\xbfa");
        let error = encode("aéé€".as_bytes(), Encoding::Ascii, Handler::Strict).unwrap_err();
        assert_eq!(error.character_range("aéé€".as_bytes()), (1, 4));
        assert_eq!(encode(b"\xed\xb3\xbf", Encoding::Ascii, Handler::SurrogateEscape).unwrap(), b"\xff");
    }
}
