//! Operators: unary, binary, comparisons, `and`, `or` and conditional expressions, as values.

use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::{binary, fold, small};
use crate::compiler::emitter::Register;
use crate::compiler::scope::Result;
use crate::source::Span;
use crate::syntax::ast::{BinaryOperator, BooleanOperator, Comparison, Expression, ExpressionKind, UnaryOperator};

/// The instruction of a binary operator.
pub fn binary_opcode(operator: BinaryOperator) -> Opcode {
    match operator {
        BinaryOperator::Add => Opcode::Add,
        BinaryOperator::Subtract => Opcode::Subtract,
        BinaryOperator::Multiply => Opcode::Multiply,
        BinaryOperator::Divide => Opcode::Divide,
        BinaryOperator::FloorDivide => Opcode::FloorDivide,
        BinaryOperator::Modulo => Opcode::Modulo,
        BinaryOperator::Power => Opcode::Power,
        BinaryOperator::MatrixMultiply => Opcode::MatrixMultiply,
        BinaryOperator::ShiftLeft => Opcode::ShiftLeft,
        BinaryOperator::ShiftRight => Opcode::ShiftRight,
        BinaryOperator::And => Opcode::And,
        BinaryOperator::Or => Opcode::Or,
        BinaryOperator::Xor => Opcode::Xor,
    }
}

/// The instruction of a binary operator whose right operand is a small integer.
pub fn small_opcode(operator: BinaryOperator) -> Option<Opcode> {
    Some(match operator {
        BinaryOperator::Add => Opcode::AddInt,
        BinaryOperator::Subtract => Opcode::SubtractInt,
        BinaryOperator::Multiply => Opcode::MultiplyInt,
        BinaryOperator::FloorDivide => Opcode::FloorDivideInt,
        BinaryOperator::Modulo => Opcode::ModuloInt,
        BinaryOperator::ShiftLeft => Opcode::ShiftLeftInt,
        BinaryOperator::ShiftRight => Opcode::ShiftRightInt,
        BinaryOperator::And => Opcode::AndInt,
        _ => return None,
    })
}

impl<'a> Compiler<'a> {
    pub(super) fn unary(
        &mut self,
        operators: &'a [UnaryOperator],
        operand: &'a Expression,
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        let mut value = match (operators, &operand.kind) {
            ([.., UnaryOperator::Not], ExpressionKind::Compare(first, rest)) if let Some(inverse) = inverse(rest) => {
                let destination = destination.filter(|_| operators.len() == 1);
                self.comparison(first, inverse, &rest[0].1, destination, span)?
            }
            _ => {
                let value = self.expression(operand, None)?;
                let destination = destination.filter(|_| operators.len() == 1);
                self.one_unary(operators[operators.len() - 1], value, mark, destination, span)
            }
        };
        for (index, operator) in operators.iter().enumerate().rev().skip(1) {
            value = self.one_unary(*operator, value, mark, destination.filter(|_| index == 0), span);
        }
        Ok(value)
    }

    fn one_unary(
        &mut self,
        operator: UnaryOperator,
        value: Register,
        mark: Register,
        destination: Option<Register>,
        span: Span,
    ) -> Register {
        self.release(mark);
        let register = self.target(destination);
        let opcode = match operator {
            UnaryOperator::Negative => Opcode::Negative,
            UnaryOperator::Positive => Opcode::Positive,
            UnaryOperator::Invert => Opcode::Invert,
            UnaryOperator::Not => Opcode::Not,
        };
        self.emit(opcode, 0, register, value, 0, span);
        register
    }

    pub(super) fn binary(
        &mut self,
        first: &'a Expression,
        rest: &'a [(BinaryOperator, Expression)],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        // What the chain begins with may be known beforehand though the whole is not.
        let mut known = fold(first);
        let mut folded = 0;
        while let Some(value) = &known
            && let Some((operator, right)) = rest.get(folded)
            && let Some(result) = fold(right).and_then(|right| binary(*operator, value, &right))
        {
            known = Some(result);
            folded += 1;
        }
        let mut left = match known {
            Some(value) if folded > 0 => self.constant(&value, None, span),
            _ => self.operand(first, &[&rest[0].1])?,
        };
        for (index, (operator, right)) in rest.iter().enumerate().skip(folded) {
            let is_last = index + 1 == rest.len();
            let span = if is_last { span } else { Span::new(span.start, right.span.end) };
            left = self.binary_step(*operator, left, right, mark, destination.filter(|_| is_last), false, span)?;
        }
        Ok(left)
    }

