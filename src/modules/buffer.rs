//! Bytes-like arguments of the modules: bytes, bytearrays, memoryviews, and arrays.

use crate::object::arguments::has_special;
use crate::object::bytes::{ByteArray, MemoryView, bytes_of};
use crate::object::context::Context;
use crate::object::native::{Stop, Wish};
use crate::object::value::Value;

use super::array::object::storage;

/// The bytes of argument `position`, copied; TypeError for what has none.
pub fn read(cx: &mut Context, value: Value, position: usize) -> Result<Vec<u8>, Stop> {
    match read_if_bytes(cx, value)? {
        Some(bytes) => Ok(bytes),
        None if has_special(cx, value, cx.names.__buffer__) => Err(cx.ask(position, Wish::Bytes)),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")))
        }
    }
}

/// The bytes of a value, copied; None for what has none of its own.
pub fn read_if_bytes(cx: &mut Context, value: Value) -> Result<Option<Vec<u8>>, Stop> {
    if let Some(view) = value.get::<MemoryView>() {
        view.check_contiguous(cx)?;
    }
    Ok(bytes_of(&value).map(|bytes| bytes.into_owned()))
}

/// A place to write bytes to.
pub enum Target {
    /// All of a bytearray.
    Array(crate::object::heap::Ref<ByteArray>),
    /// A part of one.
    View(crate::object::heap::Ref<MemoryView>),
}

impl Target {
    /// What an argument lets itself be written to; TypeError for what does not.
    pub fn of(cx: &mut Context, value: Value) -> Result<Target, Stop> {
        if let Some(array) = storage(value).or_else(|| value.get()) {
            return Ok(Target::Array(array));
        }
        if let Some(view) = value.get::<MemoryView>() {
            view.check_contiguous(cx)?;
            if !view.is_readonly {
                return Ok(Target::View(view));
            }
        }
        let found = cx.type_name(value);
        Err(cx.type_error(format!("argument must be read-write bytes-like object, not {found}")))
    }

    /// How many bytes can be written.
    pub fn len(&self) -> usize {
        match self {
            Target::Array(array) => array.len(),
            Target::View(view) => view.byte_length(),
        }
    }

    /// Writes bytes from a place on; the caller has seen to it that they fit.
    pub fn write(&self, start: usize, bytes: &[u8]) {
        match self {
            Target::Array(array) => array.overwrite(start, bytes),
            Target::View(view) => view.overwrite(view.offset + start, bytes),
        }
    }
}
