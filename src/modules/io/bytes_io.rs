//! `BytesIO`: a stream over bytes in memory, which are those of a bytearray.

use std::cell::Cell;

use crate::modules::io::common::{self, Stream, allocate, amount, class_argument, object, this, unsupported, whole};
use crate::modules::io::stream::room_of;
use crate::object::arguments::bytes_like;
use crate::object::bytes::{ByteArray, Bytes, MemoryView};
use crate::object::context::Context;
use crate::object::extension::Data;
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::iterator::Step;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The data of a BytesIO.
pub struct BytesIo {
    /// The bytearray; None once it is closed.
    array: Cell<Value>,
    /// Where it reads and writes; may be behind the end.
    pub position: Cell<usize>,
}

impl Data for BytesIo {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.array);
    }

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        common::next_line(cx, self, this, fed)
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

impl Stream for BytesIo {
    const HINT_ENDS: bool = true;

    fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        self.bytes(cx).map(|_| ())
    }

    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop> {
        let array = self.bytes(cx)?;
        let rest = array.bytes().get(self.position.get()..).unwrap_or(&[]);
        let rest = &rest[..most.unwrap_or(usize::MAX).min(rest.len())];
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        if length == 0 {
            return Ok(Value::UNBOUND);
        }
        self.position.set(self.position.get() + length);
        Ok(Bytes::allocate(cx, &rest[..length]))
    }

    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop> {
        let bytes = bytes_like(cx, item)?;
        self.put_bytes(cx, &bytes)
    }

    fn shut(&self, cx: &mut Context) -> Result<(), Stop> {
        if let Some(array) = self.array.get().get::<ByteArray>() {
            // Nothing changes if somebody looks at the bytes.
            array.change(cx, |_| ())?;
        }
        self.array.set(Value::NONE);
        Ok(())
    }

    fn nothing(cx: &mut Context) -> Value {
        Bytes::allocate(cx, b"")
    }
}

impl BytesIo {
    /// Is it closed?
    pub fn is_closed(&self) -> bool {
        !self.array.get().is::<ByteArray>()
    }

    fn bytes(&self, cx: &mut Context) -> Result<Ref<ByteArray>, Stop> {
        match self.array.get().get() {
            Some(array) => Ok(array),
            None => Err(common::closed(cx)),
        }
    }

    /// Reads at most so many bytes, or all.
    pub fn take(&self, cx: &mut Context, most: Option<usize>) -> Result<Vec<u8>, Stop> {
        let array = self.bytes(cx)?;
        let rest = array.bytes().get(self.position.get()..).unwrap_or(&[]);
        let part = rest[..most.unwrap_or(usize::MAX).min(rest.len())].to_vec();
        self.position.set(self.position.get() + part.len());
        Ok(part)
    }

    /// Writes bytes at the position; a gap before it is filled with zeros.
    pub fn put_bytes(&self, cx: &mut Context, data: &[u8]) -> Result<(), Stop> {
        let array = self.bytes(cx)?;
        let start = self.position.get();
        let Some(end) = start.checked_add(data.len()) else { return Err(cx.overflow_error("new position too large")) };
        if data.is_empty() {
            return Ok(());
        }
        if end > array.len() {
            cx.reserve(end - array.len())?;
        }
        array.change(cx, |bytes| {
            if bytes.len() == start {
                bytes.extend_from_slice(data);
                return;
            }
            if end > bytes.len() {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(data);
        })?;
        self.position.set(end);
        Ok(())
    }

    /// Moves the position and gives it.
    pub fn seek_to(&self, cx: &mut Context, offset: i64, whence: i64) -> Result<u64, Stop> {
        let array = self.bytes(cx)?;
        if whence == 0 && offset < 0 {
            return Err(cx.value_error(format!("negative seek value {offset}")));
        }
        let base = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => array.len(),
            _ => return Err(cx.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        let position = (base as i64).saturating_add(offset).max(0);
        self.position.set(position as usize);
        Ok(position as u64)
    }

    /// Cuts the bytes; the position stays.
    pub fn cut(&self, cx: &mut Context, length: i64) -> Result<(), Stop> {
        let array = self.bytes(cx)?;
        if length < 0 {
            return Err(cx.value_error(format!("negative size value {length}")));
        }
        array.change(cx, |bytes| bytes.truncate(length as usize))
    }
}

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make a stream over no bytes."),
    plain("__init__(self, initial_bytes=b'')", init, "Start with a copy of these bytes."),
    plain("getvalue(self, /)", getvalue, "Return all bytes."),
    plain("getbuffer(self, /)", getbuffer, "Return a view of the bytes that reads and writes them."),
    plain("read(self, size=-1, /)", read, "Read at most size bytes."),
    plain("read1(self, size=-1, /)", read, "Read at most size bytes."),
    plain("readinto(self, buffer, /)", readinto, "Read into a buffer and return how many bytes."),
    plain("readinto1(self, buffer, /)", readinto, "Read into a buffer and return how many bytes."),
    plain("write(self, b, /)", write, "Write bytes and return how many there were."),
    plain("seek(self, pos, whence=0, /)", seek, "Move the position and return it."),
    plain("tell(self, /)", tell, "Return the position."),
    plain("truncate(self, size=None, /)", truncate, "Cut the bytes at a size, by default the position."),
    plain("flush(self, /)", flush, "Nothing is held back."),
    plain("close(self, /)", common::close::<BytesIo>, "Let go of the bytes."),
    plain("detach(self, /)", detach, "There is no stream below."),
    plain("fileno(self, /)", fileno, "There is no descriptor."),
    plain("isatty(self, /)", no, "Return False."),
    plain("readable(self, /)", yes, "Return True."),
    plain("writable(self, /)", yes, "Return True."),
    plain("seekable(self, /)", yes, "Return True."),
    plain("readline(self, size=-1, /)", common::readline_or_none::<BytesIo>, "Read a line."),
    plain("readlines(self, hint=-1, /)", common::readlines::<BytesIo>, "Read the lines that are left."),
    plain("writelines(self, lines, /)", common::writelines::<BytesIo>, "Write each of the lines."),
    plain("__enter__(self, /)", common::enter::<BytesIo>, "Return the stream."),
    plain("__exit__(self, /, *args)", common::exit::<BytesIo>, "Close the stream."),
    plain("__iter__(self, /)", common::iter::<BytesIo>, "Return the stream, which iterates its lines."),
    control("__next__(self, /)", Control::IteratorNext, "Return the next line."),
    plain("__del__(self, /)", common::delete::<BytesIo>, "Close the stream."),
    plain("__getstate__(self, /)", get_state, "Return bytes, position and attributes."),
    plain("__setstate__(self, state, /)", set_state, "Take bytes, position and attributes."),
];

const ATTRIBUTES: &[Attribute] = &[Attribute { name: "closed", get: closed, set: None, doc: "Whether it is closed." }];

/// The class's tables.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args)?;
    let array = ByteArray::allocate(cx, Vec::new());
    Ok(allocate(cx, class, BytesIo { array: Cell::new(array), position: Cell::new(0) }))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<BytesIo>(cx, args)?;
    let bytes = if args.get(1).is_none() { Vec::new() } else { bytes_like(cx, args.get(1))? };
    let array = ByteArray::allocate(cx, bytes);
    stream.array.set(array);
    stream.position.set(0);
    Ok(Value::NONE)
}

