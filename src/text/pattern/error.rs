//! What is wrong with a pattern: the words, the place and the kind of exception.

use crate::text::wtf8;

/// A pattern or a text, as the script gave it: both must be str or both bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternText<'a> {
    /// The bytes of a str, surrogates included.
    Str(&'a [u8]),
    /// A bytes object.
    Bytes(&'a [u8]),
}

impl PatternText<'_> {
    /// The code points of a str, or the bytes.
    pub fn codes(self) -> Vec<u32> {
        match self {
            PatternText::Str(text) => wtf8::code_points(text).collect(),
            PatternText::Bytes(bytes) => bytes.iter().map(|&byte| byte as u32).collect(),
        }
    }

    /// Whether this is a str.
    pub fn is_str(self) -> bool {
        matches!(self, PatternText::Str(_))
    }
}

/// Which exception an error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `re.PatternError`.
    Pattern,
    /// `ValueError`: flags that do not go together.
    Flags,
    /// `OverflowError`: a repetition count out of range.
    Overflow,
    /// `RecursionError`: groups nested too deep.
    Depth,
    /// `IndexError`: a replacement names a group that is not there.
    Group,
}

/// An error in a pattern or in a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Which exception it is.
    pub kind: ErrorKind,
    /// The words without the position: `msg` of the exception.
    pub message: String,
    /// The index of the character it is about, where there is one: `pos` of the exception.
    pub position: Option<usize>,
}

impl PatternError {
    /// An error of the pattern at the character with this index.
    pub fn at(message: impl Into<String>, position: usize) -> Self {
        PatternError { kind: ErrorKind::Pattern, message: message.into(), position: Some(position) }
    }

    /// An error without a position.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        PatternError { kind, message: message.into(), position: None }
    }

    /// Line and column of the error, counted from one: `lineno` and `colno` of the exception.
    pub fn place(&self, text: PatternText<'_>) -> Option<(usize, usize)> {
        let position = self.position?;
        let codes = text.codes();
        let before = &codes[..position.min(codes.len())];
        let newline = '\n' as u32;
        let line = before.iter().filter(|&&code| code == newline).count() + 1;
        let start = before.iter().rposition(|&code| code == newline).map_or(0, |at| at + 1);
        Some((line, position + 1 - start))
    }

    /// What `str` of the exception says; `text` is the pattern or replacement.
    pub fn render(&self, text: PatternText<'_>) -> String {
        let (Some(position), Some((line, column))) = (self.position, self.place(text)) else {
            return self.message.clone();
        };
        let (PatternText::Str(bytes) | PatternText::Bytes(bytes)) = text;
        match memchr::memchr(b'\n', bytes) {
            Some(_) => format!("{} at position {position} (line {line}, column {column})", self.message),
            None => format!("{} at position {position}", self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_told_when_there_are_lines() {
        let error = PatternError::at("nothing to repeat", 5);
        assert_eq!(error.render(PatternText::Str(b"(ab)|*")), "nothing to repeat at position 5");
        let text = PatternText::Str(b"ab\nc|*");
        assert_eq!(error.render(text), "nothing to repeat at position 5 (line 2, column 3)");
        assert_eq!(error.place(text), Some((2, 3)));
        assert_eq!(PatternError::new(ErrorKind::Flags, "x").render(text), "x");
    }
}
