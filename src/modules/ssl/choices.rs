//! What a context chooses among: cipher suites, curves, application protocols.

use crate::modules::os::argument::text_bytes;
use crate::object::arguments::{bytes_like, rest, text};
use crate::object::context::Context;
use crate::object::extension::Of;
use crate::object::native::{Args, Stop};
use crate::object::value::Value;
use crate::tls::cipher::{self, Cipher};

use super::argument::this;
use super::context::SslContext;
use super::error;

/// `set_ciphers(cipherlist)`
pub fn set_ciphers(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let list = text(cx, args.get(1), "set_ciphers() argument")?;
    match cipher::choose(&list.text()) {
        Some(chosen) => {
            context.change(|settings| settings.ciphers = chosen);
            Ok(Value::NONE)
        }
        None => Err(error::raise_plainly(cx, "No cipher can be selected.")),
    }
}

/// `get_ciphers()`
pub fn get_ciphers(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let ciphers = context.settings.borrow().ciphers.clone();
    let items = ciphers.into_iter().map(|cipher| describe(cx, cipher)).collect();
    Ok(cx.list(items))
}

fn describe(cx: &mut Context, cipher: &Cipher) -> Value {
    let exchange = if cipher.is_fixed() { "kx-any" } else { "kx-ecdhe" };
    let authentication = format!("auth-{}", cipher.authentication.to_ascii_lowercase());
    let bits = Value::small(cipher.bits as i64);
    let entries = [
        // The number as OpenSSL has it, which says the version too.
        ("id", Value::small(0x0300_0000 | cipher.id as i64)),
        ("name", cx.str(cipher.name)),
        ("protocol", cx.str(cipher.protocol)),
        ("description", cx.str(&cipher.description())),
        ("strength_bits", bits),
        ("alg_bits", bits),
        ("aead", Value::TRUE),
        ("symmetric", cx.str(cipher.symmetric)),
        ("digest", Value::NONE),
        ("kea", cx.str(exchange)),
        ("auth", cx.str(&authentication)),
    ];
    let dict = cx.new_dict();
    for (key, value) in entries {
        let key = cx.intern(key);
        dict.set_interned(key, value);
    }
    dict.value()
}

/// `set_ecdh_curve(name)`
pub fn set_group(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let name = match text_bytes(cx, args.get(1))? {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => return Err(cx.type_error("the name of a curve must be str or bytes")),
    };
    if context.change(|settings| settings.set_group(&name)) {
        return Ok(Value::NONE);
    }
    Err(cx.value_error(format!("unknown elliptic curve name '{name}'")))
}

/// `_set_protocols(protocols)`: a tuple of bytes.
pub fn set_protocols(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (context, protocols): (Of<SslContext>, Value) = args.take(cx)?;
    let mut names = Vec::new();
    for name in rest(protocols) {
        names.push(bytes_like(cx, name)?);
    }
    context.change(|settings| settings.protocols = names);
    Ok(Value::NONE)
}
