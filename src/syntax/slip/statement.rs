//! Slips of lines, blocks and statements.

use super::place::Slip;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::target::{description, invalid_part};
use crate::syntax::token::Token;

impl Slip<'_> {
    /// Blocks: one too many, or one that is missing.
    pub fn block(&self) -> Option<Diagnostic> {
        let token = self.token(self.index);
        if token == Token::Indent {
            return Some(self.unexpected_indent());
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
            let colon = self.span(self.index - 2);
            return Some(match at_end && colon.end == place.start {
                true => diagnostic.label("a block should follow"),
                false => diagnostic.also(colon, "a block should follow this"),
            });
        }
        if self.expects("except") && self.expects("finally") {
            let mut diagnostic = self.here("expected 'except' or 'finally' block");
            diagnostic.at_end_of_input = self.is_at_end();
            if self.text(self.index) == "catch" {
                diagnostic = diagnostic.help("`catch` is written `except`");
            }
            return Some(match self.owner(Token::Try) {
                Some(header) => diagnostic.also(self.span(header), "this `try` has no handler"),
                None => diagnostic,
            });
        }
        None
    }

    /// A line indented further than the one before, which begins no block.
    fn unexpected_indent(&self) -> Diagnostic {
        use Token::*;
        let diagnostic = Diagnostic::indentation("unexpected indent", self.span(self.index));
        if matches!(
            self.token(self.index + 1),
            Plus | Minus | Star | Slash | Percent | And | Or | Dot | Equal | NotEqual | Less | Greater | If | Else | In
        ) {
            return diagnostic
                .label("a line of its own, which begins with an operator")
                .help("put parentheses around an expression that goes on in the next line");
        }
        match self.index.checked_sub(1).map(|end| (self.line_start(end), end)) {
            Some((line, end)) if line < end => diagnostic.also(self.range(line, end - 1), "this begins no block"),
            _ => diagnostic,
        }
    }

    /// The nearest header before the token at fault that begins with a keyword and whose block is over or just ends.
    pub fn owner(&self, keyword: Token) -> Option<usize> {
        let mut depth = 0_i32;
        (0..self.index).rev().find(|&index| {
            match self.token(index) {
                Token::Dedent => depth += 1,
                Token::Indent => depth -= 1,
                token => return depth <= 0 && token == keyword && index == self.line_start(index),
            }
            false
        })
    }

    /// A colon that is missing at the end of a header.
    pub fn colon(&self) -> Option<Diagnostic> {
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
            return Some(self.missing_colon(line, header));
        }
        let before = self.before(self.index);
        if header == Token::Def && self.expects("(") && matches!(before, Some(Token::Name | Token::RightBracket)) {
            let diagnostic = self.here("expected '('");
            let end = self.span(self.index - 1).end;
            return Some(match self.token(self.index) {
                Token::Dot => diagnostic
                    .label("the name of a function has no dots")
                    .help("define the function, then assign it: `box.open = open`; a method is defined in its class"),
                Token::Colon => {
                    diagnostic.label("the parameters are missing").mend(self.source, Span::new(end, end), "()")
                }
                _ => diagnostic.label("the parameters should begin here"),
            });
        }
        None
    }

    /// A header that goes on or ends where its colon should be.
    fn missing_colon(&self, line: usize, header: Token) -> Diagnostic {
        let word = self.text(if self.token(line) == Token::Async { line + 1 } else { line });
        let diagnostic = self.here("expected ':'");
        let here = self.span(self.index);
        match (header, self.token(self.index)) {
            (Token::Else, Token::If) => diagnostic
                .label("a condition goes with `elif`")
                .help("`else if` is written `elif`")
                .mend(self.source, self.range(line, self.index), "elif"),
            (Token::Else, token) if token.begins_operand() => diagnostic
                .label("`else` has no condition")
                .help("a condition goes with `elif`")
                .mend(self.source, self.span(line), "elif"),
            (_, Token::LeftBrace) => diagnostic
                .label("a block is indented, not in braces")
                .help("end the line with `:` and indent the block, without braces"),
            (_, Token::Newline | Token::End) => diagnostic
                .label(format!("the line that begins with `{word}` ends without `:`"))
                .mend(self.source, here, ":"),
            _ => diagnostic.label(format!("a `:` should end what begins with `{word}`")),
        }
    }

    /// Is there a colon outside of brackets between the start of a line and the token at fault?
    pub fn has_colon(&self, line: usize) -> bool {
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
    pub fn statement(&self) -> Option<Diagnostic> {
        use Token::*;
        let line = self.line_start(self.index);
        let (before, token) = (self.before(self.index)?, self.token(self.index));
        if let Some(target) = self.invalid_target(line) {
            return Some(target);
        }
        match (self.header(line), before, token) {
            (Except, Star, Colon) => Some(self.here("expected one or more exception types")),
            (Def | Class | Type, LeftBracket, RightBracket) => {
                Some(Diagnostic::syntax("Type parameter list cannot be empty", self.range(self.index - 1, self.index)))
            }
            // A decorator at the end of the text.
            (_, Newline, End) => {
                let decorator = self.line_start(self.index - 1);
                let heading = "a decorator needs a function or a class below it";
                let span = self.range(decorator, self.index - 2);
                Some(Diagnostic::invalid(heading, span).label("nothing follows this").at_end())
            }
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
    pub fn print_statement(&self) -> Option<Diagnostic> {
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
        let between = Span::new(self.span(name).end, self.span(last - 1).end);
        let arguments = self.source.slice(Span::new(self.span(self.index).start, between.end));
        Some(
            Diagnostic::syntax(message, self.range(name, last - 1))
                .label(format!("`{what}` is a function"))
                .help("put parentheses around what it is given")
                .mend(self.source, between, &format!("({arguments})")),
        )
    }
}
