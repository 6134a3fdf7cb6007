//! The protocol of a connection of an HTTP client: a request goes out, the head of its response is read where it came
//! in, and the body goes to a reader.

use std::cell::{Cell, RefCell};

use crate::http::body::BodyDecoder;
use crate::http::head::{Framing, Refusal};
use crate::http::response;
use crate::modules::asyncio::buffer::Buffer;
use crate::modules::asyncio::flow::Flow;
use crate::modules::asyncio::reader::Reader;
use crate::modules::asyncio::transport::Transport;
use crate::modules::http::response as answer;
use crate::modules::http::{attribute, install_class, subclass};
use crate::object::arguments::{bytes_like, text};
use crate::object::bytes::{Bytes, bytes_of};
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

use super::answer::{check, fields};

const CLASS: &str = "_http.ClientConnection";
/// What has come in and nobody has asked for may be so much before reading rests; more than a head may have.
const HIGH_WATER: usize = 128 * 1024;
/// The head of a request is as long as this, usually.
const USUAL_HEAD: usize = 256;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, loop, response_class, /, *args)", new, "A connection of a client."),
    plain("__init__(self, /, *args)", nothing, "Initialize self."),
    plain("connection_made(self, transport)", connection_made, "Called when there is a connection."),
    plain("data_received(self, data)", data_received, "Called with bytes that have come in."),
    plain("eof_received(self)", eof_received, "Called when the other end writes no more."),
    plain("connection_lost(self, exc)", connection_lost, "Called when the connection is lost or closed."),
    plain("pause_writing(self)", pause_writing, "Called when there is too much to be written."),
    plain("resume_writing(self)", resume_writing, "Called when that is over."),
    plain("send(self, method, target, minor, fields, body)", send, "Write the head of a request, and a body if whole."),
    plain("receive(self)", receive, "Coroutine for the head of the response; None when there is none any more."),
    plain("take_body(self)", take_body, "Return the whole body if it is there already, else None."),
    plain("read_body_into(self, reader)", read_body_into, "Have the body of the response go to a StreamReader."),
    plain("fail(self, exc)", fail, "Have whoever waits for something of the response get an exception."),
    plain("detach(self)", detach, "Leave the transport to another protocol; return what has come in for that."),
    plain("watch(self)", watch, "From now on remember when something came in."),
    plain("write(self, data)", write, "Write some of a body."),
    plain("drain(self)", drain, "Coroutine that waits until more may be written."),
    plain("close(self)", close, "Close the connection after what is to be written."),
    plain("abort(self)", abort, "Close the connection at once."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("transport", |_, value| Ok(of(value).transport.get()), "The transport, or None once it is lost."),
    attribute("refusal", refusal, "The status and the reason why what came in is no response; else None."),
    attribute("last_heard", last_heard, "When something came in, by the time of the loop, if that is watched."),
    attribute("is_connected", |_, value| Ok(Value::bool(of(value).is_connected())), "May something be written?"),
    attribute("is_paused", |_, value| Ok(Value::bool(of(value).flow.is_paused())), "Is there too much to write?"),
    attribute("is_within_body", |_, value| Ok(Value::bool(of(value).is_within_body())), "Is some body left?"),
    attribute("is_reusable", |_, value| Ok(Value::bool(of(value).is_reusable())), "May it serve another request?"),
];

/// What comes in next.
enum Incoming {
    /// A head.
    Head,
    /// The body of the response that was received last.
    Body(BodyDecoder),
    /// Bytes of another protocol.
    Anything,
}

/// What a connection keeps.
struct ClientConnection {
    event_loop: Ref<EventLoop>,
    /// The class of responses.
    response_class: Ref<Class>,
    transport: Cell<Value>,
    /// The method of the request that was sent last: the framing of the response depends on it.
    method: RefCell<Vec<u8>>,
    /// What has come in and has not been used.
    input: RefCell<Buffer>,
    incoming: RefCell<Incoming>,
    /// The reader that the body goes to, or None: nobody has asked for it.
    reader: Cell<Value>,
    /// What `receive` waits for, or None.
    waiter: Cell<Value>,
    /// A request was sent whose response has not come.
    is_owed: Cell<bool>,
    /// The last response leaves the connection open.
    keeps_alive: Cell<bool>,
    /// Reading rests since nobody takes what came in.
    is_resting: Cell<bool>,
    /// The other end writes no more.
    is_at_end: Cell<bool>,
    /// What came in is no HTTP.
    refusal: Cell<Option<Refusal>>,
    /// When something came in, in nanoseconds of the loop's time; None if nobody wants to know.
    last_heard: Cell<Option<i64>>,
    flow: Flow,
}

