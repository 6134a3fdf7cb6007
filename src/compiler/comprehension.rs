//! Comprehensions, in the frame around them, and generator expressions, which are functions.

use crate::bytecode::code::{CodeKind, ParameterCounts};
use crate::bytecode::instruction::{BEGINS, GOES_ON, Opcode, YIELDS};
use crate::compiler::compile::{Compiler, UnitHead};
use crate::compiler::emitter::{Label, Register, RegisterSet};
use crate::compiler::scope::{Result, Role};
use crate::source::Span;
use crate::syntax::ast::{Clause, ComprehensionKind, Expression, ExpressionKind};

/// What is done with each round of a comprehension.
#[derive(Clone, Copy)]
enum Product<'a> {
    List(&'a Expression),
    Set(&'a Expression),
    Dict(&'a Expression, &'a Expression),
    Generator(&'a Expression),
}

/// The part of an asynchronous loop whose StopAsyncIteration ends it.
pub struct AsyncStep {
    range: (u32, u32),
    state: Option<RegisterSet>,
}

impl<'a> Compiler<'a> {
    pub(super) fn comprehension(
        &mut self,
        node: &'a Expression,
        kind: ComprehensionKind,
        element: &'a Expression,
        clauses: &'a [Clause],
        destination: Option<Register>,
    ) -> Result<Register> {
        match kind {
            ComprehensionKind::List => self.inline(node, Product::List(element), clauses, destination),
            ComprehensionKind::Set => self.inline(node, Product::Set(element), clauses, destination),
            ComprehensionKind::Generator => self.generator_expression(node, element, clauses, destination),
        }
    }

    pub(super) fn dict_comprehension(
        &mut self,
        node: &'a Expression,
        [key, value]: [&'a Expression; 2],
        clauses: &'a [Clause],
        destination: Option<Register>,
    ) -> Result<Register> {
        self.inline(node, Product::Dict(key, value), clauses, destination)
    }

    fn inline(
        &mut self,
        node: &'a Expression,
        product: Product<'a>,
        clauses: &'a [Clause],
        destination: Option<Register>,
    ) -> Result<Register> {
        let result = self.scratch(destination);
        let mark = self.mark();
        let iterator = self.iterator(&clauses[0].iterable, clauses[0].is_async)?;
        let build = match product {
            Product::Set(_) => Opcode::BuildSet,
            Product::Dict(..) => Opcode::BuildMap,
            Product::List(_) | Product::Generator(_) => Opcode::BuildList,
        };
        self.emit(build, 0, result, 0, 0, node.span);
        self.begin_comprehension(self.scopes.of(node, Role::Body), node.span);
        self.clauses(clauses, iterator, product, result)?;
        self.end_comprehension();
        self.release(mark);
        Ok(self.settle(result, destination, node.span))
    }

    /// Evaluates an iterable and takes a register for its iterator.
    pub(super) fn iterator(&mut self, iterable: &'a Expression, is_async: bool) -> Result<Register> {
        let mark = self.mark();
        let constant = if is_async { None } else { self.constant_sequence(iterable) };
        let value = match constant {
            Some(register) => register,
            None => self.expression(iterable, None)?,
        };
        self.release(mark);
        let iterator = self.allocate(1);
        let opcode = if is_async { Opcode::GetAsyncIterator } else { Opcode::GetIterator };
        self.emit(opcode, 0, iterator, value, 0, iterable.span);
        Ok(iterator)
    }

    fn clauses(
        &mut self,
        clauses: &'a [Clause],
        iterator: Register,
        product: Product<'a>,
        result: Register,
    ) -> Result<()> {
        let (clause, rest) = clauses.split_first().expect("a comprehension has a clause");
        let (head, next, end) = (self.label(), self.label(), self.label());
        let mark = self.mark();
        let span = clause.iterable.span;
        self.unit.emitter.place_head(head);
        let step = self.step(&clause.target, iterator, clause.is_async, end, span)?;
        self.show_comprehension_variables();
        for condition in &clause.conditions {
            self.condition(condition, false, next)?;
        }
        match rest.first() {
            Some(inner) => {
                let iterator = self.iterator(&inner.iterable, inner.is_async)?;
                self.clauses(rest, iterator, product, result)?;
            }
            None => self.product(product, result)?,
        }
        self.release(mark);
        self.place(next);
        self.unit.emitter.jump_back(head, mark, span);
        self.end_loop(step, end, span);
        Ok(())
    }

    fn product(&mut self, product: Product<'a>, result: Register) -> Result<()> {
        match product {
            Product::List(element) => {
                let value = self.expression(element, None)?;
                self.emit(Opcode::ListAppend, 0, result, value, 0, element.span);
            }
            Product::Set(element) => {
                let value = self.expression(element, None)?;
                self.emit(Opcode::SetAdd, 0, result, value, 0, element.span);
            }
            Product::Dict(key, value) => {
                let key_register = self.operand(key, &[value])?;
                let value = self.expression(value, None)?;
                self.emit(Opcode::MapAdd, 0, result, key_register, value, key.span);
            }
            Product::Generator(element) => {
                let mark = self.mark();
                let value = self.expression(element, None)?;
                self.release(mark);
                let sent = self.allocate(1);
                let is_async = self.scopes.get(self.unit.scope).is_async;
                self.record(YIELDS, element.span);
                self.emit(Opcode::Yield, is_async as u8, sent, value, mark, element.span);
                self.record(GOES_ON, element.span);
            }
        }
        Ok(())
    }

    fn generator_expression(
        &mut self,
        node: &'a Expression,
        element: &'a Expression,
        clauses: &'a [Clause],
        destination: Option<Register>,
    ) -> Result<Register> {
        let span = node.span;
        let function = self.allocate(1);
        self.iterator(&clauses[0].iterable, clauses[0].is_async)?;
        let scope = self.scopes.of(node, Role::Body);
        let is_async = self.scopes.get(scope).is_async;
        self.begin(UnitHead {
            scope,
            name: "<genexpr>".into(),
            qualified_name: format!("{}<genexpr>", self.unit.qualifier),
            kind: if is_async { CodeKind::AsyncGenerator } else { CodeKind::Generator },
            parameters: ParameterCounts { positional: 1, positional_only: 1, ..ParameterCounts::default() },
            span,
        });
        self.record(BEGINS, span);
        self.clauses(clauses, 0, Product::Generator(element), 0)?;
        self.return_none(span);
        let code = self.end(span)?;
        self.emit(Opcode::MakeFunction, 0, function, code, 0, span);
        self.release(function);
        let register = self.target(destination);
        self.emit(Opcode::Call, 1, register, function, 0, span);
        Ok(register)
    }

    // ----- loops, also of statements

    /// Assigns the next item of an iterator to a target, or goes to the end.
    pub(super) fn step(
        &mut self,
        target: &'a Expression,
        iterator: Register,
        is_async: bool,
        end: Label,
        span: Span,
    ) -> Result<Option<AsyncStep>> {
        let plain = match &target.kind {
            ExpressionKind::Name(name) => self.plain_register(name),
            _ => None,
        };
        let mark = self.mark();
        if is_async {
            let step = self.async_step(plain, iterator, span);
            match plain {
                Some(register) => self.unit.emitter.set_bound(register),
                None => self.store(target, mark)?,
            }
            self.release(mark);
            return Ok(Some(step));
        }
        match plain {
            Some(register) => {
                self.branch(Opcode::ForIterate, 0, register, iterator, end, span);
                self.unit.emitter.set_bound(register);
            }
            None => {
                let item = self.allocate(1);
                self.branch(Opcode::ForIterate, 0, item, iterator, end, span);
                self.store(target, item)?;
                self.release(mark);
            }
        }
        Ok(None)
    }

    /// Awaits the next item of an asynchronous iterator, into a local or the next register.
    fn async_step(&mut self, plain: Option<Register>, iterator: Register, span: Span) -> AsyncStep {
        let state = self.unit.emitter.state_for_handler();
        let start = self.unit.emitter.here();
        let item = self.allocate(1);
        self.emit(Opcode::GetAsyncNext, 0, item, iterator, 0, span);
        self.await_iterator(item, plain.unwrap_or(item), span);
        AsyncStep { range: (start, self.unit.emitter.here()), state }
    }

    /// Ends a loop after its jump back: the end, and for an asynchronous one what leads there.
    pub(super) fn end_loop(&mut self, step: Option<AsyncStep>, end: Label, span: Span) {
        if let Some(step) = step {
            let caught = self.mark();
            self.unit.emitter.place_handler(&[step.range], step.state, caught);
            self.branch(Opcode::EndAsyncFor, 0, caught, 0, end, span);
            self.unit.emitter.stop();
        }
        self.place(end);
    }
}
