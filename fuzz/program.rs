//! Random programs: every choice is taken from the fuzzer's bytes, so that a change of one byte changes one choice.
//!
//! They need not make sense, they need to reach far: what fails is caught and logged, loops are short, and names are
//! few, so that most of what is used has been bound.

use std::fmt::Write;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

/// What every program begins with: the log, an awaitable, a context manager, and a driver of coroutines.
const PRELUDE: &str = "\
log = []
def note(*values):
    for value in values:
        try:
            log.append(repr(value)[:300])
        except BaseException as error:
            log.append(type(error).__name__)
    return values[0] if values else None
def fault(error):
    log.append(f'{type(error).__name__}: {error}'[:300])
class Wait:
    def __init__(self, value=0): self.value = value
    def __await__(self):
        got = yield self.value
        return got
class Guard:
    def __init__(self, swallow=False): self.swallow = swallow
    def __enter__(self): note('enter'); return self
    def __exit__(self, kind, error, trace): note('exit', kind); return self.swallow
    async def __aenter__(self): await Wait(1); note('aenter'); return 5
    async def __aexit__(self, *error): await Wait(2); note('aexit'); return self.swallow
class Steps:
    def __init__(self, n=3): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        await Wait(self.n)
        self.n -= 1
        if self.n < 0: raise StopAsyncIteration
        return self.n
def drive(thing, turns=12):
    try:
        if hasattr(thing, '__anext__'): thing = thing.__anext__()
        for turn in range(turns): note(thing.send(None if turn % 3 else turn and None))
        thing.close()
    except StopIteration as stop: note(stop.value)
    except BaseException as error: fault(error)
a, b, c, d, x, y = 1, 'text', [1, 2, 3], {'k': 1, 2: 'v'}, (4, 5.5), {1, 2}
def f(*args, **kwargs): return args or kwargs
g = h = f
class K: pass
";

const NAMES: [&str; 10] = ["a", "b", "c", "d", "x", "y", "f", "g", "h", "K"];
const ATTRIBUTES: [&str; 12] =
    ["x", "y", "m", "__class__", "__dict__", "__doc__", "__name__", "real", "append", "items", "value", "__mro__"];
