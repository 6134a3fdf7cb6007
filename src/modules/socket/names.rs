//! Names of hosts and services: what needs others to be asked is done by the threads for names, and only the fiber
//! that asks waits for it.
#![allow(unsafe_code)]

use std::ffi::CString;

use crate::modules::os::argument::{c_text, name_value, text_bytes};
use crate::modules::socket::address::{
    HOST_ERROR, address_value, host_in_ascii, host_text, int_argument, lookup_error, named_error,
};
use crate::modules::socket::class::{FAMILIES, KINDS, named};
use crate::modules::socket::lookup::{Failure, Found, Outcome, Query, names_of};
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Stop};
use crate::object::os_error::os_error;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::object::work::{Crew, result_of, waiting_for};

/// Answers with what `make` makes of a look-up, which is done at once where nobody has to be asked.
fn look_up(
    cx: &mut Context,
    query: Query,
    make: impl FnOnce(&mut Context, Outcome) -> Result<Value, Stop> + Send + 'static,
) -> Result<Value, Stop> {
    match query.run_at_once() {
        Some(outcome) => make(cx, outcome),
        None => Err(elsewhere(cx, move || query.run(), make)),
    }
}

/// Has something done by the threads for names, and waits for what `make` makes of it.
fn elsewhere<T: Send + 'static>(
    cx: &mut Context,
    job: impl FnOnce() -> T + Send + 'static,
    make: impl FnOnce(&mut Context, T) -> Result<Value, Stop> + Send + 'static,
) -> Stop {
    waiting_for(cx.jobs.hand_in(Crew::Names, job, make))
}

// ----- getaddrinfo

/// The first argument of `getaddrinfo`: None where it is None.
fn host_argument(cx: &mut Context, value: Value) -> Result<Option<CString>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    let bytes = match value.is::<Str>() {
        true => host_in_ascii(cx, value)?,
        false => match bytes_of(&value).filter(|_| value.is::<Bytes>()) {
            Some(bytes) => bytes.into_owned(),
            None => return Err(cx.type_error("getaddrinfo() argument 1 must be string or None")),
        },
    };
    CString::new(bytes).map(Some).map_err(|_| cx.type_error("host name must not contain null character"))
}

/// The second one, as text.
fn service_argument(cx: &mut Context, value: Value) -> Result<Option<CString>, Stop> {
    let bytes = match value {
        Value::NONE => return Ok(None),
        value if Int::is(value) => Int::to_decimal(cx, value)?.into_bytes(),
        value => match text_bytes(cx, value)? {
            Some(bytes) => bytes,
            None => return Err(cx.error(LayoutId::OS_ERROR, "Int or String expected")),
        },
    };
    CString::new(bytes).map(Some).map_err(|_| cx.value_error("embedded null character"))
}

/// The port a service is at.
fn port_of(service: &CString) -> Option<u16> {
    if let Ok(port) = service.to_str().ok()?.parse() {
        return Some(port);
    }
    let query = Query { service: Some(service.clone()), kind: libc::SOCK_STREAM, ..Query::default() };
    Some(query.run().ok()?.first()?.address.as_socket()?.port())
}

/// What connections are looked up for goes where the rules of the command line say. The name that is asked for, where
/// its addresses are to be known for its own.
fn redirect(cx: &Context, query: &mut Query) -> Option<String> {
    if query.flags & libc::AI_PASSIVE != 0 {
        return None;
    }
    let name = query.host.as_ref()?.to_string_lossy().into_owned();
    match query.service.as_ref().and_then(port_of).filter(|&port| port != 0) {
        Some(port) => {
            let (host, port) = cx.redirects.target(&name, port)?;
            query.host = Some(CString::new(host).unwrap_or_default());
            query.service = Some(CString::new(port.to_string()).unwrap_or_default());
            None
        }
        None => {
            query.host = Some(CString::new(cx.redirects.host_target(&name)?).unwrap_or_default());
            Some(name)
        }
    }
}

/// Keeps the name that addresses were looked up for.
fn remember(cx: &mut Context, name: &Option<String>, found: &[Found]) {
    let Some(name) = name else { return };
    for address in found.iter().filter_map(|found| found.address.as_socket()) {
        cx.redirects.remember(address.ip().to_string(), name.clone());
    }
}

/// `getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)`
pub fn getaddrinfo(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(ticket) = args.behind(6) {
        return result_of(cx, ticket);
    }
    let (host, service) = (host_argument(cx, args.get(0))?, service_argument(cx, args.get(1))?);
    let mut numbers = [0; 4];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = int_argument(cx, args.get(index + 2), index + 2)?;
    }
    let [family, kind, protocol, flags] = numbers;
    let mut query = Query { host, service, family, kind, protocol, flags };
    let name = redirect(cx, &mut query);
    look_up(cx, query, move |cx, outcome| match outcome {
        Ok(found) => {
            remember(cx, &name, &found);
            Ok(found_value(cx, found))
        }
        Err(failure) => Err(lookup_error(cx, failure)),
    })
}

fn found_value(cx: &mut Context, found: Vec<Found>) -> Value {
    let mut items = Vec::new();
    for found in found {
        let family = named(cx, FAMILIES, found.family);
        let kind = named(cx, KINDS, found.kind);
        let name = found.name.map_or(cx.empty_string, |name| c_text(cx, &name));
        let address = address_value(cx, &found.address);
        items.push(cx.tuple(&[family, kind, Value::small(found.protocol as i64), name, address]));
    }
    cx.list(items)
}

// ----- hosts

