//! The timers of the system that send signals. The one of real time follows a virtual clock where there is one.
#![allow(unsafe_code)]

use std::time::Duration;

use crate::modules::os::argument::int;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, Stop, Wish, plain};
use crate::object::number::to_f64;
use crate::object::os_error::error_of_class;
use crate::object::signals;
use crate::object::value::Value;

const FUNCTIONS: &[Declaration] = &[
    plain("alarm(seconds, /)", alarm, "Arrange for SIGALRM to arrive after the given number of seconds."),
    plain("setitimer(which, seconds, interval=0.0, /)", setitimer, "Set a timer; return what was left of it."),
    plain("getitimer(which, /)", getitimer, "Return what is left of a timer, and its interval."),
];

const REAL: i32 = 0;
const TIMERS: [(&str, i32); 3] = [("ITIMER_REAL", REAL), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2)];

const ERROR: &str = "signal.itimer_error";

/// Binds functions, numbers and the class of errors.
pub fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for (name, number) in TIMERS {
        module.set(cx, name, Value::small(number as i64));
    }
    let base = cx.class(LayoutId::OS_ERROR);
    let error = make_class(cx, ERROR, &[base], None, Class::HAS_DICTIONARY | Class::WEAKLY, &ClassTables::NONE);
    cx.module_state.insert(ERROR, error.value());
    module.set(cx, "ItimerError", error.value());
}

/// The error that the last call of the system left, as one of timers.
fn last_error(cx: &mut Context) -> Stop {
    let number = std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
    timer_error(cx, number)
}

fn timer_error(cx: &mut Context, number: i32) -> Stop {
    let class: Ref<Class> = cx.module_state[ERROR].get().expect("the class was made with the module");
    error_of_class(cx, class.root_layout.get(), number)
}

fn alarm(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let seconds = int(cx, args, 0)?;
    signals::claim_alarm();
    if cx.clock.is_virtual() {
        let (left, _) = cx.clock.set_alarm(Duration::from_secs(seconds as u32 as u64), Duration::ZERO);
        // As the system counts it: what is left of a second is one, and an alarm to come is not none.
        return Ok(Value::small(left.as_secs_f64().ceil() as i64));
    }
    // SAFETY: the call takes a number.
    Ok(Value::small(unsafe { libc::alarm(seconds as libc::c_uint) } as i64))
}

/// Argument `index` as seconds.
fn seconds(cx: &mut Context, args: Args<'_>, index: usize) -> Result<f64, Stop> {
    let value = args.get(index);
    let seconds = match to_f64(cx, value) {
        Some(seconds) => seconds?,
        None if crate::object::arguments::has_special(cx, value, cx.names.__index__) => {
            return Err(cx.ask(index, Wish::Index));
        }
        None => {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
    };
    if seconds.is_nan() {
        return Err(cx.value_error("Invalid value NaN (not a number)"));
    }
    if seconds.abs() > 9.2e9 {
        return Err(cx.overflow_error("timestamp too large to convert to C PyTime_t"));
    }
    Ok(seconds)
}

/// Seconds as the system has them, rounded up to microseconds.
fn to_system(seconds: f64) -> libc::timeval {
    let micros = (seconds * 1e6).ceil() as i64;
    libc::timeval { tv_sec: micros.div_euclid(1_000_000) as _, tv_usec: micros.rem_euclid(1_000_000) as _ }
}

fn pair(cx: &mut Context, left: f64, interval: f64) -> Value {
    cx.tuple(&[Value::float(left), Value::float(interval)])
}

fn pair_of(cx: &mut Context, timer: &libc::itimerval) -> Value {
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    pair(cx, seconds(timer.it_value), seconds(timer.it_interval))
}

fn setitimer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let which = int(cx, args, 0)?;
    let (after, interval) = (seconds(cx, args, 1)?, seconds(cx, args, 2)?);
    if which == REAL {
        signals::claim_alarm();
    }
    if which == REAL && cx.clock.is_virtual() {
        if after < 0.0 || interval < 0.0 {
            return Err(timer_error(cx, libc::EINVAL));
        }
        let (left, before) = cx.clock.set_alarm(Duration::from_secs_f64(after), Duration::from_secs_f64(interval));
        return Ok(pair(cx, left.as_secs_f64(), before.as_secs_f64()));
    }
    let timer = libc::itimerval { it_value: to_system(after), it_interval: to_system(interval) };
    // SAFETY: the call reads one structure and fills in the other.
    let before = unsafe {
        let mut before: libc::itimerval = std::mem::zeroed();
        if libc::setitimer(which as _, &timer, &mut before) != 0 {
            return Err(last_error(cx));
        }
        before
    };
    Ok(pair_of(cx, &before))
}

fn getitimer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let which = int(cx, args, 0)?;
    if which == REAL && cx.clock.is_virtual() {
        let (left, interval) = cx.clock.alarm();
        return Ok(pair(cx, left.as_secs_f64(), interval.as_secs_f64()));
    }
    // SAFETY: the call fills in the structure.
    let timer = unsafe {
        let mut timer: libc::itimerval = std::mem::zeroed();
        if libc::getitimer(which as _, &mut timer) != 0 {
            return Err(last_error(cx));
        }
        timer
    };
    Ok(pair_of(cx, &timer))
}
