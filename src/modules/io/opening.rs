//! Opening what a script names: a path or a descriptor.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::rc::Rc;

use crate::modules::io::access::Access;
use crate::modules::io::descriptor::{Descriptor, are_many_open, flush_all};
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Stop, Wish};
use crate::object::os_error::{numbered_error, os_error};
use crate::object::signals::is_interrupted;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::codec;
use crate::text::encoding::{Encoding, Handler};

/// The bytes of a path: a str or bytes. None for other values.
fn path_bytes(cx: &mut Context, value: Value) -> Result<Option<CString>, Stop> {
    let bytes = match value.get::<Str>() {
        Some(text) if !text.has_surrogates() => text.bytes().to_vec(),
        Some(text) => match codec::encode(text.bytes(), Encoding::Utf8, Handler::SurrogateEscape) {
            Ok(bytes) => bytes,
            Err(error) => return Err(crate::object::unicode_error::encode_error(cx, value, &error)),
        },
        None if value.is::<Bytes>() => bytes_of(&value).unwrap_or_default().into_owned(),
        None => return Ok(None),
    };
    match CString::new(bytes) {
        Ok(path) => Ok(Some(path)),
        Err(_) => Err(cx.value_error("embedded null byte")),
    }
}

/// Opens a path, which exceptions will show as `name`.
fn open_path(cx: &mut Context, path: &CString, name: Value, access: Access) -> Result<Rc<Descriptor>, Stop> {
    let mut is_swept = false;
    loop {
        // SAFETY: the path ends in a null byte; the mode is that of new files.
        let number = unsafe { libc::open(path.as_ptr(), access.flags(), 0o666 as libc::c_uint) };
        if number >= 0 {
            let descriptor = Descriptor::new(number, true);
            if are_many_open() {
                cx.wants_collection = true;
                cx.fuel = 0;
            }
            return Ok(descriptor);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) if !is_interrupted() => {}
            Some(libc::EMFILE | libc::ENFILE) if !is_swept => {
                // Files that were dropped are closed by being swept.
                cx.heap.sweep_all();
                is_swept = true;
            }
            _ => return Err(os_error(cx, &error, name)),
        }
    }
}

/// In `Context::module_state` if the program may open nothing.
pub const CLOSED: &str = "_io closed";

/// A descriptor for what a script named: a path or a number. `position` is that of the argument.
pub fn open_named(
    cx: &mut Context,
    file: Value,
    position: usize,
    access: Access,
    is_owned: bool,
) -> Result<Rc<Descriptor>, Stop> {
    if cx.module_state.contains_key(CLOSED) {
        return Err(numbered_error(cx, libc::EPERM, file));
    }
    // What was written elsewhere can be read from now on, even if its file has only been dropped.
    flush_all(cx.threads.are_several());
    if Int::is(file) {
        let number = match Int::to_i64(file).and_then(|number| i32::try_from(number).ok()) {
            Some(number) => number,
            None => return Err(cx.overflow_error("Python int too large to convert to C int")),
        };
        if number < 0 {
            return Err(cx.value_error("negative file descriptor"));
        }
        let descriptor = Descriptor::new(number, false);
        check_file(cx, &descriptor, file)?;
        return Ok(Descriptor::new(number, is_owned));
    }
    let Some(path) = path_bytes(cx, file)? else { return Err(cx.ask(position, Wish::Path)) };
    if !is_owned {
        return Err(cx.value_error("Cannot use closefd=False with file name"));
    }
    let descriptor = open_path(cx, &path, file, access)?;
    check_file(cx, &descriptor, file)?;
    if access.appends {
        let _ = descriptor.seek(0, libc::SEEK_END);
    }
    Ok(descriptor)
}

/// Refuses what is not open, and folders.
pub fn check_file(cx: &mut Context, descriptor: &Descriptor, name: Value) -> Result<(), Stop> {
    match descriptor.status() {
        Err(error) if error.raw_os_error() == Some(libc::EBADF) => Err(os_error(cx, &error, Value::UNBOUND)),
        Ok(status) if status.st_mode & libc::S_IFMT == libc::S_IFDIR => Err(numbered_error(cx, libc::EISDIR, name)),
        _ => Ok(()),
    }
}
