//! `StreamReader`: the bytes that have come in, and the coroutine that waits for more.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;

use memchr::memmem;

use crate::modules::asyncio::buffer::Buffer;
use crate::modules::asyncio::errors;
use crate::modules::asyncio::future::{attribute, loop_argument};
use crate::modules::asyncio::transport::Transport;
use crate::object::arguments::{Index, bytes_like};
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::event_loop::{Entry, EventLoop, Handle};
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::{half, itself};
use crate::object::function::Attribute;
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, FromValue, Stop, maker, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const CLASS: &str = "asyncio.streams.StreamReader";
/// Bytes a line may have, unless said otherwise.
const LIMIT: i64 = 64 * 1024;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "The bytes that come in."),
    plain("__init__(self, limit=65536, loop=None)", init, "Initialize self."),
    maker("read(self, n=-1)", read, "Read up to n bytes; -1: everything until the end."),
    maker("readline(self)", readline, "Read one line, or what is left before the end."),
    maker("readexactly(self, n)", readexactly, "Read exactly n bytes, or raise IncompleteReadError."),
    maker("readuntil(self, separator=b'\\n')", readuntil, "Read until a separator, which is part of the result."),
    plain("at_eof(self)", at_eof, "Return True if everything has been read."),
    plain("exception(self)", exception, "Return the exception of the stream, or None."),
    plain("set_exception(self, exc)", set_exception, "End the stream with an exception."),
    plain("set_transport(self, transport)", set_transport, "Say where the bytes come from."),
    plain("feed_data(self, data)", feed_data, "Add bytes that have come in."),
    plain("feed_eof(self)", feed_eof, "Say that no more bytes will come."),
    plain("__aiter__(self, /)", itself, "Return self, which gives the lines."),
    plain("__anext__(self, /)", anext, "Return a coroutine for the next line."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_limit", |_, value| Ok(Value::small(of(value).limit.get() as i64)), "Bytes a line may have."),
    attribute("_buffer", buffer, "The bytes that have come in."),
    attribute("_eof", |_, value| Ok(Value::bool(of(value).is_at_end.get())), "Will no more bytes come?"),
    attribute("_exception", |_, value| Ok(of(value).exception.get()), "The exception of the stream, or None."),
    attribute("_waiter", |_, value| Ok(of(value).waiter.get()), "What a coroutine that reads waits for, or None."),
    attribute("_paused", |_, value| Ok(Value::bool(of(value).is_paused.get())), "Has the transport been paused?"),
    attribute("_transport", |_, value| Ok(of(value).transport.get()), "Where the bytes come from, or None."),
    attribute("_loop", |_, value| Ok(of(value).event_loop.value()), "The loop."),
];

/// What a reader keeps.
pub struct Reader {
    event_loop: Ref<EventLoop>,
    limit: Cell<usize>,
    buffer: RefCell<Buffer>,
    is_at_end: Cell<bool>,
    exception: Cell<Value>,
    /// The future that a coroutine waits for, or None.
    waiter: Cell<Value>,
    /// The transport, or None.
    transport: Cell<Value>,
    /// The transport has been told to read no more for now.
    is_paused: Cell<bool>,
}

impl Data for Reader {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        for cell in [&self.exception, &self.waiter, &self.transport] {
            marker.cell(cell);
        }
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    super::install_class(cx, module, CLASS, &[], METHODS, ATTRIBUTES);
}

/// The reader that the receiver of a method or attribute is.
pub(super) fn of(value: Value) -> Of<Reader> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = super::subclass(cx, args.get(0), CLASS)?;
    let name = cx.intern("loop");
    let by_name = args.get(2).get::<crate::object::dict::Dict>().and_then(|keywords| keywords.get_interned(name));
    let by_place = args.get(1).get::<Tuple>().and_then(|args| args.items().get(1).copied());
    let event_loop = loop_argument(cx, by_name.or(by_place).unwrap_or(Value::NONE))?;
    let reader = Reader {
        event_loop,
        limit: Cell::new(LIMIT as usize),
        buffer: RefCell::default(),
        is_at_end: Cell::new(false),
        exception: Cell::new(Value::NONE),
        waiter: Cell::new(Value::NONE),
        transport: Cell::new(Value::NONE),
        is_paused: Cell::new(false),
    };
    Ok(Extension::allocate(cx, class, reader))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Index(limit) = Index::from_value(cx, args.get(1), 1)?;
    if limit <= 0 {
        return Err(cx.value_error("Limit cannot be <= 0"));
    }
    of(args.get(0)).limit.set(limit as usize);
    Ok(Value::NONE)
}

