//! The module: which thread runs. There is one so far, the main thread.
#![allow(unsafe_code)]

use crate::modules::thread::{lock, reentrant_lock};
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_thread", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("get_ident()", get_ident, "Return a number that no other running thread has."),
    plain("get_native_id()", get_native_id, "Return the number that the system has for the thread."),
    plain("allocate_lock()", lock::allocate, "Create a new lock object."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    lock::install(cx, module);
    reentrant_lock::install(cx, module);
    let error = cx.class(LayoutId::RUNTIME_ERROR).value();
    module.set(cx, "error", error);
    module.set(cx, "TIMEOUT_MAX", Value::float(lock::LONGEST_WAIT as f64));
}

/// The number of the thread that runs.
pub fn ident() -> i64 {
    // SAFETY: the call takes nothing.
    unsafe { libc::pthread_self() as i64 }
}

fn get_ident(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.int(ident()))
}

fn get_native_id(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.int(native_id()))
}

#[cfg(target_os = "linux")]
fn native_id() -> i64 {
    // SAFETY: the call takes nothing.
    unsafe { libc::syscall(libc::SYS_gettid) }
}

#[cfg(not(target_os = "linux"))]
fn native_id() -> i64 {
    let mut number = 0;
    // SAFETY: the call fills in the number; a thread has itself.
    unsafe { libc::pthread_threadid_np(libc::pthread_self(), &mut number) };
    number as i64
}
