//! The transport of a stream: a descriptor that is read when there is something to read, and written at once as far
//! as that goes.
//!
//! What comes in goes to the protocol: to a native one without any call, else by the
//! methods that protocols of scripts have. What cannot be written yet stays here, and the protocol is told when that
//! is too much (`pause_writing`) and when it is over.
//!
//! With a TLS session between descriptor and protocol (`encryption`) all bytes go through that, else the same way.

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::os::fd::RawFd;

use crate::modules::asyncio::bases;
use crate::modules::asyncio::buffer::Buffer;
use crate::modules::asyncio::encryption::{self, Encryption};
use crate::modules::asyncio::endpoint::{Endpoint, is_temporary};
use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::water_marks::WaterMarks;
use crate::modules::socket::Socket;
use crate::object::arguments::Index;
use crate::object::bytes::{Bytes, gathered_bytes};
use crate::object::context::Context;
use crate::object::descriptors::{Direction, Watcher};
use crate::object::event_loop::{Entry, EventLoop, Handle};
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::{call_half, half};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::native::{Args, Call, Declaration, FromValue, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::value::Value;

const CLASS: &str = "asyncio.selector_events._SelectorSocketTransport";
/// Read at once at most.
const READ_SIZE: usize = 256 * 1024;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, loop, file, number, protocol, server, is_socket, /)", new, "A connection as a transport."),
    plain("__init__(self, /, *args)", bases::nothing, "Initialize self."),
    plain("__del__(self)", delete, "Close what was not closed."),
    plain("write(self, data)", write, "Write bytes, now or as soon as that is possible."),
    plain("writelines(self, list_of_data)", half, "Write several pieces."),
    plain("write_eof(self)", write_eof, "Close the writing half after what is to be written."),
    plain("can_write_eof(self)", can_write_eof, "Return True if the writing half can be closed alone."),
    plain("close(self)", close, "Close the transport after what is to be written."),
    plain("abort(self)", abort, "Close the transport at once."),
    plain("is_closing(self)", is_closing, "Return True if the transport is closing or closed."),
    plain("pause_reading(self)", pause_reading, "Read no more for now."),
    plain("resume_reading(self)", resume_reading, "Read again."),
    plain("is_reading(self)", is_reading, "Return True if the transport reads."),
    plain("get_write_buffer_size(self)", get_write_buffer_size, "Return how many bytes are still to be written."),
    plain("get_write_buffer_limits(self)", get_write_buffer_limits, "Return the low and the high water mark."),
    plain("set_write_buffer_limits(self, high=None, low=None)", set_write_buffer_limits, "Set the water marks."),
    plain("get_protocol(self)", get_protocol, "Return the protocol."),
    plain("set_protocol(self, protocol)", set_protocol, "Set the protocol."),
    plain("get_extra_info(self, name, default=None)", half, "Return something about the connection."),
    plain("_begin(self, /)", begin, "Read from now on."),
    plain(
        "_encrypt(self, connection, waiter, timer, shutdown_timeout, is_made, /)",
        encryption::encrypt,
        "Have everything go through a TLS session from now on.",
    ),
    plain("_advance(self, /)", encryption::advance, "Go on with what the TLS session can do now."),
    plain("_end(self, /)", end_reading, "Read no more, since the other end writes no more."),
    plain("_fail(self, exception, /)", fail_method, "Close at once because of an error."),
    plain("_release(self, /)", release, "Let the descriptor go; return what it belonged to."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_loop", |_, value| Ok(of(value).event_loop.value()), "The loop."),
    attribute("_closed_sock", |_, value| Ok(of(value).closed_file.get()), "What was the socket or file, or None."),
    attribute("_sock", |_, value| Ok(of(value).file.get()), "The socket or file, or None."),
    attribute(
        "_sock_fd",
        |_, value| Ok(Value::small(of(value).endpoint.number.get() as i64)),
        "The descriptor, or -1.",
    ),
    attribute("_names", |cx, value| Ok(of(value).endpoint.names(cx)), "The addresses of both ends, or None for each."),
    attribute("_server", |_, value| Ok(of(value).server.get()), "The server that accepted it, or None."),
    attribute("_conn_lost", |_, value| Ok(Value::small(of(value).lost.get() as i64)), "How often it was found lost."),
    attribute("_eof", |_, value| Ok(Value::bool(of(value).is_ended.get())), "Is the writing half to be closed?"),
    attribute("_paused", |_, value| Ok(Value::bool(of(value).is_paused.get())), "Does reading rest?"),
    attribute("_is_encrypted", |_, value| Ok(Value::bool(of(value).is_encrypted())), "Is there a TLS session?"),
    attribute("_is_made", |_, value| Ok(Value::bool(of(value).is_made())), "Has the protocol heard of it?"),
    attribute("_closing", |_, value| Ok(Value::bool(of(value).is_closing.get())), "Is it closing?"),
];

