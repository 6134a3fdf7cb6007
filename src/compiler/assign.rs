//! Assignments of all kinds, unpacking, and deletion.

use crate::bytecode::code::Constant;
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::{fold, string};
use crate::compiler::emitter::Register;
use crate::compiler::scope::{Result, ScopeKind, error};
use crate::source::Span;
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind, Name};

/// A longer tuple of values is built before it is unpacked.
const LONGEST_PARALLEL: usize = 16;

/// A value of a parallel assignment.
enum Value {
    Constant(Constant),
    Register(Register),
}

fn is_starred(element: &Expression) -> bool {
    matches!(element.kind, ExpressionKind::Starred(_))
}

impl<'a> Compiler<'a> {
    /// `a = b = value`
    pub(super) fn assign(&mut self, targets: &'a [Expression], value: &'a Expression) -> Result<()> {
        let mark = self.mark();
        if let [target] = targets {
            if let Some((names, values)) = parallel(target, value) {
                self.assign_parallel(names, values)?;
                self.release(mark);
                return Ok(());
            }
            return self.assign_one(target, value);
        }
        let may_rebind = self.scopes.get(self.unit.scope).has_walrus || targets.iter().any(is_sequence);
        let first = match &targets[0].kind {
            ExpressionKind::Name(name) if !may_rebind => self.plain_register(name),
            _ => None,
        };
        let value = match first {
            Some(register) => {
                self.expression(value, Some(register))?;
                self.unit.emitter.set_bound(register);
                register
            }
            None => self.next(value)?,
        };
        for target in &targets[first.is_some() as usize..] {
            self.store(target, value)?;
        }
        self.release(mark);
        Ok(())
    }

    fn assign_one(&mut self, target: &'a Expression, value: &'a Expression) -> Result<()> {
        let mark = self.mark();
        if let ExpressionKind::Name(name) = &target.kind
            && let Some(register) = self.plain_register(name)
        {
            self.expression(value, Some(register))?;
            self.unit.emitter.set_bound(register);
            return Ok(());
        }
        let register = self.operand(value, &[target])?;
        self.store(target, register)?;
        self.release(mark);
        Ok(())
    }

    /// Assigns a register to a target.
    pub(super) fn store(&mut self, target: &'a Expression, value: Register) -> Result<()> {
        let span = target.span;
        let mark = self.mark();
        match &target.kind {
            ExpressionKind::Name(name) => self.store_name(name, value, span),
            ExpressionKind::Attribute(object, name, _) => {
                self.note_static_attribute(object, name);
                let object = self.expression(object, None)?;
                let number = self.attribute_number(name);
                self.emit(Opcode::StoreAttribute, 0, object, value, number, span);
            }
            ExpressionKind::Subscript(object, index) => {
                let object = self.operand(object, &[index])?;
                let index = self.index(index)?;
                self.emit(Opcode::StoreSubscript, 0, object, index, value, span);
            }
            ExpressionKind::Tuple(elements) | ExpressionKind::List(elements) => self.unpack(elements, value, span)?,
            ExpressionKind::Starred(inner) => self.store(inner, value)?,
            _ => return error("cannot assign to expression", span),
        }
        self.release(mark);
        Ok(())
    }

    /// Remembers what methods assign to `self`, for the class around them.
    fn note_static_attribute(&mut self, object: &Expression, name: &Name) {
        if !matches!(&object.kind, ExpressionKind::Name(object) if &**object == "self") {
            return;
        }
        if self.scopes.get(self.unit.scope).kind == ScopeKind::Class {
            return;
        }
        let name = self.mangled(name);
        let scopes = self.scopes;
        let class = self.outer.iter_mut().rev().find(|unit| scopes.get(unit.scope).kind == ScopeKind::Class);
        if let Some(class) = class {
            class.static_attributes.insert(name);
        }
    }

    fn unpack(&mut self, elements: &'a [Expression], value: Register, span: Span) -> Result<()> {
        if let Some(first) = self.adjacent_locals(elements) {
            self.emit(Opcode::Unpack, 0, first, value, elements.len() as u16, span);
            for register in first..first + elements.len() as Register {
                self.unit.emitter.set_bound(register);
            }
            return Ok(());
        }
        // Unpacking nothing still names a register.
        let window = self.allocate(elements.len().max(1));
        match elements.iter().position(is_starred) {
            None => self.emit(Opcode::Unpack, 0, window, value, elements.len() as u16, span),
            Some(before) => match u8::try_from(elements.len() - before - 1) {
                Ok(after) => self.emit(Opcode::UnpackStar, after, window, value, before as u16, span),
                Err(_) => return error("too many expressions in star-unpacking assignment", span),
            },
        }
        for (element, register) in elements.iter().zip(window..) {
            self.store(element, register)?;
        }
        Ok(())
    }

