//! Messages: bytes in several buffers, with control messages beside them, which carry open descriptors for example.
#![allow(unsafe_code)]

use std::io;

use socket2::{SockAddr, SockAddrStorage};

use crate::modules::buffer::Target;
use crate::modules::socket::address::{Asked, address_value, int_argument};
use crate::modules::socket::class::this;
use crate::modules::socket::transfer::{QUIETLY, with_bytes};
use crate::object::arguments::Index;
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, FromValue, Stop};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// Control messages in the making or as they came: their bytes, placed as the system wants them.
struct Control {
    room: Vec<u64>,
    length: usize,
}

impl Control {
    fn with_room(length: usize) -> Control {
        Control { room: vec![0; length.div_ceil(8)], length }
    }

    /// Messages of these levels, types and contents.
    fn of(messages: &[(i32, i32, Vec<u8>)]) -> Control {
        // SAFETY: the call computes with numbers.
        let space = |bytes: &Vec<u8>| unsafe { libc::CMSG_SPACE(bytes.len() as u32) } as usize;
        let mut control = Control::with_room(messages.iter().map(|(_, _, bytes)| space(bytes)).sum());
        let header = control.header();
        // SAFETY: the places are inside the room, which has as much space as the messages need.
        unsafe {
            let mut place = libc::CMSG_FIRSTHDR(&header);
            for (level, kind, bytes) in messages {
                if place.is_null() {
                    break;
                }
                (*place).cmsg_level = *level;
                (*place).cmsg_type = *kind;
                (*place).cmsg_len = libc::CMSG_LEN(bytes.len() as u32) as _;
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), libc::CMSG_DATA(place), bytes.len());
                place = libc::CMSG_NXTHDR(&header, place);
            }
        }
        control
    }

    /// A header of a message that has these control messages and nothing else yet.
    fn header(&mut self) -> libc::msghdr {
        // SAFETY: zeros and null pointers are a header of nothing.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        if self.length > 0 {
            header.msg_control = self.room.as_mut_ptr().cast();
            header.msg_controllen = self.length as _;
        }
        header
    }

    /// What came, as a list of tuples.
    fn value(cx: &mut Context, header: &libc::msghdr) -> Value {
        let mut items = Vec::new();
        // SAFETY: the header is one the system filled in, and its control messages are still there.
        unsafe {
            let mut place = libc::CMSG_FIRSTHDR(header);
            while let Some(message) = place.as_ref() {
                let start = libc::CMSG_DATA(place);
                let said = (message.cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
                // The last message may have been cut.
                let end = header.msg_control as usize + header.msg_controllen as usize;
                let length = said.min(end.saturating_sub(start as usize));
                let bytes = Bytes::allocate(cx, std::slice::from_raw_parts(start, length));
                let (level, kind) = (message.cmsg_level as i64, message.cmsg_type as i64);
                items.push(cx.tuple(&[Value::small(level), Value::small(kind), bytes]));
                place = libc::CMSG_NXTHDR(header, place);
            }
        }
        cx.list(items)
    }
}

// ----- receiving

/// How many bytes are wanted, of the message or of what stands beside it.
fn size(cx: &mut Context, value: Value, position: usize, message: &str) -> Result<usize, Stop> {
    let Index(size) = Index::from_value(cx, value, position)?;
    let size = usize::try_from(size).map_err(|_| cx.value_error(message))?;
    cx.reserve(size)?;
    Ok(size)
}

/// Receives a message into a vector, and gives how many bytes came and the three other parts of the result.
fn receive(cx: &mut Context, args: Args<'_>, bytes: &mut [u8], function: &str) -> Result<(usize, [Value; 3]), Stop> {
    let socket = this(cx, args)?;
    let ancillary = size(cx, args.get(2), 2, &format!("invalid ancillary data buffer size in {function}()"))?;
    let flags = int_argument(cx, args.get(3), 3)?;
    let mut control = Control::with_room(ancillary);
    let mut storage = SockAddrStorage::zeroed();
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut header = control.header();
    header.msg_name = (&raw mut storage).cast();
    header.msg_namelen = size_of::<SockAddrStorage>() as libc::socklen_t;
    header.msg_iov = &mut part;
    header.msg_iovlen = 1;
    let count = socket.attempt(cx, Direction::Read, |_| {
        // SAFETY: the header names room for as many bytes as it says.
        let count = unsafe { libc::recvmsg(socket.number(), &mut header, flags) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    })?;
    let beside = Control::value(cx, &header);
    // SAFETY: the system wrote as many bytes of an address as it says.
    let address = unsafe { SockAddr::new(storage, header.msg_namelen) };
    let address = address_value(cx, &address);
    Ok((count, [beside, Value::small(header.msg_flags as i64), address]))
}

/// `recvmsg(bufsize, ancbufsize=0, flags=0)`
pub fn recvmsg(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let wanted = size(cx, args.get(1), 1, "negative buffer size in recvmsg()")?;
    let mut bytes = vec![0; wanted];
    let (count, [beside, flags, address]) = receive(cx, args, &mut bytes, "recvmsg")?;
    bytes.truncate(count);
    let bytes = Bytes::from_vec(cx, bytes);
    Ok(cx.tuple(&[bytes, beside, flags, address]))
}

/// `recvmsg_into(buffers, ancbufsize=0, flags=0)`
pub fn recvmsg_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Items(buffers) = Items::from_value(cx, args.get(1), 1)?;
    let mut targets = Vec::new();
    for buffer in buffers {
        targets.push(Target::of(cx, buffer)?);
    }
    let mut bytes = vec![0; targets.iter().map(Target::len).sum()];
    let (count, [beside, flags, address]) = receive(cx, args, &mut bytes, "recvmsg_into")?;
    let mut rest = &bytes[..count.min(bytes.len())];
    for target in targets {
        let (part, others) = rest.split_at(target.len().min(rest.len()));
        target.write(0, part);
        rest = others;
    }
    Ok(cx.tuple(&[Value::small(count as i64), beside, flags, address]))
}

