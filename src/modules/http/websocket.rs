//! `WebSocket`: the protocol of a connection that has left HTTP for WebSocket. What comes in waits as messages, and the
//! transport rests while they are many; what goes out is written at once as a frame. Handshake, pings, closing and
//! time-outs are stdlib/aiohttp's.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::http::websocket::{self, Arrival, Failure, LONGEST_CONTROL, Message, MessageReader, Opcode, Role};
use crate::modules::asyncio::buffer::Buffer;
use crate::modules::asyncio::flow::Flow;
use crate::modules::asyncio::transport::Transport;
use crate::modules::http::deflate::{self, Deflate};
use crate::modules::http::masks::Masks;
use crate::modules::http::words::Words;
use crate::modules::http::{attribute, install_class, subclass};
use crate::object::arguments::{Index, bytes_like};
use crate::object::bytes::gathered_bytes;
use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::extension::{Data, Extension, Of, Protocol};
use crate::object::forward::method_call;
use crate::object::function::Attribute;
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::string::Str;
use crate::object::value::Value;

pub(super) const CLASS: &str = "_http.WebSocket";
/// Messages that nobody has asked for may have so many bytes before reading rests.
const HIGH_WATER: usize = 128 * 1024;
/// A message counts so many bytes more than it holds.
const OVERHEAD: usize = 128;
/// The head of a frame is no longer.
const LONGEST_HEAD: usize = 14;
/// Longer messages are written without being copied behind the head of their frame.
const LONG: usize = 16 * 1024;

const METHODS: &[Declaration] = &[
    plain(
        "__new__(cls, loop, words, is_client, max_msg_size, writer_limit, window_bits, keeps_window, /, *args)",
        new,
        "A connection of messages.",
    ),
    plain("__init__(self, /, *args)", nothing, "Initialize self."),
    plain("begin(self, transport, rest)", begin, "Take over a transport, of which this has come in already."),
    plain("receive(self)", receive, "Coroutine for the next message; None when there is none any more."),
    plain("interrupt(self, message)", interrupt, "Have a message received that the other end has not sent."),
    plain("fail(self, exception)", fail, "End the messages with an exception."),
    plain(
        "put(self, opcode, data, window_bits=None)",
        put,
        "Write a message: True, or False if the other end is slow; None if nothing can be written.",
    ),
    plain("drain(self)", drain, "Coroutine that waits until the other end is slow no more."),
    plain("data_received(self, data)", data_received, "Called with bytes that have come in."),
    plain("eof_received(self)", eof_received, "Called when the other end writes no more."),
    plain("connection_lost(self, exc)", connection_lost, "Called when the connection is lost or closed."),
    plain("pause_writing(self)", pause_writing, "Called when there is too much to be written."),
    plain("resume_writing(self)", resume_writing, "Called when that is over."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute(
        "failure",
        |_, value| Ok(of(value).failure.get()),
        "What ended the messages: an exception, code and reason, or None.",
    ),
    attribute("heard", heard, "When something came in last, by the clock of the loop."),
    attribute("has_waiter", |_, value| Ok(Value::bool(!of(value).waiter.get().is_none())), "Does somebody receive?"),
];

/// What a connection keeps.
pub(super) struct WebSocket {
    event_loop: Ref<EventLoop>,
    words: Words,
    transport: Cell<Value>,
    /// The protocol the transport had, which is told of the end.
    before: Cell<Value>,
    /// What has come in and is no message yet.
    input: RefCell<Buffer>,
    /// A message may not be longer, unless it is 0.
    limit: usize,
    reader: RefCell<MessageReader>,
    /// What compresses, if that was agreed.
    deflate: Option<RefCell<Deflate>>,
    /// Messages nobody has asked for.
    messages: RefCell<VecDeque<Waiting>>,
    /// How many bytes they count.
    waiting: Cell<usize>,
    /// Reading rests since they are many.
    is_resting: Cell<bool>,
    /// The last message has come in.
    is_at_end: Cell<bool>,
    /// The exception that ended the messages, or code and reason of a broken rule, or None.
    failure: Cell<Value>,
    /// What `receive` waits for, or None.
    waiter: Cell<Value>,
    /// When something came in last, in nanoseconds of the clock.
    heard: Cell<i64>,
    /// A client masks what it writes.
    masks: Option<RefCell<Masks>>,
    /// So much is written before it matters whether the other end is slow.
    writer_limit: usize,
    /// How much has been written since it mattered last.
    written: Cell<usize>,
    flow: Flow,
}

/// A message that waits to be received.
enum Waiting {
    /// It came in.
    Received(Message),
    /// A script put it there.
    Put(Value),
}

impl Waiting {
    fn count(&self) -> usize {
        match self {
            Waiting::Received(message) => message.len() + OVERHEAD,
            Waiting::Put(_) => 0,
        }
    }
}

impl Data for WebSocket {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        self.words.trace(marker);
        for cell in [&self.transport, &self.before, &self.failure, &self.waiter] {
            marker.cell(cell);
        }
        for message in self.messages.borrow().iter() {
            if let &Waiting::Put(message) = message {
                marker.value(message);
            }
        }
        self.flow.trace(marker);
    }

    fn protocol(&self) -> Option<&dyn Protocol> {
        Some(self)
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    install_class(cx, module, CLASS, METHODS, ATTRIBUTES);
}

fn of(value: Value) -> Of<WebSocket> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = subclass(cx, args.get(0), CLASS)?;
    let Some(event_loop) = args.get(1).get::<EventLoop>() else {
        return Err(cx.type_error("the first argument must be an event loop"));
    };
    let words = Words::from_value(cx, args.get(2))?;
    let is_client = args.get(3) == Value::TRUE;
    let Index(limit) = Index::from_value(cx, args.get(4), 4)?;
    let Index(writer_limit) = Index::from_value(cx, args.get(5), 5)?;
    let limit = usize::try_from(limit).unwrap_or(0);
    let bits = window_bits(cx, args.get(6), 6)?;
    let role = if is_client { Role::Client } else { Role::Server };
    let none = || Cell::new(Value::NONE);
    let socket = WebSocket {
        event_loop,
        words,
        transport: none(),
        before: none(),
        input: RefCell::default(),
        limit,
        reader: RefCell::new(MessageReader::new(role, limit, bits.is_some())),
        deflate: bits.map(|bits| RefCell::new(Deflate::new(bits, args.get(7) == Value::TRUE))),
        messages: RefCell::default(),
        waiting: Cell::new(0),
        is_resting: Cell::new(false),
        is_at_end: Cell::new(false),
        failure: none(),
        waiter: none(),
        heard: Cell::new(cx.clock.now()),
        masks: is_client.then(RefCell::default),
        writer_limit: usize::try_from(writer_limit).unwrap_or(0),
        written: Cell::new(0),
        flow: Flow::default(),
    };
    Ok(Extension::allocate(cx, class, socket))
}

