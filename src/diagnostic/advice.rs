//! What to say beside a message: what is meant by it at its place, and what to do about it.
//!
//! Messages are few and fixed, so the advice that holds wherever one occurs stands in a text beside this file. Who
//! notes an error adds what only its place can tell; that goes before.

use super::Diagnostic;

/// The advice by message.
const ADVICE: &str = include_str!("advice.txt");

/// What goes with a message.
#[derive(Clone, Copy, Default)]
struct Advice<'text> {
    /// The message; a `*` in it stands for any text.
    message: &'text str,
    /// A word at the place, maybe empty.
    label: &'text str,
    /// What to do about it, maybe empty.
    help: &'text str,
}

/// The label and the help of a diagnostic: its own, else those of its message; those of a message with better words
/// come from it alone.
pub fn complete(diagnostic: &Diagnostic) -> (&str, Option<&str>) {
    let fits = |advice: &Advice<'_>| diagnostic.heading.is_none() && matches(advice.message, &diagnostic.message);
    let advice = all().find(fits).unwrap_or_default();
    let label = if diagnostic.label.is_empty() { advice.label } else { &diagnostic.label };
    (label, diagnostic.help.as_deref().or((!advice.help.is_empty()).then_some(advice.help)))
}

/// The entries of the text, which blank lines part.
fn all() -> impl Iterator<Item = Advice<'static>> {
    ADVICE.split("\n\n").filter(|entry| !entry.starts_with('#')).map(|entry| {
        let mut lines = entry.lines();
        let mut advice = Advice { message: lines.next().unwrap_or_default(), ..Advice::default() };
        for line in lines {
            match line.split_at_checked(4) {
                Some(("  ^ ", label)) => advice.label = label,
                Some(("  = ", help)) => advice.help = help,
                _ => {}
            }
        }
        advice
    })
}

/// Is a message one of those that a pattern stands for?
fn matches(pattern: &str, message: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = message.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, message, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*c", "ac", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("ab*b", "ab", false),
            ("a * is * b", "a c is d b", true),
            ("* is *", "this is", false),
        ] {
            assert_eq!(matches(pattern, message), expected, "{pattern} {message}");
        }
    }

    #[test]
    fn each_entry_says_something_and_can_be_reached() {
        for (index, advice) in all().enumerate() {
            assert!(!advice.label.is_empty() || !advice.help.is_empty(), "{}", advice.message);
            let first = all().position(|earlier| matches(earlier.message, advice.message));
            assert_eq!(first, Some(index), "{}", advice.message);
        }
    }
}
