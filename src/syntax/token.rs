//! The tokens: what the lexer tells apart and the grammar is written in.
//!
//! A token carries no text; it travels with its span, and whoever wants the text slices the source. logos matches
//! what is regular. Numbers and strings are recognised here by their first characters only: the lexer reads the
//! rest. The layout and the soft keywords add the tokens that have no spelling of their own.

use logos::Logos;

/// A token of the grammar.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\x0C\u{A0}\u{3000}]+")]
#[logos(skip r"\\(\r\n|\n|\r)")]
#[logos(skip(r"#[^\r\n]*", allow_greedy = true))]
pub enum Token {
    // Pseudo-tokens: the first says what the grammar shall read.
    /// Starts a statement at the top level.
    StartStatement,
    /// Starts the text of an expression.
    StartExpression,
    /// The end of a logical line.
    Newline,
    /// The line is indented further than the one before.
    Indent,
    /// A block ends.
    Dedent,
    /// The end of the text.
    End,
    /// A character or text no token begins with; an error has been noted.
    Invalid,

    // Names and literals.
    /// An identifier.
    #[regex(r"[A-Za-z_[^\x00-\x7F\u{A0}\u{3000}]][0-9A-Za-z_[^\x00-\x7F\u{A0}\u{3000}]]*")]
    Name,
    /// A number; logos sees its first digit.
    #[regex(r"\.?[0-9]")]
    Number,
    /// A string or bytes; logos sees its prefix and opening quotes.
    #[regex("([uUrRbB]|[bB][rR]|[rR][bB])?('|\"|'''|\"\"\")")]
    String,
    /// The prefix and opening quotes of an f-string.
    #[regex("([fF]|[fF][rR]|[rR][fF])('|\"|'''|\"\"\")")]
    FStringStart,
    /// The same of a template string; the lexer makes an FStringStart of it.
    #[regex("([tT]|[tT][rR]|[rR][tT])('|\"|'''|\"\"\")")]
    TStringStart,
    /// Text between the fields of an f-string.
    FStringText,
    /// The closing quotes of an f-string.
    FStringEnd,
    /// `!` before a conversion.
    #[token("!")]
    Exclamation,
    /// The end of a physical line.
    #[regex(r"\r\n|\n|\r")]
    LineEnd,

    // Keywords.
    /// `False`
    #[token("False")]
    False,
    /// `None`
    #[token("None")]
    None,
    /// `True`
    #[token("True")]
    True,
    /// `and`
    #[token("and")]
    And,
    /// `as`
    #[token("as")]
    As,
    /// `assert`
    #[token("assert")]
    Assert,
    /// `async`
    #[token("async")]
    Async,
    /// `await`
    #[token("await")]
    Await,
    /// `break`
    #[token("break")]
    Break,
    /// `case`, where it begins a case block.
    Case,
    /// `class`
    #[token("class")]
    Class,
    /// `continue`
    #[token("continue")]
    Continue,
    /// `def`
    #[token("def")]
    Def,
    /// `del`
    #[token("del")]
    Del,
    /// `elif`
    #[token("elif")]
    Elif,
    /// `else`
    #[token("else")]
    Else,
    /// `except`
    #[token("except")]
    Except,
    /// `finally`
    #[token("finally")]
    Finally,
    /// `for`
    #[token("for")]
    For,
    /// `from`
    #[token("from")]
    From,
    /// `global`
    #[token("global")]
    Global,
    /// `if`
    #[token("if")]
    If,
    /// `import`
    #[token("import")]
    Import,
    /// `in`
    #[token("in")]
    In,
    /// `is`
    #[token("is")]
    Is,
    /// `lambda`
    #[token("lambda")]
    Lambda,
    /// `match`, where it begins a match statement.
    Match,
    /// `nonlocal`
    #[token("nonlocal")]
    Nonlocal,
    /// `not`
    #[token("not")]
    Not,
    /// `or`
    #[token("or")]
    Or,
    /// `pass`
    #[token("pass")]
    Pass,
    /// `raise`
    #[token("raise")]
    Raise,
    /// `return`
    #[token("return")]
    Return,
    /// `try`
    #[token("try")]
    Try,
    /// `type`, where it begins a type alias.
    Type,
    /// `while`
    #[token("while")]
    While,
    /// `with`
    #[token("with")]
    With,
    /// `yield`
    #[token("yield")]
    Yield,

