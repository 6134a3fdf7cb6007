//! The protocol of a connection of an HTTP server: heads are read where they came in, bodies go to a reader, answers
//! go out with one write a turn.

use std::cell::{Cell, RefCell};

use crate::http::body::BodyDecoder;
use crate::http::head::{Framing, Refusal};
use crate::http::request;
use crate::modules::asyncio::buffer::Buffer;
use crate::modules::asyncio::flow::Flow;
use crate::modules::asyncio::reader::Reader;
use crate::modules::asyncio::transport::Transport;
use crate::modules::http::answer;
use crate::modules::http::message::Message;
use crate::modules::http::{attribute, install_class, subclass};
use crate::object::arguments::bytes_like;
use crate::object::bytes::{Bytes, gathered_bytes};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::event_loop::{Entry, EventLoop, Handle};
use crate::object::extension::{Data, Extension, Of, Protocol};
use crate::object::function::{Attribute, Method};
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::module::Module;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

pub(super) const CLASS: &str = "_http.Connection";
/// What has come in and nobody has asked for may be so much before reading rests.
const HIGH_WATER: usize = 128 * 1024;
/// So much is collected before it is written within a turn.
const MOST_HELD: usize = 64 * 1024;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, loop, request_class, routes=None, /)", new, "A connection of a server."),
    plain("__init__(self, /, *args)", nothing, "Initialize self."),
    plain("connection_made(self, transport)", connection_made, "Called when there is a connection."),
    plain("data_received(self, data)", data_received, "Called with bytes that have come in."),
    plain("eof_received(self)", eof_received, "Called when the other end writes no more."),
    plain("connection_lost(self, exc)", connection_lost, "Called when the connection is lost or closed."),
    plain("pause_writing(self)", pause_writing, "Called when there is too much to be written."),
    plain("resume_writing(self)", resume_writing, "Called when that is over."),
    plain("receive(self)", receive, "Coroutine for the next request; None when there is none any more."),
    plain(
        "request_of(self, head, like=None, /)",
        super::message::request_of,
        "Return a request with this head, whose body is that of another; None if it is no head.",
    ),
    plain("drain(self)", drain, "Coroutine that waits until more may be written."),
    plain("write(self, data)", write, "Write bytes after those that are still held back."),
    plain("read_body_into(self, reader)", read_body_into, "Have the body of the request go to a StreamReader."),
    plain("detach(self)", detach, "Leave the transport to another protocol; return what has come in for that."),
    plain("read_all_into(self, reader)", read_all_into, "Have everything from now on go to a StreamReader."),
    plain(
        "answer(self, request, status, reason, headers, content_type, body, keep_alive)",
        answer::answer,
        "Write a whole response; return True if the connection may serve another request.",
    ),
    plain(
        "start_answer(self, request, status, reason, headers, is_chunked, keep_alive)",
        answer::start_answer,
        "Write the head of a response.",
    ),
    plain("_flush(self, /)", flush_method, "Write what is held back."),
    plain("age(self)", age, "Count how often this was called since the last whole request began to be waited for."),
    plain("close(self)", close, "Close the connection after what is to be written."),
    plain("force_close(self)", force_close, "Close the connection at once."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("transport", |_, value| Ok(of(value).transport.get()), "The transport, or None once it is lost."),
    attribute("_current", |_, value| Ok(of(value).current.get()), "The request that is being served, or None."),
    attribute("_started", |_, value| Ok(of(value).started.get()), "The request whose answer was begun last."),
    attribute("refusal", refusal, "The status and the reason of a request that is none; else None."),
    attribute("is_waiting", |_, value| Ok(Value::bool(!of(value).waiter.get().is_none())), "Waits for a request?"),
    attribute("is_within_head", |_, value| Ok(Value::bool(of(value).is_within_head())), "Has a part of one come?"),
    attribute("is_within_body", |_, value| Ok(Value::bool(of(value).is_within_body())), "Is some body left?"),
    attribute("is_lost", |_, value| Ok(Value::bool(of(value).flow.is_lost())), "Is the connection lost?"),
    attribute("has_ended", |_, value| Ok(Value::bool(of(value).is_at_end.get())), "Writes the other end no more?"),
];

/// What comes in next.
enum Incoming {
    /// A head.
    Head,
    /// The body of the request that was received last.
    Body(BodyDecoder),
    /// Bytes of another protocol.
    Anything,
}

