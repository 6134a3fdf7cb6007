//! Habits: what people bring along from other languages, from Python 2, from documents and from prose.
//!
//! CPython calls nearly all of this "invalid syntax", and so it stays for scripts; shown are words of our own, and how
//! the same is written here.

use super::place::Slip;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::token::Token;

/// Operators of other languages, made of two tokens side by side, and what is written for them.
const OPERATORS: [(&str, &str, &str); 8] = [
    ("&", "&", "and"),
    ("|", "|", "or"),
    ("<", ">", "!="),
    ("=", "<", "<="),
    ("==", "=", "=="),
    ("!=", "=", "!="),
    (":", ":", "."),
    ("=", ">", ">="),
];

/// Words that declare a variable elsewhere.
const DECLARATIONS: [&str; 7] = ["var", "let", "const", "val", "local", "my", "dim"];

/// Words that define a function elsewhere.
const FUNCTIONS: [&str; 8] = ["function", "func", "fn", "fun", "sub", "proc", "method", "procedure"];

/// Words that begin a block elsewhere, and what is written for them.
const HEADERS: [(&str, &str); 7] = [
    ("elseif", "elif"),
    ("elsif", "elif"),
    ("foreach", "for"),
    ("catch", "except"),
    ("switch", "match"),
    ("until", "while not"),
    ("unless", "if not"),
];

/// Words that stand for a type elsewhere, or here.
const TYPES: [&str; 17] = [
    "int", "float", "str", "bool", "double", "char", "string", "String", "long", "auto", "void", "list", "dict",
    "byte", "short", "boolean", "number",
];

