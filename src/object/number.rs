//! Arithmetic, order and equality of the numbers together: int, bool, float and complex, mixed as a script likes.
//!
//! Special methods of scripts are the VM's; here is what happens when there are none.

use std::cmp::Ordering;

use crate::object::complex::Complex as ComplexObject;
use crate::object::context::Context;
use crate::object::equality::holds;
use crate::object::float::Float;
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::syntax::ast::{BinaryOperator, Comparison, UnaryOperator};
use crate::text::complex::{self, Complex, ComplexError};
use crate::text::float::{self, PowerError};
use crate::text::integer::{self, Int as Operand};

/// The hash of NaN, of which there is one only.
pub const NAN_HASH: i64 = 0x7ff8_0000;

/// A value that is a number.
#[derive(Clone, Copy)]
pub enum Number {
    /// int or bool
    Int(Operand<'static>),
    /// float
    Float(f64),
    /// complex
    Complex(Complex),
}

impl Number {
    /// The number a value is, if it is one; of subclasses too.
    #[inline]
    pub fn of(value: Value) -> Option<Number> {
        if value.is_small() {
            return Some(Number::Int(Operand::Small(value.as_small())));
        }
        if value.is_float() {
            return Some(Number::Float(value.as_float()));
        }
        if value.is_bool() {
            return Some(Number::Int(Operand::Small((value == Value::TRUE) as i64)));
        }
        Number::of_object(value)
    }

    fn of_object(value: Value) -> Option<Number> {
        match value.header()?.kind() {
            Kind::Int => Int::operand(value).map(Number::Int),
            Kind::Float => Float::of(value).map(Number::Float),
            Kind::Complex => value.get::<ComplexObject>().map(|complex| Number::Complex(complex.number)),
            _ => None,
        }
    }
}

/// The float a value is or, as an int, stands for; None for what is neither.
#[inline]
pub fn to_f64(cx: &mut Context, value: Value) -> Option<Result<f64, Stop>> {
    match Number::of(value)? {
        Number::Float(x) => Some(Ok(x)),
        Number::Int(_) => Some(Int::expect_f64(cx, value)),
        Number::Complex(_) => None,
    }
}

/// `a op b` if both are numbers that have this operation, else None.
#[inline]
pub fn binary(cx: &mut Context, op: BinaryOperator, a: Value, b: Value) -> Result<Option<Value>, Stop> {
    let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) else { return Ok(None) };
    match (x, y) {
        (Number::Int(_), Number::Int(_)) => binary_int(cx, op, a, b),
        (Number::Complex(x), _) => {
            let y = to_complex(cx, b, y)?;
            binary_complex(cx, op, x, y)
        }
        (_, Number::Complex(y)) => {
            let x = to_complex(cx, a, x)?;
            binary_complex(cx, op, x, y)
        }
        _ => {
            if !is_float_operation(op) {
                return Ok(None);
            }
            let x = float_of(cx, a, x)?;
            let y = float_of(cx, b, y)?;
            binary_float(cx, op, x, y)
        }
    }
}

fn is_float_operation(op: BinaryOperator) -> bool {
    use BinaryOperator::*;
    matches!(op, Add | Subtract | Multiply | Divide | FloorDivide | Modulo | Power)
}

fn float_of(cx: &mut Context, value: Value, number: Number) -> Result<f64, Stop> {
    match number {
        Number::Float(x) => Ok(x),
        _ => Int::expect_f64(cx, value),
    }
}

fn to_complex(cx: &mut Context, value: Value, number: Number) -> Result<Complex, Stop> {
    match number {
        Number::Complex(complex) => Ok(complex),
        _ => Ok(Complex::new(float_of(cx, value, number)?, 0.0)),
    }
}

