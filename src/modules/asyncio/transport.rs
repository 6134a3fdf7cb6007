//! The transport of a stream: a descriptor that is read when there is something to read, and written at once as far
//! as that goes.
//!
//! What comes in goes to the protocol: into the reader of a `StreamReaderProtocol` without any call, else by the
//! methods that protocols of scripts have. What cannot be written yet stays here, and the protocol is told when that
//! is too much (`pause_writing`) and when it is over.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::RawFd;

use crate::modules::asyncio::bases;
use crate::modules::asyncio::buffer::Buffer;
use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::stream_protocol::StreamProtocol;
use crate::object::arguments::Index;
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::descriptors::{Direction, Watcher};
use crate::object::event_loop::{Entry, EventLoop, Handle};
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::{call_half, half};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::module::Module;
use crate::object::native::{Args, Call, Declaration, FromValue, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::value::Value;

const CLASS: &str = "asyncio.selector_events._SelectorSocketTransport";
/// Read at once at most.
const READ_SIZE: usize = 256 * 1024;
/// Unwritten bytes beyond which the protocol is to pause.
const HIGH_WATER: usize = 64 * 1024;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, loop, file, number, protocol, server, is_socket, /)", new, "A connection as a transport."),
    plain("__init__(self, /, *args)", bases::nothing, "Initialize self."),
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
    plain("_end(self, /)", end_reading, "Read no more, since the other end writes no more."),
    plain("_fail(self, exception, /)", fail_method, "Close at once because of an error."),
    plain("_release(self, /)", release, "Let the descriptor go; return what it belonged to."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_loop", |_, value| Ok(of(value).event_loop.value()), "The loop."),
    attribute("_sock", |_, value| Ok(of(value).file.get()), "The socket or file, or None."),
    attribute("_sock_fd", |_, value| Ok(Value::small(of(value).number.get() as i64)), "The descriptor, or -1."),
    attribute("_server", |_, value| Ok(of(value).server.get()), "The server that accepted it, or None."),
    attribute("_conn_lost", |_, value| Ok(Value::small(of(value).lost.get() as i64)), "How often it was found lost."),
    attribute("_eof", |_, value| Ok(Value::bool(of(value).is_ended.get())), "Is the writing half to be closed?"),
    attribute("_paused", |_, value| Ok(Value::bool(of(value).is_paused.get())), "Does reading rest?"),
    attribute("_closing", |_, value| Ok(Value::bool(of(value).is_closing.get())), "Is it closing?"),
];

/// What a transport keeps.
pub struct Transport {
    event_loop: Ref<EventLoop>,
    /// The object the descriptor belongs to, or None.
    file: Cell<Value>,
    /// The descriptor, -1 once it is closed.
    number: Cell<RawFd>,
    /// It is a socket, which can be shut down half by half; else a pipe or terminal.
    is_socket: bool,
    protocol: Cell<Value>,
    server: Cell<Value>,
    outgoing: RefCell<Buffer>,
    high: Cell<usize>,
    low: Cell<usize>,
    /// `close` or `abort` was called, or it failed.
    is_closing: Cell<bool>,
    /// `pause_reading` was called.
    is_paused: Cell<bool>,
    /// The protocol has been told to pause writing.
    is_protocol_paused: Cell<bool>,
    /// `write_eof` was called.
    is_ended: Cell<bool>,
    /// How often the connection was found lost: writing then does nothing.
    lost: Cell<u32>,
}

impl Data for Transport {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        for cell in [&self.file, &self.protocol, &self.server] {
            marker.cell(cell);
        }
    }
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    let base = bases::class(cx, bases::TRANSPORT);
    super::install_class(cx, module, CLASS, &[base], METHODS, ATTRIBUTES);
}

/// The transport that the receiver of a method or attribute is.
fn of(value: Value) -> Of<Transport> {
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
        number: Cell::new(number as RawFd),
        is_socket: args.get(6) == Value::TRUE,
        protocol: Cell::new(args.get(4)),
        server: Cell::new(args.get(5)),
        outgoing: RefCell::default(),
        high: Cell::new(HIGH_WATER),
        low: Cell::new(HIGH_WATER / 4),
        is_closing: Cell::new(false),
        is_paused: Cell::new(false),
        is_protocol_paused: Cell::new(false),
        is_ended: Cell::new(false),
        lost: Cell::new(0),
    };
    Ok(Extension::allocate(cx, class, transport))
}

/// What has to be called for a transport, in the turn it is ready in.
pub enum Upcall {
    /// Nothing.
    None,
    /// A method of the protocol; its script half sees to what it raises.
    Call(Call),
}

impl Of<Transport> {
    // ----- system calls

