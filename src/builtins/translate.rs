//! `str.maketrans` and `str.translate`.

use crate::builtins::arguments::text;
use crate::builtins::str::receiver;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Stop};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::wtf8;

/// Binds a key that is an int.
fn bind(cx: &mut Context, table: Ref<Dict>, key: Value, value: Value) -> Result<(), Stop> {
    table.set(cx, key, value).map_err(Problem::or_half)
}

/// `str.maketrans(x, y, z)`
pub fn maketrans(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (x, y, z) = (args.get(0), args.get(1), args.get(2));
    let table = cx.new_dict();
    if y.is_unbound() {
        let Some(dict) = x.get::<Dict>() else {
            return Err(cx.type_error("if you give only one argument to maketrans it must be a dict"));
        };
        for (key, value) in dict.to_vec() {
            let code = key_code(cx, key)?;
            bind(cx, table, code, value)?;
        }
        return Ok(table.value());
    }
    let Some(from) = x.get::<Str>() else {
        return Err(cx.type_error("first maketrans argument must be a string if there is a second argument"));
    };
    let to = text(cx, y, "maketrans() argument 2")?;
    let gone = if z.is_unbound() { None } else { Some(text(cx, z, "maketrans() argument 3")?) };
    if from.chars() != to.chars() {
        return Err(cx.value_error("the first two maketrans arguments must have equal length"));
    }
    for (key, value) in wtf8::code_points(from.bytes()).zip(wtf8::code_points(to.bytes())) {
        bind(cx, table, Value::small(key as i64), Value::small(value as i64))?;
    }
    for key in gone.iter().flat_map(|gone| wtf8::code_points(gone.bytes())) {
        bind(cx, table, Value::small(key as i64), Value::NONE)?;
    }
    Ok(table.value())
}

/// The code point that a key of a table given as a dict is.
fn key_code(cx: &mut Context, key: Value) -> Result<Value, Stop> {
    match key.get::<Str>() {
        Some(text) if text.chars() == 1 => Ok(Value::small(text.code_at(0).unwrap_or(0) as i64)),
        Some(_) => Err(cx.value_error("string keys in translate table must be of length 1")),
        None if Int::is(key) => Ok(key),
        None => Err(cx.type_error("keys in translate table must be strings or integers")),
    }
}

/// `str.translate(table)`: at once with a plain dict, by the script half with any other mapping.
pub fn translate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, table) = (receiver(cx, args)?, args.get(1));
    if cx.layout_of(table) != LayoutId::DICT {
        return Err(Stop::Half);
    }
    let Some(dict) = table.get::<Dict>() else { return Err(Stop::Half) };
    let mut out = Vec::with_capacity(string.length());
    let mut known = [Known::Nothing; 128];
    for code in wtf8::code_points(string.bytes()) {
        match known.get(code as usize) {
            Some(Known::Byte(byte)) => out.push(*byte),
            Some(Known::Dropped) => {}
            Some(Known::Nothing) => {
                let before = out.len();
                push_translated(cx, &mut out, &dict, code)?;
                known[code as usize] = match out[before..] {
                    [] => Known::Dropped,
                    [byte] => Known::Byte(byte),
                    _ => Known::Longer,
                };
            }
            Some(Known::Longer) | None => push_translated(cx, &mut out, &dict, code)?,
        }
    }
    Str::try_from_vec(cx, out)
}

/// What is known of an ASCII character once it has been looked up.
#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Byte(u8),
    Dropped,
    Longer,
}

/// Appends what a table makes of a character.
fn push_translated(cx: &mut Context, out: &mut Vec<u8>, dict: &Dict, code: u32) -> Result<(), Stop> {
    match dict.get(cx, Value::small(code as i64)).map_err(Problem::or_half)? {
        None => wtf8::push(out, code),
        Some(value) => push_mapped(cx, out, value)?,
    }
    Ok(())
}

/// Appends what a table gives for a character: a code point, a string, or None for nothing.
fn push_mapped(cx: &mut Context, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    if let Some(text) = value.get::<Str>() {
        out.extend_from_slice(text.bytes());
        return Ok(());
    }
    if value.is_none() {
        return Ok(());
    }
    if !Int::is(value) {
        return Err(cx.type_error("character mapping must return integer, None or str"));
    }
    match Int::to_i64(value) {
        Some(code @ 0..0x11_0000) => {
            wtf8::push(out, code as u32);
            Ok(())
        }
        _ => Err(cx.value_error("character mapping must be in range(0x110000)")),
    }
}
