//! Bytes as hexadecimal digits, and back.

use crate::builtins::arguments::{Index, type_title};
use crate::object::bytes;
use crate::object::context::Context;
use crate::object::native::{Args, FromValue, Stop};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::unicode;

/// The digits of bytes; arguments 1 and 2 are the separator and how many bytes stand between two of them.
pub fn hex_text(cx: &mut Context, bytes: &[u8], args: Args<'_>) -> Result<Value, Stop> {
    let separator = separator_byte(cx, args.get(1))?;
    let Index(group) = Index::from_value(cx, args.get(2), 2)?;
    let mut text = String::with_capacity(bytes.len() * 3);
    let size = usize::try_from(group.unsigned_abs()).unwrap_or(usize::MAX);
    for (index, byte) in bytes.iter().enumerate() {
        // Groups are counted from the end, or from the start if the number is negative.
        let place = if group > 0 { bytes.len() - index } else { index };
        if let Some(separator) = separator
            && index > 0
            && size > 0
            && place % size == 0
        {
            text.push(separator as char);
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit as u32, 16).unwrap_or('0'));
        }
    }
    Ok(Str::from_string(cx, text))
}

fn separator_byte(cx: &mut Context, value: Value) -> Result<Option<u8>, Stop> {
    if value.is_unbound() {
        return Ok(None);
    }
    let given = match (value.get::<Str>(), bytes::bytes_of(&value)) {
        (Some(text), _) if text.chars() != 1 => Vec::new(),
        (Some(text), _) if !text.is_ascii() => return Err(cx.value_error("sep must be ASCII.")),
        (Some(text), _) => text.bytes().to_vec(),
        (_, Some(bytes)) => bytes.into_owned(),
        _ => {
            let found = type_title(cx, value);
            return Err(cx.type_error(format!("sep must be str or bytes, not {found}")));
        }
    };
    match given[..] {
        [byte] if byte.is_ascii() => Ok(Some(byte)),
        [_] => Err(cx.value_error("sep must be ASCII.")),
        _ => Err(cx.value_error("sep must be length 1.")),
    }
}

/// The bytes that hexadecimal digits say, white space between them left out.
pub fn from_hex(cx: &mut Context, value: Value) -> Result<Vec<u8>, Stop> {
    let given = match value.get::<Str>() {
        Some(_) => None,
        None => match bytes::bytes_of(&value) {
            Some(digits) => Some(digits.into_owned()),
            None => {
                let found = type_title(cx, value);
                return Err(cx.type_error(format!("fromhex() argument must be str or bytes-like, not {found}")));
            }
        },
    };
    let string = value.get::<Str>();
    let text = match (&string, &given) {
        (_, Some(digits)) => digits.as_slice(),
        (Some(text), _) => text.bytes(),
        _ => &[],
    };
    let (mut out, mut at) = (Vec::with_capacity(text.len() / 2), 0);
    let digit = |at: usize| text.get(at).and_then(|&byte| (byte as char).to_digit(16));
    while at < text.len() {
        if unicode::is_ascii_space(text[at]) {
            at += 1;
            continue;
        }
        let wrong = match (digit(at), digit(at + 1)) {
            (Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 2;
                continue;
            }
            (None, _) => at,
            (_, None) if at + 1 == text.len() => {
                return Err(cx.value_error("fromhex() arg must contain an even number of hexadecimal digits"));
            }
            _ => at + 1,
        };
        let place = crate::text::wtf8::index_of_offset(text, wrong);
        let message = format!("non-hexadecimal number found in fromhex() arg at position {place}");
        return Err(cx.value_error(message));
    }
    Ok(out)
}
