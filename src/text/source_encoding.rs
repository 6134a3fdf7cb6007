//! The text of a source file: its bytes in the encoding that a comment in its first two lines names, or else in UTF-8.

use crate::text::codec::{decode, decode_message};
use crate::text::encoding::{Encoding, Handler, lookup};

/// Why there is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The comment names an encoding that there is not.
    Unknown(String),
    /// The mark of UTF-8 stands before a comment that names another encoding.
    Marked(String),
    /// The bytes at a place are not of this encoding, as a message says.
    Invalid(Encoding, usize, String),
}

/// The mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Encodings that there are elsewhere begin so. A text in ASCII is the same in all of them.
const FAMILIES: [&str; 9] = ["cp", "iso", "windows", "gb", "big5", "euc", "shift", "koi8", "mac"];

impl Refusal {
    /// What a SyntaxError says of it.
    pub fn message(&self) -> String {
        match self {
            Refusal::Unknown(name) => format!("unknown encoding: {name}"),
            Refusal::Marked(name) => format!("encoding problem: {name} with BOM"),
            Refusal::Invalid(Encoding::Utf8, _, message) => format!("(unicode error) {message}"),
            Refusal::Invalid(_, _, message) => message.clone(),
        }
    }
}

/// Reads the bytes of a source file.
pub fn source_text(bytes: &[u8]) -> Result<String, Refusal> {
    let encoding = match named_encoding(bytes) {
        Some(name) => match find(&name) {
            Some(encoding) if encoding != Encoding::Utf8 && bytes.starts_with(MARK) => {
                return Err(Refusal::Marked(if encoding == Encoding::Latin1 { "iso-8859-1".into() } else { name }));
            }
            Some(encoding) => encoding,
            None if bytes.is_ascii() && FAMILIES.iter().any(|family| name.starts_with(family)) => Encoding::Utf8,
            None => return Err(Refusal::Unknown(name)),
        },
        None => Encoding::Utf8,
    };
    let text = decode(bytes, encoding, Handler::Strict).map_err(|error| {
        let message = decode_message(encoding.name(), bytes, error.start, error.end, error.reason);
        Refusal::Invalid(encoding, error.start, message)
    })?;
    Ok(String::from_utf8(text).expect("these encodings have no surrogates"))
}

/// The name in a comment like `# -*- coding: utf-8 -*-`, which stands in the first line, or in the second if the first is
/// empty or a comment too.
fn named_encoding(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        match line.strip_prefix('#') {
            Some(comment) => {
                if let Some(name) = name_in(comment) {
                    return Some(name);
                }
            }
            None if line.trim().is_empty() => {}
            None => return None,
        }
    }
    None
}

/// What stands behind the first `coding:` or `coding=` of a comment.
fn name_in(comment: &str) -> Option<String> {
    let places = comment.match_indices("coding").map(|(at, word)| &comment[at + word.len()..]);
    let names = places.filter_map(|rest| rest.strip_prefix([':', '='])).map(|rest| {
        let rest = rest.trim_start_matches([' ', '\t']);
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        &rest[..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())]
    });
    names.into_iter().find(|name| !name.is_empty()).map(str::to_ascii_lowercase)
}

/// The encoding of a name, with which editors may say how lines end (`utf-8-unix`). ASCII is the same in it.
fn find(name: &str) -> Option<Encoding> {
    let plain = name.replace('_', "-");
    let is = |known: &str| plain.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    if is("utf-8") {
        return Some(Encoding::Utf8);
    }
    if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        return Some(Encoding::Latin1);
    }
    match lookup(name)? {
        Encoding::Utf8Marked => Some(Encoding::Utf8),
        found @ (Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii | Encoding::Cp1252 | Encoding::Cp437) => {
            Some(found)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, Refusal> {
        source_text(bytes)
    }

    #[test]
    fn a_comment_names_the_encoding() {
        assert_eq!(read(b"# -*- coding: latin-1 -*-\n'\xe9'"), Ok("# -*- coding: latin-1 -*-\n'\u{e9}'".into()));
        assert_eq!(
            read(b"#!sh\n# vim: set fileencoding=cp1252 :\n'\x80'").map(|text| text.contains('\u{20ac}')),
            Ok(true)
        );
        assert_eq!(read(b"# coding: utf-8-unix\n1"), Ok("# coding: utf-8-unix\n1".into()));
        assert_eq!(read(b"# coding: nonsense\n1"), Err(Refusal::Unknown("nonsense".into())));
        assert_eq!(read(b"\xef\xbb\xbf# coding: latin-1"), Err(Refusal::Marked("iso-8859-1".into())));
        assert!(matches!(read(b"# coding: ascii\n\xe9"), Err(Refusal::Invalid(Encoding::Ascii, 16, _))));
    }

    #[test]
    fn other_places_name_none() {
        for text in
            ["1\n# coding: nonsense", "\n\n# coding: nonsense", "x = 1 # coding: nonsense", "# encoding of nonsense"]
        {
            assert_eq!(read(text.as_bytes()), Ok(text.into()));
        }
        assert_eq!(read(b"# coding: gbk\n1"), Ok("# coding: gbk\n1".into()));
        assert!(matches!(read(b"x\xe9"), Err(Refusal::Invalid(Encoding::Utf8, 1, _))));
    }
}
