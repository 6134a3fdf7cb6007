//! Addresses of a socket and its connections: `bind`, `listen`, `accept`, `connect`, `shutdown`, `socketpair`.

use std::io;

use socket2::{Domain, Protocol, SockAddr, Type};

use crate::modules::socket::address::{Asked, address_value, int_argument};
use crate::modules::socket::body::{Socket, with_descriptor, without_waiting};
use crate::modules::socket::class::{make, this, without_flags};
use crate::modules::socket::lookup::address_from_bytes;
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::native::{Args, Stop};
use crate::object::os_error::os_error;
use crate::object::value::Value;

/// `bind(address)`
pub fn bind(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let asked = Asked {
        function: "bind",
        family: socket.family.get(),
        value: args.get(1),
        fetched: args.behind(2),
        is_connected: false,
    };
    let address = asked.address(cx)?;
    socket.checked(cx, |socket| socket.bind(&address))?;
    cx.descriptors.learn_name(socket.number());
    Ok(Value::NONE)
}

/// `listen(backlog)`
pub fn listen(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let backlog = int_argument(cx, args.get(1), 1)?.max(0);
    socket.checked(cx, |socket| socket.listen(backlog))?;
    cx.descriptors.learn_name(socket.number());
    Ok(Value::NONE)
}

/// `accept()`
pub fn accept(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let take = || {
        socket.call(|socket| {
            let (accepted, address) = socket.accept()?;
            Ok((without_waiting(accepted)?, address))
        })
    };
    match with_descriptor(cx, take) {
        Ok((number, address)) => {
            let made = make(cx, number, [socket.family.get(), socket.kind.get(), socket.protocol.get()]);
            let address = address_value(cx, &address);
            // The other end of a connection of the file system has mostly no name.
            let address = if address.is_none() { cx.empty_string } else { address };
            Ok(cx.tuple(&[made, address]))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(socket.wait(cx, Direction::Read, Value::UNBOUND))
        }
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

/// How far connecting has come.
enum Connecting {
    Done,
    Failed(io::Error),
    /// It goes on while nobody waits for it, or while the native waits.
    UnderWay,
}

/// Begins to connect, or looks what has become of it when the native is called again.
fn advance(cx: &mut Context, socket: &Socket, args: Args<'_>, function: &str) -> Result<Connecting, Stop> {
    if args.behind(2) == Some(Value::TRUE) {
        return Ok(match socket.call(|socket| socket.take_error()) {
            Ok(None) => Connecting::Done,
            Ok(Some(error)) | Err(error) => {
                disconnect(socket);
                Connecting::Failed(error)
            }
        });
    }
    let asked = Asked {
        function,
        family: socket.family.get(),
        value: args.get(1),
        fetched: args.behind(2),
        is_connected: true,
    };
    let address = asked.address(cx)?;
    let result = connect_to(cx, socket, &address);
    Ok(match result {
        Ok(()) => Connecting::Done,
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Connecting::UnderWay,
        // Ctrl-C ends the call, and the system goes on connecting.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Connecting::UnderWay,
        Err(error) => Connecting::Failed(error),
    })
}

/// A socket that could not be connected is as new: this system lets it know by the next call only.
#[cfg(target_os = "linux")]
fn disconnect(socket: &Socket) {
    // An address of no family.
    if let Some(nowhere) = address_from_bytes(&[0; size_of::<libc::sockaddr>()]) {
        let _ = socket.call(|socket| socket.connect(&nowhere));
    }
}

#[cfg(not(target_os = "linux"))]
fn disconnect(_: &Socket) {}

/// Connects to an address; an error says that it is under way.
pub fn connect_to(cx: &mut Context, socket: &Socket, address: &SockAddr) -> io::Result<()> {
    let result = socket.call(|socket| socket.connect(address));
    cx.descriptors.learn_name(socket.number());
    cx.descriptors.learn_peer(socket.number(), address.as_socket());
    result
}

/// `connect(address)`
pub fn connect(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    match advance(cx, &socket, args, "connect")? {
        Connecting::Done => Ok(Value::NONE),
        Connecting::Failed(error) => Err(os_error(cx, &error, Value::UNBOUND)),
        Connecting::UnderWay if socket.timeout.get() == Some(0) => {
            Err(os_error(cx, &io::Error::from_raw_os_error(libc::EINPROGRESS), Value::UNBOUND))
        }
        Connecting::UnderWay => Err(socket.wait(cx, Direction::Write, Value::TRUE)),
    }
}

/// `connect_ex(address)`
pub fn connect_ex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let number = match advance(cx, &socket, args, "connect_ex")? {
        Connecting::Done => 0,
        Connecting::Failed(error) => error.raw_os_error().unwrap_or(libc::EIO),
        Connecting::UnderWay if socket.timeout.get() == Some(0) => libc::EINPROGRESS,
        Connecting::UnderWay => {
            let otherwise = Value::small(libc::EAGAIN as i64);
            return Err(socket.wait_or(cx, Direction::Write, Value::TRUE, otherwise));
        }
    };
    Ok(Value::small(number as i64))
}

/// `shutdown(how)`
pub fn shutdown(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let how = match int_argument(cx, args.get(1), 1)? {
        libc::SHUT_RD => std::net::Shutdown::Read,
        libc::SHUT_WR => std::net::Shutdown::Write,
        libc::SHUT_RDWR => std::net::Shutdown::Both,
        _ => return Err(os_error(cx, &io::Error::from_raw_os_error(libc::EINVAL), Value::UNBOUND)),
    };
    socket.checked(cx, |socket| socket.shutdown(how))?;
    Ok(Value::NONE)
}

/// `getsockname()`
pub fn getsockname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let address = this(cx, args)?.checked(cx, |socket| socket.local_addr())?;
    Ok(address_value(cx, &address))
}

/// `getpeername()`
pub fn getpeername(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let address = this(cx, args)?.checked(cx, |socket| socket.peer_addr())?;
    Ok(address_value(cx, &address))
}

/// `socketpair(family, type, proto)`
pub fn socketpair(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let family = if args.get(0).is_none() { libc::AF_UNIX } else { int_argument(cx, args.get(0), 0)? };
    let (kind, protocol) = (int_argument(cx, args.get(1), 1)?, int_argument(cx, args.get(2), 2)?);
    let pair = || {
        let given = (protocol != 0).then_some(Protocol::from(protocol));
        let (one, other) = socket2::Socket::pair(Domain::from(family), Type::from(kind), given)?;
        Ok([without_waiting(one)?, without_waiting(other)?])
    };
    match with_descriptor(cx, pair) {
        Ok(numbers) => {
            let pair = numbers.map(|number| make(cx, number, [family, without_flags(kind), protocol]));
            Ok(cx.tuple(&pair))
        }
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}