    /// The first of the registers of the elements if they are locals in registers side by side.
    fn adjacent_locals(&self, elements: &[Expression]) -> Option<Register> {
        let register = |element: &Expression| match &element.kind {
            ExpressionKind::Name(name) => self.plain_register(name),
            _ => None,
        };
        let first = register(elements.first()?)?;
        elements.iter().zip(first..).all(|(element, expected)| register(element) == Some(expected)).then_some(first)
    }

    // ----- several at once

    /// `a, b = c, d` without the tuple: all values, then all targets.
    fn assign_parallel(&mut self, targets: &'a [Expression], values: &'a [Expression]) -> Result<()> {
        let plain: Vec<Option<Register>> = targets
            .iter()
            .map(|target| match &target.kind {
                ExpressionKind::Name(name) => self.plain_register(name),
                _ => None,
            })
            .collect();
        let all: Vec<&Expression> = values.iter().collect();
        let may_rebind = self.scopes.get(self.unit.scope).has_walrus && plain.contains(&None);
        let mut sources = Vec::new();
        let last = values.len() - 1;
        for (index, value) in values.iter().enumerate() {
            sources.push(match fold(value) {
                Some(constant) => Value::Constant(constant),
                None if may_rebind => Value::Register(self.next(value)?),
                None if index == last => Value::Register(self.last_value(value, &plain, &sources)?),
                None => Value::Register(self.operand(value, &all[index + 1..])?),
            });
        }
        for (index, target) in targets.iter().enumerate() {
            if let Some(register) = plain[index] {
                self.save_source(register, &mut sources[index + 1..], target.span);
            }
            let mark = self.mark();
            match (&sources[index], plain[index]) {
                (Value::Constant(constant), plain) => {
                    let register = self.constant(&constant.clone(), plain, values[index].span);
                    match plain {
                        Some(register) => self.unit.emitter.set_bound(register),
                        None => self.store(target, register)?,
                    }
                }
                (Value::Register(source), _) => self.store(target, *source)?,
            }
            self.release(mark);
        }
        Ok(())
    }

    /// The last value may go straight to its target, if nothing before it can fail or still needs the old value.
    fn last_value(&mut self, value: &'a Expression, plain: &[Option<Register>], sources: &[Value]) -> Result<Register> {
        let target = plain[plain.len() - 1].filter(|register| {
            let is_free = |source: &Value| !matches!(source, Value::Register(source) if source == register);
            !plain.contains(&None) && sources.iter().all(is_free)
        });
        match (&value.kind, target) {
            (ExpressionKind::Name(_), _) | (_, None) => self.expression(value, None),
            (_, Some(register)) if plain[..plain.len() - 1].contains(&Some(register)) => self.expression(value, None),
            (_, Some(register)) => self.expression(value, Some(register)),
        }
    }

    /// Copies a local that is about to be assigned if later targets still want its old value.
    fn save_source(&mut self, register: Register, later: &mut [Value], span: Span) {
        let wants = |source: &Value| matches!(source, Value::Register(source) if *source == register);
        if !later.iter().any(wants) {
            return;
        }
        let copy = self.allocate(1);
        self.emit(Opcode::Move, 0, copy, register, 0, span);
        for source in later.iter_mut().filter(|source| wants(source)) {
            *source = Value::Register(copy);
        }
    }

    // ----- augmented and annotated

    /// `target op= value`
    pub(super) fn assign_augmented(
        &mut self,
        target: &'a Expression,
        operator: BinaryOperator,
        value: &'a Expression,
        span: Span,
    ) -> Result<()> {
        let mark = self.mark();
        match &target.kind {
            ExpressionKind::Name(name) => {
                let left = self.operand(target, &[value])?;
                let plain = self.plain_register(name);
                let result = self.binary_step(operator, left, value, mark, plain, true, span)?;
                if plain.is_none() {
                    self.store_name(name, result, target.span);
                }
            }
            ExpressionKind::Attribute(object, name, _) => {
                self.note_static_attribute(object, name);
                let object = self.operand(object, &[value])?;
                let number = self.attribute_number(name);
                let held = self.mark();
                let left = self.allocate(1);
                self.emit(Opcode::LoadAttribute, 0, left, object, number, target.span);
                let result = self.binary_step(operator, left, value, held, None, true, span)?;
                self.emit(Opcode::StoreAttribute, 0, object, result, number, target.span);
            }
            ExpressionKind::Subscript(object, index) => {
                let object = self.operand(object, &[index, value])?;
                let index = match is_starred(index) {
                    true => self.index(index)?,
                    false => self.operand(index, &[value])?,
                };
                let held = self.mark();
                let left = self.allocate(1);
                self.emit(Opcode::LoadSubscript, 0, left, object, index, target.span);
                let result = self.binary_step(operator, left, value, held, None, true, span)?;
                self.emit(Opcode::StoreSubscript, 0, object, index, result, target.span);
            }
            _ => return error("illegal expression for augmented assignment", target.span),
        }
        self.release(mark);
        Ok(())
    }

