//! The shapes the compiler gives to small functions, and what it refuses.

use std::rc::Rc;

use crate::bytecode::code::Code;
use crate::bytecode::disassembler::disassemble;
use crate::bytecode::verifier::verify;
use crate::compiler::compile::{Options, compile};
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::syntax::ast::Mode;
use crate::syntax::parser::parse;

fn compiled(text: &str) -> Result<Rc<Code>, Diagnostic> {
    let source = Rc::new(Source::new("<test>", text));
    let module = parse(&source, Mode::Module).map_err(|mut found| found.remove(0))?;
    compile(&module, &source, Options::default()).map_err(|mut found| found.remove(0))
}

/// The instructions of the first function of a text, one a line, without words and line numbers.
fn shape(text: &str) -> String {
    let code = compiled(text).expect("the tests compile");
    check(&code);
    let listing = disassemble(&code.codes[0]);
    let listing = listing.split("\n\n").next().unwrap_or_default();
    let lines = listing.lines().skip(1).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = words.iter().position(|word| word.starts_with(char::is_alphabetic) && *word != "t0").unwrap_or(0);
        words[name..].join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(code: &Code) {
    assert_eq!(verify(code), Ok(()));
    code.codes.iter().for_each(|code| check(code));
}

fn assert_shape(text: &str, expected: &[&str]) {
    assert_eq!(shape(text), expected.join("\n"), "of {text}");
}

fn assert_refused(text: &str, message: &str) {
    match compiled(text) {
        Ok(_) => panic!("{text} compiles"),
        Err(diagnostic) => assert_eq!(diagnostic.message, message, "of {text}"),
    }
}

#[test]
fn results_go_where_they_are_wanted() {
    assert_shape("def f(b, c):\n a = b + c\n return a", &["Add a, b, c", "Return a"]);
    assert_shape(
        "def f(a, x):\n a = a.b[x]\n return a",
        &["LoadAttribute t0, a, b", "LoadSubscript a, t0, x", "Return a"],
    );
}

#[test]
fn locals_are_copied_only_if_rebound() {
    assert_shape("def f(x):\n return x + (x := 2)", &["Move t0, x", "LoadInt x, 2", "Add t0, t0, x", "Return t0"]);
    assert_shape("def f(x):\n return x + x", &["Add t0, x, x", "Return t0"]);
}

#[test]
fn an_old_value_lasts_until_the_new_one_is_complete() {
    assert_shape(
        "def f(x, y):\n x = y or x.z\n return x",
        &["JumpIfTrue y, -> 6", "LoadAttribute x, x, z", "Jump -> 7", "Move x, y", "Return x"],
    );
}

#[test]
fn parallel_assignments_build_no_tuple() {
    assert_shape("def f(a, b):\n a, b = b, a + b\n return b", &["Add t0, a, b", "Move a, b", "Move b, t0", "Return b"]);
    assert_shape("def f(a, b):\n a, b = b, a\n return b", &["Move t0, a", "Move a, b", "Move b, t0", "Return b"]);
}

#[test]
fn conditions_are_jumps() {
    assert_shape(
        "def f(a, b):\n if a < 3 and not b is None: return 1\n return 2",
        &[
            "JumpLessInt a, 3, -> 4, a=0",
            "JumpIfNone b, -> 4",
            "LoadInt t0, 1",
            "Return t0",
            "LoadInt t0, 2",
            "Return t0",
        ],
    );
}

#[test]
fn loops_jump_once_a_round() {
    assert_shape(
        "def f(n):\n while n > 0:\n  n -= 1",
        &[
            "Nothing",
            "JumpGreaterInt n, 0, -> 4, a=0",
            "SubtractInt n, n, 1, a=1",
            "JumpBack -> 1, 1",
            "LoadNone t0",
            "Return t0",
        ],
    );
    assert_shape(
        "def f(d):\n for k, v in d:\n  if k: break",
        &[
            "GetIterator t0, d",
            "ForIterate t1, t0, -> 5",
            "Unpack k, t1, 2",
            "JumpIfTrue k, -> 5",
            "JumpBack -> 1, 4",
            "LoadNone t0",
            "Return t0",
        ],
    );
}

#[test]
fn constants_are_folded_and_dead_code_is_dropped() {
    assert_shape("def f():\n if 0: return g()\n return 2 ** 10 - -1", &["LoadInt t0, 1025", "Return t0"]);
    assert_shape("def f():\n return (1, 'a' 'b', -2.5)", &["LoadConstant t0, (1, \"ab\", -2.5)", "Return t0"]);
}

#[test]
fn only_doubtful_locals_are_checked() {
    assert_shape(
        "def f(a):\n if a: x = 1\n return x",
        &["JumpIfFalse a, -> 2", "LoadInt x, 1", "CheckBound x, x", "Return x"],
    );
}

#[test]
fn calls_use_a_window() {
    assert_shape(
        "def f(g, x):\n y = g(x, k=x.m(1))\n return y",
        &[
            "Move t0, g",
            "Move t1, x",
            "LoadMethod t2, x, m",
            "LoadInt t4, 1",
            "CallMethod t2, t2, a=1, -",
            "Call y, t0, a=2, (\"k\",)",
            "Return y",
        ],
    );
}

#[test]
fn zero_argument_super_makes_no_object() {
    let code = compiled("class A:\n def f(self, x):\n  return super().f(x)").expect("compiles");
    let listing = disassemble(&code.codes[0].codes[0]);
    assert!(listing.contains("LoadSuperMethod    t0, t0, f"), "{listing}");
}

#[test]
fn comprehensions_run_in_their_frame() {
    assert_shape(
        "def f(a):\n return [x * 2 for x in a if x]",
        &[
            "GetIterator t1, a",
            "BuildList t0, 0",
            "ForIterate t2, t1, -> 7",
            "JumpIfFalse t2, -> 6",
            "MultiplyInt t3, t2, 2",
            "ListAppend t0, t3",
            "JumpBack -> 2, 4",
            "Return t0",
        ],
    );
}

#[test]
fn short_jumps_go_far_through_wide_ones() {
    let body = "  x = a + b\n".repeat(40_000);
    let text = format!("def f(n, a, b):\n for i in n:\n  if i < 3: break\n{body}");
    let code = compiled(&text).expect("compiles");
    check(&code);
    let listing = disassemble(&code.codes[0]);
    assert!(listing.contains("ForIterate         i, t0, -> 3"), "{}", &listing[..600]);
}

#[test]
fn long_displays_need_few_registers() {
    let code = compiled(&format!("x = [{}]", "a, ".repeat(100_000))).expect("compiles");
    assert!(code.registers < 10);
    let code = compiled(&format!("x = [{}]", "1, ".repeat(100_000))).expect("compiles");
    assert!(code.instructions.len() < 10);
}

#[test]
fn too_many_locals_are_refused() {
    let body: String = (0..66_000).map(|number| format!(" x{number} = 1\n")).collect();
    let message = "too many local variables or nested expressions in one function";
    assert_refused(&format!("def f():\n{body}"), message);
}

#[test]
fn an_expression_that_is_too_large_is_pointed_at() {
    let text = format!("a = 1\nx = {}\nprint(x)\n", ["a"; 70_000].join(" < "));
    let span = compiled(&text).expect_err("there are too few registers").span;
    assert!(span.start >= 6 && (span.end as usize) < text.len() - 9, "{span:?}");
}

#[test]
fn misplaced_statements_are_refused() {
    assert_refused("return 1", "'return' outside function");
    assert_refused("def f():\n  class A:\n    yield", "'yield' outside function");
    assert_refused("await x", "'await' outside function");
    assert_refused("def f(): await x", "'await' outside async function");
    assert_refused("break", "'break' outside loop");
    assert_refused("if 1: continue", "'continue' not properly in loop");
    assert_refused("def f():\n for x in y:\n  def g(): break", "'break' outside loop");
    assert_refused("async def f():\n yield\n return 1", "'return' with value in async generator");
    assert_refused("def f(): [x async for x in y]", "asynchronous comprehension outside of an asynchronous function");
    assert_refused("def f():\n from a import *", "import * only allowed at module level");
    assert_refused("try: pass\nexcept: pass\nexcept A: pass", "default 'except:' must be last");
    assert_refused(
        "for x in y:\n try: pass\n except* A: break",
        "'break', 'continue' and 'return' cannot appear in an except* block",
    );
}

#[test]
fn contradicting_names_are_refused() {
    assert_refused("def f():\n x = 1\n global x", "name 'x' is assigned to before global declaration");
    assert_refused("def f():\n print(x)\n global x", "name 'x' is used prior to global declaration");
    assert_refused("def f(x): global x", "name 'x' is parameter and global");
    assert_refused("nonlocal x", "nonlocal declaration not allowed at module level");
    assert_refused("def f(): nonlocal x", "no binding for nonlocal 'x' found");
    assert_refused("def f(a, a): pass", "duplicate argument 'a' in function definition");
    assert_refused("a, *b, *c = d", "multiple starred expressions in assignment");
    assert_refused("*a = b", "starred assignment target must be in a list or tuple");
    let message = "assignment expression cannot rebind comprehension iteration variable 'x'";
    assert_refused("[x := 1 for x in y]", message);
}

#[test]
fn pointless_patterns_are_refused() {
    assert_refused("match x:\n case _: pass\n case 1: pass", "wildcard makes remaining patterns unreachable");
    assert_refused("match x:\n case y: pass\n case 1: pass", "name capture 'y' makes remaining patterns unreachable");
    assert_refused("match x:\n case [a, a]: pass", "multiple assignments to name 'a' in pattern");
    assert_refused("match x:\n case [a] | b: pass", "alternative patterns bind different names");
}