/// What a transport keeps.
pub struct Transport {
    pub(super) event_loop: Ref<EventLoop>,
    /// The object the descriptor belongs to, or None.
    file: Cell<Value>,
    /// The same once it is closed.
    closed_file: Cell<Value>,
    /// A StreamWriter sees to its being closed.
    pub(super) is_held: Cell<bool>,
    endpoint: Endpoint,
    /// The TLS session that everything goes through, if there is one.
    pub(super) encryption: OnceCell<Box<Encryption>>,
    pub(super) protocol: Cell<Value>,
    server: Cell<Value>,
    /// What is still to be written to the descriptor.
    outgoing: RefCell<Buffer>,
    /// How much that may be.
    pub(super) water_marks: WaterMarks,
    /// `close` or `abort` was called, or it failed.
    pub(super) is_closing: Cell<bool>,
    /// `pause_reading` was called.
    pub(super) is_paused: Cell<bool>,
    /// The protocol has been told to pause writing.
    is_protocol_paused: Cell<bool>,
    /// `write_eof` was called.
    is_ended: Cell<bool>,
    /// How often the connection was found lost: writing then does nothing.
    pub(super) lost: Cell<u32>,
}

impl Data for Transport {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        for cell in [&self.file, &self.closed_file, &self.protocol, &self.server] {
            marker.cell(cell);
        }
        if let Some(encryption) = self.encryption.get() {
            encryption.trace(marker);
        }
    }

    fn is_resource(&self) -> bool {
        true
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    let base = bases::class(cx, bases::TRANSPORT);
    super::install_class(cx, module, CLASS, &[base], METHODS, ATTRIBUTES);
}

/// The transport that the receiver of a method or attribute is.
pub(super) fn of(value: Value) -> Of<Transport> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = super::subclass(cx, args.get(0), CLASS)?;
    let Some(event_loop) = args.get(1).get::<EventLoop>() else {
        return Err(cx.type_error("the first argument must be an event loop"));
    };
    let Index(number) = Index::from_value(cx, args.get(3), 3)?;
    let transport = Transport {
        event_loop,
        file: Cell::new(args.get(2)),
        closed_file: Cell::new(Value::NONE),
        is_held: Cell::new(false),
        endpoint: Endpoint::new(number as RawFd, args.get(6) == Value::TRUE),
        encryption: OnceCell::new(),
        protocol: Cell::new(args.get(4)),
        server: Cell::new(args.get(5)),
        outgoing: RefCell::default(),
        water_marks: WaterMarks::new(WaterMarks::PLAIN),
        is_closing: Cell::new(false),
        is_paused: Cell::new(false),
        is_protocol_paused: Cell::new(false),
        is_ended: Cell::new(false),
        lost: Cell::new(0),
    };
    if let Some(socket) = Of::<Socket>::from(args.get(2)) {
        socket.is_held.set(true);
    }
    Ok(Extension::allocate(cx, class, transport))
}

fn delete(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    match transport.file.get().is_none() || transport.is_held.get() {
        true => Ok(Value::NONE),
        false => Err(Stop::Half),
    }
}

/// What has to be called for a transport, in the turn it is ready in.
pub enum Upcall {
    /// Nothing.
    None,
    /// A method of the protocol; its script half sees to what it raises.
    Call(Call),
}

impl Of<Transport> {
    /// The loop it belongs to.
    pub fn event_loop(&self) -> Ref<EventLoop> {
        self.event_loop
    }

    /// What comes in goes to another protocol from now on; the one before is given back.
    pub fn replace_protocol(&self, protocol: Value) -> Value {
        self.protocol.replace(protocol)
    }

    // ----- watching

    pub(super) fn watch(&self, cx: &mut Context, direction: Direction) -> io::Result<()> {
        cx.descriptors.watch(self.endpoint.number.get(), direction, Watcher::Stream(self.value()))
    }

    pub(super) fn unwatch(&self, cx: &Context, direction: Direction) {
        cx.descriptors.unwatch(self.endpoint.number.get(), direction);
    }

