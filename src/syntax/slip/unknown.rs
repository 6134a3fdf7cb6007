//! What is left: slips without a known cause, told by what is missing or too much at their place.

use super::place::Slip;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::token::Token;

/// What to write for `50%`.
const PERCENT: &str = "`%` gives the rest of a division; a percentage is written `50 / 100`";

impl Slip<'_> {
    /// Says what is missing or too much at the token at fault.
    pub fn unknown(&self) -> Diagnostic {
        self.lonely_clause()
            .or_else(|| self.case())
            .or_else(|| self.keyword_as_name())
            .or_else(|| self.missing_name())
            .or_else(|| self.missing_value())
            .or_else(|| self.unclosed_header())
            .or_else(|| self.misplaced_assignment())
            .or_else(|| self.header_goes_on())
            .or_else(|| self.misplaced_sign())
            .or_else(|| self.side_by_side())
            .unwrap_or_else(|| self.here("invalid syntax").label("this cannot stand here"))
    }

    /// An error at the token at fault, with words of its own.
    fn wrong(&self, heading: impl Into<String>) -> Diagnostic {
        Diagnostic::invalid(heading, self.span(self.index))
    }

    /// An `else` and its like without a statement to belong to.
    fn lonely_clause(&self) -> Option<Diagnostic> {
        let token = self.token(self.index);
        if self.index != self.line_start(self.index) {
            return None;
        }
        let owners = match token {
            Token::Elif => "`if`",
            Token::Else => "`if`, `for`, `while` or `try`",
            Token::Except | Token::Finally => "`try`",
            _ => return None,
        };
        let word = self.text(self.index);
        if token == Token::Else && self.expects("case") {
            let diagnostic = self.wrong("the case for all others is `case _`");
            return Some(diagnostic.label("write `case _`").mend(self.source, self.span(self.index), "case _"));
        }
        let diagnostic = self.wrong(format!("`{word}` without a statement it could belong to"));
        let owner = [Token::If, Token::For, Token::While, Token::Try];
        let owner = owner.into_iter().filter_map(|keyword| self.owner(keyword)).max();
        let diagnostic = match owner {
            Some(header) => diagnostic.also(self.span(header), "does it belong to this?"),
            None => diagnostic,
        };
        let after = match (token, self.clause_before(self.index)) {
            (Token::Elif, Some(clause)) if self.token(clause) == Token::Else => "`elif` stands before `else`",
            (Token::Except, Some(clause)) if self.token(clause) == Token::Finally => "`except` stands before `finally`",
            (Token::Except, Some(clause)) if self.token(clause) == Token::Else => "`except` stands before `else`",
            _ => "",
        };
        Some(match after {
            "" => diagnostic
                .label(format!("no {owners} right before this at the same indentation"))
                .help("indent it like the statement it belongs to, with nothing between the two but that one's block"),
            _ => diagnostic.label("too late").help(after),
        })
    }

    /// The clause whose block ends right before a token.
    fn clause_before(&self, index: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..index).rev() {
            match self.token(at) {
                Token::Dedent => depth += 1,
                Token::Indent => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(self.line_start(at.checked_sub(1)?));
                    }
                }
                _ if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }

    /// A line of a `match` that is no case, and patterns that are none.
    fn case(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        if self.expects("case") && self.text(self.index) == "default" {
            let diagnostic = self.wrong("`default` is written `case _`").label("write `case _`");
            return Some(diagnostic.mend(self.source, self.span(self.index), "case _"));
        }
        if self.expects("case") {
            let diagnostic = self.wrong("a `match` holds nothing but cases");
            let diagnostic = match self.owner(Token::Match) {
                Some(header) => diagnostic.also(self.span(header), "the `match` it stands in"),
                None => diagnostic,
            };
            return Some(diagnostic.label("`case` should stand here").help("begin each case with `case pattern:`"));
        }
        if self.token(line) != Token::Case || self.has_colon(line) {
            return None;
        }
        let guard = "compare in a guard: `case n if n > 3:`";
        match self.token(self.index) {
            Token::Or => {
                let diagnostic = self.wrong("alternatives of a pattern are parted by `|`");
                Some(diagnostic.label("write `|`").mend(self.source, self.span(self.index), "|"))
            }
            Token::Less | Token::LessEqual | Token::Greater | Token::GreaterEqual | Token::Equal | Token::NotEqual => {
                Some(self.wrong("a pattern is not a condition").label("a pattern compares nothing").help(guard))
            }
            token if !matches!(token, Token::Newline) && !token.is_keyword() => {
                Some(self.wrong("a pattern computes nothing").label("the pattern ends before this").help(guard))
            }
            _ => None,
        }
    }

    /// A keyword where a name should stand.
    fn keyword_as_name(&self) -> Option<Diagnostic> {
        let (mut index, token) = (self.index, self.token(self.index));
        if token == Token::Assign && self.before(index).is_some_and(Token::is_keyword) {
            index -= 1;
        }
        let keyword = self.token(index);
        let is_name = index < self.index
            || self.expects("NAME") && !self.expects("NUMBER")
            || matches!(self.token(index + 1), Token::Assign | Token::In)
            || self.before(index) == Some(Token::For);
        if !keyword.is_keyword() || !is_name {
            return None;
        }
        let word = self.text(index);
        let help = match self.before(index) {
            Some(Token::Dot) => format!("write `getattr(object, \"{word}\")`, or `{word}_` for a name of your own"),
            _ if self.opener(index).is_some_and(|opener| self.opens_call(opener)) => {
                format!("write `**{{\"{word}\": value}}`, or `{word}_` for a name of your own")
            }
            _ => format!("choose another name, such as `{word}_`"),
        };
        Some(
            Diagnostic::invalid(format!("`{word}` is a keyword and cannot be a name"), self.span(index))
                .label("a keyword of the language")
                .help(help),
        )
    }

    /// Something that is no name where only a name can stand.
    fn missing_name(&self) -> Option<Diagnostic> {
        if !self.expects("NAME") || self.expects("NUMBER") {
            return None;
        }
        let line = self.line_start(self.index);
        let wanted = match self.before(self.index)? {
            Token::Def => "the name of the function",
            Token::Class => "the name of the class",
            Token::Dot => "the name of an attribute",
            Token::As | Token::Global | Token::Nonlocal | Token::Import | Token::From => "a name",
            _ if self.header(line) == Token::Def => "the name of a parameter",
            _ => "a name",
        };
        let diagnostic = self.wrong(format!("{wanted} is missing")).label(format!("{wanted} should stand here"));
        Some(match (self.before(self.index)?, self.token(self.index)) {
            (Token::Dot, Token::Dot) => diagnostic.help("one dot is enough"),
            (_, Token::String | Token::Number) => diagnostic.help("a name begins with a letter, without quotes"),
            (Token::Def, _) => diagnostic.help("write `def name(...):`, or `lambda` for a function without a name"),
            _ => diagnostic,
        })
    }

    /// Something else where a value should stand.
    fn missing_value(&self) -> Option<Diagnostic> {
        let (before, token) = (self.before(self.index), self.token(self.index));
        if !self.expects("NUMBER") || before.is_some_and(Token::ends_operand) {
            return None;
        }
        if let Some(diagnostic) = self.missing_part(before, token) {
            return Some(diagnostic);
        }
        let word = self.text(self.index);
        let diagnostic = match (before, token) {
            (Some(Token::Lambda | Token::Colon), _) if token.is_keyword() && self.is_in_lambda() => {
                return Some(
                    self.wrong("a lambda holds one expression")
                        .label(format!("`{word}` is a statement"))
                        .help("the value of the expression is returned; write a `def` for statements"),
                );
            }
            (_, Token::Async) => self
                .wrong("`async` makes no expression")
                .label("no value")
                .help("`async` stands before `def`, `for` and `with`; a coroutine is made by an `async def`"),
            _ if token.is_keyword() => {
                self.wrong(format!("`{word}` begins a statement and gives no value")).label("a value should stand here")
            }
            (_, Token::Newline | Token::End) => return Some(self.value_behind(before)),
            (Some(Token::Comma), Token::Comma) => {
                self.wrong("nothing between two commas").label("a value should stand before this").help("remove one")
            }
            (Some(Token::Semicolon), Token::Semicolon) => self
                .wrong("nothing between two semicolons")
                .label("a statement should stand before this")
                .help("remove one"),
            (None | Some(Token::Newline | Token::Indent | Token::Dedent), Token::Semicolon) => {
                self.wrong("nothing before the semicolon").label("a statement should stand before this")
            }
            (_, Token::Comma) => self.wrong("nothing before the comma").label("a value should stand before this"),
            _ => match self.index.checked_sub(1).map(|index| self.text(index)) {
                Some(left) if !left.is_empty() && !word.is_empty() => {
                    let left = left.chars().take(12).collect::<String>();
                    let heading = format!("a value is missing between `{left}` and `{word}`");
                    let diagnostic = self.wrong(heading).label("a value should stand before this");
                    match before {
                        Some(Token::Percent) => diagnostic.help(PERCENT),
                        _ => diagnostic,
                    }
                }
                _ => self.wrong("a value is missing").label("a value should stand here"),
            },
        };
        Some(diagnostic)
    }

    /// The part of a statement that is missing before its colon or behind its arrow.
    fn missing_part(&self, before: Option<Token>, token: Token) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let word = self.index.checked_sub(1).map_or("", |before| self.text(before));
        Some(match (before?, token) {
            (Token::If | Token::Elif | Token::While, Token::Colon) => {
                let diagnostic =
                    self.wrong(format!("`{word}` needs a condition")).label("a condition should stand here");
                if word == "while" { diagnostic.help("`while True:` goes on until a `break`") } else { diagnostic }
            }
            (Token::In, Token::Colon) => {
                self.wrong("`for` needs something to go through").label("a list, a range or the like should stand here")
            }
            (Token::Arrow, Token::Colon) => {
                self.wrong("`->` needs the type of the result").label("a type should stand here")
            }
            (Token::Colon, Token::Arrow) => self
                .wrong("the type of the result stands before the colon")
                .label("too late")
                .help("write `def name(...) -> type:`"),
            (Token::Colon, Token::Newline) if self.header(line) == Token::Def => self
                .wrong("the type of the result stands behind `->`")
                .label("the block should begin here")
                .help("write `def name(...) -> type:`"),
            (Token::And | Token::Or, Token::Less | Token::LessEqual | Token::Greater | Token::GreaterEqual) => self
                .wrong(format!("`{}` has nothing on its left", self.text(self.index)))
                .label("a value should stand before this")
                .help("name the value again, or chain the comparisons: `1 < n < 5`"),
            _ => return None,
        })
    }

    /// The end of a line where a value should follow.
    fn value_behind(&self, before: Option<Token>) -> Diagnostic {
        let left = self.index.checked_sub(1).map(|index| (self.text(index), self.span(index)));
        let Some((word, place)) = left.filter(|(word, _)| !word.trim().is_empty()) else {
            return self.wrong("a value is missing").label("the line ends here");
        };
        let diagnostic = self.wrong(format!("a value is missing behind `{word}`")).label("the line ends here");
        let diagnostic = match place.end == self.span(self.index).start {
            true => diagnostic,
            false => diagnostic.also(place, "this needs something on its right"),
        };
        match before {
            Some(Token::Percent) => diagnostic.help(PERCENT),
            Some(Token::Await) => diagnostic.help("write `await` and what to wait for"),
            Some(token) if token.is_keyword() || token == Token::Assign => diagnostic,
            _ => diagnostic.help("an expression goes on in the next line only inside of brackets"),
        }
    }

    /// A colon or a line's end inside of a bracket that a header opened.
    pub fn unclosed_header(&self) -> Option<Diagnostic> {
        let opener = self.opener(self.index)?;
        let header = self.header(self.line_start(opener));
        let is_header = matches!(
            header,
            Token::If | Token::Elif | Token::While | Token::For | Token::With | Token::Class | Token::Def
        );
        let is_block = matches!(self.token(self.index), Token::Colon)
            && self.source.line(self.span(self.index).start) < self.source.line(self.span(self.index + 1).start);
        if !is_header || !is_block || self.token(opener) == Token::LeftBrace {
            return None;
        }
        let closer = if self.token(opener) == Token::LeftBracket { "]" } else { ")" };
        let span = self.span(self.index);
        Some(
            Diagnostic::invalid(format!("'{}' was never closed", self.text(opener)), self.span(opener))
                .label("opened here")
                .also(span, "the header ends here")
                .mend(self.source, Span::new(span.start, span.start), closer),
        )
    }

    /// `=` where nothing can be assigned.
    fn misplaced_assignment(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let span = self.span(self.index);
        let token = self.token(self.index);
        if token == Token::Walrus {
            let value = "`:=` assigns only inside of an expression";
            return Some(self.wrong(value).label("write `=`").mend(self.source, span, "="));
        }
        let is_augmented = self.source.slice(span).ends_with('=') && span.end > span.start + 1;
        if token != Token::Assign {
            let is_chain = is_augmented
                && self.tokens[line..self.index]
                    .iter()
                    .any(|token| self.source.slice(Span::new(token.0, token.2)).ends_with('='));
            return is_chain.then(|| {
                let diagnostic = self.wrong("an augmented assignment gives no value").label("one too many");
                diagnostic.help("write each on a line of its own")
            });
        }
        let word = self.text(line);
        let equals = |diagnostic: Diagnostic| diagnostic.label("write `==` to compare").mend(self.source, span, "==");
        Some(match self.header(line) {
            Token::Return => equals(self.wrong("an assignment is a statement and cannot be returned")),
            Token::Assert => equals(self.wrong("`assert` takes a condition, and `=` assigns")),
            Token::Global | Token::Nonlocal => self
                .wrong(format!("`{word}` declares names and assigns nothing"))
                .label("the line should end here")
                .help("assign on a line of its own below"),
            Token::With => self
                .wrong("`with` names its value by `as`")
                .label("the name stands behind the value")
                .help("write `with value as name:`"),
            Token::If | Token::Elif | Token::While if self.expects(":") => self
                .wrong(format!("what begins with `{word}` ends with `:`"))
                .label("write `:`")
                .mend(self.source, self.spaced(self.index, self.index), ":"),
            _ if self.opener(self.index).is_some() => self
                .wrong("an assignment is a statement and gives no value")
                .label("`=` cannot stand here")
                .help("`:=` assigns inside of an expression, and `==` compares"),
            _ => return None,
        })
    }

    /// A header that goes on where its colon should be.
    fn header_goes_on(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let span = self.span(self.index);
        let token = self.token(self.index);
        if self.opener(self.index).is_some() || !self.expects(":") || self.has_colon(line) {
            return None;
        }
        let is_lambda = self.tokens[line..self.index].iter().any(|token| token.1 == Token::Lambda);
        let before = Span::new(self.span(self.index - 1).end, self.span(self.index - 1).end);
        if is_lambda {
            let diagnostic = self.wrong("`:` is missing behind the parameters of the lambda");
            return Some(diagnostic.label("the value begins here").mend(self.source, before, ":"));
        }
        if !self.header(line).is_keyword() {
            return None;
        }
        let word = self.text(line);
        let diagnostic = self.wrong(format!("what begins with `{word}` ends with `:`"));
        Some(match token {
            Token::Semicolon => diagnostic.label("write `:`").mend(self.source, span, ":"),
            _ => diagnostic.label("a `:` should stand before this").mend(self.source, before, ":"),
        })
    }

    /// A sign or word that cannot stand where it does.
    fn misplaced_sign(&self) -> Option<Diagnostic> {
        let line = self.line_start(self.index);
        let token = self.token(self.index);
        if line > 0 && self.token(self.line_start(line - 1)) == Token::At && self.index == line {
            let decorator = self.line_start(line - 1);
            return Some(
                self.wrong("a decorator needs a function or a class below it")
                    .label("this is neither `def` nor `class`")
                    .also(self.range(decorator, line - 2), "the decorator"),
            );
        }
        Some(match (self.header(line), token) {
            (Token::Break | Token::Continue | Token::Pass, _) => self
                .wrong(format!("`{}` stands by itself", self.text(line)))
                .label("the line should end here")
                .help("a value is given back by `return`"),
            (Token::Assert, Token::Colon) => {
                let diagnostic = self.wrong("`assert` has no block").label("the line should end here");
                diagnostic.help("a text for the failure is parted by a comma")
            }
            (Token::Type, _) if self.expects("=") => self
                .wrong("`type` needs a name and what it stands for")
                .label("`=` and a type should follow the name")
                .help("write `type Name = int`"),
            (_, Token::Def | Token::For | Token::With) => return None,
            _ if self.before(self.index) == Some(Token::Async) => self
                .wrong("`async` needs a statement that can be so")
                .label("not a `def`, `for` or `with`")
                .help("a call is awaited: `await name()`"),
            (_, Token::Else) => self.stray_else(),
            (_, Token::Colon)
                if self.opener(self.index).is_some_and(|opener| self.token(opener) == Token::LeftBrace) =>
            {
                let diagnostic = self.wrong("a set and a dict in one").label("an element before this has no `:`");
                diagnostic.help("write `key: value` everywhere, or nowhere")
            }
            (_, Token::Colon) if self.is_in_lambda() => {
                let diagnostic = self.wrong("the parameters of a lambda have no types").label("a second `:`");
                diagnostic.help("write a `def` to name types")
            }
            _ => return None,
        })
    }

    /// An `else` inside of an expression that belongs to no `if`.
    fn stray_else(&self) -> Diagnostic {
        let diagnostic = self.wrong("`else` without an `if` it could belong to").label("no choice before this");
        match self.opener(self.index) {
            Some(opener) if (opener..self.index).any(|index| self.token(index) == Token::For) => diagnostic
                .label("the `if` of a comprehension has no `else`")
                .help("choose before the `for`: `[a if condition else b for item in items]`"),
            _ => diagnostic.help("a choice is written `value if condition else other`"),
        }
    }

    /// Does the token at fault stand in the body of a lambda?
    fn is_in_lambda(&self) -> bool {
        let start = self.opener(self.index).unwrap_or_else(|| self.line_start(self.index));
        self.tokens[start..self.index.min(self.tokens.len())].iter().any(|token| token.1 == Token::Lambda)
    }

    /// Two things that nothing joins.
    fn side_by_side(&self) -> Option<Diagnostic> {
        let (before, token) = (self.before(self.index)?, self.token(self.index));
        if !before.ends_operand() {
            return None;
        }
        let is_value = token.begins_operand() || token.is_keyword();
        if !is_value && token != Token::Number {
            return Some(
                self.wrong(format!("`{}` cannot stand here", self.text(self.index)))
                    .label("what is before this is whole"),
            );
        }
        let (place, span) = (self.span(self.index - 1), self.span(self.index));
        let line = self.line_start(self.index);
        let diagnostic = self.wrong("two values side by side").label("something is missing before this");
        let diagnostic = diagnostic.also(place, "the first ends here");
        Some(match (before, token) {
            (Token::Number, Token::Number) if self.text(self.index).starts_with('.') => {
                Diagnostic::invalid("a number has one decimal point", place.to(span))
                    .label("two points")
                    .help("a version is a text: put quotes around it")
            }
            (Token::Number, Token::Number) => Diagnostic::invalid("a number has no spaces", place.to(span))
                .label("two numbers")
                .help("thousands are parted by `_`: `1_000_000`"),
            _ if self.header(line) == Token::Def && self.opener(self.index).is_some() => {
                let gap = Span::new(place.end, place.end);
                Diagnostic::invalid("a comma is missing between two parameters", place.to(span))
                    .label("two names, and nothing between")
                    .mend(self.source, gap, ",")
            }
            _ if self.is_prose(line) => {
                let heading = "words that are no statement of the language";
                Diagnostic::invalid(heading, self.range(line, self.index))
                    .label("names with nothing between them")
                    .help("a comment begins with `#`, and a text stands in quotes")
            }
            (_, Token::Name) if self.token(self.index + 1) == Token::Assign && self.opener(self.index).is_none() => {
                let diagnostic = self.wrong("two statements in one line").label("the second begins here");
                diagnostic.help("write it on a line of its own, or put `;` before it")
            }
            (Token::RightParenthesis, _) => diagnostic.help("to multiply write `*`, before and behind brackets too"),
            _ => diagnostic,
        })
    }

    /// Does a line begin with words that no operator joins?
    fn is_prose(&self, line: usize) -> bool {
        self.tokens[line..self.index].iter().all(|token| token.1 == Token::Name || token.1.is_keyword())
    }
}
