//! Is an input complete, and how far is its next line indented? The parser is asked, and the lexer.

use crate::source::Source;
use crate::syntax::ast::{Mode, Statement, StatementKind};
use crate::syntax::lexer::Lexer;
use crate::syntax::parser::parse;
use crate::syntax::token::Token;

/// By how much a block is indented.
pub const STEP: usize = 4;

/// Statements after which a block hardly goes on.
const LAST_WORDS: [Token; 5] = [Token::Return, Token::Raise, Token::Pass, Token::Break, Token::Continue];

/// How far an input has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing more is to come.
    Complete,
    /// It ends with a block, which goes on until an empty line.
    Block,
    /// It breaks off in the midst of something.
    Open,
}

/// Is nothing more to come? A block goes on until an empty line; other text until it is right, or wrong in its midst.
pub fn is_complete(text: &str) -> bool {
    state(text) == State::Complete
}

/// Can it be run as it is?
pub fn is_right(text: &str) -> bool {
    parse(&Source::new("<input>", text), Mode::Module).is_ok()
}

/// How far the text has come.
pub fn state(text: &str) -> State {
    if text.trim().is_empty() || is_command(text) {
        return State::Complete;
    }
    let last_is_empty = text.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    match parse(&Source::new("<input>", text), Mode::Module) {
        Ok(module) if !last_is_empty && module.body.last().is_some_and(has_block) => State::Block,
        Ok(_) => State::Complete,
        Err(errors) => {
            let error = &errors[0];
            let lacks_block = error.class == "IndentationError" && last_is_empty;
            if error.at_end_of_input && !lacks_block { State::Open } else { State::Complete }
        }
    }
}

/// Is it a command of the REPL?
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with(':') && !text.trim_end().contains('\n')
}

fn has_block(statement: &Statement) -> bool {
    use StatementKind::*;
    matches!(
        statement.kind,
        If(..) | While(..) | For { .. } | Try(_) | With { .. } | Function(_) | Class(_) | Match(..)
    )
}

/// How many spaces the line after this text begins with.
pub fn indentation(text: &str) -> usize {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let own = line.bytes().take_while(|&byte| byte == b' ').count();
    let source = Source::new("<input>", text);
    let mut lexer = Lexer::new(&source);
    let line_start = (text.len() - line.len()) as u32;
    let (mut last, mut first_of_line) = (Token::LineEnd, None);
    loop {
        let is_inside = lexer.is_inside_brackets();
        let (start, token, _) = lexer.next_token();
        match token {
            Token::End if last == Token::Invalid || last == Token::FStringText => return 0,
            Token::End if is_inside => return if last.opens() { own + STEP } else { own },
            Token::End if last == Token::Colon => return own + STEP,
            Token::End if first_of_line.is_some_and(|word| LAST_WORDS.contains(&word)) => {
                return own.saturating_sub(STEP);
            }
            Token::End => return own,
            Token::LineEnd => {}
            token => last = token,
        }
        if start >= line_start && token != Token::LineEnd && first_of_line.is_none() {
            first_of_line = Some(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_statements_are_complete() {
        for text in ["", "x", "x = 1; y = 2", "x = = 1", ")", ":help", "\"abc", "f(1))", "import a\n", "1 +* 2"] {
            assert!(is_complete(text), "{text}");
        }
    }

    #[test]
    fn open_ends_are_not() {
        for text in ["f(", "[1,\n2", "'''a\n\n", "x = \\", "if x:", "@f", "try:\n    x\n", "f'''{x}\n", "def f():"] {
            assert!(!is_complete(text), "{text}");
        }
    }

    #[test]
    fn a_block_ends_with_an_empty_line() {
        for text in ["if x:\n    y", "def f(): pass", "class A:\n    x = 1\n\n    y = 2"] {
            assert!(!is_complete(text), "{text}");
            assert!(is_complete(&format!("{text}\n")), "{text}");
            assert!(is_complete(&format!("{text}\n    ")), "{text}");
        }
        assert!(is_complete("if x:\n    y\nz"));
        assert!(is_complete("if x:\n"));
    }

    #[test]
    fn lines_are_indented() {
        for (text, expected) in [
            ("if x:", 4),
            ("if x:  # why", 4),
            ("    x", 4),
            ("    if x:\n        return 1", 4),
            ("f(", 4),
            ("f(a,", 0),
            ("x = {'a':", 0),
            ("'''a\n    b", 0),
            ("x[1:", 0),
        ] {
            assert_eq!(indentation(text), expected, "{text}");
        }
    }
}