    /// Is the descriptor to be read?
    pub(super) fn reads(&self) -> bool {
        match self.encryption.get() {
            _ if self.lost.get() > 0 => false,
            None => !self.is_paused.get() && !self.is_closing.get(),
            Some(encryption) => encryption.reads(self.is_paused.get()),
        }
    }

    /// Read no more for now.
    pub fn pause_reading(&self, cx: &Context) {
        if !self.is_closing.get() && !self.is_paused.replace(true) && !self.reads() {
            self.unwatch(cx, Direction::Read);
        }
    }

    /// Read again.
    pub fn resume_reading(&self, cx: &mut Context) {
        if !self.is_closing.get() && self.is_paused.replace(false) {
            let _ = self.watch(cx, Direction::Read);
            if self.encryption.get().is_some_and(|encryption| encryption.has_news()) {
                self.is_ready(Direction::Read);
            }
        }
    }

    /// The descriptor is ready for a direction: in its turn that is seen to.
    pub fn is_ready(&self, direction: Direction) {
        self.event_loop.push(Entry::Ready { transport: self.object, direction });
    }

    // ----- reading

    /// The descriptor is ready for a direction.
    pub fn ready(&self, cx: &mut Context, direction: Direction) -> Upcall {
        if self.endpoint.number.get() < 0 {
            return Upcall::None;
        }
        match direction {
            Direction::Read => self.read(cx),
            Direction::Write => self.flush(cx),
        }
    }

    fn read(&self, cx: &mut Context) -> Upcall {
        if !self.reads() {
            return Upcall::None;
        }
        let mut received_into = std::mem::take(&mut cx.received);
        received_into.resize(READ_SIZE, 0);
        let received = self.endpoint.receive(&mut received_into);
        let upcall = match (received, self.encryption.get()) {
            (Ok(0), None) => self.end(cx),
            (Ok(count), None) => self.deliver(cx, &received_into[..count]),
            (Ok(count), Some(encryption)) => {
                encryption.feed(&received_into[..count]);
                self.advance(cx)
            }
            (Err(error), _) if is_temporary(&error) => self.advance(cx),
            (Err(error), _) => self.broken(cx, &error),
        };
        cx.received = received_into;
        upcall
    }

    /// The protocol gets bytes that have come in.
    pub(super) fn deliver(&self, cx: &mut Context, bytes: &[u8]) -> Upcall {
        let protocol = self.protocol.get();
        let object = protocol.get::<Extension>();
        if let Some(native) = object.as_ref().and_then(|object| object.data.protocol()) {
            native.received(cx, bytes);
            return Upcall::None;
        }
        let bytes = Bytes::allocate(cx, bytes);
        self.upcall(cx, "transport_received", &[self.value(), protocol, bytes])
    }

    /// The other end writes no more. A TLS session is then closed, whatever the protocol wants.
    pub(super) fn end(&self, cx: &mut Context) -> Upcall {
        let protocol = self.protocol.get();
        let object = protocol.get::<Extension>();
        match object.as_ref().and_then(|object| object.data.protocol()) {
            Some(native) => {
                match native.ended(cx) && !self.is_encrypted() {
                    true => self.unwatch(cx, Direction::Read),
                    false => self.close(cx),
                }
                Upcall::None
            }
            None => self.upcall(cx, "transport_ended", &[self.value(), protocol]),
        }
    }

    pub(super) fn upcall(&self, cx: &mut Context, half: &str, args: &[Value]) -> Upcall {
        match call_half(cx, half, args) {
            Stop::Call(call) => Upcall::Call(*call),
            _ => Upcall::None,
        }
    }

    // ----- writing

    /// Writes what is still to be written, as far as that goes.
    fn flush(&self, cx: &mut Context) -> Upcall {
        if self.lost.get() > 0 {
            return Upcall::None;
        }
        let sent = {
            let mut outgoing = self.outgoing.borrow_mut();
            let sent = self.endpoint.transmit(outgoing.bytes());
            if let Ok(count) = sent {
                outgoing.skip(count);
            }
            sent
        };
        match sent {
            Err(error) if is_temporary(&error) => return Upcall::None,
            Err(error) => {
                self.outgoing.borrow_mut().clear();
                return self.broken(cx, &error);
            }
            Ok(_) => {}
        }
        let upcall = self.resume_protocol(cx);
        if self.outgoing.borrow().is_empty() {
            self.unwatch(cx, Direction::Write);
            if self.is_closing.get() {
                self.lose_if_done(cx);
            } else if self.is_ended.get() {
                self.endpoint.shut_writing();
            }
        }
        upcall
    }

