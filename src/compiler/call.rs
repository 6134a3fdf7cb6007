//! Calls: the window of callee and arguments, methods, `super()`, and calls with stars.

use crate::bytecode::code::Constant;
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::string;
use crate::compiler::emitter::Register;
use crate::compiler::scope::{BOUND, PARAMETER, Place, Result, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Argument, Expression, ExpressionKind};

/// A call with more arguments passes them as a list.
const MOST_ARGUMENTS: usize = 255;

impl<'a> Compiler<'a> {
    pub(super) fn call(
        &mut self,
        callee: &'a Expression,
        arguments: &'a [Argument],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        if needs_spread(arguments) {
            self.next(callee)?;
            self.spread(arguments, mark, None, span)?;
            self.release(mark);
            let register = self.target(destination);
            self.emit(Opcode::CallSpread, 0, register, mark, 0, span);
            return Ok(register);
        }
        let mut opcode = Opcode::Call;
        match &callee.kind {
            ExpressionKind::Attribute(object, name, _) if self.is_bare_super(object) => {
                self.super_window(object.span);
                let number = self.attribute_number(name);
                self.emit(Opcode::LoadSuperMethod, 0, mark, mark, number, callee.span);
                opcode = Opcode::CallMethod;
            }
            ExpressionKind::Attribute(object, name, _) => {
                let object = self.expression(object, None)?;
                self.release(mark);
                self.allocate(2);
                let number = self.attribute_number(name);
                self.emit(Opcode::LoadMethod, 0, mark, object, number, callee.span);
                opcode = Opcode::CallMethod;
            }
            ExpressionKind::Name(name) if &**name == "super" && arguments.is_empty() && self.knows_super() => {
                self.next(callee)?;
                self.super_window(callee.span);
                self.release(mark);
                let register = self.target(destination);
                self.emit(Opcode::Call, 2, register, mark, 0, span);
                return Ok(register);
            }
            _ => drop(self.next(callee)?),
        }
        let names = self.arguments(arguments, None, span)?;
        let count = arguments.len() as u8;
        self.release(mark);
        let register = self.target(destination);
        self.emit(opcode, count, register, mark, names, span);
        Ok(register)
    }

    /// Evaluates arguments into the next registers, with one more after the positional ones if there is, and
    /// gives the operand of their keywords.
    pub(super) fn arguments(&mut self, arguments: &'a [Argument], more: Option<Register>, span: Span) -> Result<u16> {
        for argument in arguments {
            if let Argument::Positional(value) = argument {
                self.next(value)?;
            }
        }
        if let Some(more) = more {
            let register = self.allocate(1);
            self.emit(Opcode::Move, 0, register, more, 0, span);
        }
        let mut names = Vec::new();
        for argument in arguments {
            if let Argument::Keyword(name, _, value) = argument {
                self.next(value)?;
                names.push(string(name));
            }
        }
        let operand = match names.is_empty() {
            true => 0,
            false => self.constant_operand(Constant::Tuple(names.into()), span)?,
        };
        Ok(operand)
    }

    /// Evaluates arguments into the two registers that a call with stars wants after its callee. What is in the
    /// registers after the callee already goes before them, and one more after the positional ones.
    pub(super) fn spread(
        &mut self,
        arguments: &'a [Argument],
        callee: Register,
        more: Option<Register>,
        span: Span,
    ) -> Result<()> {
        let before = self.mark() - callee - 1;
        if before > 0 || !self.spread_own(arguments, callee)? {
            self.release(callee + 1);
            let list = self.allocate(1);
            self.emit(Opcode::BuildList, 0, list, list, before, span);
            self.spread_positional(arguments, callee, span)?;
            if let Some(more) = more {
                self.emit(Opcode::ListAppend, 0, list, more, 0, span);
            }
        }
        self.spread_keywords(arguments, callee, span)
    }

    /// Passes on the `*args` of this function as they are, if they are all.
    fn spread_own(&mut self, arguments: &'a [Argument], callee: Register) -> Result<bool> {
        let mut positional =
            arguments.iter().filter(|argument| matches!(argument, Argument::Positional(_) | Argument::Starred(_)));
        if let (Some(Argument::Starred(value)), None) = (positional.next(), positional.next())
            && self.is_own_variadic(value)
        {
            self.release(callee + 1);
            self.next(value)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn spread_positional(&mut self, arguments: &'a [Argument], callee: Register, span: Span) -> Result<()> {
        let list = callee + 1;
        for argument in arguments {
            let mark = self.mark();
            match argument {
                Argument::Positional(value) => {
                    let register = self.expression(value, None)?;
                    self.emit(Opcode::ListAppend, 0, list, register, 0, value.span);
                }
                Argument::Starred(value) => {
                    let register = self.expression(value, None)?;
                    self.emit(Opcode::ListExtend, 1, list, register, callee, span);
                }
                Argument::Keyword(..) | Argument::DoubleStarred(_) => {}
            }
            self.release(mark);
        }
        Ok(())
    }

    fn spread_keywords(&mut self, arguments: &'a [Argument], callee: Register, span: Span) -> Result<()> {
        let dict = self.allocate(1);
        let is_keyword = |argument: &Argument| matches!(argument, Argument::Keyword(..) | Argument::DoubleStarred(_));
        if !arguments.iter().any(is_keyword) {
            self.emit(Opcode::Unbind, 0, dict, 0, 0, span);
            return Ok(());
        }
        self.emit(Opcode::BuildMap, 0, dict, 0, 0, span);
        let merges = arguments.iter().any(|argument| matches!(argument, Argument::DoubleStarred(_)));
        for argument in arguments {
            let mark = self.mark();
            match argument {
                Argument::Keyword(name, name_span, value) => {
                    let key = self.constant(&string(name), None, *name_span);
                    if merges {
                        // A mapping before it may have the same key, which only the merging notices.
                        self.next(value)?;
                        self.emit(Opcode::BuildMap, 0, key, key, 1, span);
                        self.emit(Opcode::MapUpdate, 1, dict, key, callee, span);
                    } else {
                        let value = self.expression(value, None)?;
                        self.emit(Opcode::MapAdd, 0, dict, key, value, *name_span);
                    }
                }
                Argument::DoubleStarred(value) => {
                    let register = self.expression(value, None)?;
                    self.emit(Opcode::MapUpdate, 1, dict, register, callee, span);
                }
                Argument::Positional(_) | Argument::Starred(_) => {}
            }
            self.release(mark);
        }
        Ok(())
    }

    /// Is it the `*args` of this function, which is a tuple as long as nobody assigns to it?
    fn is_own_variadic(&self, value: &Expression) -> bool {
        let ExpressionKind::Name(name) = &value.kind else { return false };
        let counts = self.unit.parameters;
        let number = (counts.positional + counts.keyword_only) as usize;
        let scope = self.scopes.get(self.unit.scope);
        counts.variadic
            && self.current_scope() == self.unit.scope
            && self.unit.locals.get(number) == Some(&self.mangled(name))
            && scope.flags(name) & (BOUND | PARAMETER) == PARAMETER
            && self.plain_register(name).is_some()
    }

    // ----- super

    /// Can `super()` be told its class and object here?
    fn knows_super(&self) -> bool {
        let scope = self.scopes.get(self.unit.scope);
        matches!(scope.kind, ScopeKind::Function | ScopeKind::Lambda)
            && self.unit.parameters.positional > 0
            && self.name_place("super") == Place::Global
            && !self.scopes.get(0).binds("super")
            && self.name_place("__class__") == Place::Free
    }

    /// Is it `super()`, meaning the built-in?
    pub(super) fn is_bare_super(&self, object: &Expression) -> bool {
        match &object.kind {
            ExpressionKind::Call(callee, arguments) => {
                arguments.is_empty()
                    && matches!(&callee.kind, ExpressionKind::Name(name) if &**name == "super")
                    && self.knows_super()
            }
            _ => false,
        }
    }

    /// Loads the class and the first argument into the next two registers and gives the first.
    pub(super) fn super_window(&mut self, span: Span) -> Register {
        let class = self.load_name(&"__class__".into(), None, span);
        let first = self.unit.locals[0].clone();
        let object = self.allocate(1);
        match self.plain_first(&first) {
            Some(register) => {
                self.check_bound(register, &first, span);
                self.emit(Opcode::Move, 0, object, register, 0, span);
            }
            None => {
                let number = self.name_number(&first);
                self.emit(Opcode::LoadCell, 0, object, 0, number, span);
            }
        }
        class
    }

    fn plain_first(&self, first: &str) -> Option<Register> {
        let variable = self.unit.variables.get(&self.unit.scope)?.get(first)?;
        (!variable.is_cell).then_some(variable.register)
    }
}

/// Are there stars, or more arguments than an instruction counts?
pub fn needs_spread(arguments: &[Argument]) -> bool {
    arguments.len() > MOST_ARGUMENTS
        || arguments.iter().any(|argument| matches!(argument, Argument::Starred(_) | Argument::DoubleStarred(_)))
}
