//! The attributes of contexts, as numbers: the enumerations are put around them in the script part.

use std::sync::Arc;

use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::integer::Int;
use crate::object::native::{Args, Stop};
use crate::object::value::Value;
use crate::tls::error::LoadError;
use crate::tls::key_log::KeyLogFile;
use crate::tls::settings::{TLS_1_2, TLS_1_3, Verify};

use super::argument::{not_deleted, number, path, this, truth_of};
use super::context::{MAXIMUM_SUPPORTED, MINIMUM_SUPPORTED};
use super::error;

/// The attributes.
pub const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "protocol", get: protocol, set: None, doc: "The number of the protocol." },
    Attribute { name: "verify_mode", get: verify_mode, set: Some(set_verify_mode), doc: "Is the peer verified?" },
    Attribute { name: "check_hostname", get: check_hostname, set: Some(set_check_hostname), doc: "Is its name?" },
    Attribute { name: "verify_flags", get: verify_flags, set: Some(set_verify_flags), doc: "How it is verified." },
    Attribute { name: "options", get: options, set: Some(set_options), doc: "Bits that change what is done." },
    Attribute {
        name: "minimum_version",
        get: minimum_version,
        set: Some(set_minimum_version),
        doc: "The lowest version.",
    },
    Attribute {
        name: "maximum_version",
        get: maximum_version,
        set: Some(set_maximum_version),
        doc: "The highest version.",
    },
    Attribute {
        name: "hostname_checks_common_name",
        get: common_name,
        set: Some(set_common_name),
        doc: "May the subject name the host?",
    },
    Attribute { name: "keylog_filename", get: key_log, set: Some(set_key_log), doc: "Where secrets are written." },
];

/// Bits of `options` that change something here; those about versions are looked at with these.
const OPTION_IGNORE_END: i64 = 1 << 7;
const OPTION_SERVER_PREFERENCE: i64 = 1 << 22;

/// Bits of `verify_flags` that ask for lists of what is revoked.
const FLAGS_REVOCATION: i64 = 0b1100;

fn protocol(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(this(cx, value)?.protocol))
}

fn verify_mode(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let mode = match this(cx, value)?.settings.borrow().verify {
        Verify::None => 0,
        Verify::Optional => 1,
        Verify::Required => 2,
    };
    Ok(Value::small(mode))
}

fn set_verify_mode(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    not_deleted(cx, value)?;
    let context = this(cx, object)?;
    let verify = match number(cx, value)? {
        0 if context.settings.borrow().checks_host_name => {
            return Err(cx.value_error("Cannot set verify_mode to CERT_NONE when check_hostname is enabled."));
        }
        0 => Verify::None,
        1 => Verify::Optional,
        2 => Verify::Required,
        _ => return Err(cx.value_error("invalid value for verify_mode")),
    };
    context.change(|settings| settings.verify = verify);
    Ok(())
}

fn check_hostname(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(this(cx, value)?.settings.borrow().checks_host_name))
}

fn set_check_hostname(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    let (context, checks) = (this(cx, object)?, truth_of(cx, value)?);
    context.change(|settings| {
        settings.checks_host_name = checks;
        if checks && settings.verify == Verify::None {
            settings.verify = Verify::Required;
        }
    });
    Ok(())
}

fn common_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(this(cx, value)?.settings.borrow().checks_common_name))
}

fn set_common_name(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    let (context, checks) = (this(cx, object)?, truth_of(cx, value)?);
    context.change(|settings| settings.checks_common_name = checks);
    Ok(())
}

fn verify_flags(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let flags = this(cx, value)?.flags.get();
    Ok(cx.int(flags))
}

fn set_verify_flags(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    not_deleted(cx, value)?;
    let (context, flags) = (this(cx, object)?, number(cx, value)?);
    context.flags.set(flags);
    context.change(|settings| settings.checks_revocation = flags & FLAGS_REVOCATION != 0);
    Ok(())
}

fn options(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let options = this(cx, value)?.options.get();
    Ok(cx.int(options))
}

fn set_options(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    if !Int::is(value) {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("argument must be int, not {found}")));
    }
    let (context, options) = (this(cx, object)?, number(cx, value)?);
    if options < 0 {
        return Err(cx.overflow_error("can't convert negative int to unsigned"));
    }
    context.options.set(options);
    context.change(|settings| {
        settings.prefers_own_ciphers = options & OPTION_SERVER_PREFERENCE != 0;
        settings.ignores_unexpected_end = options & OPTION_IGNORE_END != 0;
    });
    context.use_versions();
    Ok(())
}

/// The number of a version, or one that stands for an end.
fn version(cx: &mut Context, value: Value) -> Result<i64, Stop> {
    not_deleted(cx, value)?;
    match number(cx, value)? {
        known @ (MINIMUM_SUPPORTED | MAXIMUM_SUPPORTED | 0x300..=0x304) => Ok(known),
        other => Err(cx.value_error(format!("Unsupported TLS/SSL version {other:#x}"))),
    }
}

fn minimum_version(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(this(cx, value)?.minimum.get()))
}

fn set_minimum_version(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    let (context, version) = (this(cx, object)?, version(cx, value)?);
    context.minimum.set(if version == MAXIMUM_SUPPORTED { TLS_1_3 as i64 } else { version });
    context.use_versions();
    Ok(())
}

fn maximum_version(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(this(cx, value)?.maximum.get()))
}

fn set_maximum_version(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    let (context, version) = (this(cx, object)?, version(cx, value)?);
    context.maximum.set(if version == MINIMUM_SUPPORTED { TLS_1_2 as i64 } else { version });
    context.use_versions();
    Ok(())
}

fn key_log(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(this(cx, value)?.key_log.get())
}

fn set_key_log(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    not_deleted(cx, value)?;
    let context = this(cx, object)?;
    let file = match value.is_none() {
        true => None,
        false => {
            let path = path(cx, Args(&[value]), 0, "keylog_filename")?;
            let opened = KeyLogFile::open(&path).map_err(LoadError::File);
            Some(Arc::new(opened.map_err(|failure| error::raise_load(cx, &failure, value))?))
        }
    };
    context.key_log.set(value);
    context.change(|settings| settings.key_log = file);
    Ok(())
}
