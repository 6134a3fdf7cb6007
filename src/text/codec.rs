//! Encoding and decoding of text, with Python's error handlers.
//!
//! One step (`decode_step`, `encode_step`) goes on until something cannot be converted and says what
//! and why; `decode` and `encode` apply a built-in handler to that and go on. A caller with a handler
//! of its own, written in script, drives the steps itself. Names are looked up as `codecs.lookup`
//! does. UTF-16 and UTF-32 are in `wide_codec`, the escapes of source text in `escape_codec`.

use super::{escape_codec, quote, wide_codec, wtf8};

/// The order of the bytes in a code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Written without a mark.
    Little,
    /// Written without a mark.
    Big,
    /// Little when writing, with a mark before it; when reading, what the mark says.
    Marked,
}

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// utf-8.
    Utf8,
    /// utf-8-sig: with a mark before it.
    Utf8Marked,
    /// utf-16.
    Utf16(Order),
    /// utf-32.
    Utf32(Order),
    /// latin-1, the first 256 code points.
    Latin1,
    /// ascii.
    Ascii,
    /// cp1252, Windows' Western European.
    Cp1252,
    /// cp437, that of the first PCs.
    Cp437,
    /// The escapes of a str literal.
    UnicodeEscape,
    /// The `\u` escapes of a str literal only.
    RawUnicodeEscape,
}

/// What to do with what cannot be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Raise.
    Strict,
    /// Leave it out.
    Ignore,
    /// Put `?` or U+FFFD.
    Replace,
    /// Put `\xhh`.
    BackslashReplace,
    /// Put `&#n;`; encoding only.
    XmlCharacterReplace,
    /// Bytes become surrogates U+DC80 to U+DCFF, and those bytes.
    SurrogateEscape,
    /// Surrogates are encoded like other code points.
    SurrogatePass,
}

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
    pub(super) fn new(encoding: &'static str, start: usize, end: usize, reason: &'static str) -> CodecError {
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

/// The encoding of this name, in any case and with any of `-`, `_` and blanks between its parts.
pub fn lookup(name: &str) -> Option<Encoding> {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '.' => plain.push(c.to_ascii_lowercase()),
            _ if c.is_ascii() => {
                if !plain.ends_with('_') {
                    plain.push('_');
                }
            }
            _ => return None,
        }
    }
    Some(match plain.trim_matches('_') {
        "utf_8" | "utf8" | "u8" | "utf" | "utf8_ucs2" | "utf8_ucs4" | "cp65001" => Encoding::Utf8,
        "utf_8_sig" | "utf8_sig" => Encoding::Utf8Marked,
        "utf_16" | "utf16" | "u16" => Encoding::Utf16(Order::Marked),
        "utf_16_le" | "utf_16le" | "utf16_le" | "unicodelittleunmarked" => Encoding::Utf16(Order::Little),
        "utf_16_be" | "utf_16be" | "utf16_be" | "unicodebigunmarked" => Encoding::Utf16(Order::Big),
        "utf_32" | "utf32" | "u32" => Encoding::Utf32(Order::Marked),
        "utf_32_le" | "utf_32le" | "utf32_le" => Encoding::Utf32(Order::Little),
        "utf_32_be" | "utf_32be" | "utf32_be" => Encoding::Utf32(Order::Big),
        "latin_1" | "latin1" | "latin" | "l1" | "iso_8859_1" | "iso8859_1" | "iso8859" | "8859" | "cp819"
        | "iso_ir_100" | "csisolatin1" | "ibm819" | "iso_8859_1_1987" => Encoding::Latin1,
        "ascii" | "us_ascii" | "646" | "us" | "ansi_x3.4_1968" | "ansi_x3.4_1986" | "ansi_x3_4_1968" | "cp367"
        | "csascii" | "ibm367" | "iso646_us" | "iso_646.irv_1991" | "iso_ir_6" => Encoding::Ascii,
        "cp1252" | "windows_1252" | "1252" => Encoding::Cp1252,
        "cp437" | "437" | "ibm437" | "cspc8codepage437" => Encoding::Cp437,
        "unicode_escape" | "unicodeescape" => Encoding::UnicodeEscape,
        "raw_unicode_escape" | "rawunicodeescape" => Encoding::RawUnicodeEscape,
        _ => return None,
    })
}

impl Encoding {
    /// The name that `codecs.lookup(...).name` and text files show.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf8Marked => "utf-8-sig",
            Encoding::Utf16(order) => wide_codec::name(16, order),
            Encoding::Utf32(order) => wide_codec::name(32, order),
            Encoding::Latin1 => "iso8859-1",
            Encoding::Ascii => "ascii",
            Encoding::Cp1252 => "cp1252",
            Encoding::Cp437 => "cp437",
            Encoding::UnicodeEscape => "unicode-escape",
            Encoding::RawUnicodeEscape => "raw-unicode-escape",
        }
    }
}

