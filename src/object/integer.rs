//! `Int`: integers that a `Value` cannot hold itself, and arithmetic on integer values of any kind.
//!
//! Small integers are in the value; larger ones, and instances of subclasses of int of any size, are objects. The
//! functions here take values known to be integers (small ones, bools, objects) and give exact ints. The
//! algorithms are `text::integer`'s.
#![allow(unsafe_code)]

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::object::context::Context;
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::text::integer::{self, DivideError, Int as Operand, Integer, PowerModuloError, TooLarge};
use crate::text::{float, integer_bits, integer_text};

/// The body of an int.
pub struct Int {
    /// Its value.
    pub value: Integer,
}

impl Body for Int {
    const KIND: Kind = Kind::Int;
    fn trace(&self, _: &mut Marker) {}
}

/// What results of script-chosen size are limited to.
const TOO_LARGE: &str = "too many digits in integer";

impl Int {
    // ----- making

    /// An int of any machine integer.
    #[inline]
    pub fn from_i64(cx: &mut Context, value: i64) -> Value {
        if Value::fits(value) {
            return Value::small(value);
        }
        cx.heap.allocate(LayoutId::INT, Int { value: Integer::Small(value) }).value()
    }

    /// An int of a number of things.
    #[inline]
    pub fn from_usize(cx: &mut Context, value: usize) -> Value {
        Int::from_integer(cx, Integer::from(value as u64))
    }

    /// An int of a big integer.
    pub fn from_big(cx: &mut Context, value: BigInt) -> Value {
        Int::from_integer(cx, Integer::from(value))
    }

    /// An int of a result.
    #[inline]
    pub fn from_integer(cx: &mut Context, value: Integer) -> Value {
        match value {
            Integer::Small(value) => Int::from_i64(cx, value),
            value => cx.heap.allocate(LayoutId::INT, Int { value }).value(),
        }
    }

