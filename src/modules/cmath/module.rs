//! The module `cmath`: its table and its arguments.

use crate::modules::math::module::{Real, domain_error, range_error};
use crate::object::arguments::has_special;
use crate::object::complex::Complex as ComplexObject;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::number::Number;
use crate::object::value::Value;
use crate::text::complex::Complex;

use super::function::{self, Answer, Failure};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "cmath", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("acos(z, /)", acos, "Return the arc cosine of z."),
    plain("acosh(z, /)", acosh, "Return the inverse hyperbolic cosine of z."),
    plain("asin(z, /)", asin, "Return the arc sine of z."),
    plain("asinh(z, /)", asinh, "Return the inverse hyperbolic sine of z."),
    plain("atan(z, /)", atan, "Return the arc tangent of z."),
    plain("atanh(z, /)", atanh, "Return the inverse hyperbolic tangent of z."),
    plain("cos(z, /)", cos, "Return the cosine of z."),
    plain("cosh(z, /)", cosh, "Return the hyperbolic cosine of z."),
    plain("exp(z, /)", exp, "Return e raised to the power of z."),
    plain("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)", isclose, "Return whether two numbers are close."),
    plain("isfinite(z, /)", isfinite, "Return whether both parts of z are finite."),
    plain("isinf(z, /)", isinf, "Return whether a part of z is infinite."),
    plain("isnan(z, /)", isnan, "Return whether a part of z is NaN."),
    plain("log(z, base=<unset>, /)", log, "Return the logarithm of z to a base, e if none is given."),
    plain("log10(z, /)", log10, "Return the logarithm of z to the base 10."),
    plain("phase(z, /)", phase, "Return the angle of z."),
    plain("polar(z, /)", polar, "Return the length and the angle of z."),
    plain("rect(r, phi, /)", rect, "Return the number with a length and an angle."),
    plain("sin(z, /)", sin, "Return the sine of z."),
    plain("sinh(z, /)", sinh, "Return the hyperbolic sine of z."),
    plain("sqrt(z, /)", sqrt, "Return the square root of z."),
    plain("tan(z, /)", tan, "Return the tangent of z."),
    plain("tanh(z, /)", tanh, "Return the hyperbolic tangent of z."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
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
    for (name, imaginary) in [("infj", f64::INFINITY), ("nanj", f64::NAN)] {
        let value = ComplexObject::allocate(cx, 0.0, imaginary);
        module.set(cx, name, value);
    }
}

/// A complex argument: a number, or what `__complex__`, `__float__` or `__index__` make one.
struct Argument(Complex);

impl FromValue for Argument {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Argument, Stop> {
        match Number::of(value) {
            Some(Number::Complex(z)) => Ok(Argument(z)),
            Some(Number::Float(x)) => Ok(Argument(Complex::new(x, 0.0))),
            Some(Number::Int(_)) => Ok(Argument(Complex::new(Int::expect_f64(cx, value)?, 0.0))),
            None => {
                let names = [cx.names.__complex__, cx.names.__float__, cx.names.__index__];
                if names.into_iter().any(|name| has_special(cx, value, name)) {
                    return Err(cx.ask(position, Wish::Complex));
                }
                let found = cx.type_name(value);
                Err(cx.type_error(format!("must be real number, not {found}")))
            }
        }
    }
}

fn answered(cx: &mut Context, answer: Answer) -> Result<Value, Stop> {
    match answer {
        Ok(z) => Ok(ComplexObject::of(cx, z)),
        Err(Failure::Domain) => Err(domain_error(cx)),
        Err(Failure::Range) => Err(range_error(cx)),
    }
}

macro_rules! functions {
    ($($name:ident)*) => {$(
        fn $name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
            let (Argument(z),) = args.take(cx)?;
            answered(cx, function::$name(z))
        }
    )*};
}

functions! { acos acosh asin asinh atan atanh cos cosh exp log10 sin sinh sqrt tan tanh }

fn log(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(z), base): (Argument, Option<Argument>) = args.take(cx)?;
    let Some(Argument(base)) = base else { return answered(cx, function::log(z)) };
    let quotient = function::log(z).and_then(|z| {
        let base = function::log(base)?;
        z.divide(base).map_err(|_| Failure::Domain)
    });
    answered(cx, quotient)
}

fn rect(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Real(length), Real(angle)) = args.take(cx)?;
    answered(cx, function::rect(Complex::new(length, angle)))
}

fn phase(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(z),) = args.take(cx)?;
    Ok(Value::float(z.imaginary.atan2(z.real)))
}

fn polar(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(z),) = args.take(cx)?;
    let Ok(length) = z.absolute() else { return Err(range_error(cx)) };
    Ok(cx.tuple(&[Value::float(length), Value::float(z.imaginary.atan2(z.real))]))
}

fn isfinite(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(z),) = args.take(cx)?;
    Ok(Value::bool(z.real.is_finite() && z.imaginary.is_finite()))
}

fn isinf(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(z),) = args.take(cx)?;
    Ok(Value::bool(z.real.is_infinite() || z.imaginary.is_infinite()))
}

fn isnan(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(z),) = args.take(cx)?;
    Ok(Value::bool(z.real.is_nan() || z.imaginary.is_nan()))
}

fn isclose(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Argument(a), Argument(b), Real(relative), Real(absolute)) = args.take(cx)?;
    if relative < 0.0 || absolute < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::TRUE);
    }
    let length = |z: Complex| z.real.hypot(z.imaginary);
    if [a, b].iter().any(|z| z.real.is_infinite() || z.imaginary.is_infinite()) {
        return Ok(Value::FALSE);
    }
    let distance = length(a.subtract(b));
    let is_close = distance <= relative * length(b) || distance <= relative * length(a) || distance <= absolute;
    Ok(Value::bool(is_close))
}