fn getvalue(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = this::<BytesIo>(cx, args)?.bytes(cx)?;
    Ok(Bytes::allocate(cx, array.bytes()))
}

fn getbuffer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = this::<BytesIo>(cx, args)?.bytes(cx)?;
    let view = MemoryView::allocate(cx, array.value())?;
    Ok(view.unwrap_or(Value::NONE))
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let most = amount(cx, args.get(1), 1)?;
    let bytes = this::<BytesIo>(cx, args)?.take(cx, most)?;
    Ok(Bytes::from_vec(cx, bytes))
}

fn readinto(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<BytesIo>(cx, args)?;
    stream.check(cx)?;
    let room = room_of(cx, args.get(1), "readinto")?;
    let bytes = stream.take(cx, Some(room.length))?;
    room.fill(&bytes);
    Ok(Value::small(bytes.len() as i64))
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<BytesIo>(cx, args)?;
    stream.check(cx)?;
    let bytes = bytes_like(cx, args.get(1))?;
    stream.put_bytes(cx, &bytes)?;
    Ok(Value::small(bytes.len() as i64))
}

fn seek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (offset, whence) = (whole(cx, args.get(1), 1)?, whole(cx, args.get(2), 2)?);
    let position = this::<BytesIo>(cx, args)?.seek_to(cx, offset, whence)?;
    Ok(cx.int(position as i64))
}

fn tell(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<BytesIo>(cx, args)?;
    stream.check(cx)?;
    Ok(cx.int(stream.position.get() as i64))
}

fn truncate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<BytesIo>(cx, args)?;
    stream.check(cx)?;
    let length = common::size(cx, args.get(1), 1)?.unwrap_or(stream.position.get() as i64);
    stream.cut(cx, length)?;
    Ok(cx.int(length))
}

fn flush(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<BytesIo>(cx, args)?.check(cx)?;
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "detach"))
}

fn fileno(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "fileno"))
}

fn yes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<BytesIo>(cx, args)?.check(cx)?;
    Ok(Value::TRUE)
}

fn no(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<BytesIo>(cx, args)?.check(cx)?;
    Ok(Value::FALSE)
}

fn closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(object::<BytesIo>(cx, value)?.is_closed()))
}

fn get_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let content = getvalue(cx, args)?;
    let position = tell(cx, args)?;
    let attributes = common::attributes_of(cx, args.get(0));
    Ok(cx.tuple(&[content, position, attributes]))
}

fn set_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    let [content, position, attributes] = items[..] else {
        let (title, found) = (common::class_title(cx, args.get(0)), cx.type_name(args.get(1)));
        return Err(cx.type_error(format!("{title}.__setstate__ argument should be 3-tuple, got {found}")));
    };
    init(cx, Args(&[args.get(0), content]))?;
    let position = whole(cx, position, 1)?;
    if position < 0 {
        return Err(cx.value_error("position value cannot be negative"));
    }
    this::<BytesIo>(cx, args)?.position.set(position as usize);
    common::set_attributes(cx, args.get(0), attributes);
    Ok(Value::NONE)
}
