//! The module `_ssl`: its classes and functions.

use rustls::crypto::ring;

use crate::object::arguments::{Index, bytes_like, text};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;
use crate::tls::pem;

use super::{connection, context, error, memory_bio};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_ssl", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("RAND_bytes(n, /)", random_bytes, "Return n bytes that nobody can foretell."),
    plain("der_to_pem(der_cert_bytes, /)", to_text, "Return a certificate as a text."),
    plain("pem_to_der(text, /)", from_text, "Return the bytes of the certificate in a text."),
    plain("want_read()", want_read, "Raise SSLWantReadError."),
    plain("want_write()", want_write, "Raise SSLWantWriteError."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    error::fill(cx, module);
    memory_bio::fill(cx, module);
    context::fill(cx, module);
    connection::fill(cx, module);
    module.add_functions(cx, FUNCTIONS);
}

fn random_bytes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Index(count),) = args.take(cx)?;
    let Ok(count) = usize::try_from(count) else { return Err(cx.value_error("num must be positive")) };
    cx.reserve(count)?;
    let mut bytes = vec![0; count];
    match ring::default_provider().secure_random.fill(&mut bytes) {
        Ok(()) => Ok(Bytes::from_vec(cx, bytes)),
        Err(_) => Err(cx.runtime_error("the system has no random bytes")),
    }
}

fn to_text(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(0))?;
    Ok(cx.str(&pem::write_certificate(&bytes)))
}

fn from_text(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = text(cx, args.get(0), "certificate")?;
    match pem::certificates(text.bytes()).ok().and_then(|certificates| certificates.into_iter().next()) {
        Some(certificate) => Ok(Bytes::allocate(cx, &certificate)),
        None => Err(cx.value_error("Invalid PEM encoding")),
    }
}

fn want_read(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(error::want_read(cx))
}

fn want_write(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(error::want_write(cx))
}
