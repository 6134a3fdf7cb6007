//! Open descriptors: reading, writing, copying, pipes, terminals.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::modules::os::argument::{c_text, checked, file_number, folder, int, long, path};
use crate::object::arguments::{Truth, bytes_like};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::descriptors::{WriteEnd, Written, until_readable, until_writable, write_bytes};
use crate::object::integer::Int;
use crate::object::native::{Args, Declaration, Stop, Wait, plain};
use crate::object::os_error::{numbered_error, os_error};
use crate::object::signals;
use crate::object::value::Value;

/// The functions.
pub const FUNCTIONS: &[Declaration] = &[
    plain("open(path, flags, mode=511, *, dir_fd=None)", open, "Open a file and return its descriptor."),
    plain("close(fd)", close, "Close a descriptor."),
    plain("closerange(fd_low, fd_high, /)", closerange, "Close all descriptors from one up to another."),
    plain("read(fd, length, /)", read, "Read at most so many bytes."),
    plain("pread(fd, length, offset, /)", pread, "Read at most so many bytes from a position."),
    plain("write(fd, data, /)", write, "Write bytes and return how many were written."),
    plain("_pending(fd, /)", pending, "Return how many bytes can be read at once."),
    plain("_share(fd, /)", share, "Other processes have it open too: no virtual time passes while it is waited for."),
    plain("pwrite(fd, buffer, offset, /)", pwrite, "Write bytes at a position."),
    plain("lseek(fd, position, whence, /)", lseek, "Move the position and return it."),
    plain("fsync(fd)", fsync, "Have what was written put on the disk."),
    plain("fdatasync(fd)", fsync, "Have what was written put on the disk."),
    plain("sync()", sync, "Have everything that was written put on the disk."),
    plain("dup(fd, /)", dup, "Return a second descriptor for the same file."),
    plain("dup2(fd, fd2, inheritable=True)", dup2, "Make a descriptor stand for the file of another."),
    plain("pipe()", pipe, "Make a pipe: its descriptors for reading and for writing."),
    plain("isatty(fd, /)", isatty, "Return whether a descriptor is a terminal."),
    plain("ttyname(fd, /)", ttyname, "Return the name of a terminal."),
    plain("device_encoding(fd)", device_encoding, "Return the encoding of a terminal, None for other files."),
    plain("get_blocking(fd, /)", get_blocking, "Return whether reading and writing may wait."),
    plain("set_blocking(fd, blocking, /)", set_blocking, "Set whether reading and writing may wait."),
    plain("get_inheritable(fd, /)", get_inheritable, "Return whether other programs get the descriptor."),
    plain("set_inheritable(fd, inheritable, /)", set_inheritable, "Set whether other programs get the descriptor."),
];

/// The result of a call, which a signal interrupts without harm: it is made again.
fn retried(cx: &mut Context, mut call: impl FnMut() -> i64) -> Result<i64, Stop> {
    loop {
        let result = call();
        if result == -1 && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted {
            signals::look()?;
            continue;
        }
        return checked(cx, result, Value::UNBOUND);
    }
}

fn open(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (path, flags) = (path(cx, args, 0, "open", "path")?, int(cx, args, 1)?);
    let (mode, folder) = (int(cx, args, 2)?, folder(cx, args, 3)?);
    let flags = flags | libc::O_CLOEXEC;
    // SAFETY: the path ends in a null byte.
    let result = unsafe { libc::openat(folder, path.text.as_ptr(), flags, mode as libc::c_uint) };
    let number = checked(cx, result as i64, path.value)?;
    Ok(Value::small(number))
}

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    // SAFETY: the call takes a number; a file object over it will find it closed.
    checked(cx, unsafe { libc::close(number) } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

fn closerange(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (low, high) = (int(cx, args, 0)?.max(0), int(cx, args, 1)?);
    // SAFETY: the call takes a number.
    let most = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    let high = if most > 0 { high.min(i32::try_from(most).unwrap_or(i32::MAX)) } else { high };
    for number in low..high {
        // SAFETY: as above; what is not open is passed over.
        unsafe { libc::close(number) };
    }
    Ok(Value::NONE)
}

/// Room for so many bytes.
fn room(cx: &mut Context, length: i64) -> Result<Vec<u8>, Stop> {
    if length < 0 {
        return Err(numbered_error(cx, libc::EINVAL, Value::UNBOUND));
    }
    cx.reserve(length as usize)?;
    Ok(vec![0; length as usize])
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, length) = (int(cx, args, 0)?, long(cx, args, 1)?);
    let mut bytes = room(cx, length)?;
    until_readable(number, Value::UNBOUND)?;
    let (start, length) = (bytes.as_mut_ptr(), bytes.len());
    // SAFETY: the range is that of the vector.
    let count = retried(cx, || unsafe { libc::read(number, start.cast(), length) } as i64)?;
    bytes.truncate(count as usize);
    Ok(Bytes::from_vec(cx, bytes))
}

fn pread(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, length, offset) = (int(cx, args, 0)?, long(cx, args, 1)?, long(cx, args, 2)?);
    let mut bytes = room(cx, length)?;
    let (start, length) = (bytes.as_mut_ptr(), bytes.len());
    // SAFETY: as above.
    let count = retried(cx, || unsafe { libc::pread(number, start.cast(), length, offset) } as i64)?;
    bytes.truncate(count as usize);
    Ok(Bytes::from_vec(cx, bytes))
}

fn pending(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    let mut count: libc::c_int = 0;
    // SAFETY: the call writes an int.
    retried(cx, || unsafe { libc::ioctl(number, libc::FIONREAD, &raw mut count) } as i64)?;
    Ok(Value::small(count.into()))
}

