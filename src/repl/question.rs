//! What Tab asks for: read off the tokens before the cursor. Who answers is `names`.

use crate::repl::command;
use crate::repl::input::is_command;
use crate::source::Source;
use crate::syntax::lexer::Lexer;
use crate::syntax::token::{Spanned, Token};

/// What the word before the cursor could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A command of the REPL.
    Command,
    /// A file.
    File,
    /// A keyword, a name of the program or a built-in.
    Name,
    /// An attribute of what a chain of names leads to.
    Attribute(Root, Vec<String>),
    /// A module of the package that the dotted name is, or without one any module.
    Module(String),
    /// What can be imported from a module.
    Member(String),
}

/// What a chain of attributes begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// A name.
    Name(String),
    /// A literal: the name of its class.
    Literal(&'static str),
}

/// The question that the text before the cursor asks, and where the word that is to be completed begins.
pub fn ask(text: &str) -> Option<(Question, usize)> {
    if is_command(text) {
        return ask_in_command(text);
    }
    let source = Source::new("<input>", text);
    let (tokens, is_in_text) = tokens(&source);
    if is_in_text || ends_in_comment(text, &tokens) {
        return None;
    }
    let is_word = |token: &&Spanned| token.2 as usize == text.len() && begins_word(text, token);
    let word = tokens.last().filter(is_word);
    let start = word.map_or(text.len(), |word| word.0 as usize);
    let before = &tokens[..tokens.len() - usize::from(word.is_some())];
    let question = match import(text, statement(before)) {
        Some(question) => question?,
        None if before.last().is_some_and(|token| token.1 == Token::Dot) => attribute(text, before)?,
        None => Question::Name,
    };
    Some((question, start))
}

/// `:command argument`, where the argument is an expression or a file.
fn ask_in_command(text: &str) -> Option<(Question, usize)> {
    let start = text.len() - text.trim_start().len();
    let Some(space) = text[start..].find(' ') else { return Some((Question::Command, start)) };
    let begin = start + space + 1;
    match &text[start + 1..start + space] {
        name if command::takes_file(name) => Some((Question::File, begin)),
        name if command::takes_expression(name) => {
            let (question, place) = ask(&text[begin..])?;
            Some((question, begin + place))
        }
        _ => None,
    }
}

/// The tokens of a text, and whether it ends inside a string.
fn tokens(source: &Source) -> (Vec<Spanned>, bool) {
    let (mut lexer, mut tokens) = (Lexer::new(source), Vec::new());
    loop {
        match lexer.next_token() {
            (_, Token::End, _) => {
                let ends_in_text = matches!(tokens.last(), Some((_, Token::FStringText | Token::FStringStart, _)));
                return (tokens, ends_in_text || lexer.errors.iter().any(|error| error.message.starts_with("unterm")));
            }
            token => tokens.push(token),
        }
    }
}

fn ends_in_comment(text: &str, tokens: &[Spanned]) -> bool {
    text[tokens.last().map_or(0, |token| token.2 as usize)..].contains('#')
}

fn begins_word(text: &str, token: &Spanned) -> bool {
    token.1 == Token::Name
        || text[token.0 as usize..token.2 as usize].starts_with(|first: char| first.is_alphabetic())
            && token.1.is_keyword()
}

/// The tokens of the statement at the end.
fn statement(tokens: &[Spanned]) -> &[Spanned] {
    let ends = |token: &Spanned| matches!(token.1, Token::LineEnd | Token::Semicolon | Token::Colon);
    &tokens[tokens.iter().rposition(ends).map_or(0, |end| end + 1)..]
}

/// The question of an import statement, which may be none; None if it is no such statement.
fn import(text: &str, statement: &[Spanned]) -> Option<Option<Question>> {
    let dotted = |tokens: &[Spanned]| match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => text[first.0 as usize..last.2 as usize].to_string(),
        _ => String::new(),
    };
    let position = |token: Token| statement.iter().rposition(|found| found.1 == token);
    match statement.first()?.1 {
        Token::From => match position(Token::Import) {
            Some(_) if statement.last()?.1 == Token::As => Some(None),
            Some(at) => Some(Some(Question::Member(dotted(&statement[1..at])))),
            None => Some(package(&dotted(&statement[1..]))),
        },
        Token::Import if statement.last()?.1 == Token::As => Some(None),
        Token::Import => {
            let start = position(Token::Comma).unwrap_or(0) + 1;
            Some(package(&dotted(&statement[start..])))
        }
        _ => None,
    }
}

