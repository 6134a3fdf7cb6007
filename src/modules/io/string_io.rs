//! `StringIO`: a stream over text in memory. Positions count characters.

use std::cell::{Cell, RefCell};

use crate::modules::io::common::{self, Stream, allocate, amount, class_argument, object, this, unsupported, whole};
use crate::modules::io::newlines::{self, Newline, Reader};
use crate::object::context::Context;
use crate::object::extension::Data;
use crate::object::function::Attribute;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::layout::LayoutId;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::wtf8;

/// The data of a StringIO.
pub struct StringIo {
    text: RefCell<Vec<u8>>,
    /// How many characters the text has.
    length: Cell<usize>,
    /// Where it reads and writes, in characters; may be behind the end.
    position: Cell<usize>,
    /// The same in bytes; the end of the text for a position behind it.
    offset: Cell<usize>,
    newline: Cell<Newline>,
    /// Which ends of lines were written.
    seen: Cell<u8>,
    is_open: Cell<bool>,
}

impl Data for StringIo {
    fn trace(&self, _: &mut Marker) {}

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        common::next_line(cx, self, this, fed)
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn write_text(&self, cx: &mut Context, text: &[u8]) -> Option<Result<(), Stop>> {
        Some(self.check(cx).and_then(|()| self.write(cx, text)))
    }
}

impl Stream for StringIo {
    fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        match self.is_open.get() {
            true => Ok(()),
            false => Err(cx.value_error("I/O operation on closed file")),
        }
    }

    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop> {
        self.check(cx)?;
        let text = self.text.borrow();
        let rest = &text[self.offset.get()..];
        let mut length = self.newline.get().line_end(rest).unwrap_or(rest.len());
        if let Some(most) = most
            && most < length
        {
            length = length.min(wtf8::offset_of_index(&rest[..length], most));
        }
        if length == 0 {
            return Ok(Value::UNBOUND);
        }
        let line = cx.str_bytes(&rest[..length]);
        self.advance(&rest[..length]);
        Ok(line)
    }

    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop> {
        match item.get::<Str>() {
            Some(text) => self.write(cx, text.bytes()),
            None => {
                let found = cx.type_name(item);
                Err(cx.type_error(format!("string argument expected, got '{found}'")))
            }
        }
    }

    fn shut(&self, _: &mut Context) -> Result<(), Stop> {
        self.is_open.set(false);
        self.text.take();
        self.go_to(0);
        Ok(())
    }

    fn nothing(cx: &mut Context) -> Value {
        cx.empty_string
    }
}

impl StringIo {
    fn empty() -> StringIo {
        StringIo {
            text: RefCell::default(),
            length: Cell::new(0),
            position: Cell::new(0),
            offset: Cell::new(0),
            newline: Cell::new(Newline::Feed),
            seen: Cell::new(0),
            is_open: Cell::new(true),
        }
    }

    fn is_ascii(&self) -> bool {
        self.length.get() == self.text.borrow().len()
    }

    /// Moves behind a part of the text that begins at the position.
    fn advance(&self, part: &[u8]) {
        self.position.set(self.position.get() + wtf8::count(part));
        self.offset.set(self.offset.get() + part.len());
    }

    fn go_to(&self, position: usize) {
        let text = self.text.borrow();
        let offset = if self.length.get() == text.len() {
            position.min(text.len())
        } else if position >= self.length.get() {
            text.len()
        } else {
            wtf8::offset_of_index(&text, position)
        };
        self.position.set(position);
        self.offset.set(offset);
    }

    /// Writes text at the position, over what is there; a gap before it is filled with null characters.
    fn write(&self, cx: &mut Context, text: &[u8]) -> Result<(), Stop> {
        let read;
        let mut text = text;
        if self.newline.get().is_universal() {
            let mut reader = Reader { is_held: false, seen: self.seen.get() };
            read = reader.feed(text.to_vec(), self.newline.get(), true);
            self.seen.set(reader.seen);
            text = &read;
        }
        let written;
        if let Some(translated) = newlines::written(text, self.newline.get()) {
            written = translated;
            text = &written;
        }
        if text.is_empty() {
            return Ok(());
        }
        let count = wtf8::count(text);
        let gap = self.position.get().saturating_sub(self.length.get());
        cx.reserve(gap.saturating_add(text.len()))?;
        let is_ascii = self.is_ascii();
        let mut own = self.text.borrow_mut();
        let start = self.offset.get();
        if gap > 0 || start == own.len() {
            own.resize(start + gap, 0);
            own.extend_from_slice(text);
            self.length.set(self.position.get() + count);
        } else {
            // As many characters as are written go.
            let rest = &own[start..];
            let room = if is_ascii { count.min(rest.len()) } else { wtf8::offset_of_index(rest, count) };
            let gone = wtf8::count(&rest[..room]);
            own.splice(start..start + room, text.iter().copied());
            self.length.set(self.length.get() - gone + count);
        }
        self.position.set(self.position.get() + count);
        self.offset.set(start + gap + text.len());
        Ok(())
    }