    /// `write(data)`: true if the protocol must be told to pause.
    pub fn write(&self, cx: &mut Context, bytes: &[u8]) -> Result<bool, Stop> {
        if self.is_ended.get() {
            return Err(cx.runtime_error("Cannot call write() after write_eof()"));
        }
        if bytes.is_empty() || self.endpoint.number.get() < 0 {
            return Ok(false);
        }
        if self.lost.get() > 0 {
            self.lost.set(self.lost.get().saturating_add(1));
            return Ok(false);
        }
        let is_sent = match self.encryption.get() {
            None => self.send(cx, bytes)?,
            Some(encryption) => self.send_encrypted(cx, encryption, bytes)?,
        };
        Ok(!is_sent && self.pauses_protocol(cx))
    }

    /// Writes bytes to the descriptor, as far as that goes, and keeps the rest: true if there is none.
    pub(super) fn send(&self, cx: &mut Context, bytes: &[u8]) -> Result<bool, Stop> {
        let mut left = bytes;
        if self.outgoing.borrow().is_empty() {
            match self.endpoint.transmit(bytes) {
                Ok(count) => left = &bytes[count..],
                Err(error) if is_temporary(&error) => {}
                Err(error) => {
                    self.broken(cx, &error);
                    return Ok(true);
                }
            }
            if left.is_empty() {
                return Ok(true);
            }
            if let Err(error) = self.watch(cx, Direction::Write) {
                return Err(os_error(cx, &error, Value::UNBOUND));
            }
        }
        self.outgoing.borrow_mut().push(left);
        cx.charge(left.len());
        Ok(false)
    }

    /// The protocol is to pause if there is too much to be written: true if it is one of a script.
    fn pauses_protocol(&self, cx: &mut Context) -> bool {
        if self.outgoing.borrow().len() <= self.water_marks.high.get() || self.is_protocol_paused.replace(true) {
            return false;
        }
        let object = self.protocol.get().get::<Extension>();
        match object.as_ref().and_then(|object| object.data.protocol()) {
            Some(native) => {
                native.pause_writing(cx);
                false
            }
            None => true,
        }
    }

    fn resume_protocol(&self, cx: &mut Context) -> Upcall {
        if !self.is_protocol_paused.get() || self.outgoing.borrow().len() > self.water_marks.low.get() {
            return Upcall::None;
        }
        self.is_protocol_paused.set(false);
        let object = self.protocol.get().get::<Extension>();
        match object.as_ref().and_then(|object| object.data.protocol()) {
            Some(native) => {
                native.resume_writing(cx);
                Upcall::None
            }
            None => self.upcall(cx, "transport_resumes", &[self.value(), self.protocol.get()]),
        }
    }

    // ----- closing

    /// Closes after what is to be written.
    pub fn close(&self, cx: &mut Context) {
        if self.is_closing.get() {
            return;
        }
        if let Some(encryption) = self.encryption.get() {
            return self.close_encrypted(cx, encryption);
        }
        self.is_closing.set(true);
        self.close_descriptor(cx);
    }

    /// Nothing is read any more, and after what is to be written the connection is lost.
    pub(super) fn close_descriptor(&self, cx: &mut Context) {
        self.unwatch(cx, Direction::Read);
        if self.outgoing.borrow().is_empty() {
            self.unwatch(cx, Direction::Write);
            self.lose(cx, Value::NONE);
        }
    }

    /// What was to be written before the end is written: unless the other end has something to say yet, this is it.
    fn lose_if_done(&self, cx: &mut Context) {
        if self.encryption.get().is_none_or(|encryption| encryption.is_closed()) {
            self.lose(cx, Value::NONE);
        }
    }

    /// Closes at once.
    pub fn force_close(&self, cx: &mut Context, exception: Value) {
        if self.lost.get() > 0 {
            return;
        }
        if !self.outgoing.borrow().is_empty() {
            self.outgoing.borrow_mut().clear();
            self.unwatch(cx, Direction::Write);
        }
        if !self.is_closing.replace(true) {
            self.unwatch(cx, Direction::Read);
        }
        self.lose(cx, exception);
    }