// ----- sending

/// The bytes of all buffers, one behind the other.
fn gathered(cx: &mut Context, value: Value) -> Result<Vec<u8>, Stop> {
    let Items(buffers) = Items::from_value(cx, value, 1)?;
    let mut bytes = Vec::new();
    for buffer in buffers {
        with_bytes(cx, buffer, 1, |_, part| {
            bytes.extend_from_slice(part);
            Ok(())
        })
        .map_err(|stop| plainly(cx, buffer, stop))?;
    }
    Ok(bytes)
}

/// TypeError for an item of an argument, which the loop cannot be asked to change.
fn plainly(cx: &mut Context, value: Value, stop: Stop) -> Stop {
    match stop {
        Stop::Raise(_) => stop,
        _ => {
            let found = cx.type_name(value);
            cx.type_error(format!("a bytes-like object is required, not '{found}'"))
        }
    }
}

/// The control messages of an argument: a level, a type and bytes each.
fn messages(cx: &mut Context, value: Value) -> Result<Vec<(i32, i32, Vec<u8>)>, Stop> {
    let Items(items) = Items::from_value(cx, value, 2)?;
    let mut messages = Vec::new();
    for item in items {
        let parts = item.get::<Tuple>().map_or(Vec::new(), |parts| parts.items().to_vec());
        let [level, kind, data] = parts[..] else {
            return Err(cx.type_error("[sendmsg() ancillary data items]() argument must be 3-item sequence"));
        };
        let numbers = [level, kind].map(|value| Int::to_i64(value).and_then(|number| i32::try_from(number).ok()));
        let [Some(level), Some(kind)] = numbers else {
            return Err(cx.type_error("the level and the type of a control message must be int"));
        };
        let Some(bytes) = bytes_of(&data).map(|bytes| bytes.into_owned()) else {
            let found = cx.type_name(data);
            return Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")));
        };
        messages.push((level, kind, bytes));
    }
    Ok(messages)
}

/// `sendmsg(buffers, ancdata=(), flags=0, address=None)`
pub fn sendmsg(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let mut bytes = gathered(cx, args.get(1))?;
    let mut control = Control::of(&messages(cx, args.get(2))?);
    let flags = int_argument(cx, args.get(3), 3)? | QUIETLY;
    let address = match args.get(4) {
        Value::NONE => None,
        value => {
            let (family, fetched) = (socket.family.get(), args.behind(5));
            Some(Asked { function: "sendmsg", family, value, fetched, is_connected: false }.address(cx)?)
        }
    };
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut header = control.header();
    if let Some(address) = &address {
        header.msg_name = address.as_ptr() as *mut libc::c_void;
        header.msg_namelen = address.len();
    }
    header.msg_iov = &mut part;
    header.msg_iovlen = 1;
    let result = socket.call(|_| {
        // SAFETY: the header names as many bytes as there are.
        let count = unsafe { libc::sendmsg(socket.number(), &header, flags) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    });
    match result {
        Ok(count) => Ok(Value::small(count as i64)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(socket.wait(cx, Direction::Write, args.behind(5).unwrap_or(Value::UNBOUND)))
        }
        Err(error) => Err(crate::object::os_error::os_error(cx, &error, Value::UNBOUND)),
    }
}

// ----- sizes

/// The length of a control message's contents as an argument.
fn length(cx: &mut Context, args: Args<'_>, function: &str) -> Result<u32, Stop> {
    let Index(length) = Index::from_value(cx, args.get(0), 0)?;
    match u32::try_from(length).ok().filter(|&length| length < i32::MAX as u32 - 64) {
        Some(length) => Ok(length),
        None => Err(cx.error(LayoutId::OVERFLOW_ERROR, format!("{function}() argument out of range"))),
    }
}

/// `CMSG_LEN(length)`
pub fn control_length(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let length = length(cx, args, "CMSG_LEN")?;
    // SAFETY: the call computes with numbers.
    Ok(Value::small(unsafe { libc::CMSG_LEN(length) } as i64))
}

/// `CMSG_SPACE(length)`
pub fn control_space(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let length = length(cx, args, "CMSG_SPACE")?;
    // SAFETY: as above.
    Ok(Value::small(unsafe { libc::CMSG_SPACE(length) } as i64))
}