    fn restart(&self, cx: &mut Context, text: &[u8], newline: Newline) -> Result<(), Stop> {
        self.text.take();
        self.length.set(0);
        self.go_to(0);
        self.newline.set(newline);
        self.seen.set(0);
        self.is_open.set(true);
        self.write(cx, text)?;
        self.go_to(0);
        Ok(())
    }
}

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make a stream over no text."),
    plain("__init__(self, initial_value='', newline='\\n')", init, "Start with this text."),
    plain("getvalue(self, /)", getvalue, "Return the whole text."),
    plain("read(self, size=-1, /)", read, "Read at most size characters."),
    plain("write(self, s, /)", write, "Write text and return how many characters there were."),
    plain("seek(self, pos, whence=0, /)", seek, "Move the position and return it."),
    plain("tell(self, /)", tell, "Return the position."),
    plain("truncate(self, pos=None, /)", truncate, "Cut the text at a position, by default the present one."),
    plain("flush(self, /)", flush, "Nothing is held back."),
    plain("close(self, /)", common::close::<StringIo>, "Let go of the text."),
    plain("detach(self, /)", detach, "There is no stream below."),
    plain("fileno(self, /)", fileno, "There is no descriptor."),
    plain("isatty(self, /)", no, "Return False."),
    plain("readable(self, /)", yes, "Return True."),
    plain("writable(self, /)", yes, "Return True."),
    plain("seekable(self, /)", yes, "Return True."),
    plain("readline(self, size=-1, /)", common::readline_or_none::<StringIo>, "Read a line."),
    plain("readlines(self, hint=-1, /)", common::readlines::<StringIo>, "Read the lines that are left."),
    plain("writelines(self, lines, /)", common::writelines::<StringIo>, "Write each of the lines."),
    plain("__enter__(self, /)", common::enter::<StringIo>, "Return the stream."),
    plain("__exit__(self, /, *args)", common::exit::<StringIo>, "Close the stream."),
    plain("__iter__(self, /)", common::iter::<StringIo>, "Return the stream, which iterates its lines."),
    control("__next__(self, /)", Control::IteratorNext, "Return the next line."),
    plain("__del__(self, /)", common::delete::<StringIo>, "Close the stream."),
    plain("__getstate__(self, /)", get_state, "Return text, newline, position and attributes."),
    plain("__setstate__(self, state, /)", set_state, "Take text, newline, position and attributes."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "closed", get: closed, set: None, doc: "Whether it is closed." },
    Attribute { name: "newlines", get: newlines_seen, set: None, doc: "The ends of lines that were seen." },
    Attribute { name: "line_buffering", get: line_buffering, set: None, doc: "False: nothing is held back." },
    Attribute { name: "encoding", get: none, set: None, doc: "None: there are no bytes below." },
    Attribute { name: "errors", get: none, set: None, doc: "None: there are no bytes below." },
];

/// The class's tables.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args)?;
    Ok(allocate(cx, class, StringIo::empty()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<StringIo>(cx, args)?;
    let newline = match args.get(2) {
        Value::NONE => Newline::Translated,
        value => match value.get::<Str>() {
            Some(text) => match Newline::of(Some(text.bytes())) {
                Some(newline) => newline,
                None => {
                    let shown = crate::text::quote::repr(text.bytes());
                    return Err(cx.value_error(format!("illegal newline value: {shown}")));
                }
            },
            None => {
                let found = cx.type_name(value);
                return Err(cx.type_error(format!("newline must be str or None, not {found}")));
            }
        },
    };
    let text = match (args.get(1), args.get(1).get::<Str>()) {
        (Value::NONE, _) => Vec::new(),
        (_, Some(text)) => text.bytes().to_vec(),
        (value, None) => {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("initial_value must be str or None, not {found}")));
        }
    };
    stream.restart(cx, &text, newline)?;
    Ok(Value::NONE)
}

