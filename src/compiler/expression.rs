//! Expressions: one function for each kind that is not in a file of its own.
//!
//! `expression(e, destination)` leaves the value of `e` in a register and says which. With a destination that is
//! where; it is written by the last instruction only, unless it is a temporary, since the old value of a local
//! is seen by handlers and by the rest of the expression. Without one it is the register of a plain local, or
//! the first register that was free, and nothing else stays taken.

use crate::bytecode::code::Constant;
use crate::bytecode::instruction::{AWAITS, DELEGATES, GOES_ON, Opcode, YIELDS};
use crate::compiler::compile::Compiler;
use crate::compiler::constant::{fold, literal, small};
use crate::compiler::emitter::Register;
use crate::compiler::scope::{Result, error};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Name};

impl<'a> Compiler<'a> {
    /// Evaluates an expression.
    pub fn expression(&mut self, expression: &'a Expression, destination: Option<Register>) -> Result<Register> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Constant(constant) => Ok(self.constant(&literal(constant), destination, span)),
            ExpressionKind::Name(name) => Ok(self.load_name(name, destination, span)),
            ExpressionKind::Tuple(_) | ExpressionKind::Unary(..) | ExpressionKind::Binary(..) => {
                match fold(expression) {
                    Some(constant) => Ok(self.constant(&constant, destination, span)),
                    None => self.unfolded(expression, destination),
                }
            }
            ExpressionKind::FString(parts) => self.f_string(parts, destination, span),
            ExpressionKind::TString(parts) => self.template_string(parts, destination, span),
            ExpressionKind::List(elements) => self.list(elements, destination, span),
            ExpressionKind::Set(elements) => self.set(elements, destination, span),
            ExpressionKind::Dict(entries) => self.dict(entries, destination, span),
            ExpressionKind::Attribute(object, name, _) => self.attribute(object, name, destination, span),
            ExpressionKind::Subscript(object, index) => self.subscript(object, index, destination, span),
            ExpressionKind::Slice(start, stop, step) => {
                self.slice([start.as_deref(), stop.as_deref(), step.as_deref()], destination, span)
            }
            ExpressionKind::Call(callee, arguments) => self.call(callee, arguments, destination, span),
            ExpressionKind::Boolean(operator, operands) => self.boolean(*operator, operands, destination, span),
            ExpressionKind::Compare(first, rest) => self.compare(first, rest, destination, span),
            ExpressionKind::Conditional { test, body, orelse } => {
                self.conditional(test, [body, orelse], destination, span)
            }
            ExpressionKind::Comprehension(kind, element, clauses) => {
                self.comprehension(expression, *kind, element, clauses, destination)
            }
            ExpressionKind::DictComprehension(key, value, clauses) => {
                self.dict_comprehension(expression, [key, value], clauses, destination)
            }
            ExpressionKind::Lambda(parameters, body) => self.lambda(expression, parameters, body, destination),
            _ => self.rare(expression, destination),
        }
    }

    fn unfolded(&mut self, expression: &'a Expression, destination: Option<Register>) -> Result<Register> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Tuple(elements) => self.tuple(elements, destination, span),
            ExpressionKind::Unary(operators, operand) => self.unary(operators, operand, destination, span),
            ExpressionKind::Binary(first, rest) => self.binary(first, rest, destination, span),
            _ => unreachable!("nothing else is folded"),
        }
    }

    fn rare(&mut self, expression: &'a Expression, destination: Option<Register>) -> Result<Register> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Walrus(name, name_span, value) => self.walrus(name, *name_span, value, destination),
            ExpressionKind::Await(value) => self.await_value(value, destination, span),
            ExpressionKind::Yield(value) => self.yield_value(value.as_deref(), destination, span),
            ExpressionKind::YieldFrom(value) => self.yield_from(value, destination, span),
            ExpressionKind::Starred(_) => error("can't use starred expression here", span),
            _ => unreachable!("every other kind has its function"),
        }
    }

    /// Evaluates an expression into the next free register and takes that.
    pub fn next(&mut self, expression: &'a Expression) -> Result<Register> {
        let mark = self.mark();
        let register = self.expression(expression, None)?;
        if register == mark {
            return Ok(register);
        }
        let next = self.allocate(1);
        self.emit(Opcode::Move, 0, next, register, 0, expression.span);
        Ok(next)
    }

    /// Evaluates an operand that is used only after the later ones have been evaluated: a local they may
    /// rebind is copied.
    pub fn operand(&mut self, expression: &'a Expression, later: &[&'a Expression]) -> Result<Register> {
        let mark = self.mark();
        let register = self.expression(expression, None)?;
        if register < mark
            && self.scopes.get(self.unit.scope).has_walrus
            && !later.iter().all(|expression| is_simple(expression))
        {
            let copy = self.allocate(1);
            self.emit(Opcode::Move, 0, copy, register, 0, expression.span);
            return Ok(copy);
        }
        Ok(register)
    }

    // ----- parts of objects

    fn attribute(
        &mut self,
        object: &'a Expression,
        name: &Name,
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        if self.is_bare_super(object) {
            let window = self.super_window(object.span);
            self.release(mark);
            let register = self.target(destination);
            let number = self.attribute_number(name);
            self.emit(Opcode::LoadSuperAttribute, 0, register, window, number, span);
            return Ok(register);
        }
        let object = self.expression(object, None)?;
        self.release(mark);
        let register = self.target(destination);
        let number = self.attribute_number(name);
        self.emit(Opcode::LoadAttribute, 0, register, object, number, span);
        Ok(register)
    }

    /// The number of an attribute's name.
    pub fn attribute_number(&mut self, name: &Name) -> u16 {
        let name = self.mangled(name);
        self.name_number(&name)
    }

    fn subscript(
        &mut self,
        object: &'a Expression,
        index: &'a Expression,
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        let object = self.operand(object, &[index])?;
        if let Some(index) = small(index) {
            self.release(mark);
            let register = self.target(destination);
            self.emit(Opcode::LoadSubscriptInt, 0, register, object, index as u16, span);
            return Ok(register);
        }
        let index = self.index(index)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::LoadSubscript, 0, register, object, index, span);
        Ok(register)
    }

    /// Evaluates what stands between brackets.
    pub fn index(&mut self, index: &'a Expression) -> Result<Register> {
        match &index.kind {
            ExpressionKind::Starred(_) => self.tuple(std::slice::from_ref(index), None, index.span),
            _ => self.expression(index, None),
        }
    }

    fn slice(
        &mut self,
        parts: [Option<&'a Expression>; 3],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        for part in parts {
            match part {
                Some(part) => self.next(part)?,
                None => self.constant(&Constant::None, None, span),
            };
        }
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::BuildSlice, 0, register, mark, 0, span);
        Ok(register)
    }

    // ----- binding and suspending

    fn walrus(
        &mut self,
        name: &'a Name,
        name_span: Span,
        value: &'a Expression,
        destination: Option<Register>,
    ) -> Result<Register> {
        if let Some(register) = self.plain_register(name) {
            self.expression(value, Some(register))?;
            self.unit.emitter.set_bound(register);
            return Ok(self.deliver(register, destination, name_span));
        }
        let register = self.expression(value, destination)?;
        self.store_name(name, register, name_span);
        Ok(register)
    }

    fn await_value(&mut self, value: &'a Expression, destination: Option<Register>, span: Span) -> Result<Register> {
        let mark = self.mark();
        let value = self.expression(value, None)?;
        self.release(mark);
        self.await_register(value, 0, destination, span);
        Ok(destination.unwrap_or(mark))
    }

    /// Awaits what is in a register at or below the first free one; `reason` says for messages why.
    pub fn await_register(&mut self, value: Register, reason: u8, destination: Option<Register>, span: Span) {
        let awaitable = self.allocate(1);
        self.emit(Opcode::GetAwaitable, reason, awaitable, value, 0, span);
        self.await_iterator(awaitable, destination.unwrap_or(awaitable), span);
        if destination.is_some() {
            self.release(awaitable);
        }
    }

    /// Awaits the iterator in a register, the last that is in use.
    pub fn await_iterator(&mut self, iterator: Register, destination: Register, span: Span) {
        self.record_delegation(AWAITS, iterator, span);
        self.emit(Opcode::Delegate, 1, destination, iterator, iterator + 1, span);
        self.record(GOES_ON, span);
    }

    fn yield_value(
        &mut self,
        value: Option<&'a Expression>,
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        let value = match value {
            Some(value) => self.expression(value, None)?,
            None => self.constant(&Constant::None, None, span),
        };
        self.release(mark);
        let register = self.target(destination);
        let is_async = self.scopes.get(self.unit.scope).is_async;
        self.record(YIELDS, span);
        self.emit(Opcode::Yield, is_async as u8, register, value, mark, span);
        self.record(GOES_ON, span);
        Ok(register)
    }

    fn yield_from(&mut self, value: &'a Expression, destination: Option<Register>, span: Span) -> Result<Register> {
        let mark = self.mark();
        let value = self.expression(value, None)?;
        self.release(mark);
        let delegate = self.allocate(1);
        self.emit(Opcode::GetDelegate, 0, delegate, value, 0, span);
        self.record_delegation(DELEGATES, delegate, span);
        self.emit(Opcode::Delegate, 0, destination.unwrap_or(delegate), delegate, delegate + 1, span);
        self.record(GOES_ON, span);
        if destination.is_some() {
            self.release(delegate);
        }
        Ok(destination.unwrap_or(delegate))
    }
}

/// Can the expression not rebind a local?
fn is_simple(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Constant(_) | ExpressionKind::Name(_) | ExpressionKind::Lambda(..) => true,
        ExpressionKind::Attribute(object, ..) => is_simple(object),
        _ => false,
    }
}