/// The built-in error handler of this name.
pub fn handler(name: &str) -> Option<Handler> {
    Some(match name {
        "strict" => Handler::Strict,
        "ignore" => Handler::Ignore,
        "replace" => Handler::Replace,
        "backslashreplace" => Handler::BackslashReplace,
        "xmlcharrefreplace" => Handler::XmlCharacterReplace,
        "surrogateescape" => Handler::SurrogateEscape,
        "surrogatepass" => Handler::SurrogatePass,
        _ => return None,
    })
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
/// are shifted. The mark of utf-8-sig does not count in positions, that of UTF-16 does.
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
        Encoding::Cp1252 => decode_table(bytes, position, &CP1252, out),
        Encoding::Cp437 => decode_table(bytes, position, &CP437, out),
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

fn decode_table(bytes: &[u8], position: usize, table: &[u16; 128], out: &mut Vec<u8>) -> Result<usize, CodecError> {
    for (at, &byte) in bytes.iter().enumerate().skip(position) {
        match byte {
            0..0x80 => out.push(byte),
            _ => match table[byte as usize - 0x80] {
                0 => return Err(CodecError::new("charmap", at, at + 1, "character maps to <undefined>")),
                code => wtf8::push(out, code as u32),
            },
        }
    }
    Ok(bytes.len())
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
        Handler::XmlCharacterReplace => {
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
        Encoding::Latin1 => encode_bytes(text, position, "latin-1", "ordinal not in range(256)", out, |code| {
            u8::try_from(code).ok()
        }),
        Encoding::Ascii => encode_bytes(text, position, "ascii", "ordinal not in range(128)", out, |code| {
            u8::try_from(code).ok().filter(u8::is_ascii)
        }),
        Encoding::Cp1252 | Encoding::Cp437 => {
            let table = if encoding == Encoding::Cp437 { &CP437 } else { &CP1252 };
            encode_bytes(text, position, "charmap", "character maps to <undefined>", out, |code| {
                byte_in_table(table, code)
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

fn byte_in_table(table: &[u16; 128], code: u32) -> Option<u8> {
    if code < 0x80 {
        return Some(code as u8);
    }
    let at = table.iter().position(|&other| other as u32 == code)?;
    Some(at as u8 + 0x80)
}

/// Applies a handler to text that could not be encoded.
fn handle_encode(
    text: &[u8],
    error: &CodecError,
    encoding: Encoding,
    handler: Handler,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    for code in wtf8::code_points(&text[error.start..error.end]) {
        let mut shown = String::new();
        match handler {
            Handler::Strict => return Err(error.clone()),
            Handler::Ignore => continue,
            Handler::Replace => shown.push('?'),
            Handler::BackslashReplace => quote::push_numeric_escape(&mut shown, code),
            Handler::XmlCharacterReplace => shown = format!("&#{code};"),
            Handler::SurrogateEscape => match code {
                0xDC80..=0xDCFF => {
                    out.push((code - 0xDC00) as u8);
                    continue;
                }
                _ => return Err(error.clone()),
            },
            Handler::SurrogatePass => match encoding {
                _ if !wtf8::is_surrogate(code) => return Err(error.clone()),
                Encoding::Utf8 | Encoding::Utf8Marked => {
                    wtf8::push(out, code);
                    continue;
                }
                Encoding::Utf16(order) => {
                    wide_codec::push_unit(out, code, 2, order);
                    continue;
                }
                Encoding::Utf32(order) => {
                    wide_codec::push_unit(out, code, 4, order);
                    continue;
                }
                _ => return Err(error.clone()),
            },
        }
        encode_step(shown.as_bytes(), 0, encoding, out)?;
    }
    Ok(())
}

/// A decoder that takes its bytes in pieces, for text files and streams.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// The encoding; without its mark once that has been read.
    encoding: Encoding,
    handler: Handler,
    /// The start of a character whose rest has not come yet.
    pending: Vec<u8>,
    /// Whether the start of the text, where a mark may be, is behind.
    started: bool,
}

impl Decoder {
    /// A decoder at the start of a text.
    pub fn new(encoding: Encoding, handler: Handler) -> Decoder {
        Decoder { encoding, handler, pending: Vec::new(), started: false }
    }

    /// The bytes held back for a character not complete.
    pub fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// Decodes what these bytes complete; with `last` nothing is held back.
    pub fn feed(&mut self, bytes: &[u8], last: bool) -> Result<Vec<u8>, CodecError> {
        let joined;
        let mut bytes = bytes;
        if !self.pending.is_empty() {
            let mut all = std::mem::take(&mut self.pending);
            all.extend_from_slice(bytes);
            joined = all;
            bytes = &joined;
        }
        let whole = bytes;
        if !self.started {
            let mark = mark(self.encoding);
            // A mark is as long in the other byte order, which starts with its last byte or zero.
            if bytes.len() < mark.len() && !last {
                self.pending = bytes.to_vec();
                return Ok(Vec::new());
            }
            self.started = true;
            (self.encoding, bytes, _) = read_mark(self.encoding, bytes);
        }
        let skipped = whole.len() - bytes.len();
        let mut out = Vec::with_capacity(bytes.len());
        let taken = decode_into(bytes, self.encoding, self.handler, last, &mut out).map_err(|mut error| {
            error.start += skipped;
            error.end += skipped;
            error
        })?;
        self.pending = bytes[taken..].to_vec();
        Ok(out)
    }
}

/// The code points of the upper half of cp1252; 0 where there is none.
#[rustfmt::skip]
const CP1252: [u16; 128] = [
    0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039,
    0x152, 0, 0x17D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0, 0x17E, 0x178, 0xA0, 0xA1, 0xA2, 0xA3,
    0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF,
    0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBB,
    0xBC, 0xBD, 0xBE, 0xBF, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7,
    0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF, 0xD0, 0xD1, 0xD2, 0xD3,
    0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF,
    0xE0, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xEB,
    0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7,
    0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF,
];

/// The code points of the upper half of cp437; 0 where there is none.
#[rustfmt::skip]
const CP437: [u16; 128] = [
    0xC7, 0xFC, 0xE9, 0xE2, 0xE4, 0xE0, 0xE5, 0xE7, 0xEA, 0xEB, 0xE8, 0xEF,
    0xEE, 0xEC, 0xC4, 0xC5, 0xC9, 0xE6, 0xC6, 0xF4, 0xF6, 0xF2, 0xFB, 0xF9,
    0xFF, 0xD6, 0xDC, 0xA2, 0xA3, 0xA5, 0x20A7, 0x192, 0xE1, 0xED, 0xF3, 0xFA,
    0xF1, 0xD1, 0xAA, 0xBA, 0xBF, 0x2310, 0xAC, 0xBD, 0xBC, 0xA1, 0xAB, 0xBB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x3B1, 0xDF, 0x393, 0x3C0, 0x3A3, 0x3C3, 0xB5, 0x3C4, 0x3A6, 0x398, 0x3A9, 0x3B4,
    0x221E, 0x3C6, 0x3B5, 0x2229, 0x2261, 0xB1, 0x2265, 0x2264, 0x2320, 0x2321, 0xF7, 0x2248,
    0xB0, 0x2219, 0xB7, 0x221A, 0x207F, 0xB2, 0x25A0, 0xA0,
];

#[cfg(test)]
mod tests {
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
        assert_eq!(encoded("é€x", "latin-1", "replace"), b"\xe9?x");
        assert_eq!(encoded("€", "cp1252", "strict"), b"\x80");
        assert_eq!(encoded("é", "IBM437", "strict"), b"\x82");
        assert_eq!(encoded("a", "utf_8_sig", "strict"), b"\xef\xbb\xbfa");
        let error = encode("aéé€".as_bytes(), Encoding::Ascii, Handler::Strict).unwrap_err();
        assert_eq!(error.character_range("aéé€".as_bytes()), (1, 4));
        assert_eq!(encode(b"\xed\xb3\xbf", Encoding::Ascii, Handler::SurrogateEscape).unwrap(), b"\xff");
    }

    #[test]
    fn text_in_pieces() {
        let mut decoder = Decoder::new(Encoding::Utf8, Handler::Strict);
        let text = "a😀é".as_bytes();
        let mut out = Vec::new();
        text.iter().for_each(|&byte| out.extend(decoder.feed(&[byte], false).unwrap()));
        assert_eq!(out, text);
        assert_eq!(decoder.feed(b"\xe2", false).unwrap(), b"");
        assert!(decoder.feed(b"", true).is_err());
        let mut decoder = Decoder::new(Encoding::Utf16(Order::Marked), Handler::Strict);
        let pieces: Vec<u8> = [&b"\xfe"[..], b"\xff\0", b"a"].iter().flat_map(|p| decoder.feed(p, false).unwrap()).collect();
        assert_eq!(pieces, b"a");
    }

    #[test]
    fn names() {
        assert_eq!(lookup("UTF-8").map(Encoding::name), Some("utf-8"));
        assert_eq!(lookup("Latin 1").map(Encoding::name), Some("iso8859-1"));
        assert_eq!(lookup("utf-16-LE").map(Encoding::name), Some("utf-16-le"));
        assert_eq!(lookup("klingon"), None);
    }
}
