//! Slips of imports.

use super::place::Slip;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::token::Token;

impl Slip<'_> {
    /// What can go wrong in an `import`.
    pub fn import(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        if !matches!(self.token(line), Token::Import | Token::From) || line == self.index {
            return None;
        }
        self.import_in_cpython(line).or_else(|| self.imported_name()).or_else(|| self.import_end(line))
    }

    /// The slips that CPython has messages for.
    fn import_in_cpython(&self, line: usize) -> Option<Diagnostic> {
        match (self.token(line), self.before(self.index)?, self.token(self.index)) {
            (_, Token::Import, Token::Newline) => Some(self.here("Expected one or more names after 'import'")),
            (Token::From, Token::Comma, Token::Newline) => {
                let message = "trailing comma not allowed without surrounding parentheses";
                Some(Diagnostic::syntax(message, self.span(self.index - 1)))
            }
            (Token::Import, _, Token::From) => {
                let message = "Did you mean to use 'from ... import ...' instead?";
                let (names, end) = (self.range(line, self.index - 1), self.line_end());
                let module = self.source.slice(Span::new(self.span(self.index + 1).start, end));
                let mended = format!("from {module} {}", self.source.slice(names));
                Some(Diagnostic::syntax(message, self.range(line, self.index)).label("the module comes first").mend(
                    self.source,
                    Span::new(names.start, end),
                    &mended,
                ))
            }
            _ => None,
        }
    }

    /// Something that is no name stands where one should.
    fn imported_name(&self) -> Option<Diagnostic> {
        if !self.expects("NAME") {
            return None;
        }
        let span = self.span(self.index);
        let invalid = |heading: &str| Diagnostic::invalid(heading, span);
        Some(match (self.before(self.index)?, self.token(self.index)) {
            (Token::Import, Token::String) => {
                let name = self.text(self.index).trim_matches(['"', '\'']);
                invalid("a module is named, not quoted").label("a name without quotes should stand here").mend(
                    self.source,
                    span,
                    name,
                )
            }
            (Token::Import, Token::Dot | Token::Slash | Token::Ellipsis) => {
                invalid("a module is named, not given by its path")
                    .label("a name should stand here")
                    .help("a file beside this one is imported by its name; write `from . import name` in a package")
            }
            (Token::Import, Token::Star) => invalid("`import *` does not say from where")
                .label("a name should stand here")
                .help("write `from module import *`"),
            (Token::Import, Token::LeftParenthesis) => invalid("`import` takes its names without parentheses")
                .label("a name should stand here")
                .help("write `import a, b`; parentheses go with `from module import (a, b)`"),
            _ => return None,
        })
    }

    /// Something stands where the import should end.
    fn import_end(&self, line: usize) -> Option<Diagnostic> {
        let token = self.token(self.index);
        let span = self.span(self.index);
        if self.expects("import") && token == Token::Newline {
            return Some(
                Diagnostic::invalid("`from` needs an `import` behind the module", span)
                    .label("`import` and names should follow")
                    .mend(self.source, span, " import ..."),
            );
        }
        let is_alias = self.index >= line + 2 && self.token(self.index - 2) == Token::As;
        let invalid = |heading: &str| Diagnostic::invalid(heading, span);
        Some(match token {
            Token::Dot if is_alias => invalid("what follows `as` is one name")
                .label("the new name has no dots")
                .help("`import a.b as c` binds `c` to `a.b`"),
            Token::Dot if self.token(line) == Token::From => invalid("`from` imports names without dots")
                .label("the name ends here")
                .help("put what is before the last dot behind `from`: `from a.b import c`"),
            Token::Minus => invalid("the name of a module has no `-`")
                .label("the name ends here")
                .help("rename the file with `_`, or use `importlib.import_module(\"my-module\")`"),
            Token::Comma if self.before(self.index) == Some(Token::Star) => invalid("`*` imports everything already")
                .label("nothing can follow `*`")
                .help("leave out the other names"),
            _ => return None,
        })
    }

    /// Where the line of the token at fault ends.
    fn line_end(&self) -> u32 {
        let end = (self.index..self.tokens.len()).find(|&index| self.token(index) == Token::Newline);
        end.map_or(self.span(self.index).end, |end| self.span(end).start)
    }
}
