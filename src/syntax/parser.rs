//! Text to tree: runs the lexer, the layout, the soft keywords and the generated parser over each statement.

use lalrpop_util::ParseError;

use super::ast::{Block, Mode, Module};
use super::build::Build;
use super::layout::Layout;
use super::slip;
use super::soft_keyword;
use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

#[allow(missing_docs, clippy::all, unused_qualifications, rust_2018_idioms)]
mod generated {
    lalrpop_util::lalrpop_mod!(pub grammar, "/corolang.rs");
}

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
        if count > 1 && mode == Mode::Interactive && errors.is_empty() {
            let message = "multiple statements found while compiling a single statement";
            errors.push(Diagnostic::syntax(message, parser.tokens_span()));
        }
    }
    // What is wrong behind the last statement, and what has nothing but wrong in it.
    errors.extend(parser.layout.take_errors());
    if count == 0 && errors.is_empty() && mode == Mode::Expression {
        let end = source.text.len() as u32;
        errors.push(Diagnostic::syntax("invalid syntax", Span::new(end, end)).at_end());
    }
    if errors.is_empty() { Ok(Module { body }) } else { Err(errors) }
}

/// What parsing a text takes.
struct Parser<'source> {
    source: &'source Source,
    layout: Layout<'source>,
    build: Build<'source>,
    start: Token,
    /// The tokens of the statement at hand.
    tokens: Vec<Spanned>,
    grammar: generated::grammar::TopParser,
}

impl<'source> Parser<'source> {
    /// A parser at the start of a text.
    fn new(source: &'source Source, mode: Mode) -> Parser<'source> {
        let (layout, start) = match mode {
            Mode::Expression => (Layout::of_expression(source), Token::StartExpression),
            _ => (Layout::new(source), Token::StartStatement),
        };
        let grammar = generated::grammar::TopParser::new();
        Parser { source, layout, build: Build::new(source), start, tokens: Vec::new(), grammar }
    }

    /// From the first token of the statement to the last.
    fn tokens_span(&self) -> Span {
        let end = self.tokens.iter().rfind(|token| token.0 < token.2 && token.1 != Token::Newline);
        Span::new(self.tokens.first().map_or(0, |first| first.0), end.map_or(0, |last| last.2))
    }

    /// Parses the statement whose tokens are at hand.
    fn statement(&mut self) -> Result<Block, Vec<Diagnostic>> {
        let errors = self.layout.take_errors();
        if !errors.is_empty() {
            return Err(errors);
        }
        soft_keyword::resolve(&mut self.tokens, self.source);
        let result = run(&self.grammar, &self.build, self.start, &self.tokens);
        let errors = self.build.take_errors();
        match result {
            _ if !errors.is_empty() => Err(errors),
            Ok(block) => Ok(block),
            Err(index) => {
                let next = self.layout.peek();
                Err(vec![slip::explain(self.source, &self.tokens, index, next)])
            }
        }
    }
}

/// Runs the generated parser; the index of the token it could make nothing of, or that of the end.
fn run(
    grammar: &generated::grammar::TopParser,
    build: &Build<'_>,
    start: Token,
    tokens: &[Spanned],
) -> Result<Block, usize> {
    let taken = std::cell::Cell::new(0);
    let first = tokens.first().map_or(0, |token| token.0);
    let stream = std::iter::once((first, start, first)).chain(tokens.iter().copied()).map(|token| {
        taken.set(taken.get() + 1);
        Ok(token)
    });
    grammar.parse(build, stream).map_err(|error| match error {
        ParseError::UnrecognizedEof { .. } => tokens.len(),
        // The pseudo-token is not among the tokens.
        _ => (taken.get() as usize).saturating_sub(2),
    })
}
