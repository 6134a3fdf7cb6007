//! Text to tokens, with their places.
//!
//! logos matches what is regular; here is the rest: where numbers, strings and f-strings end, which brackets are
//! open, and whether an identifier is one. Line ends come out as they are, the layout makes sense of them. Errors are
//! noted and the lexer goes on behind them, so that later statements still get read.

use logos::Logos;

use super::literal;
use super::slip::lexical;
use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Brackets nested deeper than this are refused.
const DEEPEST_NESTING: usize = 200;
/// After so many errors the rest is not worth reading.
const MOST_ERRORS: usize = 50;

/// What begins a statement and is in no expression.
const STATEMENT_WORDS: [&str; 14] = [
    "assert", "break", "class", "continue", "def", "del", "global", "import", "nonlocal", "raise", "return", "try",
    "while", "with",
];

/// Something opened and not yet closed.
#[derive(Clone, Copy, Debug)]
enum Open {
    /// A bracket: what it is and where.
    Bracket(u8, u32),
    /// An f-string.
    FString(Quotes),
    /// A field of one: where its brace is.
    Field(u32),
    /// The format specification of a field.
    Specification,
}

/// How an f-string is written.
#[derive(Clone, Copy, Debug)]
struct Quotes {
    /// The offset of its prefix.
    start: u32,
    /// `'` or `"`
    quote: u8,
    /// Three of them?
    triple: bool,
    /// Are backslashes left alone?
    raw: bool,
    /// What messages call it.
    kind: &'static str,
}

/// The lexer of one source text.
pub struct Lexer<'source> {
    source: &'source Source,
    text: &'source str,
    logos: logos::Lexer<'source, Token>,
    open: Vec<Open>,
    /// Where the last token ended.
    last_end: u32,
    /// The line and the quote of the last string that ended with its line.
    unterminated: (u32, u8),
    /// What was found wrong so far.
    pub errors: Vec<Diagnostic>,
}

impl<'source> Lexer<'source> {
    /// A lexer at the start of a text.
    pub fn new(source: &'source Source) -> Lexer<'source> {
        let text: &str = &source.text;
        let logos = Token::lexer(text);
        Lexer { source, text, logos, open: Vec::new(), last_end: 0, unterminated: (0, 0), errors: Vec::new() }
    }

    /// Is the place inside of brackets, where line ends mean nothing?
    pub fn is_inside_brackets(&self) -> bool {
        !self.open.is_empty()
    }

    /// The offset of the next byte to be read.
    pub fn position(&self) -> u32 {
        self.logos.span().end as u32
    }

    /// The text not read yet.
    pub fn remainder(&self) -> &'source str {
        self.logos.remainder()
    }

    /// Passes over that many bytes.
    pub fn skip(&mut self, length: usize) {
        self.logos.bump(length);
    }

