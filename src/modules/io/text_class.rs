//! The class `TextIOWrapper` as scripts see it.

use crate::modules::io::buffered_class::first_argument;
use crate::modules::io::common::{
    self, Stream, allocate, amount, class_argument, class_title, no_attribute, object, this, unsupported, whole,
};
use crate::modules::io::newlines::Newline;
use crate::modules::io::stream::Below;
use crate::modules::io::text::{Manner, Text};
use crate::object::arguments::Truth;
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::layout::LayoutId;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::output;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::encoding::{self, Encoding, Handler};

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make a text stream over no stream yet."),
    plain(
        "__init__(self, buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)",
        init,
        "Put it over a stream of bytes.",
    ),
    plain(
        "reconfigure(self, *, encoding=None, errors=None, newline=<unset>, line_buffering=None, write_through=None)",
        reconfigure,
        "Change how it reads and writes.",
    ),
    plain("read(self, size=-1, /)", read, "Read at most size characters."),
    plain("write(self, text, /)", write, "Write text and return how many characters there were."),
    plain("seek(self, cookie, whence=0, /)", seek, "Go to a position that tell() gave, to the start or to the end."),
    plain("tell(self, /)", tell, "Return the position, for seek() alone."),
    plain("truncate(self, pos=None, /)", truncate, "Cut the stream at a position, by default the present one."),
    plain("flush(self, /)", flush, "Write out what is held back."),
    plain("close(self, /)", common::close::<Text>, "Flush, and close the stream below."),
    plain("detach(self, /)", detach, "Flush, give up the stream below and return it."),
    plain("fileno(self, /)", fileno, "Return the descriptor of the stream below."),
    plain("isatty(self, /)", isatty, "Return whether the stream below is a terminal."),
    plain("readable(self, /)", readable, "Return whether it can be read."),
    plain("writable(self, /)", writable, "Return whether it can be written."),
    plain("seekable(self, /)", seekable, "Return whether the position can be moved."),
    plain("readline(self, size=-1, /)", common::readline::<Text>, "Read a line."),
    plain("readlines(self, hint=-1, /)", common::readlines::<Text>, "Read the lines that are left."),
    plain("writelines(self, lines, /)", common::writelines::<Text>, "Write each of the lines."),
    plain("__enter__(self, /)", common::enter::<Text>, "Return the stream."),
    plain("__exit__(self, /, *args)", common::exit::<Text>, "Close the stream."),
    plain("__iter__(self, /)", common::iter::<Text>, "Return the stream, which iterates its lines."),
    control("__next__(self, /)", Control::IteratorNext, "Return the next line."),
    plain("__del__(self, /)", common::delete::<Text>, "Close the stream."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__getstate__(self, /)", common::refuse_pickling, "Refuse to be pickled."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "buffer", get: buffer, set: None, doc: "The stream below." },
    Attribute { name: "closed", get: closed, set: None, doc: "Whether it is closed." },
    Attribute { name: "name", get: name, set: None, doc: "The name of the stream below." },
    Attribute { name: "mode", get: mode, set: Some(set_mode), doc: "The mode it was opened with." },
    Attribute { name: "encoding", get: encoding_name, set: None, doc: "The name of the encoding." },
    Attribute { name: "errors", get: errors_name, set: None, doc: "The name of the error handler." },
    Attribute { name: "newlines", get: newlines, set: None, doc: "The ends of lines that were seen." },
    Attribute { name: "line_buffering", get: line_buffering, set: None, doc: "Whether each line is flushed." },
    Attribute { name: "write_through", get: write_through, set: None, doc: "Whether nothing is held back here." },
];

/// The class's tables.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };

// ----- arguments

/// An argument that is a str or None.
fn text_or_none(cx: &mut Context, value: Value, function: &str, name: &str) -> Result<Option<String>, Stop> {
    if value.is_none() || value.is_unbound() {
        return Ok(None);
    }
    match value.get::<Str>() {
        Some(text) if text.bytes().contains(&0) => Err(cx.value_error("embedded null character")),
        Some(text) => Ok(Some(text.text().into_owned())),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("{function}() argument '{name}' must be str or None, not {found}")))
        }
    }
}

/// The encoding of an argument; None if only a script may know it. The name shown comes with it.
fn encoding_of(cx: &mut Context, name: &Option<String>) -> (Option<Encoding>, Value) {
    match name.as_deref() {
        None | Some("locale") => (Some(Encoding::Utf8), cx.intern("utf-8")),
        Some(name) => (encoding::lookup(name), cx.str(name)),
    }
}

/// The mode of ends of lines of an argument.
fn newline_of(cx: &mut Context, name: &Option<String>) -> Result<Newline, Stop> {
    match Newline::of(name.as_deref().map(str::as_bytes)) {
        Some(newline) => Ok(newline),
        None => {
            let name = name.as_deref().unwrap_or_default();
            Err(cx.value_error(format!("illegal newline value: {name}")))
        }
    }
}

