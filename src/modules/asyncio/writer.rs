//! `StreamWriter`: writes to a transport, and waits where there is too much to be written.

use std::cell::Cell;

use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::reader::Reader;
use crate::modules::asyncio::stream_protocol::StreamProtocol;
use crate::modules::asyncio::transport::{self, Transport};
use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::{half, method_call};
use crate::object::function::Attribute;
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, Stop, maker, plain};
use crate::object::value::Value;

const CLASS: &str = "asyncio.streams.StreamWriter";

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "The writing end of a stream."),
    plain("__init__(self, transport, protocol, reader, loop)", init, "Initialize self."),
    plain("__del__(self)", delete, "Close what was not closed."),
    plain("write(self, data)", write, "Write bytes, now or as soon as that is possible."),
    plain("writelines(self, data)", half, "Write several pieces."),
    plain("write_eof(self)", write_eof, "Close the writing half after what is to be written."),
    plain("can_write_eof(self)", half, "Return True if the writing half can be closed alone."),
    plain("close(self)", close, "Close the stream after what is to be written."),
    plain("is_closing(self)", is_closing, "Return True if the stream is closing or closed."),
    maker("wait_closed(self)", wait_closed, "Wait until the stream is closed."),
    maker("drain(self)", drain, "Wait until there is less to be written."),
    plain("get_extra_info(self, name, default=None)", half, "Return something about the connection."),
    plain(
        "start_tls(self, sslcontext, *, server_hostname=None, ssl_handshake_timeout=None, ssl_shutdown_timeout=None)",
        half,
        "Go on with TLS.",
    ),
    plain("_set_transport(self, transport, /)", set_transport, "Write to another transport."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
    plain("__aenter__(self, /)", half, "Return self."),
    plain("__aexit__(self, /, *args)", half, "Close the stream."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("transport", |_, value| Ok(of(value).transport.get()), "The transport."),
    attribute("_transport", |_, value| Ok(of(value).transport.get()), "The transport."),
    attribute("_protocol", |_, value| Ok(of(value).protocol.get()), "The protocol."),
    attribute("_reader", |_, value| Ok(of(value).reader.get()), "The reader, or None."),
    attribute("_loop", |_, value| Ok(of(value).event_loop.get()), "The loop."),
];

/// What a writer keeps.
pub struct Writer {
    transport: Cell<Value>,
    protocol: Cell<Value>,
    reader: Cell<Value>,
    event_loop: Cell<Value>,
}

impl Data for Writer {
    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.transport, &self.protocol, &self.reader, &self.event_loop] {
            marker.cell(cell);
        }
    }

    fn is_resource(&self) -> bool {
        true
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    super::install_class(cx, module, CLASS, &[], METHODS, ATTRIBUTES);
}

impl Writer {
    fn set_transport(&self, transport: Value) {
        self.transport.set(transport);
        if let Some(transport) = Of::<Transport>::from(transport) {
            transport.is_held.set(true);
        }
    }
}

fn delete(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = Of::<Transport>::from(of(args.get(0)).transport.get());
    match transport.is_none_or(|transport| transport.is_closing.get()) {
        true => Ok(Value::NONE),
        false => Err(Stop::Half),
    }
}

fn of(value: Value) -> Of<Writer> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = super::subclass(cx, args.get(0), CLASS)?;
    let none = || Cell::new(Value::NONE);
    let writer = Writer { transport: none(), protocol: none(), reader: none(), event_loop: none() };
    Ok(Extension::allocate(cx, class, writer))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let writer = of(args.get(0));
    writer.set_transport(args.get(1));
    writer.protocol.set(args.get(2));
    writer.reader.set(args.get(3));
    writer.event_loop.set(args.get(4));
    if args.get(4).get::<EventLoop>().is_none() {
        let found = cx.type_name(args.get(4));
        return Err(cx.type_error(format!("loop must be an event loop, not '{found}'")));
    }
    Ok(Value::NONE)
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0)).transport.get();
    match Of::<Transport>::from(transport) {
        Some(native) => transport::write_value(cx, &native, args.get(1)),
        None => Err(method_call(cx, transport, "write", &[args.get(1)])),
    }
}

