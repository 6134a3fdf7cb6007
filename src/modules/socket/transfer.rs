//! Receiving and sending bytes.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;

use socket2::SockRef;

use crate::modules::buffer::Target;
use crate::modules::socket::address::{Asked, address_value, int_argument};
use crate::modules::socket::body::Socket;
use crate::modules::socket::class::this;
use crate::object::arguments::{Index, has_special, rest};
use crate::object::bytes::{Bytes, MemoryView, bytes_of};
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::integer::Int;
use crate::object::native::{Args, FromValue, Stop, Wish};
use crate::object::os_error::os_error;
use crate::object::signals::is_pending;
use crate::object::value::Value;

/// No signal is wanted where the other end is gone; an error says so.
#[cfg(not(target_vendor = "apple"))]
pub const QUIETLY: i32 = libc::MSG_NOSIGNAL;
/// The sockets themselves are set so.
#[cfg(target_vendor = "apple")]
pub const QUIETLY: i32 = 0;

/// Results of at most so many bytes are read into memory that is kept for it.
const SMALL: usize = 1 << 16;

// ----- arguments

/// The number of bytes wanted.
fn amount(cx: &mut Context, value: Value, position: usize, function: &str) -> Result<usize, Stop> {
    let Index(amount) = Index::from_value(cx, value, position)?;
    usize::try_from(amount).map_err(|_| cx.value_error(format!("negative buffersize in {function}")))
}

/// What bytes are received into: a buffer and how much of it is wanted.
fn room(cx: &mut Context, args: Args<'_>, function: &str) -> Result<(Target, usize), Stop> {
    let target = match Target::of(cx, args.get(1)) {
        Err(Stop::Raise(_)) => {
            let found = cx.type_name(args.get(1));
            let message = format!("{function}() argument 1 must be read-write bytes-like object, not {found}");
            return Err(cx.type_error(message));
        }
        target => target?,
    };
    match amount(cx, args.get(2), 2, function)? {
        0 => {
            let all = target.len();
            Ok((target, all))
        }
        wanted if wanted > target.len() => Err(cx.value_error("buffer too small for requested bytes")),
        wanted => Ok((target, wanted)),
    }
}

/// The bytes of an argument do something to the system; TypeError for what has none.
pub fn with_bytes<T>(
    cx: &mut Context,
    value: Value,
    position: usize,
    work: impl FnOnce(&mut Context, &[u8]) -> Result<T, Stop>,
) -> Result<T, Stop> {
    if let Some(view) = value.get::<MemoryView>() {
        view.check_contiguous(cx)?;
    }
    match bytes_of(&value) {
        Some(bytes) => work(cx, &bytes),
        None if has_special(cx, value, cx.names.__buffer__) => Err(cx.ask(position, Wish::Bytes)),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")))
        }
    }
}

// ----- receiving

/// Memory for so many bytes, which a call of the system fills: the first ones of a vector.
fn receive<T>(
    cx: &mut Context,
    most: usize,
    call: impl FnOnce(&mut Context, &mut [MaybeUninit<u8>]) -> Result<(usize, T), Stop>,
) -> Result<(Vec<u8>, T), Stop> {
    cx.reserve(most)?;
    let mut bytes = if most <= SMALL { std::mem::take(&mut cx.scratch) } else { Vec::new() };
    bytes.clear();
    bytes.reserve_exact(most);
    match call(cx, &mut bytes.spare_capacity_mut()[..most]) {
        Ok((count, other)) => {
            // SAFETY: the system has filled so many bytes of the room it was given.
            unsafe { bytes.set_len(count.min(most)) };
            Ok((bytes, other))
        }
        Err(stop) => {
            give_back(cx, bytes);
            Err(stop)
        }
    }
}

/// Keeps memory for the next time.
fn give_back(cx: &mut Context, mut bytes: Vec<u8>) {
    bytes.clear();
    if bytes.capacity() <= SMALL {
        cx.scratch = bytes;
    }
}

/// What was received, as bytes.
fn received(cx: &mut Context, bytes: Vec<u8>) -> Value {
    if bytes.capacity() > SMALL {
        return Bytes::from_vec(cx, bytes);
    }
    let value = Bytes::allocate(cx, &bytes);
    give_back(cx, bytes);
    value
}

/// `recv(bufsize, flags=0)`
pub fn recv(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (most, flags) = (amount(cx, args.get(1), 1, "recv")?, int_argument(cx, args.get(2), 2)?);
    let (bytes, ()) = receive(cx, most, |cx, room| {
        let count = socket.attempt(cx, Direction::Read, |socket| socket.recv_with_flags(room, flags))?;
        Ok((count, ()))
    })?;
    Ok(received(cx, bytes))
}