/// What the arguments of `TextIOWrapper` and of `open` say about text.
pub struct Wishes {
    encoding: Option<String>,
    errors: Option<String>,
    newline: Option<String>,
}

impl Wishes {
    /// Checks the three arguments of a function.
    pub fn of(cx: &mut Context, function: &str, arguments: [Value; 3]) -> Result<Wishes, Stop> {
        let encoding = text_or_none(cx, arguments[0], function, "encoding")?;
        let errors = text_or_none(cx, arguments[1], function, "errors")?;
        let newline = text_or_none(cx, arguments[2], function, "newline")?;
        Ok(Wishes { encoding, errors, newline })
    }

    /// Are encoding and error handler both native ones?
    pub fn are_native(&self) -> bool {
        let encoding = self.encoding.as_deref().unwrap_or("utf-8");
        (encoding == "locale" || encoding::lookup(encoding).is_some())
            && self.errors.as_deref().is_none_or(|errors| encoding::handler(errors).is_some())
    }

    /// Puts a text over a stream.
    pub fn apply(
        &self,
        cx: &mut Context,
        text: &Text,
        below: &Below,
        line_buffering: bool,
        write_through: bool,
    ) -> Result<(), Stop> {
        let newline = newline_of(cx, &self.newline)?;
        let (found, shown) = encoding_of(cx, &self.encoding);
        let Some(encoding) = found else {
            let name = self.encoding.as_deref().unwrap_or_default();
            return Err(cx.error(LayoutId::LOOKUP_ERROR, format!("unknown encoding: {name}")));
        };
        let errors = self.errors.as_deref().unwrap_or("strict");
        let handler = encoding::handler(errors).unwrap_or(Handler::Strict);
        let errors = cx.str(errors);
        text.encoding_name.set(shown);
        text.errors_name.set(errors);
        let manner = Manner { encoding, handler, newline, line_buffering, write_through };
        text.stand_on(cx, below, manner)
    }
}

// ----- methods

/// Makes the object; over a stream written in script, and for encodings that scripts have registered, the class itself
/// is one written in script.
fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args)?;
    if let Some(below) = first_argument(cx, args, "buffer")
        && (Below::of(cx, below).is_none() || !wishes_of_call(cx, args))
    {
        return Err(Stop::Half);
    }
    Ok(allocate(cx, class, Text::empty()))
}

/// Can what a call of the class asks for be done natively? Mistakes can: they are found later.
fn wishes_of_call(cx: &mut Context, args: Args<'_>) -> bool {
    let positional = crate::object::arguments::rest(args.get(1));
    let keywords = args.get(2).get::<crate::object::dict::Dict>();
    let mut argument = |index: usize, name: &str| {
        let name = cx.intern(name);
        let by_name = keywords.and_then(|keywords| keywords.get_interned(name));
        positional.get(index).copied().or(by_name).and_then(|value| value.get::<Str>())
    };
    let (encoding, errors) = (argument(1, "encoding"), argument(2, "errors"));
    let known = |name: &str| name == "locale" || encoding::lookup(name).is_some();
    encoding.is_none_or(|name| known(&name.text()))
        && errors.is_none_or(|name| encoding::handler(&name.text()).is_some())
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = this::<Text>(cx, args)?;
    let wishes = Wishes::of(cx, "TextIOWrapper", [args.get(2), args.get(3), args.get(4)])?;
    let (line_buffering, write_through) = (Truth::of(cx, args.get(5), 5)?, Truth::of(cx, args.get(6), 6)?);
    let Some(below) = Below::of(cx, args.get(1)) else {
        let found = class_title(cx, args.get(1));
        return Err(cx.type_error(format!("a native stream is required, not '{found}'")));
    };
    if below.is_closed() {
        return Err(cx.value_error("I/O operation on closed file"));
    }
    wishes.apply(cx, &text, &below, line_buffering, write_through)?;
    Ok(Value::NONE)
}

