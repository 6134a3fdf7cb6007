//! Arguments of contexts: numbers, truths and paths, and the context itself.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::modules::os::argument::text_bytes;
use crate::object::arguments::has_special;
use crate::object::context::Context;
use crate::object::extension::Of;
use crate::object::integer::Int;
use crate::object::native::{Args, FromValue, Stop, Wish};
use crate::object::truth;
use crate::object::value::Value;

use super::context::SslContext;

/// The context that a method or an attribute is of.
pub fn this(cx: &mut Context, value: Value) -> Result<Of<SslContext>, Stop> {
    FromValue::from_value(cx, value, 0)
}

/// An int, of any class.
pub fn number(cx: &mut Context, value: Value) -> Result<i64, Stop> {
    match Int::to_i64(value) {
        Some(number) => Ok(number),
        None if Int::is(value) => Err(cx.overflow_error("Python int too large to convert to C int")),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")))
        }
    }
}

/// The path in argument `index`.
pub fn path(cx: &mut Context, args: Args<'_>, index: usize, name: &str) -> Result<PathBuf, Stop> {
    let value = args.get(index);
    match text_bytes(cx, value)? {
        Some(bytes) => Ok(PathBuf::from(os_string(bytes))),
        None if has_special(cx, value, cx.names.__fspath__) => Err(cx.ask(index, Wish::Path)),
        None => Err(cx.type_error(format!("{name} should be a valid filesystem path"))),
    }
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// The truth of what an attribute is set to. An object whose truth only script code tells is something.
pub fn truth_of(cx: &mut Context, value: Value) -> Result<bool, Stop> {
    not_deleted(cx, value)?;
    Ok(truth::truth(cx, value).unwrap_or(true))
}

/// Refuses `del` of an attribute.
pub fn not_deleted(cx: &mut Context, value: Value) -> Result<(), Stop> {
    if value.is_unbound() { Err(cx.type_error("cannot delete attribute")) } else { Ok(()) }
}
