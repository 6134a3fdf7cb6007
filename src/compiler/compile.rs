//! The compiler: one tree in, one code out.
//!
//! This file has the entrance, the compiler's state, and what begins and ends a code. The state is a stack of
//! units, one for each code being made; statements and expressions are in files of their own.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::bytecode::code::{Capture, Code, CodeKind, Constant, ParameterCounts};
use crate::bytecode::instruction::Opcode;
use crate::compiler::assembler::assemble;
use crate::compiler::collect;
use crate::compiler::constant::{Pool, string};
use crate::compiler::emitter::{Emitter, Label, Register, RegisterSet};
use crate::compiler::exit::Block;
use crate::compiler::scope::{CAPTURED, DELETED, PARAMETER, Result, ScopeId, ScopeKind, Scopes, error};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::{self, ExpressionKind, Mode, Module, Name, Statement, StatementKind};

/// Annotations are kept as text, as after `from __future__ import annotations`.
pub const FUTURE_ANNOTATIONS: u32 = 0x100_0000;

/// How a text is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What it was parsed as.
    pub mode: Mode,
    /// Are its names those of a namespace of its own, as for `exec` with separate locals?
    pub namespace: bool,
    /// May it await outside of functions?
    pub top_level_await: bool,
    /// Of the constants in this file.
    pub flags: u32,
    /// Does the code report what the text is warned of when it runs?
    pub reports_warnings: bool,
    /// Do its generators tell a recorder what they do?
    pub recorded: bool,
}

impl Default for Options {
    /// A module in its own globals.
    fn default() -> Options {
        Options {
            mode: Mode::Module,
            namespace: false,
            top_level_await: false,
            flags: 0,
            reports_warnings: false,
            recorded: false,
        }
    }
}

/// Compiles a tree.
pub fn compile(
    module: &Module,
    source: &Rc<Source>,
    options: Options,
) -> std::result::Result<Rc<Code>, Vec<Diagnostic>> {
    let scopes = collect::scopes(module, &options)?;
    Compiler::module(module, source, &scopes, options).map_err(|diagnostic| vec![*diagnostic])
}

/// What is hardly meant in a text that compiles.
pub fn warnings(module: &Module, options: Options) -> Vec<Diagnostic> {
    let found = collect::scopes(module, &options).map_or_else(|_| Vec::new(), |scopes| scopes.warnings);
    module.warnings.iter().cloned().chain(found).collect()
}

/// A local of a unit.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Where it is.
    pub register: Register,
    /// Does the register hold a cell with the value?
    pub is_cell: bool,
}

/// A code that is being made.
pub struct Unit {
    /// Its instructions.
    pub emitter: Emitter,
    /// Its scope.
    pub scope: ScopeId,
    name: Name,
    qualified_name: String,
    /// What goes before the qualified names of what is defined inside.
    pub qualifier: String,
    /// What it is.
    pub kind: CodeKind,
    first_line: u32,
    /// Its parameters.
    pub parameters: ParameterCounts,
    /// Names of its locals.
    pub locals: Vec<Name>,
    cells: Vec<u16>,
    /// Where the locals of its scope, and of the comprehensions being compiled, are.
    pub variables: FxHashMap<ScopeId, FxHashMap<Name, Variable>>,
    names: Vec<Name>,
    name_numbers: FxHashMap<Name, u32>,
    /// Its constants.
    pub pool: Pool,
    /// Codes inside.
    pub codes: Vec<Rc<Code>>,
    /// The statements around this place that care how it is left.
    pub blocks: Vec<Block>,
    /// The comprehensions around this place that run in this frame.
    pub comprehensions: Vec<ScopeId>,
    /// From which item on variables of comprehensions have a value.
    pub inlined_from: FxHashMap<Register, u32>,
    /// Instructions that clear variables of comprehensions, should that be needed.
    pub clearings: FxHashMap<Register, u32>,
    /// Of a class: the attributes its methods assign to `self`.
    pub static_attributes: BTreeSet<Name>,
    /// Has it a docstring?
    pub has_docstring: bool,
    /// Has it `finally` or `with`, or an `except` that takes GeneratorExit?
    pub has_cleanup: bool,
}

/// What a new unit is like.
pub struct UnitHead {
    /// Its scope.
    pub scope: ScopeId,
    /// Its name.
    pub name: Name,
    /// Its qualified name.
    pub qualified_name: String,
    /// What it is.
    pub kind: CodeKind,
    /// Its parameters.
    pub parameters: ParameterCounts,
    /// Where it begins.
    pub span: Span,
}