/// What stands before the word: nothing, or a package and a dot.
fn package(dotted: &str) -> Option<Question> {
    match dotted.strip_suffix('.') {
        Some(package) => Some(Question::Module(package.to_string())),
        None if dotted.is_empty() => Some(Question::Module(String::new())),
        None => None,
    }
}

/// The chain that ends with the dot before the word.
fn attribute(text: &str, before: &[Spanned]) -> Option<Question> {
    let slice = |token: &Spanned| text[token.0 as usize..token.2 as usize].to_string();
    let mut names = Vec::new();
    let mut at = before.len() - 1;
    loop {
        at = at.checked_sub(1)?;
        let token = &before[at];
        let follows_dot = at > 0 && before[at - 1].1 == Token::Dot;
        let root = match token.1 {
            Token::Name if follows_dot => {
                names.push(slice(token));
                at -= 1;
                continue;
            }
            Token::Name => Root::Name(slice(token)),
            Token::String if slice(token).to_ascii_lowercase().split(['\'', '"']).next()?.contains('b') => {
                Root::Literal("bytes")
            }
            Token::String | Token::FStringEnd => Root::Literal("str"),
            Token::Number if slice(token).contains(['.', 'e', 'j']) => Root::Literal("float"),
            Token::True | Token::False => Root::Literal("bool"),
            _ => return None,
        };
        names.reverse();
        return Some(Question::Attribute(root, names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<(Question, &str)> {
        ask(text).map(|(question, start)| (question, &text[start..]))
    }

    fn attribute_of(root: &str, names: &[&str]) -> Question {
        let names = names.iter().map(|name| name.to_string()).collect();
        Question::Attribute(Root::Name(root.to_string()), names)
    }

    #[test]
    fn names_and_attributes() {
        assert_eq!(asked("pri"), Some((Question::Name, "pri")));
        assert_eq!(asked("f(x, wh"), Some((Question::Name, "wh")));
        assert_eq!(asked(""), Some((Question::Name, "")));
        assert_eq!(asked("a.b.c"), Some((attribute_of("a", &["b"]), "c")));
        assert_eq!(asked("f(os.path."), Some((attribute_of("os", &["path"]), "")));
        assert_eq!(asked("'x'.up"), Some((Question::Attribute(Root::Literal("str"), vec![]), "up")));
        assert_eq!(asked("b'x'.h"), Some((Question::Attribute(Root::Literal("bytes"), vec![]), "h")));
        assert_eq!(asked("f'{a.b"), Some((attribute_of("a", &[]), "b")));
        assert_eq!(asked("f().x"), None);
    }

    #[test]
    fn not_in_strings_and_comments() {
        for text in ["'abc", "x # com", "'''a\nb", "f'abc"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }

    #[test]
    fn imports() {
        let module = |name: &str| Question::Module(name.to_string());
        assert_eq!(asked("import asy"), Some((module(""), "asy")));
        assert_eq!(asked("import os, "), Some((module(""), "")));
        assert_eq!(asked("import os.pa"), Some((module("os"), "pa")));
        assert_eq!(asked("from os."), Some((module("os"), "")));
        assert_eq!(asked("x = 1; from os.path import jo"), Some((Question::Member("os.path".into()), "jo")));
        assert_eq!(asked("from os import a, b"), Some((Question::Member("os".into()), "b")));
        assert_eq!(asked("import os as o"), None);
    }

    #[test]
    fn commands() {
        assert_eq!(asked(":he"), Some((Question::Command, ":he")));
        assert_eq!(asked(":doc a.b"), Some((attribute_of("a", &[]), "b")));
        assert_eq!(asked(":load x/y"), Some((Question::File, "x/y")));
    }
}
