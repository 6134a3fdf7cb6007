//! `BufferedRWPair`: a buffer for reading over one stream and one for writing over another.

use std::cell::Cell;

use crate::modules::io::buffered::{Buffered, Direction, check_direction};
use crate::modules::io::buffered_class::{first_argument, make};
use crate::modules::io::common::{
    self, Stream, allocate, amount, class_argument, class_title, object, this, unsupported, whole,
};
use crate::modules::io::stream::{Below, room_of};
use crate::object::arguments::bytes_like;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::extension::{Data, Of};
use crate::object::function::Attribute;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The data of a BufferedRWPair.
pub struct RwPair {
    /// A BufferedReader, None before `__init__`.
    reader: Cell<Value>,
    /// A BufferedWriter.
    writer: Cell<Value>,
}

impl Data for RwPair {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.reader);
        marker.cell(&self.writer);
    }

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        common::next_line(cx, self, this, fed)
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

impl Stream for RwPair {
    fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        self.writer(cx)?.check(cx)
    }

    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop> {
        self.reader(cx)?.line(cx, most)
    }

    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop> {
        self.writer(cx)?.put(cx, item)
    }

    fn drain(&self, cx: &mut Context) -> Result<(), Stop> {
        self.writer(cx)?.drain(cx)
    }

    fn shut(&self, cx: &mut Context) -> Result<(), Stop> {
        if !self.writer.get().is_object() {
            return Ok(());
        }
        let first = self.writer(cx)?.shut(cx);
        if let Err(Stop::Wait(_)) = first {
            return first;
        }
        let second = self.reader(cx)?.shut(cx);
        first.and(second)
    }

    fn nothing(cx: &mut Context) -> Value {
        Bytes::allocate(cx, b"")
    }
}

impl RwPair {
    fn part(cx: &mut Context, cell: &Cell<Value>) -> Result<Of<Buffered>, Stop> {
        match Of::from(cell.get()) {
            Some(buffered) => Ok(buffered),
            None => Err(cx.value_error("I/O operation on uninitialized object")),
        }
    }

    /// The buffer for reading.
    pub fn reader(&self, cx: &mut Context) -> Result<Of<Buffered>, Stop> {
        RwPair::part(cx, &self.reader)
    }

    /// The buffer for writing.
    pub fn writer(&self, cx: &mut Context) -> Result<Of<Buffered>, Stop> {
        RwPair::part(cx, &self.writer)
    }

    /// Is the stream for writing closed?
    pub fn is_closed(&self) -> bool {
        Of::<Buffered>::from(self.writer.get()).is_some_and(|writer| writer.is_closed())
    }
}

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make a pair over no streams yet."),
    plain("__init__(self, reader, writer, buffer_size=131072, /)", init, "Put the buffers over two streams."),
    plain("read(self, size=-1, /)", read, "Read size bytes, fewer only at the end."),
    plain("read1(self, size=-1, /)", read1, "Read at most size bytes, with at most one call below."),
    plain("readinto(self, buffer, /)", readinto, "Read into a buffer and return how many bytes."),
    plain("readinto1(self, buffer, /)", readinto, "Read into a buffer and return how many bytes."),
    plain("peek(self, size=0, /)", peek, "Return what is in the buffer for reading."),
    plain("write(self, buffer, /)", write, "Write bytes and return how many there were."),
    plain("flush(self, /)", flush, "Write out what is held back."),
    plain("close(self, /)", common::close::<RwPair>, "Close both streams."),
    plain("detach(self, /)", detach, "There is not one stream below."),
    plain("fileno(self, /)", fileno, "There is not one descriptor."),
    plain("seek(self, target, whence=0, /)", seek, "There is not one position."),
    plain("tell(self, /)", seek, "There is not one position."),
    plain("truncate(self, pos=None, /)", truncate, "There is not one position."),
    plain("isatty(self, /)", isatty, "Return whether one of the streams is a terminal."),
    plain("readable(self, /)", readable, "Return whether it can be read."),
    plain("writable(self, /)", writable, "Return whether it can be written."),
    plain("seekable(self, /)", no, "Return False."),
    plain("readline(self, size=-1, /)", common::readline_or_none::<RwPair>, "Read a line."),
    plain("readlines(self, hint=-1, /)", common::readlines::<RwPair>, "Read the lines that are left."),
    plain("writelines(self, lines, /)", common::writelines::<RwPair>, "Write each of the lines."),
    plain("__enter__(self, /)", common::enter::<RwPair>, "Return the stream."),
    plain("__exit__(self, /, *args)", common::exit::<RwPair>, "Close the stream."),
    plain("__iter__(self, /)", common::iter::<RwPair>, "Return the stream, which iterates its lines."),
    control("__next__(self, /)", Control::IteratorNext, "Return the next line."),
    plain("__del__(self, /)", common::delete::<RwPair>, "Close the stream."),
    plain("__getstate__(self, /)", common::refuse_pickling, "Refuse to be pickled."),
];

