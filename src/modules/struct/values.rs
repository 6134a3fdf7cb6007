//! Values into bytes by a format, and back.

use crate::modules::buffer::read_if_bytes;
use crate::modules::math::module::Real;
use crate::object::arguments::has_special;
use crate::object::bytes::{ByteArray, Bytes};
use crate::object::complex::Complex as ComplexObject;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{FromValue, Stop};
use crate::object::number::Number;
use crate::object::truth::truth;
use crate::object::value::Value;
use crate::text::integer;

use super::format::{Field, Format};
use super::module::error;
use super::number::{OutOfRange, float, integer as integer_of, push_float, push_integer};

/// The bytes of values, whose number the caller has compared with the format's. Values of classes with special
/// methods that must be called are left to the script half.
pub fn pack(cx: &mut Context, format: &Format, values: &[Value]) -> Result<Vec<u8>, Stop> {
    cx.reserve(format.size)?;
    let mut out = Vec::new();
    if out.try_reserve_exact(format.size).is_err() {
        return Err(cx.memory_error());
    }
    let mut values = values.iter().copied();
    for field in &format.fields {
        out.resize(field.offset, 0);
        match field.code {
            b'x' => out.resize(field.offset + field.count, 0),
            b's' | b'p' => {
                let value = values.next().unwrap_or(Value::NONE);
                push_text(cx, &mut out, field, value)?;
            }
            _ => {
                for value in values.by_ref().take(field.count) {
                    push(cx, &mut out, format, field, value)?;
                }
            }
        }
    }
    out.resize(format.size, 0);
    Ok(out)
}

/// `s` and `p`: bytes cut or filled to their room, with their length before them.
fn push_text(cx: &mut Context, out: &mut Vec<u8>, field: &Field, value: Value) -> Result<(), Stop> {
    let is_bytes = value.is::<Bytes>() || value.is::<ByteArray>();
    let Some(bytes) = read_if_bytes(cx, value)?.filter(|_| is_bytes) else {
        return Err(error(cx, &format!("argument for '{}' must be a bytes object", field.code as char)));
    };
    let mut room = field.count;
    if field.code == b'p' && room > 0 {
        room -= 1;
        out.push(bytes.len().min(room).min(255) as u8);
    }
    out.extend_from_slice(&bytes[..bytes.len().min(room)]);
    out.resize(field.offset + field.count, 0);
    Ok(())
}

fn push(cx: &mut Context, out: &mut Vec<u8>, format: &Format, field: &Field, value: Value) -> Result<(), Stop> {
    match field.code {
        b'c' => match value.get::<Bytes>() {
            Some(bytes) if bytes.len() == 1 => out.push(bytes.bytes()[0]),
            _ => return Err(error(cx, "char format requires a bytes object of length 1")),
        },
        b'?' => out.push(truth(cx, value).ok_or(Stop::Half)? as u8),
        b'e' | b'f' | b'd' => {
            let x = real(cx, value)?;
            push_real(cx, out, format, field, x)?;
        }
        b'F' | b'D' => {
            let z = match Number::of(value) {
                Some(Number::Complex(z)) => z,
                _ => crate::text::complex::Complex::new(real(cx, value)?, 0.0),
            };
            let half = Field { size: field.size / 2, code: if field.code == b'F' { b'f' } else { b'd' }, ..*field };
            push_real(cx, out, format, &half, z.real)?;
            push_real(cx, out, format, &half, z.imaginary)?;
        }
        _ => push_whole(cx, out, format, field, value)?,
    }
    Ok(())
}

/// A float argument, or struct.error.
fn real(cx: &mut Context, value: Value) -> Result<f64, Stop> {
    match Real::from_value(cx, value, 0) {
        Ok(Real(x)) => Ok(x),
        Err(Stop::Ask(..))
            if [cx.names.__float__, cx.names.__index__].iter().any(|&name| has_special(cx, value, name)) =>
        {
            Err(Stop::Half)
        }
        Err(_) => Err(error(cx, "required argument is not a float")),
    }
}

fn push_real(cx: &mut Context, out: &mut Vec<u8>, format: &Format, field: &Field, x: f64) -> Result<(), Stop> {
    // The machine's own conversion gives infinity where it has no number.
    let x = if format.is_native && field.code == b'f' { x as f32 as f64 } else { x };
    match push_float(out, x, field.size, format.is_little) {
        true => Ok(()),
        false => Err(cx.overflow_error(format!("float too large to pack with {} format", field.code as char))),
    }
}

fn is_signed(code: u8) -> bool {
    code.is_ascii_lowercase()
}

fn push_whole(cx: &mut Context, out: &mut Vec<u8>, format: &Format, field: &Field, value: Value) -> Result<(), Stop> {
    let Some(number) = Int::operand(value) else {
        return Err(match has_special(cx, value, cx.names.__index__) {
            true => Stop::Half,
            false => error(cx, "required argument is not an integer"),
        });
    };
    let is_signed = is_signed(field.code) || field.code == b'P' && number.is_negative();
    match push_integer(out, number, field.size, is_signed, format.is_little) {
        Ok(()) => Ok(()),
        Err(_) if field.code == b'P' => Err(error(cx, "int too large to convert")),
        Err(OutOfRange(least, most)) => {
            let code = field.code as char;
            Err(error(cx, &format!("'{code}' format requires {least} <= number <= {most}")))
        }
    }
}

/// The values that bytes stand for; there are as many as the format takes.
pub fn unpack(cx: &mut Context, format: &Format, bytes: &[u8]) -> Result<Value, Stop> {
    cx.reserve(format.values.saturating_mul(8))?;
    let mut values = Vec::with_capacity(format.values);
    for field in &format.fields {
        match field.code {
            b'x' => {}
            b's' => values.push(Bytes::allocate(cx, &bytes[field.offset..field.offset + field.count])),
            b'p' => {
                let part = &bytes[field.offset..field.offset + field.count];
                let text =
                    part.split_first().map_or(part, |(&length, rest)| &rest[..(length as usize).min(rest.len())]);
                values.push(Bytes::allocate(cx, text));
            }
            _ => {
                for index in 0..field.count {
                    let start = field.offset + index * field.size;
                    values.push(value(cx, format, field, &bytes[start..start + field.size]));
                }
            }
        }
    }
    Ok(cx.tuple(&values))
}

fn value(cx: &mut Context, format: &Format, field: &Field, bytes: &[u8]) -> Value {
    match field.code {
        b'c' => Bytes::allocate(cx, bytes),
        b'?' => Value::bool(bytes[0] != 0),
        b'e' | b'f' | b'd' => Value::float(float(bytes, format.is_little)),
        b'F' | b'D' => {
            let (real, imaginary) = bytes.split_at(bytes.len() / 2);
            ComplexObject::allocate(cx, float(real, format.is_little), float(imaginary, format.is_little))
        }
        code => {
            let number: integer::Integer = integer_of(bytes, is_signed(code), format.is_little);
            Int::from_integer(cx, number)
        }
    }
}

/// What each value of a format must be, for the script half: `i`nt, `f`loat, `?` for a truth, `-` for anything else.
pub fn kinds(format: &Format) -> String {
    let kind = |field: &Field| match field.code {
        b'?' => "?",
        b'e' | b'f' | b'd' | b'F' | b'D' => "f",
        b's' | b'p' | b'c' => "-",
        _ => "i",
    };
    format.fields.iter().map(|field| kind(field).repeat(field.values())).collect()
}
