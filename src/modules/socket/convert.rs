//! Addresses as digits and as bytes, numbers in the order of the network, interfaces and services by name.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::modules::os::argument::c_text;
use crate::modules::socket::address::int_argument;
use crate::object::arguments::{Whole, bytes_like};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, FromValue, Stop};
use crate::object::os_error::{numbered_error, os_error};
use crate::object::string::Str;
use crate::object::value::Value;

/// A str argument for the system; `name` is what messages call it.
fn text(cx: &mut Context, value: Value, name: &str) -> Result<CString, Stop> {
    let Some(text) = value.get::<Str>() else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("{name} must be str, not {found}")));
    };
    CString::new(text.bytes()).map_err(|_| cx.value_error("embedded null character"))
}

fn failure(cx: &mut Context, message: &str) -> Stop {
    cx.error(LayoutId::OS_ERROR, message)
}

// ----- addresses

/// `inet_aton(text)`
pub fn inet_aton(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unsafe extern "C" {
        fn inet_aton(text: *const libc::c_char, address: *mut libc::in_addr) -> libc::c_int;
    }
    let text = text(cx, args.get(0), "inet_aton() argument")?;
    let mut address = libc::in_addr { s_addr: 0 };
    // SAFETY: the text ends in a null byte, and the address is there to be filled in.
    match unsafe { inet_aton(text.as_ptr(), &mut address) } {
        0 => Err(failure(cx, "illegal IP address string passed to inet_aton")),
        _ => Ok(Bytes::allocate(cx, &address.s_addr.to_ne_bytes())),
    }
}

/// `inet_ntoa(packed)`
pub fn inet_ntoa(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match <[u8; 4]>::try_from(bytes_like(cx, args.get(0))?) {
        Ok(bytes) => Ok(cx.str(&Ipv4Addr::from(bytes).to_string())),
        Err(_) => Err(failure(cx, "packed IP wrong length for inet_ntoa")),
    }
}

/// `inet_pton(family, text)`
pub fn inet_pton(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let family = int_argument(cx, args.get(0), 0)?;
    let text = text(cx, args.get(1), "inet_pton() argument 2")?;
    let text = text.to_string_lossy();
    let bytes = match family {
        libc::AF_INET => text.parse().ok().map(|address: Ipv4Addr| address.octets().to_vec()),
        libc::AF_INET6 => text.parse().ok().map(|address: Ipv6Addr| address.octets().to_vec()),
        _ => return Err(numbered_error(cx, libc::EAFNOSUPPORT, Value::UNBOUND)),
    };
    match bytes {
        Some(bytes) => Ok(Bytes::allocate(cx, &bytes)),
        None => Err(failure(cx, "illegal IP address string passed to inet_pton")),
    }
}

/// `inet_ntop(family, packed)`
pub fn inet_ntop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let family = int_argument(cx, args.get(0), 0)?;
    let bytes = bytes_like(cx, args.get(1))?;
    let text = match family {
        libc::AF_INET => <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string()),
        libc::AF_INET6 => <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string()),
        _ => return Err(cx.value_error(format!("unknown address family {family}"))),
    };
    match text {
        Ok(text) => Ok(cx.str(&text)),
        Err(_) => Err(cx.value_error("invalid length of packed IP address string")),
    }
}

// ----- the order of bytes

fn short(cx: &mut Context, args: Args<'_>, function: &str) -> Result<Value, Stop> {
    let Whole(value) = Whole::from_value(cx, args.get(0), 0)?;
    let message = match Int::to_i64(value) {
        Some(number) if (0..=0xffff).contains(&number) => {
            return Ok(Value::small((number as u16).to_be() as i64));
        }
        _ if Int::sign(value) < 0 => "can't convert negative Python int to C 16-bit unsigned integer",
        _ => "Python int too large to convert to C 16-bit unsigned integer",
    };
    Err(cx.overflow_error(format!("{function}: {message}")))
}

fn long(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if !Int::is(value) {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("expected int, {found} found")));
    }
    match Int::to_i64(value) {
        Some(number) if (0..=0xffff_ffff).contains(&number) => Ok(Value::small((number as u32).to_be() as i64)),
        Some(0..) => Err(cx.overflow_error("int larger than 32 bits")),
        _ if Int::sign(value) < 0 => Err(cx.overflow_error("can't convert negative value to unsigned int")),
        _ => Err(cx.overflow_error("Python int too large to convert to C unsigned long")),
    }
}