fn share(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    cx.descriptors.learn_sharers(number);
    Ok(Value::NONE)
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, bytes) = (int(cx, args, 0)?, bytes_like(cx, args.get(1))?);
    if number == 1 {
        // What `print` holds back was written before.
        crate::object::output::flush(cx)?;
    }
    // So many a call before this one has written, which then had to wait.
    let before = args.behind(2).and_then(Int::to_i64).unwrap_or(0) as usize;
    let Written { count, end } = write_bytes(number, &bytes[before.min(bytes.len())..], cx.threads.are_several());
    let count = before + count;
    let progress = Value::small(count as i64);
    match end {
        WriteEnd::Full => Err(until_writable(number, progress)),
        WriteEnd::Interrupted => Err(Wait::for_signal(progress)),
        WriteEnd::Failed(error) => Err(os_error(cx, &error, Value::UNBOUND)),
        WriteEnd::Refused if count == 0 => Err(numbered_error(cx, libc::EAGAIN, Value::UNBOUND)),
        WriteEnd::Whole | WriteEnd::Refused => Ok(progress),
    }
}

fn pwrite(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, bytes, offset) = (int(cx, args, 0)?, bytes_like(cx, args.get(1))?, long(cx, args, 2)?);
    let call = || {
        // SAFETY: as above.
        unsafe { libc::pwrite(number, bytes.as_ptr().cast(), bytes.len(), offset) as i64 }
    };
    Ok(Value::small(retried(cx, call)?))
}

fn lseek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, position, whence) = (int(cx, args, 0)?, long(cx, args, 1)?, int(cx, args, 2)?);
    // SAFETY: the call takes numbers.
    let position = checked(cx, unsafe { libc::lseek(number, position, whence) }, Value::UNBOUND)?;
    Ok(cx.int(position))
}

fn fsync(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = file_number(cx, args, 0)?;
    // SAFETY: the call takes a number.
    retried(cx, || unsafe { libc::fsync(number) } as i64)?;
    Ok(Value::NONE)
}

fn sync(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the call takes nothing.
    unsafe { libc::sync() };
    Ok(Value::NONE)
}

fn dup(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    // SAFETY: the call takes numbers.
    let copy = checked(cx, unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) } as i64, Value::UNBOUND)?;
    Ok(Value::small(copy))
}

fn dup2(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, other) = (int(cx, args, 0)?, int(cx, args, 1)?);
    let is_inheritable = Truth::of(cx, args.get(2), 2)?;
    if other == 1 {
        // What was printed before goes where it was meant to go.
        crate::object::output::flush(cx)?;
    }
    // SAFETY: the call takes numbers.
    retried(cx, || unsafe { libc::dup2(number, other) } as i64)?;
    if !is_inheritable && number != other {
        set_flag(cx, other, libc::F_GETFD, libc::F_SETFD, libc::FD_CLOEXEC, true)?;
    }
    Ok(Value::small(other as i64))
}

fn pipe(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let mut ends = [0; 2];
    // SAFETY: there is room for two numbers.
    checked(cx, unsafe { libc::pipe(ends.as_mut_ptr()) } as i64, Value::UNBOUND)?;
    for end in ends {
        set_flag(cx, end, libc::F_GETFD, libc::F_SETFD, libc::FD_CLOEXEC, true)?;
    }
    let ends = ends.map(|end| Value::small(end as i64));
    Ok(cx.tuple(&ends))
}

fn isatty(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    // SAFETY: the call takes a number.
    Ok(Value::bool(unsafe { libc::isatty(number) } == 1))
}

fn ttyname(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    // SAFETY: the answer is looked at before another such call.
    let name = unsafe { libc::ttyname(number) };
    if name.is_null() {
        checked(cx, -1, Value::UNBOUND)?;
        return Ok(Value::NONE);
    }
    // SAFETY: the name ends in a null byte.
    Ok(c_text(cx, unsafe { CStr::from_ptr(name) }))
}

fn device_encoding(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match isatty(cx, args)? {
        Value::TRUE => Ok(cx.str("utf-8")),
        _ => Ok(Value::NONE),
    }
}

/// The flags of a descriptor.
fn flags(cx: &mut Context, number: i32, get: i32) -> Result<i32, Stop> {
    // SAFETY: the call takes numbers.
    checked(cx, unsafe { libc::fcntl(number, get) } as i64, Value::UNBOUND).map(|flags| flags as i32)
}

fn set_flag(cx: &mut Context, number: i32, get: i32, set: i32, flag: i32, is_set: bool) -> Result<(), Stop> {
    let before = flags(cx, number, get)?;
    let after = if is_set { before | flag } else { before & !flag };
    // SAFETY: the call takes numbers.
    checked(cx, unsafe { libc::fcntl(number, set, after) } as i64, Value::UNBOUND).map(|_| ())
}

fn get_blocking(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    Ok(Value::bool(flags(cx, number, libc::F_GETFL)? & libc::O_NONBLOCK == 0))
}

fn set_blocking(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    let is_blocking = Truth::of(cx, args.get(1), 1)?;
    set_flag(cx, number, libc::F_GETFL, libc::F_SETFL, libc::O_NONBLOCK, !is_blocking)?;
    Ok(Value::NONE)
}

fn get_inheritable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    Ok(Value::bool(flags(cx, number, libc::F_GETFD)? & libc::FD_CLOEXEC == 0))
}

fn set_inheritable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    let is_inheritable = Truth::of(cx, args.get(1), 1)?;
    set_flag(cx, number, libc::F_GETFD, libc::F_SETFD, libc::FD_CLOEXEC, !is_inheritable)?;
    Ok(Value::NONE)
}
