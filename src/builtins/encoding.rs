//! `encode` and `decode` of strings and bytes by the names of encodings and error handlers.

use crate::builtins::arguments::type_title;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::unicode_error;
use crate::object::value::Value;
use crate::text::codec::{self, CodecError};
use crate::text::encoding::{self, Encoding, Handler};

/// Names of codecs that are from text to text or from bytes to bytes.
const NOT_OF_TEXT: &[&str] = &["hex", "base64", "bz2", "zlib", "uu", "quopri", "rot13", "rot_13", "hex_codec"];

/// Names of encodings that the script half knows, without any registry.
const OF_NAMES: &[&str] = &["idna", "punycode"];

/// Has a script imported `codecs`, so that it may have registered encodings and handlers of its own?
fn has_registry(cx: &mut Context) -> bool {
    let name = cx.intern("codecs");
    cx.modules.get_interned(name).is_some()
}

/// The name an argument gives: a str or, if it was not given, the usual one.
fn name(cx: &mut Context, value: Value, usual: &str, function: &str, argument: &str) -> Result<String, Stop> {
    if value.is_unbound() {
        return Ok(usual.into());
    }
    match value.get::<Str>() {
        Some(text) if text.bytes().contains(&0) => Err(cx.value_error("embedded null character")),
        Some(text) => Ok(text.text().into_owned()),
        None => {
            let found = type_title(cx, value);
            Err(cx.type_error(format!("{function}() argument '{argument}' must be str, not {found}")))
        }
    }
}

/// Encoding and error handler of a call, both UNBOUND where not given.
pub struct Manner {
    encoding: String,
    errors: String,
}

impl Manner {
    /// Takes the arguments of a function that has them.
    pub fn of(cx: &mut Context, function: &str, encoding: Value, errors: Value) -> Result<Manner, Stop> {
        Ok(Manner {
            encoding: name(cx, encoding, "utf-8", function, "encoding")?,
            errors: name(cx, errors, "strict", function, "errors")?,
        })
    }

    /// The encoding, or LookupError.
    fn encoding(&self, cx: &mut Context, verb: &str) -> Result<Encoding, Stop> {
        if let Some(found) = encoding::lookup(&self.encoding) {
            return Ok(found);
        }
        if has_registry(cx) || OF_NAMES.iter().any(|name| self.encoding.eq_ignore_ascii_case(name)) {
            return Err(Stop::Half);
        }
        let name = &self.encoding;
        let plain = name.to_ascii_lowercase().replace('-', "_");
        if NOT_OF_TEXT.contains(&plain.as_str()) {
            let message = format!("'{name}' is not a text encoding; use codecs.{verb}() to handle arbitrary codecs");
            return Err(cx.error(LayoutId::LOOKUP_ERROR, message));
        }
        Err(cx.error(LayoutId::LOOKUP_ERROR, format!("unknown encoding: {name}")))
    }

    /// The handler; one that does not exist matters only once something is wrong.
    fn handler(&self) -> Handler {
        encoding::handler(&self.errors).unwrap_or(Handler::Strict)
    }

    /// What is raised, or done instead, for text or bytes that cannot be converted. A handler that is not built in
    /// may be one a script has registered: the script half knows.
    fn failed(&self, cx: &mut Context, error: Stop, unhandled: &CodecError) -> Stop {
        if encoding::handler(&self.errors).is_none() {
            let errors = &self.errors;
            return match has_registry(cx) {
                true => Stop::Half,
                false => cx.error(LayoutId::LOOKUP_ERROR, format!("unknown error handler name '{errors}'")),
            };
        }
        if unhandled.unhandled {
            let message = "don't know how to handle UnicodeDecodeError in error callback";
            return cx.type_error(message);
        }
        error
    }
}

/// `bytes.decode(encoding, errors)`. `object` is what the exception shows.
pub fn decode(cx: &mut Context, bytes: &[u8], object: Value, manner: &Manner) -> Result<Value, Stop> {
    let encoding = manner.encoding(cx, "decode")?;
    if encoding == Encoding::Utf8
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Str::try_from_vec(cx, text.as_bytes().to_vec());
    }
    match codec::decode(bytes, encoding, manner.handler()) {
        Ok(text) => Str::try_from_vec(cx, text),
        Err(error) => {
            let object = if object.is::<Bytes>() { object } else { Bytes::allocate(cx, bytes) };
            let stop = unicode_error::decode_error(cx, object, &error);
            Err(manner.failed(cx, stop, &error))
        }
    }
}

/// `text.encode(encoding, errors)` as Rust data.
pub fn encode(cx: &mut Context, string: Ref<Str>, manner: &Manner) -> Result<Vec<u8>, Stop> {
    let encoding = manner.encoding(cx, "encode")?;
    if encoding == Encoding::Utf8 && !string.has_surrogates() {
        return Ok(string.bytes().to_vec());
    }
    let text = string.bytes().to_vec();
    match codec::encode(&text, encoding, manner.handler()) {
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            let stop = unicode_error::encode_error(cx, string.value(), &error);
            Err(manner.failed(cx, stop, &error))
        }
    }
}