/// `a op b` of two integers.
pub fn binary_int(cx: &mut Context, op: BinaryOperator, a: Value, b: Value) -> Result<Option<Value>, Stop> {
    use BinaryOperator::*;
    if a.is_bool() && b.is_bool() {
        let (x, y) = (a == Value::TRUE, b == Value::TRUE);
        match op {
            And => return Ok(Some(Value::bool(x & y))),
            Or => return Ok(Some(Value::bool(x | y))),
            Xor => return Ok(Some(Value::bool(x ^ y))),
            _ => {}
        }
    }
    Ok(Some(match op {
        Add => Int::add(cx, a, b),
        Subtract => Int::subtract(cx, a, b),
        Multiply => Int::multiply(cx, a, b)?,
        Divide => Int::true_divide(cx, a, b)?,
        FloorDivide => Int::floor_divide(cx, a, b)?,
        Modulo => Int::modulo(cx, a, b)?,
        Power => Int::power(cx, a, b)?,
        ShiftLeft => Int::shift_left(cx, a, b)?,
        ShiftRight => Int::shift_right(cx, a, b)?,
        And => Int::and(cx, a, b),
        Or => Int::or(cx, a, b),
        Xor => Int::exclusive_or(cx, a, b),
        MatrixMultiply => return Ok(None),
    }))
}

/// `x op y` of two floats.
pub fn binary_float(cx: &mut Context, op: BinaryOperator, x: f64, y: f64) -> Result<Option<Value>, Stop> {
    use BinaryOperator::*;
    let result = match op {
        Add => Some(x + y),
        Subtract => Some(x - y),
        Multiply => Some(x * y),
        Divide if y == 0.0 => None,
        Divide => Some(x / y),
        FloorDivide => float::floor_divide(x, y),
        Modulo => float::modulo(x, y),
        Power => return power_float(cx, x, y).map(Some),
        _ => return Ok(None),
    };
    match result {
        Some(result) => Ok(Some(Value::float(result))),
        None => Err(cx.zero_division_error("division by zero")),
    }
}

/// OverflowError as the functions of mathematics raise it.
pub fn out_of_range(cx: &mut Context) -> Stop {
    let message = cx.str("Numerical result out of range");
    cx.error_with(LayoutId::OVERFLOW_ERROR, &[Value::small(34), message])
}

fn power_float(cx: &mut Context, x: f64, y: f64) -> Result<Value, Stop> {
    match float::power(x, y) {
        Ok(result) => Ok(Value::float(result)),
        Err(PowerError::ZeroToNegative) => Err(cx.zero_division_error("zero to a negative power")),
        Err(PowerError::Overflow) => Err(out_of_range(cx)),
        Err(PowerError::Complex) => power_complex(cx, Complex::new(x, 0.0), Complex::new(y, 0.0)),
    }
}

fn power_complex(cx: &mut Context, x: Complex, y: Complex) -> Result<Value, Stop> {
    match x.power(y) {
        Ok(result) => Ok(ComplexObject::of(cx, result)),
        Err(ComplexError::Zero) => Err(cx.zero_division_error("zero to a negative or complex power")),
        Err(ComplexError::Overflow) => Err(cx.overflow_error("complex exponentiation")),
    }
}

/// `x op y` of two complex numbers.
pub fn binary_complex(cx: &mut Context, op: BinaryOperator, x: Complex, y: Complex) -> Result<Option<Value>, Stop> {
    use BinaryOperator::*;
    let result = match op {
        Add => x.add(y),
        Subtract => x.subtract(y),
        Multiply => x.multiply(y),
        Divide => match x.divide(y) {
            Ok(quotient) => quotient,
            Err(_) => return Err(cx.zero_division_error("division by zero")),
        },
        Power => return power_complex(cx, x, y).map(Some),
        _ => return Ok(None),
    };
    Ok(Some(ComplexObject::of(cx, result)))
}

