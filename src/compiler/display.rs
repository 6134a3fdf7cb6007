//! Displays: tuples, lists, sets, dicts and f-strings.
//!
//! A short one is built from adjacent registers at once. A long one, or one with stars, is a list (set, dict)
//! that grows, so that it needs few registers; runs of constants are added as one tuple.

use std::rc::Rc;

use crate::bytecode::code::Constant;
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::fold;
use crate::compiler::emitter::Register;
use crate::compiler::scope::Result;
use crate::source::Span;
use crate::syntax::ast::{Conversion, Expression, ExpressionKind, FStringPart};

/// Displays with more elements are built in pieces.
const LONGEST_WINDOW: usize = 30;
/// So many constants in a row are worth a tuple.
const SHORTEST_RUN: usize = 4;

/// The instructions that build a list or set in pieces.
struct Growing {
    build: Opcode,
    add: Opcode,
    extend: Opcode,
}

const LIST: Growing = Growing { build: Opcode::BuildList, add: Opcode::ListAppend, extend: Opcode::ListExtend };
const SET: Growing = Growing { build: Opcode::BuildSet, add: Opcode::SetAdd, extend: Opcode::SetUpdate };

fn is_starred(element: &Expression) -> bool {
    matches!(element.kind, ExpressionKind::Starred(_))
}

fn is_short(elements: &[Expression]) -> bool {
    elements.len() <= LONGEST_WINDOW && !elements.iter().any(is_starred)
}

