//! Known slips: what a token that the grammar could make nothing of most likely means.
//!
//! Looks at the tokens around it and at what the grammar expected, and answers in CPython's words, with its hints.
//! Here are the slips of lines, blocks and statements; those inside of expressions are in `slip_expression.rs`.

use super::ast::{Expression, StatementKind};
use super::build::Build;
use super::grammar::{Failure, Grammar};
use super::target::{description, invalid_part};
use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

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
        .or_else(|| slip.missing_else())
        .or_else(|| slip.colon())
        .or_else(|| slip.statement())
        .or_else(|| slip.parameter())
        .or_else(|| slip.argument())
        .or_else(|| slip.equals())
        .or_else(|| slip.inversion())
        .or_else(|| slip.display())
        .or_else(|| slip.comma())
        .or_else(|| slip.misspelt_keyword())
        .unwrap_or_else(|| slip.unexpected())
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

    /// Did the grammar expect it?
    pub fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|expected| expected.trim_matches('"') == terminal)
    }

    /// A `SyntaxError` at the token at fault.
    fn here(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::syntax(message, self.span(self.index))
    }

    /// Is there nothing more behind the token at fault?
    fn is_at_end(&self) -> bool {
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

    /// Blocks: one too many, or one that is missing.
    fn block(&self) -> Option<Diagnostic> {
        let token = self.token(self.index);
        if token == Token::Indent {
            return Some(Diagnostic::indentation("unexpected indent", self.span(self.index)));
        }
        if self.expects("INDENT") {
            let line = self.line_start(self.index - 1);
            let what = match self.header(line) {
                Token::Def => "function definition".into(),
                Token::Class => "class definition".into(),
                Token::Except if self.token(line + 1) == Token::Star => "'except*' statement".into(),
                _ => {
                    format!("'{}' statement", self.text(if self.token(line) == Token::Async { line + 1 } else { line }))
                }
            };
            let number = self.source.line(self.span(line).start);
            let message = format!("expected an indented block after {what} on line {number}");
            let at_end = self.is_at_end();
            let mut place = self.span(self.index);
            if at_end {
                // The end of the last line, not the empty one behind it.
                let end = place.start - self.source.text.ends_with('\n') as u32;
                place = Span::new(end, end);
            }
            let mut diagnostic = Diagnostic::indentation(message, place);
            diagnostic.at_end_of_input = at_end;
            return Some(diagnostic.also(self.span(self.index - 2), "a block should follow"));
        }
        if self.expects("except") && self.expects("finally") {
            let mut diagnostic = self.here("expected 'except' or 'finally' block");
            diagnostic.at_end_of_input = self.is_at_end();
            return Some(diagnostic);
        }
        None
    }

    /// A colon that is missing at the end of a header.
    fn colon(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let header = self.header(line);
        if self.opener(self.index).is_some() {
            return None;
        }
        // Behind the colon there is another kind of statement to go wrong.
        if self.has_colon(line) {
            return None;
        }
        let is_missing = match header {
            Token::If
            | Token::Elif
            | Token::While
            | Token::For
            | Token::With
            | Token::Class
            | Token::Match
            | Token::Case
            | Token::Except => self.token(self.index) == Token::Newline,
            Token::Def | Token::Try | Token::Else | Token::Finally => true,
            _ => false,
        };
        if is_missing && self.expects(":") {
            let diagnostic = self.here("expected ':'");
            return Some(match (header, self.token(self.index)) {
                (Token::Else, Token::If) => diagnostic.help("'else if' is written 'elif'"),
                _ => diagnostic,
            });
        }
        let before = self.before(self.index);
        if header == Token::Def && self.expects("(") && matches!(before, Some(Token::Name | Token::RightBracket)) {
            return Some(self.here("expected '('"));
        }
        None
    }

    /// Is there a colon outside of brackets between the start of a line and the token at fault?
    fn has_colon(&self, line: usize) -> bool {
        let mut depth = 0_usize;
        self.tokens[line..self.index.min(self.tokens.len())].iter().any(|&(_, token, _)| {
            if token.opens() || token == Token::FStringStart {
                depth += 1;
            } else if token.closes() || token == Token::FStringEnd {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && token == Token::Colon
        })
    }

    /// Slips that only one kind of statement knows.
    fn statement(&self) -> Option<Diagnostic> {
        use Token::*;
        let line = self.line_start(self.index);
        let (before, token) = (self.before(self.index)?, self.token(self.index));
        if let Some(target) = self.invalid_target(line) {
            return Some(target);
        }
        match (self.header(line), before, token) {
            (Import | From, Import, Newline) => Some(self.here("Expected one or more names after 'import'")),
            (From, Comma, Newline) => {
                let message = "trailing comma not allowed without surrounding parentheses";
                Some(Diagnostic::syntax(message, self.span(self.index - 1)))
            }
            (Import, _, From) if line == self.line_start(self.index) => {
                let message = "Did you mean to use 'from ... import ...' instead?";
                Some(Diagnostic::syntax(message, self.range(line, self.index)))
            }
            (Except, Star, Colon) => Some(self.here("expected one or more exception types")),
            (Def | Class | Type, LeftBracket, RightBracket) => {
                Some(Diagnostic::syntax("Type parameter list cannot be empty", self.range(self.index - 1, self.index)))
            }
            // A decorator at the end of the text.
            (_, Newline, End) => Some(self.here("invalid syntax").at_end()),
            _ => Option::None,
        }
    }

    /// `f() =`, whatever is wrong behind it.
    fn invalid_target(&self, line: usize) -> Option<Diagnostic> {
        let equals = (line..self.index).find(|&index| self.token(index) == Token::Assign)?;
        if self.opener(equals).is_some() {
            return None;
        }
        let target = self.parse(line, equals)?;
        let part = invalid_part(&target, false)?;
        Some(Diagnostic::syntax(format!("cannot assign to {}", description(part)), part.span))
    }

    /// `print "x"`
    fn print_statement(&self) -> Option<Diagnostic> {
        let name = self.index.checked_sub(1)?;
        let token = self.token(self.index);
        if self.token(name) != Token::Name || !matches!(self.text(name), "print" | "exec") || !token.begins_operand() {
            return None;
        }
        if self.before(name) == Some(Token::Dot) {
            return None;
        }
        let is_in_brackets = self.opener(self.index).is_some();
        let mut last = self.expression_end(self.index)?;
        while self.token(last) == Token::Comma && !is_in_brackets {
            let Some(end) = self.expression_end(last + 1) else { break };
            last = end;
        }
        let what = self.text(name);
        let message = format!("Missing parentheses in call to '{what}'. Did you mean {what}(...)?");
        Some(Diagnostic::syntax(message, self.range(name, last - 1)))
    }

    /// What is left: an error without a known cause.
    fn unexpected(&self) -> Diagnostic {
        let diagnostic = self.here("invalid syntax");
        let diagnostic = match self.advice() {
            Some(advice) => diagnostic.help(advice),
            None if self.is_header_without_def() => {
                let name = self.text(self.line_start(self.index));
                diagnostic.help(format!("a function is defined with 'def {name}(...):'"))
            }
            None => diagnostic,
        };
        match self.label() {
            Some(label) => diagnostic.label(label),
            None => diagnostic,
        }
    }

    /// `name(...):` and a block behind it?
    fn is_header_without_def(&self) -> bool {
        let line = self.line_start(self.index);
        self.token(line) == Token::Name
            && self.token(line + 1) == Token::LeftParenthesis
            && self.token(self.index) == Token::Newline
            && self.before(self.index) == Some(Token::Colon)
            && self.token(self.index + 1) == Token::Indent
    }

    /// What was expected, where that takes few words.
    fn label(&self) -> Option<String> {
        let token = self.token(self.index);
        if token == Token::Assign && self.index == 1 && self.token(0).is_keyword() {
            return Some(format!("'{}' is a keyword and cannot be a name", self.text(0)));
        }
        if self.index == self.line_start(self.index)
            && matches!(token, Token::Elif | Token::Else | Token::Except | Token::Finally)
        {
            return Some(format!("no statement before this '{}' that it could belong to", self.text(self.index)));
        }
        if self.expects("NAME") && !self.expects("NUMBER") {
            return Some(match token.is_keyword() {
                true => format!("'{}' is a keyword and cannot be a name", self.text(self.index)),
                false => "expected a name".into(),
            });
        }
        if self.expects("NUMBER") && !self.expects("as") {
            return Some("expected an expression".into());
        }
        if self.expected.len() > 3 {
            return None;
        }
        let words: Vec<String> = self.expected.iter().map(|expected| words(expected.trim_matches('"'))).collect();
        match words.as_slice() {
            [] => None,
            [one] => Some(format!("expected {one}")),
            [first @ .., last] => Some(format!("expected {} or {last}", first.join(", "))),
        }
    }

    /// What people coming from other languages should write.
    fn advice(&self) -> Option<&'static str> {
        let before = self.index.checked_sub(1).map_or("", |index| self.text(index));
        let adjacent = self.index > 0 && self.span(self.index - 1).end == self.span(self.index).start;
        Some(match (before, self.text(self.index)) {
            ("&", "&") if adjacent => "'&&' is written 'and'",
            ("|", "|") if adjacent => "'||' is written 'or'",
            ("<", ">") if adjacent => "'<>' is written '!='",
            ("=", ">") if adjacent => "'>=' compares",
            ("+", "") if self.text(self.index.saturating_sub(2)) == "+" => "'x++' is written 'x += 1'",
            ("-", "") if self.text(self.index.saturating_sub(2)) == "-" => "'x--' is written 'x -= 1'",
            ("var" | "let" | "const", _) => "a variable needs no declaration, just 'name = value'",
            ("function" | "func" | "fn" | "fun" | "sub", _) => "a function is defined with 'def name():'",
            ("new", _) => "an object is made by calling its class",
            ("switch", _) => "'switch' is written 'match'",
            _ => return None,
        })
    }
}

/// What a user calls a terminal of the grammar.
fn words(terminal: &str) -> String {
    match terminal {
        "NEWLINE" => "the end of the line".into(),
        "INDENT" => "an indented block".into(),
        "DEDENT" => "the end of the block".into(),
        "NAME" => "a name".into(),
        "NUMBER" => "a number".into(),
        "STRING" | "FSTRING_START" | "FSTRING_TEXT" | "FSTRING_END" => "a string".into(),
        "WITH(" => "'('".into(),
        "FIELD{" => "'{'".into(),
        "FIELD}" => "'}'".into(),
        "FIELD:" => "':'".into(),
        _ => format!("'{terminal}'"),
    }
}
