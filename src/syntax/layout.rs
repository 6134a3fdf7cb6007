//! The layout: lines and blocks out of line ends and indentation.
//!
//! Takes the lexer's tokens, drops line ends inside of brackets and on blank lines, and adds `Newline`, `Indent` and
//! `Dedent`. Hands them out a statement of the top level at a time, so that each is parsed by itself and one bad
//! statement does not hide the errors of the next.

use super::lexer::Lexer;
use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Blocks nested deeper than this are refused.
const DEEPEST_INDENTATION: usize = 100;
/// A tab goes to the next multiple of this.
const TAB_WIDTH: u32 = 8;

/// How far a line is indented, measured in two ways: lines whose order differs between them mix tabs and spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Indentation {
    /// With tabs to multiples of eight.
    column: u32,
    /// With tabs as one.
    characters: u32,
}

/// The layout of one source text.
pub struct Layout<'source> {
    lexer: Lexer<'source>,
    /// The indentation of the open blocks; the first is that of the top level.
    blocks: Vec<Indentation>,
    /// `Dedent`s due before the next token.
    pending_dedents: usize,
    /// Is a line about to begin?
    at_line_start: bool,
    /// Has the line a token yet?
    line_has_tokens: bool,
    /// A token that was looked at and not taken.
    peeked: Option<Spanned>,
}

