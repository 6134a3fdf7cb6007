//! `UnicodeDecodeError`, `UnicodeEncodeError`, `UnicodeTranslateError` as scripts make them. What codecs raise is made
//! in `object::unicode_error`, the text of them in `object::repr`.

use crate::builtins::arguments::{Whole, bytes_like, text};
use crate::builtins::exception::fields;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::unicode_error::set_fields;
use crate::object::value::Value;

const DECODE: &[Declaration] =
    &[plain("__init__(self, encoding, object, start, end, reason, /)", init_decode, "Set the fields.")];

const ENCODE: &[Declaration] =
    &[plain("__init__(self, encoding, object, start, end, reason, /)", init_encode, "Set the fields.")];

const TRANSLATE: &[Declaration] =
    &[plain("__init__(self, object, start, end, reason, /)", init_translate, "Set the fields.")];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let tables = [
        (LayoutId::UNICODE_DECODE_ERROR, DECODE),
        (LayoutId::UNICODE_ENCODE_ERROR, ENCODE),
        (LayoutId::UNICODE_TRANSLATE_ERROR, TRANSLATE),
    ];
    for (layout, methods) in tables {
        let class = cx.class(layout);
        module::add_members(cx, class, fields!(encoding, object, start, end, reason));
        module::install(cx, class, &ClassTables { methods, ..ClassTables::NONE });
    }
}

fn init(cx: &mut Context, args: Args<'_>, name: &str) -> Result<Value, Stop> {
    text(cx, args.get(1), "argument 1")?;
    let Whole(start) = Whole::from_value(cx, args.get(3), 3)?;
    let Whole(end) = Whole::from_value(cx, args.get(4), 4)?;
    text(cx, args.get(5), &format!("{name} argument 5"))?;
    set_fields(cx, args.get(0), [args.get(1), args.get(2), start, end, args.get(5)]);
    Ok(Value::NONE)
}

fn init_decode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !args.get(2).is::<Bytes>() {
        let bytes = bytes_like(cx, args.get(2))?;
        let copy = Bytes::from_vec(cx, bytes);
        let mut values = args.0.to_vec();
        values[2] = copy;
        return init(cx, Args(&values), "UnicodeDecodeError()");
    }
    init(cx, args, "UnicodeDecodeError()")
}

fn init_encode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    text(cx, args.get(2), "argument 2")?;
    init(cx, args, "UnicodeEncodeError()")
}

fn init_translate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    text(cx, args.get(1), "argument 1")?;
    let Whole(start) = Whole::from_value(cx, args.get(2), 2)?;
    let Whole(end) = Whole::from_value(cx, args.get(3), 3)?;
    text(cx, args.get(4), "argument 4")?;
    set_fields(cx, args.get(0), [Value::UNBOUND, args.get(1), start, end, args.get(4)]);
    Ok(Value::NONE)
}
