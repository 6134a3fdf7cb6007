//! Processes and their environment: numbers, signals, waiting, random bytes.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use crate::modules::os::argument::{checked, int, long, name_value, text_bytes};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::os_error::{description, os_error};
use crate::object::output;
use crate::object::signals;
use crate::object::value::Value;

/// The functions.
pub const FUNCTIONS: &[Declaration] = &[
    plain("_environment()", environment, "Return the environment as a dict."),
    plain("putenv(name, value, /)", putenv, "Set a variable of the environment."),
    plain("unsetenv(name, /)", unsetenv, "Remove a variable of the environment."),
    plain("getpid()", getpid, "Return the number of the process."),
    plain("getppid()", getppid, "Return the number of the parent."),
    plain("getuid()", getuid, "Return the number of the user."),
    plain("geteuid()", geteuid, "Return the number of the effective user."),
    plain("getgid()", getgid, "Return the number of the group."),
    plain("getegid()", getegid, "Return the number of the effective group."),
    plain("getpgid(pid)", getpgid, "Return the group of a process."),
    plain("getpgrp()", getpgrp, "Return the group of the process."),
    plain("getsid(pid, /)", getsid, "Return the session of a process."),
    plain("setsid()", setsid, "Begin a session."),
    plain("getgroups()", getgroups, "Return the numbers of the groups the user belongs to."),
    plain("kill(pid, signal, /)", kill, "Send a signal to a process."),
    plain("killpg(pgid, signal, /)", killpg, "Send a signal to a group of processes."),
    plain("nice(increment, /)", nice, "Change the priority and return it."),
    plain("abort()", abort, "End the process at once by SIGABRT."),
    plain("_exit(status)", exit, "End the process at once, without anything being flushed."),
    plain("system(command)", system, "Run a command in a shell and return its status."),
    plain("urandom(size, /)", urandom, "Return so many random bytes."),
    plain("getrandom(size, flags=0)", urandom, "Return so many random bytes."),
    plain("strerror(code, /)", strerror, "Return what an error number means."),
    plain("sched_yield()", sched_yield, "Let another process run."),
    plain("umask(mask, /)", umask, "Set the mask of modes of new files and return the old one."),
    plain("waitpid(pid, options, /)", waitpid, "Wait for a child, and return its number and its status."),
    plain("wait()", wait, "Wait for any child, and return its number and its status."),
    plain("WIFEXITED(status)", exited, "Return whether a child ended by itself."),
    plain("WEXITSTATUS(status)", exit_status, "Return the status a child ended with."),
    plain("WIFSIGNALED(status)", signaled, "Return whether a signal ended a child."),
    plain("WTERMSIG(status)", term_signal, "Return the signal that ended a child."),
    plain("WIFSTOPPED(status)", stopped, "Return whether a child is stopped."),
    plain("WSTOPSIG(status)", stop_signal, "Return the signal that stopped a child."),
    plain("WCOREDUMP(status)", core_dumped, "Return whether a child left an image of its memory."),
];

fn environment(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let dict = cx.new_dict();
    for (name, value) in std::env::vars_os() {
        let name = name_value(cx, name.as_bytes(), false);
        let value = name_value(cx, value.as_bytes(), false);
        // Names are strings, whose look-up needs no script code.
        let _ = dict.set(cx, name, value);
    }
    Ok(dict.value())
}

/// A name or value of the environment.
fn variable(cx: &mut Context, args: Args<'_>, index: usize) -> Result<CString, Stop> {
    let Some(bytes) = text_bytes(cx, args.get(index))? else {
        let found = cx.type_name(args.get(index));
        return Err(cx.type_error(format!("expected str, bytes or os.PathLike object, not {found}")));
    };
    CString::new(bytes).map_err(|_| cx.value_error("embedded null byte"))
}

