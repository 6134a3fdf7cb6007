//! What `sys` tells of the interpreter, its numbers and the system: constants, and tuples with names.

use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::module::Module;
use crate::object::struct_sequence::{class, fields, make};
use crate::object::value::Value;

static VERSION_INFO: [Attribute; 5] = fields(["major", "minor", "micro", "releaselevel", "serial"]);

static FLAGS: [Attribute; 18] = fields([
    "debug",
    "inspect",
    "interactive",
    "optimize",
    "dont_write_bytecode",
    "no_user_site",
    "no_site",
    "ignore_environment",
    "verbose",
    "bytes_warning",
    "quiet",
    "hash_randomization",
    "isolated",
    "dev_mode",
    "utf8_mode",
    "warn_default_encoding",
    "safe_path",
    "int_max_str_digits",
]);

static FLOAT_INFO: [Attribute; 11] = fields([
    "max",
    "max_exp",
    "max_10_exp",
    "min",
    "min_exp",
    "min_10_exp",
    "dig",
    "mant_dig",
    "epsilon",
    "radix",
    "rounds",
]);

static INT_INFO: [Attribute; 4] =
    fields(["bits_per_digit", "sizeof_digit", "default_max_str_digits", "str_digits_check_threshold"]);

static HASH_INFO: [Attribute; 9] =
    fields(["width", "modulus", "inf", "nan", "imag", "algorithm", "hash_bits", "seed_bits", "cutoff"]);

static THREAD_INFO: [Attribute; 3] = fields(["name", "lock", "version"]);

/// Binds the constants.
pub(super) fn fill(cx: &mut Context, module: Ref<Module>) {
    let executable = std::env::current_exe().map_or_else(|_| String::new(), |path| path.display().to_string());
    let version = format!("3.14.0 (Corolang {})", env!("CARGO_PKG_VERSION"));
    for (name, text) in [
        ("platform", if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }),
        ("byteorder", if cfg!(target_endian = "little") { "little" } else { "big" }),
        ("copyright", "Copyright (c) 2026 The Corolang authors"),
        ("prefix", ""),
        ("exec_prefix", ""),
        ("base_prefix", ""),
        ("base_exec_prefix", ""),
        ("platlibdir", "lib"),
        ("abiflags", ""),
        ("float_repr_style", "short"),
        ("version", &version),
        ("executable", &executable),
        ("_base_executable", &executable),
    ] {
        let value = cx.str(text);
        module.set(cx, name, value);
    }
    module.set(cx, "pycache_prefix", Value::NONE);
    module.set(cx, "dont_write_bytecode", Value::TRUE);
    for (name, number) in
        [("maxsize", i64::MAX), ("maxunicode", 0x10ffff), ("hexversion", 0x030e00f0), ("api_version", 1013)]
    {
        let value = cx.int(number);
        module.set(cx, name, value);
    }
    let names: Vec<Value> = crate::modules::names().map(|name| cx.str(name)).collect();
    let names = cx.tuple(&names);
    module.set(cx, "builtin_module_names", names);
    fill_sequences(cx, module);
}

fn fill_sequences(cx: &mut Context, module: Ref<Module>) {
    let (zero, one) = (Value::small(0), Value::small(1));
    let end = cx.str("final");
    bind(cx, module, "version_info", &VERSION_INFO, &[Value::small(3), Value::small(14), zero, end, zero]);
    let mut flags = [zero; 18];
    (flags[4], flags[11], flags[14]) = (one, one, one);
    (flags[13], flags[16], flags[17]) = (Value::FALSE, Value::FALSE, Value::small(4300));
    bind(cx, module, "flags", &FLAGS, &flags);
    let numbers = [
        Value::float(f64::MAX),
        Value::small(f64::MAX_EXP as i64),
        Value::small(f64::MAX_10_EXP as i64),
        Value::float(f64::MIN_POSITIVE),
        Value::small(f64::MIN_EXP as i64),
        Value::small(f64::MIN_10_EXP as i64),
        Value::small(f64::DIGITS as i64),
        Value::small(f64::MANTISSA_DIGITS as i64),
        Value::float(f64::EPSILON),
        Value::small(f64::RADIX as i64),
        one,
    ];
    bind(cx, module, "float_info", &FLOAT_INFO, &numbers);
    bind(cx, module, "int_info", &INT_INFO, &[30, 4, 4300, 640].map(Value::small));
    let modulus = cx.int((1 << 61) - 1);
    let algorithm = cx.str("siphash13");
    let [width, inf, imag, seed] = [64, 314159, 1000003, 128].map(Value::small);
    bind(cx, module, "hash_info", &HASH_INFO, &[width, modulus, inf, zero, imag, algorithm, width, seed, zero]);
    let (name, lock) = (cx.str("pthread"), cx.str("semaphore"));
    bind(cx, module, "thread_info", &THREAD_INFO, &[name, lock, Value::NONE]);
}

/// Makes a class of struct sequences and binds its one instance.
fn bind(cx: &mut Context, module: Ref<Module>, name: &str, fields: &'static [Attribute], items: &[Value]) {
    let class = class(cx, &format!("sys.{name}"), fields);
    let value = make(cx, class, items);
    module.set(cx, name, value);
}
