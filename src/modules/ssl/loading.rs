//! Certificates of a context: one's own, and those that are trusted.

use crate::modules::buffer::read_if_bytes;
use crate::object::arguments::Truth;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::extension::Of;
use crate::object::native::{Args, Stop};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::tls::certificate::Certificate;
use crate::tls::trust::{FILE_VARIABLE, Trust};

use super::argument::{path, this};
use super::context::SslContext;
use super::{certificate, error};

/// `load_cert_chain(certfile, keyfile, password)`. A password is of no use, since encrypted keys are not read.
pub fn load_cert_chain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let chain = path(cx, args, 1, "certfile")?;
    let key = if args.get(2).is_none() { chain.clone() } else { path(cx, args, 2, "keyfile")? };
    let mut identities = context.settings.borrow().identities.clone();
    match identities.load(&chain, &key) {
        Ok(()) => {
            context.change(|settings| settings.identities = identities);
            Ok(Value::NONE)
        }
        Err(failure) => {
            let named = if chain.exists() && !args.get(2).is_none() { args.get(2) } else { args.get(1) };
            Err(error::raise_load(cx, &failure, named))
        }
    }
}

/// `load_verify_locations(cafile, capath, cadata)`: nothing is trusted unless all of it can be read.
pub fn load_verify_locations(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let (file, folder, data) = (args.get(1), args.get(2), args.get(3));
    if file.is_none() && folder.is_none() && data.is_none() {
        return Err(cx.type_error("cafile, capath and cadata cannot be all omitted"));
    }
    let mut trust = context.settings.borrow().trust.clone();
    let file_path = if file.is_none() { None } else { Some(path(cx, args, 1, "cafile")?) };
    let folder_path = if folder.is_none() { None } else { Some(path(cx, args, 2, "capath")?) };
    if !data.is_none() {
        add_data(cx, &mut trust, data)?;
    }
    if let Some(path) = file_path {
        trust.add_file(&path).map_err(|failure| error::raise_load(cx, &failure, file))?;
    }
    if let Some(path) = folder_path {
        trust.add_folder(&path).map_err(|failure| error::raise_load(cx, &failure, folder))?;
    }
    context.change(|settings| settings.trust = trust);
    Ok(Value::NONE)
}

/// Trusts certificates that are given as a text or as bytes.
fn add_data(cx: &mut Context, trust: &mut Trust, data: Value) -> Result<(), Stop> {
    let text = data.get::<Str>();
    let bytes = match &text {
        Some(text) => text.is_ascii().then(|| text.bytes().to_vec()),
        None => read_if_bytes(cx, data)?,
    };
    let added = match bytes {
        None => return Err(cx.type_error("cadata should be an ASCII string or a bytes-like object")),
        Some(bytes) if bytes.is_empty() => return Err(cx.value_error("Empty certificate data")),
        Some(bytes) if text.is_some() => trust.add_text(&bytes),
        Some(bytes) => trust.add_encoded(&bytes),
    };
    added.map_err(|failure| error::raise(cx, &failure))
}

/// `set_default_verify_paths()`
pub fn set_defaults(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let added = context.change(|settings| settings.trust.add_defaults());
    added.map_err(|failure| {
        let name = std::env::var(FILE_VARIABLE).unwrap_or_default();
        let name = cx.str(&name);
        error::raise_load(cx, &failure, name)
    })?;
    Ok(Value::NONE)
}

/// `cert_store_stats()`
pub fn cert_store_stats(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let context = this(cx, args.get(0))?;
    let (all, authorities) = context.settings.borrow().trust.counts();
    let dict = cx.new_dict();
    for (key, count) in [("x509", all), ("crl", 0), ("x509_ca", authorities)] {
        let (key, count) = (cx.intern(key), cx.int(count as i64));
        dict.set_interned(key, count);
    }
    Ok(dict.value())
}

/// `get_ca_certs(binary_form)`
pub fn get_ca_certs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (context, is_binary): (Of<SslContext>, Truth) = args.take(cx)?;
    let settings = context.settings.borrow();
    let mut found = Vec::new();
    for bytes in settings.trust.certificates() {
        if !Certificate::parse(bytes).is_some_and(|certificate| certificate.is_authority) {
            continue;
        }
        found.push(match is_binary.0 {
            true => Bytes::allocate(cx, bytes),
            false => certificate::to_dict(cx, bytes).unwrap_or(Value::NONE),
        });
    }
    Ok(cx.list(found))
}
