//! Text to tree: runs the lexer, the layout, the soft keywords and the generated parser over each statement.

use super::ast::{Block, Mode, Module};
use super::build::Build;
use super::grammar::{Failure, Grammar};
use super::layout::Layout;
use super::recovery;
use super::slip::lexical::lookalikes_mended;
use super::slip::place;
use super::soft_keyword;
use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// After errors in so many statements the rest is not read.
const MOST_ERRORS: usize = 50;

/// Parses a whole text. The errors are in the order of the text and there is at least one.
pub fn parse(source: &Source, mode: Mode) -> Result<Module, Vec<Diagnostic>> {
    if source.text.len() >= u32::MAX as usize {
        return Err(vec![Diagnostic::syntax("the source is too large", Span::default())]);
    }
    let mut parser = Parser::new(source, mode);
    let mut body = Vec::new();
    let mut errors = Vec::new();
    let (mut count, mut is_wrong) = (0, false);
    while errors.len() < MOST_ERRORS && parser.layout.next_statement(&mut parser.tokens) {
        count += 1;
        let opens = parser.may_have_clauses();
        match parser.statement() {
            Ok(statements) => {
                body.extend(statements);
                is_wrong &= !opens;
            }
            // A clause has nothing to belong to where the statement before it is wrong.
            Err(_) if is_wrong && parser.begins_clause() => {}
            Err(found) => {
                errors.extend(found);
                is_wrong |= opens;
            }
        }
        if count > 1 && mode != Mode::Module && errors.is_empty() {
            let message = match mode {
                Mode::Interactive => "multiple statements found while compiling a single statement",
                _ => "invalid syntax",
            };
            errors.push(Diagnostic::syntax(message, parser.tokens_span()));
        }
    }
    // What is wrong behind the last statement, and what has nothing but wrong in it.
    errors.extend(parser.layout.take_errors(u32::MAX));
    if count == 0 && errors.is_empty() && mode == Mode::Expression {
        let end = source.text.len() as u32;
        errors.push(Diagnostic::syntax("invalid syntax", Span::new(end, end)).at_end());
    }
    let warnings = parser.build.take_warnings();
    if errors.is_empty() { Ok(Module { body, warnings }) } else { Err(errors) }
}

/// What parsing a text takes.
struct Parser<'source> {
    source: &'source Source,
    layout: Layout<'source>,
    build: Build<'source>,
    start: Token,
    /// The tokens of the statement at hand.
    tokens: Vec<Spanned>,
    grammar: Grammar,
}