/// What a connection keeps.
pub(super) struct Connection {
    event_loop: Ref<EventLoop>,
    /// The class of requests.
    pub(super) request_class: Ref<Class>,
    transport: Cell<Value>,
    /// What has come in and has not been used.
    input: RefCell<Buffer>,
    incoming: RefCell<Incoming>,
    /// The reader that the body goes to, or None: nobody has asked for it.
    reader: Cell<Value>,
    /// The request whose answer was begun last, or None.
    pub(super) started: Cell<Value>,
    /// The request that was received last, until the next is waited for; or None.
    current: Cell<Value>,
    /// Handlers of paths without parameters, or None: by path a dict of methods, by method a route and its handler.
    pub(super) routes: Value,
    /// The method and the path that were last asked for,
    pub(super) last_method: Cell<Value>,
    pub(super) last_path: Cell<Value>,
    /// and what `routes` has for them; None if it has not been looked up.
    pub(super) last_route: Cell<Value>,
    /// What `receive` waits for, or None.
    waiter: Cell<Value>,
    /// Answers held back until the end of the turn.
    held: RefCell<Vec<u8>>,
    /// They will be written at the end of the turn.
    is_flush_due: Cell<bool>,
    /// Reading rests since nobody takes what came in.
    is_resting: Cell<bool>,
    /// The other end writes no more.
    is_at_end: Cell<bool>,
    /// What came in is no HTTP.
    refusal: Cell<Option<Refusal>>,
    /// How often `age` was called since a request was last waited for.
    age: Cell<u32>,
    flow: Flow,
    /// The date of answers, and the second it is of.
    pub(super) date: RefCell<(i64, String)>,
}

impl Data for Connection {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        marker.object(self.request_class);
        marker.value(self.routes);
        for cell in [&self.transport, &self.reader, &self.started, &self.current, &self.waiter] {
            marker.cell(cell);
        }
        for cell in [&self.last_method, &self.last_path, &self.last_route] {
            marker.cell(cell);
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

/// The connection that the receiver of a method or attribute is.
pub(super) fn of(value: Value) -> Of<Connection> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = subclass(cx, args.get(0), CLASS)?;
    let Some(event_loop) = args.get(1).get::<EventLoop>() else {
        return Err(cx.type_error("the first argument must be an event loop"));
    };
    let request_class = subclass(cx, args.get(2), super::message::CLASS)?;
    let none = || Cell::new(Value::NONE);
    let connection = Connection {
        event_loop,
        request_class,
        transport: none(),
        input: RefCell::default(),
        incoming: RefCell::new(Incoming::Head),
        reader: none(),
        started: none(),
        current: none(),
        routes: args.get(3),
        last_method: none(),
        last_path: none(),
        last_route: none(),
        waiter: none(),
        held: RefCell::default(),
        is_flush_due: Cell::new(false),
        is_resting: Cell::new(false),
        is_at_end: Cell::new(false),
        refusal: Cell::new(None),
        age: Cell::new(0),
        flow: Flow::default(),
        date: RefCell::new((i64::MIN, String::new())),
    };
    Ok(Extension::allocate(cx, class, connection))
}

fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

impl Protocol for Connection {
    fn received(&self, cx: &mut Context, bytes: &[u8]) {
        self.input.borrow_mut().push(bytes);
        self.pump(cx);
        self.wake(cx);
        if self.input.borrow().len() > HIGH_WATER && !self.is_resting.get() {
            self.is_resting.set(true);
            if let Some(transport) = self.transport() {
                transport.pause_reading(cx);
            }
        }
    }

    fn ended(&self, cx: &mut Context) -> bool {
        self.is_at_end.set(true);
        self.pump(cx);
        self.wake(cx);
        // What is being answered may be written yet.
        true
    }

    fn pause_writing(&self, _: &mut Context) {
        self.flow.pause();
    }

    fn resume_writing(&self, cx: &mut Context) {
        self.flow.resume(cx);
    }
}

impl Connection {
    fn transport(&self) -> Option<Of<Transport>> {
        Of::from(self.transport.get())
    }

    fn reader(&self) -> Option<Of<Reader>> {
        Of::from(self.reader.get())
    }

    fn is_within_head(&self) -> bool {
        matches!(*self.incoming.borrow(), Incoming::Head) && !self.input.borrow().is_empty()
    }

    fn is_within_body(&self) -> bool {
        matches!(*self.incoming.borrow(), Incoming::Body(_))
    }

    fn wake(&self, cx: &mut Context) {
        if let Some(waiter) = self.waiter.replace(Value::NONE).get::<Future>()
            && !waiter.is_done()
        {
            waiter.finish(cx, Value::NONE);
        }
    }