    fn receive(&self, into: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the call writes at most as many bytes as the slice has.
        let count = unsafe {
            match self.is_socket {
                true => libc::recv(self.number.get(), into.as_mut_ptr().cast(), into.len(), libc::MSG_DONTWAIT),
                false => libc::read(self.number.get(), into.as_mut_ptr().cast(), into.len()),
            }
        };
        if count < 0 { Err(io::Error::last_os_error()) } else { Ok(count as usize) }
    }

    fn transmit(&self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        #[cfg(not(target_os = "linux"))]
        const FLAGS: i32 = libc::MSG_DONTWAIT;
        // SAFETY: the call reads as many bytes as the slice has.
        let count = unsafe {
            match self.is_socket {
                true => libc::send(self.number.get(), bytes.as_ptr().cast(), bytes.len(), FLAGS),
                false => libc::write(self.number.get(), bytes.as_ptr().cast(), bytes.len()),
            }
        };
        if count < 0 { Err(io::Error::last_os_error()) } else { Ok(count as usize) }
    }

    // ----- watching

    fn watch(&self, cx: &mut Context, direction: Direction) -> io::Result<()> {
        cx.descriptors.watch(self.number.get(), direction, Watcher::Stream(self.value()))
    }

    fn unwatch(&self, cx: &Context, direction: Direction) {
        cx.descriptors.unwatch(self.number.get(), direction);
    }

    /// Read no more for now.
    pub fn pause_reading(&self, cx: &Context) {
        if !self.is_closing.get() && !self.is_paused.replace(true) {
            self.unwatch(cx, Direction::Read);
        }
    }

    /// Read again.
    pub fn resume_reading(&self, cx: &mut Context) {
        if !self.is_closing.get() && self.is_paused.replace(false) {
            let _ = self.watch(cx, Direction::Read);
        }
    }

    /// The descriptor is ready for a direction: in its turn that is seen to.
    pub fn is_ready(&self, direction: Direction) {
        self.event_loop.push(Entry::Ready { transport: self.object, direction });
    }

    // ----- reading

    /// The descriptor is ready for a direction.
    pub fn ready(&self, cx: &mut Context, direction: Direction) -> Upcall {
        if self.number.get() < 0 {
            return Upcall::None;
        }
        match direction {
            Direction::Read => self.read(cx),
            Direction::Write => self.flush(cx),
        }
    }

    fn read(&self, cx: &mut Context) -> Upcall {
        if self.lost.get() > 0 || self.is_paused.get() || self.is_closing.get() {
            return Upcall::None;
        }
        let mut received_into = std::mem::take(&mut cx.received);
        received_into.resize(READ_SIZE, 0);
        let received = self.receive(&mut received_into);
        let upcall = match received {
            Ok(0) => self.end(cx),
            Ok(count) => self.deliver(cx, &received_into[..count]),
            Err(error) if is_temporary(&error) => Upcall::None,
            // A terminal whose other end is closed.
            Err(error) if !self.is_socket && error.raw_os_error() == Some(libc::EIO) => self.end(cx),
            Err(error) => self.broken(cx, &error),
        };
        cx.received = received_into;
        upcall
    }

    fn deliver(&self, cx: &mut Context, bytes: &[u8]) -> Upcall {
        let protocol = self.protocol.get();
        if let Some(stream) = Of::<StreamProtocol>::from(protocol) {
            stream.received(cx, bytes);
            return Upcall::None;
        }
        let bytes = Bytes::allocate(cx, bytes);
        self.upcall(cx, "transport_received", &[self.value(), protocol, bytes])
    }

    /// The other end writes no more.
    fn end(&self, cx: &mut Context) -> Upcall {
        let protocol = self.protocol.get();
        match Of::<StreamProtocol>::from(protocol) {
            Some(stream) => {
                match stream.ended(cx) {
                    true => self.unwatch(cx, Direction::Read),
                    false => self.close(cx),
                }
                Upcall::None
            }
            None => self.upcall(cx, "transport_ended", &[self.value(), protocol]),
        }
    }