/// `htons(number)`
pub fn htons(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    short(cx, args, "htons")
}

/// `ntohs(number)`
pub fn ntohs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    short(cx, args, "ntohs")
}

/// `htonl(number)` and `ntohl(number)`
pub fn htonl(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    long(cx, args)
}

// ----- interfaces

/// `if_nametoindex(name)`
pub fn if_nametoindex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = text(cx, args.get(0), "if_nametoindex() argument")?;
    // SAFETY: the name ends in a null byte.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(failure(cx, "no interface with this name")),
        index => Ok(Value::small(index as i64)),
    }
}

/// `if_indextoname(index)`
pub fn if_indextoname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let index = int_argument(cx, args.get(0), 0)?;
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: there is as much room as a name can need.
    if unsafe { libc::if_indextoname(index as u32, name.as_mut_ptr()) }.is_null() {
        let error = std::io::Error::last_os_error();
        return Err(os_error(cx, &error, Value::UNBOUND));
    }
    // SAFETY: the name that was filled in ends in a null byte.
    Ok(c_text(cx, unsafe { CStr::from_ptr(name.as_ptr()) }))
}

/// `if_nameindex()`
pub fn if_nameindex(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let mut items = Vec::new();
    // SAFETY: the list ends in an entry without a name, and is freed once it has been gone through.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            let error = std::io::Error::last_os_error();
            return Err(os_error(cx, &error, Value::UNBOUND));
        }
        let mut entry = list;
        while !(*entry).if_name.is_null() {
            let (index, name) = (Value::small((*entry).if_index as i64), c_text(cx, CStr::from_ptr((*entry).if_name)));
            items.push(cx.tuple(&[index, name]));
            entry = entry.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(cx.list(items))
}

// ----- services and protocols

/// An optional protocol name.
fn protocol_text(cx: &mut Context, args: Args<'_>, function: &str) -> Result<Option<CString>, Stop> {
    if args.get(1).is_unbound() {
        Ok(None)
    } else {
        text(cx, args.get(1), &format!("{function}() argument 2")).map(Some)
    }
}

/// `getservbyname(name, protocol)`
pub fn getservbyname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = text(cx, args.get(0), "getservbyname() argument 1")?;
    let protocol = protocol_text(cx, args, "getservbyname")?;
    let protocol = protocol.as_ref().map_or(std::ptr::null(), |protocol| protocol.as_ptr());
    // SAFETY: the texts end in null bytes; the answer is looked at before another such call.
    match unsafe { libc::getservbyname(name.as_ptr(), protocol).as_ref() } {
        Some(service) => Ok(Value::small(u16::from_be(service.s_port as u16) as i64)),
        None => Err(failure(cx, "service/proto not found")),
    }
}

/// `getservbyport(port, protocol)`
pub fn getservbyport(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let port = int_argument(cx, args.get(0), 0)?;
    let Ok(port) = u16::try_from(port) else {
        return Err(cx.overflow_error("getservbyport: port must be 0-65535."));
    };
    let protocol = protocol_text(cx, args, "getservbyport")?;
    let protocol = protocol.as_ref().map_or(std::ptr::null(), |protocol| protocol.as_ptr());
    // SAFETY: as above.
    match unsafe { libc::getservbyport(port.to_be() as libc::c_int, protocol).as_ref() } {
        // SAFETY: the name is a C string of the answer.
        Some(service) => Ok(c_text(cx, unsafe { CStr::from_ptr(service.s_name) })),
        None => Err(failure(cx, "port/proto not found")),
    }
}

/// `getprotobyname(name)`
pub fn getprotobyname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = text(cx, args.get(0), "getprotobyname() argument")?;
    // SAFETY: the name ends in a null byte; the answer is looked at before another such call.
    match unsafe { libc::getprotobyname(name.as_ptr()).as_ref() } {
        Some(protocol) => Ok(Value::small(protocol.p_proto as i64)),
        None => Err(failure(cx, "protocol not found")),
    }
}