/// The state of a compilation.
pub struct Compiler<'a> {
    /// The text.
    pub source: &'a Rc<Source>,
    /// What its names mean.
    pub scopes: &'a Scopes<'a>,
    /// How it is compiled.
    pub options: Options,
    /// The code being made.
    pub unit: Unit,
    /// The codes around it.
    pub outer: Vec<Unit>,
}

impl<'a> Compiler<'a> {
    fn module(
        module: &'a Module,
        source: &'a Rc<Source>,
        scopes: &'a Scopes<'a>,
        options: Options,
    ) -> Result<Rc<Code>> {
        let is_async = scopes.get(0).is_async;
        let kind = if is_async { CodeKind::AsyncModule } else { CodeKind::Module };
        let (parameters, span) = (ParameterCounts::default(), Span::default());
        let name: Name = "<module>".into();
        let head = UnitHead { scope: 0, qualified_name: name.to_string(), name, kind, parameters, span };
        let unit = Unit::new(scopes, source, head);
        let mut compiler = Compiler { source, scopes, options, unit, outer: Vec::new() };
        let end = Span::new(source.text.len() as u32, source.text.len() as u32);
        if options.reports_warnings {
            compiler.report_warnings(module);
        }
        match options.mode {
            Mode::Expression => compiler.sole_expression(module)?,
            Mode::Module | Mode::Interactive => compiler.module_body(module)?,
        }
        compiler.return_none(end);
        let (code, _) = compiler.finish(end)?;
        Ok(code)
    }

    fn sole_expression(&mut self, module: &'a Module) -> Result<()> {
        if let Some(Statement { kind: StatementKind::Expression(value), span, .. }) = module.body.first() {
            let register = self.expression(value, None)?;
            self.emit(Opcode::Return, 0, register, 0, 0, *span);
            self.unit.emitter.stop();
        }
        Ok(())
    }

    fn module_body(&mut self, module: &'a Module) -> Result<()> {
        let mut body = &module.body[..];
        if self.options.mode == Mode::Module
            && let Some(text) = docstring(body)
        {
            self.unit.has_docstring = true;
            self.unit.pool.number(text.clone());
            let register = self.constant(&text, None, body[0].span);
            self.store_name(&"__doc__".into(), register, body[0].span);
            self.release(register);
            body = &body[1..];
        }
        self.conditional_annotations();
        self.module_annotations("__annotate__")?;
        self.block(body)
    }

    /// Ends a body that returns nothing.
    pub fn return_none(&mut self, span: Span) {
        let register = self.allocate(1);
        self.emit(Opcode::LoadNone, 0, register, 0, 0, span);
        self.emit(Opcode::Return, 0, register, 0, 0, span);
        self.unit.emitter.stop();
    }

    // ----- units

    /// Begins a code inside the current one.
    pub fn begin(&mut self, head: UnitHead) {
        let span = head.span;
        let unit = Unit::new(self.scopes, self.source, head);
        self.outer.push(std::mem::replace(&mut self.unit, unit));
        for register in self.unit.cells.clone() {
            self.emit(Opcode::MakeCell, 0, register, 0, 0, span);
        }
    }

    /// Ends the code begun last and gives its number in the code around it.
    pub fn end(&mut self, span: Span) -> Result<u16> {
        let (code, outer) = self.finish(span)?;
        self.unit = outer.expect("a code that was begun stands in another");
        self.unit.codes.push(code);
        match u16::try_from(self.unit.codes.len() - 1) {
            Ok(number) => Ok(number),
            Err(_) => error("too many functions in one body", span),
        }
    }

    fn finish(&mut self, span: Span) -> Result<(Rc<Code>, Option<Unit>)> {
        let captures = self.captures();
        let outer = self.outer.pop();
        let placeholder = Unit::placeholder();
        let mut unit = std::mem::replace(&mut self.unit, placeholder);
        if let Some(place) = unit.emitter.exhausted {
            let span = if place == Span::default() { span } else { place };
            return error("too many local variables or nested expressions in one function", span);
        }
        if unit.names.len() > u16::MAX as usize {
            return error("too many names in one function", span);
        }
        let registers = unit.emitter.high_water;
        let assembled = assemble(std::mem::take(&mut unit.emitter));
        let code = Code {
            name: unit.name,
            qualified_name: unit.qualified_name.into(),
            source: self.source.clone(),
            first_line: unit.first_line,
            kind: unit.kind,
            parameters: unit.parameters,
            locals: unit.locals,
            cells: unit.cells,
            inlined: assembled.inlined,
            free: self.scopes.get(unit.scope).free.clone(),
            captures,
            registers,
            instructions: assembled.instructions,
            constants: unit.pool.list,
            names: unit.names,
            codes: unit.codes,
            handlers: assembled.handlers,
            spans: assembled.spans,
            has_docstring: unit.has_docstring,
            has_cleanup: unit.has_cleanup,
        };
        #[cfg(debug_assertions)]
        crate::bytecode::verifier::verify(&code).expect("the compiler makes code that holds together");
        Ok((Rc::new(code), outer))
    }

