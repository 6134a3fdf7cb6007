//! Soft keywords: `match`, `case` and `type` where they begin a statement, and the `(` of a `with` that encloses its
//! items. All of them take a look ahead that the grammar cannot.
//!
//! Works in place on the tokens of one statement of the top level. `_` needs nothing here: the tree's builder knows
//! it from its name.

use super::token::{Spanned, Token};
use crate::source::{Source, Span};

/// Turns names into the keywords they are at their place.
pub fn resolve(tokens: &mut [Spanned], source: &Source) {
    // One entry for each open block: does it hold the cases of a match?
    let mut blocks: Vec<bool> = Vec::new();
    let mut match_line = false;
    let mut line_start = true;
    let mut depth = 0_usize;
    for index in 0..tokens.len() {
        let (start, token, end) = tokens[index];
        match token {
            Token::Newline => {
                line_start = true;
                continue;
            }
            Token::Indent => {
                blocks.push(match_line);
                line_start = true;
                continue;
            }
            Token::Dedent => {
                blocks.pop();
                line_start = true;
                continue;
            }
            Token::Name if line_start => {
                match_line = false;
                tokens[index].1 = match source.slice(Span::new(start, end)) {
                    "match" if is_match(&tokens[index..]) => {
                        match_line = true;
                        Token::Match
                    }
                    "case" if blocks.last() == Some(&true) => Token::Case,
                    "type" => type_or_name(tokens, index),
                    _ => Token::Name,
                };
            }
            Token::Name
                if depth == 0
                    && matches!(tokens[index - 1].1, Token::Colon | Token::Semicolon)
                    && source.slice(Span::new(start, end)) == "type" =>
            {
                tokens[index].1 = type_or_name(tokens, index);
            }
            Token::LeftParenthesis if tokens[index.max(1) - 1].1 == Token::With && encloses_items(&tokens[index..]) => {
                tokens[index].1 = Token::WithParenthesis;
            }
            _ if line_start => match_line = false,
            _ => {}
        }
        match tokens[index].1 {
            token if token.opens() => depth += 1,
            token if token.closes() => depth = depth.saturating_sub(1),
            _ => {}
        }
        line_start = false;
    }
}

/// `type` is a keyword when a name follows it.
fn type_or_name(tokens: &[Spanned], index: usize) -> Token {
    match tokens.get(index + 1) {
        Some((_, Token::Name, _)) => Token::Type,
        _ => Token::Name,
    }
}

/// `match` is a keyword when an operand follows that cannot continue an expression, or when something that could
/// (`match (a)`, `match -a`, `match [a]`) is followed by the colon that ends the line.
fn is_match(tokens: &[Spanned]) -> bool {
    use Token::*;
    let Some(&(_, next, _)) = tokens.get(1) else {
        return false;
    };
    if next != Not && (next.begins_operand() && next != LeftBrace || next == Lambda) {
        return true;
    }
    if !matches!(next, LeftParenthesis | LeftBracket | LeftBrace | Minus | Plus | Star | Not) {
        return false;
    }
    let end = tokens.iter().position(|token| token.1 == Newline).unwrap_or(tokens.len());
    tokens[end - 1].1 == Colon
}

/// Does the parenthesis that `tokens` begin with close right before the colon, or where that should be?
fn encloses_items(tokens: &[Spanned]) -> bool {
    let mut depth = 0_usize;
    for (index, (_, token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Newline => return false,
            token if token.opens() => depth += 1,
            token if token.closes() => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    // Without the colon it is wrong either way, and then more likely that is what is missing.
                    let next = tokens.get(index + 1).map(|next| next.1);
                    return matches!(next, Some(Token::Colon | Token::Newline));
                }
            }
            _ => {}
        }
    }
    false
}
