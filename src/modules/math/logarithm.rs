//! Logarithms, of integers of any size too.

use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::number::{Number, to_f64};
use crate::object::value::Value;
use crate::text::integer::{self, round_binary};

use super::module::{Real, unexpected};

/// Its lines of the module's table.
pub const FUNCTIONS: &[Declaration] = &[
    plain("log(x, base=<unset>, /)", log, "Return the logarithm of x to a base, e if none is given."),
    plain("log10(x, /)", log10, "Return the logarithm of x to the base 10."),
    plain("log1p(x, /)", log1p, "Return the natural logarithm of 1+x without loss of precision for small x."),
    plain("log2(x, /)", log2, "Return the logarithm of x to the base 2."),
];

/// A logarithm of argument `position`.
fn logarithm(cx: &mut Context, value: Value, position: usize, function: fn(f64) -> f64) -> Result<f64, Stop> {
    if let Some(Number::Int(number)) = Number::of(value) {
        if number.is_negative() || number.is_zero() {
            return Err(cx.value_error("expected a positive input"));
        }
        if number.bit_length() <= 1023 {
            return Ok(function(Int::expect_f64(cx, value)?));
        }
        if let Some(Ok(x)) = to_f64(cx, value) {
            return Ok(function(x));
        }
        let (mantissa, exponent) = split(number);
        return Ok(function(mantissa) + function(2.0) * exponent);
    }
    let Real(x) = Real::from_value(cx, value, position)?;
    if x <= 0.0 {
        return Err(unexpected(cx, Some("expected a positive input"), x));
    }
    Ok(function(x))
}

/// A large integer as `mantissa * 2**exponent` with a mantissa from 0.5 to 1.
fn split(number: integer::Int<'_>) -> (f64, f64) {
    let magnitude = number.magnitude();
    let bits = magnitude.bits();
    let dropped = bits.saturating_sub(64);
    let top = (&*magnitude >> dropped).iter_u64_digits().next().unwrap_or(0);
    let more = magnitude.trailing_zeros().unwrap_or(0) < dropped;
    (round_binary(top as u128, more, -64).unwrap_or(1.0), bits as f64)
}

fn log(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let x = logarithm(cx, args.get(0), 0, f64::ln)?;
    if args.get(1).is_unbound() {
        return Ok(Value::float(x));
    }
    let base = logarithm(cx, args.get(1), 1, f64::ln)?;
    if base == 0.0 {
        return Err(cx.zero_division_error("division by zero"));
    }
    Ok(Value::float(x / base))
}

fn log10(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    logarithm(cx, args.get(0), 0, f64::log10).map(Value::float)
}

fn log2(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    logarithm(cx, args.get(0), 0, f64::log2).map(Value::float)
}

fn log1p(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    if x <= -1.0 {
        return Err(unexpected(cx, Some("expected argument value > -1"), x));
    }
    Ok(Value::float(if x == 0.0 { x } else { x.ln_1p() }))
}
