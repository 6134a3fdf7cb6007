//! Addresses of sockets as scripts have them: a pair of host and port, four parts in IPv6, a path.

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use socket2::SockAddr;

use crate::modules::os::argument::{name_value, text_bytes};
use crate::modules::socket::lookup::{self, Failure, Outcome, Query, address_bytes, address_from_bytes};
use crate::object::arguments::has_special;
use crate::object::bytes::{ByteArray, Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Stop, Wish};
use crate::object::os_error::numbered_error;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::unicode_error::encode_error;
use crate::object::value::Value;
use crate::object::work::{self, Crew, waiting_for};
use crate::text::idna;

/// Key of the class `gaierror` in `Context::module_state`.
pub const LOOKUP_ERROR: &str = "socket.gaierror";
/// Key of the class `herror`.
pub const HOST_ERROR: &str = "socket.herror";

/// An address argument and what is to be made of it.
pub struct Asked<'a> {
    /// The function that has it, for messages.
    pub function: &'a str,
    /// The family of the socket.
    pub family: i32,
    /// What the script gave.
    pub value: Value,
    /// What stands behind the arguments when the function is called again: the ticket of a look-up, or what it found.
    pub fetched: Option<Value>,
    /// Is a connection made to it, which may go elsewhere?
    pub is_connected: bool,
}

impl Asked<'_> {
    /// The address for the system; or the look-up that it needs first.
    pub fn address(&self, cx: &mut Context) -> Result<SockAddr, Stop> {
        let fetched = match self.fetched {
            Some(ticket) if Int::is(ticket) => Some(work::result_of(cx, ticket)?),
            fetched => fetched,
        };
        if let Some(address) = fetched.and_then(|bytes| address_from_bytes(&bytes_of(&bytes)?)) {
            return Ok(address);
        }
        match self.family {
            libc::AF_INET | libc::AF_INET6 => self.internet(cx),
            libc::AF_UNIX => self.path(cx),
            _ => {
                let function = self.function;
                Err(cx.error(LayoutId::OS_ERROR, format!("{function}(): bad family")))
            }
        }
    }

    fn internet(&self, cx: &mut Context) -> Result<SockAddr, Stop> {
        let is_long = self.family == libc::AF_INET6;
        let Some(parts) = self.value.get::<Tuple>() else {
            let (function, found) = (self.function, cx.type_name(self.value));
            let family = if is_long { "AF_INET6" } else { "AF_INET" };
            return Err(cx.type_error(format!("{function}(): {family} address must be tuple, not {found}")));
        };
        let parts = parts.items();
        if is_long && !(2..=4).contains(&parts.len()) {
            return Err(cx.type_error("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"));
        }
        if !is_long && parts.len() != 2 {
            return Err(cx.type_error("AF_INET address must be a pair (host, port)"));
        }
        let host = host_text(cx, parts[0])?;
        let mut port = self.port(cx, parts[1])?;
        let [flow, scope] = [2, 3].map(|index| parts.get(index).copied().unwrap_or(Value::small(0)));
        let (flow, scope) = (number(cx, flow)? as u32, number(cx, scope)? as u32);
        if flow > 0xf_ffff {
            let function = self.function;
            return Err(cx.overflow_error(format!("{function}(): flowinfo must be 0-1048575.")));
        }
        let mut name = host.to_string_lossy().into_owned();
        if self.is_connected
            && let Some((new_name, new_port)) = cx.redirects.target(&name, port)
        {
            (name, port) = (new_name, new_port);
        }
        let finish = move |address: SockAddr| complete(address, port, flow, scope);
        if let Some(ip) = address_without_lookup(&name, self.family) {
            return Ok(finish(SocketAddr::new(ip, port).into()));
        }
        let query = Query {
            host: (!name.is_empty()).then(|| CString::new(name).unwrap_or_default()),
            service: Some(c"0".into()),
            family: self.family,
            kind: libc::SOCK_DGRAM,
            flags: libc::AI_PASSIVE,
            ..Query::default()
        };
        match query.run_at_once() {
            Some(Ok(found)) if !found.is_empty() => Ok(finish(found[0].address.clone())),
            Some(result) => Err(lookup_error(cx, result.err().unwrap_or(Failure::Lookup(libc::EAI_NONAME)))),
            None => {
                let make = move |cx: &mut Context, outcome: Outcome| match outcome.map(|found| found.into_iter().next())
                {
                    Ok(Some(found)) => Ok(Bytes::allocate(cx, address_bytes(&finish(found.address)))),
                    Ok(None) => Err(lookup_error(cx, Failure::Lookup(libc::EAI_NONAME))),
                    Err(failure) => Err(lookup_error(cx, failure)),
                };
                let ticket = cx.jobs.hand_in(Crew::Names, move || query.run(), make);
                Err(waiting_for(ticket))
            }
        }
    }

    fn port(&self, cx: &mut Context, value: Value) -> Result<u16, Stop> {
        if !Int::is(value) {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        match Int::to_i64(value).and_then(|port| u16::try_from(port).ok()) {
            Some(port) => Ok(port),
            None => {
                let function = self.function;
                Err(cx.overflow_error(format!("{function}(): port must be 0-65535.")))
            }
        }
    }

    fn path(&self, cx: &mut Context) -> Result<SockAddr, Stop> {
        let bytes = match text_bytes(cx, self.value)? {
            Some(bytes) => bytes,
            None => crate::object::arguments::bytes_like(cx, self.value)?,
        };
        if !cfg!(target_os = "linux") && bytes.contains(&0) {
            return Err(cx.value_error("embedded null byte"));
        }
        let path = std::ffi::OsString::from_vec(bytes);
        SockAddr::unix(path).map_err(|_| cx.error(LayoutId::OS_ERROR, "AF_UNIX path too long"))
    }
}