/// The size of a window as a power of two, None for no compression: what zlib takes of it.
fn window_bits(cx: &mut Context, value: Value, position: usize) -> Result<Option<i32>, Stop> {
    if value.is_none() || value == Value::FALSE || value == Value::small(0) {
        return Ok(None);
    }
    let Index(bits) = Index::from_value(cx, value, position)?;
    match bits {
        9..=15 => Ok(Some(bits as i32)),
        _ => Err(cx.value_error("Invalid initialization option")),
    }
}

fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

/// The protocol before keeps its place in the life of the connection: it hears of the end, and may close it.
fn begin(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = of(args.get(0));
    let Some(transport) = Of::<Transport>::from(args.get(1)) else {
        return Err(cx.type_error("a transport of a stream is required"));
    };
    let rest = bytes_like(cx, args.get(2))?;
    socket.transport.set(args.get(1));
    socket.before.set(transport.replace_protocol(args.get(0)));
    socket.heard.set(cx.clock.now());
    transport.resume_reading(cx);
    if !rest.is_empty() {
        socket.received(cx, &rest);
    }
    Ok(Value::NONE)
}

// ----- what comes in

impl Protocol for WebSocket {
    fn received(&self, cx: &mut Context, bytes: &[u8]) {
        self.heard.set(cx.clock.now());
        if self.is_at_end.get() {
            return;
        }
        let was_empty = self.input.borrow().is_empty();
        match was_empty {
            // The usual case: what comes in is whole messages.
            true => {
                let used = self.read(cx, bytes);
                self.input.borrow_mut().push(&bytes[used..]);
            }
            false => {
                self.input.borrow_mut().push(bytes);
                self.read_input(cx);
            }
        }
        if self.is_at_end.get() {
            self.input.borrow_mut().clear();
        }
        if !self.messages.borrow().is_empty() || self.is_at_end.get() {
            self.wake(cx);
        }
        if self.waiting.get() > HIGH_WATER && !self.is_resting.replace(true) {
            if let Some(transport) = self.transport() {
                transport.pause_reading(cx);
            }
        }
    }

    fn ended(&self, cx: &mut Context) -> bool {
        self.is_at_end.set(true);
        self.wake(cx);
        // Without a close frame there is nothing to stay open for.
        false
    }

