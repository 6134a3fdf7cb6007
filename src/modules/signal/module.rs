//! The module: numbers, handlers, sending.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::modules::os::argument::{checked, int};
use crate::modules::signal::{mask, timers};
use crate::object::arguments::{Truth, is_callable};
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Control, Declaration, Request, Stop, control, plain};
use crate::object::os_error::os_error;
use crate::object::signals::{self, Disposition};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_signal", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("signal(signalnum, handler, /)", signal, "Set what is called when a signal comes; return what was."),
    plain("getsignal(signalnum, /)", getsignal, "Return what is called when a signal comes."),
    plain("default_int_handler(signalnum, frame, /)", default_int_handler, "Raise KeyboardInterrupt."),
    plain("raise_signal(signalnum, /)", raise_signal, "Send a signal to the executing process."),
    plain("pthread_kill(thread_id, signalnum, /)", pthread_kill, "Send a signal to a thread."),
    plain("_insist()", insist, "End the program, if the last SIGINT came from outside."),
    control(
        "_stopping(what, /)",
        Control::NoteInterrupt,
        "Note the task or loop that ends because of Ctrl-C, or None.",
    ),
    plain("_take_others()", take_others, "Return what the other tasks did when Ctrl-C came, as text, but once."),
    plain("pause()", pause, "Wait until a signal has come."),
    plain("strsignal(signalnum, /)", strsignal, "Return what the system calls a signal, or None."),
    plain("valid_signals()", valid_signals, "Return the numbers of the signals of this platform as a set."),
    plain("siginterrupt(signalnum, flag, /)", siginterrupt, "Set whether a signal interrupts system calls."),
    plain(
        "set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)",
        set_wakeup_fd,
        "Set a descriptor that the numbers of signals are written to; return the one before, or -1.",
    ),
];

macro_rules! numbers {
    ($($name:ident)*) => {
        &[$((stringify!($name), libc::$name)),*]
    };
}

/// Names and numbers of the signals.
const SIGNALS: &[(&str, i32)] = numbers! {
    SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPROF SIGQUIT
    SIGSEGV SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU
    SIGXFSZ
};

#[cfg(target_os = "linux")]
const OTHER_SIGNALS: &[(&str, i32)] =
    &[("SIGCLD", libc::SIGCHLD), ("SIGPOLL", libc::SIGPOLL), ("SIGPWR", libc::SIGPWR), ("SIGSTKFLT", libc::SIGSTKFLT)];

#[cfg(not(target_os = "linux"))]
const OTHER_SIGNALS: &[(&str, i32)] = &[("SIGEMT", libc::SIGEMT), ("SIGINFO", libc::SIGINFO)];

/// Where the function that raises KeyboardInterrupt is kept.
pub const DEFAULT_INT_HANDLER: &str = "signal.default_int_handler";

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    module.add_functions(cx, mask::FUNCTIONS);
    timers::fill(cx, module);
    let mut numbers: Vec<(&str, i32)> = SIGNALS.iter().chain(OTHER_SIGNALS).copied().collect();
    #[cfg(target_os = "linux")]
    numbers.extend([("SIGRTMIN", libc::SIGRTMIN()), ("SIGRTMAX", libc::SIGRTMAX())]);
    numbers.extend([("SIG_DFL", 0), ("SIG_IGN", 1), ("NSIG", signals::END)]);
    numbers.extend(mask::NUMBERS);
    for (name, number) in numbers {
        module.set(cx, name, Value::small(number as i64));
    }
    let name = cx.intern("default_int_handler");
    if let Some(handler) = module.dict().get_interned(name) {
        cx.module_state.insert(DEFAULT_INT_HANDLER, handler);
    }
}

/// Argument `index` as the number of a signal.
pub(super) fn number(cx: &mut Context, args: Args<'_>, index: usize) -> Result<i32, Stop> {
    let number = int(cx, args, index)?;
    match (1..signals::END).contains(&number) {
        true => Ok(number),
        false => Err(cx.value_error("signal number out of range")),
    }
}

