//! Replacements of `sub` and `expand`: text with references to groups.

use super::error::{ErrorKind, PatternError, PatternText};
use super::matcher::Captures;
use super::program::Program;
use super::reader::{Piece, Reader};
use super::syntax::{Numeric, bad_escape, check_name, control_code, group_number, numeric, quoted, without_zeros};
use super::translate::push_code;

/// A piece of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Text(Vec<u8>),
    /// The text of the group with this number.
    Group(usize),
}

/// A replacement that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Its pieces in order.
    pub parts: Vec<Part>,
}

impl Replacement {
    /// Reads a replacement for matches of a pattern.
    pub fn parse(text: PatternText<'_>, program: &Program) -> Result<Self, PatternError> {
        let mut writer = Writer { parts: Vec::new(), text: Vec::new(), wide: text.is_str() };
        let mut reader = Reader::new(text)?;
        loop {
            let start = reader.position();
            let Some(piece) = reader.take()? else {
                break;
            };
            match piece.escaped {
                true => escape(&mut reader, piece, start, program, &mut writer)?,
                false => writer.push(piece.code),
            }
        }
        writer.flush();
        Ok(Replacement { parts: writer.parts })
    }

    /// Writes the replacement of one match; a group that took no part is nothing.
    pub fn expand(&self, captures: &Captures, text: &[u8], out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Text(bytes) => out.extend_from_slice(bytes),
                Part::Group(group) => {
                    let (start, end) = captures.span(*group).unwrap_or_default();
                    out.extend_from_slice(text.get(start..end).unwrap_or_default());
                }
            }
        }
    }

    /// The text, if it is the same for every match.
    pub fn literal(&self) -> Option<&[u8]> {
        match &self.parts[..] {
            [] => Some(b""),
            [Part::Text(bytes)] => Some(bytes),
            _ => None,
        }
    }
}

/// Gathers the parts.
struct Writer {
    parts: Vec<Part>,
    text: Vec<u8>,
    wide: bool,
}

impl Writer {
    fn push(&mut self, code: u32) {
        push_code(&mut self.text, code, self.wide);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn group(&mut self, group: usize) {
        self.flush();
        self.parts.push(Part::Group(group));
    }
}

/// Reads the rest of an escape that begins at `start`.
fn escape(
    reader: &mut Reader,
    piece: Piece,
    start: usize,
    program: &Program,
    writer: &mut Writer,
) -> Result<(), PatternError> {
    let letter = char::from_u32(piece.code).unwrap_or('\u{FFFD}');
    match letter {
        'g' => writer.group(named_group(reader, program, writer.wide)?),
        '0'..='9' => match numeric(reader, letter, start)? {
            Numeric::Code(code) => writer.push(code),
            Numeric::Group(group) if group <= program.group_count => writer.group(group),
            Numeric::Group(group) => {
                return Err(PatternError::at(format!("invalid group reference {group}"), start + 1));
            }
        },
        'b' => writer.push(8),
        _ => match control_code(letter) {
            Some(code) => writer.push(code),
            None if letter.is_ascii_alphabetic() => return Err(bad_escape(reader, start)),
            None => {
                writer.push('\\' as u32);
                writer.push(piece.code);
            }
        },
    }
    Ok(())
}

/// Reads the name in `\g<name>`; gives the number of the group.
fn named_group(reader: &mut Reader, program: &Program, wide: bool) -> Result<usize, PatternError> {
    if !reader.take_if('<')? {
        return Err(reader.error("missing <", 0));
    }
    let name = reader.take_until('>', "group name")?;
    let end = reader.position() - 1;
    if let Some(group) = group_number(&name) {
        if group <= program.group_count {
            return Ok(group);
        }
        let message = format!("invalid group reference {}", without_zeros(&name));
        return Err(PatternError::at(message, end - name.len()));
    }
    let name = check_name(&name, end, wide)?;
    let unknown = || PatternError::new(ErrorKind::Group, format!("unknown group name {}", quoted(&name)));
    program.group(&name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pattern::matcher::Anchor;
    use crate::text::pattern::program::compile;

    fn expand(pattern: &str, text: &str, replacement: &str) -> Result<String, String> {
        let program = compile(PatternText::Str(pattern.as_bytes()), 0).map_err(|error| error.message)?;
        let template = PatternText::Str(replacement.as_bytes());
        let parsed = Replacement::parse(template, &program).map_err(|error| error.render(template))?;
        let captures = program.find(text.as_bytes(), 0, text.len(), Anchor::Search).ok_or("no match")?;
        let mut out = Vec::new();
        parsed.expand(&captures, text.as_bytes(), &mut out);
        String::from_utf8(out).map_err(|error| error.to_string())
    }

    #[test]
    fn references_and_escapes() {
        let sample = |replacement| expand(r"(?P<first>\w)(\w)?(x)?", "ab", replacement);
        assert_eq!(sample(r"[\2\1\g<0>\g<first>\g<2>\3]").unwrap(), "[baabab]");
        assert_eq!(sample(r"\n\t\\\.\0\101é\x").unwrap_err(), r"bad escape \x at position 15");
        assert_eq!(sample(r"\n\t\\\.\0\101é").unwrap(), "\n\t\\\\.\0Aé");
    }

    #[test]
    fn errors() {
        let fails = |replacement| expand("(a)", "a", replacement).unwrap_err();
        assert_eq!(fails(r"\2"), "invalid group reference 2 at position 1");
        assert_eq!(fails(r"\g<5>"), "invalid group reference 5 at position 3");
        assert_eq!(fails(r"\g<b>"), "unknown group name 'b'");
        assert_eq!(fails(r"\g"), "missing < at position 2");
        assert_eq!(fails(r"\g<"), "missing group name at position 3");
        assert_eq!(fails(r"\g<a"), "missing >, unterminated name at position 3");
        assert_eq!(fails(r"\g<1a>"), "bad character in group name '1a' at position 3");
        assert_eq!(fails("a\\"), "bad escape (end of pattern) at position 1");
        assert_eq!(fails(r"\777"), r"octal escape value \777 outside of range 0-0o377 at position 0");
    }
}
