//! The module `math`: its tables, and the functions that take floats to a float.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::number::to_f64;
use crate::object::value::Value;
use crate::text::float_text;

use super::{integer, library, logarithm, rounding, sum};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "math", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("acos(x, /)", acos, "Return the arc cosine of x in radians."),
    plain("acosh(x, /)", acosh, "Return the inverse hyperbolic cosine of x."),
    plain("asin(x, /)", asin, "Return the arc sine of x in radians."),
    plain("asinh(x, /)", asinh, "Return the inverse hyperbolic sine of x."),
    plain("atan(x, /)", atan, "Return the arc tangent of x in radians."),
    plain("atan2(y, x, /)", atan2, "Return the arc tangent of y/x in radians, in the quadrant of both signs."),
    plain("atanh(x, /)", atanh, "Return the inverse hyperbolic tangent of x."),
    plain("cbrt(x, /)", cbrt, "Return the cube root of x."),
    plain("copysign(x, y, /)", copysign, "Return x with the sign of y."),
    plain("cos(x, /)", cos, "Return the cosine of x radians."),
    plain("cosh(x, /)", cosh, "Return the hyperbolic cosine of x."),
    plain("degrees(x, /)", degrees, "Convert from radians to degrees."),
    plain("erf(x, /)", erf, "Return the error function at x."),
    plain("erfc(x, /)", erfc, "Return 1 minus the error function at x."),
    plain("exp(x, /)", exp, "Return e raised to the power of x."),
    plain("exp2(x, /)", exp2, "Return 2 raised to the power of x."),
    plain("expm1(x, /)", expm1, "Return exp(x)-1 without loss of precision for small x."),
    plain("fabs(x, /)", fabs, "Return the absolute value of x as a float."),
    plain("fma(x, y, z, /)", fma, "Return x * y + z, rounded once."),
    plain("fmod(x, y, /)", fmod, "Return the remainder of x / y with the sign of x."),
    plain("gamma(x, /)", gamma, "Return the gamma function at x."),
    plain("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)", isclose, "Return whether two numbers are close."),
    plain("isfinite(x, /)", isfinite, "Return whether x is neither infinite nor NaN."),
    plain("isinf(x, /)", isinf, "Return whether x is infinite."),
    plain("isnan(x, /)", isnan, "Return whether x is NaN."),
    plain("lgamma(x, /)", lgamma, "Return the logarithm of the absolute value of the gamma function at x."),
    plain("pow(x, y, /)", pow, "Return x raised to the power of y, as floats."),
    plain("radians(x, /)", radians, "Convert from degrees to radians."),
    plain("remainder(x, y, /)", remainder, "Return x minus the closest multiple of y."),
    plain("sin(x, /)", sin, "Return the sine of x radians."),
    plain("sinh(x, /)", sinh, "Return the hyperbolic sine of x."),
    plain("sqrt(x, /)", sqrt, "Return the square root of x."),
    plain("tan(x, /)", tan, "Return the tangent of x radians."),
    plain("tanh(x, /)", tanh, "Return the hyperbolic tangent of x."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    for functions in [FUNCTIONS, integer::FUNCTIONS, logarithm::FUNCTIONS, rounding::FUNCTIONS, sum::FUNCTIONS] {
        module.add_functions(cx, functions);
    }
    let constants = [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ];
    for (name, value) in constants {
        module.set(cx, name, Value::float(value));
    }
}

/// A float argument: anything with `__float__` or `__index__`.
#[derive(Clone, Copy)]
pub struct Real(pub f64);

impl FromValue for Real {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Real, Stop> {
        match to_f64(cx, value) {
            Some(number) => number.map(Real),
            None => Err(cx.ask(position, Wish::Float)),
        }
    }
}

/// ValueError "math domain error".
pub fn domain_error(cx: &mut Context) -> Stop {
    cx.value_error("math domain error")
}

/// OverflowError "math range error".
pub fn range_error(cx: &mut Context) -> Stop {
    cx.overflow_error("math range error")
}

/// What is expected of an argument, if not all finite ones have a result: the message before its value.
pub type Expected = Option<&'static str>;

/// ValueError for an argument that a function is not defined for.
pub fn unexpected(cx: &mut Context, expected: Expected, x: f64) -> Stop {
    match expected {
        Some(expected) => cx.value_error(format!("{expected}, got {}", float_text::repr(x))),
        None => domain_error(cx),
    }
}

/// A result is NaN only of NaN, and infinite only of infinity, unless `overflows`.
fn checked(cx: &mut Context, x: f64, result: f64, overflows: bool, expected: Expected) -> Result<Value, Stop> {
    if result.is_nan() && !x.is_nan() {
        return Err(unexpected(cx, expected, x));
    }
    if result.is_infinite() && x.is_finite() {
        return Err(if overflows { range_error(cx) } else { unexpected(cx, expected, x) });
    }
    Ok(Value::float(result))
}

