//! What the methods of int, float and complex share: operators with their reflected forms, comparisons, formatting.

use crate::builtins::format::{format_as_data, format_object};
use crate::builtins::number_functions::absolute;
use crate::builtins::sequence::comparison;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Stop};
use crate::object::number::{self, Number};
use crate::object::string::Str;
use crate::object::truth;
use crate::object::value::Value;
use crate::syntax::ast::{BinaryOperator, UnaryOperator};

/// Operands of the methods of int.
pub const INT: u8 = 0;
/// Operands of the methods of float: ints too.
pub const FLOAT: u8 = 1;
/// Operands of the methods of complex: all numbers.
pub const COMPLEX: u8 = 2;

/// `+`
pub const ADD: u8 = 0;
/// `-`
pub const SUBTRACT: u8 = 1;
/// `*`
pub const MULTIPLY: u8 = 2;
/// `/`
pub const DIVIDE: u8 = 3;
/// `//`
pub const FLOOR_DIVIDE: u8 = 4;
/// `%`
pub const MODULO: u8 = 5;
/// `**`
pub const POWER: u8 = 6;
/// `<<`
pub const SHIFT_LEFT: u8 = 7;
/// `>>`
pub const SHIFT_RIGHT: u8 = 8;
/// `&`
pub const AND: u8 = 9;
/// `|`
pub const OR: u8 = 10;
/// `^`
pub const XOR: u8 = 11;

const OPERATORS: [BinaryOperator; 12] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::FloorDivide,
    BinaryOperator::Modulo,
    BinaryOperator::Power,
    BinaryOperator::ShiftLeft,
    BinaryOperator::ShiftRight,
    BinaryOperator::And,
    BinaryOperator::Or,
    BinaryOperator::Xor,
];

/// Does a class with operands of this kind take the value as one?
pub fn is_operand(kind: u8, value: Value) -> bool {
    match Number::of(value) {
        Some(Number::Int(_)) => true,
        Some(Number::Float(_)) => kind >= FLOAT,
        Some(Number::Complex(_)) => kind == COMPLEX,
        None => false,
    }
}

/// A binary operator whose receiver is on the left.
pub fn left<const KIND: u8, const OP: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    operate(cx, KIND, OP, args.get(0), args.get(1), args.get(1))
}

/// A binary operator whose receiver is on the right.
pub fn right<const KIND: u8, const OP: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    operate(cx, KIND, OP, args.get(1), args.get(0), args.get(1))
}

fn operate(cx: &mut Context, kind: u8, op: u8, a: Value, b: Value, other: Value) -> Result<Value, Stop> {
    if !is_operand(kind, other) {
        return Ok(cx.not_implemented);
    }
    Ok(number::binary(cx, OPERATORS[op as usize], a, b)?.unwrap_or(cx.not_implemented))
}

/// `divmod(self, value)`
pub fn divmod<const KIND: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    divide_modulo(cx, KIND, args.get(0), args.get(1), args.get(1))
}

/// `divmod(value, self)`
pub fn rdivmod<const KIND: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    divide_modulo(cx, KIND, args.get(1), args.get(0), args.get(1))
}

fn divide_modulo(cx: &mut Context, kind: u8, a: Value, b: Value, other: Value) -> Result<Value, Stop> {
    if !is_operand(kind, other) {
        return Ok(cx.not_implemented);
    }
    if Int::is(a) && Int::is(b) {
        let (quotient, remainder) = Int::divide_modulo(cx, a, b)?;
        return Ok(cx.tuple(&[quotient, remainder]));
    }
    let quotient = number::binary(cx, BinaryOperator::FloorDivide, a, b)?;
    let remainder = number::binary(cx, BinaryOperator::Modulo, a, b)?;
    match (quotient, remainder) {
        (Some(quotient), Some(remainder)) => Ok(cx.tuple(&[quotient, remainder])),
        _ => Ok(cx.not_implemented),
    }
}

/// `pow(self, value, mod)`
pub fn power<const KIND: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    raise_to(cx, KIND, args.get(0), args.get(1), args)
}

/// `pow(value, self, mod)`
pub fn rpower<const KIND: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    raise_to(cx, KIND, args.get(1), args.get(0), args)
}

fn raise_to(cx: &mut Context, kind: u8, base: Value, exponent: Value, args: Args<'_>) -> Result<Value, Stop> {
    let modulus = args.get(2);
    if !is_operand(kind, args.get(1)) {
        return Ok(cx.not_implemented);
    }
    if modulus.is_none() {
        return Ok(number::binary(cx, BinaryOperator::Power, base, exponent)?.unwrap_or(cx.not_implemented));
    }
    match kind {
        INT if Int::is(modulus) => Int::power_modulo(cx, base, exponent, modulus),
        INT => Ok(cx.not_implemented),
        FLOAT => Err(cx.type_error("pow() 3rd argument not allowed unless all arguments are integers")),
        _ => Err(cx.value_error("complex modulo")),
    }
}

/// A comparison.
pub fn compare<const KIND: u8, const OP: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Some(a), Some(b)) = (Number::of(args.get(0)), Number::of(args.get(1))) else {
        return Ok(cx.not_implemented);
    };
    if !is_operand(KIND, args.get(1)) {
        return Ok(cx.not_implemented);
    }
    Ok(number::compare(comparison(OP), a, b).map_or(cx.not_implemented, Value::bool))
}

fn unary(cx: &mut Context, op: UnaryOperator, args: Args<'_>) -> Result<Value, Stop> {
    Ok(number::unary(cx, op, args.get(0))?.unwrap_or(cx.not_implemented))
}

/// `-self`
pub fn neg(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, UnaryOperator::Negative, args)
}

/// `+self`, also what stands for the number itself as an exact one.
pub fn pos(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, UnaryOperator::Positive, args)
}

/// `~self`
pub fn invert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, UnaryOperator::Invert, args)
}

/// `abs(self)`
pub fn abs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    absolute(cx, args.get(0))
}

/// `bool(self)`
pub fn bool(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(truth::truth_as_data(cx, args.get(0)) != Some(false)))
}

/// `format(self, spec)`
pub fn format(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (value, spec) = (args.get(0), args.get(1));
    match spec.get::<Str>() {
        Some(text) if text.length() > 0 => {
            let spec = text.bytes().to_vec();
            format_as_data(cx, value, &spec).unwrap_or(Ok(value))
        }
        _ => format_object(cx, value, spec),
    }
}

/// The number itself as an exact one, for attributes.
pub fn exact(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(number::unary(cx, UnaryOperator::Positive, value)?.unwrap_or(value))
}