    /// What has been used makes room for more.
    fn rest_is_over(&self, cx: &mut Context) {
        if self.is_resting.get() && self.input.borrow().len() <= HIGH_WATER / 2 {
            self.is_resting.set(false);
            if let Some(transport) = self.transport() {
                transport.resume_reading(cx);
            }
        }
    }

    /// Moves what has come in to the reader, if it is for one.
    fn pump(&self, cx: &mut Context) {
        let Some(reader) = self.reader() else { return };
        let mut out = Vec::new();
        let mut incoming = self.incoming.borrow_mut();
        let (is_done, failure) = match &mut *incoming {
            Incoming::Head => return,
            Incoming::Anything => {
                let mut input = self.input.borrow_mut();
                out.extend_from_slice(input.bytes());
                input.clear();
                (self.is_at_end.get(), None)
            }
            Incoming::Body(decoder) => {
                let mut input = self.input.borrow_mut();
                let decoded = decoder.decode(input.bytes(), &mut out);
                if let Ok(count) = decoded {
                    input.skip(count);
                }
                (decoder.is_done(), decoded.err())
            }
        };
        if is_done && matches!(*incoming, Incoming::Body(_)) {
            *incoming = Incoming::Head;
        }
        drop(incoming);
        reader.feed(cx, &out);
        if let Some(refusal) = failure {
            self.refusal.set(Some(refusal));
            let error = cx.value_error(refusal.reason);
            self.fail_reader(cx, &reader, error);
        } else if is_done {
            reader.feed_end(cx);
            self.reader.set(Value::NONE);
        } else if self.is_at_end.get() {
            self.lose_reader(cx, &reader);
        }
        self.rest_is_over(cx);
    }

    fn fail_reader(&self, cx: &mut Context, reader: &Of<Reader>, error: Stop) {
        self.reader.set(Value::NONE);
        if let Stop::Raise(exception) = error {
            reader.fail(cx, exception);
        }
    }

    /// The connection ended within a body.
    fn lose_reader(&self, cx: &mut Context, reader: &Of<Reader>) {
        let error = cx.error(crate::object::layout::LayoutId::CONNECTION_RESET_ERROR, "Connection lost");
        self.fail_reader(cx, reader, error);
    }

    /// The head that has come in, as a request.
    fn next_request(&self, cx: &mut Context, this: Value) -> Option<Value> {
        let head = {
            let input = self.input.borrow();
            if input.is_empty() {
                return None;
            }
            match request::parse(input.bytes()) {
                Ok(Some(head)) => (input.bytes()[..head.length].into(), head),
                Ok(None) => return None,
                Err(refusal) => {
                    self.refusal.set(Some(refusal));
                    return None;
                }
            }
        };
        let (bytes, head) = head;
        self.input.borrow_mut().skip(head.length);
        *self.incoming.borrow_mut() = match head.framing {
            Framing::None => Incoming::Head,
            framing => Incoming::Body(BodyDecoder::new(framing)),
        };
        self.rest_is_over(cx);
        Some(Message::allocate(cx, self.request_class, this, bytes, head))
    }

    /// Writes what is held back and then these bytes.
    pub(super) fn send(&self, cx: &mut Context, bytes: &[u8]) -> Result<(), Stop> {
        let Some(transport) = self.transport() else { return Ok(()) };
        if self.held.borrow().is_empty() {
            return transport.write(cx, bytes).map(|_| ());
        }
        let mut held = self.held.take();
        held.extend_from_slice(bytes);
        let sent = transport.write(cx, &held).map(|_| ());
        held.clear();
        if held.capacity() <= MOST_HELD {
            *self.held.borrow_mut() = held;
        }
        sent
    }

    /// Is there more in the input, so that an answer may be held back for the next?
    fn has_more(&self) -> bool {
        !self.input.borrow().is_empty() && matches!(*self.incoming.borrow(), Incoming::Head)
    }
}

impl Of<Connection> {
    /// Writes an answer: at once, or with others at the end of the turn if another request is there already.
    pub(super) fn put(&self, cx: &mut Context, bytes: &[u8]) -> Result<(), Stop> {
        let is_much = self.held.borrow().len() + bytes.len() > MOST_HELD;
        if is_much || !self.has_more() {
            return self.send(cx, bytes);
        }
        self.held.borrow_mut().extend_from_slice(bytes);
        if !self.is_flush_due.replace(true) {
            let name = cx.intern("_flush");
            let class = cx.class_of(self.value());
            if let Some(function) = cx.lookup(class, name) {
                let (method, args) = (Method::allocate(cx, function, self.value()), cx.tuple(&[]));
                let handle = Handle::allocate(cx, self.event_loop, method, args, Value::NONE, None);
                self.event_loop.push(Entry::Call(handle));
            }
        }
        Ok(())
    }
}

// ----- receiving

static RECEIVE: NativeCoroutine =
    NativeCoroutine { name: "receive", qualified_name: "Connection.receive", step: step_receive };
static DRAIN: NativeCoroutine = NativeCoroutine { name: "drain", qualified_name: "Connection.drain", step: step_drain };

fn receive(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &RECEIVE, args.get(0), Value::NONE))
}