const ATTRIBUTES: &[Attribute] = &[Attribute { name: "closed", get: closed, set: None, doc: "Whether it is closed." }];

/// The class's tables.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args)?;
    let second = args.get(1).get::<Tuple>().and_then(|positional| positional.get(1));
    if let (Some(first), Some(second)) = (first_argument(cx, args, "reader"), second)
        && (Below::of(cx, first).is_none() || Below::of(cx, second).is_none())
    {
        return Err(Stop::Half);
    }
    Ok(allocate(cx, class, RwPair { reader: Cell::new(Value::NONE), writer: Cell::new(Value::NONE) }))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let pair = this::<RwPair>(cx, args)?;
    let size = whole(cx, args.get(3), 3)?;
    if size <= 0 {
        return Err(cx.value_error("buffer size must be strictly positive"));
    }
    for (index, cell, direction) in [(1, &pair.reader, Direction::Read), (2, &pair.writer, Direction::Write)] {
        let Some(below) = Below::of(cx, args.get(index)) else {
            let found = class_title(cx, args.get(index));
            return Err(cx.type_error(format!("a native stream is required, not '{found}'")));
        };
        check_direction(cx, &below, direction)?;
        let buffered = make(cx, &below, direction, size as usize);
        cell.set(buffered);
    }
    Ok(Value::NONE)
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let reader = this::<RwPair>(cx, args)?.reader(cx)?;
    let bytes = match amount(cx, args.get(1), 1)? {
        None => reader.read_all(cx)?,
        Some(size) => reader.read(cx, size)?,
    };
    Ok(match bytes {
        Some(bytes) => Bytes::from_vec(cx, bytes),
        None => Value::NONE,
    })
}

fn read1(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let reader = this::<RwPair>(cx, args)?.reader(cx)?;
    let most = amount(cx, args.get(1), 1)?.unwrap_or(reader.size.get());
    let bytes = reader.read_some(cx, most)?.unwrap_or_default();
    Ok(Bytes::from_vec(cx, bytes))
}

fn readinto(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let reader = this::<RwPair>(cx, args)?.reader(cx)?;
    let room = room_of(cx, args.get(1), "readinto")?;
    match reader.read(cx, room.length)? {
        Some(bytes) => {
            room.fill(&bytes);
            Ok(Value::small(bytes.len() as i64))
        }
        None => Ok(Value::NONE),
    }
}

fn peek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = this::<RwPair>(cx, args)?.reader(cx)?.peek(cx)?;
    Ok(Bytes::from_vec(cx, bytes))
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let writer = this::<RwPair>(cx, args)?.writer(cx)?;
    let bytes = bytes_like(cx, args.get(1))?;
    match args.are_taken(2) {
        true => writer.drain(cx).map_err(Stop::taken)?,
        false => writer.write(cx, &bytes)?,
    }
    Ok(Value::small(bytes.len() as i64))
}

fn flush(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<RwPair>(cx, args)?.writer(cx)?.flush(cx)?;
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "detach"))
}

fn fileno(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "fileno"))
}

fn seek(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "seek"))
}

fn truncate(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "truncate"))
}

fn isatty(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let pair = this::<RwPair>(cx, args)?;
    let is_terminal = Below::Pair(pair).is_terminal(cx)?;
    Ok(Value::bool(is_terminal))
}

fn readable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<RwPair>(cx, args)?.reader(cx)?.check(cx)?;
    Ok(Value::TRUE)
}

fn writable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<RwPair>(cx, args)?.writer(cx)?.check(cx)?;
    Ok(Value::TRUE)
}

fn no(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::FALSE)
}

fn closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let pair = object::<RwPair>(cx, value)?;
    pair.writer(cx)?;
    Ok(Value::bool(pair.is_closed()))
}