impl<'source> Parser<'source> {
    /// A parser at the start of a text.
    fn new(source: &'source Source, mode: Mode) -> Parser<'source> {
        let (layout, start) = match mode {
            Mode::Expression => (Layout::of_expression(source), Token::StartExpression),
            _ => (Layout::new(source), Token::StartStatement),
        };
        let (build, grammar) = (Build::new(source), Grammar::new());
        Parser { source, layout, build, start, tokens: Vec::new(), grammar }
    }

    /// From the first token of the statement to the last.
    fn tokens_span(&self) -> Span {
        let end = self.tokens.iter().rfind(|token| token.0 < token.2 && token.1 != Token::Newline);
        Span::new(self.tokens.first().map_or(0, |first| first.0), end.map_or(0, |last| last.2))
    }

    /// Do the tokens at hand begin like a statement of several clauses?
    fn may_have_clauses(&self) -> bool {
        use Token::*;
        self.tokens.first().is_some_and(|first| matches!(first.1, If | For | While | Try | Async))
    }

    /// Do the tokens at hand begin like a clause of a statement before them?
    fn begins_clause(&self) -> bool {
        self.tokens.first().is_some_and(|&(start, token, end)| match token {
            Token::Elif | Token::Else | Token::Except | Token::Finally => true,
            Token::Name => matches!(self.source.slice(Span::new(start, end)), "catch" | "elseif" | "elsif"),
            _ => false,
        })
    }

    /// Parses the statement whose tokens are at hand.
    fn statement(&mut self) -> Result<Block, Vec<Diagnostic>> {
        // The first token of the next statement has been looked at as well; its errors wait.
        let next = self.layout.peek();
        let end = self.tokens.last().map_or(0, |last| match last.1 {
            Token::Dedent if next.1 != Token::End => last.0,
            _ => last.2.max(last.0 + 1),
        });
        let errors = self.layout.take_errors(end);
        if let Some(&(start, Token::Indent, end)) = self.tokens.first() {
            return Err(vec![Diagnostic::indentation("unexpected indent", Span::new(start, end))]);
        }
        let is_unclosed = match errors.as_slice() {
            [] => false,
            [only] if only.message.ends_with("was never closed") => true,
            _ => return Err(self.unread(errors, next)),
        };
        soft_keyword::resolve(&mut self.tokens, self.source);
        let result = self.grammar.run(&self.build, self.start, &self.tokens);
        let found = self.build.take_errors();
        match result {
            Ok(block) if !is_unclosed && found.is_empty() => Ok(block),
            Ok(_) => Err(if is_unclosed { errors } else { found }),
            Err(failure) if is_unclosed => Err(self.explain(&failure, next, errors)),
            // What the lexer could not read and did not note follows from what it noted before.
            Err(_) if self.tokens.iter().any(|token| token.1 == Token::Invalid) => Err(errors),
            Err(failure) => Err(self.all_errors(failure, found, next)),
        }
    }

    /// What the lexer could not read, and what is wrong in the other lines.
    fn unread(&mut self, errors: Vec<Diagnostic>, next: Spanned) -> Vec<Diagnostic> {
        let errors = without_consequences(errors, self.source);
        // Where a bracket is open, or the indentation wrong, the lines are not what they seem.
        let are_lines = errors.iter().all(|error| error.class == "SyntaxError" && !is_at_end(error));
        if !are_lines || !recovery::replace_unread(&mut self.tokens) {
            return errors;
        }
        soft_keyword::resolve(&mut self.tokens, self.source);
        let result = self.grammar.run(&self.build, self.start, &self.tokens);
        let mut found = self.build.take_errors();
        found.extend(errors);
        match result {
            Ok(_) => {
                found.sort_by_key(|error| error.span.start);
                found
            }
            Err(failure) => self.all_errors(failure, found, next),
        }
    }

    /// What is wrong at the failure, and in the lines behind it when the one at fault is taken for an empty one.
    fn all_errors(&mut self, mut failure: Failure, mut errors: Vec<Diagnostic>, next: Spanned) -> Vec<Diagnostic> {
        let mut last = 0;
        for _ in 0..recovery::MOST_LINES {
            let place = self.tokens.get(failure.index).map_or(next.0, |token| token.0);
            let line = self.source.line(place);
            if line <= last {
                break;
            }
            last = line;
            // Of what is wrong in one line the first is told, since the rest may follow from it.
            if errors.iter().all(|error| self.source.line(error.span.start) != line) {
                errors.extend(self.explain(&failure, next, Vec::new()));
            }
            if !recovery::replace_line(&mut self.tokens, failure.index) {
                break;
            }
            let result = self.grammar.run(&self.build, self.start, &self.tokens);
            for error in self.build.take_errors() {
                if errors.iter().all(|other| other.span != error.span) {
                    errors.push(error);
                }
            }
            match result {
                Ok(_) => break,
                Err(other) => failure = other,
            }
        }
        errors.sort_by_key(|error| error.span.start);
        errors
    }

    /// Says why the tokens at hand are no statement: their bracket that was never closed, if there is one and they
    /// are right up to the end of its line, else what is wrong at the token of the failure.
    fn explain(&self, failure: &Failure, next: Spanned, unclosed: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let token = self.tokens.get(failure.index).copied();
        let bracket = unclosed.first().map(|error| self.source.line(error.span.start));
        let is_behind = token.is_none_or(|(start, token, end)| {
            start == end || token == Token::Newline || Some(self.source.line(start)) > bracket
        });
        if bracket.is_some() && is_behind {
            return unclosed.into_iter().map(|error| found_at(error, token)).collect();
        }
        let found = place::explain(self.source, &self.grammar, &self.tokens, next, failure);
        let opens_more = token.is_some_and(|token| token.1.begins_operand() || token.1.opens());
        if bracket.is_some() && opens_more && found.message == "invalid syntax" { unclosed } else { vec![found] }
    }
}

/// A bracket that was never closed, with the place where that was found.
fn found_at(error: Diagnostic, token: Option<Spanned>) -> Diagnostic {
    match token {
        Some((start, token, end)) if start < end && error.more.is_empty() && token != Token::Newline => {
            error.also(Span::new(start, end), "this cannot follow inside of the bracket")
        }
        _ => error,
    }
}

/// Drops what only follows from another error: behind a bad character or string brackets seem open that are not, and
/// behind a bracket of the wrong kind others do not match. Characters that are bad in one line are one error.
fn without_consequences(errors: Vec<Diagnostic>, source: &Source) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    for error in errors {
        let is_open = is_at_end(&error);
        let is_first = kept.is_empty();
        let is_closed = is_unmatched(&error) && kept.iter().any(is_unmatched);
        let like = kept.iter_mut().find(|other| {
            is_bad_character(other)
                && is_bad_character(&error)
                && source.line(other.span.start) == source.line(error.span.start)
        });
        match like {
            Some(other) => other.more.push((error.span, "and here".into())),
            None if is_first || !is_open && !is_closed => kept.push(error),
            None => {}
        }
    }
    kept.sort_by_key(|error| error.span.start);
    kept.into_iter()
        .map(|error| if is_bad_character(&error) { lookalikes_mended(error, source) } else { error })
        .collect()
}

/// Is it about something open at the end?
fn is_at_end(error: &Diagnostic) -> bool {
    error.message.ends_with("was never closed") || error.message == "unexpected EOF while parsing"
}

/// Is it about a bracket that closes what is not open?
fn is_unmatched(error: &Diagnostic) -> bool {
    error.message.starts_with("closing parenthesis") || error.message.starts_with("unmatched")
}

/// Is it about a character that no token begins with?
fn is_bad_character(error: &Diagnostic) -> bool {
    error.message.starts_with("invalid character") || error.message.starts_with("invalid non-printable character")
}
