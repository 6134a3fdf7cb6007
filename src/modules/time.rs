//! `time`: the clock, read and waited for through the driver of the VM.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Request, Stop, Wish, plain};
use crate::object::number::to_f64;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_time", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("sleep(seconds, /)", sleep, "Suspend for so many seconds."),
    plain("time_ns()", time_ns, "Return the nanoseconds since 1970."),
    plain("monotonic_ns()", monotonic_ns, "Return the nanoseconds of a clock that is never set back."),
    plain("process_time_ns()", process_time_ns, "Return the nanoseconds of processor time used."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

fn sleep(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let seconds = match to_f64(cx, args.get(0)) {
        Some(seconds) => seconds?,
        None if args.get(0).is_object() => return Err(cx.ask(0, Wish::Float)),
        None => {
            let found = cx.type_name(args.get(0));
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
    };
    if seconds.is_nan() {
        return Err(cx.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(cx.value_error("sleep length must be non-negative"));
    }
    if seconds > 9.2e9 {
        return Err(cx.overflow_error("timestamp too large to convert to C PyTime_t"));
    }
    Err(Stop::Request(Box::new(Request::Sleep((seconds * 1e9).round() as u64))))
}

fn time_ns(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Request(Box::new(Request::Clock(true))))
}

fn monotonic_ns(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Request(Box::new(Request::Clock(false))))
}

#[cfg(unix)]
#[allow(unsafe_code)]
fn process_time_ns(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the structure it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Ok(cx.int(time.tv_sec as i64 * 1_000_000_000 + time.tv_nsec as i64))
}

#[cfg(not(unix))]
fn process_time_ns(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Request(Box::new(Request::Clock(false))))
}
