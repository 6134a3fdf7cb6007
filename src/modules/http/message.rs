//! `Message`: the head of a request as an object. Its parts become objects when a script asks for them.

use std::cell::Cell;

use crate::http::head::Framing;
use crate::http::request::{self, RequestHead};
use crate::modules::http::connection::{self, Connection};
use crate::modules::http::{attribute, install_class};
use crate::object::arguments::bytes_like;
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::percent_code;

pub(super) const CLASS: &str = "_http.Message";

const METHODS: &[Declaration] = &[
    plain("field(self, name)", field, "Return the first value of a field, or None."),
    plain("fields(self)", fields, "Return the names and values of all fields."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_protocol", |_, value| Ok(of(value).connection), "The connection it came by."),
    attribute("_handler", handler, "The handler of a path without parameters, or None."),
    attribute("_route", route, "The route of such a path, or None."),
    attribute("method", method, "The method."),
    attribute("_target", target, "The target as it was sent."),
    attribute("path", path, "The path, decoded."),
    attribute("raw_path", raw_path, "The path as it was sent."),
    attribute("query_string", query_string, "What follows the question mark, decoded."),
    attribute("_raw_query", raw_query, "What follows the question mark."),
    attribute("_minor", |_, value| Ok(Value::small(of(value).head.minor as i64)), "The minor version of HTTP."),
    attribute("keep_alive", |_, value| Ok(Value::bool(of(value).head.keeps_alive)), "May another request follow?"),
    attribute("_upgrades", |_, value| Ok(Value::bool(of(value).head.upgrades)), "Asks it for another protocol?"),
    attribute("_expects", |_, value| Ok(Value::bool(of(value).head.expects)), "Waits it for 100 Continue?"),
    attribute("_expects_other", |_, value| Ok(Value::bool(of(value).head.expects_other)), "Expects it more?"),
    attribute("body_exists", body_exists, "Has the request a body?"),
    attribute("content_length", content_length, "How many bytes the body has, or None."),
    attribute("raw_headers", raw_headers, "The fields as bytes."),
];

/// What a request keeps.
pub(super) struct Message {
    /// The bytes of the head.
    bytes: Box<[u8]>,
    pub(super) head: RequestHead,
    connection: Value,
}

impl Data for Message {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.connection);
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    install_class(cx, module, CLASS, METHODS, ATTRIBUTES);
}

/// The message that the receiver of a method or attribute is.
pub(super) fn of(value: Value) -> Of<Message> {
    Of::from(value).expect("the receiver was checked")
}

impl Message {
    /// A request of a class.
    pub(super) fn allocate(
        cx: &mut Context,
        class: Ref<Class>,
        connection: Value,
        bytes: Box<[u8]>,
        head: RequestHead,
    ) -> Value {
        Extension::allocate(cx, class, Message { bytes, head, connection })
    }

    /// The method.
    pub(super) fn method(&self) -> &[u8] {
        &self.bytes[self.head.method.clone()]
    }

    fn target(&self) -> &[u8] {
        &self.bytes[self.head.target.clone()]
    }

    /// Path and query of the target: of the absolute form what follows the host.
    fn path_and_query(&self) -> (&[u8], &[u8]) {
        let mut target = self.target();
        if !target.starts_with(b"/")
            && let Some(at) = memchr::memmem::find(target, b"://")
        {
            let authority = &target[at + 3..];
            let end = authority.iter().position(|&byte| byte == b'/' || byte == b'?');
            target = end.map_or(b"/", |end| &authority[end..]);
        }
        let target = &target[..memchr::memchr(b'#', target).unwrap_or(target.len())];
        match memchr::memchr(b'?', target) {
            Some(at) => (&target[..at], &target[at + 1..]),
            None => (target, b""),
        }
    }
}

/// Bytes of a head as a str: UTF-8, and what is not as surrogates.
pub(super) fn decoded(cx: &mut Context, bytes: &[u8]) -> Value {
    match bytes.is_ascii() {
        true => Str::from_piece(cx, bytes, true),
        false => {
            let text = percent_code::escape_surrogates(bytes);
            Str::from_vec(cx, text)
        }
    }
}

/// A part as the str that was last made of such a part, if it is the same: most requests of a connection are alike, and
/// the hash of that str is known.
fn remembered(cx: &mut Context, connection: &Connection, last: &Cell<Value>, bytes: &[u8]) -> Value {
    if let Some(text) = last.get().get::<Str>()
        && text.bytes() == bytes
    {
        return last.get();
    }
    let text = decoded(cx, bytes);
    last.set(text);
    connection.last_route.set(Value::NONE);
    text
}

