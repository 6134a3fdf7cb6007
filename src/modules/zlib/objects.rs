//! `compressobj` and `decompressobj`: the streams that scripts hold.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;

use libz_rs_sys as library;

use crate::modules::buffer::{read, read_if_bytes};
use crate::modules::os::argument::int;
use crate::object::arguments::Index;
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;

use super::module::failure;
use super::pieces;
use super::stream::{Options, Stream};

const FUNCTIONS: &[Declaration] = &[
    plain(
        "compressobj(level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=<unset>)",
        compressobj,
        "Return an object that compresses data given to it piece by piece.",
    ),
    plain(
        "decompressobj(wbits=15, zdict=b'')",
        decompressobj,
        "Return an object that decompresses data given to it piece by piece.",
    ),
];

const COMPRESSOR: &[Declaration] = &[
    plain("compress(self, data, /)", compress, "Compress data; return what there is of the result so far."),
    plain("flush(self, mode=4, /)", flush_compressor, "Return what is still missing of the result."),
    plain("copy(self, /)", copy_compressor, "Return another object that has come as far."),
    plain("__copy__(self, /)", copy_compressor, "Return another object that has come as far."),
    plain("__deepcopy__(self, memo, /)", copy_compressor, "Return another object that has come as far."),
];

const DECOMPRESSOR: &[Declaration] = &[
    plain(
        "decompress(self, data, /, max_length=0)",
        decompress,
        "Decompress data; return what there is of the result so far, but no more than max_length bytes.",
    ),
    plain("flush(self, length=16384, /)", flush_decompressor, "Return what is still missing of the result."),
    plain("copy(self, /)", copy_decompressor, "Return another object that has come as far."),
    plain("__copy__(self, /)", copy_decompressor, "Return another object that has come as far."),
    plain("__deepcopy__(self, memo, /)", copy_decompressor, "Return another object that has come as far."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "unused_data", get: unused_data, set: None, doc: "What stood behind the end of the stream." },
    Attribute { name: "unconsumed_tail", get: unconsumed_tail, set: None, doc: "What max_length left of the data." },
    Attribute { name: "eof", get: eof, set: None, doc: "Has the end of the stream come?" },
];

const COMPRESS: &str = "zlib.Compress";
const DECOMPRESS: &str = "zlib.Decompress";

/// Adds the functions to the module, and the classes that only they make instances of.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let classes = [
        (COMPRESS, ClassTables { methods: COMPRESSOR, ..ClassTables::NONE }),
        (DECOMPRESS, ClassTables { methods: DECOMPRESSOR, attributes: ATTRIBUTES, ..ClassTables::NONE }),
    ];
    for (name, tables) in classes {
        let flags = Class::NOT_CALLABLE | Class::FINAL;
        let class = make_class(cx, name, &[], Some(Kind::Extension), flags, &tables);
        cx.module_state.insert(name, class.value());
    }
    module.add_functions(cx, FUNCTIONS);
}

fn make<T: Data>(cx: &mut Context, class: &str, data: T) -> Value {
    let class: Ref<Class> = cx.module_state[class].get().expect("the class was made with the module");
    Extension::allocate(cx, class, data)
}

/// ValueError for options that no stream can have, MemoryError for one that there is no room for.
fn not_made(cx: &mut Context, code: c_int, work: &str) -> Stop {
    match code {
        library::Z_STREAM_ERROR => cx.value_error("Invalid initialization option"),
        code => failure(cx, None, code, work),
    }
}

/// A copy of a stream that has not been finished.
fn copy(cx: &mut Context, stream: &RefCell<Option<Stream>>, work: &str) -> Result<Stream, Stop> {
    let copied = stream.borrow_mut().as_mut().map_or(Err(library::Z_STREAM_ERROR), Stream::copy);
    copied.map_err(|code| match code {
        library::Z_STREAM_ERROR => cx.value_error("Inconsistent stream state"),
        code => failure(cx, None, code, work),
    })
}

// ----- compressing

