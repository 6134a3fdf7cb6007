//! The native part of each library module, one file each.

pub mod abc;
pub mod array;
pub mod asyncio;
pub mod buffer;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod duration;
#[cfg(unix)]
pub mod errno;
#[cfg(unix)]
pub mod fcntl;
pub mod functools;
pub mod gc;
pub mod greenlet;
pub mod hashlib;
pub mod heapq;
pub mod http;
pub mod imp;
pub mod io;
pub mod itertools;
pub mod json;
pub mod math;
pub mod operator;
pub mod os;
pub mod pickle;
pub mod random;
pub mod re;
#[cfg(unix)]
pub mod resource;
pub mod select;
#[cfg(unix)]
pub mod signal;
pub mod socket;
pub mod ssl;
pub mod string;
pub mod r#struct;
#[cfg(unix)]
pub mod subprocess;
pub mod sys;
pub mod thread;
pub mod time;
pub mod traceback;
pub mod types;
pub mod unicodedata;
pub mod weakref;
pub mod zlib;

use crate::object::context::Context;
use crate::object::module::{Module, NativeModule};
use crate::object::value::Value;

/// All native modules.
const MODULES: &[&NativeModule] = &[
    &r#struct::module::MODULE,
    &array::module::MODULE,
    &asyncio::MODULE,
    &asyncio::primitive::MODULE,
    #[cfg(unix)]
    &errno::MODULE,
    #[cfg(unix)]
    &fcntl::MODULE,
    &greenlet::MODULE,
    &hashlib::MODULE,
    &heapq::MODULE,
    &http::MODULE,
    &random::MODULE,
    &string::MODULE,
    &json::module::MODULE,
    &weakref::MODULE,
    &types::MODULE,
    &unicodedata::MODULE,
    &operator::MODULE,
    &functools::MODULE,
    &collections::MODULE,
    &contextvars::MODULE,
    &abc::MODULE,
    &cmath::module::MODULE,
    &codecs::MODULE,
    &gc::MODULE,
    &imp::MODULE,
    &io::MODULE,
    &itertools::module::MODULE,
    &itertools::module::HALVES,
    &math::module::MODULE,
    &os::MODULE,
    &pickle::MODULE,
    &re::module::MODULE,
    #[cfg(unix)]
    &resource::MODULE,
    &select::MODULE,
    #[cfg(unix)]
    &signal::MODULE,
    &socket::MODULE,
    &ssl::MODULE,
    #[cfg(unix)]
    &subprocess::MODULE,
    &sys::MODULE,
    &thread::MODULE,
    &thread::QUEUE,
    &time::MODULE,
    &traceback::MODULE,
    &zlib::module::MODULE,
];

/// Those that a closed program may not have.
const SYSTEM: [&str; 9] = ["_http", "_os", "_select", "_signal", "_socket", "_ssl", "_subprocess", "fcntl", "resource"];

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.name)
}

/// The module of that name, if the program may have it.
pub fn native(cx: &Context, name: &str) -> Option<&'static NativeModule> {
    let is_shut = SYSTEM.contains(&name) && cx.module_state.contains_key(io::CLOSED);
    MODULES.iter().copied().find(|module| module.name == name && !is_shut)
}

/// Makes a native module whose classes another one works with, unless it is there already.
pub fn require(cx: &mut Context, module: &NativeModule) {
    let name = cx.intern(module.name);
    if cx.modules.get_interned(name).is_none() {
        let made = Module::allocate(cx, module.name);
        cx.modules.set_interned(name, made.value());
        (module.fill)(cx, made);
    }
}

/// Closes the world off: no module of the system, and no file is opened.
pub fn close(cx: &mut Context) {
    cx.module_state.insert(io::CLOSED, Value::TRUE);
}
