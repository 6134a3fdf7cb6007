//! Slips below tokens: characters, brackets, quotes and numbers that are none.
//!
//! The lexer says what it cannot read; here is what may have been meant by it.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// A sign that is an operator in other languages, or a quote.
pub fn foreign_sign(source: &Source, start: u32) -> Diagnostic {
    let rest = &source.text[start as usize..];
    let line = &rest[1..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    let span = |length: usize| Span::new(start, start + 1 + length as u32);
    match rest.as_bytes()[0] {
        b'`' => {
            // All up to the other backtick is meant by it.
            let length = line.find('`').map_or(0, |length| length + 1);
            let quoted = &line[..length.saturating_sub(1)];
            let diagnostic = Diagnostic::invalid("backticks quote nothing here", span(length));
            let diagnostic = diagnostic.label("no operator of the language");
            match quoted.trim() {
                "" => diagnostic,
                value => diagnostic.help(format!("write `repr({value})` for its text, or quotes around a text")),
            }
        }
        b'$' => Diagnostic::invalid("a name has no `$`", span(0))
            .label("no part of a name")
            .help("leave it out; a template is written `f\"{name}\"`"),
        _ if line.starts_with('.') => Diagnostic::invalid("there is no operator `?.`", span(1))
            .label("no operator of the language")
            .help("write `value.name if value is not None else None`"),
        _ if line.starts_with('?') => Diagnostic::invalid("there is no operator `??`", span(1))
            .label("no operator of the language")
            .help("write `value if value is not None else other`, or `value or other`"),
        _ => Diagnostic::invalid("`?` makes no choice", span(0))
            .label("no operator of the language")
            .help("write `a if condition else b`"),
    }
}

/// A character that has no business in a program.
pub fn bad_character(character: char, span: Span) -> Diagnostic {
    let code = character as u32;
    if is_printable(character) {
        let diagnostic = Diagnostic::syntax(format!("invalid character '{character}' (U+{code:04X})"), span);
        return match lookalike(character) {
            Some(written) => diagnostic.label(format!("looks like `{written}` and is another")),
            None => diagnostic
                .label("neither an operator nor part of a name")
                .help("such characters stand in strings and comments only"),
        };
    }
    Diagnostic::syntax(format!("invalid non-printable character U+{code:04X}"), span)
        .label("cannot be seen")
        .help("remove it; it often comes along with pasted text")
}

/// Says of a number that is none what it may have been meant for.
pub fn number(source: &Source, diagnostic: Diagnostic, text: &str) -> Diagnostic {
    let span = diagnostic.span;
    let length = text.find(|character: char| !character.is_alphanumeric() && character != '_');
    let word = &text[..length.unwrap_or(text.len())];
    let digits = word.trim_end_matches(|character: char| !character.is_ascii_digit());
    let rest = &word[digits.len()..];
    if diagnostic.message.starts_with("leading zeros") {
        let octal = digits.trim_start_matches('0');
        let is_octal = !octal.contains(['8', '9']);
        let diagnostic = diagnostic.label("a number does not begin with zero");
        let written = if is_octal { format!("0o{octal}") } else { octal.to_owned() };
        let help = if is_octal { "octal digits stand behind `0o`" } else { "leave the zeros out" };
        return diagnostic.help(help).mend(source, span, &written);
    }
    if diagnostic.message != "invalid decimal literal" {
        return diagnostic;
    }
    match rest {
        _ if word.contains("__") || word.ends_with('_') => {
            diagnostic.label("one `_` parts two digits").help("write `1_000`, with digits on both sides of each `_`")
        }
        "L" | "l" => diagnostic.label("numbers have no suffix").mend(source, span, digits),
        "e" | "E" => diagnostic.label("an exponent has digits").help("write `1e6`"),
        "" => diagnostic.label("no number"),
        name => diagnostic
            .label("a number runs into a name")
            .help(format!("a name begins with a letter; to multiply write `{digits} * {name}`")),
    }
}

/// How the quotes of a string that ends with its line may have been meant.
pub fn quotes(source: &Source, opening: Span, end: u32) -> Option<String> {
    let body = &source.text[opening.end as usize..end as usize];
    let quote = source.text.as_bytes()[opening.end as usize - 1];
    let other = if quote == b'"' { '\'' } else { '"' };
    let line = &source.text[source.line_start(source.line(opening.start)) as usize..opening.start as usize];
    if body.trim_end().ends_with(other) {
        return Some(format!("it begins with `{}` and ends with `{other}`: use the same quote", quote as char));
    }
    if line.ends_with(char::is_alphanumeric) && line.contains(quote as char) {
        let quote = quote as char;
        return Some(format!("a string that holds `{quote}` stands in `{other}`, or writes it `\\{quote}`"));
    }
    None
}

/// What closes a bracket.
pub fn closer_of(bracket: u8) -> char {
    match bracket {
        b'(' => ')',
        b'[' => ']',
        _ => '}',
    }
}

/// A bracket that is still open at the end.
pub fn never_closed(bracket: u8, at: u32) -> Diagnostic {
    let message = format!("'{}' was never closed", bracket as char);
    Diagnostic::syntax(message, Span::new(at, at + 1))
        .label("opened here")
        .help(format!("add `{}` where it should end", closer_of(bracket)))
}

/// Would `repr` show it as it is?
fn is_printable(character: char) -> bool {
    use GeneralCategory::*;
    !matches!(
        get_general_category(character),
        Control | Format | Surrogate | PrivateUse | Unassigned | LineSeparator | ParagraphSeparator | SpaceSeparator
    )
}

/// Adds the line with the characters of an error as they were meant.
pub fn lookalikes_mended(error: Diagnostic, source: &Source) -> Diagnostic {
    let mut spans: Vec<Span> = error.more.iter().map(|more| more.0).collect();
    spans.push(error.span);
    spans.sort_unstable_by_key(|span| span.start);
    let whole = spans[0].to(spans[spans.len() - 1]);
    let (mut mended, mut at) = (String::new(), whole.start);
    for span in spans {
        let Some(written) = source.slice(span).chars().next().and_then(lookalike) else {
            return error;
        };
        mended.push_str(source.slice(Span::new(at, span.start)));
        mended.push_str(written);
        at = span.end;
    }
    error.mend(source, whole, &mended)
}

/// What a character from a typeset document was meant to be.
fn lookalike(character: char) -> Option<&'static str> {
    /// The characters from `!` to `~`, which have full-width forms in the same order.
    const PRINTABLE: &str =
        "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    Some(match character {
        '\u{FF01}'..='\u{FF5E}' => {
            let index = (character as u32 - 0xFF01) as usize;
            PRINTABLE.get(index..=index)?
        }
        '‘' | '’' | '‚' | '′' | '´' => "'",
        '“' | '”' | '„' | '″' | '«' | '»' => "\"",
        '–' | '—' | '−' | '‐' | '‑' => "-",
        '×' | '∗' => "*",
        '÷' => "/",
        '≥' => ">=",
        '≤' => "<=",
        '≠' => "!=",
        '、' => ",",
        '。' => ".",
        '【' => "[",
        '】' => "]",
        '…' => "...",
        _ => return None,
    })
}
