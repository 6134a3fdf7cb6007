//! The tree: plain data with spans, no behaviour beyond constructors.
//!
//! The parser builds it, the compiler reads it. A chain of one operator (`a + b + c`, `a and b and c`) is one
//! node, and every node knows its height, so that walking and dropping a tree never runs out of stack.

use std::rc::Rc;

use num_bigint::BigInt;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// An identifier, in normal form NFKC.
pub type Name = Rc<str>;

/// A whole source text.
#[derive(Debug)]
pub struct Module {
    /// Its statements; of `Mode::Expression` exactly one `Expression`.
    pub body: Vec<Statement>,
    /// What is hardly meant in its strings.
    pub warnings: Vec<Diagnostic>,
}

/// What a text is parsed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A file, or the argument of `exec`.
    Module,
    /// The argument of `eval`.
    Expression,
    /// One statement of a prompt, whose expressions are printed.
    Interactive,
}

/// An expression, its place and its height.
#[derive(Debug)]
pub struct Expression {
    /// Where it stands, without parentheses around it.
    pub span: Span,
    /// One more than the height of its highest child.
    pub height: u16,
    /// Was it written in parentheses? `(a) = 1`, `(a): int` and `not (x := 1)` care.
    pub parenthesised: bool,
    /// What it is.
    pub kind: ExpressionKind,
}

/// The kinds of expressions. Targets of assignments are `Name`, `Attribute`, `Subscript`, `Tuple`, `List` and
/// `Starred`, in the same form as when they are read.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum ExpressionKind {
    /// A literal number, string, bytes, `True`, `None`, `...`.
    Constant(Constant),
    /// An f-string, after concatenation with its neighbours.
    FString(Vec<FStringPart>),
    /// `t"..."`
    TString(Vec<FStringPart>),
    /// A name.
    Name(Name),
    /// `(a, b)`, also without parentheses.
    Tuple(Vec<Expression>),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `{a, b}`
    Set(Vec<Expression>),
    /// `{a: b, **c}`; an entry without key is `**value`.
    Dict(Vec<(Option<Expression>, Expression)>),
    /// `*a` in a call, display, target or subscript.
    Starred(Box<Expression>),
    /// `a.b`; the span of the name for messages.
    Attribute(Box<Expression>, Name, Span),
    /// `a[b]`
    Subscript(Box<Expression>, Box<Expression>),
    /// `a:b:c` inside a subscript.
    Slice(Option<Box<Expression>>, Option<Box<Expression>>, Option<Box<Expression>>),
    /// `f(a, *b, c=d, **e)`
    Call(Box<Expression>, Vec<Argument>),
    /// `-a`, `not a` ...: as many operators as were written, outermost first, on one operand.
    Unary(Vec<UnaryOperator>, Box<Expression>),
    /// `a + b - c`: a chain of operators of one precedence, left to right. `**` has exactly one.
    Binary(Box<Expression>, Vec<(BinaryOperator, Expression)>),
    /// `a and b and c`: at least two operands.
    Boolean(BooleanOperator, Vec<Expression>),
    /// `a < b <= c`
    Compare(Box<Expression>, Vec<(Comparison, Expression)>),
    /// `body if test else orelse`
    Conditional { test: Box<Expression>, body: Box<Expression>, orelse: Box<Expression> },
    /// `name := value`
    Walrus(Name, Span, Box<Expression>),
    /// `lambda parameters: body`
    Lambda(Box<Parameters>, Box<Expression>),
    /// `[element for ...]`, `{element for ...}`, `(element for ...)`
    Comprehension(ComprehensionKind, Box<Expression>, Vec<Clause>),
    /// `{key: value for ...}`
    DictComprehension(Box<Expression>, Box<Expression>, Vec<Clause>),
    /// `await a`
    Await(Box<Expression>),
    /// `yield`, `yield a`
    Yield(Option<Box<Expression>>),
    /// `yield from a`
    YieldFrom(Box<Expression>),
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer that fits 64 bits.
    Int(i64),
    /// A larger one.
    BigInt(Rc<BigInt>),
    /// A float.
    Float(f64),
    /// The imaginary part of a complex literal.
    Imaginary(f64),
    /// A string: WTF-8, since `"\ud800"` is a string.
    Str(Rc<[u8]>),
    /// Bytes.
    Bytes(Rc<[u8]>),
}