impl Of<Reader> {
    // ----- what comes in

    /// Bytes have come in. If they are far more than a line may have, the transport rests.
    pub fn feed(&self, cx: &mut Context, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.buffer.borrow_mut().push(bytes);
        self.wake(cx);
        if !self.is_paused.get() && self.buffer.borrow().len() > 2 * self.limit.get() {
            if let Some(transport) = Of::<Transport>::from(self.transport.get()) {
                self.is_paused.set(true);
                transport.pause_reading(cx);
            } else if !self.transport.get().is_none() {
                self.is_paused.set(true);
                self.call_transport(cx, "pause_reading");
            }
        }
    }

    /// No more will come.
    pub fn feed_end(&self, cx: &mut Context) {
        self.is_at_end.set(true);
        self.wake(cx);
    }

    /// The stream has ended with an exception.
    pub fn fail(&self, cx: &mut Context, exception: Value) {
        self.exception.set(exception);
        if let Some(waiter) = self.waiter.replace(Value::NONE).get::<Future>()
            && !waiter.is_done()
        {
            waiter.fail(cx, exception);
        }
    }

    /// The exception that the stream ended with, or None.
    pub(super) fn failure(&self) -> Value {
        self.exception.get()
    }

    /// Where the bytes come from, which rests while there is too much.
    pub fn connect(&self, transport: Value) {
        self.transport.set(transport);
    }

    fn wake(&self, cx: &mut Context) {
        if let Some(waiter) = self.waiter.replace(Value::NONE).get::<Future>()
            && !waiter.is_done()
        {
            waiter.finish(cx, Value::NONE);
        }
    }

    /// A transport of a script is told in the next turn.
    fn call_transport(&self, cx: &mut Context, name: &str) {
        let Stop::Call(call) = crate::object::forward::method_call(cx, self.transport.get(), name, &[]) else { return };
        let args = cx.tuple(&call.args);
        let handle = Handle::allocate(cx, self.event_loop, call.callee, args, Value::NONE, None);
        self.event_loop.push(Entry::Call(handle));
    }

    // ----- what goes out

    /// Enough has been read for the transport to go on.
    fn rest_is_over(&self, cx: &mut Context) {
        if self.is_paused.get() && self.buffer.borrow().len() <= self.limit.get() {
            self.resume_transport(cx);
        }
    }

    fn resume_transport(&self, cx: &mut Context) {
        self.is_paused.set(false);
        match Of::<Transport>::from(self.transport.get()) {
            Some(transport) => transport.resume_reading(cx),
            None => self.call_transport(cx, "resume_reading"),
        }
    }

    fn take(&self, cx: &mut Context, count: usize) -> Value {
        let mut buffer = self.buffer.borrow_mut();
        let bytes = Bytes::allocate(cx, &buffer.bytes()[..count]);
        buffer.skip(count);
        drop(buffer);
        self.rest_is_over(cx);
        bytes
    }

    fn take_all(&self, cx: &mut Context) -> Value {
        let count = self.buffer.borrow().len();
        self.take(cx, count)
    }

    /// Waits for more bytes or the end.
    fn wait(&self, cx: &mut Context, this: Ref<Await>, name: &str) -> Result<Advance, Stop> {
        if !self.waiter.get().is_none() {
            let message = format!("{name}() called while another coroutine is already waiting for incoming data");
            return Err(cx.runtime_error(message));
        }
        if self.is_paused.get() {
            self.resume_transport(cx);
        }
        let future = Future::plain(cx, self.event_loop);
        self.waiter.set(future.value());
        this.waits_for.set(future.value());
        Ok(Advance::Wait(future))
    }

