//! `repr` and `str` of exceptions.

use crate::object::bytes;
use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::exception::Exception;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::repr::{write_items, write_repr, write_str};
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::codec;

/// `ValueError('message')`
pub(super) fn write_exception(cx: &mut Context, out: &mut Vec<u8>, exception: Ref<Exception>) -> Result<(), Problem> {
    out.extend(cx.class_of(exception.value()).name_text().bytes());
    let args = exception.args.get().get::<Tuple>();
    out.push(b'(');
    if let Some(args) = args {
        write_items(cx, out, args.items())?;
    }
    out.push(b')');
    Ok(())
}

/// Appends what `str` gives of an exception by what it holds.
pub fn write_exception_message(cx: &mut Context, out: &mut Vec<u8>, exception: Ref<Exception>) -> Result<(), Problem> {
    let value = exception.value();
    let args = exception.args.get().get::<Tuple>().map_or(Vec::new(), |args| args.items().to_vec());
    let own = |_: &Context, name: Value| exception.field(name);
    if cx.is_instance(value, LayoutId::KEY_ERROR) && args.len() == 1 {
        return write_repr(cx, out, args[0]);
    }
    if cx.is_instance(value, LayoutId::OS_ERROR)
        && let (Some(number), Some(text)) = (own(cx, cx.names.errno), own(cx, cx.names.strerror))
        && !number.is_none()
    {
        return write_os_error(cx, out, exception, number, text);
    }
    if cx.is_instance(value, LayoutId::BASE_EXCEPTION_GROUP)
        && let Some(members) = exception.value.get().get::<Tuple>()
        && let Some(&message) = args.first()
    {
        write_str(cx, out, message)?;
        let plural = if members.len() == 1 { "" } else { "s" };
        out.extend(format!(" ({} sub-exception{plural})", members.len()).bytes());
        return Ok(());
    }
    if cx.is_instance(value, LayoutId::SYNTAX_ERROR)
        && let Some(message) = own(cx, cx.names.msg)
    {
        return write_syntax_error(cx, out, exception, message);
    }
    if cx.is_instance(value, LayoutId::IMPORT_ERROR)
        && let Some(message) = own(cx, cx.names.msg).filter(|message| message.is::<Str>())
    {
        return write_str(cx, out, message);
    }
    if cx.is_instance(value, LayoutId::UNICODE_ERROR)
        && let Some(text) = unicode_message(cx, exception)
    {
        out.extend(text.bytes());
        return Ok(());
    }
    match args[..] {
        [] => Ok(()),
        [only] => write_str(cx, out, only),
        _ => write_repr(cx, out, exception.args.get()),
    }
}

/// `'utf-8' codec can't decode byte 0xff in position 0: invalid start byte`; None without the fields.
fn unicode_message(cx: &Context, exception: Ref<Exception>) -> Option<String> {
    let names = cx.names;
    let own = |name: Value| exception.field(name);
    let (object, reason) = (own(names.object)?, own(names.reason)?.get::<Str>()?);
    let length = match object.get::<Str>() {
        Some(text) => text.chars(),
        None => bytes::byte_length(object)?,
    } as i64;
    let start = own(names.start).and_then(Int::clamp)?.clamp(0, (length - 1).max(0)) as usize;
    let end = own(names.end).and_then(Int::clamp)?.clamp(length.min(1), length) as usize;
    let encoding = own(names.encoding).map(text_of);
    let text = object.get::<Str>();
    Some(match (encoding, text) {
        (Some(encoding), Some(text)) => codec::encode_message(&encoding, text.bytes(), start, end, &reason.text()),
        (Some(encoding), None) => {
            codec::decode_message(&encoding, &bytes::bytes_of(&object)?, start, end, &reason.text())
        }
        (None, text) => codec::translate_message(text?.bytes(), start, end, &reason.text()),
    })
}

/// `[Errno 2] No such file or directory: 'name'`
fn write_os_error(
    cx: &mut Context,
    out: &mut Vec<u8>,
    exception: Ref<Exception>,
    number: Value,
    text: Value,
) -> Result<(), Problem> {
    out.extend(b"[Errno ");
    write_str(cx, out, number)?;
    out.extend(b"] ");
    write_str(cx, out, text)?;
    for (index, name) in [cx.names.filename, cx.names.filename2].into_iter().enumerate() {
        let Some(file) = exception.field(name).filter(|file| !file.is_none()) else { break };
        out.extend(if index == 0 { &b": "[..] } else { b" -> " });
        write_repr(cx, out, file)?;
    }
    Ok(())
}

/// `invalid syntax (file.py, line 1)`
fn write_syntax_error(
    cx: &mut Context,
    out: &mut Vec<u8>,
    exception: Ref<Exception>,
    message: Value,
) -> Result<(), Problem> {
    write_str(cx, out, message)?;
    let own = |name: Value| exception.field(name).filter(|value| !value.is_none());
    let file = own(cx.names.filename).filter(|file| file.is::<Str>()).map(text_of);
    let file = file.map(|file| file.rsplit('/').next().unwrap_or_default().to_string());
    let line = own(cx.names.lineno).and_then(Int::to_i64);
    let place = match (file, line) {
        (Some(file), Some(line)) => format!(" ({file}, line {line})"),
        (Some(file), None) => format!(" ({file})"),
        (None, Some(line)) => format!(" (line {line})"),
        (None, None) => String::new(),
    };
    out.extend(place.bytes());
    Ok(())
}