/// Puts what a look-up does not know into an address.
fn complete(address: SockAddr, port: u16, flow: u32, scope: u32) -> SockAddr {
    match address.as_socket() {
        Some(SocketAddr::V4(v4)) => SocketAddrV4::new(*v4.ip(), port).into(),
        Some(SocketAddr::V6(v6)) => {
            let scope = if scope == 0 { v6.scope_id() } else { scope };
            SocketAddrV6::new(*v6.ip(), port, flow.to_be(), scope).into()
        }
        None => address,
    }
}

/// The address that a host stands for by itself.
fn address_without_lookup(host: &str, family: i32) -> Option<IpAddr> {
    match (host, family) {
        ("", libc::AF_INET) => Some(Ipv4Addr::UNSPECIFIED.into()),
        ("", libc::AF_INET6) => Some(Ipv6Addr::UNSPECIFIED.into()),
        ("<broadcast>", libc::AF_INET) => Some(Ipv4Addr::BROADCAST.into()),
        _ => lookup::address_in_digits(host).filter(|ip| ip.is_ipv4() == (family == libc::AF_INET)),
    }
}

/// A part of an address that is an int of 32 bits.
fn number(cx: &mut Context, value: Value) -> Result<i64, Stop> {
    if !Int::is(value) {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
    }
    match Int::to_i64(value).filter(|&number| u32::try_from(number).is_ok()) {
        Some(number) => Ok(number),
        None => Err(cx.overflow_error("Python int too large to convert to C int")),
    }
}

/// The name of a host, as the system takes it.
pub fn host_text(cx: &mut Context, value: Value) -> Result<CString, Stop> {
    let bytes = match value.get::<Str>() {
        Some(text) if text.bytes().is_ascii() => text.bytes().to_vec(),
        Some(_) => host_in_ascii(cx, value)?,
        None if value.is::<Bytes>() || value.is::<ByteArray>() => bytes_of(&value).unwrap_or_default().into_owned(),
        None => {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("str, bytes or bytearray expected, not {found}")));
        }
    };
    CString::new(bytes).map_err(|_| cx.type_error("host name must not contain null character"))
}

/// The name of a host in the form that servers of names have it in.
pub fn host_in_ascii(cx: &mut Context, value: Value) -> Result<Vec<u8>, Stop> {
    let bytes = text_bytes(cx, value)?.unwrap_or_default();
    match idna::to_ascii(&String::from_utf8_lossy(&bytes)) {
        Ok(name) => Ok(name.into_bytes()),
        Err(error) => Err(encode_error(cx, value, &error)),
    }
}

/// An int argument that fits a C int.
pub fn int_argument(cx: &mut Context, value: Value, position: usize) -> Result<i32, Stop> {
    if !Int::is(value) {
        if has_special(cx, value, cx.names.__index__) {
            return Err(cx.ask(position, Wish::Index));
        }
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
    }
    match Int::to_i64(value).and_then(|number| i32::try_from(number).ok()) {
        Some(number) => Ok(number),
        None => Err(cx.overflow_error("Python int too large to convert to C int")),
    }
}

/// An address of the system as scripts have it; None where there is none.
pub fn address_value(cx: &mut Context, address: &SockAddr) -> Value {
    if address.len() == 0 {
        return Value::NONE;
    }
    if let Some(address) = address.as_socket() {
        let host = cx.str(&address.ip().to_string());
        let port = Value::small(address.port() as i64);
        return match address {
            SocketAddr::V4(_) => cx.tuple(&[host, port]),
            SocketAddr::V6(v6) => {
                let flow = Value::small(u32::from_be(v6.flowinfo()) as i64);
                let scope = Value::small(v6.scope_id() as i64);
                cx.tuple(&[host, port, flow, scope])
            }
        };
    }
    if address.is_unix() {
        if let Some(path) = address.as_pathname() {
            return name_value(cx, path.as_os_str().as_bytes(), false);
        }
        if let Some(name) = address.as_abstract_namespace() {
            let bytes = [b"\0", name].concat();
            return Bytes::allocate(cx, &bytes);
        }
        return cx.empty_string;
    }
    let family = Value::small(address.family() as i64);
    let bytes = Bytes::allocate(cx, address_bytes(address).get(2..).unwrap_or_default());
    cx.tuple(&[family, bytes])
}

/// The exception of a look-up that failed.
pub fn lookup_error(cx: &mut Context, failure: Failure) -> Stop {
    match failure {
        Failure::System(number) => numbered_error(cx, number, Value::UNBOUND),
        Failure::Lookup(code) => named_error(cx, LOOKUP_ERROR, code, &lookup::description(code)),
    }
}

/// An exception of one of the two classes that have their own numbers.
pub fn named_error(cx: &mut Context, class: &str, code: i32, text: &str) -> Stop {
    let layout = cx.module_state.get(class).and_then(|class| class.get::<crate::object::class::Class>());
    let layout = layout.map_or(LayoutId::OS_ERROR, |class| class.root_layout.get());
    let (number, text) = (Value::small(code as i64), cx.str(text));
    let args = cx.tuple(&[number, text]);
    let exception = Exception::allocate(cx, layout, args);
    let names = cx.names;
    crate::object::exception::set_field(exception, names.errno, number);
    crate::object::exception::set_field(exception, names.strerror, text);
    Stop::Raise(exception)
}
