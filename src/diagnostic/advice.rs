//! What to say beside a message: what is meant by it at its place, and what to do about it.
//!
//! Messages are few and fixed, so the advice that holds wherever one occurs stands in two texts beside this file, one
//! for the errors of a source and one for exceptions. Who notes an error adds what only its place can tell; that goes
//! before.

use super::Diagnostic;

/// The advice by the message of a diagnostic.
const SYNTAX: &str = include_str!("syntax_advice.txt");

/// The advice by the last line of a traceback, class and message.
const EXCEPTIONS: &str = include_str!("exception_advice.txt");

/// The most bytes of a message that are looked at.
const LONGEST: usize = 400;

/// An entry of a text.
#[derive(Clone, Copy, Default)]
struct Advice<'text> {
    /// The messages it is for, one a line; a `*` in them stands for any text.
    messages: &'text str,
    /// A word at the place, maybe empty.
    label: &'text str,
    /// What to do about it, maybe empty; `{1}` in it is what the first `*` stands for.
    help: &'text str,
}

/// The label and the help of a diagnostic: its own, else those of its message; those of a message with better words
/// come from it alone.
pub fn complete(diagnostic: &Diagnostic) -> (String, Option<String>) {
    let found = if diagnostic.heading.is_none() { advice(SYNTAX, &diagnostic.message) } else { None };
    let (label, help) = found.unwrap_or_default();
    let label = if diagnostic.label.is_empty() { label } else { diagnostic.label.clone() };
    (label, diagnostic.help.clone().or((!help.is_empty()).then_some(help)))
}

/// The label and the help, maybe empty, that go with the last line of a traceback.
pub fn of_exception(line: &str) -> Option<(String, String)> {
    advice(EXCEPTIONS, line)
}

fn advice(text: &'static str, message: &str) -> Option<(String, String)> {
    let message = &message[..message.floor_char_boundary(LONGEST)];
    entries(text).find_map(|entry| {
        let stars = entry.messages.lines().find_map(|pattern| stars(pattern, message))?;
        Some((entry.label.to_owned(), filled(entry.help, &stars)))
    })
}

/// The entries of a text, which blank lines part.
fn entries(text: &'static str) -> impl Iterator<Item = Advice<'static>> {
    text.split("\n\n").filter(|entry| !entry.starts_with('#')).map(|entry| {
        let (messages, words) = entry.split_at(entry.find("\n  ").unwrap_or(entry.len()));
        let mut advice = Advice { messages, ..Advice::default() };
        for line in words.lines() {
            match line.split_at_checked(4) {
                Some(("  ^ ", label)) => advice.label = label,
                Some(("  = ", help)) => advice.help = help,
                _ => {}
            }
        }
        advice
    })
}

/// What each `*` of a pattern stands for in a message; None if it is not one of those the pattern is for.
fn stars<'text>(pattern: &str, message: &'text str) -> Option<Vec<&'text str>> {
    let mut pieces = pattern.split('*');
    let mut rest = message.strip_prefix(pieces.next().unwrap_or_default())?;
    let Some(last) = pieces.next_back() else {
        return rest.is_empty().then(Vec::new);
    };
    let mut found = Vec::new();
    for piece in pieces {
        let (star, behind) = rest.split_once(piece)?;
        found.push(star);
        rest = behind;
    }
    found.push(rest.strip_suffix(last)?);
    Some(found)
}

/// Help with what the stars stand for.
fn filled(help: &str, stars: &[&str]) -> String {
    let mut text = help.to_owned();
    for (index, star) in stars.iter().enumerate() {
        text = text.replace(&format!("{{{}}}", index + 1), star);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, message, expected) in [
            ("a", "a", Some(vec![])),
            ("a", "ab", None),
            ("a*c", "ac", Some(vec![""])),
            ("a*c", "abc", Some(vec!["b"])),
            ("a*c", "abcd", None),
            ("ab*b", "ab", None),
            ("a * is * b", "a c is d b", Some(vec!["c", "d"])),
            ("* is *", "this is", None),
        ] {
            assert_eq!(stars(pattern, message), expected, "{pattern} {message}");
        }
    }

    #[test]
    fn help_repeats_what_a_star_stands_for() {
        assert_eq!(filled("write {1} before {2}", &["a", "b"]), "write a before b");
        assert_eq!(filled("{x} and {3}", &["a"]), "{x} and {3}");
    }

    #[test]
    fn each_entry_says_something_and_can_be_reached() {
        for text in [SYNTAX, EXCEPTIONS] {
            let lines = || entries(text).flat_map(|entry| entry.messages.lines());
            for entry in entries(text) {
                assert!(!entry.label.is_empty() || !entry.help.is_empty(), "{}", entry.messages);
            }
            for (index, line) in lines().enumerate() {
                // A text in which every star is one is itself a message of the pattern.
                let first = lines().position(|earlier| stars(earlier, line).is_some());
                assert_eq!(first, Some(index), "{line}");
            }
        }
    }
}