impl Data for ClientConnection {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        marker.object(self.response_class);
        for cell in [&self.transport, &self.reader, &self.waiter] {
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
fn of(value: Value) -> Of<ClientConnection> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = subclass(cx, args.get(0), CLASS)?;
    let Some(event_loop) = args.get(1).get::<EventLoop>() else {
        return Err(cx.type_error("the first argument must be an event loop"));
    };
    let response_class = subclass(cx, args.get(2), answer::CLASS)?;
    let none = || Cell::new(Value::NONE);
    let connection = ClientConnection {
        event_loop,
        response_class,
        transport: none(),
        method: RefCell::default(),
        input: RefCell::default(),
        incoming: RefCell::new(Incoming::Head),
        reader: none(),
        waiter: none(),
        is_owed: Cell::new(false),
        keeps_alive: Cell::new(true),
        is_resting: Cell::new(false),
        is_at_end: Cell::new(false),
        refusal: Cell::new(None),
        last_heard: Cell::new(None),
        flow: Flow::default(),
    };
    Ok(Extension::allocate(cx, class, connection))
}

fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

/// Why a body that has begun is not whole.
enum Broken {
    /// It is no body as the head announced it.
    Refused(&'static str),
    /// It ended too early: so many bytes are missing, if that is known.
    Short(Option<u64>),
}

impl Protocol for ClientConnection {
    fn received(&self, cx: &mut Context, bytes: &[u8]) {
        if self.last_heard.get().is_some() {
            self.last_heard.set(Some(cx.clock.read(false)));
        }
        self.input.borrow_mut().push(bytes);
        if let Some(reader) = self.reader() {
            self.feed(cx, &reader);
        }
        self.wake(cx);
        if self.input.borrow().len() > HIGH_WATER
            && !self.is_resting.replace(true)
            && let Some(transport) = self.transport()
        {
            transport.pause_reading(cx);
        }
    }

    fn ended(&self, cx: &mut Context) -> bool {
        self.end(cx);
        false
    }

    fn pause_writing(&self, _: &mut Context) {
        self.flow.pause();
    }

    fn resume_writing(&self, cx: &mut Context) {
        self.flow.resume(cx);
    }
}

impl ClientConnection {
    fn transport(&self) -> Option<Of<Transport>> {
        Of::from(self.transport.get())
    }

    fn reader(&self) -> Option<Of<Reader>> {
        Of::from(self.reader.get())
    }

    fn is_within_body(&self) -> bool {
        matches!(*self.incoming.borrow(), Incoming::Body(_))
    }

    fn is_connected(&self) -> bool {
        self.transport().is_some_and(|transport| !transport.closes()) && !self.is_at_end.get()
    }

    fn is_reusable(&self) -> bool {
        let is_idle = matches!(*self.incoming.borrow(), Incoming::Head) && self.input.borrow().is_empty();
        is_idle && self.keeps_alive.get() && !self.is_owed.get() && self.is_connected()
    }

    fn wake(&self, cx: &mut Context) {
        if let Some(waiter) = self.waiter.replace(Value::NONE).get::<Future>()
            && !waiter.is_done()
        {
            waiter.finish(cx, Value::NONE);
        }
    }