fn putenv(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (name, value) = (variable(cx, args, 0)?, variable(cx, args, 1)?);
    if name.as_bytes().contains(&b'=') {
        return Err(cx.value_error("illegal environment variable name"));
    }
    // SAFETY: both end in null bytes; only this thread reads the environment while scripts run.
    checked(cx, unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

fn unsetenv(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = variable(cx, args, 0)?;
    // SAFETY: as above.
    checked(cx, unsafe { libc::unsetenv(name.as_ptr()) } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

macro_rules! numbers {
    ($($name:ident $call:ident),*) => {$(
        fn $name(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
            // SAFETY: the call takes nothing and cannot fail.
            Ok(cx.int(unsafe { libc::$call() } as i64))
        }
    )*};
}

numbers!(getpid getpid, getppid getppid, getuid getuid, geteuid geteuid, getgid getgid, getegid getegid, getpgrp getpgrp);

fn getpgid(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let process = int(cx, args, 0)?;
    // SAFETY: the call takes a number.
    let group = checked(cx, unsafe { libc::getpgid(process) } as i64, Value::UNBOUND)?;
    Ok(Value::small(group))
}

fn getsid(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let process = int(cx, args, 0)?;
    // SAFETY: the call takes a number.
    let session = checked(cx, unsafe { libc::getsid(process) } as i64, Value::UNBOUND)?;
    Ok(Value::small(session))
}

fn setsid(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the call takes nothing.
    checked(cx, unsafe { libc::setsid() } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

fn getgroups(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: without room the call says how much is needed.
    let count = checked(cx, unsafe { libc::getgroups(0, std::ptr::null_mut()) } as i64, Value::UNBOUND)?;
    let mut groups = vec![0 as libc::gid_t; count as usize];
    // SAFETY: there is room for so many numbers.
    let count = unsafe { libc::getgroups(count as i32, groups.as_mut_ptr()) };
    let count = checked(cx, count as i64, Value::UNBOUND)?;
    let values = groups[..count as usize].iter().map(|&group| Value::small(group as i64)).collect();
    Ok(cx.list(values))
}

fn kill(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (process, signal) = (int(cx, args, 0)?, int(cx, args, 1)?);
    // SAFETY: the call takes numbers.
    checked(cx, unsafe { libc::kill(process, signal) } as i64, Value::UNBOUND)?;
    // One to this process is seen to before the script goes on.
    Err(Stop::Signals(Value::NONE))
}

fn killpg(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (group, signal) = (int(cx, args, 0)?, int(cx, args, 1)?);
    // SAFETY: the call takes numbers.
    checked(cx, unsafe { libc::killpg(group, signal) } as i64, Value::UNBOUND)?;
    Err(Stop::Signals(Value::NONE))
}

fn nice(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let increment = int(cx, args, 0)?;
    // SAFETY: the calls take numbers.
    unsafe {
        let before = libc::getpriority(libc::PRIO_PROCESS, 0);
        let result = libc::setpriority(libc::PRIO_PROCESS, 0, before + increment);
        checked(cx, result as i64, Value::UNBOUND)?;
        Ok(Value::small(libc::getpriority(libc::PRIO_PROCESS, 0) as i64))
    }
}

fn abort(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the call takes nothing and does not come back.
    unsafe { libc::abort() }
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let status = int(cx, args, 0)?;
    // SAFETY: the call takes a number and does not come back.
    unsafe { libc::_exit(status) }
}

fn system(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let command = variable(cx, args, 0)?;
    output::flush(cx)?;
    crate::modules::io::flush_all(false);
    // SAFETY: the command ends in a null byte.
    let status = checked(cx, unsafe { libc::system(command.as_ptr()) } as i64, Value::UNBOUND)?;
    Ok(Value::small(status))
}

fn urandom(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let size = long(cx, args, 0)?;
    if size < 0 {
        return Err(cx.value_error("negative argument not allowed"));
    }
    cx.reserve(size as usize)?;
    let mut bytes = vec![0; size as usize];
    let source = std::fs::File::open("/dev/urandom");
    match source.and_then(|mut source| source.read_exact(&mut bytes)) {
        Ok(()) => Ok(Bytes::from_vec(cx, bytes)),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn strerror(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    Ok(cx.str(&description(number)))
}

fn sched_yield(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    std::thread::yield_now();
    Ok(Value::NONE)
}

fn umask(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mask = int(cx, args, 0)?;
    // SAFETY: the call takes a number and cannot fail.
    Ok(Value::small(unsafe { libc::umask(mask as libc::mode_t) } as i64))
}

fn wait_for(cx: &mut Context, process: i32, options: i32) -> Result<Value, Stop> {
    let mut status = 0;
    loop {
        // SAFETY: the call fills in the number.
        let child = unsafe { libc::waitpid(process, &mut status, options) };
        if child == -1 && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted {
            signals::look()?;
            continue;
        }
        let child = checked(cx, child as i64, Value::UNBOUND)?;
        return Ok(cx.tuple(&[Value::small(child), Value::small(status as i64)]));
    }
}

fn waitpid(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (process, options) = (int(cx, args, 0)?, int(cx, args, 1)?);
    wait_for(cx, process, options)
}

fn wait(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    wait_for(cx, -1, 0)
}

fn exited(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(libc::WIFEXITED(int(cx, args, 0)?)))
}

fn exit_status(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(libc::WEXITSTATUS(int(cx, args, 0)?) as i64))
}

fn signaled(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(libc::WIFSIGNALED(int(cx, args, 0)?)))
}

fn term_signal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(libc::WTERMSIG(int(cx, args, 0)?) as i64))
}

fn stopped(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(libc::WIFSTOPPED(int(cx, args, 0)?)))
}

fn stop_signal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(libc::WSTOPSIG(int(cx, args, 0)?) as i64))
}

fn core_dumped(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(libc::WCOREDUMP(int(cx, args, 0)?)))
}
