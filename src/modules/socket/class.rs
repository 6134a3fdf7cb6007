//! The class `socket`: its table of methods, how its objects are made and closed, and what they say of themselves.
#![allow(unsafe_code)]

use std::os::fd::RawFd;

use socket2::{Domain, Protocol, SockRef, Type};

use crate::modules::socket::address::{address_value, int_argument};
use crate::modules::socket::body::{
    Socket, close as close_descriptor, timeout_argument, timeout_value, with_descriptor, without_waiting,
};
use crate::modules::socket::{connection, message, option, transfer};
use crate::object::arguments::{Truth, finished};
use crate::object::class::{Class, expect_class};
use crate::object::context::Context;
use crate::object::extension::{Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, make_class};
use crate::object::native::{Args, Check, Declaration, FromValue, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::repr;
use crate::object::string::text_of;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A socket that is not open yet."),
    plain("__init__(self, family=-1, type=-1, proto=-1, fileno=None)", init, "Open a socket, or take one over."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__enter__(self, /)", enter, "Return the socket."),
    plain("__exit__(self, /, *args)", exit, "Close the socket."),
    plain("__del__(self, /)", delete, "Close the socket."),
    plain("__getstate__(self, /)", refuse_pickling, "Raise TypeError: a socket cannot be kept elsewhere."),
    plain("accept(self, /)", connection::accept, "Wait for a connection, and return its socket and its address."),
    plain("bind(self, address, /)", connection::bind, "Give the socket an address of this machine."),
    plain("close(self, /)", close, "Close the socket, once the files made of it are closed."),
    plain("connect(self, address, /)", connection::connect, "Connect to an address."),
    plain("connect_ex(self, address, /)", connection::connect_ex, "As connect(), but return an error number."),
    plain("detach(self, /)", detach, "Give up the descriptor, which stays open, and return it."),
    plain("dup(self, /)", dup, "Return another socket for the same connection."),
    plain("fileno(self, /)", fileno, "Return the descriptor, or -1 if the socket is closed."),
    plain("get_inheritable(self, /)", get_inheritable, "Return whether programs that are started get the socket."),
    plain("getblocking(self, /)", getblocking, "Return whether calls may wait."),
    plain("getpeername(self, /)", connection::getpeername, "Return the address of the other end."),
    plain("getsockname(self, /)", connection::getsockname, "Return the address of this end."),
    plain("getsockopt(self, level, option, buflen=0, /)", option::getsockopt, "Return an option, as int or as bytes."),
    plain("gettimeout(self, /)", gettimeout, "Return how many seconds calls may wait; None is without end."),
    plain("listen(self, backlog=128, /)", connection::listen, "Let others connect to the socket."),
    plain(
        "makefile(self, mode='r', buffering=None, *, encoding=None, errors=None, newline=None)",
        crate::object::forward::half,
        "Return a file that reads from the socket or writes to it.",
    ),
    plain("recv(self, bufsize, flags=0, /)", transfer::recv, "Wait for bytes and return at most so many."),
    plain("recv_into(self, buffer, nbytes=0, flags=0)", transfer::recv_into, "As recv(), into a buffer."),
    plain("recvfrom(self, bufsize, flags=0, /)", transfer::recvfrom, "As recv(), with the address of the sender."),
    plain("recvfrom_into(self, buffer, nbytes=0, flags=0)", transfer::recvfrom_into, "As recvfrom(), into a buffer."),
    plain(
        "recvmsg(self, bufsize, ancbufsize=0, flags=0, /)",
        message::recvmsg,
        "As recvfrom(), with control messages and flags.",
    ),
    plain(
        "recvmsg_into(self, buffers, ancbufsize=0, flags=0, /)",
        message::recvmsg_into,
        "As recvmsg(), into several buffers.",
    ),
    plain("send(self, data, flags=0, /)", transfer::send, "Send bytes and return how many of them went."),
    plain("sendall(self, data, flags=0, /)", transfer::sendall, "Send all of the bytes."),
    plain("sendfile(self, file, offset=0, count=None)", crate::object::forward::half, "Send what is in a file."),
    plain(
        "sendmsg(self, buffers, ancdata=(), flags=0, address=None, /)",
        message::sendmsg,
        "Send the bytes of several buffers, with control messages.",
    ),
    plain("sendto(self, data, /, *args)", transfer::sendto, "Send bytes to an address."),
    plain("set_inheritable(self, inheritable, /)", set_inheritable, "Set whether programs that are started get it."),
    plain("setblocking(self, flag, /)", setblocking, "Set whether calls may wait."),
    plain(
        "setsockopt(self, level, option, value=<unset>, optlen=<unset>, /)",
        option::setsockopt,
        "Set an option to an int or to bytes.",
    ),
    plain("settimeout(self, timeout, /)", settimeout, "Set how many seconds calls may wait; None is without end."),
    plain("shutdown(self, how, /)", connection::shutdown, "Close one direction of the connection, or both."),
    plain("_file_opened(self, /)", file_opened, "A file was made of the socket, which it keeps open."),
    plain("_file_closed(self, /)", file_closed, "Such a file was closed."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "family", get: family, set: None, doc: "the family of its addresses" },
    Attribute { name: "type", get: kind, set: None, doc: "the kind of the socket" },
    Attribute { name: "proto", get: protocol, set: None, doc: "the protocol" },
    Attribute { name: "timeout", get: timeout, set: None, doc: "how many seconds calls may wait" },
];

const TABLES: ClassTables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };

const CLASS: &str = "socket.socket";
/// Keys of the dicts of the named numbers that the attributes give, in `Context::module_state`.
pub const FAMILIES: &str = "socket.families";
/// See `FAMILIES`.
pub const KINDS: &str = "socket.kinds";

/// The class, made when it is first needed.
pub fn class(cx: &mut Context) -> Ref<Class> {
    if let Some(class) = cx.module_state.get(CLASS).and_then(|class| class.get()) {
        return class;
    }
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), Class::WEAKLY, &TABLES);
    cx.module_state.insert(CLASS, class.value());
    class
}

/// The socket a method is called on.
pub fn this(cx: &mut Context, args: Args<'_>) -> Result<Of<Socket>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn of(cx: &mut Context, value: Value) -> Result<Of<Socket>, Stop> {
    Of::from_value(cx, value, 0)
}

/// A socket object for a descriptor.
pub fn make(cx: &mut Context, number: RawFd, kinds: [i32; 3]) -> Value {
    let socket = Socket::closed(cx);
    socket.adopt(cx, number, kinds);
    let class = class(cx);
    Extension::allocate(cx, class, socket)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0), "socket.__new__() argument 1 must be a type")?;
    let socket = Socket::closed(cx);
    let socket = Extension::allocate(cx, class, socket);
    Ok(finished(cx, class, socket))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let mut kinds = [0; 3];
    for (index, kind) in kinds.iter_mut().enumerate() {
        *kind = int_argument(cx, args.get(index + 1), index + 1)?;
    }
    let number = match args.get(4) {
        Value::NONE => open(cx, &mut kinds)?,
        value => {
            let number = int_argument(cx, value, 4)?;
            if number < 0 {
                return Err(cx.value_error("negative file descriptor"));
            }
            examine(cx, number, &mut kinds)?;
            number
        }
    };
    socket.adopt(cx, number, kinds);
    Ok(Value::NONE)
}

/// Opens a new socket; what is -1 becomes what is usual.
fn open(cx: &mut Context, kinds: &mut [i32; 3]) -> Result<RawFd, Stop> {
    for (kind, usual) in kinds.iter_mut().zip([libc::AF_INET, libc::SOCK_STREAM, 0]) {
        if *kind == -1 {
            *kind = usual;
        }
    }
    let [family, kind, protocol] = *kinds;
    let socket = || {
        let protocol = (protocol != 0).then_some(Protocol::from(protocol));
        socket2::Socket::new(Domain::from(family), Type::from(kind), protocol).and_then(without_waiting)
    };
    let result = with_descriptor(cx, socket);
    kinds[1] = without_flags(kind);
    result.map_err(|error| os_error(cx, &error, Value::UNBOUND))
}

/// A kind of socket without what is only said of its descriptor.
#[cfg(target_os = "linux")]
pub fn without_flags(kind: i32) -> i32 {
    kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC)
}

/// A kind of socket.
#[cfg(not(target_os = "linux"))]
pub fn without_flags(kind: i32) -> i32 {
    kind
}

