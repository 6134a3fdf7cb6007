//! Items of arrays: what their type codes mean, and how a value is its bytes.

use std::ffi::c_long;

use crate::modules::math::module::Real;
use crate::modules::r#struct::number::{float, integer, push_float, push_integer};
use crate::object::arguments::Whole;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{FromValue, Stop};
use crate::object::string::Str;
use crate::object::value::Value;

/// All type codes, as `typecodes` has them.
pub const CODES: &str = "bBuwhHiIlLqQfd";

const IS_LITTLE: bool = cfg!(target_endian = "little");

/// The bytes of an item; None for what is no type code.
pub fn size(code: u8) -> Option<usize> {
    Some(match code {
        b'b' | b'B' => 1,
        b'h' | b'H' => 2,
        b'i' | b'I' | b'f' | b'w' => 4,
        b'u' => size_of::<WideCharacter>(),
        b'l' | b'L' => size_of::<c_long>(),
        b'q' | b'Q' | b'd' => 8,
        _ => return None,
    })
}

#[cfg(windows)]
type WideCharacter = u16;
#[cfg(not(windows))]
type WideCharacter = u32;

/// Does the array hold characters?
pub fn is_text(code: u8) -> bool {
    matches!(code, b'u' | b'w')
}

/// The item that some bytes are.
pub fn read(cx: &mut Context, code: u8, bytes: &[u8]) -> Value {
    match code {
        b'f' | b'd' => Value::float(float(bytes, IS_LITTLE)),
        b'u' | b'w' => Str::from_code(cx, character(bytes)),
        _ => {
            let number = integer(bytes, code.is_ascii_lowercase(), IS_LITTLE);
            Int::from_integer(cx, number)
        }
    }
}

/// The code point that the bytes of a character are.
pub fn character(bytes: &[u8]) -> u32 {
    integer(bytes, false, IS_LITTLE).to_i64().map_or(0xFFFD, |code| code as u32)
}

/// Appends the bytes of a character.
pub fn push_character(out: &mut Vec<u8>, code: u8, character: u32) {
    let bytes = character.to_ne_bytes();
    match size(code) {
        Some(2) => out.extend_from_slice(&(character as u16).to_ne_bytes()),
        _ => out.extend_from_slice(&bytes),
    }
}

/// Appends the bytes of argument `position`, or says why it is no item of this type.
pub fn push(cx: &mut Context, out: &mut Vec<u8>, code: u8, value: Value, position: usize) -> Result<(), Stop> {
    let size = size(code).unwrap_or(1);
    match code {
        b'u' | b'w' => {
            let Some(text) = value.get::<Str>().filter(|text| text.chars() == 1) else {
                return Err(cx.type_error("array item must be unicode character"));
            };
            push_character(out, code, text.code_at(0).unwrap_or(0));
        }
        b'f' | b'd' => {
            let Real(x) = Real::from_value(cx, value, position)?;
            let x = if code == b'f' { x as f32 as f64 } else { x };
            push_float(out, x, size, IS_LITTLE);
        }
        _ => {
            let Whole(number) = Whole::from_value(cx, value, position)?;
            let operand = Int::operand(number).ok_or(Stop::Half)?;
            if push_integer(out, operand, size, code.is_ascii_lowercase(), IS_LITTLE).is_err() {
                return Err(cx.overflow_error(out_of_range(code, operand.is_negative())));
            }
        }
    }
    Ok(())
}

/// The message for an integer that an item of the type cannot be.
fn out_of_range(code: u8, is_negative: bool) -> String {
    let title = match code {
        b'b' => "signed char",
        b'B' => "unsigned byte integer",
        b'h' => "signed short integer",
        b'H' => "unsigned short",
        b'i' => "signed integer",
        b'I' if !is_negative => "unsigned int",
        b'I' => return "can't convert negative value to unsigned int".into(),
        b'L' if is_negative => return "can't convert negative value to unsigned int".into(),
        b'l' => return "Python int too large to convert to C long".into(),
        b'L' => return "Python int too large to convert to C unsigned long".into(),
        b'Q' if is_negative => return "can't convert negative int to unsigned".into(),
        _ => return "int too big to convert".into(),
    };
    format!(
        "{title} is {} than {}",
        if is_negative { "less" } else { "greater" },
        if is_negative { "minimum" } else { "maximum" }
    )
}