fn reconfigure(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = this::<Text>(cx, args)?;
    let [encoding, errors, newline, line_buffering, write_through] = [1, 2, 3, 4, 5].map(|index| args.get(index));
    if text.has_read() && !(encoding.is_none() && errors.is_none() && newline.is_unbound()) {
        let message = "It is not possible to set the encoding or newline of stream after the first read";
        return Err(unsupported(cx, message));
    }
    let wishes = Wishes::of(cx, "reconfigure", [encoding, errors, newline])?;
    let mut manner = text.manner.get();
    for (value, position, place) in
        [(line_buffering, 4, &mut manner.line_buffering), (write_through, 5, &mut manner.write_through)]
    {
        if !value.is_none() {
            *place = Truth::of(cx, value, position)?;
        }
    }
    if !newline.is_unbound() {
        manner.newline = newline_of(cx, &wishes.newline)?;
    }
    text.flush(cx)?;
    if !encoding.is_none() {
        let (found, shown) = encoding_of(cx, &wishes.encoding);
        let Some(found) = found else {
            let name = wishes.encoding.unwrap_or_default();
            return Err(cx.error(LayoutId::LOOKUP_ERROR, format!("unknown encoding: {name}")));
        };
        manner.encoding = found;
        text.encoding_name.set(shown);
    }
    if !encoding.is_none() || !errors.is_none() {
        let errors = wishes.errors.as_deref().unwrap_or("strict");
        let Some(handler) = encoding::handler(errors) else {
            return Err(cx.error(LayoutId::LOOKUP_ERROR, format!("unknown error handler name '{errors}'")));
        };
        manner.handler = handler;
        let errors = cx.str(errors);
        text.errors_name.set(errors);
    }
    text.manner.set(manner);
    if text.is_standard_output.get() {
        // `print` writes by way of the object from now on.
        cx.module_state.insert(output::FILE, Value::NONE);
    }
    Ok(Value::NONE)
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let most = amount(cx, args.get(1), 1)?;
    let text = this::<Text>(cx, args)?;
    match most {
        None => text.read_all(cx),
        Some(most) => text.read(cx, most),
    }
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<Text>(cx, args)?;
    match args.are_taken(2) {
        true => stream.drain(cx).map_err(Stop::taken)?,
        false => stream.put(cx, args.get(1))?,
    }
    let count = args.get(1).get::<Str>().map_or(0, |text| text.chars());
    Ok(Value::small(count as i64))
}

fn seek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cookie, whence) = (whole(cx, args.get(1), 1)?, whole(cx, args.get(2), 2)?);
    let position = this::<Text>(cx, args)?.seek(cx, cookie, whence)?;
    Ok(cx.int(position as i64))
}

fn tell(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let position = this::<Text>(cx, args)?.tell(cx)?;
    Ok(cx.int(position as i64))
}

fn truncate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = this::<Text>(cx, args)?;
    let below = text.open_below(cx)?;
    if !below.is_writable() {
        return Err(unsupported(cx, "truncate"));
    }
    below.flush(cx)?;
    let length = match args.get(1) {
        Value::NONE => below.tell(cx)? as i64,
        position => whole(cx, position, 1)?,
    };
    below.truncate(cx, length)?;
    Ok(cx.int(length))
}

fn flush(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<Text>(cx, args)?.flush(cx)?;
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<Text>(cx, args)?.detach(cx)
}

/// The stream below for questions about it, which is open.
fn asked(cx: &mut Context, args: Args<'_>) -> Result<Below, Stop> {
    let below = this::<Text>(cx, args)?.below(cx)?;
    match below.is_closed() {
        true => Err(cx.value_error("I/O operation on closed file")),
        false => Ok(below),
    }
}

fn fileno(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = asked(cx, args)?.fileno(cx)?;
    Ok(Value::small(number as i64))
}

fn isatty(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let is_terminal = asked(cx, args)?.is_terminal(cx)?;
    Ok(Value::bool(is_terminal))
}

fn readable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let below = this::<Text>(cx, args)?.below(cx)?;
    if below.is_readable() {
        asked(cx, args)?;
    }
    Ok(Value::bool(below.is_readable()))
}

fn writable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let below = this::<Text>(cx, args)?.below(cx)?;
    if below.is_writable() {
        asked(cx, args)?;
    }
    Ok(Value::bool(below.is_writable()))
}

fn seekable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let is_seekable = asked(cx, args)?.is_seekable(cx)?;
    Ok(Value::bool(is_seekable))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = this::<Text>(cx, args)?;
    let mut shown = format!("<{}", class_title(cx, args.get(0)));
    let name = Below::known(text.buffer.get()).and_then(|below| below.name(cx).ok());
    for (title, value) in
        [("name", name), ("mode", Some(text.mode.get())), ("encoding", Some(text.encoding_name.get()))]
    {
        if let Some(value) = value.filter(|value| !value.is_unbound())
            && let Some(value) = common::shown(cx, value)
        {
            shown.push_str(&format!(" {title}={value}"));
        }
    }
    Ok(cx.str(&format!("{shown}>")))
}

// ----- attributes

fn buffer(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(object::<Text>(cx, value)?.buffer.get())
}

fn closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let below = object::<Text>(cx, value)?.below(cx)?;
    Ok(Value::bool(below.is_closed()))
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    object::<Text>(cx, value)?.below(cx)?.name(cx)
}

fn mode(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match object::<Text>(cx, value)?.mode.get() {
        Value::UNBOUND => Err(no_attribute(cx, value, "mode")),
        mode => Ok(mode),
    }
}

fn set_mode(cx: &mut Context, value: Value, mode: Value) -> Result<(), Stop> {
    object::<Text>(cx, value)?.mode.set(mode);
    Ok(())
}

fn encoding_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(object::<Text>(cx, value)?.encoding_name.get())
}

fn errors_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(object::<Text>(cx, value)?.errors_name.get())
}

fn newlines(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let seen = object::<Text>(cx, value)?.seen();
    Ok(common::newlines_value(cx, seen))
}

fn line_buffering(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(object::<Text>(cx, value)?.manner.get().line_buffering))
}

fn write_through(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(object::<Text>(cx, value)?.manner.get().write_through))
}