/// A piece of an f-string.
#[derive(Debug)]
pub enum FStringPart {
    /// Text between the fields, escapes resolved, WTF-8.
    Text(Rc<[u8]>),
    /// `{value!r:spec}`. `{value=}` has become a `Text` with the source of the value, and `!r` where neither
    /// conversion nor spec was given.
    Field {
        /// The expression.
        value: Expression,
        /// After `!`.
        conversion: Conversion,
        /// After `:`, with fields of its own; none if there is no `:`.
        spec: Option<Vec<FStringPart>>,
        /// In a template string: how the expression is written.
        text: Option<Rc<str>>,
    },
}

/// What is done to the value of a field before it is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing.
    None,
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

/// An argument of a call or of a class statement.
#[derive(Debug)]
pub enum Argument {
    /// `a`
    Positional(Expression),
    /// `*a`
    Starred(Expression),
    /// `name=a`; the span of the name.
    Keyword(Name, Span, Expression),
    /// `**a`
    DoubleStarred(Expression),
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Negative,
    /// `+`
    Positive,
    /// `~`
    Invert,
    /// `not`
    Not,
}

/// Binary operators, also those of augmented assignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    FloorDivide,
    /// `%`
    Modulo,
    /// `**`
    Power,
    /// `@`
    MatrixMultiply,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
}

/// `and`, `or`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BooleanOperator {
    /// `and`
    And,
    /// `or`
    Or,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `is`
    Is,
    /// `is not`
    IsNot,
}

/// What a comprehension builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// `[...]`
    List,
    /// `{...}`
    Set,
    /// `(...)`
    Generator,
}

/// `for target in iterable if condition`, of a comprehension.
#[derive(Debug)]
pub struct Clause {
    /// `async for`
    pub is_async: bool,
    /// What each item is bound to.
    pub target: Expression,
    /// What is iterated.
    pub iterable: Expression,
    /// All conditions.
    pub conditions: Vec<Expression>,
}

/// The parameters of a function, in the order `a, /, b, *c, d, **e`.
#[derive(Debug, Default)]
pub struct Parameters {
    /// Before `/`.
    pub positional_only: Vec<Parameter>,
    /// Between `/` and `*`.
    pub positional: Vec<Parameter>,
    /// `*args`
    pub variadic: Option<Parameter>,
    /// After `*`.
    pub keyword_only: Vec<Parameter>,
    /// `**kwargs`
    pub keyword_variadic: Option<Parameter>,
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Where the name stands.
    pub span: Span,
    /// After `:`. For `*args: *Ts` a `Starred`.
    pub annotation: Option<Expression>,
    /// After `=`.
    pub default: Option<Expression>,
}

/// A type parameter of `def f[T: bound = default]`, `class`, `type`.
#[derive(Debug)]
pub struct TypeParameter {
    /// Its name, without stars.
    pub name: Name,
    /// Where it stands.
    pub span: Span,
    /// `T`, `*T` or `**T`.
    pub kind: TypeParameterKind,
    /// After `:`.
    pub bound: Option<Expression>,
    /// After `=`.
    pub default: Option<Expression>,
}

/// The kinds of type parameters (PEP 695).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeParameterKind {
    /// `T`
    TypeVar,
    /// `*T`
    TypeVarTuple,
    /// `**T`
    ParamSpec,
}

/// A statement and its place.
#[derive(Debug)]
pub struct Statement {
    /// From its first token to its last, bodies included; decorators are not.
    pub span: Span,
    /// One more than the height of its highest child.
    pub height: u16,
    /// What it is.
    pub kind: StatementKind,
}

/// A sequence of statements.
pub type Block = Vec<Statement>;

