//! The module `_socket`: its functions, its class and its exceptions.

use crate::modules::socket::address::{HOST_ERROR, LOOKUP_ERROR};
use crate::modules::socket::body::{default_timeout_value, set_default_timeout, timeout_argument};
use crate::modules::socket::class::{FAMILIES, KINDS, class, close_number};
use crate::modules::socket::{connection, constants, convert, message, names};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_socket", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("CMSG_LEN(length, /)", message::control_length, "Return the size of a control message without padding."),
    plain("CMSG_SPACE(length, /)", message::control_space, "Return the size of a control message with padding."),
    plain("_set_names(families, kinds, /)", set_names, "Make the named numbers of families and kinds known."),
    plain("close(fd, /)", close_number, "Close a descriptor."),
    plain(
        "getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)",
        names::getaddrinfo,
        "Return the addresses of a host and a service.",
    ),
    plain("getdefaulttimeout()", getdefaulttimeout, "Return how many seconds calls of new sockets may wait."),
    plain("gethostbyaddr(host, /)", names::gethostbyaddr, "Return name, aliases and addresses of an address."),
    plain("gethostbyname(host, /)", names::gethostbyname, "Return an address of a host."),
    plain("gethostbyname_ex(host, /)", names::gethostbyname_ex, "Return name, aliases and addresses of a host."),
    plain("gethostname()", names::gethostname, "Return the name of this machine."),
    plain("getnameinfo(sockaddr, flags, /)", names::getnameinfo, "Return the names of a host and a service."),
    plain("getprotobyname(name, /)", convert::getprotobyname, "Return the number of a protocol."),
    plain("getservbyname(name, protocol=<unset>, /)", convert::getservbyname, "Return the port of a service."),
    plain("getservbyport(port, protocol=<unset>, /)", convert::getservbyport, "Return the service of a port."),
    plain("htonl(number, /)", convert::htonl, "Turn a number of 32 bits into the order of the network."),
    plain("htons(number, /)", convert::htons, "Turn a number of 16 bits into the order of the network."),
    plain("if_indextoname(index, /)", convert::if_indextoname, "Return the name of an interface."),
    plain("if_nameindex()", convert::if_nameindex, "Return numbers and names of all interfaces."),
    plain("if_nametoindex(name, /)", convert::if_nametoindex, "Return the number of an interface."),
    plain("inet_aton(text, /)", convert::inet_aton, "Return the bytes of an address of four numbers."),
    plain("inet_ntoa(packed, /)", convert::inet_ntoa, "Return an address of four bytes as text."),
    plain("inet_ntop(family, packed, /)", convert::inet_ntop, "Return an address as text."),
    plain("inet_pton(family, text, /)", convert::inet_pton, "Return the bytes of an address."),
    plain("ntohl(number, /)", convert::htonl, "Turn a number of 32 bits from the order of the network."),
    plain("ntohs(number, /)", convert::ntohs, "Turn a number of 16 bits from the order of the network."),
    plain("setdefaulttimeout(timeout, /)", setdefaulttimeout, "Set how many seconds calls of new sockets may wait."),
    plain("sethostname(name, /)", names::sethostname, "Set the name of this machine."),
    plain(
        "socketpair(family=None, type=1, proto=0)",
        connection::socketpair,
        "Return two sockets connected to each other.",
    ),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    let name = cx.intern("socket");
    module.add_functions_of(cx, FUNCTIONS, name);
    let socket = class(cx).value();
    module.set(cx, "socket", socket);
    module.set(cx, "SocketType", socket);
    for (key, name) in [(LOOKUP_ERROR, "gaierror"), (HOST_ERROR, "herror")] {
        let bases = [cx.class(LayoutId::OS_ERROR)];
        let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
        let class = make_class(cx, key, &bases, None, flags, &ClassTables::NONE).value();
        cx.module_state.insert(key, class);
        module.set(cx, name, class);
    }
    for (name, class) in [("error", LayoutId::OS_ERROR), ("timeout", LayoutId::TIMEOUT_ERROR)] {
        let class = cx.class(class).value();
        module.set(cx, name, class);
    }
    module.set(cx, "has_ipv6", Value::TRUE);
    constants::fill(cx, module);
}

fn set_names(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    cx.module_state.insert(FAMILIES, args.get(0));
    cx.module_state.insert(KINDS, args.get(1));
    Ok(Value::NONE)
}

fn getdefaulttimeout(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(default_timeout_value(cx))
}

fn setdefaulttimeout(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let timeout = timeout_argument(cx, args.get(0), 0)?;
    set_default_timeout(cx, timeout);
    Ok(Value::NONE)
}