fn method(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let message = of(value);
    let connection = connection::of(message.connection);
    Ok(remembered(cx, &connection, &connection.last_method, message.method()))
}

/// What the connection has for method and path: a tuple of a route and its handler; None where the long way must be
/// gone.
fn plain_route(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let message = of(value);
    let connection = connection::of(message.connection);
    let Some(routes) = connection.routes.get::<Dict>() else { return Ok(Value::NONE) };
    if message.head.expects || message.head.expects_other {
        return Ok(Value::NONE);
    }
    let (method, path) = (method(cx, value)?, raw_path(cx, value)?);
    if connection.last_route.get().is_none() {
        let methods = routes.get_interned(path).and_then(|methods| methods.get::<Dict>());
        connection.last_route.set(methods.and_then(|methods| methods.get_interned(method)).unwrap_or(Value::NONE));
    }
    Ok(connection.last_route.get())
}

fn route(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let found = plain_route(cx, value)?;
    Ok(found.get::<Tuple>().and_then(|pair| pair.get(0)).unwrap_or(Value::NONE))
}

fn handler(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let found = plain_route(cx, value)?;
    Ok(found.get::<Tuple>().and_then(|pair| pair.get(1)).unwrap_or(Value::NONE))
}

/// `request_of(self, head, like=None)`: a request that did not come in, as copies and tests have them.
pub(super) fn request_of(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = connection::of(args.get(0));
    let bytes = bytes_like(cx, args.get(1))?;
    let Ok(Some(mut head)) = request::parse_made(&bytes) else { return Ok(Value::NONE) };
    if let Some(like) = Of::<Message>::from(args.get(2)) {
        head.framing = like.head.framing;
    }
    Ok(Message::allocate(cx, connection.request_class, args.get(0), bytes.into(), head))
}

fn target(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(decoded(cx, of(value).target()))
}

fn path(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let message = of(value);
    let path = message.path_and_query().0;
    match memchr::memchr(b'%', path) {
        None => raw_path(cx, value),
        Some(_) => {
            let plain = percent_code::unquote(path, false);
            Ok(decoded(cx, &plain))
        }
    }
}

fn raw_path(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let message = of(value);
    let connection = connection::of(message.connection);
    Ok(remembered(cx, &connection, &connection.last_path, message.path_and_query().0))
}

fn raw_query(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(decoded(cx, of(value).path_and_query().1))
}

fn query_string(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let plain = percent_code::unquote(of(value).path_and_query().1, true);
    Ok(decoded(cx, &plain))
}

fn body_exists(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(value).head.framing != Framing::None))
}

fn content_length(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match of(value).head.framing {
        Framing::Length(length) => Ok(Int::from_i64(cx, i64::try_from(length).unwrap_or(i64::MAX))),
        _ => field_of(cx, value, b"content-length").map(|found| if found.is_none() { found } else { Value::small(0) }),
    }
}

/// The first value of a field by its name in small letters.
fn field_of(cx: &mut Context, value: Value, name: &[u8]) -> Result<Value, Stop> {
    let message = of(value);
    let is_named = |field: &&crate::http::head::Field| message.bytes[field.name.clone()].eq_ignore_ascii_case(name);
    match message.head.fields.iter().find(is_named) {
        Some(field) => Ok(decoded(cx, &message.bytes[field.value.clone()])),
        None => Ok(Value::NONE),
    }
}

fn field(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(1).get::<Str>() {
        Some(name) => field_of(cx, args.get(0), name.bytes()),
        None => Ok(Value::NONE),
    }
}

fn fields(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    pairs(cx, args.get(0), decoded)
}

fn raw_headers(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let list = pairs(cx, value, Bytes::allocate)?;
    let items = list.get::<crate::object::list::List>().map(|list| list.to_vec()).unwrap_or_default();
    Ok(cx.tuple(&items))
}

fn pairs(cx: &mut Context, value: Value, convert: fn(&mut Context, &[u8]) -> Value) -> Result<Value, Stop> {
    let message = of(value);
    let mut pairs = Vec::with_capacity(message.head.fields.len());
    for field in &message.head.fields {
        let name = convert(cx, &message.bytes[field.name.clone()]);
        let value = convert(cx, &message.bytes[field.value.clone()]);
        pairs.push(cx.tuple(&[name, value]));
    }
    Ok(cx.list(pairs))
}
