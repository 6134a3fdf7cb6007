//! Conditions: expressions of which only the truth is wanted, compiled to jumps.

use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::{fold, small, truth};
use crate::compiler::emitter::{Label, Register};
use crate::compiler::operator::is_bool;
use crate::compiler::scope::Result;
use crate::source::Span;
use crate::syntax::ast::{BooleanOperator, Comparison, Constant, Expression, ExpressionKind, UnaryOperator};

impl<'a> Compiler<'a> {
    /// Jumps to the label if the truth of the expression is `wanted`, else goes on after it.
    pub fn condition(&mut self, expression: &'a Expression, wanted: bool, label: Label) -> Result<()> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Unary(operators, operand) if operators[0] == UnaryOperator::Not => {
                let negations = operators.iter().take_while(|&&operator| operator == UnaryOperator::Not).count();
                if negations == operators.len() {
                    return self.condition(operand, wanted ^ (negations % 2 == 1), label);
                }
                self.tested(expression, wanted, label)
            }
            ExpressionKind::Boolean(operator, operands) => self.boolean_condition(*operator, operands, wanted, label),
            ExpressionKind::Compare(first, rest) => self.compare_condition(first, rest, wanted, label, span),
            ExpressionKind::Conditional { test, body, orelse } => {
                self.conditional_condition(test, [body, orelse], wanted, label)
            }
            _ => self.tested(expression, wanted, label),
        }
    }

    fn tested(&mut self, expression: &'a Expression, wanted: bool, label: Label) -> Result<()> {
        if let Some(constant) = fold(expression) {
            if truth(&constant) == wanted {
                self.goto(label, expression.span);
            }
            return Ok(());
        }
        let mark = self.mark();
        let register = self.expression(expression, None)?;
        self.release(mark);
        self.jump_on_truth(register, is_bool(expression), wanted, label, expression.span);
        Ok(())
    }

    /// Jumps if the truth of a register is `wanted`.
    pub fn jump_on_truth(&mut self, register: Register, is_bool: bool, wanted: bool, label: Label, span: Span) {
        let opcode = if wanted { Opcode::JumpIfTrue } else { Opcode::JumpIfFalse };
        self.branch(opcode, is_bool as u8, register, 0, label, span);
    }

    fn boolean_condition(
        &mut self,
        operator: BooleanOperator,
        operands: &'a [Expression],
        wanted: bool,
        label: Label,
    ) -> Result<()> {
        // The truth of one operand that decides the whole.
        let deciding = operator == BooleanOperator::Or;
        if deciding == wanted {
            return operands.iter().try_for_each(|operand| self.condition(operand, wanted, label));
        }
        let decided = self.label();
        let (last, others) = operands.split_last().expect("a chain has operands");
        others.iter().try_for_each(|operand| self.condition(operand, deciding, decided))?;
        self.condition(last, wanted, label)?;
        self.place(decided);
        Ok(())
    }

    fn conditional_condition(
        &mut self,
        test: &'a Expression,
        [body, orelse]: [&'a Expression; 2],
        wanted: bool,
        label: Label,
    ) -> Result<()> {
        let (otherwise, done) = (self.label(), self.label());
        self.condition(test, false, otherwise)?;
        self.condition(body, wanted, label)?;
        self.goto(done, body.span);
        self.place(otherwise);
        self.condition(orelse, wanted, label)?;
        self.place(done);
        Ok(())
    }

    fn compare_condition(
        &mut self,
        first: &'a Expression,
        rest: &'a [(Comparison, Expression)],
        wanted: bool,
        label: Label,
        span: Span,
    ) -> Result<()> {
        let mark = self.mark();
        let failed = self.label();
        let mut left = self.operand(first, &[&rest[0].1])?;
        for (index, (comparison, right)) in rest.iter().enumerate() {
            let Some((_, later)) = rest.get(index + 1) else {
                self.last_comparison(left, *comparison, right, mark, (wanted, label), span)?;
                break;
            };
            let right = self.operand(right, &[later])?;
            let target = if wanted { failed } else { label };
            self.compare_jump(left, *comparison, right, (false, target), span);
            left = right;
        }
        self.place(failed);
        Ok(())
    }

    fn last_comparison(
        &mut self,
        left: Register,
        comparison: Comparison,
        right: &'a Expression,
        mark: Register,
        (wanted, label): (bool, Label),
        span: Span,
    ) -> Result<()> {
        let is_none = matches!(right.kind, ExpressionKind::Constant(Constant::None));
        if is_none && matches!(comparison, Comparison::Is | Comparison::IsNot) {
            self.release(mark);
            let opcode = match (comparison == Comparison::Is) == wanted {
                true => Opcode::JumpIfNone,
                false => Opcode::JumpIfNotNone,
            };
            self.branch(opcode, 0, left, 0, label, span);
            return Ok(());
        }
        if let (Some((_, opcode)), Some(right)) = (jumps(comparison), small(right)) {
            self.release(mark);
            self.branch(opcode, wanted as u8, left, right as u16, label, span);
            return Ok(());
        }
        let right = self.right_operand(comparison, right)?;
        self.release(mark);
        // A comparison without jump of its own needs a register beside its operands.
        self.compare_jump(left, comparison, right, (wanted, label), span);
        Ok(())
    }

    fn compare_jump(
        &mut self,
        left: Register,
        comparison: Comparison,
        right: Register,
        (wanted, label): (bool, Label),
        span: Span,
    ) {
        match jumps(comparison) {
            Some((opcode, _)) => self.branch(opcode, wanted as u8, left, right, label, span),
            None => {
                let result = self.allocate(1);
                self.emit(Opcode::Compare, comparison as u8, result, left, right, span);
                self.release(result);
                self.jump_on_truth(result, true, wanted, label, span);
            }
        }
    }
}

/// The jumps of a comparison: of two registers, and of a register and a small integer.
fn jumps(comparison: Comparison) -> Option<(Opcode, Opcode)> {
    Some(match comparison {
        Comparison::Less => (Opcode::JumpLess, Opcode::JumpLessInt),
        Comparison::LessEqual => (Opcode::JumpLessEqual, Opcode::JumpLessEqualInt),
        Comparison::Equal => (Opcode::JumpEqual, Opcode::JumpEqualInt),
        Comparison::NotEqual => (Opcode::JumpNotEqual, Opcode::JumpNotEqualInt),
        Comparison::Greater => (Opcode::JumpGreater, Opcode::JumpGreaterInt),
        Comparison::GreaterEqual => (Opcode::JumpGreaterEqual, Opcode::JumpGreaterEqualInt),
        Comparison::In | Comparison::NotIn | Comparison::Is | Comparison::IsNot => return None,
    })
}
