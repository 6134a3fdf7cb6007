//! Arguments of the functions of `_os`: paths, descriptors, small integers; and its errors.

use std::ffi::{CStr, CString};
use std::io;

use crate::object::arguments::has_special;
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Stop, Wish};
use crate::object::os_error::{error_of_files, os_error};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::codec;
use crate::text::encoding::{Encoding, Handler};

/// A path.
pub struct Path {
    /// As the system takes it.
    pub text: CString,
    /// As the script gave it, for exceptions.
    pub value: Value,
    /// Was it bytes, so that names are given as bytes?
    pub is_bytes: bool,
}

/// A path or an open descriptor.
pub enum Target {
    /// A path.
    Path(Path),
    /// A descriptor.
    Descriptor(i32),
}

impl Target {
    /// What exceptions show.
    pub fn value(&self) -> Value {
        match self {
            Target::Path(path) => path.value,
            Target::Descriptor(number) => Value::small(*number as i64),
        }
    }
}

/// The bytes of a str or bytes; None for other values.
pub fn text_bytes(cx: &mut Context, value: Value) -> Result<Option<Vec<u8>>, Stop> {
    match value.get::<Str>() {
        Some(text) if !text.has_surrogates() => Ok(Some(text.bytes().to_vec())),
        Some(text) => match codec::encode(text.bytes(), Encoding::Utf8, Handler::SurrogateEscape) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(crate::object::unicode_error::encode_error(cx, value, &error)),
        },
        None if value.is::<Bytes>() => Ok(bytes_of(&value).map(|bytes| bytes.into_owned())),
        None => Ok(None),
    }
}

/// Takes argument `index` of a function as a path, or answers what is missing or wrong.
fn path_or(
    cx: &mut Context,
    args: Args<'_>,
    index: usize,
    function: &str,
    name: &str,
    allowed: &str,
) -> Result<Path, Stop> {
    let value = args.get(index);
    let Some(bytes) = text_bytes(cx, value)? else {
        if has_special(cx, value, cx.names.__fspath__) {
            return Err(cx.ask(index, Wish::Path));
        }
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("{function}: {name} should be {allowed}, not {found}")));
    };
    match CString::new(bytes) {
        Ok(text) => Ok(Path { text, value, is_bytes: value.is::<Bytes>() }),
        Err(_) => Err(cx.value_error(format!("{function}: embedded null character in {name}"))),
    }
}

/// A path argument.
pub fn path(cx: &mut Context, args: Args<'_>, index: usize, function: &str, name: &str) -> Result<Path, Stop> {
    path_or(cx, args, index, function, name, "string, bytes or os.PathLike")
}

/// An argument that is a path or a descriptor.
pub fn target(cx: &mut Context, args: Args<'_>, index: usize, function: &str) -> Result<Target, Stop> {
    if Int::is(args.get(index)) {
        return int(cx, args, index).map(Target::Descriptor);
    }
    path_or(cx, args, index, function, "path", "string, bytes, os.PathLike or integer").map(Target::Path)
}

/// The same, or None for the working folder.
pub fn target_or_here(cx: &mut Context, args: Args<'_>, index: usize, function: &str) -> Result<Target, Stop> {
    match args.get(index) {
        Value::NONE => Ok(Target::Path(Path { text: CString::from(c"."), value: Value::UNBOUND, is_bytes: false })),
        value if Int::is(value) => int(cx, args, index).map(Target::Descriptor),
        _ => {
            let allowed = "string, bytes, os.PathLike, integer or None";
            path_or(cx, args, index, function, "path", allowed).map(Target::Path)
        }
    }
}

/// An argument that fits a C int.
pub fn int(cx: &mut Context, args: Args<'_>, index: usize) -> Result<i32, Stop> {
    let number = long(cx, args, index)?;
    i32::try_from(number).map_err(|_| match number < 0 {
        true => cx.overflow_error("Python int too small to convert to C int"),
        false => cx.overflow_error("Python int too large to convert to C int"),
    })
}

/// An argument that fits a C long.
pub fn long(cx: &mut Context, args: Args<'_>, index: usize) -> Result<i64, Stop> {
    let value = args.get(index);
    if Int::is(value) {
        return Int::to_i64(value).ok_or_else(|| cx.overflow_error("Python int too large to convert to C long"));
    }
    if has_special(cx, value, cx.names.__index__) {
        return Err(cx.ask(index, Wish::Index));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")))
}

/// A descriptor, also of an object with a `fileno` method.
pub fn file_number(cx: &mut Context, args: Args<'_>, index: usize) -> Result<i32, Stop> {
    let value = args.get(index);
    if Int::is(value) {
        return int(cx, args, index);
    }
    let name = cx.names.fileno;
    if has_special(cx, value, name) {
        return Err(cx.ask(index, Wish::FileNumber));
    }
    Err(cx.type_error("argument must be an int, or have a fileno() method."))
}

/// `dir_fd`: None is the working folder.
pub fn folder(cx: &mut Context, args: Args<'_>, index: usize) -> Result<i32, Stop> {
    if args.get(index).is_none() { Ok(libc::AT_FDCWD) } else { int(cx, args, index) }
}

/// What a call of the system that gives -1 for an error gave.
pub fn checked(cx: &mut Context, result: i64, filename: Value) -> Result<i64, Stop> {
    if result != -1 {
        return Ok(result);
    }
    let error = io::Error::last_os_error();
    Err(os_error(cx, &error, filename))
}

/// The same for a call about two files; the answer is None.
pub fn checked_pair(cx: &mut Context, result: i32, from: &Path, to: &Path) -> Result<Value, Stop> {
    if result != -1 {
        return Ok(Value::NONE);
    }
    let number = io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO);
    Err(error_of_files(cx, number, from.value, to.value))
}

/// A name the system gave, as bytes or as text.
pub fn name_value(cx: &mut Context, name: &[u8], is_bytes: bool) -> Value {
    if is_bytes {
        return Bytes::allocate(cx, name);
    }
    match std::str::from_utf8(name) {
        Ok(text) => cx.str(text),
        Err(_) => {
            let text = codec::decode(name, Encoding::Utf8, Handler::SurrogateEscape).unwrap_or_default();
            cx.str_bytes(&text)
        }
    }
}

/// A C string the system gave, as text.
pub fn c_text(cx: &mut Context, text: &CStr) -> Value {
    name_value(cx, text.to_bytes(), false)
}
