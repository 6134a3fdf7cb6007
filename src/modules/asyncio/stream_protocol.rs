//! `StreamReaderProtocol`: what stands between a transport and the reader and writer of a stream.

use std::cell::Cell;

use crate::modules::asyncio::bases;
use crate::modules::asyncio::flow::Flow;
use crate::modules::asyncio::future::{attribute, loop_argument};
use crate::modules::asyncio::reader::Reader;
use crate::object::arguments::bytes_like;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::event_loop::EventLoop;
use crate::object::extension::{Data, Extension, Of, Protocol};
use crate::object::forward::half;
use crate::object::function::Attribute;
use crate::object::future::{Future, FutureState};
use crate::object::heap::{Marker, Ref};
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const CLASS: &str = "asyncio.streams.StreamReaderProtocol";

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "The protocol of a stream."),
    plain("__init__(self, stream_reader, client_connected_cb=None, loop=None)", init, "Initialize self."),
    plain("connection_made(self, transport)", half, "Called when there is a connection."),
    plain("data_received(self, data)", data_received, "Called with bytes that have come in."),
    plain("eof_received(self)", eof_received, "Called when the other end writes no more."),
    plain("connection_lost(self, exc)", connection_lost, "Called when the connection is lost or closed."),
    plain("pause_writing(self)", pause_writing, "Called when there is too much to be written."),
    plain("resume_writing(self)", resume_writing, "Called when that is over."),
    plain("_connect(self, transport, is_secure, /)", connect, "Take the transport over."),
    plain("_get_close_waiter(self, stream, /)", get_close_waiter, "Return a future for the end of the connection."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_loop", |_, value| Ok(of(value).event_loop.value()), "The loop."),
    attribute("_stream_reader", |_, value| Ok(of(value).reader.get()), "The reader, or None."),
    attribute("_transport", |_, value| Ok(of(value).transport.get()), "The transport, or None."),
    attribute("_client_connected_cb", |_, value| Ok(of(value).callback.get()), "What a server calls, or None."),
    attribute("_paused", |_, value| Ok(Value::bool(of(value).flow.is_paused())), "Is there too much to be written?"),
    attribute("_connection_lost", |_, value| Ok(Value::bool(of(value).flow.is_lost())), "Is the connection lost?"),
    attribute("_over_ssl", |_, value| Ok(Value::bool(of(value).is_secure.get())), "Is it a connection with TLS?"),
];

/// What the protocol keeps.
pub struct StreamProtocol {
    event_loop: Ref<EventLoop>,
    /// The reader.
    reader: Cell<Value>,
    /// What a server calls for a connection, or None.
    callback: Cell<Value>,
    transport: Cell<Value>,
    is_secure: Cell<bool>,
    /// May it be written, and who waits until it may.
    flow: Flow,
    /// The exception the connection was lost with, or None.
    loss: Cell<Value>,
    /// The future for the end of the connection, once somebody has asked for it.
    closed: Cell<Value>,
}

impl Data for StreamProtocol {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        for cell in [&self.reader, &self.callback, &self.transport, &self.loss, &self.closed] {
            marker.cell(cell);
        }
        self.flow.trace(marker);
    }

    fn protocol(&self) -> Option<&dyn Protocol> {
        Some(self)
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    let base = bases::class(cx, bases::PROTOCOL);
    super::install_class(cx, module, CLASS, &[base], METHODS, ATTRIBUTES);
}