    /// Notes an error.
    pub fn note(&mut self, diagnostic: Diagnostic) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(diagnostic);
        }
    }

    /// The next token; at the end of the text `End`, again and again.
    pub fn next_token(&mut self) -> Spanned {
        let token = self.scan();
        self.last_end = token.2;
        token
    }

    /// Reads a token.
    fn scan(&mut self) -> Spanned {
        if let Some(Open::FString(_) | Open::Specification) = self.open.last() {
            return self.fstring_text();
        }
        let Some(result) = self.logos.next() else {
            return self.end();
        };
        let start = self.logos.span().start as u32;
        let token = match result {
            Ok(token) => self.complete(token, start),
            Err(()) => self.unknown_character(start),
        };
        (start, token, self.position())
    }

    /// Reads on behind the first characters of a token, and keeps the stack of brackets.
    fn complete(&mut self, token: Token, start: u32) -> Token {
        match token {
            Token::Name => self.verify_name(start),
            Token::Number => self.number(start),
            Token::String => self.string(start),
            Token::FStringStart | Token::TStringStart => self.start_fstring(start),
            Token::LeftParenthesis => self.push(Open::Bracket(b'(', start), token, start),
            Token::LeftBracket => self.push(Open::Bracket(b'[', start), token, start),
            Token::LeftBrace => self.push(Open::Bracket(b'{', start), token, start),
            Token::RightParenthesis => self.close(b'(', token, start),
            Token::RightBracket => self.close(b'[', token, start),
            Token::RightBrace => self.close(b'{', token, start),
            Token::Colon if self.is_in_field() => self.push(Open::Specification, Token::FieldColon, start),
            Token::Walrus if self.is_in_field() => {
                // `f"{x:=10}"`: a colon, and a specification that begins with the equals sign.
                self.rewind(start + 1);
                self.push(Open::Specification, Token::FieldColon, start)
            }
            Token::Exclamation if !self.is_in_field() => {
                let span = Span::new(start, start + 1);
                let diagnostic = Diagnostic::invalid("`!` is written `not`", span).label("write `not`");
                self.note(diagnostic.mend(self.source, span, "not "));
                Token::Invalid
            }
            _ => token,
        }
    }

    /// Is the innermost open thing a field of an f-string?
    fn is_in_field(&self) -> bool {
        matches!(self.open.last(), Some(Open::Field(_)))
    }

    /// Goes to another place in the text.
    fn rewind(&mut self, position: u32) {
        self.logos = Token::lexer(self.text);
        self.logos.bump(position as usize);
    }

    /// Remembers what was opened.
    fn push(&mut self, open: Open, token: Token, start: u32) -> Token {
        if self.open.len() == DEEPEST_NESTING {
            self.note(Diagnostic::syntax("too many nested parentheses", Span::new(start, start + 1)));
            self.give_up();
            return Token::Invalid;
        }
        self.open.push(open);
        token
    }

    /// Passes over the rest of the text, of which nothing can be made.
    fn give_up(&mut self) {
        self.open.clear();
        self.skip(self.remainder().len());
    }

    /// Closes a bracket of the given kind, or the field of an f-string.
    fn close(&mut self, opener: u8, token: Token, start: u32) -> Token {
        let closer = self.text.as_bytes()[start as usize] as char;
        let span = Span::new(start, start + 1);
        match self.open.last().copied() {
            Some(Open::Bracket(kind, _)) if kind == opener => {
                self.open.pop();
                token
            }
            Some(Open::Field(_)) if opener == b'{' => {
                self.open.pop();
                Token::FieldEnd
            }
            Some(Open::Bracket(kind, at)) => {
                let mut message =
                    format!("closing parenthesis '{closer}' does not match opening parenthesis '{}'", kind as char);
                if self.source.line(at) != self.source.line(start) {
                    message.push_str(&format!(" on line {}", self.source.line(at)));
                }
                let expected = lexical::closer_of(kind);
                self.note(
                    Diagnostic::syntax(message, span)
                        .label(format!("`{expected}` should stand here"))
                        .also(Span::new(at, at + 1), "opened here")
                        .help(format!("close `{}` by `{expected}` first", kind as char)),
                );
                self.close_mismatched(opener);
                Token::Invalid
            }
            Some(Open::Field(_)) => {
                self.note(Diagnostic::syntax(format!("f-string: unmatched '{closer}'"), span));
                Token::Invalid
            }
            _ => {
                self.note(Diagnostic::syntax(format!("unmatched '{closer}'"), span));
                Token::Invalid
            }
        }
    }

    /// A bracket that closes another kind than was opened last closes the one it belongs to, if there is one before the
    /// next string around it; a brace the field it stands in; else the one opened last, in the place of its own.
    fn close_mismatched(&mut self, opener: u8) {
        let inner = self.open.iter().rposition(|open| !matches!(open, Open::Bracket(..))).map_or(0, |at| at + 1);
        let own = self.open[inner..].iter().rposition(|open| matches!(open, Open::Bracket(kind, _) if *kind == opener));
        let is_field = inner > 0 && matches!(self.open[inner - 1], Open::Field(_));
        let kept = match own {
            Some(own) => inner + own,
            None if is_field && opener == b'{' => inner - 1,
            None => self.open.len() - 1,
        };
        self.open.truncate(kept);
    }

    /// Does the next line begin like a statement although brackets are open? Then one of them was forgotten; it is
    /// noted, and the line may be read as the statement it looks like.
    pub fn finds_statement_in_brackets(&mut self) -> bool {
        let rest = self.remainder();
        let length = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
        if length == 0 || !STATEMENT_WORDS.contains(&&rest[..length]) || rest[length..].starts_with(['_', '=', ',']) {
            return false;
        }
        let Some(&Open::Bracket(kind, at)) = self.open.last() else {
            return false;
        };
        if !self.open.iter().all(|open| matches!(open, Open::Bracket(..))) {
            return false;
        }
        let start = self.position();
        let diagnostic = lexical::never_closed(kind, at);
        self.note(diagnostic.also(Span::new(start, start + length as u32), "a statement begins here"));
        self.open.clear();
        true
    }

    /// The end of the text: says what is still open.
    fn end(&mut self) -> Spanned {
        let end = self.text.len() as u32;
        match self.open.iter().rev().find(|open| !matches!(open, Open::Specification)).copied() {
            Some(Open::Bracket(kind, at)) => {
                self.note(lexical::never_closed(kind, at).at_end());
            }
            Some(Open::Field(at)) => self.note(lexical::never_closed(b'{', at).at_end()),
            // A backslash joins the last line with none.
            _ if self.last_end < end && !self.text[self.last_end as usize..].contains('#') => {
                let rest = &self.text[self.last_end as usize..];
                if let Some(at) = rest.rfind('\\') {
                    let at = self.last_end + at as u32;
                    self.note(Diagnostic::syntax("unexpected EOF while parsing", Span::new(at, at + 1)).at_end());
                }
            }
            _ => {}
        }
        self.open.clear();
        (end, Token::End, end)
    }

    /// A character that begins no token.
    fn unknown_character(&mut self, start: u32) -> Token {
        let Some(character) = self.text[start as usize..].chars().next() else {
            return Token::Invalid;
        };
        self.rewind(start + character.len_utf8() as u32);
        let span = Span::new(start, self.position());
        let diagnostic = match character {
            '\\' if self.text.len() as u32 == span.end => {
                Diagnostic::syntax("unexpected EOF while parsing", span).at_end()
            }
            '\\' => Diagnostic::syntax("unexpected character after line continuation character", span),
            '\0' => Diagnostic::syntax("source code cannot contain null bytes", span),
            '$' | '?' | '`' => lexical::foreign_sign(self.source, start),
            _ => lexical::bad_character(character, span),
        };
        // All that is meant by the sign is one error.
        self.skip(diagnostic.span.end.saturating_sub(span.end) as usize);
        self.note(diagnostic);
        Token::Invalid
    }

    /// Refuses names with characters that may not be in one.
    fn verify_name(&mut self, start: u32) -> Token {
        let text: &'source str = self.text;
        let name = &text[start as usize..self.position() as usize];
        if name.is_ascii() {
            return Token::Name;
        }
        // All of them at once: a name can be as long as a document that was taken for a program.
        let mut token = Token::Name;
        for (index, character) in name.char_indices() {
            let is_good = match index {
                0 => unicode_ident::is_xid_start(character) || character == '_',
                _ => unicode_ident::is_xid_continue(character),
            };
            if !is_good && self.errors.len() < MOST_ERRORS {
                let at = start + index as u32;
                self.note(lexical::bad_character(character, Span::new(at, at + character.len_utf8() as u32)));
            }
            token = if is_good { token } else { Token::Invalid };
        }
        token
    }

    /// Reads on behind the first digit of a number.
    fn number(&mut self, start: u32) -> Token {
        let text = &self.text[start as usize..];
        match literal::number_length(text) {
            Ok(length) => {
                self.skip(start as usize + length - self.position() as usize);
                Token::Number
            }
            Err((range, message)) => {
                let end = start + range.end as u32;
                let span = Span::new(start + range.start as u32, end);
                self.note(lexical::number(self.source, Diagnostic::syntax(message, span), text));
                self.rewind(end.max(self.position()));
                Token::Invalid
            }
        }
    }

    /// Reads on behind the opening quotes of a string.
    fn string(&mut self, start: u32) -> Token {
        let opening = self.logos.slice();
        let quote = opening.as_bytes()[opening.len() - 1];
        let triple = opening.len() >= 3 && opening.as_bytes()[opening.len() - 3] == quote;
        let bytes = self.remainder().as_bytes();
        let mut at = 0;
        loop {
            let Some(&byte) = bytes.get(at) else {
                return self.unterminated_string(start, quote, triple, at);
            };
            match byte {
                b'\\' => at += if bytes[at + 1..].starts_with(b"\r\n") { 3 } else { 2 },
                b'\n' | b'\r' if !triple => return self.unterminated_string(start, quote, triple, at),
                _ if byte == quote && !triple => {
                    self.skip(at + 1);
                    return Token::String;
                }
                _ if byte == quote && bytes[at..].starts_with(&[quote; 3]) => {
                    self.skip(at + 3);
                    return Token::String;
                }
                _ => at += 1,
            }
        }
    }

    /// A string that ends with its line or with the text.
    fn unterminated_string(&mut self, start: u32, quote: u8, triple: bool, length: usize) -> Token {
        let opening = Span::new(start, self.position());
        self.skip(length.min(self.remainder().len()));
        let is_same =
            |open: &Open| matches!(open, Open::FString(outer) if outer.quote == quote && outer.triple == triple);
        if let Some(closed) = self.open.iter().rposition(is_same) {
            // The quote was meant to end the f-string around it.
            self.open.truncate(closed + 1);
            let kind = self.string_kind();
            self.open.truncate(closed);
            self.note(Diagnostic::syntax(format!("{kind}: expecting '}}'"), opening));
            return Token::Invalid;
        }
        let ends_line = self.remainder().is_empty() && self.text.ends_with('\n');
        let line = self.source.line(self.position().saturating_sub(u32::from(ends_line)).max(start));
        let kind = if triple { "triple-quoted string" } else { "string" };
        let mut message = format!("unterminated {kind} literal (detected at line {line})");
        let body = &self.text.as_bytes()[opening.end as usize..self.position() as usize];
        if !triple && body.windows(2).any(|pair| pair == [b'\\', quote]) {
            message.push_str("; perhaps you escaped the end quote?");
        }
        let begun = std::mem::replace(&mut self.unterminated, (line, quote));
        if !triple && begun == (line - 1, quote) {
            // It is the end of the string that began in the line before.
            return Token::Invalid;
        }
        let mut diagnostic = Diagnostic::syntax(message, opening);
        diagnostic.at_end_of_input = triple;
        if !triple && let Some(help) = lexical::quotes(self.source, opening, self.position()) {
            diagnostic = diagnostic.help(help);
        }
        self.note(diagnostic);
        Token::Invalid
    }

    /// What messages call the innermost f-string.
    fn string_kind(&self) -> &'static str {
        let quotes = self.open.iter().rev().find_map(|open| match open {
            Open::FString(quotes) => Some(quotes.kind),
            _ => None,
        });
        quotes.unwrap_or(string_kind(""))
    }

    /// Opens an f-string or template string.
    fn start_fstring(&mut self, start: u32) -> Token {
        let opening = self.logos.slice().as_bytes();
        let quote = opening[opening.len() - 1];
        let triple = opening.len() >= 4 && opening[opening.len() - 3] == quote;
        let raw = opening.iter().any(|byte| matches!(byte, b'r' | b'R'));
        let kind = string_kind(self.logos.slice());
        self.push(Open::FString(Quotes { start, quote, triple, raw, kind }), Token::FStringStart, start)
    }

    /// Inside an f-string or a format specification: text up to the next brace or the end.
    fn fstring_text(&mut self) -> Spanned {
        let start = self.position();
        let in_specification = matches!(self.open.last(), Some(Open::Specification));
        let quotes = self.open.iter().rev().find_map(|open| match open {
            Open::FString(quotes) => Some(*quotes),
            _ => None,
        });
        let Some(quotes) = quotes else {
            return self.end();
        };
        let length = text_length(self.remainder().as_bytes(), quotes, in_specification);
        if length > 0 {
            self.skip(length);
            return (start, Token::FStringText, self.position());
        }
        let rest = self.remainder().as_bytes();
        let token = match rest.first() {
            Some(b'{') => {
                self.skip(1);
                self.open_field(start)
            }
            Some(b'}') if in_specification => {
                self.skip(1);
                self.open.pop();
                self.open.pop();
                Token::FieldEnd
            }
            Some(b'}') => {
                self.skip(1);
                let message = format!("{}: single '}}' is not allowed", quotes.kind);
                self.note(Diagnostic::syntax(message, Span::new(start, start + 1)));
                Token::Invalid
            }
            Some(&byte) if byte == quotes.quote && !in_specification => {
                self.skip(if quotes.triple { 3 } else { 1 });
                self.open.pop();
                Token::FStringEnd
            }
            _ => self.unterminated_fstring(quotes, in_specification),
        };
        (start, token, self.position())
    }

    /// Opens a field, unless specifications are nested too deeply.
    fn open_field(&mut self, start: u32) -> Token {
        let inner = self.open.iter().rposition(|open| matches!(open, Open::FString(_))).unwrap_or(0);
        let specifications = self.open[inner..].iter().filter(|open| matches!(open, Open::Specification)).count();
        if specifications > 2 {
            let message = format!("{}: expressions nested too deeply", self.string_kind());
            self.note(Diagnostic::syntax(message, Span::new(start, start + 1)));
            self.skip_fstring(inner);
            return Token::Invalid;
        }
        self.push(Open::Field(start), Token::FieldStart, start)
    }

    /// Passes over the rest of the f-string that is open at a level, of which nothing more is said.
    fn skip_fstring(&mut self, level: usize) {
        if let Some(Open::FString(quotes)) = self.open.get(level) {
            let end = [quotes.quote; 3];
            let end = &end[..if quotes.triple { 3 } else { 1 }];
            let rest = self.remainder().as_bytes();
            let length = memchr::memmem::find(rest, end).map_or(rest.len(), |at| at + end.len());
            let line = memchr::memchr2(b'\n', b'\r', rest).filter(|&at| !quotes.triple && at < length);
            self.skip(line.unwrap_or(length));
        }
        self.open.truncate(level);
    }

    /// The end of the line or the text stands where an f-string should go on.
    fn unterminated_fstring(&mut self, quotes: Quotes, in_specification: bool) -> Token {
        let here = self.position();
        let at_end = self.remainder().is_empty();
        let line = self.source.line(here.saturating_sub(u32::from(at_end && self.text.ends_with('\n'))));
        let start = Span::new(quotes.start, quotes.start + 1);
        let field = self.open.iter().rev().find_map(|open| match open {
            Open::Field(at) => Some(*at),
            _ => None,
        });
        let kind = quotes.kind;
        let mut diagnostic = match (in_specification, at_end, field, quotes.triple) {
            (true, true, Some(at), _) => lexical::never_closed(b'{', at),
            (true, ..) => Diagnostic::syntax(format!("{kind}: expecting '}}', or format specs"), Span::new(here, here)),
            (.., true) => Diagnostic::syntax(
                format!("unterminated triple-quoted {kind} literal (detected at line {line})"),
                start,
            ),
            _ => Diagnostic::syntax(format!("unterminated {kind} literal (detected at line {line})"), start),
        };
        diagnostic.at_end_of_input = at_end && quotes.triple;
        self.note(diagnostic);
        let inner = self.open.iter().rposition(|open| matches!(open, Open::FString(_))).unwrap_or(0);
        self.open.truncate(inner);
        Token::Invalid
    }
}

