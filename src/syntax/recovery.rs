//! Going on behind a wrong line: puts one that says nothing in its place, so that the rest of its block is read too.
//!
//! Works on the tokens of one statement of the top level. A header keeps its block. What is not known to be a line by
//! itself (indentation, brackets, clauses without their statement) is left, and the reading ends there.

use super::token::{Spanned, Token};

/// After so many wrong lines in one statement the rest of it is not read.
pub const MOST_LINES: usize = 20;

/// Replaces the line that holds a token; false where that cannot be told.
pub fn replace_line(tokens: &mut Vec<Spanned>, index: usize) -> bool {
    let is_layout = |token: Token| matches!(token, Token::Newline | Token::Indent | Token::Dedent);
    if tokens.get(index).is_none_or(|token| matches!(token.1, Token::Indent | Token::Dedent)) {
        return false;
    }
    let start = tokens[..index].iter().rposition(|token| is_layout(token.1)).map_or(0, |end| end + 1);
    let Some(length) = tokens[index..].iter().position(|token| token.1 == Token::Newline) else {
        return false;
    };
    let end = index + length;
    let first = match tokens[start].1 {
        Token::Async => tokens[start + 1].1,
        first => first,
    };
    let has_block = tokens.get(end + 1).is_some_and(|token| token.1 == Token::Indent);
    let before = tokens[..start].iter().rev().skip(1).take_while(|token| !is_layout(token.1)).last();
    // What a decorator stands above, and what a foreign header holds, is not a line by itself.
    let is_decorated = before.is_some_and(|token| token.1 == Token::At) && !matches!(first, Token::Def | Token::Class);
    let is_bound = is_decorated || has_block && first == Token::Name;
    if is_bound || start == index && is_clause(first) {
        return false;
    }
    let Some(line) = empty_line(first, has_block) else {
        return false;
    };
    let place = tokens[start].0;
    tokens.splice(start..end, line.iter().map(|&token| (place, token, place)));
    true
}

/// Replaces the lines that hold a token which could not be read; false where there is none or one cannot be replaced.
pub fn replace_unread(tokens: &mut Vec<Spanned>) -> bool {
    let mut replaced = 0;
    while let Some(index) = tokens.iter().position(|token| token.1 == Token::Invalid) {
        replaced += 1;
        if replaced > MOST_LINES || !replace_line(tokens, index) {
            return false;
        }
    }
    replaced > 0
}

/// Does a line that begins with it belong to the statement before?
fn is_clause(first: Token) -> bool {
    matches!(first, Token::Elif | Token::Else | Token::Except | Token::Finally)
}

/// A line that says nothing and fits where one was that began with a token.
fn empty_line(first: Token, has_block: bool) -> Option<&'static [Token]> {
    use Token::*;
    Some(match (first, has_block) {
        (Match | Case | At, _) => return Option::None,
        (Elif, true) => &[Elif, None, Colon],
        (Elif, false) => &[Elif, None, Colon, Pass],
        (Else, true) => &[Else, Colon],
        (Else, false) => &[Else, Colon, Pass],
        (Except, true) => &[Except, None, Colon],
        (Except, false) => &[Except, None, Colon, Pass],
        (Finally, true) => &[Finally, Colon],
        (Finally, false) => &[Finally, Colon, Pass],
        (Try, true) => &[Try, Colon],
        (Def, true) => &[Def, Name, LeftParenthesis, RightParenthesis, Colon],
        (Class, true) => &[Class, Name, Colon],
        // A loop may have an `else` as well.
        (_, true) => &[If, None, Colon],
        (_, false) => &[Pass],
    })
}