    /// Nothing more will come.
    fn end(&self, cx: &mut Context) {
        self.is_at_end.set(true);
        if let Some(reader) = self.reader() {
            self.feed(cx, &reader);
        }
        self.wake(cx);
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

    /// Decodes what has come in of the body: is that its end?
    fn decode(&self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        let mut incoming = self.incoming.borrow_mut();
        let Incoming::Body(decoder) = &mut *incoming else { return Ok(true) };
        let mut input = self.input.borrow_mut();
        let used = decoder.decode(input.bytes(), out).map_err(|refusal| Broken::Refused(refusal.reason))?;
        input.skip(used);
        let is_done = decoder.is_done() || (self.is_at_end.get() && decoder.ends_with_connection());
        if !is_done && self.is_at_end.get() {
            return Err(Broken::Short(decoder.left()));
        }
        if is_done {
            *incoming = Incoming::Head;
        }
        Ok(is_done)
    }

    /// Moves what has come in of the body to its reader. The script hears of the end of the body before whoever reads:
    /// so the connection is free when a reader goes on.
    fn feed(&self, cx: &mut Context, reader: &Of<Reader>) {
        let mut out = Vec::new();
        let decoded = self.decode(&mut out);
        if !matches!(decoded, Ok(false)) {
            self.reader.set(Value::NONE);
        }
        match decoded {
            Ok(false) => reader.feed(cx, &out),
            Ok(true) => {
                self.call(cx, reader.value(), "body_ended", &[]);
                reader.feed(cx, &out);
                reader.feed_end(cx);
            }
            Err(broken) => {
                self.keeps_alive.set(false);
                reader.feed(cx, &out);
                let (kind, reason) = match broken {
                    Broken::Refused(reason) => ("Refused", reason.to_owned()),
                    Broken::Short(None) => ("TransferEncodingError", String::new()),
                    Broken::Short(Some(left)) => ("ContentLengthError", left.to_string()),
                };
                let args = [cx.str(kind), cx.str(&reason)];
                self.call(cx, reader.value(), "body_failed", &args);
            }
        }
        self.rest_is_over(cx);
    }

    /// Has a method of an object called in the next turn.
    fn call(&self, cx: &mut Context, object: Value, name: &str, args: &[Value]) {
        let (name, class) = (cx.intern(name), cx.class_of(object));
        if let Some(function) = cx.lookup(class, name) {
            let (method, args) = (Method::allocate(cx, function, object), cx.tuple(args));
            let handle = Handle::allocate(cx, self.event_loop, method, args, Value::NONE, None);
            self.event_loop.push(Entry::Call(handle));
        }
    }

    /// The head that has come in, as a response.
    fn next_response(&self, cx: &mut Context) -> Option<Value> {
        let (bytes, head) = {
            let input = self.input.borrow();
            if input.is_empty() {
                return None;
            }
            match response::parse(input.bytes(), &self.method.borrow()) {
                Ok(Some(head)) => (input.bytes()[..head.length].into(), head),
                Ok(None) => return None,
                Err(refusal) => {
                    self.refusal.set(Some(refusal));
                    self.keeps_alive.set(false);
                    return None;
                }
            }
        };
        self.input.borrow_mut().skip(head.length);
        if head.status >= 200 || head.status == 101 {
            self.is_owed.set(false);
            self.keeps_alive.set(head.keeps_alive && head.status != 101);
        }
        *self.incoming.borrow_mut() = match head.framing {
            _ if head.status == 101 => Incoming::Anything,
            Framing::None => Incoming::Head,
            framing => Incoming::Body(BodyDecoder::new(framing)),
        };
        self.rest_is_over(cx);
        Some(answer::allocate(cx, self.response_class, bytes, head))
    }
}

// ----- sending

fn send(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    let (method, target) = (text(cx, args.get(1), "method")?, text(cx, args.get(2), "target")?);
    let body = args.get(5);
    let body = bytes_of(&body);
    let mut out = Vec::with_capacity(USUAL_HEAD + body.as_ref().map_or(0, |body| body.len()));
    for part in [method, target] {
        check(cx, part.bytes())?;
        out.extend_from_slice(part.bytes());
        out.push(b' ');
    }
    out.extend_from_slice(if args.get(3) == Value::small(0) { b"HTTP/1.0\r\n" } else { b"HTTP/1.1\r\n" });
    fields(cx, &mut out, args.get(4))?;
    out.extend_from_slice(b"\r\n");
    if let Some(body) = body {
        out.extend_from_slice(&body);
    }
    let mut last = connection.method.borrow_mut();
    last.clear();
    last.extend_from_slice(method.bytes());
    drop(last);
    connection.is_owed.set(true);
    connection.put(cx, &out)?;
    Ok(Value::NONE)
}

impl ClientConnection {
    fn put(&self, cx: &mut Context, bytes: &[u8]) -> Result<(), Stop> {
        match self.transport() {
            Some(transport) => transport.write(cx, bytes).map(|_| ()),
            None => Ok(()),
        }
    }
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = bytes_like(cx, args.get(1))?;
    of(args.get(0)).put(cx, &bytes)?;
    Ok(Value::NONE)
}

static DRAIN: NativeCoroutine =
    NativeCoroutine { name: "drain", qualified_name: "ClientConnection.drain", step: step_drain };

fn drain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &DRAIN, args.get(0), Value::NONE))
}