    /// Where the code around the current one has its free variables.
    fn captures(&self) -> Vec<Capture> {
        let Some(outer) = self.outer.last() else { return Vec::new() };
        let scope = self.scopes.get(self.unit.scope);
        scope.free.iter().map(|name| self.capture(outer, scope.parent, name)).collect()
    }

    fn capture(&self, outer: &Unit, mut parent: Option<ScopeId>, name: &Name) -> Capture {
        while let Some(id) = parent {
            let scope = self.scopes.get(id);
            if scope.unit != outer.scope {
                break;
            }
            if let Some(variable) = outer.variables.get(&id).and_then(|variables| variables.get(name)) {
                return Capture::Local(variable.register);
            }
            parent = scope.parent;
        }
        let free = self.scopes.get(outer.scope);
        Capture::Free(free.free_number(name).expect("a captured variable is passed through all functions between"))
    }

    // ----- shorthands

    /// Appends an instruction.
    pub fn emit(&mut self, opcode: Opcode, a: u8, b: u16, c: u16, d: u16, span: Span) {
        self.unit.emitter.emit(opcode, a, b, c, d, span);
    }

    /// Appends what tells a recorder of the generator, sync or async, if there is one.
    pub fn record(&mut self, what: u8, span: Span) {
        self.record_delegation(what, 0, span);
    }

    /// Likewise, of what is in a register.
    pub fn record_delegation(&mut self, what: u8, delegate: Register, span: Span) {
        if self.options.recorded && matches!(self.unit.kind, CodeKind::Generator | CodeKind::AsyncGenerator) {
            self.emit(Opcode::Record, what, 0, delegate, 0, span);
        }
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.unit.emitter.label()
    }

    /// Places a label here.
    pub fn place(&mut self, label: Label) {
        self.unit.emitter.place(label);
    }

    /// Appends a jump forwards.
    pub fn goto(&mut self, label: Label, span: Span) {
        self.unit.emitter.goto(label, span);
    }

    /// Appends a jump that may be taken or not.
    pub fn branch(&mut self, opcode: Opcode, a: u8, b: u16, c: u16, label: Label, span: Span) {
        self.unit.emitter.branch(opcode, a, b, c, label, span);
    }

    /// The first free register.
    pub fn mark(&self) -> Register {
        self.unit.emitter.mark()
    }

    /// Frees all registers from a mark on.
    pub fn release(&mut self, mark: Register) {
        self.unit.emitter.release(mark);
    }

    /// Takes adjacent registers.
    pub fn allocate(&mut self, count: usize) -> Register {
        self.unit.emitter.allocate(count)
    }

    /// The register a result goes to: where it is wanted, or a new one.
    pub fn target(&mut self, destination: Option<Register>) -> Register {
        destination.unwrap_or_else(|| self.allocate(1))
    }

    /// Is the register a temporary, free to be written before an expression has succeeded?
    pub fn is_scratch(&self, register: Register) -> bool {
        register as usize >= self.unit.locals.len()
    }

    /// Copies a register if it is not where it is wanted.
    pub fn deliver(&mut self, register: Register, destination: Option<Register>, span: Span) -> Register {
        match destination {
            Some(destination) if destination != register => {
                self.emit(Opcode::Move, 0, destination, register, 0, span);
                destination
            }
            _ => register,
        }
    }

    /// Loads a constant.
    pub fn constant(&mut self, constant: &Constant, destination: Option<Register>, span: Span) -> Register {
        let register = self.target(destination);
        let emitter = &mut self.unit.emitter;
        match constant {
            Constant::None => emitter.emit(Opcode::LoadNone, 0, register, 0, 0, span),
            Constant::Int(value) if i32::try_from(*value).is_ok() => {
                emitter.emit_wide(Opcode::LoadInt, 0, register, *value as i32, span);
            }
            _ => {
                let number = self.unit.pool.number(constant.clone());
                emitter.emit_wide(Opcode::LoadConstant, 0, register, number as i32, span);
            }
        }
        register
    }

    /// The number of a name in the table of names.
    pub fn name_number(&mut self, name: &Name) -> u16 {
        let unit = &mut self.unit;
        let next = unit.names.len() as u32;
        let number = *unit.name_numbers.entry(name.clone()).or_insert(next);
        if number == next {
            unit.names.push(name.clone());
        }
        number as u16
    }

    /// The number of a constant that an operand of 16 bits names, plus one.
    pub fn constant_operand(&mut self, constant: Constant, span: Span) -> Result<u16> {
        match u16::try_from(self.unit.pool.number(constant) + 1) {
            Ok(number) => Ok(number),
            Err(_) => error("too many constants in one function", span),
        }
    }

