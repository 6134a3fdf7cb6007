//! Code: what the compiler makes of a module, function, class body or comprehension.
//!
//! Code holds constants, not values, and so needs no heap; the function object made from it turns them into
//! values. It never changes: caches and quickening live in the copy a running program has of the instructions.

use std::rc::Rc;

use num_bigint::BigInt;

use crate::bytecode::instruction::Instruction;
use crate::source::{Source, Span};

/// A compiled unit.
#[derive(Debug)]
pub struct Code {
    /// `f`; `<module>`, `<lambda>`, `<listcomp>`, `<genexpr>` for those without a name.
    pub name: Rc<str>,
    /// `A.f`, `g.<locals>.f`
    pub qualified_name: Rc<str>,
    /// The text it was compiled from.
    pub source: Rc<Source>,
    /// The line of its first decorator or of its `def`; 1 for a module.
    pub first_line: u32,
    /// What it is and needs.
    pub kind: CodeKind,
    /// Its parameters, whose registers are the first ones, in this order: positional-only, positional,
    /// keyword-only, `*args`, `**kwargs`.
    pub parameters: ParameterCounts,
    /// Names of the registers of parameters and other locals; the temporaries have none.
    pub locals: Vec<Rc<str>>,
    /// Registers of locals that hold cells, for `locals()`.
    pub cells: Vec<u16>,
    /// The variables of comprehensions that run in the frame, for `locals()`.
    pub inlined: Vec<InlinedVariable>,
    /// Names of the free variables.
    pub free: Vec<Rc<str>>,
    /// Where the function that makes a closure of this code finds each free variable.
    pub captures: Vec<Capture>,
    /// How many registers a frame needs.
    pub registers: u16,
    /// Instructions, each followed by its cache words, which are zero.
    pub instructions: Vec<Instruction>,
    /// What LoadConstant loads.
    pub constants: Vec<Constant>,
    /// Names of globals and attributes.
    pub names: Vec<Rc<str>>,
    /// Nested code.
    pub codes: Vec<Rc<Code>>,
    /// Handlers; of those that cover an instruction the first is taken.
    pub handlers: Vec<Handler>,
    /// Word offset and place, for every instruction from that word on.
    pub spans: Vec<(u32, Span)>,
    /// Has it a docstring? Then it is the first constant.
    pub has_docstring: bool,
    /// Does it hold `try ... finally` or `with`, or take GeneratorExit, so that dropping it while suspended has work to do?
    pub has_cleanup: bool,
}

/// A variable of a comprehension that runs in the frame around it.
#[derive(Clone, Debug)]
pub struct InlinedVariable {
    /// Its name.
    pub name: Rc<str>,
    /// Where it is.
    pub register: u16,
    /// Does the register hold a cell?
    pub is_cell: bool,
    /// The first word where it has a value.
    pub start: u32,
    /// The first word where it is no more.
    pub end: u32,
}

/// What a code is and what its frame needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// A module, or the argument of `exec` and `eval`: names are globals or, if asked so, of a namespace.
    Module,
    /// A module that awaits at its top level: runs as a coroutine.
    AsyncModule,
    /// A class body: names are looked up in the class's namespace.
    Class,
    /// A plain function.
    Function,
    /// Has `yield`.
    Generator,
    /// `async def`
    Coroutine,
    /// `async def` with `yield`.
    AsyncGenerator,
}

/// How many parameters of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParameterCounts {
    /// Before `/`.
    pub positional_only: u16,
    /// All that may be given by position, those before `/` included.
    pub positional: u16,
    /// After `*`.
    pub keyword_only: u16,
    /// Is there `*args`?
    pub variadic: bool,
    /// Is there `**kwargs`?
    pub keyword_variadic: bool,
}

/// A variable taken into a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The cell in a register of the enclosing frame.
    Local(u16),
    /// A free variable of the enclosing function.
    Free(u16),
}

/// A constant.
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
    /// The imaginary part of a complex number.
    Imaginary(f64),
    /// A string in WTF-8.
    Str(Rc<[u8]>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// A tuple: names of keyword arguments, a folded tuple of constants.
    Tuple(Rc<[Constant]>),
}

/// An entry of the exception table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First word covered.
    pub start: u32,
    /// First word no longer covered.
    pub end: u32,
    /// Where to go on.
    pub target: u32,
    /// The register that gets the exception; those above it are dead.
    pub register: u16,
}

impl Code {
    /// The place of the instruction at a word.
    pub fn span(&self, word: u32) -> Span {
        match self.spans.partition_point(|&(start, _)| start <= word) {
            0 => Span::default(),
            after => self.spans[after - 1].1,
        }
    }

    /// The line of the instruction at a word.
    pub fn line(&self, word: u32) -> u32 {
        self.source.line(self.span(word).start)
    }
}
