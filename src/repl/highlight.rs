//! Colours for the text that is typed: by the lexer, so that the colours say what the parser will see. The bracket at
//! the cursor and its partner stand out.

use std::ops::Range;

use crate::repl::input::is_command;
use crate::repl::margin::Margin;
use crate::source::Source;
use crate::syntax::lexer::Lexer;
use crate::syntax::token::Token;

/// Longer texts are shown without colours.
pub const LONGEST: usize = 1 << 15;

/// How a part of the text looks: the parameters of its escape sequence.
type Style = &'static str;

const PLAIN: Style = "";
const KEYWORD: Style = "35";
const STRING: Style = "32";
const NUMBER: Style = "36";
const COMMENT: Style = "90";
const DEFINED: Style = "1;34";
const WRONG: Style = "31";
const COMMAND: Style = "1;36";
const MARGIN: Style = "90";
const PARTNER: Style = "1;4;33";

/// The text with escape sequences. The cursor is a place in it.
pub fn highlight(text: &str, cursor: Option<usize>, margin: &Margin) -> String {
    let code = margin.strip(text);
    let mut styles = styles(&code);
    let cursor = cursor.map(|cursor| margin.strip(&text[..cursor]).len());
    if let Some(pair) = cursor.and_then(|cursor| brackets(&code).at(cursor)) {
        for place in pair {
            styles[place] = PARTNER;
        }
    }
    let (mut painted, mut behind) = (String::with_capacity(text.len() * 2), 0);
    for (index, line) in text.split('\n').enumerate() {
        let mut length = 0;
        if index > 0 {
            painted.push('\n');
            behind += 1;
            length = margin.length_in(line);
            paint(&mut painted, &line[..length], MARGIN);
        }
        let own = &line[length..];
        paint_all(&mut painted, own, &styles[behind..behind + own.len()]);
        behind += own.len();
    }
    painted
}

/// Is there a bracket at the cursor that has a partner?
pub fn has_partner(text: &str, cursor: usize, margin: &Margin) -> bool {
    let at_cursor = text.as_bytes()[..cursor].last().into_iter().chain(text.as_bytes().get(cursor));
    if !at_cursor.into_iter().any(|byte| b"()[]{}".contains(byte)) {
        return false;
    }
    let place = margin.strip(&text[..cursor]).len();
    brackets(&margin.strip(text)).at(place).is_some()
}

fn paint(painted: &mut String, text: &str, style: Style) {
    match style {
        PLAIN => painted.push_str(text),
        _ if text.is_empty() => {}
        _ => painted.extend(["\x1b[", style, "m", text, "\x1b[0m"]),
    }
}

/// Paints runs of the same style.
fn paint_all(painted: &mut String, text: &str, styles: &[Style]) {
    let mut start = 0;
    for end in 1..=text.len() {
        if end == text.len() || styles[end] != styles[start] {
            paint(painted, &text[start..end], styles[start]);
            start = end;
        }
    }
}

/// The style of each byte of a text without margins.
fn styles(code: &str) -> Vec<Style> {
    let mut styles = vec![PLAIN; code.len()];
    if is_command(code) {
        let start = code.len() - code.trim_start().len();
        let length = code[start..].find(' ').unwrap_or(code.len() - start);
        styles[start..start + length].fill(COMMAND);
        return styles;
    }
    let source = Source::new("<input>", code);
    let mut lexer = Lexer::new(&source);
    let (mut behind, mut last) = (0, Token::LineEnd);
    loop {
        let (start, token, end) = lexer.next_token();
        let (start, end) = (start as usize, end as usize);
        if let Some(comment) = code[behind..start.max(behind)].find('#') {
            styles[behind + comment..start].fill(COMMENT);
        }
        if token == Token::End {
            return styles;
        }
        if start < end {
            styles[start..end].fill(style(token, last, &code[start..end]));
            behind = end;
        }
        last = token;
    }
}

fn style(token: Token, last: Token, text: &str) -> Style {
    match token {
        Token::String | Token::FStringStart | Token::FStringText | Token::FStringEnd => STRING,
        // A string that is still being typed.
        Token::Invalid if text.contains(['"', '\'']) => STRING,
        Token::Invalid => WRONG,
        Token::Number | Token::True | Token::False | Token::None => NUMBER,
        Token::Name if matches!(last, Token::Def | Token::Class) => DEFINED,
        token if token.is_keyword() => KEYWORD,
        _ => PLAIN,
    }
}

/// Which brackets belong together.
struct Brackets(Vec<(usize, usize)>);

impl Brackets {
    /// The pair one of which the cursor is on, or right behind.
    fn at(&self, cursor: usize) -> Option<[usize; 2]> {
        let touches = |place: usize| place == cursor || place + 1 == cursor;
        let pair = self.0.iter().find(|pair| touches(pair.0) || touches(pair.1))?;
        Some([pair.0, pair.1])
    }
}

fn brackets(code: &str) -> Brackets {
    let source = Source::new("<input>", code);
    let mut lexer = Lexer::new(&source);
    let (mut open, mut pairs): (Vec<Range<usize>>, _) = (Vec::new(), Vec::new());
    loop {
        let (start, token, end) = lexer.next_token();
        if token == Token::End {
            return Brackets(pairs);
        }
        if token.opens() {
            open.push(start as usize..end as usize);
        } else if token.closes()
            && let Some(opener) = open.pop()
        {
            pairs.push((opener.start, start as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        highlight(text, None, &Margin::new("... "))
    }

    #[test]
    fn tokens_have_colours() {
        assert_eq!(plain("if x: 'a' # c"), "\x1b[35mif\x1b[0m x: \x1b[32m'a'\x1b[0m \x1b[90m# c\x1b[0m");
        assert_eq!(plain("def f"), "\x1b[35mdef\x1b[0m \x1b[1;34mf\x1b[0m");
        assert_eq!(plain(":doc x"), "\x1b[1;36m:doc\x1b[0m x");
        assert_eq!(plain("x\n... 1"), "x\n\x1b[90m... \x1b[0m\x1b[36m1\x1b[0m");
        assert_eq!(plain("'abc"), "\x1b[32m'abc\x1b[0m");
    }

    #[test]
    fn brackets_find_their_partner() {
        let margin = Margin::new("... ");
        assert!(has_partner("f(a)", 1, &margin) && has_partner("f(a)", 4, &margin));
        assert!(!has_partner("f(a", 1, &margin) && !has_partner("')'", 1, &margin));
        assert!(highlight("(a)", Some(0), &margin).starts_with("\x1b[1;4;33m(\x1b[0ma\x1b[1;4;33m)"));
    }

    #[test]
    fn any_text_is_painted() {
        for text in ["", "\0", "é(ü", "f'{a!r:>{w}}", "\"\"\"a\nb", "$ ? ¿", "\u{202e}x", "((((", "x\n...\n... "] {
            for cursor in (0..=text.len()).filter(|&place| text.is_char_boundary(place)) {
                let painted = highlight(text, Some(cursor), &Margin::new("... "));
                assert!(painted.len() >= text.len());
            }
        }
    }
}