/// What is done when a signal comes, as scripts know it.
fn handler_of(cx: &Context, number: i32) -> Value {
    let default_int_handler = cx.module_state[DEFAULT_INT_HANDLER];
    cx.signals.get(number).unwrap_or_else(|| match signals::disposition(number) {
        Ok(Disposition::Default) => Value::small(0),
        Ok(Disposition::Ignored) => Value::small(1),
        Ok(Disposition::Noted) if number == libc::SIGINT => default_int_handler,
        _ => Value::NONE,
    })
}

fn signal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, handler) = (number(cx, args, 0)?, args.get(1));
    let (disposition, kept) = match Int::to_i64(handler).filter(|_| Int::is(handler)) {
        Some(0) => (Disposition::Default, Value::small(0)),
        Some(1) => (Disposition::Ignored, Value::small(1)),
        None if is_callable(cx, handler) => (Disposition::Noted, handler),
        _ => {
            let message = "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object";
            return Err(cx.type_error(message));
        }
    };
    // What has come already is for the handler that was there.
    signals::look()?;
    let before = handler_of(cx, number);
    let raises = handler == cx.module_state[DEFAULT_INT_HANDLER];
    match signals::dispose(number, disposition, raises) {
        Ok(()) => {
            cx.signals.set(number, kept);
            Ok(before)
        }
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn getsignal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = number(cx, args, 0)?;
    Ok(handler_of(cx, number))
}

fn default_int_handler(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error_with(LayoutId::KEYBOARD_INTERRUPT, &[]))
}

fn raise_signal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    match signals::send(number) {
        Ok(()) => Err(Stop::Signals(Value::NONE)),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn pthread_kill(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Some(thread), number) = (Int::to_i64(args.get(0)), int(cx, args, 1)?) else {
        return Err(cx.type_error("an integer is required"));
    };
    // The other threads are fibers on this one: the system knows none of them.
    if thread != crate::modules::thread::ident_of(0) {
        let error = std::io::Error::from_raw_os_error(libc::ESRCH);
        return Err(os_error(cx, &error, Value::UNBOUND));
    }
    // SAFETY: the calls take numbers; a thread has itself.
    match unsafe { libc::pthread_kill(libc::pthread_self(), number) } {
        0 => Err(Stop::Signals(Value::NONE)),
        error => Err(os_error(cx, &std::io::Error::from_raw_os_error(error), Value::UNBOUND)),
    }
}

/// Ctrl-C has come again while the first is being dealt with: nobody has to wait for the end of that.
fn insist(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    match signals::is_interrupt_from_outside() {
        true => Err(Stop::Request(Box::new(Request::Interrupt))),
        false => Ok(Value::NONE),
    }
}

fn take_others(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let others = cx.signals.others.take();
    Ok(cx.str(&others))
}

fn pause(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Request(Box::new(Request::Signal)))
}

fn strsignal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = number(cx, args, 0)?;
    // SAFETY: the call takes a number; its text ends in a null byte and is copied at once.
    let text = unsafe {
        let text = libc::strsignal(number);
        if text.is_null() {
            return Ok(Value::NONE);
        }
        CStr::from_ptr(text).to_string_lossy().into_owned()
    };
    if text.starts_with("Unknown signal") { Ok(Value::NONE) } else { Ok(cx.str(&text)) }
}

fn valid_signals(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let all = mask::full();
    Ok(mask::as_set(cx, &all))
}

fn siginterrupt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, interrupts) = (number(cx, args, 0)?, Truth::of(cx, args.get(1), 1)?);
    // SAFETY: the calls fill in and read the structure.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        match libc::sigaction(number, std::ptr::null(), &mut action) {
            0 => {
                match interrupts {
                    true => action.sa_flags &= !libc::SA_RESTART,
                    false => action.sa_flags |= libc::SA_RESTART,
                }
                libc::sigaction(number, &action, std::ptr::null_mut())
            }
            result => result,
        }
    };
    checked(cx, result as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

fn set_wakeup_fd(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let descriptor = int(cx, args, 0)?;
    if descriptor != -1 {
        // SAFETY: the call takes numbers.
        let flags = checked(cx, unsafe { libc::fcntl(descriptor, libc::F_GETFL) } as i64, Value::UNBOUND)?;
        if flags & libc::O_NONBLOCK as i64 == 0 {
            return Err(cx.value_error(format!("the fd {descriptor} must be in non-blocking mode")));
        }
    }
    Ok(Value::small(signals::set_script_wake(descriptor) as i64))
}