fn step_receive(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let connection = of(this.target);
    let waited = this.waits_for.replace(Value::NONE);
    if !waited.is_none() && connection.waiter.get() == waited {
        connection.waiter.set(Value::NONE);
    }
    if !resumed.thrown.is_unbound() {
        return Err(Stop::Raise(resumed.thrown));
    }
    if let Some(waited) = waited.get::<Future>() {
        // It may have been cancelled.
        waited.outcome(cx)?;
    }
    if !matches!(*connection.incoming.borrow(), Incoming::Head) || connection.refusal.get().is_some() {
        return Ok(Advance::Return(Value::NONE));
    }
    if waited.is_none() {
        connection.age.set(0);
        connection.current.set(Value::NONE);
    }
    if let Some(request) = connection.next_request(cx, this.target) {
        connection.current.set(request);
        return Ok(Advance::Return(request));
    }
    let is_over = connection.is_at_end.get() || connection.flow.is_lost() || connection.refusal.get().is_some();
    if is_over {
        return Ok(Advance::Return(Value::NONE));
    }
    let future = Future::plain(cx, connection.event_loop);
    connection.waiter.set(future.value());
    this.waits_for.set(future.value());
    Ok(Advance::Wait(future))
}

fn drain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &DRAIN, args.get(0), Value::NONE))
}

fn step_drain(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let connection = of(this.target);
    connection.flow.step_drain(cx, this, resumed, connection.event_loop)
}

fn read_body_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, reader) = (of(args.get(0)), reader_argument(cx, args.get(1))?);
    if !connection.is_within_body() {
        reader.feed_end(cx);
        return Ok(Value::NONE);
    }
    reader.connect(connection.transport.get());
    connection.reader.set(args.get(1));
    connection.pump(cx);
    Ok(Value::NONE)
}

fn read_all_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, reader) = (of(args.get(0)), reader_argument(cx, args.get(1))?);
    reader.connect(connection.transport.get());
    *connection.incoming.borrow_mut() = Incoming::Anything;
    connection.reader.set(args.get(1));
    connection.pump(cx);
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    *connection.incoming.borrow_mut() = Incoming::Anything;
    connection.is_resting.set(false);
    let input = connection.input.take();
    Ok(Bytes::allocate(cx, input.bytes()))
}

fn reader_argument(cx: &mut Context, value: Value) -> Result<Of<Reader>, Stop> {
    match Of::from(value) {
        Some(reader) => Ok(reader),
        None => Err(cx.type_error("a StreamReader is required")),
    }
}

// ----- writing and closing

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    match args.get(1).get::<Bytes>() {
        Some(bytes) => connection.send(cx, bytes.bytes())?,
        None => match gathered_bytes(&args.get(1)) {
            Some(bytes) => connection.send(cx, &bytes)?,
            None => return Err(cx.type_error("a bytes-like object is required")),
        },
    }
    Ok(Value::NONE)
}

fn flush_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    connection.is_flush_due.set(false);
    connection.send(cx, b"")?;
    Ok(Value::NONE)
}

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    connection.send(cx, b"")?;
    if let Some(transport) = connection.transport() {
        transport.close(cx);
    }
    Ok(Value::NONE)
}

fn force_close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(transport) = of(args.get(0)).transport() {
        transport.force_close(cx, Value::NONE);
    }
    Ok(Value::NONE)
}

fn age(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let age = &of(args.get(0)).age;
    age.set(age.get().saturating_add(1));
    Ok(Value::small(age.get() as i64))
}

fn refusal(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let Some(refusal) = of(value).refusal.get() else { return Ok(Value::NONE) };
    let reason = cx.str(refusal.reason);
    Ok(cx.tuple(&[Value::small(refusal.status as i64), reason]))
}

// ----- what transports call by name

fn connection_made(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).transport.set(args.get(1));
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
    let connection = of(args.get(0));
    connection.is_at_end.set(true);
    connection.flow.lose(cx, args.get(1));
    connection.pump(cx);
    if let Some(reader) = connection.reader() {
        connection.lose_reader(cx, &reader);
    }
    connection.wake(cx);
    connection.transport.set(Value::NONE);
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
