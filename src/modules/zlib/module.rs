//! The module `zlib`: its functions, constants and the exception.

use std::ffi::c_int;

use libz_rs_sys as library;

use crate::modules::buffer::read;
use crate::modules::os::argument::int;
use crate::object::arguments::{Index, Whole};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;

use super::objects;
use super::pieces;
use super::stream::{self, Options, Stream};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "zlib", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("adler32(data, value=1, /)", adler32, "Return the checksum Adler-32 of data, going on from value."),
    plain("compress(data, /, level=-1, wbits=15)", compress, "Return data compressed."),
    plain("crc32(data, value=0, /)", crc32, "Return the checksum CRC-32 of data, going on from value."),
    plain("decompress(data, /, wbits=15, bufsize=16384)", decompress, "Return what compressed data stands for."),
];

const CONSTANTS: &[(&str, i64)] = &[
    ("DEFLATED", library::Z_DEFLATED as i64),
    ("DEF_BUF_SIZE", 16384),
    ("DEF_MEM_LEVEL", 8),
    ("MAX_WBITS", 15),
    ("Z_BEST_COMPRESSION", library::Z_BEST_COMPRESSION as i64),
    ("Z_BEST_SPEED", library::Z_BEST_SPEED as i64),
    ("Z_BLOCK", library::Z_BLOCK as i64),
    ("Z_DEFAULT_COMPRESSION", library::Z_DEFAULT_COMPRESSION as i64),
    ("Z_DEFAULT_STRATEGY", library::Z_DEFAULT_STRATEGY as i64),
    ("Z_FILTERED", library::Z_FILTERED as i64),
    ("Z_FINISH", library::Z_FINISH as i64),
    ("Z_FIXED", library::Z_FIXED as i64),
    ("Z_FULL_FLUSH", library::Z_FULL_FLUSH as i64),
    ("Z_HUFFMAN_ONLY", library::Z_HUFFMAN_ONLY as i64),
    ("Z_NO_COMPRESSION", library::Z_NO_COMPRESSION as i64),
    ("Z_NO_FLUSH", library::Z_NO_FLUSH as i64),
    ("Z_PARTIAL_FLUSH", library::Z_PARTIAL_FLUSH as i64),
    ("Z_RLE", library::Z_RLE as i64),
    ("Z_SYNC_FLUSH", library::Z_SYNC_FLUSH as i64),
    ("Z_TREES", library::Z_TREES as i64),
];

const ERROR: &str = "zlib.error";

fn fill(cx: &mut Context, module: Ref<Module>) {
    let base = cx.class(LayoutId::EXCEPTION);
    let error = make_class(cx, ERROR, &[base], None, Class::HAS_DICTIONARY | Class::WEAKLY, &ClassTables::NONE);
    cx.module_state.insert(ERROR, error.value());
    module.set(cx, "error", error.value());
    for &(name, number) in CONSTANTS {
        module.set(cx, name, Value::small(number));
    }
    let version = cx.str(stream::version());
    module.set(cx, "ZLIB_VERSION", version);
    module.set(cx, "ZLIB_RUNTIME_VERSION", version);
    module.add_functions(cx, FUNCTIONS);
    objects::install(cx, module);
}

/// zlib.error, as what went wrong with a stream at some work, or MemoryError.
pub fn failure(cx: &mut Context, stream: Option<&Stream>, code: c_int, work: &str) -> Stop {
    let message = stream.and_then(Stream::message).or(match code {
        library::Z_MEM_ERROR => return cx.memory_error(),
        library::Z_BUF_ERROR => Some("incomplete or truncated stream"),
        library::Z_STREAM_ERROR => Some("inconsistent stream state"),
        library::Z_DATA_ERROR => Some("invalid input data"),
        _ => None,
    });
    match message {
        Some(message) => error(cx, format!("Error {code} {work}: {message}")),
        None => error(cx, format!("Error {code} {work}")),
    }
}

fn error(cx: &mut Context, message: impl AsRef<str>) -> Stop {
    let class: Ref<Class> = cx.module_state[ERROR].get().expect("the class was made with the module");
    cx.error(class.root_layout.get(), message)
}

fn compress(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let data = read(cx, args.get(0), 0)?;
    let (level, window_bits) = (int(cx, args, 1)?, int(cx, args, 2)?);
    let options = Options {
        level,
        method: library::Z_DEFLATED,
        window_bits,
        memory_level: 8,
        strategy: library::Z_DEFAULT_STRATEGY,
    };
    let mut stream = match Stream::deflate(&options) {
        Ok(stream) => stream,
        Err(library::Z_STREAM_ERROR) => return Err(error(cx, "Bad compression level")),
        Err(code) => return Err(failure(cx, None, code, "while compressing data")),
    };
    let fed = pieces::compress(cx, &mut stream, &data, library::Z_FINISH)?;
    match fed.code {
        library::Z_STREAM_END => Ok(Bytes::from_vec(cx, fed.output)),
        code => Err(failure(cx, Some(&stream), code, "while compressing data")),
    }
}

fn decompress(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let data = read(cx, args.get(0), 0)?;
    let (window_bits, Index(room)) = (int(cx, args, 1)?, Index::from_value(cx, args.get(2), 2)?);
    if room < 0 {
        return Err(cx.value_error("bufsize must be non-negative"));
    }
    let mut stream = match Stream::inflate(window_bits) {
        Ok(stream) => stream,
        Err(code) => return Err(failure(cx, None, code, "while preparing to decompress data")),
    };
    let fed = pieces::decompress(cx, &mut stream, &data, library::Z_SYNC_FLUSH, usize::MAX, None)?;
    match fed.code {
        library::Z_STREAM_END => Ok(Bytes::from_vec(cx, fed.output)),
        library::Z_OK => Err(failure(cx, None, library::Z_BUF_ERROR, "while decompressing data")),
        code => Err(failure(cx, Some(&stream), code, "while decompressing data")),
    }
}

/// The lowest 32 bits of an int argument.
fn checksum(cx: &mut Context, args: Args<'_>, index: usize) -> Result<u32, Stop> {
    let Whole(value) = Whole::from_value(cx, args.get(index), index)?;
    let low = Int::and(cx, value, Value::small(u32::MAX.into()));
    Ok(Int::to_i64(low).unwrap_or(0) as u32)
}

fn crc32(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (data, value) = (read(cx, args.get(0), 0)?, checksum(cx, args, 1)?);
    Ok(Value::small(stream::crc32(value, &data).into()))
}

fn adler32(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (data, value) = (read(cx, args.get(0), 0)?, checksum(cx, args, 1)?);
    Ok(Value::small(stream::adler32(value, &data).into()))
}