impl<'source> Layout<'source> {
    /// A layout at the start of a text.
    pub fn new(source: &'source Source) -> Layout<'source> {
        Layout {
            lexer: Lexer::new(source),
            blocks: vec![Indentation::default()],
            pending_dedents: 0,
            at_line_start: true,
            line_has_tokens: false,
            peeked: None,
        }
    }

    /// One that takes all for a single line, whose indentation means nothing: the text of an expression.
    pub fn of_expression(source: &'source Source) -> Layout<'source> {
        let mut layout = Layout::new(source);
        layout.at_line_start = false;
        layout
    }

    /// Takes the errors noted so far at places before `end`.
    pub fn take_errors(&mut self, end: u32) -> Vec<Diagnostic> {
        self.lexer.errors.extract_if(.., |error| error.span.start < end).collect()
    }

    /// Puts the tokens of the next statement of the top level into `tokens`; false at the end of the text.
    pub fn next_statement(&mut self, tokens: &mut Vec<Spanned>) -> bool {
        tokens.clear();
        let mut depth = 0;
        let mut line = 0;
        loop {
            let token = self.take();
            if token.1 == Token::End {
                self.peeked = Some(token);
                return !tokens.is_empty();
            }
            tokens.push(token);
            match token.1 {
                Token::Indent => depth += 1,
                Token::Dedent => depth -= 1,
                Token::Newline => {}
                _ => continue,
            }
            let is_decorator = token.1 == Token::Newline && tokens[line].1 == Token::At;
            line = tokens.len();
            if depth == 0 && !is_decorator && !self.continues(tokens) {
                return true;
            }
        }
    }

    /// Does the next line belong to the statement read so far?
    fn continues(&mut self, tokens: &[Spanned]) -> bool {
        match self.peek().1 {
            Token::Indent => tokens.last().is_some_and(|last| last.1 == Token::Newline),
            Token::Elif | Token::Else | Token::Except | Token::Finally => {
                matches!(tokens[0].1, Token::If | Token::For | Token::While | Token::Try | Token::Async)
            }
            _ => false,
        }
    }

    /// The next token, which stays where it is.
    pub fn peek(&mut self) -> Spanned {
        let token = self.take();
        self.peeked = Some(token);
        token
    }

    /// Takes the next token.
    fn take(&mut self) -> Spanned {
        match self.peeked.take() {
            Some(token) => token,
            None => self.next(),
        }
    }

    /// The next token of the text.
    fn next(&mut self) -> Spanned {
        if self.at_line_start && self.pending_dedents == 0 {
            self.at_line_start = false;
            if let Some(token) = self.start_line() {
                return token;
            }
        }
        if self.pending_dedents > 0 {
            self.pending_dedents -= 1;
            let here = self.lexer.position();
            return (here, Token::Dedent, here);
        }
        loop {
            let inside_brackets = self.lexer.is_inside_brackets();
            let token = self.lexer.next_token();
            match token.1 {
                Token::LineEnd if inside_brackets && !self.lexer.finds_statement_in_brackets() => {}
                Token::LineEnd if self.line_has_tokens => {
                    self.line_has_tokens = false;
                    self.at_line_start = true;
                    return (token.0, Token::Newline, token.2);
                }
                Token::LineEnd => {}
                Token::End => return self.end(token),
                _ => {
                    self.line_has_tokens = true;
                    return token;
                }
            }
        }
    }

    /// The end of the text ends the line and all blocks.
    fn end(&mut self, end: Spanned) -> Spanned {
        if self.line_has_tokens {
            self.line_has_tokens = false;
            return (end.0, Token::Newline, end.0);
        }
        if self.blocks.len() > 1 {
            self.blocks.pop();
            return (end.0, Token::Dedent, end.0);
        }
        end
    }

    /// Passes over blank lines, and compares the indentation of the next line with that of the open blocks.
    fn start_line(&mut self) -> Option<Spanned> {
        let start = self.lexer.position();
        let indentation = self.indentation()?;
        let here = self.lexer.position();
        let block = *self.blocks.last()?;
        if indentation == block {
            return None;
        }
        let span = Span::new(start.max(here.saturating_sub(indentation.characters)), here);
        if indentation.column > block.column {
            if indentation.characters <= block.characters {
                self.note_mixture(span);
            }
            return self.open_block(indentation, span);
        }
        while self.blocks.last().is_some_and(|block| block.column > indentation.column) {
            self.blocks.pop();
            self.pending_dedents += 1;
        }
        let block = self.blocks.last().copied().unwrap_or_default();
        if block.column != indentation.column {
            let message = "unindent does not match any outer indentation level";
            self.lexer.note(Diagnostic::indentation(message, span));
        } else if block.characters != indentation.characters {
            self.note_mixture(span);
        }
        None
    }

    /// Begins a block.
    fn open_block(&mut self, indentation: Indentation, span: Span) -> Option<Spanned> {
        if self.blocks.len() >= DEEPEST_INDENTATION {
            self.lexer.note(Diagnostic::indentation("too many levels of indentation", span));
            self.lexer.skip(self.lexer.remainder().len());
            return None;
        }
        self.blocks.push(indentation);
        Some((span.start, Token::Indent, span.end))
    }

    /// Notes that tabs and spaces are mixed so that their width would decide.
    fn note_mixture(&mut self, span: Span) {
        let message = "inconsistent use of tabs and spaces in indentation";
        self.lexer.note(Diagnostic::of_class("TabError", message, span));
    }

    /// Passes over blank lines and the indentation of the next one, and measures it; none at the end of the text.
    fn indentation(&mut self) -> Option<Indentation> {
        let rest = self.lexer.remainder().as_bytes();
        let mut indentation = Indentation::default();
        let mut continued: Option<Indentation> = None;
        let mut at = 0;
        loop {
            let width = match rest.get(at..)? {
                [b' ', ..] => 1,
                [0xC2, 0xA0, ..] => 2,
                [0xE3, 0x80, 0x80, ..] => 3,
                [b'\t', ..] => {
                    indentation.column = indentation.column / TAB_WIDTH * TAB_WIDTH + TAB_WIDTH - 1;
                    1
                }
                [b'\x0C', ..] => {
                    indentation = Indentation::default();
                    at += 1;
                    continue;
                }
                [b'\\', b'\r', b'\n', ..] | [b'\\', b'\n' | b'\r', ..] => {
                    continued.get_or_insert(indentation);
                    at += if rest[at + 1..].starts_with(b"\r\n") { 3 } else { 2 };
                    indentation = Indentation::default();
                    continue;
                }
                [b'#', comment @ ..] => {
                    at += 1 + memchr::memchr2(b'\n', b'\r', comment).unwrap_or(comment.len());
                    continue;
                }
                [b'\n' | b'\r', ..] => {
                    at += 1;
                    indentation = Indentation::default();
                    continued = None;
                    continue;
                }
                [] => {
                    self.lexer.skip(at);
                    return None;
                }
                _ => break,
            };
            indentation.column += 1;
            indentation.characters += 1;
            at += width;
        }
        self.lexer.skip(at);
        Some(continued.unwrap_or(indentation))
    }
}