    fn pause_writing(&self, _: &mut Context) {
        self.flow.pause();
    }

    fn resume_writing(&self, cx: &mut Context) {
        self.flow.resume(cx);
    }
}

impl WebSocket {
    fn transport(&self) -> Option<Of<Transport>> {
        Of::from(self.transport.get())
    }

    fn wake(&self, cx: &mut Context) {
        if let Some(waiter) = self.waiter.replace(Value::NONE).get::<Future>()
            && !waiter.is_done()
        {
            waiter.finish(cx, Value::NONE);
        }
    }

    /// Makes messages of bytes until they are many: how many bytes were used up. What follows the end of the messages
    /// means nothing.
    fn read(&self, cx: &mut Context, bytes: &[u8]) -> usize {
        let mut used = 0;
        while self.waiting.get() <= HIGH_WATER && !self.is_at_end.get() {
            let read = self.reader.borrow_mut().read(&bytes[used..]);
            let message = match read {
                Ok((count, None)) => return used + count,
                Ok((count, Some(arrival))) => {
                    used += count;
                    self.decompressed(arrival)
                }
                Err(failure) => Err(failure),
            };
            match message {
                Ok(message) => {
                    cx.charge(message.len());
                    self.is_at_end.set(matches!(message, Message::Close(..)));
                    self.add(Waiting::Received(message));
                }
                Err(Failure { code, reason }) => {
                    let reason = cx.str(&reason);
                    self.failure.set(cx.tuple(&[Value::small(code as i64), reason]));
                    self.is_at_end.set(true);
                }
            }
        }
        used
    }

    fn decompressed(&self, arrival: Arrival) -> Result<Message, Failure> {
        match arrival {
            Arrival::Message(message) => Ok(message),
            Arrival::Compressed(opcode, payload) => match &self.deflate {
                Some(deflate) => Message::of_payload(opcode, deflate.borrow_mut().decompress(&payload, self.limit)?),
                None => Err(Failure::protocol("Compressed message on a connection without compression")),
            },
        }
    }

    fn read_input(&self, cx: &mut Context) {
        let mut input = self.input.take();
        let used = self.read(cx, input.bytes());
        input.skip(used);
        *self.input.borrow_mut() = input;
    }

    fn add(&self, message: Waiting) {
        self.waiting.set(self.waiting.get() + message.count());
        self.messages.borrow_mut().push_back(message);
    }

    /// The message that has waited longest.
    fn next(&self, cx: &mut Context) -> Result<Option<Value>, Stop> {
        let Some(message) = self.messages.borrow_mut().pop_front() else { return Ok(None) };
        self.waiting.set(self.waiting.get() - message.count());
        if self.is_resting.get() && self.waiting.get() <= HIGH_WATER / 2 {
            self.rest_is_over(cx);
        }
        match message {
            Waiting::Put(message) => Ok(Some(message)),
            Waiting::Received(message) => self.words.message(cx, message).map(Some),
        }
    }

    /// Goes on with what came in before reading came to rest, and then with reading.
    fn rest_is_over(&self, cx: &mut Context) {
        self.read_input(cx);
        if self.waiting.get() > HIGH_WATER {
            return;
        }
        self.is_resting.set(false);
        if let Some(transport) = self.transport() {
            transport.resume_reading(cx);
        }
    }
}

static RECEIVE: NativeCoroutine =
    NativeCoroutine { name: "receive", qualified_name: "WebSocket.receive", step: step_receive };
static DRAIN: NativeCoroutine = NativeCoroutine { name: "drain", qualified_name: "WebSocket.drain", step: step_drain };

fn receive(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &RECEIVE, args.get(0), Value::NONE))
}

fn step_receive(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let socket = of(this.target);
    let waited = this.waits_for.replace(Value::NONE);
    if !waited.is_none() && socket.waiter.get() == waited {
        socket.waiter.set(Value::NONE);
    }
    if !resumed.thrown.is_unbound() {
        return Err(Stop::Raise(resumed.thrown));
    }
    if let Some(waited) = waited.get::<Future>() {
        // It may have been cancelled.
        waited.outcome(cx)?;
    }
    if let Some(message) = socket.next(cx)? {
        return Ok(Advance::Return(message));
    }
    if socket.is_at_end.get() {
        return Ok(Advance::Return(Value::NONE));
    }
    let future = Future::plain(cx, socket.event_loop);
    socket.waiter.set(future.value());
    this.waits_for.set(future.value());
    Ok(Advance::Wait(future))
}

fn interrupt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = of(args.get(0));
    socket.add(Waiting::Put(args.get(1)));
    socket.wake(cx);
    Ok(Value::NONE)
}

