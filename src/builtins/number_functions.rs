//! The functions of module `builtins` on numbers and characters.

use crate::builtins::arguments::{Whole, has_special};
use crate::builtins::functions;
use crate::object::bytes;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Check, Declaration, FromValue, Stop, plain};
use crate::object::number::{self, Number};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::syntax::ast::BinaryOperator;
use crate::text::float::{self, NotFinite};
use crate::text::{integer, integer_text, wtf8};

const FUNCTIONS: &[Declaration] = &[
    plain("abs(x, /)", abs, "Return the absolute value of the number."),
    plain("divmod(x, y, /)", divmod, "Return the tuple (x // y, x % y)."),
    plain("pow(base, exp, mod=None)", pow, "Return base to the power of exp, modulo mod if given."),
    plain("round(number, ndigits=None)", round, "Return the number rounded to a number of decimal digits."),
    plain("ord(c, /)", ord, "Return the code point of a character."),
    plain("chr(i, /)", chr, "Return the character with a code point."),
    plain("bin(number, /)", bin, "Return the binary text of an integer."),
    plain("oct(number, /)", oct, "Return the octal text of an integer."),
    plain("hex(number, /)", hex, "Return the hexadecimal text of an integer."),
];

/// Binds the functions.
pub fn install(cx: &mut Context) {
    functions::add(cx, FUNCTIONS);
}

/// Is it exactly an int, bool, float or complex, so that no subclass overrides what it does?
pub fn is_exact_number(cx: &Context, value: Value) -> bool {
    matches!(cx.layout_of(value), LayoutId::INT | LayoutId::BOOL | LayoutId::FLOAT | LayoutId::COMPLEX)
}

fn abs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if is_exact_number(cx, value) {
        return absolute(cx, value);
    }
    if has_special(cx, value, cx.names.__abs__) {
        return Err(cx.call_special(value, cx.names.__abs__, &[], Check::None));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("bad operand type for abs(): '{found}'")))
}

/// The absolute value of a number.
pub fn absolute(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match Number::of(value) {
        Some(Number::Float(x)) => Ok(Value::float(x.abs())),
        Some(Number::Complex(z)) => {
            let z = crate::text::complex::Complex::new(z.real, z.imaginary);
            z.absolute().map(Value::float).map_err(|_| cx.overflow_error("absolute value too large"))
        }
        _ => Ok(Int::absolute(cx, value)),
    }
}

fn divmod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (x, y) = (args.get(0), args.get(1));
    if is_exact_number(cx, x) && is_exact_number(cx, y) {
        let quotient = number::binary(cx, BinaryOperator::FloorDivide, x, y)?;
        let remainder = number::binary(cx, BinaryOperator::Modulo, x, y)?;
        if let (Some(quotient), Some(remainder)) = (quotient, remainder) {
            return Ok(cx.tuple(&[quotient, remainder]));
        }
    }
    Err(Stop::Half)
}

fn pow(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (base, exponent, modulus) = (args.get(0), args.get(1), args.get(2));
    if !is_exact_number(cx, base) || !is_exact_number(cx, exponent) {
        return Err(Stop::Half);
    }
    if modulus.is_none() {
        return number::binary(cx, BinaryOperator::Power, base, exponent)?.ok_or(Stop::Half);
    }
    if Int::is(base) && Int::is(exponent) && Int::is(modulus) && is_exact_number(cx, modulus) {
        return Int::power_modulo(cx, base, exponent, modulus);
    }
    if is_exact_number(cx, modulus) {
        return Err(cx.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
    }
    Err(Stop::Half)
}

fn round(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (value, digits) = (args.get(0), args.get(1));
    if is_exact_number(cx, value) && !matches!(Number::of(value), Some(Number::Complex(_))) {
        let places = if digits.is_none() { None } else { Some(Whole::from_value(cx, digits, 1)?.0) };
        return rounded(cx, value, places);
    }
    let name = cx.names.__round__;
    if has_special(cx, value, name) {
        let args: &[Value] = if digits.is_none() { &[] } else { &[digits] };
        return Err(cx.call_special(value, name, args, Check::None));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("type {found} doesn't define __round__ method")))
}

/// `int.__round__` and `float.__round__`, the number of digits being an integer if given.
pub fn rounded(cx: &mut Context, value: Value, places: Option<Value>) -> Result<Value, Stop> {
    let Some(Number::Float(x)) = Number::of(value) else {
        let Some(places) = places.filter(|&places| Int::sign(places) < 0) else { return Ok(Int::exact(cx, value)) };
        let Some(number) = Int::operand(value) else { return Ok(value) };
        // Rounded to more places than it has digits, a number is 0.
        let places = Int::clamp(places).map_or(u64::MAX, i64::unsigned_abs);
        if places > number.bit_length() {
            return Ok(Value::small(0));
        }
        let rounded = integer::round_to_tens(number, places);
        return Ok(Int::from_integer(cx, rounded));
    };
    match places {
        Some(places) => {
            let places = Int::clamp(places).unwrap_or(0);
            match float::round_to_places(x, places) {
                Ok(rounded) => Ok(Value::float(rounded)),
                Err(_) => Err(cx.overflow_error("rounded value too large to represent")),
            }
        }
        None => match float::round_to_integer(x) {
            Ok(rounded) => Ok(Int::from_integer(cx, rounded)),
            Err(problem) => Err(not_finite(cx, problem, "integer")),
        },
    }
}

/// The exception of a float that is infinite or no number where an integer was wanted.
pub fn not_finite(cx: &mut Context, problem: NotFinite, target: &str) -> Stop {
    let message = problem.message(target);
    match problem {
        NotFinite::Infinity => cx.overflow_error(message),
        NotFinite::NotANumber => cx.value_error(message),
    }
}

fn ord(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    let (found, length) = match (value.get::<Str>(), bytes::bytes_of(&value)) {
        (Some(string), _) => (wtf8::decode(string.bytes(), 0).map(|(code, _)| code), string.chars()),
        (_, Some(bytes)) if !value.is::<bytes::MemoryView>() => (bytes.first().map(|&byte| byte as u32), bytes.len()),
        _ => {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("ord() expected string of length 1, but {found} found")));
        }
    };
    match found {
        Some(code) if length == 1 => Ok(Value::small(code as i64)),
        _ => Err(cx.type_error(format!("ord() expected a character, but string of length {length} found"))),
    }
}

fn chr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = Whole::from_value(cx, args.get(0), 0)?.0;
    match Int::to_i64(value) {
        Some(code @ 0..0x11_0000) => Ok(Str::from_code(cx, code as u32)),
        _ => Err(cx.value_error("chr() arg not in range(0x110000)")),
    }
}

fn prefixed(cx: &mut Context, args: Args<'_>, base: u32) -> Result<Value, Stop> {
    let value = Whole::from_value(cx, args.get(0), 0)?.0;
    let Some(number) = Int::operand(value) else { return Ok(cx.empty_string) };
    let text = integer_text::to_prefixed_text(number, base);
    Ok(Str::from_string(cx, text))
}

fn bin(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    prefixed(cx, args, 2)
}

fn oct(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    prefixed(cx, args, 8)
}

fn hex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    prefixed(cx, args, 16)
}