/// The kinds of statements.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum StatementKind {
    /// An expression whose value is dropped (or printed, at a prompt).
    Expression(Expression),
    /// `a = b = value`
    Assign(Vec<Expression>, Expression),
    /// `a += value`
    AugmentedAssign(Expression, BinaryOperator, Expression),
    /// `a: annotation = value`
    AnnotatedAssign(Expression, Expression, Option<Expression>),
    /// `type name[parameters] = value`
    TypeAlias(Name, Span, Vec<TypeParameter>, Expression),
    /// `del a, b`
    Delete(Vec<Expression>),
    /// `pass`
    Pass,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return value`
    Return(Option<Expression>),
    /// `raise exception from cause`
    Raise(Option<Expression>, Option<Expression>),
    /// `global a, b`
    Global(Vec<(Name, Span)>),
    /// `nonlocal a, b`
    Nonlocal(Vec<(Name, Span)>),
    /// `assert test, message`
    Assert(Expression, Option<Expression>),
    /// `import a.b as c`
    Import(Vec<Alias>),
    /// `from ..a.b import c as d`; no aliases is `*`.
    ImportFrom {
        /// The dotted name after the dots, maybe empty.
        module: Name,
        /// How many dots.
        level: u32,
        /// What is imported; empty for `*`.
        names: Vec<Alias>,
    },
    /// `if`, its `elif`s and their bodies in order, and `else`.
    If(Vec<(Expression, Block)>, Option<Block>),
    /// `while test: body else: orelse`
    While(Expression, Block, Option<Block>),
    /// `for target in iterable: body else: orelse`
    For { is_async: bool, target: Expression, iterable: Expression, body: Block, orelse: Option<Block> },
    /// `try`
    Try(Box<Try>),
    /// `with a as b, c: body`
    With { is_async: bool, items: Vec<(Expression, Option<Expression>)>, body: Block },
    /// `def`
    Function(Box<Function>),
    /// `class`
    Class(Box<Class>),
    /// `match subject: case ...`
    Match(Expression, Vec<Case>),
}

/// `a.b as c`
#[derive(Debug)]
pub struct Alias {
    /// The dotted name.
    pub name: Name,
    /// After `as`.
    pub alias: Option<Name>,
    /// Both.
    pub span: Span,
}

/// A `try` statement. Without handlers it has a `finally`.
#[derive(Debug)]
pub struct Try {
    /// What is tried.
    pub body: Block,
    /// `except*`?
    pub is_group: bool,
    /// The `except` clauses.
    pub handlers: Vec<Handler>,
    /// `else`
    pub orelse: Option<Block>,
    /// `finally`
    pub finally: Option<Block>,
}

/// `except kind as name: body`
#[derive(Debug)]
pub struct Handler {
    /// The clause's first line.
    pub span: Span,
    /// A type or a tuple of types; none catches all.
    pub kind: Option<Expression>,
    /// After `as`.
    pub name: Option<Name>,
    /// What is done.
    pub body: Block,
}

/// A `def` or `async def`.
#[derive(Debug)]
pub struct Function {
    /// `async def`
    pub is_async: bool,
    /// Its name.
    pub name: Name,
    /// Where the name stands.
    pub name_span: Span,
    /// In the order written.
    pub decorators: Vec<Expression>,
    /// Between brackets.
    pub type_parameters: Vec<TypeParameter>,
    /// Its parameters.
    pub parameters: Parameters,
    /// After `->`.
    pub returns: Option<Expression>,
    /// Its statements.
    pub body: Block,
}

/// A `class`.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// Where the name stands.
    pub name_span: Span,
    /// In the order written.
    pub decorators: Vec<Expression>,
    /// Between brackets.
    pub type_parameters: Vec<TypeParameter>,
    /// Bases and keywords.
    pub arguments: Vec<Argument>,
    /// Its statements.
    pub body: Block,
}

/// `case pattern if guard: body`
#[derive(Debug)]
pub struct Case {
    /// What the subject must look like.
    pub pattern: Pattern,
    /// After `if`.
    pub guard: Option<Expression>,
    /// What is done.
    pub body: Block,
}

/// A pattern and its place (PEP 634).
#[derive(Debug)]
pub struct Pattern {
    /// Where it stands.
    pub span: Span,
    /// One more than the height of its highest child.
    pub height: u16,
    /// What it is.
    pub kind: PatternKind,
}

/// The kinds of patterns.
#[derive(Debug)]
pub enum PatternKind {
    /// `_`
    Wildcard,
    /// `name`
    Capture(Name),
    /// A literal (a number, also negative or complex; a string; `None`, `True`, `False`, compared by `is`).
    Literal(Expression),
    /// A dotted name, compared by `==`.
    Value(Expression),
    /// `[a, b]`, `(a, b)`, `a, b`; may hold one `Star`.
    Sequence(Vec<Pattern>),
    /// `*name`, `*_` (none), inside a sequence.
    Star(Option<Name>),
    /// `{key: pattern, **rest}`; keys are literals or dotted names.
    Mapping(Vec<(Expression, Pattern)>, Option<Name>),
    /// `Class(a, b, name=c)`
    Class(Box<Expression>, Vec<Pattern>, Vec<(Name, Pattern)>),
    /// `a | b`
    Or(Vec<Pattern>),
    /// `pattern as name`
    As(Box<Pattern>, Name),
}
