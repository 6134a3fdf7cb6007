//! Functions on the text of messages: percent-encoding, queries and dates.

use crate::http::date;
use crate::object::arguments::text;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::percent_code;

pub(super) const FUNCTIONS: &[Declaration] = &[
    plain("quote(text, safe='/', /)", quote, "Percent-encode what is not safe in a URL."),
    plain("unquote(text, plus=False, /)", unquote, "Decode what is percent-encoded."),
    plain("parse_query(text, /)", parse_query, "Return the names and values of a query or a form, as pairs."),
    plain("format_date(seconds, /)", format_date, "Return a time in seconds since 1970 as heads have it."),
];

/// Decoded bytes as a str: what is no UTF-8 becomes U+FFFD.
fn decoded(cx: &mut Context, bytes: &[u8]) -> Value {
    Str::from_text(cx, &String::from_utf8_lossy(bytes))
}

fn quote(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (given, safe) = (text(cx, args.get(0), "text")?, text(cx, args.get(1), "safe")?);
    Ok(Str::from_string(cx, percent_code::quote(given.bytes(), safe.bytes())))
}

fn unquote(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let given = text(cx, args.get(0), "text")?;
    let plain = percent_code::unquote(given.bytes(), args.get(1) == Value::TRUE);
    Ok(decoded(cx, &plain))
}

fn parse_query(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let given = text(cx, args.get(0), "text")?;
    let mut pairs = Vec::new();
    for piece in given.bytes().split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        let equals = memchr::memchr(b'=', piece);
        let (name, value) = (&piece[..equals.unwrap_or(piece.len())], equals.map_or(&b""[..], |at| &piece[at + 1..]));
        let [name, value] = [name, value].map(|part| percent_code::unquote(part, true));
        let pair = [decoded(cx, &name), decoded(cx, &value)];
        pairs.push(cx.tuple(&pair));
    }
    Ok(cx.list(pairs))
}

fn format_date(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let seconds = Int::expect_i64(cx, args.get(0))?;
    // Years of more than four digits are no dates of heads.
    Ok(cx.str(&date::format(seconds.clamp(0, 253_402_300_799))))
}
