//! The place where the grammar could make nothing of a token, and the order in which it is asked what was meant.
//!
//! The slips look at the tokens around it and at what the grammar expected. Where CPython has a message for a slip it
//! is answered with; all others are "invalid syntax" to a script, and shown with words of their own.

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::{Expression, StatementKind};
use crate::syntax::build::Build;
use crate::syntax::grammar::{Failure, Grammar};
use crate::syntax::token::{Spanned, Token};

/// The place where parsing failed.
pub struct Slip<'a> {
    /// The text.
    pub source: &'a Source,
    /// The parser, to try parts of the statement.
    pub grammar: &'a Grammar,
    /// The tokens of the statement.
    pub tokens: &'a [Spanned],
    /// The first token behind them.
    pub next: Spanned,
    /// The index of the token at fault.
    pub index: usize,
    /// What the grammar expected.
    pub expected: &'a [String],
}

/// Says what is wrong where parsing failed; `next` is the first token behind the statement.
pub fn explain(source: &Source, grammar: &Grammar, tokens: &[Spanned], next: Spanned, failure: &Failure) -> Diagnostic {
    let slip = Slip { source, grammar, tokens, next, index: failure.index, expected: &failure.expected };
    slip.block()
        .or_else(|| slip.formatted_string())
        .or_else(|| slip.print_statement())
        .or_else(|| slip.foreign_header())
        .or_else(|| slip.foreign_operator())
        .or_else(|| slip.missing_else())
        .or_else(|| slip.colon())
        .or_else(|| slip.import())
        .or_else(|| slip.statement())
        .or_else(|| slip.parameter())
        .or_else(|| slip.argument())
        .or_else(|| slip.equals())
        .or_else(|| slip.inversion())
        .or_else(|| slip.display())
        .or_else(|| slip.habit())
        .or_else(|| slip.comma())
        .or_else(|| slip.misspelt_keyword())
        .unwrap_or_else(|| slip.unknown())
}

impl Slip<'_> {
    /// The token at an index; behind the last one that of the next statement.
    pub fn token(&self, index: usize) -> Token {
        self.tokens.get(index).map_or(self.next.1, |token| token.1)
    }

    /// The token before that of an index, if there is one.
    pub fn before(&self, index: usize) -> Option<Token> {
        index.checked_sub(1).map(|index| self.token(index))
    }

    /// The place of a token; that of a line's end is empty.
    pub fn span(&self, index: usize) -> Span {
        let (start, token, end) = self.tokens.get(index).copied().unwrap_or(self.next);
        match token {
            Token::Newline | Token::Dedent | Token::End => Span::new(start, start),
            _ => Span::new(start, end),
        }
    }

    /// From one token to another, the last included.
    pub fn range(&self, first: usize, last: usize) -> Span {
        self.span(first).to(self.span(last))
    }

    /// The text of a token.
    pub fn text(&self, index: usize) -> &str {
        self.source.slice(self.span(index))
    }

    /// Do two tokens stand side by side, without a space?
    pub fn is_adjacent(&self, first: usize) -> bool {
        self.span(first).end == self.span(first + 1).start
    }

    /// Did the grammar expect it?
    pub fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|expected| expected.trim_matches('"') == terminal)
    }

    /// A `SyntaxError` at the token at fault.
    pub fn here(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::syntax(message, self.span(self.index))
    }

    /// Is there nothing more behind the token at fault?
    pub fn is_at_end(&self) -> bool {
        matches!(self.token(self.index), Token::Dedent | Token::End)
            && self.span(self.index).start as usize == self.source.text.len()
    }

    /// The index of the first token of the line that holds a token.
    pub fn line_start(&self, index: usize) -> usize {
        let line = self.tokens[..index.min(self.tokens.len())]
            .iter()
            .rposition(|token| matches!(token.1, Token::Newline | Token::Indent | Token::Dedent));
        line.map_or(0, |end| end + 1)
    }

    /// The keyword that says what kind of statement a line begins.
    pub fn header(&self, line: usize) -> Token {
        match self.token(line) {
            Token::Async => self.token(line + 1),
            token => token,
        }
    }

    /// The index of the innermost bracket that is open before a token.
    pub fn opener(&self, index: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let line = self.line_start(index);
        (line..index.min(self.tokens.len())).rev().find(|&index| {
            let token = self.token(index);
            if token.closes() || token == Token::FStringEnd {
                depth += 1;
            } else if token.opens() || token == Token::FStringStart {
                if depth == 0 {
                    return true;
                }
                depth -= 1;
            }
            false
        })
    }

    /// The expression that some of the tokens are, if they are one.
    pub fn parse(&self, first: usize, end: usize) -> Option<Expression> {
        let build = Build::new(self.source);
        let mut block = self.grammar.run(&build, Token::StartExpression, self.tokens.get(first..end)?).ok()?;
        match block.pop()?.kind {
            StatementKind::Expression(value) if build.take_errors().is_empty() => Some(value),
            _ => None,
        }
    }

    /// The end of the longest expression that begins at a token.
    pub fn expression_end(&self, first: usize) -> Option<usize> {
        let (mut depth, mut lambdas) = (0_usize, 0_usize);
        let rest = self.tokens.get(first..)?;
        let stop = rest.iter().position(|&(_, token, _)| {
            if token.opens() || token == Token::FStringStart {
                depth += 1;
            } else if token.closes() || token == Token::FStringEnd {
                if depth == 0 {
                    return true;
                }
                depth -= 1;
            }
            match token {
                Token::Lambda if depth == 0 => lambdas += 1,
                Token::Colon if depth == 0 && lambdas > 0 => lambdas -= 1,
                Token::Comma if depth == 0 => return lambdas == 0,
                Token::Newline | Token::Semicolon | Token::Colon | Token::Assign => return depth == 0,
                _ => {}
            }
            false
        });
        let stop = first + stop.unwrap_or(rest.len());
        let build = Build::new(self.source);
        match self.grammar.run(&build, Token::StartExpression, &self.tokens[first..stop]) {
            Ok(_) => Some(stop).filter(|&stop| stop > first),
            Err(failure) if failure.index == 0 => None,
            Err(failure) => self.parse(first, first + failure.index).map(|_| first + failure.index),
        }
    }
}
