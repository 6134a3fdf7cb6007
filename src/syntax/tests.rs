//! Tests of the way from text to tree: layout, trees, messages, size, and texts that are broken anywhere.

use std::fmt::Write;

use super::ast::*;
use super::layout::Layout;
use super::parser::parse;
use super::token::Token;
use crate::diagnostic::{Diagnostic, render};
use crate::source::Source;

/// The tokens of a whole text.
fn tokens(text: &str) -> Vec<Token> {
    let source = Source::new("test", text);
    let mut layout = Layout::new(&source);
    let (mut all, mut statement) = (Vec::new(), Vec::new());
    while layout.next_statement(&mut statement) {
        all.extend(statement.iter().map(|token| token.1));
    }
    assert_eq!(layout.take_errors(u32::MAX), []);
    all
}

/// The statements of a text that is right.
fn statements(text: &str) -> Block {
    let source = Source::new("test", text);
    match parse(&source, Mode::Module) {
        Ok(module) => module.body,
        Err(errors) => panic!("{text}\n{}", render(&errors[0], &source, false)),
    }
}

/// The expression of a text that is right.
fn expression(text: &str) -> Expression {
    let source = Source::new("test", text);
    let mut body = parse(&source, Mode::Expression).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).body;
    match body.remove(0).kind {
        StatementKind::Expression(value) => value,
        kind => panic!("{text}: {kind:?}"),
    }
}

/// What is wrong with a text that is not right.
fn errors(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("test", text);
    parse(&source, Mode::Module).expect_err(text)
}

/// An expression with all its parentheses and nothing else.
fn shape(value: &Expression) -> String {
    use ExpressionKind::*;
    let list = |items: &[Expression]| items.iter().map(shape).collect::<Vec<_>>().join(" ");
    match &value.kind {
        Constant(constant) => format!("{constant:?}"),
        Name(name) => name.to_string(),
        Tuple(items) => format!("(tuple {})", list(items)),
        List(items) => format!("(list {})", list(items)),
        Starred(value) => format!("(* {})", shape(value)),
        Attribute(object, name, _) => format!("(. {} {name})", shape(object)),
        Subscript(object, index) => format!("([] {} {})", shape(object), shape(index)),
        Call(function, arguments) => format!("(call {} {})", shape(function), arguments.len()),
        Unary(operators, operand) => format!("({operators:?} {})", shape(operand)),
        Binary(first, rest) => {
            let mut text = format!("({}", shape(first));
            for (operator, operand) in rest {
                write!(text, " {operator:?} {}", shape(operand)).unwrap();
            }
            text + ")"
        }
        Boolean(operator, operands) => format!("({operator:?} {})", list(operands)),
        Compare(first, rest) => {
            let mut text = format!("({}", shape(first));
            for (operator, operand) in rest {
                write!(text, " {operator:?} {}", shape(operand)).unwrap();
            }
            text + ")"
        }
        Conditional { test, body, orelse } => format!("(if {} {} {})", shape(test), shape(body), shape(orelse)),
        Walrus(name, _, value) => format!("(:= {name} {})", shape(value)),
        Lambda(_, body) => format!("(lambda {})", shape(body)),
        Await(value) => format!("(await {})", shape(value)),
        kind => format!("{kind:?}"),
    }
}

#[test]
fn blocks_become_tokens() {
    use Token::*;
    assert_eq!(
        tokens("if a:\n  b\n\n  # c\n  if d:\n      e\nf"),
        [
            If, Name, Colon, Newline, Indent, Name, Newline, If, Name, Colon, Newline, Indent, Name, Newline, Dedent,
            Dedent
        ]
        .into_iter()
        .chain([Name, Newline])
        .collect::<Vec<_>>()
    );
    assert_eq!(tokens("(a,\n  b\n)\n"), [LeftParenthesis, Name, Comma, Name, RightParenthesis, Newline]);
    assert_eq!(tokens("a \\\n  b\r\nc\rd"), [Name, Name, Newline, Name, Newline, Name, Newline]);
    assert_eq!(tokens(""), []);
    assert_eq!(tokens("\n# only\n   \n"), []);
}

#[test]
fn any_space_indents() {
    use Token::*;
    let block = [If, Name, Colon, Newline, Indent, Name, Newline, Name, Newline, Dedent];
    for text in [
        "if a:\n\u{A0}\u{A0}b\n  c\n",
        "if a:\n\u{3000} b\n \u{A0}c\n",
        "if a:\n\tb\n\tc",
        "\u{FEFF}if a:\n\x0C  b\n  c",
        "if\u{A0}a:\n  b\n  \\\n        c",
    ] {
        assert_eq!(tokens(text), block, "{text:?}");
    }
}

