//! The module: which thread runs, and how one is begun.
#![allow(unsafe_code)]

use crate::modules::thread::lock::{self, Lock};
use crate::modules::thread::reentrant_lock::{self, ReentrantLock};
use crate::modules::thread::simple_queue::SimpleQueue;
use crate::object::arguments::is_callable;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::extension::Of;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::recorder::key;
use crate::object::signals;
use crate::object::string::text_of;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_thread", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("get_ident()", get_ident, "Return a number that no other running thread has."),
    plain("get_native_id()", get_native_id, "Return the number that the system has for the thread."),
    plain("allocate_lock()", lock::allocate, "Create a new lock object."),
    plain(
        "start_new_thread(function, args, kwargs=<unset>, /)",
        start_new_thread,
        "Call a function beside the thread that runs; return a number that no other running thread has.",
    ),
    plain("set_name(name, /)", set_name, "Say how the running thread is called where it is shown to people."),
    plain("_is_recorded()", is_recorded, "Return whether a timeline of the program is recorded."),
    plain("_note_call(name, /)", note_call, "Say what the running thread, which is a pool's, calls."),
    plain("_note_failure(error, /)", note_failure, "Say that the running thread ends by an exception."),
    plain("start_new(function, args, kwargs=<unset>, /)", start_new_thread, "An old name of start_new_thread."),
    plain("_count()", count, "Return how many threads run, the main thread not counted."),
    plain("_main_ident()", main_ident, "Return the number that get_ident has in the main thread."),
    plain("_holder(lock, /)", holder, "Return the number that get_ident has in the thread that holds a lock, or None."),
    plain("interrupt_main(signum=2, /)", interrupt_main, "Do as if a signal had come."),
    plain("exit()", exit, "End the thread that runs, by SystemExit."),
    plain("stack_size(size=0, /)", stack_size, "Return 0: the stacks of threads grow as they need."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    lock::install(cx, module);
    reentrant_lock::install(cx, module);
    let error = cx.class(LayoutId::RUNTIME_ERROR).value();
    module.set(cx, "error", error);
    module.set(cx, "TIMEOUT_MAX", Value::float(lock::LONGEST_WAIT as f64));
}

/// The number that `get_ident` has in the thread of a number: the system's for the main thread, and those that follow.
pub fn ident_of(number: i64) -> i64 {
    // SAFETY: the call takes nothing.
    let main = unsafe { libc::pthread_self() as i64 };
    main.wrapping_add(number)
}

fn get_ident(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let ident = ident_of(cx.threads.current().number);
    Ok(cx.int(ident))
}

fn get_native_id(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let number = native_id() + cx.threads.current().number;
    Ok(cx.int(number))
}

fn set_name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = text_of(args.get(0));
    let thread = key(cx.threads.current());
    if let Some(recorder) = &mut cx.recorder
        && let Some(lane) = recorder.lane_of(thread)
    {
        recorder.rename(lane, name);
    }
    Ok(Value::NONE)
}

fn is_recorded(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(cx.recorder.is_some()))
}

fn note_call(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (thread, name) = (key(cx.threads.current()), text_of(args.get(0)));
    if let Some(recorder) = &mut cx.recorder
        && let Some(lane) = recorder.lane_of(thread)
    {
        recorder.note_call(lane, &name);
    }
    Ok(Value::NONE)
}

fn note_failure(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (thread, name) = (key(cx.threads.current()), cx.type_name(args.get(0)));
    if let Some(recorder) = &mut cx.recorder {
        recorder.fail(thread, name);
    }
    Ok(Value::NONE)
}

fn start_new_thread(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (function, given, keywords) = (args.get(0), args.get(1), args.get(2));
    if !is_callable(cx, function) {
        return Err(cx.type_error("first arg must be callable"));
    }
    if !given.is::<Tuple>() {
        return Err(cx.type_error("2nd arg must be a tuple"));
    }
    if !keywords.is_unbound() && !keywords.is::<Dict>() {
        return Err(cx.type_error("optional 3rd arg must be a dictionary"));
    }
    let keywords = if keywords.is_unbound() { Value::NONE } else { keywords };
    let number = cx.threads.begin(&mut cx.heap, [function, given, keywords]);
    Ok(cx.int(ident_of(number)))
}

fn main_ident(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.int(ident_of(0)))
}

fn count(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(cx.threads.count() as i64 - 1))
}

fn holder(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(match holder_of(args.get(0)) {
        Some(number) => cx.int(ident_of(number)),
        None => Value::NONE,
    })
}

/// The number of the thread that holds a lock; None if nobody does, or it is none.
pub fn holder_of(lock: Value) -> Option<i64> {
    match Of::<Lock>::from(lock) {
        Some(lock) => lock.holder(),
        None => Of::<ReentrantLock>::from(lock)?.holder(),
    }
}

/// Who was woken because a lock was free, or a queue had an item, does not take it: the next who waits for it tries.
pub fn pass_on(cx: &mut Context, object: Value) {
    if let Some(lock) = Of::<Lock>::from(object) {
        lock.pass_on(cx);
    } else if let Some(lock) = Of::<ReentrantLock>::from(object) {
        lock.pass_on(cx);
    } else if let Some(queue) = Of::<SimpleQueue>::from(object) {
        queue.pass_on(cx);
    }
}

fn interrupt_main(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = Int::expect_i64(cx, args.get(0))?;
    let known = i32::try_from(number).ok().filter(|number| (1..signals::END).contains(number));
    let Some(number) = known else { return Err(cx.value_error("signal number out of range")) };
    let is_handled = cx.signals.get(number).is_none_or(|handler| !handler.is_small());
    if is_handled {
        // There is no such error for a signal that every system has.
        let _ = signals::send(number);
    }
    Ok(Value::NONE)
}

fn exit(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error_with(LayoutId::SYSTEM_EXIT, &[]))
}

fn stack_size(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match Int::expect_i64(cx, args.get(0))? {
        0 | 32_768.. => Ok(Value::small(0)),
        size => Err(cx.value_error(format!("size not valid: {size} bytes"))),
    }
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