fn fail(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = of(args.get(0));
    socket.failure.set(args.get(1));
    socket.is_at_end.set(true);
    socket.wake(cx);
    Ok(Value::NONE)
}

fn heard(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::float(of(value).heard.get() as f64 / 1e9))
}

// ----- what goes out

/// `put(opcode, data, window_bits=None)`: with its own size of a window a message is compressed for itself alone.
fn put(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = of(args.get(0));
    let Index(number) = Index::from_value(cx, args.get(1), 1)?;
    let Some(opcode) = u8::try_from(number).ok().and_then(Opcode::from_number) else {
        return Err(cx.value_error(format!("Unexpected opcode={number}")));
    };
    let (data, bits) = (args.get(2), window_bits(cx, args.get(3), 3)?);
    match data.get::<Str>() {
        // Encoding says what is wrong with it.
        Some(text) if text.has_surrogates() => Err(method_call(cx, data, "encode", &[])),
        Some(text) => socket.send(cx, opcode, text.bytes(), bits),
        None => match gathered_bytes(&data) {
            Some(bytes) => socket.send(cx, opcode, &bytes, bits),
            None => Err(cx.type_error("a bytes-like object is required")),
        },
    }
}

impl WebSocket {
    /// Writes a message; True, False, None as `put`.
    fn send(&self, cx: &mut Context, opcode: Opcode, payload: &[u8], bits: Option<i32>) -> Result<Value, Stop> {
        if opcode.is_control() && payload.len() > LONGEST_CONTROL {
            return Err(cx.value_error("Control frame payload cannot be larger than 125 bytes"));
        }
        let Some(transport) = self.transport().filter(|transport| !transport.closes()) else { return Ok(Value::NONE) };
        match self.compressed(cx, opcode, payload, bits)? {
            None => self.write(cx, &transport, opcode, payload, false)?,
            Some(payload) => self.write(cx, &transport, opcode, &payload, true)?,
        }
        if self.written.get() <= self.writer_limit {
            return Ok(Value::TRUE);
        }
        self.written.set(0);
        Ok(Value::bool(!self.flow.is_paused()))
    }

    /// The payload compressed, if it is to be.
    fn compressed(
        &self,
        cx: &mut Context,
        opcode: Opcode,
        payload: &[u8],
        bits: Option<i32>,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let compressed = match (bits, &self.deflate) {
            _ if opcode.is_control() => return Ok(None),
            (Some(bits), _) => deflate::compress_alone(bits, payload),
            (None, Some(deflate)) => deflate.borrow_mut().compress(payload),
            (None, None) => return Ok(None),
        };
        match compressed {
            Some(compressed) => Ok(Some(compressed)),
            None => Err(cx.memory_error()),
        }
    }

    /// Writes a frame.
    fn write(
        &self,
        cx: &mut Context,
        transport: &Of<Transport>,
        opcode: Opcode,
        payload: &[u8],
        is_compressed: bool,
    ) -> Result<(), Stop> {
        let mask = match &self.masks {
            None => None,
            Some(masks) => Some(masks.borrow_mut().next(cx)?),
        };
        let is_apart = mask.is_none() && payload.len() > LONG;
        let mut out = Vec::with_capacity(if is_apart { 0 } else { payload.len() } + LONGEST_HEAD);
        match is_apart {
            true => websocket::write_head(&mut out, opcode, payload.len(), None),
            false => websocket::write_frame(&mut out, opcode, payload, mask),
        }
        if is_compressed {
            websocket::mark_compressed(&mut out);
        }
        transport.write(cx, &out)?;
        if is_apart {
            transport.write(cx, payload)?;
        }
        self.written.set(self.written.get() + out.len().max(payload.len()));
        Ok(())
    }
}

fn drain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &DRAIN, args.get(0), Value::NONE))
}

fn step_drain(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let socket = of(this.target);
    socket.flow.step_drain(cx, this, resumed, socket.event_loop)
}

// ----- what transports call by name

fn data_received(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(1))?;
    of(args.get(0)).received(cx, &bytes);
    Ok(Value::NONE)
}

fn eof_received(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).ended(cx)))
}

fn connection_lost(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = of(args.get(0));
    socket.is_at_end.set(true);
    socket.flow.lose(cx, args.get(1));
    socket.wake(cx);
    match socket.before.replace(Value::NONE) {
        Value::NONE => Ok(Value::NONE),
        before => Err(method_call(cx, before, "connection_lost", &[args.get(1)])),
    }
}

fn pause_writing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).pause_writing(cx);
    Ok(Value::NONE)
}

fn resume_writing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).resume_writing(cx);
    Ok(Value::NONE)
}