#[test]
fn fields_of_strings_are_tokens() {
    use Token::*;
    assert_eq!(
        tokens("f'a{x!r:>{w}}{{}}{ {1:2}[1] }'"),
        [
            FStringStart,
            FStringText,
            FieldStart,
            Name,
            Exclamation,
            Name,
            FieldColon,
            FStringText,
            FieldStart,
            Name,
            FieldEnd,
            FieldEnd,
            FStringText,
            FieldStart,
            LeftBrace,
            Number,
            Colon,
            Number,
            RightBrace,
            LeftBracket,
            Number,
            RightBracket,
            FieldEnd,
            FStringEnd,
            Newline
        ]
    );
    assert_eq!(tokens("f'{f'{1}'}'").len(), 10);
    assert_eq!(tokens("f'{x:=5}'")[3..5], [FieldColon, FStringText]);
    assert_eq!(tokens("f'{x!=y}'")[3], NotEqual);
}

#[test]
fn operators_bind_as_they_should() {
    for (text, expected) in [
        ("a + b * c - d", "(a Add (b Multiply c) Subtract d)"),
        ("(a + b) + c", "((a Add b) Add c)"),
        ("-a ** -b", "([Negative] (a Power ([Negative] b)))"),
        ("a ** b ** c", "(a Power (b Power c))"),
        ("not a in b and c or d", "(Or (And ([Not] (a In b)) c) d)"),
        ("a < b is not c not in d", "(a Less b IsNot c NotIn d)"),
        ("a | b ^ c & d << e", "(a Or (b Xor (c And (d ShiftLeft e))))"),
        ("a if b else c if d else e", "(if b a (if d c e))"),
        ("lambda: (yield)", "(lambda Yield(None))"),
        ("await a.b(c)[d] ** e", "((await ([] (call (. a b) 1) d)) Power e)"),
        ("- + ~ a", "([Negative, Positive, Invert] a)"),
        ("a[*b]", "([] a (tuple (* b)))"),
        ("a[(b)]", "([] a b)"),
        ("(a := b)", "(:= a b)"),
        ("a,", "(tuple a)"),
        ("  a", "a"),
    ] {
        assert_eq!(shape(&expression(text)), expected, "{text}");
    }
}