const BINARY: [&str; 22] = [
    "+", "-", "*", "/", "//", "%", "@", "&", "|", "^", "<<", ">>", "==", "!=", "<", ">", "<=", ">=", "in", "not in",
    "is", "and",
];
const AUGMENTED: [&str; 8] = ["+=", "-=", "*=", "//=", "%=", "|=", "&=", "@="];
const SPECIAL: [&str; 30] = [
    "__add__(self, o)",
    "__radd__(self, o)",
    "__eq__(self, o)",
    "__lt__(self, o)",
    "__hash__(self)",
    "__len__(self)",
    "__bool__(self)",
    "__iter__(self)",
    "__next__(self)",
    "__getitem__(self, o)",
    "__setitem__(self, o, p)",
    "__delitem__(self, o)",
    "__contains__(self, o)",
    "__call__(self, *o, **p)",
    "__getattr__(self, o)",
    "__setattr__(self, o, p)",
    "__repr__(self)",
    "__str__(self)",
    "__index__(self)",
    "__enter__(self)",
    "__exit__(self, *o)",
    "__get__(self, o, p=None)",
    "__set__(self, o, p)",
    "__set_name__(self, o, p)",
    "__init_subclass__(cls, **o)",
    "__new__(cls, *o)",
    "__init__(self, *o)",
    "__format__(self, o)",
    "__await__(self)",
    "__missing__(self, o)",
];
const ERRORS: [&str; 12] = [
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "StopIteration",
    "ZeroDivisionError",
    "AttributeError",
    "Exception",
    "BaseException",
    "RuntimeError",
    "GeneratorExit",
    "ExceptionGroup('g', [ValueError(1), TypeError(2)])",
];
const ONE: [&str; 36] = [
    "len",
    "list",
    "tuple",
    "set",
    "dict",
    "iter",
    "repr",
    "str",
    "int",
    "float",
    "bool",
    "sum",
    "min",
    "max",
    "sorted",
    "reversed",
    "enumerate",
    "any",
    "all",
    "abs",
    "type",
    "callable",
    "frozenset",
    "bytes",
    "bytearray",
    "ascii",
    "note",
    "next",
    "super",
    "property",
    "staticmethod",
    "classmethod",
    "round",
    "hex",
    "drive",
    "memoryview",
];
const MORE: [&str; 24] = [
    "map({}, {})",
    "list(map({}, {}))",
    "filter({}, {})",
    "zip({}, {})",
    "sorted({}, key={})",
    "max({}, key={})",
    "getattr({}, 'x', {})",
    "isinstance({}, {})",
    "divmod({}, {})",
    "next({}, {})",
    "print({}, end='', sep={})",
    "sum({}, {})",
    "'{{:>{{}}}}'.format({}, {})",
    "'%s %r' % ({}, {})",
    "', '.join([{}, {}])",
    "dict([({}, {})])",
    "{}.send({})",
    "{}.throw({})",
    "setattr({}, 'x', {})",
    "type('N', ({},), {{'m': {}}})",
    "list({}) + list({})",
    "slice({}, {})",
    "'{{0!r:{{1}}}}'.format({}, {})",
    "iter({}, {})",
];
const METHODS: [&str; 30] = [
    "append({})",
    "pop()",
    "pop({})",
    "extend({})",
    "sort()",
    "reverse()",
    "insert(0, {})",
    "remove({})",
    "index({})",
    "clear()",
    "copy()",
    "update({})",
    "setdefault({}, 1)",
    "get({})",
    "keys()",
    "values()",
    "items()",
    "add({})",
    "discard({})",
    "union({})",
    "split({})",
    "join({})",
    "replace('t', {})",
    "upper()",
    "encode()",
    "close()",
    "__next__()",
    "popitem()",
    "x",
    "m({})",
];
const MODULES: [&str; 12] = [
    "import functools as a",
    "from functools import partial as f",
    "from functools import reduce as g",
    "from itertools import chain as f",
    "from itertools import groupby as g",
    "from collections import deque as K",
    "from collections import defaultdict as K",
    "from collections import OrderedDict as K",
    "import copy as d",
    "from contextlib import contextmanager as f",
    "from functools import lru_cache as f",
    "from operator import itemgetter as g",
];

/// A program.
#[derive(Debug)]
pub struct Program {
    /// Its text.
    pub text: String,
    /// Has it generators or coroutines of its own?
    pub suspends: bool,
}

impl<'a> Arbitrary<'a> for Program {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Program> {
        let mut writer = Writer { bytes, text: PRELUDE.to_owned(), indentation: 0, place: Place::default(), room: 400 };
        while !writer.bytes.is_empty() && writer.room > 0 {
            writer.guarded(3)?;
        }
        let own = &writer.text[PRELUDE.len()..];
        let suspends = ["yield", "async", "contextmanager"].iter().any(|word| own.contains(word));
        Ok(Program { suspends, text: writer.text })
    }
}

/// What may stand here.
#[derive(Clone, Copy, Default)]
struct Place {
    in_function: bool,
    is_async: bool,
    in_loop: bool,
    /// `yield` may stand here.
    yields: bool,
    in_class: bool,
}

struct Writer<'bytes, 'a> {
    bytes: &'bytes mut Unstructured<'a>,
    text: String,
    indentation: usize,
    place: Place,
    /// How many more statements there may be.
    room: usize,
}

