//! Text to tree: runs the lexer, the layout, the soft keywords and the generated parser over each statement.

use super::ast::{Block, Mode, Module};
use super::build::Build;
use super::grammar::{Failure, Grammar};
use super::layout::Layout;
use super::slip;
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
    let mut count = 0;
    while errors.len() < MOST_ERRORS && parser.layout.next_statement(&mut parser.tokens) {
        count += 1;
        match parser.statement() {
            Ok(statements) => body.extend(statements),
            Err(found) => errors.extend(found),
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

    /// Parses the statement whose tokens are at hand.
    fn statement(&mut self) -> Result<Block, Vec<Diagnostic>> {
        // The first token of the next statement has been looked at as well; its errors wait.
        let next = self.layout.peek();
        let end = self.tokens.last().map_or(0, |last| last.2.max(last.0 + 1));
        let errors = self.layout.take_errors(end);
        if let Some(&(start, Token::Indent, end)) = self.tokens.first() {
            return Err(vec![Diagnostic::indentation("unexpected indent", Span::new(start, end))]);
        }
        let is_unclosed = match errors.as_slice() {
            [] => false,
            [only] if only.message.ends_with("was never closed") => true,
            _ => return Err(without_consequences(errors)),
        };
        soft_keyword::resolve(&mut self.tokens, self.source);
        let result = self.grammar.run(&self.build, self.start, &self.tokens);
        let found = self.build.take_errors();
        match result {
            _ if !is_unclosed && !found.is_empty() => Err(found),
            Ok(block) if !is_unclosed => Ok(block),
            Err(failure) => Err(self.explain(&failure, next, errors)),
            Ok(_) => Err(errors),
        }
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
            return unclosed;
        }
        let found = slip::explain(self.source, &self.grammar, &self.tokens, next, failure);
        let opens_more = token.is_some_and(|token| token.1.begins_operand() || token.1.opens());
        if bracket.is_some() && opens_more && found.message == "invalid syntax" { unclosed } else { vec![found] }
    }
}

/// Drops what only follows from another error: behind a bad character or string brackets seem open that are not.
fn without_consequences(errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    for error in errors {
        let is_consequence =
            error.message.ends_with("was never closed") || error.message == "unexpected EOF while parsing";
        if kept.is_empty() || !is_consequence {
            kept.push(error);
        }
    }
    kept.sort_by_key(|error| error.span.start);
    kept
}