/// An object that compresses. It has no stream any more when it has been finished.
struct Compressor {
    stream: RefCell<Option<Stream>>,
}

impl Data for Compressor {
    fn trace(&self, _: &mut Marker) {}
}

fn compressobj(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let options = Options {
        level: int(cx, args, 0)?,
        method: int(cx, args, 1)?,
        window_bits: int(cx, args, 2)?,
        memory_level: int(cx, args, 3)?,
        strategy: int(cx, args, 4)?,
    };
    let dictionary = match args.get(5) {
        value if value.is_unbound() => None,
        value => Some(read(cx, value, 5)?),
    };
    let made = Stream::deflate(&options);
    let mut stream = made.map_err(|code| not_made(cx, code, "while creating compression object"))?;
    if let Some(dictionary) = dictionary {
        match stream.set_dictionary(&dictionary) {
            library::Z_OK => {}
            library::Z_STREAM_ERROR => return Err(cx.value_error("Invalid dictionary")),
            _ => return Err(cx.value_error("deflateSetDictionary() failed")),
        }
    }
    Ok(make(cx, COMPRESS, Compressor { stream: RefCell::new(Some(stream)) }))
}

fn compress(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Compressor>,) = args.take(cx)?;
    let data = read(cx, args.get(1), 1)?;
    let mut stream = object.stream.borrow_mut();
    let Some(stream) = stream.as_mut() else {
        return Err(failure(cx, None, library::Z_STREAM_ERROR, "while compressing data"));
    };
    let fed = pieces::compress(cx, stream, &data, library::Z_NO_FLUSH)?;
    match fed.code {
        library::Z_STREAM_ERROR => Err(failure(cx, Some(stream), fed.code, "while compressing data")),
        _ => Ok(Bytes::from_vec(cx, fed.output)),
    }
}

fn flush_compressor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Compressor>,) = args.take(cx)?;
    let mode = int(cx, args, 1)?;
    if mode == library::Z_NO_FLUSH {
        return Ok(Bytes::allocate(cx, b""));
    }
    let mut stream = object.stream.borrow_mut();
    let Some(unfinished) = stream.as_mut() else {
        return Err(failure(cx, None, library::Z_STREAM_ERROR, "while flushing"));
    };
    let fed = pieces::compress(cx, unfinished, b"", mode)?;
    match fed.code {
        library::Z_STREAM_ERROR => return Err(failure(cx, Some(unfinished), fed.code, "while flushing")),
        library::Z_STREAM_END => *stream = None,
        _ => {}
    }
    Ok(Bytes::from_vec(cx, fed.output))
}

fn copy_compressor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Compressor>,) = args.take(cx)?;
    let stream = copy(cx, &object.stream, "while copying compression object")?;
    Ok(make(cx, COMPRESS, Compressor { stream: RefCell::new(Some(stream)) }))
}

// ----- decompressing

/// An object that decompresses. It has no stream any more when it was flushed at its end.
struct Decompressor {
    stream: RefCell<Option<Stream>>,
    /// What the stream may turn out to need.
    dictionary: Option<Vec<u8>>,
    /// What stood behind its end, bytes.
    unused: Cell<Value>,
    /// What was not taken of the data, bytes.
    tail: Cell<Value>,
    /// The end has come.
    is_ended: Cell<bool>,
}

impl Data for Decompressor {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.unused);
        marker.cell(&self.tail);
    }
}

fn decompressobj(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let window_bits = int(cx, args, 0)?;
    let Some(dictionary) = read_if_bytes(cx, args.get(1))? else {
        return Err(cx.type_error("zdict argument must support the buffer protocol"));
    };
    let dictionary = Some(dictionary).filter(|dictionary| !dictionary.is_empty());
    let made = Stream::inflate(window_bits);
    let mut stream = made.map_err(|code| not_made(cx, code, "while creating decompression object"))?;
    // Bare data does not say that it needs one.
    if let Some(dictionary) = dictionary.as_ref().filter(|_| window_bits < 0) {
        let code = stream.set_dictionary(dictionary);
        if code != library::Z_OK {
            return Err(failure(cx, Some(&stream), code, "while setting zdict"));
        }
    }
    let empty = Bytes::allocate(cx, b"");
    let object = Decompressor {
        stream: RefCell::new(Some(stream)),
        dictionary,
        unused: Cell::new(empty),
        tail: Cell::new(empty),
        is_ended: Cell::new(false),
    };
    Ok(make(cx, DECOMPRESS, object))
}

