//! `Answer`: the head of a response that a client received, as an object. Its parts become objects when asked for.

use crate::http::head::{Field, Framing};
use crate::http::response::ResponseHead;
use crate::modules::http::message::decoded;
use crate::modules::http::{attribute, install_class};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::Str;
use crate::object::value::Value;

pub(super) const CLASS: &str = "_http.Answer";

const METHODS: &[Declaration] = &[
    plain("field(self, name)", field, "Return the first value of a field, or None."),
    plain("fields(self)", fields, "Return the names and values of all fields."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("status", |_, value| Ok(Value::small(of(value).head.status as i64)), "The status."),
    attribute("reason", reason, "What the status means, in words."),
    attribute("_minor", |_, value| Ok(Value::small(of(value).head.minor as i64)), "The minor version of HTTP."),
    attribute("_keeps_alive", |_, value| Ok(Value::bool(of(value).head.keeps_alive)), "May another request follow?"),
    attribute("_has_body", |_, value| Ok(Value::bool(of(value).head.framing != Framing::None)), "Has it a body?"),
    attribute("raw_headers", raw_headers, "The fields as bytes."),
];

/// What a response keeps.
struct Answer {
    /// The bytes of the head.
    bytes: Box<[u8]>,
    head: ResponseHead,
}

impl Data for Answer {
    fn trace(&self, _: &mut Marker) {}
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    install_class(cx, module, CLASS, METHODS, ATTRIBUTES);
}

/// The answer that the receiver of a method or attribute is.
fn of(value: Value) -> Of<Answer> {
    Of::from(value).expect("the receiver was checked")
}

/// A response of a class.
pub(super) fn allocate(cx: &mut Context, class: Ref<Class>, bytes: Box<[u8]>, head: ResponseHead) -> Value {
    Extension::allocate(cx, class, Answer { bytes, head })
}

fn reason(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let answer = of(value);
    Ok(decoded(cx, &answer.bytes[answer.head.reason.clone()]))
}

fn field(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (answer, Some(name)) = (of(args.get(0)), args.get(1).get::<Str>()) else { return Ok(Value::NONE) };
    let is_named = |field: &&Field| answer.bytes[field.name.clone()].eq_ignore_ascii_case(name.bytes());
    match answer.head.fields.iter().find(is_named) {
        Some(field) => Ok(decoded(cx, &answer.bytes[field.value.clone()])),
        None => Ok(Value::NONE),
    }
}

fn fields(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let pairs = pairs(cx, args.get(0), decoded);
    Ok(cx.list(pairs))
}

fn raw_headers(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let pairs = pairs(cx, value, Bytes::allocate);
    Ok(cx.tuple(&pairs))
}

fn pairs(cx: &mut Context, value: Value, convert: fn(&mut Context, &[u8]) -> Value) -> Vec<Value> {
    let answer = of(value);
    let mut pairs = Vec::with_capacity(answer.head.fields.len());
    for field in &answer.head.fields {
        let name = convert(cx, &answer.bytes[field.name.clone()]);
        let value = convert(cx, &answer.bytes[field.value.clone()]);
        pairs.push(cx.tuple(&[name, value]));
    }
    pairs
}