/// The receiver, which is open.
fn open_stream(cx: &mut Context, args: Args<'_>) -> Result<crate::object::extension::Of<StringIo>, Stop> {
    let stream = this::<StringIo>(cx, args)?;
    stream.check(cx)?;
    Ok(stream)
}

fn getvalue(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = open_stream(cx, args)?;
    let text = stream.text.borrow();
    Ok(cx.str_bytes(&text))
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = open_stream(cx, args)?;
    let most = amount(cx, args.get(1), 1)?;
    let text = stream.text.borrow();
    let rest = &text[stream.offset.get()..];
    let length = match most {
        None => rest.len(),
        Some(most) if most >= rest.len() => rest.len(),
        Some(most) => wtf8::offset_of_index(rest, most),
    };
    let part = cx.str_bytes(&rest[..length]);
    stream.advance(&rest[..length]);
    Ok(part)
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<StringIo>(cx, args)?;
    if args.get(1).is::<Str>() {
        stream.check(cx)?;
    }
    stream.put(cx, args.get(1))?;
    let count = args.get(1).get::<Str>().map_or(0, |text| text.chars());
    Ok(Value::small(count as i64))
}

fn seek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = open_stream(cx, args)?;
    let (offset, whence) = (whole(cx, args.get(1), 1)?, whole(cx, args.get(2), 2)?);
    let position = match whence {
        0 if offset < 0 => return Err(cx.value_error(format!("Negative seek position {offset}"))),
        0 => offset as usize,
        1 | 2 if offset != 0 => {
            return Err(cx.error(LayoutId::OS_ERROR, "Can't do nonzero cur-relative seeks"));
        }
        1 => stream.position.get(),
        2 => stream.length.get(),
        _ => return Err(cx.value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)"))),
    };
    stream.go_to(position);
    Ok(cx.int(position as i64))
}

fn tell(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = open_stream(cx, args)?;
    Ok(cx.int(stream.position.get() as i64))
}

fn truncate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = open_stream(cx, args)?;
    let length = common::size(cx, args.get(1), 1)?.unwrap_or(stream.position.get() as i64);
    if length < 0 {
        return Err(cx.value_error(format!("Negative size value {length}")));
    }
    if (length as usize) < stream.length.get() {
        let position = stream.position.get();
        stream.go_to(length as usize);
        stream.text.borrow_mut().truncate(stream.offset.get());
        stream.length.set(length as usize);
        stream.go_to(position);
    }
    Ok(cx.int(length))
}

fn flush(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    open_stream(cx, args)?;
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "detach"))
}

fn fileno(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(unsupported(cx, "fileno"))
}

fn yes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    open_stream(cx, args)?;
    Ok(Value::TRUE)
}

fn no(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    open_stream(cx, args)?;
    Ok(Value::FALSE)
}

fn closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(!object::<StringIo>(cx, value)?.is_open.get()))
}

fn newlines_seen(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let stream = object::<StringIo>(cx, value)?;
    stream.check(cx)?;
    let seen = stream.seen.get();
    Ok(common::newlines_value(cx, seen))
}

fn line_buffering(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    object::<StringIo>(cx, value)?.check(cx)?;
    Ok(Value::FALSE)
}

fn none(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn get_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let content = getvalue(cx, args)?;
    let position = tell(cx, args)?;
    let newline = match this::<StringIo>(cx, args)?.newline.get().text() {
        Some(text) => cx.str(text),
        None => Value::NONE,
    };
    let attributes = common::attributes_of(cx, args.get(0));
    Ok(cx.tuple(&[content, newline, position, attributes]))
}

fn set_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    let [content, newline, position, attributes] = items[..] else {
        let (title, found) = (common::class_title(cx, args.get(0)), cx.type_name(args.get(1)));
        return Err(cx.type_error(format!("{title}.__setstate__ argument should be 4-tuple, got {found}")));
    };
    init(cx, Args(&[args.get(0), content, newline]))?;
    let position = whole(cx, position, 1)?;
    if position < 0 {
        return Err(cx.value_error("position value cannot be negative"));
    }
    this::<StringIo>(cx, args)?.go_to(position as usize);
    common::set_attributes(cx, args.get(0), attributes);
    Ok(Value::NONE)
}