impl<'a> Compiler<'a> {
    pub(super) fn tuple(
        &mut self,
        elements: &'a [Expression],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        if is_short(elements) {
            return self.build(Opcode::BuildTuple, elements, destination, span);
        }
        let mark = self.mark();
        let list = self.grow(LIST, elements, mark, span)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::ListToTuple, 0, register, list, 0, span);
        Ok(register)
    }

    pub(super) fn list(
        &mut self,
        elements: &'a [Expression],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        self.collection(LIST, elements, destination, span)
    }

    pub(super) fn set(
        &mut self,
        elements: &'a [Expression],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        self.collection(SET, elements, destination, span)
    }

    fn collection(
        &mut self,
        growing: Growing,
        elements: &'a [Expression],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let is_run = elements.len() >= SHORTEST_RUN && elements.iter().all(|element| fold(element).is_some());
        if is_short(elements) && !is_run {
            return self.build(growing.build, elements, destination, span);
        }
        let result = self.scratch(destination);
        self.grow(growing, elements, result, span)?;
        Ok(self.settle(result, destination, span))
    }

    fn build(
        &mut self,
        opcode: Opcode,
        elements: &'a [Expression],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        let first = self.window(elements)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(opcode, 0, register, first, elements.len() as u16, span);
        Ok(register)
    }

    /// Evaluates expressions into adjacent registers and gives the first.
    fn window(&mut self, elements: &'a [Expression]) -> Result<Register> {
        let names = elements.iter().map(|element| match &element.kind {
            ExpressionKind::Name(name) => self.plain_register(name),
            _ => None,
        });
        // Locals that stand side by side already are a window.
        if let Some(registers) = names.collect::<Option<Vec<Register>>>()
            && registers.len() > 1
            && registers.windows(2).all(|pair| pair[1] == pair[0] + 1)
        {
            elements.iter().try_for_each(|element| self.expression(element, None).map(drop))?;
            return Ok(registers[0]);
        }
        let first = self.mark();
        elements.iter().try_for_each(|element| self.next(element).map(drop))?;
        Ok(if elements.is_empty() { 0 } else { first })
    }

    /// Builds a list or set in a temporary, piece by piece. Takes the register if it is the first free one.
    fn grow(&mut self, growing: Growing, elements: &'a [Expression], result: Register, span: Span) -> Result<Register> {
        if result == self.mark() {
            self.allocate(1);
        }
        let mark = self.mark();
        self.emit(growing.build, 0, result, 0, 0, span);
        let mut index = 0;
        while index < elements.len() {
            let constants: Vec<Constant> = elements[index..].iter().map_while(fold).collect();
            if constants.len() >= SHORTEST_RUN {
                index += constants.len();
                let run = self.constant(&Constant::Tuple(constants.into()), None, span);
                self.emit(growing.extend, 0, result, run, 0, span);
            } else {
                self.grow_by(&growing, &elements[index], result)?;
                index += 1;
            }
            self.release(mark);
        }
        Ok(result)
    }

    fn grow_by(&mut self, growing: &Growing, element: &'a Expression, result: Register) -> Result<()> {
        let (opcode, element) = match &element.kind {
            ExpressionKind::Starred(inner) => (growing.extend, &**inner),
            _ => (growing.add, element),
        };
        let register = self.expression(element, None)?;
        self.emit(opcode, 0, result, register, 0, element.span);
        Ok(())
    }

    pub(super) fn dict(
        &mut self,
        entries: &'a [(Option<Expression>, Expression)],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let begin = entries.iter().take(LONGEST_WINDOW / 2).take_while(|(key, _)| key.is_some()).count();
        let is_whole = begin == entries.len();
        let result = match destination {
            Some(register) if is_whole => register,
            _ => self.scratch(destination),
        };
        let mark = self.mark();
        for (key, value) in &entries[..begin] {
            key.as_ref().map_or(Ok(0), |key| self.next(key))?;
            self.next(value)?;
        }
        self.release(mark);
        self.emit(Opcode::BuildMap, 0, result, if begin == 0 { 0 } else { mark }, begin as u16, span);
        for (key, value) in &entries[begin..] {
            match key {
                Some(key) => {
                    let key_register = self.operand(key, &[value])?;
                    let value = self.expression(value, None)?;
                    self.emit(Opcode::MapAdd, 0, result, key_register, value, key.span);
                }
                None => {
                    let mapping = self.expression(value, None)?;
                    self.emit(Opcode::MapUpdate, 0, result, mapping, result, value.span);
                }
            }
            self.release(mark);
        }
        Ok(self.settle(result, destination, span))
    }

    // ----- f-strings

    pub(super) fn f_string(
        &mut self,
        parts: &'a [FStringPart],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        match parts {
            [] => Ok(self.constant(&Constant::Str([].as_slice().into()), destination, span)),
            [part] => self.f_string_part(part, destination, span),
            _ => {
                let mark = self.mark();
                let mut count = 0;
                for pieces in parts.chunks(LONGEST_WINDOW) {
                    match parts.len() > LONGEST_WINDOW {
                        true => count += self.f_string(pieces, None, span).map(|_| 1)?,
                        false => {
                            for part in pieces {
                                self.f_string_part(part, None, span)?;
                                count += 1;
                            }
                        }
                    }
                }
                self.release(mark);
                let register = self.target(destination);
                self.emit(Opcode::BuildString, 0, register, mark, count, span);
                Ok(register)
            }
        }
    }

    fn f_string_part(&mut self, part: &'a FStringPart, destination: Option<Register>, span: Span) -> Result<Register> {
        let (value, conversion, spec) = match part {
            FStringPart::Text(text) => return Ok(self.constant(&Constant::Str(text.clone()), destination, span)),
            FStringPart::Field { value, conversion, spec, .. } => (value, conversion, spec),
        };
        let conversion = match conversion {
            Conversion::None => 0,
            Conversion::Str => 1,
            Conversion::Repr => 2,
            Conversion::Ascii => 3,
        };
        let mark = self.mark();
        let register = match spec {
            // The fields of the specification may rebind what the value is.
            Some(spec) if spec.iter().any(|part| matches!(part, FStringPart::Field { .. })) => self.next(value)?,
            _ => self.expression(value, None)?,
        };
        let (plain, spec) = match spec {
            None => (4, register),
            Some(spec) => (0, self.f_string(spec, None, span)?),
        };
        self.release(mark);
        let result = self.target(destination);
        self.emit(Opcode::FormatValue, conversion | plain, result, register, spec, value.span);
        Ok(result)
    }

    // ----- template strings

    /// Lists of what stands between the fields, and of value, text, conversion and specification of each field.
    pub(super) fn template_string(
        &mut self,
        parts: &'a [FStringPart],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        let lists = self.allocate(2);
        let (strings, fields) = (lists, lists + 1);
        self.emit(Opcode::BuildList, 0, strings, 0, 0, span);
        self.emit(Opcode::BuildList, 0, fields, 0, 0, span);
        let empty: Rc<[u8]> = [].as_slice().into();
        let mut text = &empty;
        for part in parts {
            match part {
                FStringPart::Text(own) => text = own,
                FStringPart::Field { .. } => {
                    self.append_constant(strings, &Constant::Str(text.clone()), span);
                    text = &empty;
                    self.template_field(part, fields)?;
                }
            }
        }
        self.append_constant(strings, &Constant::Str(text.clone()), span);
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::BuildTemplate, 0, register, strings, fields, span);
        Ok(register)
    }

    pub(super) fn append_constant(&mut self, list: Register, constant: &Constant, span: Span) {
        let mark = self.mark();
        let register = self.constant(constant, None, span);
        self.emit(Opcode::ListAppend, 0, list, register, 0, span);
        self.release(mark);
    }

    fn template_field(&mut self, field: &'a FStringPart, fields: Register) -> Result<()> {
        let FStringPart::Field { value, conversion, spec, text } = field else { return Ok(()) };
        let span = value.span;
        self.append_value(value, fields)?;
        let text = text.as_deref().unwrap_or_default().as_bytes();
        self.append_constant(fields, &Constant::Str(text.into()), span);
        let letter = |letter: &str| Constant::Str(letter.as_bytes().into());
        let conversion = match conversion {
            Conversion::None => Constant::None,
            Conversion::Str => letter("s"),
            Conversion::Repr => letter("r"),
            Conversion::Ascii => letter("a"),
        };
        self.append_constant(fields, &conversion, span);
        let mark = self.mark();
        let spec = self.f_string(spec.as_deref().unwrap_or_default(), None, span)?;
        self.emit(Opcode::ListAppend, 0, fields, spec, 0, span);
        self.release(mark);
        Ok(())
    }

    fn append_value(&mut self, value: &'a Expression, list: Register) -> Result<()> {
        let mark = self.mark();
        let register = self.expression(value, None)?;
        self.emit(Opcode::ListAppend, 0, list, register, 0, value.span);
        self.release(mark);
        Ok(())
    }
}
