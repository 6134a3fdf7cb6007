//! `MemoryBIO`: a queue of bytes that a connection reads from or writes to in the place of a socket.

use std::cell::RefCell;

use crate::modules::buffer::read as bytes_of_argument;
use crate::object::arguments::Index;
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;
use crate::tls::buffer::Buffer;

use super::error;

const METHODS: &[Declaration] = &[
    plain("__new__(cls)", new, "A queue of bytes for the two sides of a TLS connection."),
    plain("read(self, size=-1, /)", read, "Take up to size bytes out, or all."),
    plain("write(self, b, /)", write, "Add bytes; return how many."),
    plain("write_eof(self, /)", write_eof, "Say that no bytes will be added any more."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "pending", get: pending, set: None, doc: "The number of bytes in it." },
    Attribute { name: "eof", get: eof, set: None, doc: "Whether it is at its end." },
];

/// The class.
pub fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let class = make_class(cx, "_ssl.MemoryBIO", &[], Some(Kind::Extension), Class::FINAL, &tables);
    module.set(cx, "MemoryBIO", class.value());
}

/// The bytes.
pub struct MemoryBio(pub RefCell<Buffer>);

impl Data for MemoryBio {
    fn trace(&self, _: &mut Marker) {}
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = FromValue::from_value(cx, args.get(0), 0)?;
    Ok(Extension::allocate(cx, class, MemoryBio(RefCell::default())))
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (bio, Index(size)): (Of<MemoryBio>, Index) = args.take(cx)?;
    let bytes = bio.0.borrow_mut().take(usize::try_from(size).unwrap_or(usize::MAX));
    cx.charge(bytes.len());
    Ok(Bytes::from_vec(cx, bytes))
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (bio, data): (Of<MemoryBio>, Value) = args.take(cx)?;
    let bytes = bytes_of_argument(cx, data, 1)?;
    if bio.0.borrow().has_ended() {
        return Err(error::raise_plainly(cx, "cannot write() after write_eof()"));
    }
    cx.reserve(bytes.len())?;
    bio.0.borrow_mut().push(&bytes);
    Ok(cx.int(bytes.len() as i64))
}

fn write_eof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (bio,): (Of<MemoryBio>,) = args.take(cx)?;
    bio.0.borrow_mut().end();
    Ok(Value::NONE)
}

fn pending(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let count = Of::<MemoryBio>::from(value).map_or(0, |bio| bio.0.borrow().len());
    Ok(cx.int(count as i64))
}

fn eof(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let is_at_end = Of::<MemoryBio>::from(value).is_some_and(|bio| {
        let buffer = bio.0.borrow();
        buffer.is_empty() && buffer.has_ended()
    });
    Ok(Value::bool(is_at_end))
}