/// Finds out what is not said of a descriptor, which must be that of a socket.
fn examine(cx: &mut Context, number: RawFd, kinds: &mut [i32; 3]) -> Result<(), Stop> {
    // SAFETY: the number is not below zero, and a closed descriptor makes the calls fail.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    let socket = SockRef::from(&borrowed);
    let found = socket.local_addr().and_then(|address| {
        let family = address.family() as i32;
        socket.set_nonblocking(true)?;
        Ok([family, i32::from(socket.r#type()?), protocol_of(&socket)])
    });
    let found = found.map_err(|error| os_error(cx, &error, Value::UNBOUND))?;
    for (kind, found) in kinds.iter_mut().zip(found) {
        if *kind == -1 {
            *kind = found;
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn protocol_of(socket: &SockRef<'_>) -> i32 {
    socket.protocol().ok().flatten().map_or(0, i32::from)
}

#[cfg(not(target_os = "linux"))]
fn protocol_of(_: &SockRef<'_>) -> i32 {
    0
}

fn dup(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let copy = with_descriptor(cx, || socket.call(|socket| without_waiting(socket.try_clone()?)));
    let number = copy.map_err(|error| os_error(cx, &error, Value::UNBOUND))?;
    let made = make(cx, number, [socket.family.get(), socket.kind.get(), socket.protocol.get()]);
    of(cx, made)?.timeout.set(socket.timeout.get());
    Ok(made)
}

// ----- closing

fn shut(cx: &mut Context, socket: &Socket) -> Result<Value, Stop> {
    if socket.files.get() > 0 {
        socket.is_closing.set(true);
        return Ok(Value::NONE);
    }
    match socket.shut() {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    socket.is_closing.set(true);
    shut(cx, &socket)
}

fn enter(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !cx.class_of(args.get(0)).has(Class::BUILTIN) {
        // A subclass may close in its own way.
        let name = cx.names.close;
        return Err(cx.call_special(args.get(0), name, &[], Check::None));
    }
    close(cx, args)
}

fn delete(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    match socket.number() >= 0 && !socket.is_held.get() {
        true => Err(Stop::Half),
        false => Ok(Value::NONE),
    }
}

fn detach(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    socket.is_closing.set(true);
    Ok(Value::small(socket.give_away() as i64))
}

fn file_opened(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    socket.files.set(socket.files.get() + 1);
    Ok(Value::NONE)
}

fn file_closed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    socket.files.set(socket.files.get().saturating_sub(1));
    if socket.is_closing.get() { shut(cx, &socket) } else { Ok(Value::NONE) }
}

/// `close(fd)`: closes a descriptor that no object has.
pub fn close_number(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int_argument(cx, args.get(0), 0)?;
    cx.descriptors.forget(number);
    match close_descriptor(number) {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

// ----- what it says of itself

fn fileno(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(this(cx, args)?.number() as i64))
}

fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (class, name) = (cx.class_of(args.get(0)), cx.names.__module__);
    let module = cx.lookup(class, name).map_or(String::new(), text_of);
    let closed = if socket.is_closing.get() { " [closed]" } else { "" };
    let mut text = format!(
        "<{module}.{}{closed} fd={}, family={}, type={}, proto={}",
        text_of(class.qualified_name.get()),
        socket.number(),
        socket.family.get(),
        socket.kind.get(),
        socket.protocol.get()
    );
    let (own, peer) = (socket.call(|socket| socket.local_addr()), socket.call(|socket| socket.peer_addr()));
    for (title, address) in [("laddr", own), ("raddr", peer)] {
        let Ok(address) = address else { continue };
        let address = address_value(cx, &address);
        // An address without a name is not shown.
        if !address.is_none()
            && address != cx.empty_string
            && let Ok(shown) = repr::repr(cx, address)
        {
            text += &format!(", {title}={}", text_of(shown));
        }
    }
    text.push('>');
    Ok(cx.str(&text))
}

fn refuse_pickling(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let found = cx.type_name(args.get(0));
    Err(cx.type_error(format!("cannot pickle '{found}' object")))
}

/// A number as the named one that it has in this module, if the script part has been loaded.
pub fn named(cx: &mut Context, names: &str, number: i32) -> Value {
    let number = Value::small(number as i64);
    let dict = cx.module_state.get(names).and_then(|names| names.get::<crate::object::dict::Dict>());
    let place = dict.and_then(|dict| dict.find_plainly(cx, number));
    match (dict, place) {
        (Some(dict), Some(place)) => dict.entry_value_cell(place).get(),
        _ => number,
    }
}

fn family(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let number = of(cx, value)?.family.get();
    Ok(named(cx, FAMILIES, number))
}

fn kind(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let number = of(cx, value)?.kind.get();
    Ok(named(cx, KINDS, number))
}

fn protocol(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, value)?.protocol.get() as i64))
}

fn timeout(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(timeout_value(of(cx, value)?.timeout.get()))
}

// ----- waiting or not

fn settimeout(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let timeout = timeout_argument(cx, args.get(1), 1)?;
    check_open(cx, &socket)?;
    socket.timeout.set(timeout);
    Ok(Value::NONE)
}

fn gettimeout(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(timeout_value(this(cx, args)?.timeout.get()))
}

fn setblocking(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let is_blocking = Truth::of(cx, args.get(1), 1)?;
    check_open(cx, &socket)?;
    socket.timeout.set(if is_blocking { None } else { Some(0) });
    Ok(Value::NONE)
}

fn getblocking(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(this(cx, args)?.timeout.get() != Some(0)))
}

fn check_open(cx: &mut Context, socket: &Socket) -> Result<(), Stop> {
    socket.checked(cx, |_| Ok(()))
}

fn get_inheritable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let flags = socket.checked(cx, |_| {
        // SAFETY: the call takes numbers.
        match unsafe { libc::fcntl(socket.number(), libc::F_GETFD) } {
            -1 => Err(std::io::Error::last_os_error()),
            flags => Ok(flags),
        }
    })?;
    Ok(Value::bool(flags & libc::FD_CLOEXEC == 0))
}

fn set_inheritable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let is_inheritable = Truth::of(cx, args.get(1), 1)?;
    this(cx, args)?.checked(cx, |socket| socket.set_cloexec(!is_inheritable))?;
    Ok(Value::NONE)
}