impl Writer<'_, '_> {
    fn pick(&mut self, choices: &[&'static str]) -> Result<&'static str> {
        Ok(*self.bytes.choose(choices)?)
    }

    fn below(&mut self, end: u32) -> Result<u32> {
        self.bytes.int_in_range(0..=end - 1)
    }

    fn line(&mut self, text: &str) {
        writeln!(self.text, "{:width$}{text}", "", width = self.indentation).expect("a string takes all");
    }

    // ----- statements

    /// A statement whose exception is logged.
    fn guarded(&mut self, depth: u32) -> Result<()> {
        self.line("try:");
        self.block(depth)?;
        self.line("except BaseException as error: fault(error)");
        Ok(())
    }

    fn block(&mut self, depth: u32) -> Result<()> {
        self.indentation += 1;
        for _ in 0..=self.below(3)? {
            self.statement(depth)?;
        }
        self.indentation -= 1;
        Ok(())
    }

    fn in_place(&mut self, place: Place, depth: u32) -> Result<()> {
        let outer = std::mem::replace(&mut self.place, place);
        let result = self.block(depth);
        self.place = outer;
        result
    }

    fn statement(&mut self, depth: u32) -> Result<()> {
        if self.room == 0 || self.bytes.is_empty() {
            self.line("pass");
            return Ok(());
        }
        self.room -= 1;
        if depth == 0 {
            return self.simple();
        }
        match self.below(20)? {
            0 => self.function(depth)?,
            1 => self.class(depth)?,
            2 => self.attempt(depth)?,
            3 => self.selection(depth)?,
            4 => self.repetition(depth)?,
            5 => self.managed(depth)?,
            6 => self.matching(depth)?,
            7 => self.guarded(depth - 1)?,
            _ => self.simple()?,
        }
        Ok(())
    }

    fn simple(&mut self) -> Result<()> {
        let text = match self.below(21)? {
            0..=5 => format!("{} = {}", self.target()?, self.expression(3)?),
            6..=10 => format!("note({})", self.expression(3)?),
            11 => format!("{} {} {}", self.single_target()?, self.pick(&AUGMENTED)?, self.expression(2)?),
            12 => format!("del {}", self.single_target()?),
            13 => format!("raise {}", self.error()?),
            14 if self.place.in_function => format!("return {}", self.returned()?),
            15 if self.place.in_loop => self.pick(&["break", "continue"])?.to_owned(),
            16 => format!("assert {}, {}", self.expression(2)?, self.expression(1)?),
            17 => self.pick(&MODULES)?.to_owned(),
            18 => {
                let code = self.expression(2)?;
                format!("note({}({code:?}))", self.pick(&["eval", "exec"])?)
            }
            19 => format!("{}: {} = {}", self.name()?, self.expression(1)?, self.expression(2)?),
            _ => self.expression(4)?,
        };
        self.line(&text);
        Ok(())
    }

    /// An async generator returns nothing.
    fn returned(&mut self) -> Result<String> {
        if self.place.is_async && self.place.yields { Ok(String::new()) } else { self.expression(2) }
    }

    fn error(&mut self) -> Result<String> {
        let error = self.pick(&ERRORS)?;
        let mut text = match self.below(2)? {
            0 if !error.ends_with(')') => format!("{error}({})", self.expression(1)?),
            _ => error.to_owned(),
        };
        if self.below(4)? == 0 {
            write!(text, " from {}", self.pick(&["None", "ValueError(1)", "KeyError"])?).expect("a string takes all");
        }
        Ok(text)
    }

    fn function(&mut self, depth: u32) -> Result<()> {
        let is_async = self.below(3)? == 0;
        let yields = self.below(2)? == 0;
        for _ in 0..self.below(2)? {
            let decorator = self.pick(&["staticmethod", "f", "property", "K", "note", "g", "classmethod"])?;
            self.line(&format!("@{decorator}"));
        }
        let name = self.pick(&["f", "g", "h", "m", "x"])?;
        let parameters = match self.below(6)? {
            0 => String::new(),
            1 => "a".to_owned(),
            2 => format!("a, b={}", self.expression(1)?),
            3 => "*a, **b".to_owned(),
            4 => format!("a, /, b=1, *c, d={}", self.expression(1)?),
            _ => "self, x=0, *, y=None".to_owned(),
        };
        self.line(&format!("{}def {name}({parameters}):", if is_async { "async " } else { "" }));
        self.in_place(Place { in_function: true, is_async, yields, ..Place::default() }, depth - 1)?;
        if yields {
            self.line(" yield 7");
        }
        if is_async && self.below(2)? == 0 {
            self.line(&format!("drive({name}())"));
        } else if yields {
            {
                let text = format!("{} = {name}({})", self.pick(&NAMES)?, self.expression(1)?);
                self.line(&text)
            };
        }
        Ok(())
    }

    fn class(&mut self, depth: u32) -> Result<()> {
        let bases = self.pick(&[
            "",
            "(K)",
            "(dict)",
            "(list)",
            "(int)",
            "(str)",
            "(Exception)",
            "(K, object)",
            "(type)",
            "(set)",
            "(K, metaclass=type)",
            "(tuple)",
        ])?;
        let name = self.pick(&["K", "K", "L", "M"])?;
        self.line(&format!("class {name}{bases}:"));
        self.indentation += 1;
        for _ in 0..=self.below(4)? {
            if self.room == 0 {
                break;
            }
            self.room -= 1;
            match self.below(6)? {
                0 => {
                    let text = format!("x = {}", self.expression(2)?);
                    self.line(&text)
                }
                1 => self.line("__slots__ = ('x', 'y')"),
                2 => {
                    self.place.in_class = true;
                    self.function(depth)?;
                }
                _ => {
                    let yields = self.below(5)? == 0;
                    let head = self.pick(&SPECIAL)?;
                    self.line(&format!("def {head}:"));
                    self.in_place(Place { in_function: true, yields, ..Place::default() }, depth - 1)?;
                    if self.below(2)? == 0 {
                        {
                            let text = format!(" return {}", self.expression(2)?);
                            self.line(&text)
                        };
                    }
                }
            }
        }
        self.line("pass");
        self.indentation -= 1;
        self.place.in_class = false;
        if self.below(3)? != 0 {
            {
                let text = format!("{} = {name}({})", self.pick(&NAMES)?, self.pick(&["", "1", "x", "*c"])?);
                self.line(&text)
            };
        }
        Ok(())
    }

    fn attempt(&mut self, depth: u32) -> Result<()> {
        self.line("try:");
        self.block(depth - 1)?;
        let kind = self.below(5)?;
        if kind < 4 {
            let error = self.pick(&ERRORS[..11])?;
            let star = if kind == 3 { "*" } else { "" };
            self.line(&format!("except{star} {error} as e:"));
            let place = Place {
                in_loop: self.place.in_loop && kind != 3,
                in_function: self.place.in_function && kind != 3,
                ..self.place
            };
            let place =
                if kind == 3 { Place { in_function: false, yields: self.place.yields, ..place } } else { place };
            self.in_place(place, depth - 1)?;
        }
        if kind == 1 {
            self.line("else:");
            self.block(depth - 1)?;
        }
        if kind != 0 && kind != 3 {
            self.line("finally:");
            self.block(depth - 1)?;
        }
        Ok(())
    }

    fn selection(&mut self, depth: u32) -> Result<()> {
        let condition = self.expression(3)?;
        self.line(&format!("if {condition}:"));
        self.block(depth - 1)?;
        if self.below(2)? == 0 {
            self.line("else:");
            self.block(depth - 1)?;
        }
        Ok(())
    }

    fn repetition(&mut self, depth: u32) -> Result<()> {
        let is_async = self.place.is_async && self.below(3)? == 0;
        let over = match self.below(5)? {
            _ if is_async => "Steps()".to_owned(),
            0 => self.expression(2)?,
            1 => "zip(range(3), 'abc')".to_owned(),
            2 => "list(d)[:3]".to_owned(),
            _ => format!("range({})", self.below(4)?),
        };
        let target = if self.below(4)? == 0 { "a, *b" } else { "a" };
        self.line(&format!("{}for {target} in {over}:", if is_async { "async " } else { "" }));
        self.in_place(Place { in_loop: true, ..self.place }, depth - 1)?;
        if self.below(4)? == 0 {
            self.line("else:");
            self.block(depth - 1)?;
        }
        Ok(())
    }

    fn managed(&mut self, depth: u32) -> Result<()> {
        let is_async = self.place.is_async && self.below(2)? == 0;
        let manager = self.pick(&["Guard()", "Guard(True)", "x", "Guard() as a, Guard(True)"])?;
        let name = if self.below(2)? == 0 { " as y" } else { "" };
        self.line(&format!("{}with {manager}{name}:", if is_async { "async " } else { "" }));
        self.block(depth - 1)
    }

    fn matching(&mut self, depth: u32) -> Result<()> {
        let subject = self.expression(2)?;
        self.line(&format!("match {subject}:"));
        self.indentation += 1;
        for _ in 0..=self.below(3)? {
            let pattern = self.pick(&[
                "1",
                "'text'",
                "None",
                "[]",
                "[a, *_]",
                "[1, x]",
                "{'k': y}",
                "{**d}",
                "int(a)",
                "str() | bytes()",
                "K(x=a)",
                "(a, b) if a",
                "{2: _, **c}",
                "list([a])",
                "-1 | 2.5",
                "[*_, (x, y)]",
            ])?;
            self.line(&format!("case {pattern}:"));
            self.block(depth - 1)?;
        }
        self.indentation -= 1;
        Ok(())
    }

    // ----- expressions

    fn name(&mut self) -> Result<&'static str> {
        self.pick(&NAMES)
    }

    fn single_target(&mut self) -> Result<String> {
        Ok(match self.below(6)? {
            0 => format!("{}.{}", self.name()?, self.pick(&ATTRIBUTES)?),
            1 => format!("{}[{}]", self.name()?, self.expression(1)?),
            2 => format!("{}[{}:]", self.name()?, self.expression(1)?),
            _ => self.name()?.to_owned(),
        })
    }

    fn target(&mut self) -> Result<String> {
        Ok(match self.below(8)? {
            0 => format!("{}, {}", self.single_target()?, self.single_target()?),
            1 => format!("{}, *{}", self.single_target()?, self.name()?),
            2 => format!("{} = {}", self.single_target()?, self.single_target()?),
            3 => format!("[{}, ({}, {})]", self.name()?, self.name()?, self.single_target()?),
            _ => self.single_target()?,
        })
    }

    fn literal(&mut self) -> Result<&'static str> {
        self.pick(&[
            "0",
            "1",
            "-1",
            "2",
            "3.5",
            "'s'",
            "'k'",
            "b'b'",
            "None",
            "True",
            "()",
            "[]",
            "{}",
            "2 ** 70",
            "float('nan')",
            "'\\u00e9t\\U0001f600'",
            "...",
            "1j",
            "set()",
            "2 ** 48",
            "float('inf')",
            "''",
            "range(3)",
            "NotImplemented",
        ])
    }