/// `op a` if it is a number that has this operation, else None. `not` is not one of numbers alone.
#[inline]
pub fn unary(cx: &mut Context, op: UnaryOperator, a: Value) -> Result<Option<Value>, Stop> {
    let Some(number) = Number::of(a) else { return Ok(None) };
    Ok(Some(match (op, number) {
        (UnaryOperator::Negative, Number::Int(_)) => Int::negate(cx, a),
        (UnaryOperator::Negative, Number::Float(x)) => Value::float(-x),
        (UnaryOperator::Negative, Number::Complex(z)) => ComplexObject::of(cx, z.negate()),
        (UnaryOperator::Positive, Number::Int(_)) => Int::exact(cx, a),
        (UnaryOperator::Positive, Number::Float(x)) => Value::float(x),
        (UnaryOperator::Positive, Number::Complex(z)) => ComplexObject::of(cx, z),
        (UnaryOperator::Invert, Number::Int(_)) => Int::invert(cx, a),
        _ => return Ok(None),
    }))
}

/// The TypeError of `a op b` where it is not the usual "unsupported operand type(s)".
pub fn operand_message(cx: &Context, op: BinaryOperator, a: Value, b: Value) -> Option<String> {
    let kind = |value: Value| value.header().map(|header| header.kind());
    let is_sequence = |value: Value| {
        matches!(kind(value), Some(Kind::Str | Kind::List | Kind::Tuple | Kind::Bytes | Kind::ByteArray))
    };
    let (left, right) = (cx.type_name(a), cx.type_name(b));
    match (op, kind(a)) {
        (BinaryOperator::Add, Some(Kind::Str)) => Some(format!("can only concatenate str (not \"{right}\") to str")),
        (BinaryOperator::Add, Some(Kind::List)) => Some(format!("can only concatenate list (not \"{right}\") to list")),
        (BinaryOperator::Add, Some(Kind::Tuple)) => {
            Some(format!("can only concatenate tuple (not \"{right}\") to tuple"))
        }
        (BinaryOperator::Add, Some(Kind::Bytes | Kind::ByteArray)) => Some(format!("can't concat {right} to {left}")),
        (BinaryOperator::Multiply, _) if is_sequence(a) => {
            Some(format!("can't multiply sequence by non-int of type '{right}'"))
        }
        (BinaryOperator::Multiply, _) if is_sequence(b) => {
            Some(format!("can't multiply sequence by non-int of type '{left}'"))
        }
        _ => None,
    }
}

/// Are two numbers equal, by their exact values?
#[inline]
pub fn equal(x: Number, y: Number) -> bool {
    match (x, y) {
        (Number::Complex(x), Number::Complex(y)) => x == y,
        (Number::Complex(z), other) | (other, Number::Complex(z)) => {
            z.imaginary == 0.0 && order(Number::Float(z.real), other) == Some(Ordering::Equal)
        }
        (x, y) => order(x, y) == Some(Ordering::Equal),
    }
}

/// The order of two numbers that are not complex; None with a NaN.
fn order(x: Number, y: Number) -> Option<Ordering> {
    match (x, y) {
        (Number::Int(x), Number::Int(y)) => Some(integer::compare(x, y)),
        (Number::Float(x), Number::Float(y)) => x.partial_cmp(&y),
        (Number::Int(x), Number::Float(y)) => float::compare_integer(x, y),
        (Number::Float(x), Number::Int(y)) => float::compare_integer(y, x).map(Ordering::reverse),
        _ => None,
    }
}

/// `x op y` for an order; None for complex numbers, which have none.
#[inline]
pub fn compare(op: Comparison, x: Number, y: Number) -> Option<bool> {
    if matches!(x, Number::Complex(_)) || matches!(y, Number::Complex(_)) {
        return match op {
            Comparison::Equal => Some(equal(x, y)),
            Comparison::NotEqual => Some(!equal(x, y)),
            _ => None,
        };
    }
    Some(match order(x, y) {
        Some(order) => holds(op, order),
        None => op == Comparison::NotEqual,
    })
}

/// `hash` of a number.
pub fn hash(number: Number) -> i64 {
    match number {
        Number::Int(x) => integer::hash(x),
        Number::Float(x) => float::hash(x).unwrap_or(NAN_HASH),
        Number::Complex(z) => complex::hash(z, NAN_HASH),
    }
}