fn of(value: Value) -> Of<StreamProtocol> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = super::subclass(cx, args.get(0), CLASS)?;
    let name = cx.intern("loop");
    let by_name = args.get(2).get::<Dict>().and_then(|keywords| keywords.get_interned(name));
    let by_place = args.get(1).get::<Tuple>().and_then(|args| args.items().get(2).copied());
    let event_loop = loop_argument(cx, by_name.or(by_place).unwrap_or(Value::NONE))?;
    let none = || Cell::new(Value::NONE);
    let protocol = StreamProtocol {
        event_loop,
        reader: none(),
        callback: none(),
        transport: none(),
        is_secure: Cell::new(false),
        flow: Flow::default(),
        loss: none(),
        closed: none(),
    };
    Ok(Extension::allocate(cx, class, protocol))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let protocol = of(args.get(0));
    if Of::<Reader>::from(args.get(1)).is_none() && !args.get(1).is_none() {
        let found = cx.type_name(args.get(1));
        return Err(cx.type_error(format!("stream_reader must be a StreamReader, not '{found}'")));
    }
    protocol.reader.set(args.get(1));
    protocol.callback.set(args.get(2));
    Ok(Value::NONE)
}

impl StreamProtocol {
    fn reader(&self) -> Option<Of<Reader>> {
        Of::from(self.reader.get())
    }
}

impl Protocol for StreamProtocol {
    fn received(&self, cx: &mut Context, bytes: &[u8]) {
        if let Some(reader) = self.reader() {
            reader.feed(cx, bytes);
        }
    }

    fn ended(&self, cx: &mut Context) -> bool {
        if let Some(reader) = self.reader() {
            reader.feed_end(cx);
        }
        !self.is_secure.get()
    }

    fn pause_writing(&self, _: &mut Context) {
        self.flow.pause();
    }

    fn resume_writing(&self, cx: &mut Context) {
        self.flow.resume(cx);
    }
}

impl Of<StreamProtocol> {
    /// The connection is lost or closed.
    pub(super) fn lost(&self, cx: &mut Context, exception: Value) {
        if let Some(reader) = self.reader() {
            match exception {
                Value::NONE => reader.feed_end(cx),
                exception => reader.fail(cx, exception),
            }
        }
        self.loss.set(exception);
        if let Some(closed) = self.closed.get().get::<Future>()
            && !closed.is_done()
        {
            settle(cx, closed, exception);
        }
        self.flow.lose(cx, exception);
        self.reader.set(Value::NONE);
        self.transport.set(Value::NONE);
    }

    /// What `drain` waits for: None if there is nothing to wait for.
    pub(super) fn drain(&self, cx: &mut Context) -> Result<Option<Ref<Future>>, Stop> {
        self.flow.drain(cx, self.event_loop)
    }

    /// Somebody waits no longer.
    pub(super) fn drained(&self, future: Ref<Future>) {
        self.flow.drained(future);
    }

    /// The future for the end of the connection.
    pub(super) fn close_waiter(&self, cx: &mut Context) -> Ref<Future> {
        if let Some(closed) = self.closed.get().get::<Future>() {
            return closed;
        }
        let closed = Future::plain(cx, self.event_loop);
        self.closed.set(closed.value());
        if self.flow.is_lost() {
            settle(cx, closed, self.loss.get());
        }
        closed
    }
}

/// The end of a connection is no failure that must be looked at.
fn settle(cx: &mut Context, closed: Ref<Future>, exception: Value) {
    match exception {
        Value::NONE => closed.finish(cx, Value::NONE),
        exception => {
            closed.fail(cx, exception);
            closed.clear(Future::LOG_TRACEBACK);
        }
    }
    debug_assert!(closed.state.get() != FutureState::Pending);
}

// ----- methods

fn connect(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let protocol = of(args.get(0));
    protocol.transport.set(args.get(1));
    protocol.is_secure.set(args.get(2) == Value::TRUE);
    if let Some(reader) = protocol.reader() {
        reader.connect(args.get(1));
    }
    Ok(Value::NONE)
}

fn data_received(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(1))?;
    of(args.get(0)).received(cx, &bytes);
    Ok(Value::NONE)
}

fn eof_received(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).ended(cx)))
}

fn connection_lost(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).lost(cx, args.get(1));
    Ok(Value::NONE)
}

fn pause_writing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).pause_writing(cx);
    Ok(Value::NONE)
}

fn resume_writing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).resume_writing(cx);
    Ok(Value::NONE)
}

fn get_close_waiter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).close_waiter(cx).value())
}