    /// `target: annotation = value`
    pub(super) fn assign_annotated(
        &mut self,
        target: &'a Expression,
        annotation: &'a Expression,
        value: Option<&'a Expression>,
    ) -> Result<()> {
        match value {
            Some(value) => self.assign_one(target, value)?,
            None => self.touch(target)?,
        }
        let kind = self.scopes.get(self.unit.scope).kind;
        let number = self.scopes.conditional.get(&(std::ptr::from_ref(annotation) as usize));
        if let (ScopeKind::Module | ScopeKind::Class, Some(&number)) = (kind, number) {
            let span = annotation.span;
            let window = self.allocate(3);
            let set = self.load_name(&"__conditional_annotations__".into(), Some(window), span);
            let add = self.name_number(&"add".into());
            self.emit(Opcode::LoadMethod, 0, window, set, add, span);
            self.constant(&Constant::Int(number.into()), Some(window + 2), span);
            self.emit(Opcode::CallMethod, 1, window, window, 0, span);
            self.release(window);
        }
        Ok(())
    }

    /// Evaluates the parts of a target that is only annotated.
    fn touch(&mut self, target: &'a Expression) -> Result<()> {
        let mark = self.mark();
        match &target.kind {
            ExpressionKind::Attribute(object, ..) => drop(self.expression(object, None)?),
            ExpressionKind::Subscript(object, index) => {
                self.expression(object, None)?;
                self.index(index)?;
            }
            _ => {}
        }
        self.release(mark);
        Ok(())
    }

    // ----- deletion

    /// `del target`
    pub(super) fn delete(&mut self, target: &'a Expression) -> Result<()> {
        let span = target.span;
        let mark = self.mark();
        match &target.kind {
            ExpressionKind::Name(name) => self.delete_name(name, span),
            ExpressionKind::Attribute(object, name, _) => {
                let object = self.expression(object, None)?;
                let number = self.attribute_number(name);
                self.emit(Opcode::DeleteAttribute, 0, object, 0, number, span);
            }
            ExpressionKind::Subscript(object, index) => {
                let object = self.operand(object, &[index])?;
                let index = self.index(index)?;
                self.emit(Opcode::DeleteSubscript, 0, object, index, 0, span);
            }
            ExpressionKind::Tuple(elements) | ExpressionKind::List(elements) => {
                elements.iter().try_for_each(|element| self.delete(element))?;
            }
            _ => return error("cannot delete expression", span),
        }
        self.release(mark);
        Ok(())
    }

    /// A list of constants that is only iterated or searched is a tuple.
    pub(super) fn constant_sequence(&mut self, expression: &'a Expression) -> Option<Register> {
        let ExpressionKind::List(elements) = &expression.kind else { return None };
        let constants = elements.iter().map(fold).collect::<Option<Vec<_>>>()?;
        Some(self.constant(&Constant::Tuple(constants.into()), None, expression.span))
    }

    /// Stores a constant under a name, for what the compiler itself defines.
    pub(super) fn store_constant(&mut self, name: &str, constant: &Constant, span: Span) {
        let register = self.constant(constant, None, span);
        self.store_name(&name.into(), register, span);
        self.release(register);
    }

    /// Stores a string under a name, for what the compiler itself defines.
    pub(super) fn store_string(&mut self, name: &str, text: &str, span: Span) {
        self.store_constant(name, &string(text), span);
    }
}

fn is_sequence(target: &Expression) -> bool {
    matches!(target.kind, ExpressionKind::Tuple(_) | ExpressionKind::List(_))
}

/// Targets and values of an assignment that needs no tuple.
fn parallel<'a>(target: &'a Expression, value: &'a Expression) -> Option<(&'a [Expression], &'a [Expression])> {
    let (ExpressionKind::Tuple(targets) | ExpressionKind::List(targets)) = &target.kind else { return None };
    let (ExpressionKind::Tuple(values) | ExpressionKind::List(values)) = &value.kind else { return None };
    let is_plain = targets.len() == values.len() && (1..=LONGEST_PARALLEL).contains(&values.len());
    let is_flat = !targets.iter().any(is_sequence) && !targets.iter().chain(values).any(is_starred);
    (is_plain && is_flat).then_some((targets, values))
}