impl Decompressor {
    /// Keeps what was not taken: behind the end of the stream, or for next time.
    fn keep(&self, cx: &mut Context, rest: &[u8]) {
        let mut rest = rest;
        if self.is_ended.get() && !rest.is_empty() {
            let unused = self.unused.get();
            let joined = [&bytes_of(&unused).unwrap_or_default(), rest].concat();
            self.unused.set(Bytes::from_vec(cx, joined));
            rest = b"";
        }
        let had_tail = bytes_of(&self.tail.get()).is_some_and(|tail| !tail.is_empty());
        if had_tail || !rest.is_empty() {
            self.tail.set(Bytes::allocate(cx, rest));
        }
    }
}

fn decompress(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, _, Index(most)): (Of<Decompressor>, Value, Index) = args.take(cx)?;
    let data = read(cx, args.get(1), 1)?;
    let limit = match usize::try_from(most) {
        Ok(0) => usize::MAX,
        Ok(limit) => limit,
        Err(_) => return Err(cx.value_error("max_length must be non-negative")),
    };
    let mut stream = object.stream.borrow_mut();
    let Some(stream) = stream.as_mut() else {
        return Err(failure(cx, None, library::Z_STREAM_ERROR, "while decompressing data"));
    };
    let dictionary = object.dictionary.as_deref();
    let fed = pieces::decompress(cx, stream, &data, library::Z_SYNC_FLUSH, limit, dictionary)?;
    object.is_ended.set(object.is_ended.get() || fed.code == library::Z_STREAM_END);
    object.keep(cx, &data[fed.read..]);
    match fed.code {
        library::Z_OK | library::Z_BUF_ERROR | library::Z_STREAM_END => Ok(Bytes::from_vec(cx, fed.output)),
        code => Err(failure(cx, Some(stream), code, "while decompressing data")),
    }
}

fn flush_decompressor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, Index(length)): (Of<Decompressor>, Index) = args.take(cx)?;
    if length <= 0 {
        return Err(cx.value_error("length must be greater than zero"));
    }
    let mut stream = object.stream.borrow_mut();
    let Some(unfinished) = stream.as_mut() else { return Ok(Bytes::allocate(cx, b"")) };
    let tail = read(cx, object.tail.get(), 0)?;
    let dictionary = object.dictionary.as_deref();
    let fed = pieces::decompress(cx, unfinished, &tail, library::Z_FINISH, usize::MAX, dictionary)?;
    if fed.code == library::Z_STREAM_END {
        object.is_ended.set(true);
        *stream = None;
    }
    object.keep(cx, &tail[fed.read..]);
    Ok(Bytes::from_vec(cx, fed.output))
}

fn copy_decompressor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Decompressor>,) = args.take(cx)?;
    let copied = Decompressor {
        stream: RefCell::new(Some(copy(cx, &object.stream, "while copying decompression object")?)),
        dictionary: object.dictionary.clone(),
        unused: object.unused.clone(),
        tail: object.tail.clone(),
        is_ended: object.is_ended.clone(),
    };
    Ok(make(cx, DECOMPRESS, copied))
}

/// What an attribute is taken from.
fn of(cx: &mut Context, value: Value) -> Result<Of<Decompressor>, Stop> {
    Of::from_value(cx, value, 0)
}

fn unused_data(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.unused.get())
}

fn unconsumed_tail(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.tail.get())
}

fn eof(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, value)?.is_ended.get()))
}
