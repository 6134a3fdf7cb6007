//! Constants: folding of expressions that are known beforehand, and the pool of a code.
//!
//! Folding never changes what a program does: where an operation would raise, or its result would be large, the
//! expression is left to the VM.

use std::rc::Rc;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Pow, Signed, ToPrimitive, Zero};
use rustc_hash::FxHashMap;

use crate::bytecode::code::Constant;
use crate::syntax::ast::{self, BinaryOperator, Expression, ExpressionKind, UnaryOperator};

/// Integers are folded up to so many bits.
const LARGEST_INTEGER: u64 = 128;
/// Strings and bytes are folded up to so many bytes.
const LARGEST_STRING: usize = 4096;
/// Integers up to this size are floats exactly.
const EXACT_FLOAT: u64 = 1 << 53;
/// Longer tuples are not looked for among the constants there are.
const LONGEST_KEY: usize = 64;

/// The constant of a literal.
pub fn literal(constant: &ast::Constant) -> Constant {
    match constant {
        ast::Constant::None => Constant::None,
        ast::Constant::Bool(value) => Constant::Bool(*value),
        ast::Constant::Ellipsis => Constant::Ellipsis,
        ast::Constant::Int(value) => Constant::Int(*value),
        ast::Constant::BigInt(value) => Constant::BigInt(value.clone()),
        ast::Constant::Float(value) => Constant::Float(*value),
        ast::Constant::Imaginary(value) => Constant::Imaginary(*value),
        ast::Constant::Str(value) => Constant::Str(value.clone()),
        ast::Constant::Bytes(value) => Constant::Bytes(value.clone()),
    }
}

/// The constant of a string.
pub fn string(text: &str) -> Constant {
    Constant::Str(text.as_bytes().into())
}

/// The value of an expression, if it is known beforehand.
pub fn fold(expression: &Expression) -> Option<Constant> {
    match &expression.kind {
        ExpressionKind::Constant(constant) => Some(literal(constant)),
        ExpressionKind::Name(name) if &**name == "__debug__" => Some(Constant::Bool(true)),
        ExpressionKind::Tuple(elements) => {
            Some(Constant::Tuple(elements.iter().map(fold).collect::<Option<Vec<_>>>()?.into()))
        }
        ExpressionKind::Unary(operators, operand) => {
            operators.iter().rev().try_fold(fold(operand)?, |value, operator| unary(*operator, &value))
        }
        ExpressionKind::Binary(first, rest) => {
            rest.iter().try_fold(fold(first)?, |left, (operator, right)| binary(*operator, &left, &fold(right)?))
        }
        _ => None,
    }
}

/// A small integer that fits the operand of an instruction.
pub fn small(expression: &Expression) -> Option<i16> {
    match fold(expression)? {
        Constant::Int(value) => value.try_into().ok(),
        _ => None,
    }
}

/// Is the constant true?
pub fn truth(constant: &Constant) -> bool {
    match constant {
        Constant::None => false,
        Constant::Bool(value) => *value,
        Constant::Ellipsis => true,
        Constant::Int(value) => *value != 0,
        Constant::BigInt(value) => !value.is_zero(),
        Constant::Float(value) | Constant::Imaginary(value) => *value != 0.0,
        Constant::Str(value) | Constant::Bytes(value) => !value.is_empty(),
        Constant::Tuple(value) => !value.is_empty(),
    }
}

fn unary(operator: UnaryOperator, value: &Constant) -> Option<Constant> {
    match (operator, value) {
        (UnaryOperator::Not, value) => Some(Constant::Bool(!truth(value))),
        (UnaryOperator::Negative, Constant::Float(value)) => Some(Constant::Float(-value)),
        (UnaryOperator::Positive, Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_)) => Some(value.clone()),
        (UnaryOperator::Negative, value) => normal(-integer(value)?),
        (UnaryOperator::Invert, value) => normal(!integer(value)?),
        _ => None,
    }
}

/// The result of an operation, if it is known beforehand and not large.
pub fn binary(operator: BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    match (left, right) {
        (Constant::Int(_) | Constant::BigInt(_), Constant::Int(_) | Constant::BigInt(_)) => {
            integers(operator, integer(left)?, integer(right)?)
        }
        (Constant::Float(_), _) | (_, Constant::Float(_)) => floats(operator, float(left)?, float(right)?),
        (Constant::Str(left), Constant::Str(right)) if operator == BinaryOperator::Add => {
            joined(&[left, right]).map(Constant::Str)
        }
        (Constant::Bytes(left), Constant::Bytes(right)) if operator == BinaryOperator::Add => {
            joined(&[left, right]).map(Constant::Bytes)
        }
        (Constant::Str(text), Constant::Int(times)) if operator == BinaryOperator::Multiply => {
            repeated(text, *times).map(Constant::Str)
        }
        (Constant::Bytes(bytes), Constant::Int(times)) if operator == BinaryOperator::Multiply => {
            repeated(bytes, *times).map(Constant::Bytes)
        }
        _ => None,
    }
}