    fn upcall(&self, cx: &mut Context, half: &str, args: &[Value]) -> Upcall {
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
            let sent = self.transmit(outgoing.bytes());
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
                self.lose(cx, Value::NONE);
            } else if self.is_ended.get() {
                self.shut_writing();
            }
        }
        upcall
    }

    /// `write(data)`: true if the protocol must be told to pause.
    fn write(&self, cx: &mut Context, bytes: &[u8]) -> Result<bool, Stop> {
        if self.is_ended.get() {
            return Err(cx.runtime_error("Cannot call write() after write_eof()"));
        }
        if bytes.is_empty() || self.number.get() < 0 {
            return Ok(false);
        }
        if self.lost.get() > 0 {
            self.lost.set(self.lost.get().saturating_add(1));
            return Ok(false);
        }
        let mut left = bytes;
        if self.outgoing.borrow().is_empty() {
            match self.transmit(bytes) {
                Ok(count) => left = &bytes[count..],
                Err(error) if is_temporary(&error) => {}
                Err(error) => {
                    self.broken(cx, &error);
                    return Ok(false);
                }
            }
            if left.is_empty() {
                return Ok(false);
            }
            if let Err(error) = self.watch(cx, Direction::Write) {
                return Err(os_error(cx, &error, Value::UNBOUND));
            }
        }
        self.outgoing.borrow_mut().push(left);
        cx.charge(left.len());
        Ok(self.pauses_protocol(cx))
    }

    /// The protocol is to pause if there is too much to be written: true if it is one of a script.
    fn pauses_protocol(&self, cx: &mut Context) -> bool {
        if self.outgoing.borrow().len() <= self.high.get() || self.is_protocol_paused.replace(true) {
            return false;
        }
        match Of::<StreamProtocol>::from(self.protocol.get()) {
            Some(stream) => {
                stream.pause(cx);
                false
            }
            None => true,
        }
    }

    fn resume_protocol(&self, cx: &mut Context) -> Upcall {
        if !self.is_protocol_paused.get() || self.outgoing.borrow().len() > self.low.get() {
            return Upcall::None;
        }
        self.is_protocol_paused.set(false);
        match Of::<StreamProtocol>::from(self.protocol.get()) {
            Some(stream) => {
                stream.resume(cx);
                Upcall::None
            }
            None => self.upcall(cx, "transport_resumes", &[self.value(), self.protocol.get()]),
        }
    }

    fn shut_writing(&self) {
        if self.is_socket {
            // SAFETY: the call takes numbers. Where it fails the connection is gone already.
            unsafe { libc::shutdown(self.number.get(), libc::SHUT_WR) };
        }
    }

    // ----- closing

    /// Closes after what is to be written.
    pub(super) fn close(&self, cx: &mut Context) {
        if self.is_closing.replace(true) {
            return;
        }
        self.unwatch(cx, Direction::Read);
        if self.outgoing.borrow().is_empty() {
            self.unwatch(cx, Direction::Write);
            self.lose(cx, Value::NONE);
        }
    }

    /// Closes at once.
    fn force_close(&self, cx: &mut Context, exception: Value) {
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
    }

    /// A call of the system has failed: the protocol is told with the loss of the connection.
    fn broken(&self, cx: &mut Context, error: &io::Error) -> Upcall {
        if let Stop::Raise(exception) = os_error(cx, error, Value::UNBOUND) {
            self.force_close(cx, exception);
        }
        Upcall::None
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

// ----- methods

/// Writes what a writer or a script gives.
pub(super) fn write_value(cx: &mut Context, transport: &Of<Transport>, data: Value) -> Result<Value, Stop> {
    let pauses = match data.get::<Bytes>() {
        // The usual case is not copied.
        Some(bytes) => transport.write(cx, bytes.bytes())?,
        None => match bytes_of(&data) {
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
    end_writing(cx, &of(args.get(0)));
    Ok(Value::NONE)
}

/// Closes the writing half after what is to be written.
pub(super) fn end_writing(_: &mut Context, transport: &Of<Transport>) {
    if transport.is_closing.get() || transport.is_ended.replace(true) {
        return;
    }
    if transport.outgoing.borrow().is_empty() {
        transport.shut_writing();
    }
}

fn can_write_eof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_socket))
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
    of(args.get(0)).force_close(cx, args.get(1));
    Ok(Value::NONE)
}

fn is_closing(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_closing.get()))
}

impl Of<Transport> {
    /// Is it closing or closed?
    pub(super) fn closes(&self) -> bool {
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
    let transport = of(args.get(0));
    let limits = [&transport.low, &transport.high].map(|limit| Value::small(limit.get() as i64));
    Ok(cx.tuple(&limits))
}

fn set_write_buffer_limits(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    let mut given = [None; 2];
    for (limit, position) in given.iter_mut().zip([1, 2]) {
        if !args.get(position).is_none() {
            *limit = Some(Index::from_value(cx, args.get(position), position)?.0);
        }
    }
    let high = given[0].unwrap_or_else(|| given[1].map_or(HIGH_WATER as i64, |low| low.saturating_mul(4)));
    let low = given[1].unwrap_or(high / 4);
    if !(0 <= low && low <= high) {
        return Err(cx.value_error(format!("high ({high}) must be >= low ({low}) must be >= 0")));
    }
    transport.high.set(high as usize);
    transport.low.set(low as usize);
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
    if transport.is_closing.get() || transport.is_paused.get() || transport.number.get() < 0 {
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
    transport.number.set(-1);
    Ok(transport.file.replace(Value::NONE))
}