    fn expression(&mut self, depth: u32) -> Result<String> {
        if depth == 0 || self.bytes.is_empty() {
            return Ok(if self.below(2)? == 0 { self.literal()? } else { self.name()? }.to_owned());
        }
        let depth = depth - 1;
        Ok(match self.below(32)? {
            0..=2 => self.name()?.to_owned(),
            3..=4 => self.literal()?.to_owned(),
            5..=7 => format!("({} {} {})", self.expression(depth)?, self.pick(&BINARY)?, self.expression(depth)?),
            8 => format!("({}{})", self.pick(&["-", "not ", "~", "+"])?, self.expression(depth)?),
            9 => format!("({} < {} <= {})", self.expression(depth)?, self.name()?, self.expression(depth)?),
            10..=11 => format!("{}({})", self.pick(&ONE)?, self.expression(depth)?),
            12 => {
                let form = self.pick(&MORE)?;
                let (first, second) = (self.expression(depth)?, self.expression(depth)?);
                form.replacen("{}", &first, 1).replacen("{}", &second, 1).replace("{{", "{").replace("}}", "}")
            }
            13..=14 => {
                let method = self.pick(&METHODS)?;
                format!("{}.{}", self.name()?, method.replace("{}", &self.expression(depth)?))
            }
            15 => format!("{}.{}", self.expression(depth)?, self.pick(&ATTRIBUTES)?).replace("1.", "1 ."),
            16 => format!("{}[{}]", self.expression(depth)?, self.expression(depth)?),
            17 => format!("{}[{}:{}]", self.name()?, self.expression(depth)?, self.expression(depth)?),
            18..=20 => self.call(depth)?,
            21 => format!("[{}, {}, *{}]", self.expression(depth)?, self.expression(depth)?, self.name()?),
            22 => format!("({}, {})", self.expression(depth)?, self.expression(depth)?),
            23 => format!("{{{}: {}, **{}}}", self.expression(depth)?, self.expression(depth)?, self.name()?),
            24 => self.comprehension(depth)?,
            25 => {
                format!("({} if {} else {})", self.expression(depth)?, self.expression(depth)?, self.expression(depth)?)
            }
            26 => self.lambda(depth)?,
            27 => format!("f'{{{}!r:>{{{}}}}}'", self.name()?, self.pick(&["1", "a", "20", "b"])?),
            28 if !self.place.in_class => format!("({} := {})", self.name()?, self.expression(depth)?),
            29 if self.place.yields => match self.below(3)? {
                0 if !self.place.is_async => format!("(yield from {})", self.expression(depth)?),
                _ => format!("(yield {})", self.expression(depth)?),
            },
            30 if self.place.is_async => match self.below(3)? {
                0 => format!("(await {})", self.expression(depth)?),
                1 => "[(await Wait(a)) async for a in Steps()]".to_owned(),
                _ => format!("(await Wait({}))", self.expression(depth)?),
            },
            _ => format!("f'{{{}}} {{{}=}}'", self.name()?, self.name()?),
        })
    }

