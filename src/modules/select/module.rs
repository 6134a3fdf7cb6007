//! The module `_select`: its functions, its class and its numbers.

use crate::modules::select::poll;
use crate::modules::select::readiness::{descriptor, entry, look, patience};
use crate::object::arguments::rest;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_select", fill };

const PUBLIC: &[Declaration] = &[plain("poll()", poll::make, "Return an object that waits for many descriptors.")];

const OWN: &[Declaration] = &[
    plain("_descriptor(object, /)", number, "Return the descriptor that an int or an object with fileno() stands for."),
    plain("_look(wanted, timeout, /)", look_at, "Return which of pairs of descriptors and bits are ready, as pairs."),
];

macro_rules! numbers {
    ($list:ident $($name:ident)*) => {
        const $list: &[(&str, i64)] = &[$((stringify!($name), libc::$name as i64)),*];
    };
}

numbers! {
    NUMBERS
    PIPE_BUF POLLERR POLLHUP POLLIN POLLNVAL POLLOUT POLLPRI POLLRDBAND POLLRDNORM POLLWRBAND POLLWRNORM
}

#[cfg(target_os = "linux")]
numbers! {
    NUMBERS_OF_LINUX
    EPOLLERR EPOLLET EPOLLEXCLUSIVE EPOLLHUP EPOLLIN EPOLLMSG EPOLLONESHOT EPOLLOUT EPOLLPRI EPOLLRDBAND EPOLLRDHUP
    EPOLLRDNORM EPOLLWRBAND EPOLLWRNORM EPOLL_CLOEXEC POLLRDHUP
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    let name = cx.intern("select");
    module.add_functions_of(cx, PUBLIC, name);
    module.add_functions(cx, OWN);
    set_numbers(cx, module, NUMBERS);
    #[cfg(target_os = "linux")]
    {
        set_numbers(cx, module, NUMBERS_OF_LINUX);
        // A bit that would make a C int negative.
        module.set(cx, "EPOLLET", Value::small(1 << 31));
        let class = super::epoll::class(cx).value();
        module.set(cx, "epoll", class);
    }
}

fn set_numbers(cx: &mut Context, module: Ref<Module>, numbers: &[(&str, i64)]) {
    for &(name, number) in numbers {
        module.set(cx, name, Value::small(number));
    }
}

fn number(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = descriptor(cx, args, 0)?;
    Ok(Value::small(number as i64))
}

fn look_at(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Items(pairs) = Items::from_value(cx, args.get(0), 0)?;
    let mut entries = Vec::new();
    for pair in pairs {
        let parts = rest(pair);
        let [number, bits] = [0, 1].map(|index| parts.get(index).and_then(|&part| Int::to_i64(part)).unwrap_or(0));
        entries.push(entry(number as i32, bits as i16));
    }
    let timeout = match patience(cx, args.get(1), 1e9, "timeout must be a float or None")? {
        None if !args.get(1).is_none() => return Err(cx.value_error("timeout must be non-negative")),
        timeout => timeout,
    };
    let nothing = cx.list(Vec::new());
    look(cx, &mut entries, timeout, nothing)?;
    let mut ready = Vec::new();
    for entry in entries.iter().filter(|entry| entry.revents != 0) {
        ready.push(cx.tuple(&[Value::small(entry.fd as i64), Value::small(entry.revents as i64)]));
    }
    Ok(cx.list(ready))
}