    /// What was waited for has come, or the wait was cancelled.
    fn waited(&self, cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<(), Stop> {
        let waited = this.waits_for.replace(Value::NONE);
        if !waited.is_none() && self.waiter.get() == waited {
            self.waiter.set(Value::NONE);
        }
        if !resumed.thrown.is_unbound() {
            return Err(Stop::Raise(resumed.thrown));
        }
        match waited.get::<Future>() {
            Some(future) => future.outcome(cx).map(|_| ()),
            None => match self.exception.get() {
                Value::NONE => Ok(()),
                exception => Err(Stop::Raise(exception)),
            },
        }
    }
}

// ----- reading

static READ: NativeCoroutine = NativeCoroutine { name: "read", qualified_name: "StreamReader.read", step: step_read };
static READLINE: NativeCoroutine =
    NativeCoroutine { name: "readline", qualified_name: "StreamReader.readline", step: step_readline };
static READEXACTLY: NativeCoroutine =
    NativeCoroutine { name: "readexactly", qualified_name: "StreamReader.readexactly", step: step_readexactly };
static READUNTIL: NativeCoroutine =
    NativeCoroutine { name: "readuntil", qualified_name: "StreamReader.readuntil", step: step_readuntil };
static ANEXT: NativeCoroutine =
    NativeCoroutine { name: "__anext__", qualified_name: "StreamReader.__anext__", step: step_anext };

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Index(count) = Index::from_value(cx, args.get(1), 1)?;
    Ok(Await::native(cx, &READ, args.get(0), Value::small(count.clamp(-1, i32::MAX as i64))))
}

fn readline(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &READLINE, args.get(0), Value::NONE))
}

fn anext(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &ANEXT, args.get(0), Value::NONE))
}

fn readexactly(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Index(count) = Index::from_value(cx, args.get(1), 1)?;
    Ok(Await::native(cx, &READEXACTLY, args.get(0), Value::small(count.clamp(-1, 1 << 46))))
}

fn readuntil(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &READUNTIL, args.get(0), args.get(1)))
}

fn step_read(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let reader = of(this.target);
    let is_first = this.step.replace(1) == 0;
    reader.waited(cx, this, resumed)?;
    let count = this.value.get().as_small();
    if count == 0 {
        return Ok(Advance::Return(Bytes::allocate(cx, b"")));
    }
    let (available, is_at_end) = (reader.buffer.borrow().len(), reader.is_at_end.get());
    if count > 0 {
        // One wait at most: the end may have come, or nothing at all.
        return match available == 0 && !is_at_end && is_first {
            true => reader.wait(cx, this, "read"),
            false => Ok(Advance::Return(reader.take(cx, available.min(count as usize)))),
        };
    }
    if !is_at_end {
        if reader.is_paused.get() {
            reader.resume_transport(cx);
        }
        return reader.wait(cx, this, "read");
    }
    Ok(Advance::Return(reader.take_all(cx)))
}

fn step_readline(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let reader = of(this.target);
    reader.waited(cx, this, resumed)?;
    match reader.line(cx, this, "readuntil")? {
        Some(line) => Ok(Advance::Return(line)),
        None => reader.wait(cx, this, "readuntil"),
    }
}

fn step_anext(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    match step_readline(cx, this, resumed)? {
        Advance::Return(line) if crate::object::bytes::byte_length(line) == Some(0) => {
            Err(cx.error_with(LayoutId::STOP_ASYNC_ITERATION, &[]))
        }
        advance => Ok(advance),
    }
}

impl Of<Reader> {
    /// The next line, or at the end what is left; None if more must come. `this` keeps how far was searched.
    fn line(&self, cx: &mut Context, this: Ref<Await>, _name: &str) -> Result<Option<Value>, Stop> {
        let searched = if this.value.get().is_small() { this.value.get().as_small() as usize } else { 0 };
        let (found, length) = {
            let buffer = self.buffer.borrow();
            let bytes = buffer.bytes();
            let from = searched.min(bytes.len());
            (memchr::memchr(b'\n', &bytes[from..]).map(|at| at + from), bytes.len())
        };
        let limit = self.limit.get();
        match found {
            Some(at) if at <= limit => Ok(Some(self.take(cx, at + 1))),
            Some(at) => {
                self.buffer.borrow_mut().skip(at + 1);
                self.rest_is_over(cx);
                Err(cx.value_error("Separator is found, but chunk is longer than limit"))
            }
            None if length > limit => {
                self.buffer.borrow_mut().clear();
                self.rest_is_over(cx);
                Err(cx.value_error("Separator is not found, and chunk exceed the limit"))
            }
            None if self.is_at_end.get() => Ok(Some(self.take_all(cx))),
            None => {
                this.value.set(Value::small(length as i64));
                Ok(None)
            }
        }
    }
}

