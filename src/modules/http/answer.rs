//! Responses as bytes: the head, and for those that are whole the body with it.

use std::borrow::Cow;

use crate::http::date;
use crate::modules::http::connection::{self, Connection};
use crate::modules::http::message::Message;
use crate::object::bytes::bytes_of;
use crate::object::context::Context;
use crate::object::extension::Of;
use crate::object::integer::Int;
use crate::object::list::List;
use crate::object::native::{Args, Stop};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The head is as long as this, usually.
const USUAL_HEAD: usize = 256;
/// What names the server.
const SERVER: &str = concat!("Server: Corolang/", env!("CARGO_PKG_VERSION"), " aiohttp\r\n");

/// What a body is where nothing says it.
const ANY_TYPE: &[u8] = b"application/octet-stream";

/// `answer(self, request, status, reason, headers, content_type, body, keep_alive)`: without headers there is a
/// content type, which is that of any bytes if it is None; None as `keep_alive` is what the request wants.
pub(super) fn answer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = connection::of(args.get(0));
    let Some(request) = Of::<Message>::from(args.get(1)) else { return Err(cx.type_error("a request is required")) };
    let status = Int::expect_i64(cx, args.get(2))?;
    let given = args.get(6);
    let body = if given.is_none() { Some(Cow::Borrowed(&b""[..])) } else { bytes_of(&given) };
    let Some(body) = body else { return Err(cx.type_error("the body must be bytes")) };
    let keeps_alive = if args.get(7).is_none() { request.head.keeps_alive } else { args.get(7) == Value::TRUE };
    let mut out = Vec::with_capacity(USUAL_HEAD + body.len());
    status_line(cx, &mut out, request.head.minor, status, args.get(3))?;
    fields(cx, &mut out, args.get(4))?;
    let is_bodiless = (100..200).contains(&status) || status == 204 || status == 304;
    if !is_bodiless {
        match args.get(5).get::<Str>() {
            Some(content_type) => field(cx, &mut out, b"Content-Type", content_type.bytes())?,
            None if args.get(4).is_none() => field(cx, &mut out, b"Content-Type", ANY_TYPE)?,
            None => {}
        }
        out.extend_from_slice(b"Content-Length: ");
        push_number(&mut out, body.len());
        out.extend_from_slice(b"\r\n");
    }
    finish_head(cx, &connection, &mut out, request.head.minor, keeps_alive);
    if !is_bodiless && request.method() != b"HEAD" {
        out.extend_from_slice(&body);
    }
    connection.started.set(args.get(1));
    connection.put(cx, &out)?;
    Ok(Value::bool(keeps_alive))
}

/// `start_answer(self, request, status, reason, headers, is_chunked, keep_alive)`: the head alone.
pub(super) fn start_answer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = connection::of(args.get(0));
    let Some(request) = Of::<Message>::from(args.get(1)) else { return Err(cx.type_error("a request is required")) };
    let status = Int::expect_i64(cx, args.get(2))?;
    let mut out = Vec::with_capacity(USUAL_HEAD);
    status_line(cx, &mut out, request.head.minor, status, args.get(3))?;
    fields(cx, &mut out, args.get(4))?;
    if args.get(5) == Value::TRUE {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    }
    finish_head(cx, &connection, &mut out, request.head.minor, args.get(6) == Value::TRUE);
    connection.started.set(args.get(1));
    connection.send(cx, &out)?;
    Ok(Value::NONE)
}

fn status_line(cx: &mut Context, out: &mut Vec<u8>, minor: u8, status: i64, reason: Value) -> Result<(), Stop> {
    out.extend_from_slice(if minor == 0 { b"HTTP/1.0 " } else { b"HTTP/1.1 " });
    push_number(out, status.unsigned_abs() as usize);
    out.push(b' ');
    if let Some(reason) = reason.get::<Str>() {
        check(cx, reason.bytes())?;
        out.extend_from_slice(reason.bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Fields given as a list of names and values, or None.
pub(super) fn fields(cx: &mut Context, out: &mut Vec<u8>, list: Value) -> Result<(), Stop> {
    let Some(list) = list.get::<List>() else { return Ok(()) };
    for pair in list.to_vec() {
        let parts = pair.get::<Tuple>().map(|pair| (pair.get(0), pair.get(1)));
        let texts = parts.and_then(|(name, value)| Some((name?.get::<Str>()?, value?.get::<Str>()?)));
        let Some((name, value)) = texts else { return Err(cx.type_error("a field is a name and a value, both str")) };
        field(cx, out, name.bytes(), value.bytes())?;
    }
    Ok(())
}

fn field(cx: &mut Context, out: &mut Vec<u8>, name: &[u8], value: &[u8]) -> Result<(), Stop> {
    check(cx, name)?;
    check(cx, value)?;
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// A field has no control characters but tabs: the rest of it would be read as another field or as the end of the head.
pub(super) fn check(cx: &mut Context, text: &[u8]) -> Result<(), Stop> {
    if text.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(
            cx.value_error("Forbidden control character detected in headers. Potential header injection attack.")
        );
    }
    Ok(())
}

fn finish_head(cx: &mut Context, connection: &Connection, out: &mut Vec<u8>, minor: u8, keeps_alive: bool) {
    let second = cx.clock.read(true).div_euclid(1_000_000_000);
    let mut cached = connection.date.borrow_mut();
    if cached.0 != second {
        *cached = (second, date::format(second));
    }
    out.extend_from_slice(b"Date: ");
    out.extend_from_slice(cached.1.as_bytes());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(SERVER.as_bytes());
    match (minor, keeps_alive) {
        (0, true) => out.extend_from_slice(b"Connection: keep-alive\r\n"),
        (1, false) => out.extend_from_slice(b"Connection: close\r\n"),
        _ => {}
    }
    out.extend_from_slice(b"\r\n");
}

pub(super) fn push_number(out: &mut Vec<u8>, number: usize) {
    let mut digits = [0; 20];
    let (mut at, mut left) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
