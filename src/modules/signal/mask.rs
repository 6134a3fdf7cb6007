//! Which signals are held back: sets of them, as the system has them and as scripts do.
#![allow(unsafe_code)]

use crate::modules::os::argument::int;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::set::Set;
use crate::object::signals;
use crate::object::value::Value;

/// The functions.
pub const FUNCTIONS: &[Declaration] = &[
    plain("pthread_sigmask(how, mask, /)", pthread_sigmask, "Change which signals are held back; return which were."),
    plain("sigpending()", sigpending, "Return the signals that have come and are held back."),
];

/// How the set is changed.
pub const NUMBERS: [(&str, i32); 3] =
    [("SIG_BLOCK", libc::SIG_BLOCK), ("SIG_UNBLOCK", libc::SIG_UNBLOCK), ("SIG_SETMASK", libc::SIG_SETMASK)];

fn empty() -> libc::sigset_t {
    // SAFETY: the call fills in the set.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        set
    }
}

/// All signals of the system.
pub fn full() -> libc::sigset_t {
    let mut set = empty();
    // SAFETY: the call fills in the set.
    unsafe { libc::sigfillset(&mut set) };
    set
}

/// A set of the numbers in a set of the system.
pub fn as_set(cx: &mut Context, signals: &libc::sigset_t) -> Value {
    let set = Set::allocate(cx, LayoutId::SET);
    for number in 1..signals::END {
        // SAFETY: the call reads the set.
        if unsafe { libc::sigismember(signals, number) } == 1 {
            // Integers need no script code to be added.
            let _ = set.add(cx, Value::small(number as i64));
        }
    }
    set.value()
}

fn pthread_sigmask(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let how = int(cx, args, 0)?;
    let Items(items) = Items::from_value(cx, args.get(1), 1)?;
    let mut mask = empty();
    for item in items {
        let number = Int::expect_i64(cx, item)?;
        if !(1..signals::END as i64).contains(&number) {
            return Err(cx.value_error(format!("signal number {number} out of range [1; {}]", signals::END - 1)));
        }
        // SAFETY: the call changes the set. It refuses those that the system keeps for itself, as it should.
        unsafe { libc::sigaddset(&mut mask, number as i32) };
    }
    let mut before = empty();
    // SAFETY: the call reads one set and fills in the other.
    match unsafe { libc::pthread_sigmask(how, &mask, &mut before) } {
        0 => {
            let before = as_set(cx, &before);
            Err(Stop::Signals(before))
        }
        error => Err(os_error(cx, &std::io::Error::from_raw_os_error(error), Value::UNBOUND)),
    }
}

fn sigpending(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let mut pending = empty();
    // SAFETY: the call fills in the set.
    unsafe { libc::sigpending(&mut pending) };
    Ok(as_set(cx, &pending))
}