fn step_readexactly(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let reader = of(this.target);
    let wanted = this.value.get().as_small();
    if wanted < 0 {
        return Err(cx.value_error("readexactly size can not be less than zero"));
    }
    reader.waited(cx, this, resumed)?;
    let (available, is_at_end) = (reader.buffer.borrow().len(), reader.is_at_end.get());
    if available >= wanted as usize {
        return Ok(Advance::Return(reader.take(cx, wanted as usize)));
    }
    if is_at_end {
        let partial = reader.take_all(cx);
        return Err(errors::incomplete(cx, partial, Value::small(wanted)));
    }
    reader.wait(cx, this, "readexactly")
}

/// The separators of `readuntil`: one, or several in a tuple.
fn separators(cx: &mut Context, value: Value) -> Result<Vec<Vec<u8>>, Stop> {
    let given = match value.get::<Tuple>() {
        Some(several) => several.items().to_vec(),
        None => vec![value],
    };
    let mut separators = Vec::new();
    for separator in given {
        match bytes_of(&separator) {
            Some(bytes) if !bytes.is_empty() => separators.push(bytes.to_vec()),
            Some(_) => return Err(cx.value_error("Separator should be at least one-byte string")),
            None => {
                let found = cx.type_name(separator);
                return Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")));
            }
        }
    }
    match separators.is_empty() {
        true => Err(cx.value_error("Separator should contain at least one element")),
        false => Ok(separators),
    }
}

fn step_readuntil(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let reader = of(this.target);
    let separators = separators(cx, this.value.get())?;
    reader.waited(cx, this, resumed)?;
    let (first, length) = {
        let buffer = reader.buffer.borrow();
        let bytes = buffer.bytes();
        // The one that ends first; of two that end together the shorter.
        let ends = separators
            .iter()
            .filter_map(|separator| memmem::find(bytes, separator).map(|start| (start + separator.len(), start)));
        (ends.min_by_key(|&(end, start)| (end, Reverse(start))), bytes.len())
    };
    let limit = reader.limit.get();
    if let Some((end, start)) = first {
        if start > limit {
            return Err(errors::overrun(cx, "Separator is found, but chunk is longer than limit", start));
        }
        return Ok(Advance::Return(reader.take(cx, end)));
    }
    let longest = separators.iter().map(Vec::len).max().unwrap_or(1);
    let offset = (length + 1).saturating_sub(longest);
    if offset > limit {
        return Err(errors::overrun(cx, "Separator is not found, and chunk exceed the limit", offset));
    }
    if reader.is_at_end.get() {
        let partial = reader.take_all(cx);
        return Err(errors::incomplete(cx, partial, Value::NONE));
    }
    reader.wait(cx, this, "readuntil")
}

// ----- the other methods

fn at_eof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let reader = of(args.get(0));
    Ok(Value::bool(reader.is_at_end.get() && reader.buffer.borrow().is_empty()))
}

fn exception(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).exception.get())
}

fn set_exception(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).fail(cx, args.get(1));
    Ok(Value::NONE)
}

fn set_transport(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).connect(args.get(1));
    Ok(Value::NONE)
}

fn feed_data(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(1))?;
    if of(args.get(0)).is_at_end.get() {
        return Err(cx.error(LayoutId::ASSERTION_ERROR, "feed_data after feed_eof"));
    }
    of(args.get(0)).feed(cx, &bytes);
    Ok(Value::NONE)
}

fn feed_eof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).feed_end(cx);
    Ok(Value::NONE)
}

fn buffer(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let bytes = of(value).buffer.borrow().bytes().to_vec();
    Ok(crate::object::bytes::ByteArray::allocate(cx, bytes))
}
