//! Known slips: what a token that the grammar could make nothing of most likely means.

use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Says what is wrong at the token of that index; `next` is the first token behind the statement.
pub fn explain(source: &Source, tokens: &[Spanned], index: usize, next: Spanned) -> Diagnostic {
    let _ = source;
    let (start, token, end) = tokens.get(index).copied().unwrap_or(next);
    let span = Span::new(start, end);
    match token {
        Token::Indent => Diagnostic::indentation("unexpected indent", span),
        _ => Diagnostic::syntax("invalid syntax", span),
    }
}