    /// One binary operation; frees all registers from the mark on but for its result.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn binary_step(
        &mut self,
        operator: BinaryOperator,
        left: Register,
        right: &'a Expression,
        mark: Register,
        destination: Option<Register>,
        in_place: bool,
        span: Span,
    ) -> Result<Register> {
        if let (Some(opcode), Some(right)) = (small_opcode(operator), small(right)) {
            self.release(mark);
            let register = self.target(destination);
            self.emit(opcode, in_place as u8, register, left, right as u16, span);
            return Ok(register);
        }
        let right = self.expression(right, None)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(binary_opcode(operator), in_place as u8, register, left, right, span);
        Ok(register)
    }

    // ----- comparisons

    pub(super) fn compare(
        &mut self,
        first: &'a Expression,
        rest: &'a [(Comparison, Expression)],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        if let [(comparison, right)] = rest {
            return self.comparison(first, *comparison, right, destination, span);
        }
        let (result, done) = (self.scratch(destination), self.label());
        let mark = self.mark();
        let mut left = self.operand(first, &[&rest[0].1])?;
        for (index, (comparison, right)) in rest.iter().enumerate() {
            let is_last = index + 1 == rest.len();
            // The right operand is the left one of the next comparison, so it goes where that may stay.
            let right = match rest.get(index + 1) {
                Some((_, later)) => self.operand(right, &[later])?,
                None => self.expression(right, None)?,
            };
            self.emit(Opcode::Compare, *comparison as u8, result, left, right, span);
            if !is_last {
                self.branch(Opcode::JumpIfFalse, 0, result, 0, done, span);
            }
            left = right;
        }
        self.release(mark);
        self.place(done);
        Ok(self.settle(result, destination, span))
    }

    fn comparison(
        &mut self,
        left: &'a Expression,
        comparison: Comparison,
        right: &'a Expression,
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let mark = self.mark();
        let left = self.operand(left, &[right])?;
        let right = self.right_operand(comparison, right)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::Compare, comparison as u8, register, left, right, span);
        Ok(register)
    }

    /// Evaluates the right operand of a comparison; a list of constants that is only searched may be a tuple.
    pub(super) fn right_operand(&mut self, comparison: Comparison, right: &'a Expression) -> Result<Register> {
        if matches!(comparison, Comparison::In | Comparison::NotIn)
            && let Some(register) = self.constant_sequence(right)
        {
            return Ok(register);
        }
        self.expression(right, None)
    }

    // ----- and, or, if

    /// A register that may be written before the expression has succeeded.
    pub(super) fn scratch(&mut self, destination: Option<Register>) -> Register {
        match destination {
            Some(register) if self.is_scratch(register) => register,
            _ => self.allocate(1),
        }
    }

    /// Brings what is in a scratch register where it is wanted, and frees the scratch register if it is another.
    pub(super) fn settle(&mut self, result: Register, destination: Option<Register>, span: Span) -> Register {
        match destination {
            Some(register) if register != result => {
                self.emit(Opcode::Move, 0, register, result, 0, span);
                self.release(result);
                register
            }
            _ => result,
        }
    }

    pub(super) fn boolean(
        &mut self,
        operator: BooleanOperator,
        operands: &'a [Expression],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let opcode = match operator {
            BooleanOperator::And => Opcode::JumpIfFalse,
            BooleanOperator::Or => Opcode::JumpIfTrue,
        };
        if let (Some(destination), [first, second]) = (destination, operands)
            && !self.is_scratch(destination)
        {
            return self.boolean_local(opcode, [first, second], destination, span);
        }
        let (result, done) = (self.scratch(destination), self.label());
        for operand in &operands[..operands.len() - 1] {
            self.expression(operand, Some(result))?;
            self.branch(opcode, is_bool(operand) as u8, result, 0, done, operand.span);
        }
        self.expression(&operands[operands.len() - 1], Some(result))?;
        self.place(done);
        Ok(self.settle(result, destination, span))
    }

    /// `a and b` where the result goes to a local, which neither operand may write too early.
    fn boolean_local(
        &mut self,
        opcode: Opcode,
        [first, second]: [&'a Expression; 2],
        destination: Register,
        span: Span,
    ) -> Result<Register> {
        let (decided, done) = (self.label(), self.label());
        let mark = self.mark();
        let value = self.expression(first, None)?;
        self.branch(opcode, is_bool(first) as u8, value, 0, decided, first.span);
        self.release(mark);
        self.expression(second, Some(destination))?;
        if value != destination {
            self.goto(done, span);
        }
        self.place(decided);
        self.deliver(value, Some(destination), span);
        self.place(done);
        Ok(destination)
    }

    pub(super) fn conditional(
        &mut self,
        test: &'a Expression,
        [body, orelse]: [&'a Expression; 2],
        destination: Option<Register>,
        span: Span,
    ) -> Result<Register> {
        let (otherwise, done) = (self.label(), self.label());
        let register = self.target(destination);
        self.condition(test, false, otherwise)?;
        self.expression(body, Some(register))?;
        self.goto(done, span);
        self.place(otherwise);
        self.expression(orelse, Some(register))?;
        self.place(done);
        Ok(register)
    }
}

/// The opposite of a single comparison whose result is always a bool.
fn inverse(rest: &[(Comparison, Expression)]) -> Option<Comparison> {
    match rest {
        [(Comparison::In, _)] => Some(Comparison::NotIn),
        [(Comparison::NotIn, _)] => Some(Comparison::In),
        [(Comparison::Is, _)] => Some(Comparison::IsNot),
        [(Comparison::IsNot, _)] => Some(Comparison::Is),
        _ => None,
    }
}

/// Is the value certainly True or False?
pub fn is_bool(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Unary(operators, _) => operators[0] == UnaryOperator::Not,
        ExpressionKind::Compare(_, rest) => rest.iter().all(|(comparison, _)| {
            matches!(comparison, Comparison::In | Comparison::NotIn | Comparison::Is | Comparison::IsNot)
        }),
        _ => false,
    }
}
