//! The classes `BufferedReader`, `BufferedWriter` and `BufferedRandom` as scripts see them.

use crate::modules::io::buffered::{Buffered, DEFAULT_BUFFER_SIZE, Direction, check_direction};
use crate::modules::io::common::{
    self, Stream, allocate, amount, class_argument, class_title, is_native, object, this, unsupported, whole,
};
use crate::modules::io::stream::{Below, room_of};
use crate::object::arguments::bytes_like;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::function::Attribute;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

macro_rules! tables {
    ($($table:ident $methods:ident $new:ident [$($more:expr),*];)*) => {$(
        const $methods: &[Declaration] = &[
            plain("__new__(cls, /, *args, **kwargs)", $new, "Make a buffer over no stream yet."),
            plain("__init__(self, raw, buffer_size=131072)", init, "Put the buffer over a stream."),
            plain("seek(self, target, whence=0, /)", seek, "Flush, move the position and return it."),
            plain("tell(self, /)", tell, "Return the position."),
            plain("flush(self, /)", flush, "Write out what is held back."),
            plain("close(self, /)", common::close::<Buffered>, "Flush, and close the stream below."),
            plain("detach(self, /)", detach, "Flush, give up the stream below and return it."),
            plain("fileno(self, /)", fileno, "Return the descriptor of the stream below."),
            plain("isatty(self, /)", isatty, "Return whether the stream below is a terminal."),
            plain("readable(self, /)", readable, "Return whether it can be read."),
            plain("writable(self, /)", writable, "Return whether it can be written."),
            plain("seekable(self, /)", seekable, "Return whether the position can be moved."),
            plain("truncate(self, pos=None, /)", truncate, "Cut the stream at a position, by default the present one."),
            plain("read(self, size=-1, /)", read, "Read size bytes, fewer only at the end."),
            plain("read1(self, size=-1, /)", read1, "Read at most size bytes, with at most one call below."),
            plain("readinto(self, buffer, /)", readinto, "Read into a buffer and return how many bytes."),
            plain("readinto1(self, buffer, /)", readinto1, "Read into a buffer, with at most one call below."),
            plain("readline(self, size=-1, /)", common::readline_or_none::<Buffered>, "Read a line."),
            plain("readlines(self, hint=-1, /)", common::readlines::<Buffered>, "Read the lines that are left."),
            plain("write(self, buffer, /)", write, "Write bytes and return how many there were."),
            plain("writelines(self, lines, /)", common::writelines::<Buffered>, "Write each of the lines."),
            plain("__enter__(self, /)", common::enter::<Buffered>, "Return the stream."),
            plain("__exit__(self, /, *args)", common::exit::<Buffered>, "Close the stream."),
            plain("__iter__(self, /)", common::iter::<Buffered>, "Return the stream, which iterates its lines."),
            control("__next__(self, /)", Control::IteratorNext, "Return the next line."),
            plain("__del__(self, /)", common::delete::<Buffered>, "Close the stream."),
            plain("__repr__(self, /)", repr, "Return repr(self)."),
            plain("__getstate__(self, /)", common::refuse_pickling, "Refuse to be pickled."),
            $($more),*
        ];

        /// The tables of one class.
        pub const $table: ClassTables =
            ClassTables { methods: $methods, attributes: ATTRIBUTES, ..ClassTables::NONE };
    )*};
}

tables! {
    READER READER_METHODS new_reader [plain("peek(self, size=0, /)", peek, "Return what is in the buffer.")];
    WRITER WRITER_METHODS new_writer [];
    RANDOM RANDOM_METHODS new_random [plain("peek(self, size=0, /)", peek, "Return what is in the buffer.")];
}

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "closed", get: closed, set: None, doc: "Whether it is closed." },
    Attribute { name: "raw", get: raw, set: None, doc: "The stream below." },
    Attribute { name: "name", get: name, set: None, doc: "The name of the stream below." },
    Attribute { name: "mode", get: mode, set: None, doc: "The mode of the stream below." },
];

/// The first argument, by position or by this name.
pub fn first_argument(cx: &mut Context, args: Args<'_>, name: &str) -> Option<Value> {
    let first = args.get(1).get::<Tuple>().and_then(|positional| positional.get(0));
    let name = cx.intern(name);
    first.or_else(|| args.get(2).get::<Dict>().and_then(|keywords| keywords.get_interned(name)))
}

/// Makes the object; over a stream written in script the class itself is one written in script.
fn new(cx: &mut Context, args: Args<'_>, direction: Direction) -> Result<Value, Stop> {
    let class = class_argument(cx, args)?;
    if let Some(below) = first_argument(cx, args, "raw")
        && Below::of(cx, below).is_none()
    {
        return Err(Stop::Half);
    }
    Ok(allocate(cx, class, Buffered::empty(direction)))
}

fn new_reader(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    new(cx, args, Direction::Read)
}

fn new_writer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    new(cx, args, Direction::Write)
}

fn new_random(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    new(cx, args, Direction::Both)
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = this::<Buffered>(cx, args)?;
    let size = whole(cx, args.get(2), 2)?;
    let Some(below) = Below::of(cx, args.get(1)) else {
        let found = class_title(cx, args.get(1));
        return Err(cx.type_error(format!("a native stream is required, not '{found}'")));
    };
    check_direction(cx, &below, buffered.direction)?;
    if size <= 0 {
        return Err(cx.value_error("buffer size must be strictly positive"));
    }
    cx.reserve(size as usize)?;
    buffered.stand_on(&below, size as usize);
    Ok(Value::NONE)
}

fn seek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (offset, whence) = (whole(cx, args.get(1), 1)?, whole(cx, args.get(2), 2)?);
    let position = this::<Buffered>(cx, args)?.seek_to(cx, offset, whence)?;
    Ok(cx.int(position as i64))
}