    /// The connection is lost: the protocol is told in the next turn, and then the descriptor is closed.
    fn lose(&self, cx: &mut Context, exception: Value) {
        self.lost.set(self.lost.get() + 1);
        if let Stop::Call(call) = call_half(cx, "transport_lost", &[self.value(), exception]) {
            let args = cx.tuple(&call.args);
            let handle = Handle::allocate(cx, self.event_loop, call.callee, args, Value::NONE, None);
            self.event_loop.push(Entry::Call(handle));
        }
        if let Some(encryption) = self.encryption.get() {
            encryption.end(cx, exception);
        }
    }

    /// A call of the system has failed: the protocol is told with the loss of the connection.
    fn broken(&self, cx: &mut Context, error: &io::Error) -> Upcall {
        if let Stop::Raise(exception) = os_error(cx, error, Value::UNBOUND) {
            self.force_close(cx, exception);
        }
        Upcall::None
    }
}

// ----- methods

/// Writes what a writer or a script gives.
pub(super) fn write_value(cx: &mut Context, transport: &Of<Transport>, data: Value) -> Result<Value, Stop> {
    let pauses = match data.get::<Bytes>() {
        // The usual case is not copied.
        Some(bytes) => transport.write(cx, bytes.bytes())?,
        None => match gathered_bytes(&data) {
            Some(bytes) => transport.write(cx, &bytes)?,
            None => {
                let found = cx.type_name(data);
                let message = format!("data argument must be a bytes, bytearray, or memoryview object, not '{found}'");
                return Err(cx.type_error(message));
            }
        },
    };
    match pauses {
        true => Err(call_half(cx, "transport_pauses", &[transport.value(), transport.protocol.get()])),
        false => Ok(Value::NONE),
    }
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    write_value(cx, &of(args.get(0)), args.get(1))
}

fn write_eof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    end_writing(cx, &of(args.get(0)))
}

/// Closes the writing half after what is to be written. A TLS session has no half that could be closed.
pub(super) fn end_writing(cx: &mut Context, transport: &Of<Transport>) -> Result<Value, Stop> {
    if transport.is_encrypted() {
        return Err(cx.error_with(LayoutId::NOT_IMPLEMENTED_ERROR, &[]));
    }
    if !transport.is_closing.get() && !transport.is_ended.replace(true) && transport.outgoing.borrow().is_empty() {
        transport.endpoint.shut_writing();
    }
    Ok(Value::NONE)
}

fn can_write_eof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    Ok(Value::bool(transport.endpoint.is_socket && !transport.is_encrypted()))
}

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).close(cx);
    Ok(Value::NONE)
}

fn abort(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).force_close(cx, Value::NONE);
    Ok(Value::NONE)
}

fn fail_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    if let Some(encryption) = transport.encryption.get() {
        // The peer may be told why.
        transport.send_output(cx, encryption);
    }
    transport.force_close(cx, args.get(1));
    Ok(Value::NONE)
}

fn is_closing(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_closing.get()))
}

impl Of<Transport> {
    /// Is it closing or closed?
    pub fn closes(&self) -> bool {
        self.is_closing.get()
    }
}

fn pause_reading(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).pause_reading(cx);
    Ok(Value::NONE)
}

fn resume_reading(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).resume_reading(cx);
    Ok(Value::NONE)
}

fn is_reading(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    Ok(Value::bool(!transport.is_closing.get() && !transport.is_paused.get()))
}

fn get_write_buffer_size(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(of(args.get(0)).outgoing.borrow().len() as i64))
}

fn get_write_buffer_limits(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).water_marks.to_tuple(cx))
}

fn set_write_buffer_limits(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    let usual = if transport.is_encrypted() { WaterMarks::ENCRYPTED } else { WaterMarks::PLAIN };
    transport.water_marks.set(cx, args, usual)?;
    match transport.pauses_protocol(cx) {
        true => Err(call_half(cx, "transport_pauses", &[transport.value(), transport.protocol.get()])),
        false => Ok(Value::NONE),
    }
}

fn get_protocol(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).protocol.get())
}

fn set_protocol(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).protocol.set(args.get(1));
    Ok(Value::NONE)
}

fn begin(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    if !transport.reads() || transport.endpoint.number.get() < 0 {
        return Ok(Value::NONE);
    }
    match transport.watch(cx, Direction::Read) {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn end_reading(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).unwatch(cx, Direction::Read);
    Ok(Value::NONE)
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    for direction in Direction::BOTH {
        transport.unwatch(cx, direction);
    }
    transport.endpoint.number.set(-1);
    let file = transport.file.replace(Value::NONE);
    transport.closed_file.set(file);
    Ok(file)
}
