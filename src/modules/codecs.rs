//! `_codecs`: conversions between text and bytes, in whole and in the steps that an error handler written in script is
//! called between. The registry of codecs and the classes are in stdlib/codecs.

use crate::object::arguments::{Index, Truth, bytes_like, text};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::string::Str;
use crate::object::unicode_error::{decode_error, encode_error};
use crate::object::value::Value;
use crate::text::codec::{self, CodecError};
use crate::text::encoding::{self, Encoding, Handler};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_codecs", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("name(encoding, /)", name, "Return the usual name of a native encoding, None for others."),
    plain("is_handler(name, /)", is_handler, "Return whether an error handler is a native one."),
    plain("encode(text, encoding, errors, /)", encode, "Return the bytes of a text; None if a handler must be called."),
    plain(
        "decode(data, encoding, errors, final, /)",
        decode,
        "Return the text of bytes and how many it took; None if a handler must be called.",
    ),
    plain("mark(encoding, /)", mark, "Return the bytes that text in an encoding starts with."),
    plain("read_mark(data, encoding, /)", read_mark, "Return the encoding a mark tells and how long the mark is."),
    plain(
        "encode_part(text, start, encoding, /)",
        encode_part,
        "Encode from a character on; return the bytes and what could not be encoded.",
    ),
    plain(
        "decode_part(data, start, encoding, final, /)",
        decode_part,
        "Decode from a byte on; return the text, where it stopped, and what could not be decoded.",
    ),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

fn name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = text(cx, args.get(0), "encoding")?;
    match encoding::lookup(&name.text()) {
        Some(encoding) => Ok(cx.str(encoding.name())),
        None => Ok(Value::NONE),
    }
}

fn is_handler(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = text(cx, args.get(0), "name")?;
    Ok(Value::bool(encoding::handler(&name.text()).is_some()))
}

/// An encoding by its name, which is a native one.
fn encoding_argument(cx: &mut Context, value: Value) -> Result<Encoding, Stop> {
    let name = text(cx, value, "encoding")?;
    match encoding::lookup(&name.text()) {
        Some(encoding) => Ok(encoding),
        None => Err(cx.error(LayoutId::LOOKUP_ERROR, format!("unknown encoding: {}", name.text()))),
    }
}

/// A handler by its name; None for one that only scripts know.
fn handler_argument(cx: &mut Context, value: Value) -> Result<Option<Handler>, Stop> {
    let name = text(cx, value, "errors")?;
    Ok(encoding::handler(&name.text()))
}

fn encode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = text(cx, args.get(0), "encode() argument 'obj'")?;
    let encoding = encoding_argument(cx, args.get(1))?;
    let handler = handler_argument(cx, args.get(2))?;
    match codec::encode(string.bytes(), encoding, handler.unwrap_or(Handler::Strict)) {
        Ok(bytes) => Ok(Bytes::from_vec(cx, bytes)),
        Err(_) if handler.is_none() => Ok(Value::NONE),
        Err(error) => Err(encode_error(cx, args.get(0), &error)),
    }
}

fn decode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(0))?;
    let encoding = encoding_argument(cx, args.get(1))?;
    let handler = handler_argument(cx, args.get(2))?;
    let is_final = Truth::of(cx, args.get(3), 3)?;
    let (encoding, rest, skipped) = codec::read_mark(encoding, &bytes);
    let marked = bytes.len() - rest.len();
    let mut out = Vec::new();
    match codec::decode_into(rest, encoding, handler.unwrap_or(Handler::Strict), is_final, &mut out) {
        Ok(taken) => {
            let text = Str::try_from_vec(cx, out)?;
            Ok(cx.tuple(&[text, Value::small((taken + marked) as i64)]))
        }
        Err(_) if handler.is_none() => Ok(Value::NONE),
        Err(error) if error.unhandled => {
            Err(cx.type_error("don't know how to handle UnicodeDecodeError in error callback"))
        }
        Err(mut error) => {
            error.start += skipped;
            error.end += skipped;
            let object = Bytes::allocate(cx, if skipped > 0 { &bytes } else { rest });
            Err(decode_error(cx, object, &error))
        }
    }
}

fn mark(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let encoding = encoding_argument(cx, args.get(0))?;
    Ok(Bytes::allocate(cx, codec::mark(encoding)))
}

fn read_mark(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(0))?;
    let encoding = encoding_argument(cx, args.get(1))?;
    let (told, rest, _) = codec::read_mark(encoding, &bytes);
    let name = cx.str(told.name());
    Ok(cx.tuple(&[name, Value::small((bytes.len() - rest.len()) as i64)]))
}

/// What could not be converted: where it starts and ends, why, and the name of the encoding.
fn problem(cx: &mut Context, error: &CodecError, range: (usize, usize)) -> Value {
    let (reason, name) = (cx.str(error.reason), cx.str(error.encoding));
    cx.tuple(&[Value::small(range.0 as i64), Value::small(range.1 as i64), reason, name])
}

fn encode_part(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = text(cx, args.get(0), "text")?;
    let Index(start) = Index::from_value(cx, args.get(1), 1)?;
    let encoding = encoding_argument(cx, args.get(2))?;
    let offset = string.offset(usize::try_from(start).unwrap_or(0).min(string.chars()));
    let mut out = Vec::new();
    let failed = match codec::encode_step(string.bytes(), offset, encoding, &mut out) {
        Ok(()) => Value::NONE,
        Err(error) => {
            let range = error.character_range(string.bytes());
            problem(cx, &error, range)
        }
    };
    let bytes = Bytes::from_vec(cx, out);
    Ok(cx.tuple(&[bytes, failed]))
}

fn decode_part(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(0))?;
    let Index(start) = Index::from_value(cx, args.get(1), 1)?;
    let encoding = encoding_argument(cx, args.get(2))?;
    let is_final = Truth::of(cx, args.get(3), 3)?;
    let start = usize::try_from(start).unwrap_or(0).min(bytes.len());
    let mut out = Vec::new();
    let (end, failed) = match codec::decode_step(&bytes, start, encoding, is_final, &mut out) {
        Ok(end) => (end, Value::NONE),
        Err(error) => (error.start, problem(cx, &error, (error.start, error.end))),
    };
    let text = Str::try_from_vec(cx, out)?;
    Ok(cx.tuple(&[text, Value::small(end as i64), failed]))
}
