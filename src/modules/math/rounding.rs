//! Floats as integers, and what floats consist of: rounding, parts, neighbours.

use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Check, Declaration, FromValue, Stop, plain};
use crate::object::number::Number;
use crate::object::value::Value;
use crate::text::float::{self, NotFinite, decompose};
use crate::text::integer::round_binary;

use super::module::{Real, range_error};

/// Its lines of the module's table.
pub const FUNCTIONS: &[Declaration] = &[
    plain("ceil(x, /)", ceil, "Return the least integer that is at least x."),
    plain("floor(x, /)", floor, "Return the greatest integer that is at most x."),
    plain("frexp(x, /)", frexp, "Return the mantissa and the exponent of x."),
    plain("ldexp(x, i, /)", ldexp, "Return x * (2**i)."),
    plain("modf(x, /)", modf, "Return the fractional and the whole part of x, both with its sign."),
    plain("nextafter(x, y, /, *, steps=None)", nextafter, "Return the float so many steps from x towards y."),
    plain("trunc(x, /)", trunc, "Return x without what is behind the point."),
    plain("ulp(x, /)", ulp, "Return the value of the least significant bit of x."),
];

/// A float that a function has made whole, as an int.
fn whole(cx: &mut Context, x: f64) -> Result<Value, Stop> {
    match float::to_integer(x) {
        Ok(number) => Ok(Int::from_integer(cx, number)),
        Err(NotFinite::Infinity) => Err(cx.overflow_error(NotFinite::Infinity.message("integer"))),
        Err(problem) => Err(cx.value_error(problem.message("integer"))),
    }
}

/// An argument rounded by `function`, or by its own special method.
fn rounded(cx: &mut Context, value: Value, method: Value, function: fn(f64) -> f64) -> Result<Value, Stop> {
    if value.is_small() || value.is_bool() {
        return Ok(Int::exact(cx, value));
    }
    if !value.is_float() && cx.special(value, method).is_some_and(|method| !method.is_none()) {
        return Err(cx.call_special(value, method, &[], Check::None));
    }
    if let Some(Number::Int(_)) = Number::of(value) {
        return Ok(Int::exact(cx, value));
    }
    let Real(x) = Real::from_value(cx, value, 0)?;
    whole(cx, function(x))
}

fn floor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let method = cx.names.__floor__;
    rounded(cx, args.get(0), method, f64::floor)
}

fn ceil(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let method = cx.names.__ceil__;
    rounded(cx, args.get(0), method, f64::ceil)
}

fn trunc(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (value, method) = (args.get(0), cx.names.__trunc__);
    if Number::of(value).is_none() && cx.special(value, method).is_none() {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("type {found} doesn't define __trunc__ method")));
    }
    rounded(cx, value, method, f64::trunc)
}

fn frexp(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    let (mantissa, exponent) = split(x);
    Ok(cx.tuple(&[Value::float(mantissa), Value::small(exponent as i64)]))
}

/// A float as a mantissa whose absolute value is from 0.5 to 1, and an exponent of 2.
pub fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (mantissa, exponent) = decompose(x);
    let bits = 64 - mantissa.leading_zeros() as i32;
    let fraction = mantissa as f64 / (1u64 << bits) as f64;
    (fraction.copysign(x), exponent + bits)
}

/// `x * 2**exponent`, rounded once; infinite where that is too large.
pub fn scaled(x: f64, exponent: i64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let (mantissa, own) = decompose(x);
    let exponent = exponent.clamp(-10_000, 10_000) + own as i64;
    round_binary(mantissa as u128, false, exponent).unwrap_or(f64::INFINITY).copysign(x)
}

fn ldexp(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x), exponent): (Real, Value) = args.take(cx)?;
    let Some(exponent) = Int::clamp(exponent) else {
        return Err(cx.type_error("Expected an int as second argument to ldexp."));
    };
    let result = scaled(x, exponent);
    if result.is_infinite() && x.is_finite() {
        return Err(range_error(cx));
    }
    Ok(Value::float(result))
}

fn modf(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    let (fraction, whole) = match x {
        _ if x.is_infinite() => (0f64.copysign(x), x),
        _ if x.is_nan() => (x, x),
        _ => ((x - x.trunc()).copysign(x), x.trunc()),
    };
    Ok(cx.tuple(&[Value::float(fraction), Value::float(whole)]))
}

/// The place of a float among all floats in order; both zeros are at 0.
fn rank(x: f64) -> i64 {
    let magnitude = (x.to_bits() & !(1 << 63)) as i64;
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

fn of_rank(rank: i64, zero: f64) -> f64 {
    match rank {
        0 => 0f64.copysign(zero),
        1.. => f64::from_bits(rank as u64),
        _ => -f64::from_bits(rank.unsigned_abs()),
    }
}

/// The float `steps` steps from x towards y.
fn step_towards(x: f64, y: f64, steps: u64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    if steps == 0 {
        return x;
    }
    let (start, end) = (rank(x), rank(y));
    if start.abs_diff(end) <= steps {
        return y;
    }
    // Fewer steps than between the two, so nothing overflows.
    let place = if start < end { start + steps as i64 } else { start - steps as i64 };
    of_rank(place, x)
}

fn nextafter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x), Real(y)) = (Real::from_value(cx, args.get(0), 0)?, Real::from_value(cx, args.get(1), 1)?);
    let steps = match args.get(2) {
        // A single step to zero keeps the sign.
        Value::NONE if x != 0.0 && y == 0.0 => return Ok(Value::float(step_towards(x, 0f64.copysign(x), 1))),
        Value::NONE => 1,
        steps => {
            let crate::object::arguments::Whole(steps) = FromValue::from_value(cx, steps, 2)?;
            if Int::sign(steps) < 0 {
                return Err(cx.value_error("steps must be a non-negative integer"));
            }
            Int::to_i64(steps).map_or(u64::MAX, |steps| steps as u64)
        }
    };
    Ok(Value::float(step_towards(x, y, steps)))
}

fn ulp(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    let x = x.abs();
    if !x.is_finite() {
        return Ok(Value::float(x));
    }
    let above = step_towards(x, f64::INFINITY, 1);
    Ok(Value::float(if above.is_infinite() { x - step_towards(x, 0.0, 1) } else { above - x }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_its_mantissa_and_exponent() {
        for x in [1.0, -3.5, 5e-324, f64::MAX, 0.1] {
            let (mantissa, exponent) = split(x);
            assert!((0.5..1.0).contains(&mantissa.abs()));
            assert_eq!(scaled(mantissa, exponent as i64), x);
        }
    }

    #[test]
    fn steps_cross_zero() {
        assert_eq!(step_towards(5e-324, -1.0, 2), -5e-324);
        assert_eq!(step_towards(1.0, f64::INFINITY, u64::MAX), f64::INFINITY);
    }
}