    /// An instance of a subclass of int. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, value: Integer) -> Value {
        let body = Int { value };
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity).value(),
            None => cx.heap.allocate(layout, body).value(),
        }
    }

    // ----- reading

    /// The integer a value is, if it is one: small, big, True, False, or an instance of a subclass.
    #[inline]
    pub fn operand(value: Value) -> Option<Operand<'static>> {
        if value.is_small() {
            return Some(Operand::Small(value.as_small()));
        }
        if value.is_bool() {
            return Some(Operand::Small((value == Value::TRUE) as i64));
        }
        let object = value.get::<Int>()?;
        Some(match &object.value {
            Integer::Small(value) => Operand::Small(*value),
            // SAFETY: the object is alive until the next safe point, as for `Value::header`, and its value never
            // changes.
            Integer::Big(value) => Operand::Big(unsafe { &*(value as *const BigInt) }),
        })
    }

    /// As `operand`, of a value known to be an integer; 0 for any other.
    #[inline]
    fn known(value: Value) -> Operand<'static> {
        let operand = Int::operand(value);
        debug_assert!(operand.is_some(), "not an integer: {value:?}");
        operand.unwrap_or(Operand::Small(0))
    }

    /// Is it an integer of any kind?
    #[inline]
    pub fn is(value: Value) -> bool {
        value.is_small() || value.is_bool() || value.is::<Int>()
    }

    /// The integer as an exact int: what a bool or an instance of a subclass stands for.
    pub fn exact(cx: &mut Context, value: Value) -> Value {
        match value.header() {
            Some(header) if header.layout() == LayoutId::INT => value,
            _ => Int::from_integer(cx, Int::known(value).to_integer()),
        }
    }

    /// Its value if an `i64` holds it; None also for what is no integer.
    #[inline]
    pub fn to_i64(value: Value) -> Option<i64> {
        if value.is_small() {
            return Some(value.as_small());
        }
        Int::operand(value)?.to_i64()
    }

    /// Its value cut to the range of `i64`, as indices of slices are; None for what is no integer.
    pub fn clamp(value: Value) -> Option<i64> {
        let operand = Int::operand(value)?;
        let edge = if operand.is_negative() { i64::MIN } else { i64::MAX };
        Some(operand.to_i64().unwrap_or(edge))
    }

    /// Its value as `i64`, or OverflowError.
    pub fn expect_i64(cx: &mut Context, value: Value) -> Result<i64, Stop> {
        Int::to_i64(value).ok_or_else(|| cx.overflow_error("Python int too large to convert to C long"))
    }

    /// Its value as an index, or IndexError "cannot fit 'int' into an index-sized integer".
    pub fn expect_index(cx: &mut Context, value: Value) -> Result<i64, Stop> {
        Int::to_i64(value).ok_or_else(|| {
            let name = cx.type_name(value);
            cx.index_error(format!("cannot fit '{name}' into an index-sized integer"))
        })
    }

    /// Its value as a length or count, or OverflowError; negative ones are refused with `message`.
    pub fn expect_usize(cx: &mut Context, value: Value, message: &str) -> Result<usize, Stop> {
        match Int::to_i64(value) {
            Some(number) => usize::try_from(number).map_err(|_| cx.value_error(message)),
            None if Int::known(value).is_negative() => Err(cx.value_error(message)),
            None => Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }

    /// The nearest float, or OverflowError.
    pub fn expect_f64(cx: &mut Context, value: Value) -> Result<f64, Stop> {
        if value.is_small() {
            return Ok(value.as_small() as f64);
        }
        float::from_integer(Int::known(value)).map_err(|_| cx.overflow_error("int too large to convert to float"))
    }

    /// Are both exact ints with the same value? `is` takes such for the same.
    pub fn same_number(a: Value, b: Value) -> bool {
        let is_exact = |value: Value| value.header().is_some_and(|header| header.layout() == LayoutId::INT);
        is_exact(a) && is_exact(b) && Int::compare(a, b).is_eq()
    }

    /// -1, 0 or 1.
    pub fn sign(value: Value) -> i64 {
        match Int::known(value) {
            operand if operand.is_zero() => 0,
            operand if operand.is_negative() => -1,
            _ => 1,
        }
    }

    /// Which of two integers is larger.
    #[inline]
    pub fn compare(a: Value, b: Value) -> Ordering {
        if a.both_small(b) {
            return a.as_small().cmp(&b.as_small());
        }
        integer::compare(Int::known(a), Int::known(b))
    }

    /// `hash`
    #[inline]
    pub fn hash(value: Value) -> i64 {
        integer::hash(Int::known(value))
    }

    // ----- arithmetic

    /// `a + b`
    #[inline]
    pub fn add(cx: &mut Context, a: Value, b: Value) -> Value {
        if a.both_small(b) {
            return Int::from_i64(cx, a.as_small() + b.as_small());
        }
        let sum = integer::add(Int::known(a), Int::known(b));
        Int::from_integer(cx, sum)
    }

    /// `a - b`
    #[inline]
    pub fn subtract(cx: &mut Context, a: Value, b: Value) -> Value {
        if a.both_small(b) {
            return Int::from_i64(cx, a.as_small() - b.as_small());
        }
        let difference = integer::subtract(Int::known(a), Int::known(b));
        Int::from_integer(cx, difference)
    }

    /// `a * b`
    pub fn multiply(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        let (a, b) = (Int::known(a), Int::known(b));
        if let (Operand::Big(_), Operand::Big(_)) = (a, b) {
            let bits = a.bit_length() + b.bit_length();
            gate(cx, bits)?;
        }
        let product = integer::multiply(a, b);
        Ok(Int::from_integer(cx, product))
    }

    /// `a // b`
    pub fn floor_divide(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        match integer::floor_divide(Int::known(a), Int::known(b)) {
            Ok(quotient) => Ok(Int::from_integer(cx, quotient)),
            Err(_) => Err(cx.zero_division_error("division by zero")),
        }
    }

    /// `a % b`
    pub fn modulo(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        match integer::modulo(Int::known(a), Int::known(b)) {
            Ok(remainder) => Ok(Int::from_integer(cx, remainder)),
            Err(_) => Err(cx.zero_division_error("division by zero")),
        }
    }

    /// `divmod(a, b)`
    pub fn divide_modulo(cx: &mut Context, a: Value, b: Value) -> Result<(Value, Value), Stop> {
        match integer::divide_modulo(Int::known(a), Int::known(b)) {
            Ok((quotient, remainder)) => {
                let quotient = Int::from_integer(cx, quotient);
                Ok((quotient, Int::from_integer(cx, remainder)))
            }
            Err(_) => Err(cx.zero_division_error("division by zero")),
        }
    }

    /// `a / b`, a float.
    pub fn true_divide(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        match integer::true_divide(Int::known(a), Int::known(b)) {
            Ok(quotient) => Ok(Value::float(quotient)),
            Err(DivideError::Zero) => Err(cx.zero_division_error("division by zero")),
            Err(DivideError::Overflow) => Err(cx.overflow_error("integer division result too large for a float")),
        }
    }

    /// `a ** b`: an int, or a float if `b` is negative.
    pub fn power(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        let (base, exponent) = (Int::known(a), Int::known(b));
        if exponent.is_negative() {
            if base.is_zero() {
                return Err(cx.zero_division_error("zero to a negative power"));
            }
            let (base, exponent) = (Int::expect_f64(cx, a)?, Int::expect_f64(cx, b)?);
            return Ok(Value::float(base.powf(exponent)));
        }
        let bits = base.bit_length().saturating_mul(exponent.to_i64().unwrap_or(i64::MAX) as u64);
        if base.bit_length() > 1 {
            gate(cx, bits)?;
        }
        match integer::power(base, exponent) {
            Ok(result) => Ok(Int::from_integer(cx, result)),
            Err(TooLarge) => Err(cx.overflow_error(TOO_LARGE)),
        }
    }

    /// `pow(a, b, modulus)`
    pub fn power_modulo(cx: &mut Context, a: Value, b: Value, modulus: Value) -> Result<Value, Stop> {
        match integer::power_modulo(Int::known(a), Int::known(b), Int::known(modulus)) {
            Ok(result) => Ok(Int::from_integer(cx, result)),
            Err(PowerModuloError::ZeroModulus) => Err(cx.value_error("pow() 3rd argument cannot be 0")),
            Err(PowerModuloError::NotInvertible) => Err(cx.value_error("base is not invertible for the given modulus")),
        }
    }

    /// `a << b`
    pub fn shift_left(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        let (number, count) = (Int::known(a), Int::known(b));
        if count.is_negative() {
            return Err(cx.value_error("negative shift count"));
        }
        if !number.is_zero() {
            let count = count.to_i64().unwrap_or(i64::MAX) as u64;
            gate(cx, number.bit_length().saturating_add(count))?;
        }
        match integer_bits::shift_left(number, count) {
            Ok(result) => Ok(Int::from_integer(cx, result)),
            Err(TooLarge) => Err(cx.overflow_error(TOO_LARGE)),
        }
    }

    /// `a >> b`
    pub fn shift_right(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        let count = Int::known(b);
        if count.is_negative() {
            return Err(cx.value_error("negative shift count"));
        }
        let result = integer_bits::shift_right(Int::known(a), count);
        Ok(Int::from_integer(cx, result))
    }

    /// `a & b`
    pub fn and(cx: &mut Context, a: Value, b: Value) -> Value {
        let result = integer_bits::and(Int::known(a), Int::known(b));
        Int::from_integer(cx, result)
    }

    /// `a | b`
    pub fn or(cx: &mut Context, a: Value, b: Value) -> Value {
        let result = integer_bits::or(Int::known(a), Int::known(b));
        Int::from_integer(cx, result)
    }

    /// `a ^ b`
    pub fn exclusive_or(cx: &mut Context, a: Value, b: Value) -> Value {
        let result = integer_bits::exclusive_or(Int::known(a), Int::known(b));
        Int::from_integer(cx, result)
    }

    /// `-a`
    pub fn negate(cx: &mut Context, a: Value) -> Value {
        let result = integer::negate(Int::known(a));
        Int::from_integer(cx, result)
    }

    /// `~a`
    pub fn invert(cx: &mut Context, a: Value) -> Value {
        let result = integer_bits::invert(Int::known(a));
        Int::from_integer(cx, result)
    }

    /// `abs(a)`
    pub fn absolute(cx: &mut Context, a: Value) -> Value {
        let result = integer::absolute(Int::known(a));
        Int::from_integer(cx, result)
    }

    /// The most digits that text of an int may have; 0 for any number.
    pub fn digit_limit(cx: &Context) -> usize {
        let limit = cx.module_state.get("int_max_str_digits").and_then(|&limit| Int::to_i64(limit));
        limit.map_or(integer_text::DEFAULT_DIGIT_LIMIT, |limit| limit as usize)
    }

    /// The decimal text, or ValueError if it has more digits than the limit.
    pub fn to_decimal(cx: &mut Context, value: Value) -> Result<String, Stop> {
        let limit = Int::digit_limit(cx);
        integer_text::to_decimal(Int::known(value), limit)
            .ok_or_else(|| cx.value_error(integer_text::text_limit_message(limit)))
    }
}

/// Whether a result of so many bits can be had.
fn gate(cx: &mut Context, bits: u64) -> Result<(), Stop> {
    if bits < 1 << 20 {
        return Ok(());
    }
    if bits > integer::BIT_LIMIT {
        return Err(cx.overflow_error(TOO_LARGE));
    }
    cx.reserve(bits as usize / 8)
}
