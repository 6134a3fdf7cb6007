//! Slips inside of expressions.

use logos::Logos;

use super::place::Slip;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::ExpressionKind;
use crate::syntax::build::Build;
use crate::syntax::lexer::string_kind;
use crate::syntax::target::{description, suggests_comparison};
use crate::syntax::token::{Spanned, Token};

/// The keywords that a misspelt name may have been meant for.
const KEYWORDS: [&str; 33] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "while", "with",
];
/// In longer statements no misspelt keyword is looked for.
const MOST_TOKENS: usize = 1000;
/// So many corrections are tried.
const MOST_CORRECTIONS: usize = 12;

impl Slip<'_> {
    /// The index behind the nearest token before `index` that separates expressions.
    pub fn operand_start(&self, index: usize) -> usize {
        let mut depth = 0_usize;
        let line = self.line_start(index);
        let separator = (line..index).rev().find(|&index| {
            let token = self.token(index);
            if token.closes() || token == Token::FStringEnd {
                depth += 1;
                return false;
            }
            if (token.opens() || token == Token::FStringStart) && depth > 0 {
                depth -= 1;
                return false;
            }
            depth == 0
                && (token.opens()
                    || matches!(
                        token,
                        Token::Comma
                            | Token::Colon
                            | Token::Assign
                            | Token::Walrus
                            | Token::Semicolon
                            | Token::If
                            | Token::Elif
                            | Token::While
                            | Token::FieldColon
                    ))
        });
        let mut start = separator.map_or(line, |separator| separator + 1);
        if matches!(self.token(start), Token::Star | Token::DoubleStar) {
            start += 1;
        }
        start
    }

    /// Is a bracket the parenthesis of a call?
    pub fn opens_call(&self, opener: usize) -> bool {
        self.token(opener) == Token::LeftParenthesis
            && opener > 0
            && self.token(opener - 1).ends_operand()
            && !self.opens_parameters(opener)
    }

    /// Is a bracket that of a subscript?
    fn opens_subscript(&self, opener: usize) -> bool {
        self.token(opener) == Token::LeftBracket && self.before(opener).is_some_and(Token::ends_operand)
    }

    /// Is a bracket the parenthesis of the parameters of a `def`?
    pub fn opens_parameters(&self, opener: usize) -> bool {
        let line = self.line_start(opener);
        self.header(line) == Token::Def && self.token(opener) == Token::LeftParenthesis && self.opener(opener).is_none()
    }

    /// The `lambda` among whose parameters a token stands.
    fn lambda(&self, index: usize) -> Option<usize> {
        let opener = self.opener(index).map_or(self.line_start(index), |opener| opener + 1);
        let mut depth = 0_usize;
        (opener..index).rev().find(|&index| {
            match self.token(index) {
                Token::Colon if depth == 0 => depth = usize::MAX / 2,
                token if token.closes() => depth += 1,
                token if token.opens() => depth = depth.saturating_sub(1),
                Token::Lambda => return depth == 0,
                _ => {}
            }
            false
        })
    }

    /// A field of an f-string that is wrong.
    pub fn formatted_string(&self) -> Option<Diagnostic> {
        let opener = self.opener(self.index).filter(|&opener| self.token(opener) == Token::FieldStart)?;
        let (token, span) = (self.token(self.index), self.span(self.index));
        let first = self.index == opener + 1;
        let sign = self.source.slice(span);
        let kind = self.string_kind(opener);
        match token {
            Token::FieldEnd | Token::Exclamation | Token::FieldColon | Token::Assign if first => {
                let message = format!("{kind}: valid expression required before '{}'", &sign[..1]);
                return Some(Diagnostic::syntax(message, span));
            }
            Token::FieldColon => {
                if let Some(lambda) = self.lambda(self.index) {
                    let message = format!("{kind}: lambda expressions are not allowed without parentheses");
                    return Some(Diagnostic::syntax(message, self.range(lambda, self.index)));
                }
            }
            _ => {}
        }
        if self.before(self.index) == Some(Token::Exclamation) {
            let message = match token {
                Token::FieldEnd | Token::FieldColon => "missing conversion character",
                _ => "invalid conversion character",
            };
            return Some(Diagnostic::syntax(format!("{kind}: {message}"), span));
        }
        if first && token != Token::Name {
            return Some(Diagnostic::syntax(format!("{kind}: expecting a valid expression after '{{'"), span));
        }
        if let Some(comma) = self.comma() {
            return Some(comma);
        }
        let message = match (self.before(self.index)?, self.index.checked_sub(2).map(|index| self.token(index))?) {
            (Token::Name, Token::Exclamation) => "expecting ':' or '}'",
            (Token::Assign, _) => "expecting '!', or ':', or '}'",
            _ => "expecting '=', or '!', or ':', or '}'",
        };
        Some(Diagnostic::syntax(format!("{kind}: {message}"), span))
    }

    /// What messages call the string that holds a field.
    fn string_kind(&self, field: usize) -> &'static str {
        let mut depth = 0;
        for index in (0..field).rev() {
            match self.token(index) {
                Token::FStringEnd => depth += 1,
                Token::FStringStart if depth == 0 => return string_kind(self.source.slice(self.span(index))),
                Token::FStringStart => depth -= 1,
                _ => {}
            }
        }
        string_kind("")
    }

    /// `a if b` without `else`.
    pub fn missing_else(&self) -> Option<Diagnostic> {
        if !self.expects("else") || matches!(self.token(self.index), Token::Colon | Token::FieldColon) {
            return None;
        }
        let test = self.operand_start(self.index);
        let body = self.operand_start(test.checked_sub(1).filter(|&index| self.token(index) == Token::If)?);
        self.parse(body, test - 1)?;
        self.parse(test, self.index)?;
        let message = "expected 'else' after 'if' expression";
        let diagnostic = Diagnostic::syntax(message, self.range(body, self.index - 1));
        Some(match self.token(self.index) {
            Token::Assign => diagnostic.label("the condition ends before `=`").help("`==` compares").mend(
                self.source,
                self.span(self.index),
                "==",
            ),
            _ => diagnostic,
        })
    }

    /// A parameter that cannot be one.
    pub fn parameter(&self) -> Option<Diagnostic> {
        let (before, token) = (self.before(self.index)?, self.token(self.index));
        let opener = self.opener(self.index);
        let lambda = self.lambda(self.index);
        let parameters = opener.filter(|&opener| self.opens_parameters(opener));
        if lambda.is_none() && parameters.is_none() {
            return None;
        }
        // Behind `*name: annotation` the annotation is the nearest operand, not the name.
        let start = self.operand_start(self.index);
        let name = match self.before(start) {
            Some(Token::Colon) => start.saturating_sub(2),
            _ => self.index - 1,
        };
        let stars = self.before(name);
        match (before, token) {
            (Token::LeftParenthesis | Token::Comma | Token::Lambda, Token::LeftParenthesis) => {
                let what = if lambda.is_some() { "Lambda expression parameters" } else { "Function parameters" };
                let end = self.expression_end(self.index).filter(|&end| end > self.index + 2)?;
                Some(Diagnostic::syntax(format!("{what} cannot be parenthesized"), self.range(self.index, end - 1)))
            }
            (Token::Slash, Token::Star) => {
                Some(Diagnostic::syntax("expected comma between / and *", self.range(self.index - 1, self.index)))
            }
            (_, Token::Assign) if stars == Some(Token::Star) => {
                Some(Diagnostic::syntax("var-positional argument cannot have default value", self.span(self.index)))
            }
            (_, Token::Assign) if stars == Some(Token::DoubleStar) => {
                Some(Diagnostic::syntax("var-keyword argument cannot have default value", self.span(self.index)))
            }
            (Token::Assign, Token::RightParenthesis | Token::Comma) => {
                Some(Diagnostic::syntax("expected default value expression", self.span(self.index - 1)))
            }
            _ => None,
        }
    }

    /// An argument that cannot be one.
    pub fn argument(&self) -> Option<Diagnostic> {
        let opener = self.opener(self.index)?;
        let (before, token) = (self.before(self.index)?, self.token(self.index));
        let is_call = self.opens_call(opener);
        match (before, token) {
            (Token::Star, Token::RightParenthesis | Token::RightBracket | Token::Comma | Token::Colon)
                if (is_call || self.opens_subscript(opener))
                    && matches!(
                        self.before(self.index - 1),
                        Some(Token::Comma | Token::LeftParenthesis | Token::LeftBracket)
                    ) =>
            {
                Some(Diagnostic::syntax("Invalid star expression", self.span(self.index)))
            }
            (Token::Assign, Token::RightParenthesis | Token::Comma) if is_call => {
                let start = self.operand_start(self.index - 1);
                let message = match self.index - start {
                    2 => "expected argument value expression",
                    _ => "expression cannot contain assignment, perhaps you meant \"==\"?",
                };
                Some(Diagnostic::syntax(message, self.range(start, self.index - 1)))
            }
            (_, Token::For | Token::Async) if is_call => {
                let value = self.operand_start(self.index);
                let equals = value.checked_sub(1).filter(|&index| self.token(index) == Token::Assign)?;
                let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
                Some(Diagnostic::syntax(message, self.range(self.operand_start(equals), equals)))
            }
            (_, Token::Assign) if is_call => {
                let start = self.operand_start(self.index);
                let what = match start.checked_sub(1).map(|index| self.token(index)) {
                    Some(Token::Star) => "iterable argument unpacking",
                    Some(Token::DoubleStar) => "keyword argument unpacking",
                    _ => return None,
                };
                let end = self.expression_end(self.index + 1).unwrap_or(self.index + 1);
                Some(Diagnostic::syntax(format!("cannot assign to {what}"), self.range(start - 1, end - 1)))
            }
            _ => None,
        }
    }

    /// `=` where `==` or `:=` was meant.
    pub fn equals(&self) -> Option<Diagnostic> {
        if self.token(self.index) != Token::Assign {
            return None;
        }
        let start = self.operand_start(self.index);
        let separator = start.checked_sub(1).map(|index| self.token(index))?;
        let is_between = matches!(separator, Token::Comma | Token::Assign) && self.opener(self.index).is_some();
        if !(is_between || separator.opens() || matches!(separator, Token::If | Token::Elif | Token::While)) {
            return None;
        }
        let target = self.parse(start, self.index)?;
        if let ExpressionKind::Name(_) = target.kind {
            let end = self.expression_end(self.index + 1)?;
            if self.token(end) == Token::Assign {
                return None;
            }
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            return Some(self.equals_mended(Diagnostic::syntax(message, self.range(start, end - 1))));
        }
        if !suggests_comparison(&target) {
            return None;
        }
        let message = format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", description(&target));
        Some(self.equals_mended(Diagnostic::syntax(message, target.span)))
    }

    /// Adds how a `=` in an expression was meant.
    fn equals_mended(&self, diagnostic: Diagnostic) -> Diagnostic {
        let span = self.span(self.index);
        match self.opener(self.index).map(|opener| self.token(opener)) {
            Some(Token::LeftBrace) => diagnostic.label("an entry of a dict is written `key: value`").mend(
                self.source,
                self.spaced(self.index, self.index),
                ": ",
            ),
            _ => diagnostic.help("`==` compares").mend(self.source, span, "=="),
        }
    }

    /// `1 + not a`
    pub fn inversion(&self) -> Option<Diagnostic> {
        use Token::*;
        let is_operator = matches!(
            self.before(self.index)?,
            Plus | Minus
                | Star
                | DoubleStar
                | Slash
                | DoubleSlash
                | Percent
                | At
                | Ampersand
                | Bar
                | Caret
                | Tilde
                | ShiftLeft
                | ShiftRight
                | Less
                | LessEqual
                | Equal
                | NotEqual
                | Greater
                | GreaterEqual
                | Is
        );
        if self.token(self.index) != Not || !is_operator {
            return Option::None;
        }
        let end = self.expression_end(self.index)?;
        let message = "'not' after an operator must be parenthesized";
        let span = self.range(self.index, end - 1);
        Some(Diagnostic::syntax(message, span).mend(self.source, span, &format!("({})", self.source.slice(span))))
    }

    /// A list, dictionary or comprehension that is wrong.
    pub fn display(&self) -> Option<Diagnostic> {
        let opener = self.opener(self.index)?;
        let (before, token, span) = (self.before(self.index)?, self.token(self.index), self.span(self.index));
        let is_brace = self.token(opener) == Token::LeftBrace;
        match (before, token) {
            (Token::Colon, Token::Star) if is_brace => {
                let end = self.expression_end(self.index + 1).unwrap_or(self.index + 1);
                let message = "cannot use a starred expression in a dictionary value";
                Some(Diagnostic::syntax(message, self.range(self.index, end - 1)))
            }
            (Token::Colon, Token::RightBrace | Token::Comma) if is_brace => {
                let message = "expression expected after dictionary key and ':'";
                Some(Diagnostic::syntax(message, self.span(self.index - 1)))
            }
            (_, Token::RightBrace | Token::Comma) if is_brace && self.expects(":") => {
                Some(Diagnostic::syntax("':' expected after dictionary key", self.span(self.index - 1)))
            }
            (Token::LeftParenthesis, Token::DoubleStar)
                if !self.opens_call(opener) && !self.opens_parameters(opener) =>
            {
                Some(Diagnostic::syntax("cannot use double starred expression here", span))
            }
            (_, Token::For | Token::Async) if is_brace || self.token(opener) == Token::LeftBracket => {
                if token == Token::Async && self.token(self.index + 1) != Token::For {
                    return None;
                }
                let start = self.operand_start(self.index);
                if self.before(start) != Some(Token::Comma) {
                    return None;
                }
                let message = "did you forget parentheses around the comprehension target?";
                let span = self.range(opener + 1, self.index - 1);
                let mended = format!("({})", self.source.slice(span));
                Some(Diagnostic::syntax(message, span).mend(self.source, span, &mended))
            }
            _ if self.expects("in")
                && before.ends_operand()
                && (token.begins_operand() || matches!(token, Token::If | Token::Walrus)) =>
            {
                let is_loop = (opener..self.index).rev().map(|index| self.token(index));
                let keyword = { is_loop }.find(|token| matches!(token, Token::For | Token::In | Token::If));
                let message = "'in' expected after for-loop variables";
                let start = Span::new(span.start, span.start);
                (keyword == Some(Token::For)).then(|| Diagnostic::syntax(message, span).mend(self.source, start, "in "))
            }
            _ => None,
        }
    }

    /// Two expressions side by side in brackets.
    pub fn comma(&self) -> Option<Diagnostic> {
        let opener = self.opener(self.index)?;
        let (before, token) = (self.before(self.index)?, self.token(self.index));
        if self.opens_parameters(opener) || !before.ends_operand() || !token.begins_operand() {
            return None;
        }
        let start = self.operand_start(self.index);
        let is_prefix = start + 1 == self.index && before == Token::Name && token == Token::String;
        if is_prefix || matches!(self.text(start), "match" | "case" | "type" | "_") {
            return None;
        }
        if matches!(self.before(start), Some(Token::If | Token::Elif | Token::While)) {
            return None;
        }
        let first = self.parse(start, self.index)?;
        if matches!(first.kind, ExpressionKind::Conditional { .. } | ExpressionKind::Lambda(..)) && !first.parenthesised
        {
            return None;
        }
        let end = self.expression_end(self.index)?;
        let message = "invalid syntax. Perhaps you forgot a comma?";
        let gap = Span::new(self.span(self.index - 1).end, self.span(self.index - 1).end);
        let diagnostic =
            Diagnostic::syntax(message, self.range(start, end - 1)).label("two values, and nothing between");
        // In a field of a string a comma would make a tuple, which is hardly meant.
        Some(match self.token(opener) {
            Token::FieldStart => diagnostic.help("each field holds one expression"),
            _ if self.token(end).begins_operand() => diagnostic.help("put commas between them"),
            _ => diagnostic.mend(self.source, gap, ","),
        })
    }

    /// A name that is nearly a keyword and would make sense as one.
    pub fn misspelt_keyword(&self) -> Option<Diagnostic> {
        if self.tokens.len() > MOST_TOKENS {
            return None;
        }
        let line = self.line_start(self.index);
        let names = (line..=self.index.min(self.tokens.len() - 1)).filter(|&index| self.token(index) == Token::Name);
        let mut corrections = 0;
        for name in names {
            let mut near: Vec<(usize, &str)> = KEYWORDS
                .iter()
                .map(|keyword| (distance(self.text(name), keyword), *keyword))
                .filter(|&(distance, keyword)| distance <= if keyword.len() < 4 { 1 } else { 2 })
                .collect();
            near.sort_unstable();
            for (_, keyword) in near {
                corrections += 1;
                if corrections > MOST_CORRECTIONS {
                    return None;
                }
                if self.would_parse(line, name, keyword) {
                    let message = format!("invalid syntax. Did you mean '{keyword}'?");
                    let diagnostic = Diagnostic::syntax(message, self.span(name)).label("nearly a keyword");
                    return Some(diagnostic.mend(self.source, self.span(name), keyword));
                }
            }
        }
        None
    }

    /// Would the line parse with a keyword in the place of a name?
    fn would_parse(&self, line: usize, name: usize, keyword: &str) -> bool {
        let Some(Ok(token)) = Token::lexer(keyword).next() else {
            return false;
        };
        // A clause is tried behind the statement it belongs to.
        let head: &[Token] = match token {
            Token::Elif | Token::Else if name == 0 => {
                &[Token::If, Token::None, Token::Colon, Token::Pass, Token::Newline]
            }
            Token::Except | Token::Finally if name == 0 => &[Token::Try, Token::Colon, Token::Pass, Token::Newline],
            _ => &[],
        };
        let start = self.span(0).start;
        let mut tokens: Vec<Spanned> = head.iter().map(|&token| (start, token, start)).collect();
        tokens.extend_from_slice(self.tokens);
        tokens[head.len() + name].1 = token;
        let build = Build::new(self.source);
        let end = self.tokens[line..].iter().position(|token| token.1 == Token::Newline);
        let end = head.len() + end.map_or(self.tokens.len(), |end| line + end);
        match self.grammar.run(&build, Token::StartStatement, &tokens) {
            Ok(_) => build.take_errors().is_empty(),
            Err(failure) => failure.index > end,
        }
    }
}

/// How many letters have to be changed, left out, put in or swapped to turn one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len().abs_diff(to.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