    /// The qualified name of something defined here.
    pub fn qualified(&self, name: &Name) -> String {
        let scope = self.scopes.get(self.unit.scope);
        match scope.flags(name) & crate::compiler::scope::GLOBAL {
            0 => format!("{}{name}", self.unit.qualifier),
            _ => name.to_string(),
        }
    }
}

impl Unit {
    fn new(scopes: &Scopes<'_>, source: &Source, head: UnitHead) -> Unit {
        let scope = scopes.get(head.scope);
        let mut unit = Unit::placeholder();
        let (mut variables, mut bound, mut fragile) =
            (FxHashMap::default(), RegisterSet::default(), RegisterSet::default());
        let implicit = [("__class__", scope.needs_class), ("__classdict__", scope.needs_namespace)];
        let in_class = scope.kind == ScopeKind::Class;
        let in_class = implicit.into_iter().filter(|&(_, needed)| in_class && needed).map(|(name, _)| Name::from(name));
        let has_locals = !matches!(scope.kind, ScopeKind::Module | ScopeKind::Class);
        let in_function = scope.bindings.iter().filter(|name| has_locals && scope.binds(name)).cloned();
        for name in in_class.chain(in_function) {
            let register = unit.locals.len().min(u16::MAX as usize) as Register;
            let flags = scope.flags(&name);
            let is_cell = flags & CAPTURED != 0 || scope.kind == ScopeKind::Class;
            if is_cell {
                unit.cells.push(register);
            }
            if flags & PARAMETER != 0 {
                bound.insert(register);
            }
            if flags & DELETED != 0 {
                fragile.insert(register);
            }
            variables.insert(name.clone(), Variable { register, is_cell });
            unit.locals.push(name);
        }
        unit.variables.insert(head.scope, variables);
        unit.emitter = Emitter::new(unit.locals.len(), bound);
        unit.emitter.fragile = fragile;
        unit.first_line = source.line(head.span.start);
        unit.qualifier = match scope.kind {
            ScopeKind::Module => String::new(),
            ScopeKind::Class => format!("{}.", head.qualified_name),
            _ => format!("{}.<locals>.", head.qualified_name),
        };
        Unit {
            scope: head.scope,
            name: head.name,
            qualified_name: head.qualified_name,
            kind: head.kind,
            parameters: head.parameters,
            ..unit
        }
    }

    fn placeholder() -> Unit {
        Unit {
            emitter: Emitter::default(),
            scope: 0,
            name: "".into(),
            qualified_name: String::new(),
            qualifier: String::new(),
            kind: CodeKind::Module,
            first_line: 0,
            parameters: ParameterCounts::default(),
            locals: Vec::new(),
            cells: Vec::new(),
            variables: FxHashMap::default(),
            names: Vec::new(),
            name_numbers: FxHashMap::default(),
            pool: Pool::default(),
            codes: Vec::new(),
            blocks: Vec::new(),
            comprehensions: Vec::new(),
            inlined_from: FxHashMap::default(),
            clearings: FxHashMap::default(),
            static_attributes: BTreeSet::new(),
            has_docstring: false,
            has_cleanup: false,
        }
    }
}

/// The docstring a body begins with.
pub fn docstring(body: &[Statement]) -> Option<Constant> {
    let StatementKind::Expression(value) = &body.first()?.kind else { return None };
    match &value.kind {
        ExpressionKind::Constant(ast::Constant::Str(text)) => match std::str::from_utf8(text) {
            Ok(text) => Some(string(&clean(text))),
            Err(_) => Some(Constant::Str(text.clone())),
        },
        _ => None,
    }
}

/// A docstring without the indentation its lines have in common.
fn clean(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(expand_tabs).collect();
    let indentation = |line: &&String| line.len() - line.trim_start_matches(' ').len();
    let margin = lines.iter().skip(1).filter(|line| !line.trim_matches(' ').is_empty()).map(|line| indentation(&line));
    let margin = margin.min().unwrap_or(0);
    let mut cleaned = lines[0].trim_start_matches(' ').to_owned();
    for line in &lines[1..] {
        cleaned.push('\n');
        cleaned.push_str(line.get(margin..).unwrap_or_default());
    }
    cleaned
}

fn expand_tabs(line: &str) -> String {
    let mut expanded = String::new();
    let mut column = 0;
    for character in line.chars() {
        let width = if character == '\t' { 8 - column % 8 } else { 1 };
        match character {
            '\t' => expanded.extend(std::iter::repeat_n(' ', width)),
            _ => expanded.push(character),
        }
        column += width;
    }
    expanded
}