    fn call(&mut self, depth: u32) -> Result<String> {
        let callee = self.pick(&["f", "g", "h", "K", "f", "g", "a.m", "x", "K.m", "(lambda *a, **k: (a, k))"])?;
        Ok(match self.below(6)? {
            0 => format!("{callee}()"),
            1 => format!("{callee}({})", self.expression(depth)?),
            2 => format!("{callee}({}, {})", self.expression(depth)?, self.expression(depth)?),
            3 => format!("{callee}(*{})", self.expression(depth)?),
            4 => format!("{callee}({}, b={}, **{})", self.expression(depth)?, self.expression(depth)?, self.name()?),
            _ => format!("{callee}(a={}, *{})", self.expression(depth)?, self.name()?),
        })
    }

    /// What is in a comprehension or a lambda of its own neither yields nor awaits here.
    fn plainly(&mut self, depth: u32) -> Result<String> {
        let outer = self.place;
        (self.place.yields, self.place.is_async) = (false, false);
        let result = self.expression(depth);
        self.place = outer;
        result
    }

    fn lambda(&mut self, depth: u32) -> Result<String> {
        let parameters = self.pick(&["", " a", " *a", " a, b=1", " self, *a"])?;
        let in_class = std::mem::take(&mut self.place.in_class);
        let body = self.plainly(depth);
        self.place.in_class = in_class;
        Ok(format!("(lambda{parameters}: {})", body?))
    }

    fn comprehension(&mut self, depth: u32) -> Result<String> {
        let class = std::mem::replace(&mut self.place.in_class, true);
        let parts = (|| Ok((self.plainly(depth)?, self.plainly(depth)?)))();
        self.place.in_class = class;
        let (element, condition) = parts?;
        let over = self.pick(&["c", "range(3)", "d", "'ab'", "y", "x", "f(1, 2)", "zip(c, c)"])?;
        Ok(match self.below(5)? {
            0 => format!("[{element} for a in {over}]"),
            1 => format!("[{element} for a in {over} if {condition}]"),
            2 => format!("{{a: {element} for a in {over}}}"),
            3 => format!("({element} for a in {over} for b in c)"),
            _ => format!("{{{element} for a in {over}}}"),
        })
    }
}