/// What messages call a string that begins with a prefix.
pub fn string_kind(opening: &str) -> &'static str {
    match opening.bytes().take_while(|byte| byte.is_ascii_alphabetic()).any(|letter| matches!(letter, b't' | b'T')) {
        true => "t-string",
        false => "f-string",
    }
}

/// How much of the text of an f-string stands for itself, doubled braces and escapes included.
fn text_length(bytes: &[u8], quotes: Quotes, in_specification: bool) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            b'{' | b'}' if next == Some(&byte) && !in_specification => at += 2,
            b'{' | b'}' => return at,
            b'\\' if !quotes.raw && bytes[at + 1..].starts_with(b"N{") => {
                let name = bytes[at..].iter().position(|&byte| byte == b'}' || byte == quotes.quote);
                at += name.map_or(2, |length| length + usize::from(bytes[at + length] == b'}'));
            }
            // A backslash keeps a quote or a line end from its meaning, never a brace.
            b'\\' => {
                at += match next {
                    Some(b'{' | b'}') => 1,
                    Some(b'\r') if bytes.get(at + 2) == Some(&b'\n') => 3,
                    Some(_) => 2,
                    None => 1,
                }
            }
            b'\n' | b'\r' if !quotes.triple => return at,
            _ if byte == quotes.quote => {
                if !quotes.triple || bytes[at..].starts_with(&[byte; 3]) {
                    return at;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}