macro_rules! unary {
    ($($name:ident $function:expr, $overflows:expr, $expected:expr;)*) => {$(
        fn $name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
            let (Real(x),) = args.take(cx)?;
            let function: fn(f64) -> f64 = $function;
            checked(cx, x, function(x), $overflows, $expected)
        }
    )*};
}

const FINITE: Expected = Some("expected a finite input");
const UP_TO_ONE: Expected = Some("expected a number in range from -1 up to 1");
const GAMMA: Expected = Some("expected a noninteger or positive integer");

unary! {
    acos f64::acos, false, UP_TO_ONE;
    acosh |x| library::acosh(x), false, Some("expected argument value not less than 1");
    asin f64::asin, false, UP_TO_ONE;
    asinh |x| library::asinh(x), false, None;
    atan f64::atan, false, None;
    atanh |x| library::atanh(x), false, Some("expected a number between -1 and 1");
    cbrt f64::cbrt, false, None;
    cos f64::cos, false, FINITE;
    cosh f64::cosh, true, None;
    erf |x| library::erf(x), false, None;
    erfc |x| library::erfc(x), false, None;
    exp f64::exp, true, None;
    exp2 f64::exp2, true, None;
    expm1 f64::exp_m1, true, None;
    fabs f64::abs, false, None;
    sin f64::sin, false, FINITE;
    sinh f64::sinh, true, None;
    sqrt f64::sqrt, false, Some("expected a nonnegative input");
    tan f64::tan, false, FINITE;
    tanh f64::tanh, false, None;
}

macro_rules! binary {
    ($($name:ident $function:expr;)*) => {$(
        fn $name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
            let (Real(x), Real(y)) = args.take(cx)?;
            let function: fn(f64, f64) -> f64 = $function;
            Ok(Value::float(function(x, y)))
        }
    )*};
}

binary! {
    atan2 f64::atan2;
    copysign f64::copysign;
}

fn degrees(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    Ok(Value::float(x * (180.0 / std::f64::consts::PI)))
}

fn radians(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    Ok(Value::float(x * (std::f64::consts::PI / 180.0)))
}

fn isfinite(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    Ok(Value::bool(x.is_finite()))
}

fn isinf(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    Ok(Value::bool(x.is_infinite()))
}

fn isnan(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    Ok(Value::bool(x.is_nan()))
}

fn isclose(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(a), Real(b), Real(relative), Real(absolute)) = args.take(cx)?;
    if relative < 0.0 || absolute < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::TRUE);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::FALSE);
    }
    let distance = (b - a).abs();
    let is_close = distance <= (relative * b).abs() || distance <= (relative * a).abs() || distance <= absolute;
    Ok(Value::bool(is_close))
}

fn fma(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x), Real(y), Real(z)) = args.take(cx)?;
    let result = x.mul_add(y, z);
    if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
        return Err(cx.value_error("invalid operation in fma"));
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(cx.overflow_error("overflow in fma"));
    }
    Ok(Value::float(result))
}

fn fmod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x), Real(y)) = args.take(cx)?;
    if y.is_infinite() && x.is_finite() {
        return Ok(Value::float(x));
    }
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(domain_error(cx));
    }
    Ok(Value::float(result))
}

fn remainder(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x), Real(y)) = args.take(cx)?;
    if x.is_nan() || y.is_nan() {
        return Ok(Value::float(f64::NAN));
    }
    if x.is_infinite() || y == 0.0 {
        return Err(domain_error(cx));
    }
    Ok(Value::float(if y.is_infinite() { x } else { library::remainder(x, y) }))
}

fn pow(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x), Real(y)) = args.take(cx)?;
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || result.is_infinite() && x == 0.0 {
            return Err(domain_error(cx));
        }
        if result.is_infinite() {
            return Err(range_error(cx));
        }
    }
    Ok(Value::float(result))
}

/// Has the gamma function no value there?
fn is_pole(x: f64) -> bool {
    x <= 0.0 && x == x.floor()
}

fn gamma(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    if is_pole(x) {
        return Err(unexpected(cx, GAMMA, x));
    }
    checked(cx, x, library::tgamma(x), true, GAMMA)
}

fn lgamma(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(x),) = args.take(cx)?;
    if x.is_infinite() {
        return Ok(Value::float(f64::INFINITY));
    }
    if is_pole(x) {
        return Err(unexpected(cx, GAMMA, x));
    }
    checked(cx, x, library::lgamma(x), true, GAMMA)
}