/// `recvfrom(bufsize, flags=0)`
pub fn recvfrom(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (most, flags) = (amount(cx, args.get(1), 1, "recvfrom")?, int_argument(cx, args.get(2), 2)?);
    let (bytes, address) = receive(cx, most, |cx, room| {
        socket.attempt(cx, Direction::Read, |socket| socket.recv_from_with_flags(room, flags))
    })?;
    let (bytes, address) = (received(cx, bytes), address_value(cx, &address));
    Ok(cx.tuple(&[bytes, address]))
}

/// `recv_into(buffer, nbytes=0, flags=0)`
pub fn recv_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (target, wanted) = room(cx, args, "recv_into")?;
    let flags = int_argument(cx, args.get(3), 3)?;
    let (bytes, ()) = receive(cx, wanted, |cx, room| {
        let count = socket.attempt(cx, Direction::Read, |socket| socket.recv_with_flags(room, flags))?;
        Ok((count, ()))
    })?;
    target.write(0, &bytes);
    let count = bytes.len();
    give_back(cx, bytes);
    Ok(Value::small(count as i64))
}

/// `recvfrom_into(buffer, nbytes=0, flags=0)`
pub fn recvfrom_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (target, wanted) = room(cx, args, "recvfrom_into")?;
    let flags = int_argument(cx, args.get(3), 3)?;
    let (bytes, address) = receive(cx, wanted, |cx, room| {
        socket.attempt(cx, Direction::Read, |socket| socket.recv_from_with_flags(room, flags))
    })?;
    target.write(0, &bytes);
    let count = Value::small(bytes.len() as i64);
    give_back(cx, bytes);
    let address = address_value(cx, &address);
    Ok(cx.tuple(&[count, address]))
}

// ----- sending

/// `send(data, flags=0)`
pub fn send(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let flags = int_argument(cx, args.get(2), 2)? | QUIETLY;
    let count = with_bytes(cx, args.get(1), 1, |cx, bytes| {
        socket.attempt(cx, Direction::Write, |socket| socket.send_with_flags(bytes, flags))
    })?;
    Ok(Value::small(count as i64))
}

/// `sendall(data, flags=0)`: what stands behind the arguments is how many bytes have gone.
pub fn sendall(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let flags = int_argument(cx, args.get(2), 2)? | QUIETLY;
    let start = args.behind(3).map_or(0, |sent| sent.as_small() as usize);
    with_bytes(cx, args.get(1), 1, |cx, bytes| send_from(cx, &socket, bytes, start, flags))?;
    Ok(Value::NONE)
}

fn send_from(cx: &mut Context, socket: &Socket, bytes: &[u8], start: usize, flags: i32) -> Result<(), Stop> {
    let mut sent = start;
    while sent < bytes.len() {
        match socket.call(|socket| socket.send_with_flags(&bytes[sent..], flags)) {
            // The handlers of signals run in between.
            Ok(count) if is_pending() && socket.timeout.get() != Some(0) && sent + count < bytes.len() => {
                return Err(socket.wait(cx, Direction::Write, Value::small((sent + count) as i64)));
            }
            Ok(count) => sent += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(socket.wait(cx, Direction::Write, Value::small(sent as i64)));
            }
            Err(error) => return Err(os_error(cx, &error, Value::UNBOUND)),
        }
    }
    Ok(())
}

/// `sendto(data, address)` and `sendto(data, flags, address)`
pub fn sendto(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let given = rest(args.get(2));
    let (flags, value) = match given[..] {
        [address] => (0, address),
        [flags, address] if Int::is(flags) => (int_argument(cx, flags, 2)?, address),
        [flags, _] => {
            let found = cx.type_name(flags);
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        _ => {
            let count = given.len() + 1;
            return Err(cx.type_error(format!("sendto() takes 2 or 3 arguments ({count} given)")));
        }
    };
    with_bytes(cx, args.get(1), 1, |_, _| Ok(()))?;
    let family = socket.family.get();
    let asked = Asked { function: "sendto", family, value, fetched: args.behind(3), is_connected: false };
    let address = asked.address(cx)?;
    let call = |socket: &SockRef<'_>, bytes: &[u8]| socket.send_to_with_flags(bytes, &address, flags | QUIETLY);
    let result = with_bytes(cx, args.get(1), 1, |_, bytes| Ok(socket.call(|socket| call(socket, bytes))))?;
    cx.descriptors.learn_name(socket.number());
    cx.descriptors.learn_peer(socket.number(), address.as_socket());
    match result {
        Ok(count) => Ok(Value::small(count as i64)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(socket.wait(cx, Direction::Write, args.behind(3).unwrap_or(Value::UNBOUND)))
        }
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}