fn integer(value: &Constant) -> Option<BigInt> {
    match value {
        Constant::Int(value) => Some(BigInt::from(*value)),
        Constant::BigInt(value) => Some((**value).clone()),
        _ => None,
    }
}

fn normal(value: BigInt) -> Option<Constant> {
    match value.to_i64() {
        Some(small) => Some(Constant::Int(small)),
        None if value.bits() <= LARGEST_INTEGER => Some(Constant::BigInt(Rc::new(value))),
        None => None,
    }
}

fn integers(operator: BinaryOperator, left: BigInt, right: BigInt) -> Option<Constant> {
    if left.bits().max(right.bits()) > LARGEST_INTEGER {
        return None;
    }
    match operator {
        BinaryOperator::Add => normal(left + right),
        BinaryOperator::Subtract => normal(left - right),
        BinaryOperator::Multiply => normal(left * right),
        BinaryOperator::FloorDivide if !right.is_zero() => normal(left.div_floor(&right)),
        BinaryOperator::Modulo if !right.is_zero() => normal(left.mod_floor(&right)),
        BinaryOperator::Divide if !right.is_zero() => floats(operator, float(&normal(left)?)?, float(&normal(right)?)?),
        BinaryOperator::Power => {
            let exponent = right.to_u32().filter(|&exponent| u64::from(exponent) * left.bits() <= LARGEST_INTEGER)?;
            normal(Pow::pow(left, exponent))
        }
        BinaryOperator::ShiftLeft if !right.is_negative() => {
            let distance = right.to_u64().filter(|&distance| distance + left.bits() <= LARGEST_INTEGER)?;
            normal(left << distance)
        }
        BinaryOperator::ShiftRight if !right.is_negative() => normal(left >> right.to_u64()?),
        BinaryOperator::And => normal(left & right),
        BinaryOperator::Or => normal(left | right),
        BinaryOperator::Xor => normal(left ^ right),
        _ => None,
    }
}

fn float(value: &Constant) -> Option<f64> {
    match value {
        Constant::Float(value) => Some(*value),
        Constant::Int(value) if value.unsigned_abs() <= EXACT_FLOAT => Some(*value as f64),
        _ => None,
    }
}

fn floats(operator: BinaryOperator, left: f64, right: f64) -> Option<Constant> {
    let value = match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Divide if right != 0.0 => left / right,
        _ => return None,
    };
    Some(Constant::Float(value))
}

fn joined(parts: &[&[u8]]) -> Option<Rc<[u8]>> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    // A surrogate pair of two halves would have to become one character.
    let halves = parts[1].first() == Some(&0xed);
    (length <= LARGEST_STRING && !halves).then(|| parts.concat().into())
}

fn repeated(part: &[u8], times: i64) -> Option<Rc<[u8]>> {
    let times = usize::try_from(times.max(0)).ok()?;
    let fits = part.len().checked_mul(times)? <= LARGEST_STRING && part.first() != Some(&0xed);
    fits.then(|| part.repeat(times).into())
}

/// A constant as it is looked for: floats by their bits, and nothing equal to anything of another type.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    None,
    Bool(bool),
    Ellipsis,
    Int(i64),
    BigInt(Rc<BigInt>),
    Float(u64),
    Imaginary(u64),
    Str(Rc<[u8]>),
    Bytes(Rc<[u8]>),
    Tuple(Vec<Key>),
}

fn key(constant: &Constant) -> Option<Key> {
    Some(match constant {
        Constant::None => Key::None,
        Constant::Bool(value) => Key::Bool(*value),
        Constant::Ellipsis => Key::Ellipsis,
        Constant::Int(value) => Key::Int(*value),
        Constant::BigInt(value) => Key::BigInt(value.clone()),
        Constant::Float(value) => Key::Float(value.to_bits()),
        Constant::Imaginary(value) => Key::Imaginary(value.to_bits()),
        Constant::Str(value) => Key::Str(value.clone()),
        Constant::Bytes(value) => Key::Bytes(value.clone()),
        Constant::Tuple(elements) if elements.len() > LONGEST_KEY => return None,
        Constant::Tuple(elements) => Key::Tuple(elements.iter().map(key).collect::<Option<_>>()?),
    })
}

/// The constants of one code, each of them once.
#[derive(Default)]
pub struct Pool {
    /// In the order of their numbers.
    pub list: Vec<Constant>,
    by_key: FxHashMap<Key, u32>,
}

impl Pool {
    /// The number of a constant.
    pub fn number(&mut self, constant: Constant) -> u32 {
        let next = self.list.len() as u32;
        let number = match key(&constant) {
            Some(key) => *self.by_key.entry(key).or_insert(next),
            None => next,
        };
        if number == next {
            self.list.push(constant);
        }
        number
    }
}
