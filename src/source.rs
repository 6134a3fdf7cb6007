//! Source files and positions in them.
//!
//! A `Source` is one text with its name; a `Span` is a range of its bytes. Tokens, nodes, instructions and
//! tracebacks all speak of positions as spans; only here do they become lines and columns.

use std::rc::Rc;

/// A half-open range of bytes in one source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`.
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// One source text: a file, a string given to `exec`, a line of the REPL.
#[derive(Debug)]
pub struct Source {
    /// What tracebacks call it: a path as given, `<string>`, `<stdin>`.
    pub name: Rc<str>,
    /// The whole text.
    pub text: Rc<str>,
    /// Offset of the first byte of each line; the first is 0.
    line_starts: Vec<u32>,
}

impl Source {
    /// Takes a text, without a byte order mark, and finds its lines. `\n`, `\r\n` and a lone `\r` end one.
    pub fn new(name: &str, text: &str) -> Source {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let bytes = text.as_bytes();
        let mut line_starts = vec![0];
        for (i, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || byte == b'\r' && bytes.get(i + 1) != Some(&b'\n') {
                line_starts.push(i as u32 + 1);
            }
        }
        Source { name: name.into(), text: text.into(), line_starts }
    }

    /// Is it a text of the library that is part of the program?
    pub fn is_of_library(&self) -> bool {
        self.name.starts_with("<stdlib>/")
    }

    /// The line, counted from 1, that holds the byte at `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|&start| start <= offset) as u32
    }

    /// The column of `offset` in its line, counted in bytes from 0.
    pub fn column(&self, offset: u32) -> u32 {
        offset - self.line_starts[self.line(offset) as usize - 1]
    }

    /// The offset of the first byte of a line counted from 1; the end of the text if there is none such.
    pub fn line_start(&self, line: u32) -> u32 {
        let start = line.checked_sub(1).and_then(|index| self.line_starts.get(index as usize));
        start.copied().unwrap_or(self.text.len() as u32)
    }

    /// The text of a line counted from 1, without its end; empty if there is none such.
    pub fn line_text(&self, line: u32) -> &str {
        let Some(&start) = line.checked_sub(1).and_then(|index| self.line_starts.get(index as usize)) else {
            return "";
        };
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |&end| end as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// The text a span covers.
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }
}