/// A query for addresses of four bytes, and the name they are to be known for.
fn host_query(cx: &mut Context, value: Value, flags: i32) -> Result<(Query, Option<String>), Stop> {
    let host = host_text(cx, value)?;
    let host = match host.to_bytes() {
        b"" => c"0.0.0.0".into(),
        b"<broadcast>" => c"255.255.255.255".into(),
        _ => host,
    };
    let host = Some(host);
    let mut query = Query { host, family: libc::AF_INET, kind: libc::SOCK_STREAM, flags, ..Query::default() };
    let name = redirect(cx, &mut query);
    Ok((query, name))
}

fn digits(cx: &mut Context, found: &Found) -> Value {
    let text = found.address.as_socket().map_or(String::new(), |address| address.ip().to_string());
    cx.str(&text)
}

/// `gethostbyname(host)`
pub fn gethostbyname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(ticket) = args.behind(1) {
        return result_of(cx, ticket);
    }
    let (query, name) = host_query(cx, args.get(0), 0)?;
    look_up(cx, query, move |cx, outcome| match outcome {
        Ok(found) if !found.is_empty() => {
            remember(cx, &name, &found);
            Ok(digits(cx, &found[0]))
        }
        outcome => Err(lookup_error(cx, outcome.err().unwrap_or(Failure::Lookup(libc::EAI_NONAME)))),
    })
}

/// `gethostbyname_ex(host)`: other names than the first are not known.
pub fn gethostbyname_ex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(ticket) = args.behind(1) {
        return result_of(cx, ticket);
    }
    let (query, asked) = host_query(cx, args.get(0), libc::AI_CANONNAME)?;
    look_up(cx, query, move |cx, outcome| {
        let found = outcome.map_err(|failure| lookup_error(cx, failure))?;
        remember(cx, &asked, &found);
        let name = found.iter().find_map(|found| found.name.clone()).unwrap_or_default();
        let addresses = found.iter().map(|found| digits(cx, found)).collect();
        Ok(host_entry(cx, &name, addresses))
    })
}

fn host_entry(cx: &mut Context, name: &CString, addresses: Vec<Value>) -> Value {
    let (name, aliases, addresses) = (c_text(cx, name), cx.list(Vec::new()), cx.list(addresses));
    cx.tuple(&[name, aliases, addresses])
}

/// `gethostbyaddr(host)`
pub fn gethostbyaddr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(ticket) = args.behind(1) {
        return result_of(cx, ticket);
    }
    let host = host_text(cx, args.get(0))?;
    let query = Query { host: Some(host), kind: libc::SOCK_STREAM, ..Query::default() };
    let job = move || {
        let found = query.run()?.into_iter().next().ok_or(Failure::Lookup(libc::EAI_NONAME))?;
        let name = names_of(&found.address, libc::NI_NAMEREQD);
        Ok((found, name))
    };
    Err(elsewhere(cx, job, |cx, outcome: Result<_, Failure>| match outcome {
        Ok((found, Ok((name, _)))) => {
            let address = digits(cx, &found);
            Ok(host_entry(cx, &name, vec![address]))
        }
        Ok((_, Err(_))) => Err(named_error(cx, HOST_ERROR, 1, "Unknown host")),
        Err(failure) => Err(lookup_error(cx, failure)),
    }))
}

/// `getnameinfo(address, flags)`
pub fn getnameinfo(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(ticket) = args.behind(2) {
        return result_of(cx, ticket);
    }
    let Some(parts) = args.get(0).get::<Tuple>() else {
        return Err(cx.type_error("getnameinfo() argument 1 must be a tuple"));
    };
    let parts = parts.items().to_vec();
    let flags = int_argument(cx, args.get(1), 1)?;
    let (Some(host), Some(port)) = (parts.first().filter(|host| host.is::<Str>()), parts.get(1)) else {
        return Err(cx.type_error("getnameinfo(): illegal sockaddr argument"));
    };
    let (host, service) = (host_text(cx, *host)?, service_argument(cx, *port)?);
    let flags_of_query = libc::AI_NUMERICHOST;
    let kind = libc::SOCK_DGRAM;
    let query = Query { host: Some(host), service, kind, flags: flags_of_query, ..Query::default() };
    let found = query.run().map_err(|failure| lookup_error(cx, failure))?;
    let [found] = &found[..] else {
        return Err(cx.error(LayoutId::OS_ERROR, "sockaddr resolved to multiple addresses"));
    };
    let address = found.address.clone();
    let make = |cx: &mut Context, outcome: Result<(CString, CString), Failure>| match outcome {
        Ok((host, service)) => {
            let pair = [c_text(cx, &host), c_text(cx, &service)];
            Ok(cx.tuple(&pair))
        }
        Err(failure) => Err(lookup_error(cx, failure)),
    };
    if flags & libc::NI_NUMERICHOST != 0 {
        return make(cx, names_of(&address, flags));
    }
    Err(elsewhere(cx, move || names_of(&address, flags), make))
}

/// `gethostname()`
pub fn gethostname(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let mut name = [0u8; 1025];
    // SAFETY: there is room for one byte more than is said.
    if unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) } != 0 {
        let error = std::io::Error::last_os_error();
        return Err(os_error(cx, &error, Value::UNBOUND));
    }
    let end = memchr::memchr(0, &name).unwrap_or(name.len());
    Ok(name_value(cx, &name[..end], false))
}

/// `sethostname(name)`
pub fn sethostname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = host_text(cx, args.get(0))?;
    // SAFETY: the name has so many bytes.
    if unsafe { libc::sethostname(name.as_ptr(), name.as_bytes().len() as _) } != 0 {
        let error = std::io::Error::last_os_error();
        return Err(os_error(cx, &error, Value::UNBOUND));
    }
    Ok(Value::NONE)
}