    // Brackets and separators.
    /// `(`
    #[token("(")]
    LeftParenthesis,
    /// `(` that encloses the items of a `with`.
    WithParenthesis,
    /// `)`
    #[token(")")]
    RightParenthesis,
    /// `[`
    #[token("[")]
    LeftBracket,
    /// `]`
    #[token("]")]
    RightBracket,
    /// `{`
    #[token("{")]
    LeftBrace,
    /// `}`
    #[token("}")]
    RightBrace,
    /// `{` of a field of an f-string.
    FieldStart,
    /// `}` of a field of an f-string.
    FieldEnd,
    /// `:` before a format specification.
    FieldColon,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `;`
    #[token(";")]
    Semicolon,
    /// `.`
    #[token(".")]
    Dot,
    /// `...`
    #[token("...")]
    Ellipsis,
    /// `->`
    #[token("->")]
    Arrow,
    /// `:=`
    #[token(":=")]
    Walrus,
    /// `=`
    #[token("=")]
    Assign,

    // Operators.
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `**`
    #[token("**")]
    DoubleStar,
    /// `/`
    #[token("/")]
    Slash,
    /// `//`
    #[token("//")]
    DoubleSlash,
    /// `%`
    #[token("%")]
    Percent,
    /// `@`
    #[token("@")]
    At,
    /// `<<`
    #[token("<<")]
    ShiftLeft,
    /// `>>`
    #[token(">>")]
    ShiftRight,
    /// `&`
    #[token("&")]
    Ampersand,
    /// `|`
    #[token("|")]
    Bar,
    /// `^`
    #[token("^")]
    Caret,
    /// `~`
    #[token("~")]
    Tilde,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `==`
    #[token("==")]
    Equal,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterEqual,

    // Augmented assignments.
    /// `+=`
    #[token("+=")]
    PlusAssign,
    /// `-=`
    #[token("-=")]
    MinusAssign,
    /// `*=`
    #[token("*=")]
    StarAssign,
    /// `**=`
    #[token("**=")]
    DoubleStarAssign,
    /// `/=`
    #[token("/=")]
    SlashAssign,
    /// `//=`
    #[token("//=")]
    DoubleSlashAssign,
    /// `%=`
    #[token("%=")]
    PercentAssign,
    /// `@=`
    #[token("@=")]
    AtAssign,
    /// `<<=`
    #[token("<<=")]
    ShiftLeftAssign,
    /// `>>=`
    #[token(">>=")]
    ShiftRightAssign,
    /// `&=`
    #[token("&=")]
    AmpersandAssign,
    /// `|=`
    #[token("|=")]
    BarAssign,
    /// `^=`
    #[token("^=")]
    CaretAssign,
}

/// A token and its place.
pub type Spanned = (u32, Token, u32);

impl Token {
    /// Is it a word that cannot be a name?
    pub fn is_keyword(self) -> bool {
        use Token::*;
        matches!(
            self,
            False
                | None
                | True
                | And
                | As
                | Assert
                | Async
                | Await
                | Break
                | Class
                | Continue
                | Def
                | Del
                | Elif
                | Else
                | Except
                | Finally
                | For
                | From
                | Global
                | If
                | Import
                | In
                | Is
                | Lambda
                | Nonlocal
                | Not
                | Or
                | Pass
                | Raise
                | Return
                | Try
                | While
                | With
                | Yield
        )
    }

    /// Can an operand end with it, so that another operand right after it is a slip?
    pub fn ends_operand(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Number
                | String
                | FStringEnd
                | None
                | True
                | False
                | Ellipsis
                | RightParenthesis
                | RightBracket
                | RightBrace
        )
    }

    /// Can an operand begin with it, and nothing else do so after another operand?
    pub fn begins_operand(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Number
                | String
                | FStringStart
                | None
                | True
                | False
                | Ellipsis
                | Lambda
                | Await
                | Tilde
                | Not
                | LeftBrace
        )
    }

    /// Does it open a bracket?
    pub fn opens(self) -> bool {
        use Token::*;
        matches!(self, LeftParenthesis | WithParenthesis | LeftBracket | LeftBrace | FieldStart)
    }

    /// Does it close a bracket?
    pub fn closes(self) -> bool {
        use Token::*;
        matches!(self, RightParenthesis | RightBracket | RightBrace | FieldEnd)
    }
}