#[test]
fn literals_join() {
    assert_eq!(shape(&expression("'a' \"b\" '''c'''")), "Str([97, 98, 99])");
    assert_eq!(shape(&expression("b'a' rb'\\x'")), "Bytes([97, 92, 120])");
    let ExpressionKind::FString(parts) = expression("'a' f'{x=}' f'b{{' 'c'").kind else { panic!() };
    assert!(matches!(&parts[0], FStringPart::Text(text) if &**text == b"ax="));
    assert!(matches!(&parts[1], FStringPart::Field { conversion: Conversion::Repr, spec: None, .. }));
    assert!(matches!(&parts[2], FStringPart::Text(text) if &**text == b"b{c"));
    let ExpressionKind::FString(parts) = expression(r"rf'\{x:\d{y}}\N' f'\N{BULLET}{{x}}'").kind else { panic!() };
    assert!(matches!(&parts[0], FStringPart::Text(text) if &**text == br"\"));
    assert!(matches!(&parts[2], FStringPart::Text(text) if &**text == "\\N•{x}".as_bytes()));
}

#[test]
fn names_are_normalised() {
    assert_eq!(shape(&expression("ﬁ + Ｘ")), "(fi Add X)");
}

#[test]
fn soft_keywords_stay_names() {
    for text in [
        "match = case = type = _ = print = 1",
        "match(a)\nmatch[a]\nmatch.a\nmatch * a\nmatch -a",
        "match: int = 3\nmatch[a]: int\ntype(a)\ntype: int\ncase(a)",
        "type = type\ntype, a = b",
        "def match(case, type): return match(case)",
    ] {
        assert!(!matches!(statements(text)[0].kind, StatementKind::Match(..) | StatementKind::TypeAlias(..)), "{text}");
    }
    for text in ["match a:\n case 1: pass", "match (a):\n case _: case(a)", "match -a, *b:\n case x: match = x"] {
        assert!(matches!(statements(text)[0].kind, StatementKind::Match(..)), "{text}");
    }
    assert!(matches!(statements("type match[T] = T")[0].kind, StatementKind::TypeAlias(..)));
    let StatementKind::If(branches, _) = &statements("if a: type X = int; type Y = X")[0].kind else { panic!() };
    assert!(matches!(branches[0].1[1].kind, StatementKind::TypeAlias(..)));
}

#[test]
fn parentheses_of_with_are_understood() {
    for (text, count) in [
        ("with (a, b): pass", 2),
        ("with (a as b, c as d,): pass", 2),
        ("with (a): pass", 1),
        ("with (a, b) as c: pass", 1),
        ("with (a, b), c: pass", 2),
        ("with (yield): pass", 1),
        ("with (a for a in b): pass", 1),
        ("with (a := b, c): pass", 1),
        ("with (*a, b): pass", 1),
        ("with (a).b as c, (d): pass", 2),
        ("with (): pass", 1),
    ] {
        let StatementKind::With { items, .. } = &statements(text)[0].kind else { panic!("{text}") };
        assert_eq!(items.len(), count, "{text}");
    }
}

#[test]
fn every_statement_is_read() {
    for text in [
        "a = *b, c = d = yield",
        "x: int = 1; (x): str; x.y[z]: a = yield b",
        "for *a, b.c in *d, e: continue\nelse: break",
        "async for a in b:\n  async with c as d, e: await f",
        "try: a\nexcept* (b, c) as d: e\nfinally: f",
        "try: a\nexcept b, c: d\nexcept e: f\nexcept: g\nelse: h",
        "def f[T: int = str, *U = *V, **P = []](a, /, b: int = 1, *c: *U, d, e=2, **f) -> g: pass",
        "@a.b[c](d)\n@(e := f)\nasync def g(): return *h, i",
        "class A[T](B, *C, d=e, **f): x = 1",
        "from . import a\nfrom ...a.b import (c as d, e,)\nfrom .. import *\nimport a.b as c, d",
        "match a, b:\n case [1, -2.5j, *_] | (None, 'a' 'b') as c if d: pass\n case {'a': x, A.b: _, **rest}: pass\n case A.B(c, d=e): pass\n case 1 + 2j | -1 - 2j: pass\n case a, *b: pass",
        "lambda a, /, *b, c=1, **d: (yield a)",
        "[a async for b, in c if d if e for f in g]\n{**a, b: c}\n{*a, b}\n{a: b for c in d}\n(a for b in c)",
        "a[b:c, ::d, *e, f := g]\na(*b, c, *d, e=f, **g, h=i)\nf(a for a in b)",
        "global a, b\nnonlocal c\ndel a, (b, c), [d], e.f\nassert a, b\nraise\nraise a from b",
        "if a:\n  pass\nelif b: c\nelse:\n  d",
        "while a: b\nelse: c",
        "1if a else 2",
        "",
        "# -*- coding: latin-1 -*-\npass",
    ] {
        statements(text);
    }
}

#[test]
fn spans_cover_their_nodes() {
    let text = "@a\ndef f():\n  x = (a + b) * c\n  if d: e\n\nz\n";
    let source = Source::new("test", text);
    let module = parse(&source, Mode::Module).unwrap();
    assert_eq!(source.slice(module.body[0].span), "def f():\n  x = (a + b) * c\n  if d: e");
    let StatementKind::Function(function) = &module.body[0].kind else { panic!() };
    let StatementKind::Assign(_, value) = &function.body[0].kind else { panic!() };
    assert_eq!(source.slice(value.span), "(a + b) * c");
    let ExpressionKind::Binary(first, _) = &value.kind else { panic!() };
    assert_eq!((source.slice(first.span), first.parenthesised, first.height), ("a + b", true, 2));
}

#[test]
fn messages_are_known() {
    for (text, expected) in
        include_str!("messages.txt").split("\n----\n").map(|case| case.rsplit_once("\n=> ").unwrap())
    {
        let first = errors(text).remove(0);
        assert_eq!(format!("{}: {}", first.class, first.message), expected.trim_end(), "{text}");
    }
}

#[test]
fn several_errors_are_found() {
    let found = errors("a b\nx = 1\nif c\n  d\ny = 'e\nf(\n");
    let lines: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(
        lines,
        ["invalid syntax", "expected ':'", "unterminated string literal (detected at line 5)", "'(' was never closed"]
    );
    let found = errors("x = [(1,\n  2\ndef f():\n  return 1 +\nf(]\n");
    let lines: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(
        lines,
        ["'(' was never closed", "invalid syntax", "closing parenthesis ']' does not match opening parenthesis '('"]
    );
}

#[test]
fn a_prompt_knows_what_may_go_on() {
    for text in [
        "if a:",
        "def f():\n  if a:",
        "x = (1,",
        "'''a",
        "f'''{a",
        "try: a",
        "@a",
        "a \\\n",
        "class A: # b\n",
        "{\n'a':",
    ] {
        assert!(errors(text)[0].at_end_of_input, "{text}");
    }
    for text in ["a b", "if a", "x = ", "'a", "x = (1 2", ")", "  a"] {
        assert!(!errors(text)[0].at_end_of_input, "{text}");
    }
    let source = Source::new("test", "a\nb\n");
    let error = parse(&source, Mode::Interactive).unwrap_err().remove(0);
    assert_eq!(error.message, "multiple statements found while compiling a single statement");
    assert!(parse(&Source::new("test", ""), Mode::Expression).is_err());
    assert!(parse(&Source::new("test", "a\nb"), Mode::Expression).is_err());
    assert!(parse(&Source::new("test", "x = 1"), Mode::Expression).is_err());
}

#[test]
fn long_chains_are_flat() {
    let n = 100_000;
    for (text, most) in [
        (format!("x{}", " + x".repeat(n)), 4),
        (format!("x{}", " and x".repeat(n)), 4),
        (format!("x{}", " < x".repeat(n)), 4),
        (format!("x{}", ", x".repeat(n)), 4),
        (format!("{}x", "- ".repeat(n)), 4),
        (format!("{}x", "not ".repeat(n)), 4),
        (format!("[{}]", "x, ".repeat(n)), 4),
        (format!("f({})", "x, ".repeat(n)), 4),
        ("'a' ".repeat(n), 2),
        (format!("x{}", " = x".repeat(n)), 4),
        (format!("if a: b\n{}", "elif c: d\n".repeat(n)), 4),
        ("x = 1\n".repeat(n), 4),
        (format!("class A:\n{}", " x = 1\n".repeat(n)), 4),
    ] {
        assert!(statements(&text)[0].height <= most);
    }
}

#[test]
fn deep_trees_are_refused() {
    let n = 100_000;
    for (text, message) in [
        ("(".repeat(n), "too many nested parentheses"),
        ("[".repeat(201), "too many nested parentheses"),
        (format!("x{}", ".y".repeat(n)), "expression too deeply nested"),
        (format!("x{}", "()".repeat(n)), "expression too deeply nested"),
        (format!("x{}", " ** x".repeat(n)), "expression too deeply nested"),
        (format!("{}x", "lambda: ".repeat(n)), "expression too deeply nested"),
        (format!("{}x", "x if x else ".repeat(n)), "expression too deeply nested"),
        (format!("x{}", " * x + x".repeat(n).replace('+', "** x *")), ""),
        ((0..150).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect(), "too many levels of indentation"),
    ] {
        match message {
            "" => drop(statements(&text)),
            _ => assert_eq!(errors(&text)[0].message, message),
        }
    }
    statements(&format!("{}{}", "(".repeat(200), ")".repeat(200)));
    statements(&format!("x{}", ".y".repeat(1900)));
}

/// A text with a little of everything.
const SAMPLE: &str = "\
@a.b(c)
async def f[T](x, /, y: int = 1, *z, k, **w) -> T:
    '''doc'''
    async with (p as q, r): return [i async for i in y if i]
    x[1:2, ...] = not -x ** 2 if x < y else lambda *a: f'{a!r:>{w}} {{}} {b=}'
try:
    from . import (m, n as o)
except* E as e:
    raise F from e
finally: del g.h, (i)
match s, t:
    case [1, *_] | {'k': v, **rest} if v: pass
    case C(x, y=-1j) as z:
        yield from ('a' b'c', 0x1F, 1_0.5e-3)
while (n := n - 1): print(f(*a, b=c, **d)); continue
type X = 1 if a else {**b}
";

#[test]
fn every_prefix_is_an_answer() {
    for end in 0..=SAMPLE.len() {
        answer(&SAMPLE[..end]);
    }
}

#[test]
fn every_deletion_is_an_answer() {
    for at in 0..SAMPLE.len() {
        answer(&format!("{}{}", &SAMPLE[..at], &SAMPLE[at + 1..]));
    }
}

#[test]
fn every_insertion_is_an_answer() {
    for (index, inserted) in
        ["(", "]", "}", "'", "\"\"\"", "f'{", "\\", "\n", "\t", "=", ":", "，", "\0", "\u{3000}", "if "]
            .into_iter()
            .enumerate()
    {
        for at in (index..=SAMPLE.len()).step_by(7) {
            answer(&format!("{}{inserted}{}", &SAMPLE[..at], &SAMPLE[at..]));
        }
    }
}

/// Parses a text, whose errors must be such as can be shown.
fn answer(text: &str) {
    for mode in [Mode::Module, Mode::Expression, Mode::Interactive] {
        let source = Source::new("test", text);
        let Err(errors) = parse(&source, mode) else { continue };
        assert!(!errors.is_empty());
        for error in errors {
            assert!(error.span.start <= error.span.end && error.span.end as usize <= text.len(), "{text}\n{error:?}");
            let shown = render(&error, &source, false);
            for name in ["NEWLINE", "INDENT", "DEDENT", "FSTRING", "STRING_", "FIELD", "WITH("] {
                assert!(!shown.contains(name), "{shown}");
            }
        }
    }
}