fn write_eof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0)).transport.get();
    match Of::<Transport>::from(transport) {
        Some(native) => transport::end_writing(cx, &native),
        None => Err(method_call(cx, transport, "write_eof", &[])),
    }
}

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0)).transport.get();
    match Of::<Transport>::from(transport) {
        Some(native) => {
            native.close(cx);
            Ok(Value::NONE)
        }
        None => Err(method_call(cx, transport, "close", &[])),
    }
}

fn is_closing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0)).transport.get();
    match Of::<Transport>::from(transport) {
        Some(native) => Ok(Value::bool(native.closes())),
        None => Err(method_call(cx, transport, "is_closing", &[])),
    }
}

fn set_transport(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).transport.set(args.get(1));
    Ok(Value::NONE)
}

// ----- waiting

static DRAIN: NativeCoroutine =
    NativeCoroutine { name: "drain", qualified_name: "StreamWriter.drain", step: step_drain };
static WAIT_CLOSED: NativeCoroutine =
    NativeCoroutine { name: "wait_closed", qualified_name: "StreamWriter.wait_closed", step: step_wait_closed };

/// Of a protocol of a script the half knows how.
fn drain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let writer = of(args.get(0));
    let is_native = Of::<StreamProtocol>::from(writer.protocol.get()).is_some()
        && Of::<Transport>::from(writer.transport.get()).is_some();
    match is_native {
        true => Ok(Await::native(cx, &DRAIN, args.get(0), Value::NONE)),
        false => Err(Stop::Half),
    }
}

fn wait_closed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match Of::<StreamProtocol>::from(of(args.get(0)).protocol.get()) {
        Some(_) => Ok(Await::native(cx, &WAIT_CLOSED, args.get(0), Value::NONE)),
        None => Err(Stop::Half),
    }
}

/// The native protocol of a writer that has one.
fn protocol_of(writer: &Writer) -> Of<StreamProtocol> {
    Of::from(writer.protocol.get()).expect("looked at when the coroutine was made")
}

const NEW: u8 = 0;
/// It has let others have a turn, since the transport closes.
const YIELDED: u8 = 1;
/// It waits for a future.
const WAITING: u8 = 2;

fn step_drain(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let writer = of(this.target);
    let protocol = protocol_of(&writer);
    let waited = this.waits_for.replace(Value::NONE).get::<Future>();
    if let Some(waited) = waited {
        protocol.drained(waited);
    }
    if !resumed.thrown.is_unbound() {
        return Err(Stop::Raise(resumed.thrown));
    }
    match (this.step.get(), waited) {
        (WAITING, Some(waited)) => return waited.outcome(cx).map(|_| Advance::Return(Value::NONE)),
        (NEW, _) => {
            if let Some(reader) = Of::<Reader>::from(writer.reader.get())
                && !reader.failure().is_none()
            {
                return Err(Stop::Raise(reader.failure()));
            }
            if Of::<Transport>::from(writer.transport.get()).is_some_and(|transport| transport.closes()) {
                // Whoever writes in a loop to a closed stream must not keep everybody else from running.
                this.step.set(YIELDED);
                return Ok(Advance::Yield(Value::NONE));
            }
        }
        _ => {}
    }
    match protocol.drain(cx)? {
        None => Ok(Advance::Return(Value::NONE)),
        Some(future) => {
            this.step.set(WAITING);
            this.waits_for.set(future.value());
            Ok(Advance::Wait(future))
        }
    }
}

fn step_wait_closed(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    if !resumed.thrown.is_unbound() {
        return Err(Stop::Raise(resumed.thrown));
    }
    let closed = protocol_of(&of(this.target)).close_waiter(cx);
    if closed.is_done() {
        return closed.outcome(cx).map(|_| Advance::Return(Value::NONE));
    }
    this.waits_for.set(closed.value());
    Ok(Advance::Wait(closed))
}