impl Slip<'_> {
    /// Where the word or sign stands that begins the line at fault, if it is a name.
    fn first_word(&self) -> Option<(usize, &str)> {
        let line = self.line_start(self.index);
        (self.token(line) == Token::Name && line < self.index).then(|| (line, self.text(line)))
    }

    /// The header of a block, or the mark of a comment, in another language's words.
    pub fn foreign_header(&self) -> Option<Diagnostic> {
        if let Some(mark) = self.foreign_mark() {
            return Some(mark);
        }
        if self.token(self.line_start(self.index)) == Token::For {
            return self.counting_loop();
        }
        let (line, word) = self.first_word()?;
        let span = self.span(line);
        let begins = self.index == line + 1 && self.token(self.index) == Token::Name;
        let has_block = self.has_block(line);
        match word {
            _ if FUNCTIONS.contains(&word) && begins => self.foreign_word(line, "def"),
            "throw" if begins => self.foreign_word(line, "raise"),
            "include" | "using" | "require" if begins || self.token(line + 1) == Token::Less => {
                let diagnostic = Diagnostic::invalid(format!("`{word}` is written `import`"), span);
                Some(diagnostic.label("write `import` and the name of a module"))
            }
            "do" if has_block => Some(
                Diagnostic::invalid("there is no `do` loop", span)
                    .label("no statement begins with `do`")
                    .help("write `while True:` and end the block with `if not condition: break`"),
            ),
            "case" if has_block => Some(
                Diagnostic::invalid("`case` belongs into a `match`", span)
                    .label("no `match` around this")
                    .help("write `match value:` above, and indent the cases below it"),
            ),
            _ => match HEADERS.iter().find(|header| header.0 == word && has_block) {
                Some((_, replacement)) => self.foreign_word(line, replacement),
                None => self.header_without_def(line),
            },
        }
    }

    /// A word that begins a line, and how it is written here.
    fn foreign_word(&self, line: usize, written: &str) -> Option<Diagnostic> {
        let span = self.span(line);
        let heading = format!("`{}` is written `{written}`", self.text(line));
        let diagnostic = Diagnostic::invalid(heading, span).label(format!("write `{written}`"));
        let end = self.header_end(line);
        Some(match self.token(end) {
            Token::LeftBrace => diagnostic.help("end the line with `:` and indent the block, without braces"),
            _ => diagnostic.mend(self.source, span, written),
        })
    }

    /// Where the line of a header ends, or the brace that opens its block stands.
    fn header_end(&self, line: usize) -> usize {
        let rest = &self.tokens[line..];
        let end = rest.iter().position(|token| matches!(token.1, Token::Newline | Token::LeftBrace));
        line + end.unwrap_or(rest.len())
    }

    /// Does a line end like the header of a block?
    fn has_block(&self, line: usize) -> bool {
        let end = self.header_end(line);
        self.token(end) == Token::LeftBrace || end > line && self.token(end - 1) == Token::Colon
    }

    /// Signs at the beginning of a line that belong to comments, pasted sessions and merges.
    fn foreign_mark(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let start = self.span(line).start;
        let rest = self.source.text.get(start as usize..)?;
        let marked = |mark: &str| {
            let same = rest.len() - rest.trim_start_matches(&mark[..1]).len();
            (rest.starts_with(mark) && same == mark.len()).then(|| Span::new(start, start + mark.len() as u32))
        };
        for mark in ["<<<<<<<", "=======", ">>>>>>>"] {
            if let Some(span) = marked(mark) {
                let diagnostic = Diagnostic::invalid("the mark of a merge conflict", span);
                return Some(diagnostic.help("decide between the two versions and remove the marks"));
            }
        }
        if let Some(span) = marked(">>>") {
            let heading = "the prompt of an interactive session is no part of a program";
            return Some(Diagnostic::invalid(heading, span).label("a prompt").mend(self.source, span, ""));
        }
        self.comment(line)
    }

    /// A comment as other languages write it.
    fn comment(&self, line: usize) -> Option<Diagnostic> {
        let is_pair = |first: Token, second: Token| {
            self.token(line) == first && self.token(line + 1) == second && self.is_adjacent(line)
        };
        let dashes = is_pair(Token::Minus, Token::Minus) && self.before(self.index).is_some_and(Token::ends_operand);
        let span = match self.token(line) {
            Token::DoubleSlash => self.span(line),
            Token::Slash if is_pair(Token::Slash, Token::Star) => self.range(line, line + 1),
            Token::Minus if dashes => self.range(line, line + 1),
            _ => self.trailing_comment(line)?,
        };
        let mark = self.source.slice(span);
        let diagnostic = Diagnostic::invalid(format!("a comment begins with `#`, not with `{mark}`"), span);
        Some(match mark {
            "/*" => diagnostic.label("write `#`").help("begin each of its lines with `#`"),
            _ => diagnostic.label("write `#`").mend(self.source, span, "#"),
        })
    }

    /// `limit = 3  // the most`: the division makes no sense, and what is before it is whole.
    fn trailing_comment(&self, line: usize) -> Option<Span> {
        let slashes = (line + 1..self.index).rfind(|&index| self.token(index) == Token::DoubleSlash)?;
        let is_word = self.token(self.index) == Token::Name && self.token(self.index - 1) == Token::Name;
        let is_aside = self.source.text[..self.span(slashes).start as usize].ends_with([' ', '\t', ';', ')']);
        (is_word && is_aside && self.opener(self.index).is_none()).then(|| self.span(slashes))
    }

    /// `for (i = 0; i < 3; i++)`
    fn counting_loop(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let header = &self.tokens[line..];
        let end = header.iter().position(|token| token.1 == Token::Newline).unwrap_or(header.len());
        let has = |token: Token| header[..end].iter().any(|spanned| spanned.1 == token);
        if has(Token::Semicolon) && !has(Token::In) {
            let (open, last) = (self.token(line + 1), self.expression_end(line + 1));
            let span = self.range(line, last.unwrap_or(self.index).max(self.index));
            let span = if open == Token::LeftParenthesis { span } else { self.span(line) };
            return Some(
                Diagnostic::invalid("`for` goes through values and does not count", span)
                    .label("no condition and no step here")
                    .help("write `for i in range(3):` to count from 0 to 2"),
            );
        }
        let span = self.span(self.index);
        match (self.before(self.index)?, self.token(self.index)) {
            (Token::Name, Token::Name) if self.text(self.index) == "of" => {
                let diagnostic = Diagnostic::invalid("`for ... of` is written `for ... in`", span);
                Some(diagnostic.label("write `in`").mend(self.source, span, "in"))
            }
            (Token::Name, Token::Assign) => {
                let diagnostic = Diagnostic::invalid("`for` assigns by itself", span);
                Some(diagnostic.label("`in` should follow the name").help("write `for name in values:`"))
            }
            _ => None,
        }
    }

    /// `area(width, height):` and a block behind it.
    fn header_without_def(&self, line: usize) -> Option<Diagnostic> {
        let is_header = self.token(line + 1) == Token::LeftParenthesis
            && self.token(self.index) == Token::Newline
            && self.before(self.index) == Some(Token::Colon)
            && self.token(self.index + 1) == Token::Indent;
        let start = self.span(line).start;
        is_header.then(|| {
            Diagnostic::invalid("a function is defined with `def`", self.range(line, self.index - 1))
                .label("this looks like the header of a function")
                .mend(self.source, Span::new(start, start), "def ")
        })
    }

    /// An operator of another language.
    pub fn foreign_operator(&self) -> Option<Diagnostic> {
        let token = self.token(self.index);
        let after = self.index.checked_sub(1).filter(|&before| self.is_adjacent(before));
        let before = (self.index + 1 < self.tokens.len() && self.is_adjacent(self.index)).then_some(self.index);
        for first in after.into_iter().chain(before) {
            let pair = (self.text(first), self.text(first + 1));
            if let Some(&(.., written)) = OPERATORS.iter().find(|operator| (operator.0, operator.1) == pair) {
                return self.paired_operator(first, written);
            }
        }
        match (self.before(self.index)?, token) {
            (Token::Name | Token::RightParenthesis | Token::RightBracket, Token::Arrow)
                if self.token(self.index + 1) == Token::Name
                    && self.header(self.line_start(self.index)) != Token::Def =>
            {
                self.written(self.span(self.index), ".")
            }
            (Token::Plus | Token::Minus, _) if !token.begins_operand() => self.step(),
            _ => self.word_operator(),
        }
    }

    /// Two tokens that are one operator elsewhere.
    fn paired_operator(&self, first: usize, written: &str) -> Option<Diagnostic> {
        let span = self.range(first, first + 1);
        let line = self.line_start(self.index);
        let is_condition =
            matches!(self.header(line), Token::If | Token::Elif | Token::While | Token::Assert | Token::Return);
        if written == "." && self.token(first + 2) != Token::Name {
            return None;
        }
        if written != ">=" || is_condition {
            return self.written(span, written);
        }
        match self.opener(first).map(|opener| self.token(opener)) {
            Some(Token::LeftBrace) => {
                Some(Diagnostic::invalid("an entry of a dict is written `key: value`", span).label("write `:`").mend(
                    self.source,
                    self.spaced(first, first + 1),
                    ": ",
                ))
            }
            _ => Some(
                Diagnostic::invalid("a function without a name is a `lambda`", span)
                    .label("`=>` makes no function")
                    .help("write `lambda a, b: a + b`; `>=` compares"),
            ),
        }
    }

    /// From the end of the token before `first` to the start of the one behind `last`.
    pub fn spaced(&self, first: usize, last: usize) -> Span {
        Span::new(self.span(first - 1).end, self.span(last + 1).start)
    }

    /// An operator and how it is written here.
    fn written(&self, span: Span, replacement: &str) -> Option<Diagnostic> {
        let found = self.source.slice(span);
        let heading = if found.starts_with(replacement) || replacement.starts_with(found) {
            format!("there is no operator `{found}`")
        } else {
            format!("`{found}` is written `{replacement}`")
        };
        let padded = match replacement.as_bytes()[0].is_ascii_alphabetic() {
            true if !self.source.text[..span.start as usize].ends_with(' ') => format!(" {replacement} "),
            _ => replacement.to_owned(),
        };
        Some(Diagnostic::invalid(heading, span).label(format!("write `{replacement}`")).mend(
            self.source,
            span,
            &padded,
        ))
    }

    /// `n++` and `n--`
    fn step(&self) -> Option<Diagnostic> {
        let first = self.index.checked_sub(2)?;
        let sign = self.text(first);
        if self.text(first + 1) != sign || !self.is_adjacent(first) || !self.before(first)?.ends_operand() {
            return None;
        }
        let span = self.range(first, first + 1);
        let diagnostic = Diagnostic::invalid(format!("there is no operator `{sign}{sign}`"), span)
            .label(format!("write `{sign}= 1`"));
        Some(match self.token(self.index) {
            Token::Newline | Token::Semicolon => diagnostic.mend(self.source, span, &format!(" {sign}= 1")),
            _ => diagnostic.help(format!("change the name on a line of its own: `name {sign}= 1`")),
        })
    }

    /// `n not 3`, `3 in not values` and `then`.
    fn word_operator(&self) -> Option<Diagnostic> {
        let span = self.span(self.index);
        match (self.before(self.index)?, self.token(self.index)) {
            (Token::Not, token) if token.begins_operand() && self.before(self.index - 1)?.ends_operand() => Some(
                Diagnostic::invalid("`not` does not compare", self.span(self.index - 1))
                    .label("write `!=`, or `not in` to search")
                    .mend(self.source, self.span(self.index - 1), "!="),
            ),
            (Token::In, Token::Not) => {
                let span = self.range(self.index - 1, self.index);
                Some(Diagnostic::invalid("`in not` is written `not in`", span).label("write `not in`").mend(
                    self.source,
                    span,
                    "not in",
                ))
            }
            (_, Token::Name) if self.text(self.index) == "then" && self.expects(":") => {
                Some(Diagnostic::invalid("a condition ends with `:`, not with `then`", span).label("write `:`").mend(
                    self.source,
                    self.spaced(self.index, self.index),
                    "",
                ))
            }
            _ => None,
        }
    }

    /// The rest: words and signs that are looked for when CPython's messages do not fit.
    pub fn habit(&self) -> Option<Diagnostic> {
        self.declaration()
            .or_else(|| self.unclosed_header())
            .or_else(|| self.braces())
            .or_else(|| self.python_2())
            .or_else(|| self.string_prefix())
            .or_else(|| self.foreign_separator())
    }

    /// `var count = 3`, `int count = 3`, `max speed = 3`, `def f(int n)` and `new Box()`.
    fn declaration(&self) -> Option<Diagnostic> {
        let first = self.index.checked_sub(1).filter(|&first| self.token(first) == Token::Name)?;
        if self.token(self.index) != Token::Name {
            return None;
        }
        let (word, name) = (self.text(first), self.text(self.index));
        let (span, both) = (self.span(first), self.range(first, self.index));
        let is_first = first == self.line_start(first);
        let is_assigned = is_first && self.token(self.index + 1) == Token::Assign;
        if is_first && DECLARATIONS.contains(&word) {
            return Some(
                Diagnostic::invalid(format!("a variable needs no `{word}`"), span).label("assigning declares it").mend(
                    self.source,
                    both,
                    name,
                ),
            );
        }
        if word == "new" {
            return Some(
                Diagnostic::invalid("an object is made by calling its class", span).label("leave out `new`").mend(
                    self.source,
                    both,
                    name,
                ),
            );
        }
        let is_parameter = self.opener(first).is_some() && self.header(self.line_start(first)) == Token::Def;
        if TYPES.contains(&word) && (is_assigned || is_parameter) {
            let what = if is_parameter { "a parameter" } else { "a variable" };
            let diagnostic = Diagnostic::invalid(format!("the type of {what} stands behind its name"), both)
                .label(format!("write `{name}: {word}`"));
            return Some(match is_parameter {
                true => diagnostic,
                false => diagnostic.mend(self.source, both, &format!("{name}: {word}")),
            });
        }
        is_assigned.then(|| {
            let joined = format!("{word}_{name}");
            Diagnostic::invalid("a name has no spaces", both).label(format!("write `{joined}`")).mend(
                self.source,
                both,
                &joined,
            )
        })
    }

    /// A block in braces.
    fn braces(&self) -> Option<Diagnostic> {
        let is_header = matches!(
            self.header(self.line_start(self.index)),
            Token::If | Token::Elif | Token::While | Token::For | Token::With | Token::Class | Token::Except
        );
        if self.token(self.index) != Token::LeftBrace || !is_header || self.opener(self.index).is_some() {
            return None;
        }
        Some(
            Diagnostic::invalid("a block is indented, not in braces", self.span(self.index))
                .label("write `:`")
                .help("end the line with `:` and indent the block, without braces"),
        )
    }

    /// `raise E, "text"`
    fn python_2(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        if self.token(line) != Token::Raise || self.token(self.index) != Token::Comma {
            return None;
        }
        let value = self.expression_end(self.index + 1)?;
        let span = Span::new(self.span(self.index - 1).end, self.span(value - 1).end);
        let argument = self.source.slice(self.range(self.index + 1, value - 1));
        Some(
            Diagnostic::invalid("an exception is called with its text", self.span(self.index))
                .label("parentheses should follow the class")
                .mend(self.source, span, &format!("({argument})")),
        )
    }

    /// `x"text"`
    fn string_prefix(&self) -> Option<Diagnostic> {
        let name = self.index.checked_sub(1).filter(|&name| self.token(name) == Token::Name)?;
        let is_string = matches!(self.token(self.index), Token::String | Token::FStringStart);
        if !is_string || !self.is_adjacent(name) {
            return None;
        }
        let prefix = self.text(name);
        let diagnostic = Diagnostic::invalid(format!("`{prefix}` is no prefix of a string"), self.span(name));
        Some(match prefix.to_ascii_lowercase().as_str() {
            "ur" | "ru" => diagnostic.label("write `r`").mend(self.source, self.span(name), "r"),
            "bf" | "fb" => diagnostic.label("bytes have no fields").help("write `f\"...\".encode()`"),
            _ => diagnostic.label("prefixes are `r`, `b`, `f`, `t` and `u`"),
        })
    }

    /// `print("a", end: "")` and `print(1; 2)`
    fn foreign_separator(&self) -> Option<Diagnostic> {
        let opener = self.opener(self.index)?;
        let span = self.span(self.index);
        match self.token(self.index) {
            Token::Colon
                if self.opens_call(opener)
                    && self.before(self.index) == Some(Token::Name)
                    && matches!(self.token(self.index - 2), Token::LeftParenthesis | Token::Comma) =>
            {
                Some(Diagnostic::invalid("an argument is named with `=`", span).label("write `=`").mend(
                    self.source,
                    self.spaced(self.index, self.index),
                    "=",
                ))
            }
            Token::Semicolon => {
                Some(Diagnostic::invalid("what stands in brackets is parted by commas", span).label("write `,`").mend(
                    self.source,
                    span,
                    ",",
                ))
            }
            _ => None,
        }
    }
}