fn tell(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let position = this::<Buffered>(cx, args)?.position(cx)?;
    Ok(cx.int(position as i64))
}

fn flush(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<Buffered>(cx, args)?.flush(cx)?;
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<Buffered>(cx, args)?.detach(cx)
}

fn fileno(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = this::<Buffered>(cx, args)?.below(cx)?.fileno(cx)?;
    Ok(Value::small(number as i64))
}

fn isatty(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let is_terminal = this::<Buffered>(cx, args)?.below(cx)?.is_terminal(cx)?;
    Ok(Value::bool(is_terminal))
}

fn readable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = this::<Buffered>(cx, args)?;
    if !buffered.reads() {
        return Ok(Value::FALSE);
    }
    buffered.open_below(cx, Some("I/O operation on closed file"))?;
    Ok(Value::TRUE)
}

fn writable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = this::<Buffered>(cx, args)?;
    if !buffered.writes() {
        return Ok(Value::FALSE);
    }
    buffered.open_below(cx, Some("I/O operation on closed file"))?;
    Ok(Value::TRUE)
}

fn seekable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(this::<Buffered>(cx, args)?.can_seek(cx)?))
}

fn truncate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = this::<Buffered>(cx, args)?;
    buffered.open_below(cx, Some("truncate of closed file"))?;
    if !buffered.writes() {
        return Err(unsupported(cx, "truncate"));
    }
    let length = match args.get(1) {
        Value::NONE => buffered.position(cx)? as i64,
        position => whole(cx, position, 1)?,
    };
    buffered.cut(cx, length)?;
    Ok(cx.int(length))
}

/// Bytes read, None where reading would have to wait.
fn read_value(cx: &mut Context, bytes: Option<Vec<u8>>) -> Value {
    match bytes {
        Some(bytes) => Bytes::from_vec(cx, bytes),
        None => Value::NONE,
    }
}

/// The receiver, which can be read.
fn reader(cx: &mut Context, args: Args<'_>) -> Result<crate::object::extension::Of<Buffered>, Stop> {
    let buffered = this::<Buffered>(cx, args)?;
    match buffered.reads() {
        true => Ok(buffered),
        false => Err(unsupported(cx, "read")),
    }
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = reader(cx, args)?;
    if let Some(size) = crate::object::integer::Int::clamp(args.get(1))
        && size < -1
    {
        return Err(cx.value_error("read length must be non-negative or -1"));
    }
    let bytes = match amount(cx, args.get(1), 1)? {
        None => buffered.read_all(cx)?,
        Some(size) => buffered.read(cx, size)?,
    };
    Ok(read_value(cx, bytes))
}

fn read1(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = reader(cx, args)?;
    let most = amount(cx, args.get(1), 1)?.unwrap_or(buffered.size.get());
    let bytes = buffered.read_some(cx, most)?;
    Ok(Bytes::from_vec(cx, bytes.unwrap_or_default()))
}

fn readinto(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = reader(cx, args)?;
    buffered.open_below(cx, Some("readinto of closed file"))?;
    let room = room_of(cx, args.get(1), "readinto")?;
    let bytes = buffered.read(cx, room.length)?;
    Ok(filled(&room, bytes))
}

fn readinto1(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = reader(cx, args)?;
    buffered.open_below(cx, Some("readinto of closed file"))?;
    let room = room_of(cx, args.get(1), "readinto1")?;
    let bytes = buffered.read_some(cx, room.length)?;
    Ok(filled(&room, bytes))
}

fn filled(room: &crate::modules::io::stream::Room, bytes: Option<Vec<u8>>) -> Value {
    match bytes {
        Some(bytes) => {
            room.fill(&bytes);
            Value::small(bytes.len() as i64)
        }
        None => Value::NONE,
    }
}

fn peek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = this::<Buffered>(cx, args)?.peek(cx)?;
    Ok(Bytes::from_vec(cx, bytes))
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let buffered = this::<Buffered>(cx, args)?;
    if !buffered.writes() {
        return Err(unsupported(cx, "write"));
    }
    let bytes = bytes_like(cx, args.get(1))?;
    match args.are_taken(2) {
        true => buffered.drain(cx).map_err(Stop::taken)?,
        false => buffered.write(cx, &bytes)?,
    }
    Ok(Value::small(bytes.len() as i64))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let title = class_title(cx, args.get(0));
    let below = Below::known(this::<Buffered>(cx, args)?.raw.get());
    let name = below.and_then(|below| below.name(cx).ok());
    let shown = name.and_then(|name| common::shown(cx, name));
    Ok(match shown {
        Some(name) => cx.str(&format!("<{title} name={name}>")),
        None => cx.str(&format!("<{title}>")),
    })
}

// ----- attributes

fn closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let buffered = object::<Buffered>(cx, value)?;
    let below = buffered.below(cx)?;
    Ok(Value::bool(below.is_closed()))
}

fn raw(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(object::<Buffered>(cx, value)?.raw.get())
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    object::<Buffered>(cx, value)?.below(cx)?.name(cx)
}

fn mode(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    object::<Buffered>(cx, value)?.below(cx)?.mode(cx)
}

/// A new object of one of the three classes, over a stream that suits it.
pub fn make(cx: &mut Context, below: &Below, direction: Direction, size: usize) -> Value {
    let name = match direction {
        Direction::Read => "BufferedReader",
        Direction::Both => "BufferedRandom",
        _ => "BufferedWriter",
    };
    let class = super::module::class(cx, name);
    let buffered = Buffered::empty(direction);
    buffered.stand_on(below, if size == 0 { DEFAULT_BUFFER_SIZE } else { size });
    let value = allocate(cx, class, buffered);
    debug_assert!(is_native(cx, value), "made of a native class");
    value
}
