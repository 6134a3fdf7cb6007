//! What can be changed of a file by its path: mode, owner, times, length; and whether it may be used.
#![allow(unsafe_code)]

use crate::modules::os::argument::{Target, checked, folder, int, long, path, target};
use crate::object::arguments::Truth;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::number::to_f64;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The functions.
pub const FUNCTIONS: &[Declaration] = &[
    plain("chmod(path, mode, *, dir_fd=None, follow_symlinks=True)", chmod, "Set the mode of a file."),
    plain("fchmod(fd, mode)", chmod_open, "Set the mode of an open file."),
    plain("chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)", chown, "Set the owner of a file."),
    plain("lchown(path, uid, gid)", chown_link, "Set the owner of a symbolic link itself."),
    plain("fchown(fd, uid, gid)", chown, "Set the owner of an open file."),
    plain(
        "utime(path, times=None, *, ns=<unset>, dir_fd=None, follow_symlinks=True)",
        utime,
        "Set when a file was last used and changed.",
    ),
    plain("truncate(path, length)", truncate, "Cut a file at a length."),
    plain("ftruncate(fd, length, /)", truncate_open, "Cut an open file at a length."),
    plain(
        "access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
        access,
        "Return whether a file may be used in a way.",
    ),
];

/// The flags for `follow_symlinks`.
fn link_flags(cx: &mut Context, args: Args<'_>, index: usize) -> Result<i32, Stop> {
    Ok(if Truth::of(cx, args.get(index), index)? { 0 } else { libc::AT_SYMLINK_NOFOLLOW })
}

fn chmod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (target, mode) = (target(cx, args, 0, "chmod")?, int(cx, args, 1)?);
    let (folder, flags) = (folder(cx, args, 2)?, link_flags(cx, args, 3)?);
    let mode = mode as libc::mode_t;
    let result = match &target {
        // SAFETY: the path ends in a null byte.
        Target::Path(path) => unsafe { libc::fchmodat(folder, path.text.as_ptr(), mode, flags) },
        // SAFETY: the call takes numbers.
        Target::Descriptor(number) => unsafe { libc::fchmod(*number, mode) },
    };
    checked(cx, result as i64, target.value())?;
    Ok(Value::NONE)
}

fn chmod_open(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, mode) = (int(cx, args, 0)?, int(cx, args, 1)?);
    // SAFETY: the call takes numbers.
    checked(cx, unsafe { libc::fchmod(number, mode as libc::mode_t) } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

fn chown(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let target = target(cx, args, 0, "chown")?;
    let (user, group) = (long(cx, args, 1)? as libc::uid_t, long(cx, args, 2)? as libc::gid_t);
    let (folder, flags) = match args.0.len() {
        3 => (libc::AT_FDCWD, 0),
        _ => (folder(cx, args, 3)?, link_flags(cx, args, 4)?),
    };
    let result = match &target {
        // SAFETY: the path ends in a null byte.
        Target::Path(path) => unsafe { libc::fchownat(folder, path.text.as_ptr(), user, group, flags) },
        // SAFETY: the call takes numbers.
        Target::Descriptor(number) => unsafe { libc::fchown(*number, user, group) },
    };
    checked(cx, result as i64, target.value())?;
    Ok(Value::NONE)
}

fn chown_link(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let path = path(cx, args, 0, "lchown", "path")?;
    let (user, group) = (long(cx, args, 1)? as libc::uid_t, long(cx, args, 2)? as libc::gid_t);
    // SAFETY: the path ends in a null byte.
    let result = unsafe { libc::lchown(path.text.as_ptr(), user, group) };
    checked(cx, result as i64, path.value)?;
    Ok(Value::NONE)
}

const BILLION: i64 = 1_000_000_000;

/// A time in nanoseconds as the system takes it.
fn time_of(nanoseconds: i64) -> libc::timespec {
    libc::timespec {
        tv_sec: nanoseconds.div_euclid(BILLION) as libc::time_t,
        tv_nsec: nanoseconds.rem_euclid(BILLION) as _,
    }
}

/// A number of seconds.
fn seconds(cx: &mut Context, value: Value) -> Result<libc::timespec, Stop> {
    if let Some(seconds) = Int::to_i64(value) {
        return Ok(libc::timespec { tv_sec: seconds as libc::time_t, tv_nsec: 0 });
    }
    match to_f64(cx, value) {
        Some(seconds) => {
            let seconds = seconds?;
            if seconds.is_nan() || seconds.abs() > 9e18 {
                return Err(cx.overflow_error("timestamp out of range for platform time_t"));
            }
            let whole = seconds.floor();
            let rest = ((seconds - whole) * 1e9).floor().min(999_999_999.0);
            Ok(libc::timespec { tv_sec: whole as libc::time_t, tv_nsec: rest as _ })
        }
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")))
        }
    }
}

