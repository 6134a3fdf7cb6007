//! What the system knows of a file, the machine, users and terminals.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};

use crate::modules::os::argument::{Target, c_text, checked, folder, int, name_value, target};
use crate::object::arguments::{Truth, text};
use crate::object::context::Context;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// The functions.
pub const FUNCTIONS: &[Declaration] = &[
    plain("_stat(path, *, dir_fd=None, follow_symlinks=True)", stat, "Return what is known of a file as a tuple."),
    plain("_fstat(fd)", stat_open, "Return what is known of an open file as a tuple."),
    plain("_home_directory(name=None, /)", home_directory, "Return the home folder of a user, or None."),
    plain("_uname()", uname, "Return the names of the system and the machine."),
    plain("_times()", times, "Return the seconds the process and its children have used."),
    plain("_get_terminal_size(fd=1, /)", terminal_size, "Return columns and lines of a terminal."),
    plain("getlogin()", getlogin, "Return the name of the user of the terminal."),
    plain("getloadavg()", getloadavg, "Return how many processes were ready, on average."),
    plain("cpu_count()", cpu_count, "Return how many processors there are."),
];

/// A status that a call fills in.
fn empty_status() -> libc::stat {
    // SAFETY: a status is numbers, for which zeros are as good as any.
    unsafe { std::mem::zeroed() }
}

/// A status as the tuple that `stat_result` is made of.
fn status_value(cx: &mut Context, status: &libc::stat) -> Value {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    let numbers = [
        status.st_mode as i64,
        status.st_ino as i64,
        status.st_dev as i64,
        status.st_nlink as i64,
        status.st_uid as i64,
        status.st_gid as i64,
        status.st_size as i64,
        nanoseconds(status.st_atime as i64, status.st_atime_nsec as i64),
        nanoseconds(status.st_mtime as i64, status.st_mtime_nsec as i64),
        nanoseconds(status.st_ctime as i64, status.st_ctime_nsec as i64),
        status.st_blksize as i64,
        status.st_blocks as i64,
        status.st_rdev as i64,
    ];
    let values = numbers.map(|number| cx.int(number));
    cx.tuple(&values)
}

fn stat(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (target, folder) = (target(cx, args, 0, "stat")?, folder(cx, args, 1)?);
    let flags = if Truth::of(cx, args.get(2), 2)? { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    let mut status = empty_status();
    if matches!(target, Target::Path(_)) {
        // The length of a file counts what was written to it, even if that has only been dropped.
        crate::modules::io::flush_all(cx.threads.are_several());
    }
    let result = match &target {
        // SAFETY: the path ends in a null byte, and the call fills in the structure.
        Target::Path(path) => unsafe { libc::fstatat(folder, path.text.as_ptr(), &mut status, flags) },
        // SAFETY: the call fills in the structure.
        Target::Descriptor(number) => unsafe { libc::fstat(*number, &mut status) },
    };
    checked(cx, result as i64, target.value())?;
    Ok(status_value(cx, &status))
}

fn stat_open(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    let mut status = empty_status();
    // SAFETY: the call fills in the structure.
    checked(cx, unsafe { libc::fstat(number, &mut status) } as i64, Value::UNBOUND)?;
    Ok(status_value(cx, &status))
}

fn home_directory(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let entry = match args.get(0) {
        // SAFETY: the answer is looked at before another such call.
        Value::NONE => unsafe { libc::getpwuid(libc::getuid()) },
        name => {
            let name = text(cx, name, "name")?;
            let Ok(name) = CString::new(name.bytes()) else { return Ok(Value::NONE) };
            // SAFETY: the name ends in a null byte; as above.
            unsafe { libc::getpwnam(name.as_ptr()) }
        }
    };
    if entry.is_null() {
        return Ok(Value::NONE);
    }
    // SAFETY: an entry that was found has a folder, which ends in a null byte.
    let folder = unsafe { CStr::from_ptr((*entry).pw_dir) };
    Ok(name_value(cx, folder.to_bytes(), false))
}

fn uname(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the names are bytes, for which zeros are as good as any; the call fills them in.
    let mut names: libc::utsname = unsafe { std::mem::zeroed() };
    checked(cx, unsafe { libc::uname(&mut names) } as i64, Value::UNBOUND)?;
    let parts = [&names.sysname[..], &names.nodename, &names.release, &names.version, &names.machine];
    // SAFETY: each part ends in a null byte.
    let values = parts.map(|part| c_text(cx, unsafe { CStr::from_ptr(part.as_ptr()) }));
    Ok(cx.tuple(&values))
}

fn times(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: numbers that the call fills in.
    let mut used: libc::tms = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let elapsed = unsafe { libc::times(&mut used) };
    // SAFETY: the call takes a number.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as f64;
    let counts = [used.tms_utime, used.tms_stime, used.tms_cutime, used.tms_cstime, elapsed];
    let values = counts.map(|count| Value::float(count as f64 / ticks));
    Ok(cx.tuple(&values))
}

fn terminal_size(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    // SAFETY: numbers that the call fills in.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: this request takes such a structure.
    checked(cx, unsafe { libc::ioctl(number, libc::TIOCGWINSZ, &mut size) } as i64, Value::UNBOUND)?;
    Ok(cx.tuple(&[Value::small(size.ws_col as i64), Value::small(size.ws_row as i64)]))
}

fn getlogin(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the answer is looked at before another such call.
    let name = unsafe { libc::getlogin() };
    if name.is_null() {
        checked(cx, -1, Value::UNBOUND)?;
        return Ok(Value::NONE);
    }
    // SAFETY: the name ends in a null byte.
    Ok(c_text(cx, unsafe { CStr::from_ptr(name) }))
}

fn getloadavg(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let mut loads = [0.0; 3];
    // SAFETY: there is room for three numbers.
    if unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) } != 3 {
        return Err(cx.error(crate::object::layout::LayoutId::OS_ERROR, "Load averages are unobtainable"));
    }
    let values = loads.map(Value::float);
    Ok(cx.tuple(&values))
}

fn cpu_count(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the call takes a number.
    let count = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    Ok(if count < 1 { Value::NONE } else { Value::small(count as i64) })
}