fn step_drain(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let connection = of(this.target);
    connection.flow.step_drain(cx, this, resumed, connection.event_loop)
}

// ----- receiving

static RECEIVE: NativeCoroutine =
    NativeCoroutine { name: "receive", qualified_name: "ClientConnection.receive", step: step_receive };

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
        waited.outcome(cx)?;
    }
    if !matches!(*connection.incoming.borrow(), Incoming::Head) {
        return Ok(Advance::Return(Value::NONE));
    }
    if let Some(response) = connection.next_response(cx) {
        return Ok(Advance::Return(response));
    }
    if connection.is_at_end.get() || connection.flow.is_lost() || connection.refusal.get().is_some() {
        return Ok(Advance::Return(Value::NONE));
    }
    let future = Future::plain(cx, connection.event_loop);
    connection.waiter.set(future.value());
    this.waits_for.set(future.value());
    Ok(Advance::Wait(future))
}

fn take_body(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    let is_whole = match &*connection.incoming.borrow() {
        Incoming::Head => return Ok(Bytes::allocate(cx, b"")),
        Incoming::Anything => false,
        Incoming::Body(decoder) => decoder.left().is_some_and(|left| left <= connection.input.borrow().len() as u64),
    };
    if !is_whole {
        return Ok(Value::NONE);
    }
    let mut out = Vec::new();
    match connection.decode(&mut out) {
        Ok(true) => {
            connection.rest_is_over(cx);
            Ok(Bytes::allocate(cx, &out))
        }
        _ => Ok(Value::NONE),
    }
}

fn read_body_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    let Some(reader) = Of::<Reader>::from(args.get(1)) else {
        return Err(cx.type_error("a StreamReader is required"));
    };
    connection.reader.set(args.get(1));
    reader.connect(connection.transport.get());
    connection.feed(cx, &reader);
    Ok(Value::NONE)
}

fn fail(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    connection.keeps_alive.set(false);
    if let Some(waiter) = connection.waiter.replace(Value::NONE).get::<Future>()
        && !waiter.is_done()
    {
        waiter.fail(cx, args.get(1));
    }
    if let Some(reader) = connection.reader() {
        connection.reader.set(Value::NONE);
        reader.fail(cx, args.get(1));
    }
    Ok(Value::NONE)
}

fn detach(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let connection = of(args.get(0));
    *connection.incoming.borrow_mut() = Incoming::Anything;
    if connection.is_resting.replace(false)
        && let Some(transport) = connection.transport()
    {
        transport.resume_reading(cx);
    }
    let input = connection.input.take();
    Ok(Bytes::allocate(cx, input.bytes()))
}

fn watch(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).last_heard.set(Some(cx.clock.read(false)));
    Ok(Value::NONE)
}

fn last_heard(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(match of(value).last_heard.get() {
        Some(nanoseconds) => Value::float(nanoseconds as f64 / 1e9),
        None => Value::NONE,
    })
}

fn refusal(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let Some(refusal) = of(value).refusal.get() else { return Ok(Value::NONE) };
    let reason = cx.str(refusal.reason);
    Ok(cx.tuple(&[Value::small(refusal.status as i64), reason]))
}

// ----- closing, and what transports call by name

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(transport) = of(args.get(0)).transport() {
        transport.close(cx);
    }
    Ok(Value::NONE)
}

fn abort(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(transport) = of(args.get(0)).transport() {
        transport.force_close(cx, Value::NONE);
    }
    Ok(Value::NONE)
}

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
    connection.flow.lose(cx, args.get(1));
    connection.end(cx);
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