/// The two times of the arguments.
fn times(cx: &mut Context, args: Args<'_>) -> Result<[libc::timespec; 2], Stop> {
    let (times, exact) = (args.get(1), args.get(2));
    if !times.is_none() && !exact.is_unbound() {
        return Err(cx.value_error("utime: you may specify either 'times' or 'ns' but not both"));
    }
    let pair = |value: Value| value.get::<Tuple>().filter(|items| items.items().len() == 2);
    if !times.is_none() {
        let Some(items) = pair(times) else {
            return Err(cx.type_error("utime: 'times' must be either a tuple of two ints or None"));
        };
        return Ok([seconds(cx, items.items()[0])?, seconds(cx, items.items()[1])?]);
    }
    if !exact.is_unbound() {
        let numbers =
            pair(exact).and_then(|items| Some([Int::to_i64(items.items()[0])?, Int::to_i64(items.items()[1])?]));
        let Some(numbers) = numbers else {
            return Err(cx.type_error("utime: 'ns' must be a tuple of two ints"));
        };
        return Ok(numbers.map(time_of));
    }
    let now = libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_NOW as _ };
    Ok([now, now])
}

fn utime(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let target = target(cx, args, 0, "utime")?;
    let times = times(cx, args)?;
    let (folder, flags) = (folder(cx, args, 3)?, link_flags(cx, args, 4)?);
    let result = match &target {
        // SAFETY: the path ends in a null byte; two times are given.
        Target::Path(path) => unsafe { libc::utimensat(folder, path.text.as_ptr(), times.as_ptr(), flags) },
        // SAFETY: two times are given.
        Target::Descriptor(number) => unsafe { libc::futimens(*number, times.as_ptr()) },
    };
    checked(cx, result as i64, target.value())?;
    Ok(Value::NONE)
}

fn truncate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (target, length) = (target(cx, args, 0, "truncate")?, long(cx, args, 1)?);
    let result = match &target {
        // SAFETY: the path ends in a null byte.
        Target::Path(path) => unsafe { libc::truncate(path.text.as_ptr(), length) },
        // SAFETY: the call takes numbers.
        Target::Descriptor(number) => unsafe { libc::ftruncate(*number, length) },
    };
    checked(cx, result as i64, target.value())?;
    Ok(Value::NONE)
}

fn truncate_open(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, length) = (int(cx, args, 0)?, long(cx, args, 1)?);
    // SAFETY: the call takes numbers.
    checked(cx, unsafe { libc::ftruncate(number, length) } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

fn access(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (path, mode) = (path(cx, args, 0, "access", "path")?, int(cx, args, 1)?);
    let (folder, follows) = (folder(cx, args, 2)?, link_flags(cx, args, 4)?);
    let effective = if Truth::of(cx, args.get(3), 3)? { libc::AT_EACCESS } else { 0 };
    // SAFETY: the path ends in a null byte.
    let result = unsafe { libc::faccessat(folder, path.text.as_ptr(), mode, follows | effective) };
    Ok(Value::bool(result == 0))
}
