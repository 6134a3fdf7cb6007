//! The encodings and error handlers there are, and their names.
//!
//! `lookup` finds an encoding as `codecs.lookup` does. The conversion is in `codec`.

use super::wide_codec;

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
    /// Put `\N{name}`; encoding only.
    NameReplace,
    /// Bytes become surrogates U+DC80 to U+DCFF, and those bytes.
    SurrogateEscape,
    /// Surrogates are encoded like other code points.
    SurrogatePass,
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
        "namereplace" => Handler::NameReplace,
        "surrogateescape" => Handler::SurrogateEscape,
        "surrogatepass" => Handler::SurrogatePass,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(lookup("UTF-8").map(Encoding::name), Some("utf-8"));
        assert_eq!(lookup("Latin 1").map(Encoding::name), Some("iso8859-1"));
        assert_eq!(lookup("utf-16-LE").map(Encoding::name), Some("utf-16-le"));
        assert_eq!(lookup("klingon"), None);
    }
}
