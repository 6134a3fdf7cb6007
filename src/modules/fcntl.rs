//! `fcntl`: flags of descriptors, locks of files, and what else devices can be told.
//!
//! Who waits for a lock waits on a thread of the pool, so that he holds up nobody else.
#![allow(unsafe_code)]

use std::io;

use crate::modules::buffer::Target;
use crate::modules::os::argument::{checked, file_number, int, long};
use crate::object::arguments::{Truth, bytes_like};
use crate::object::bytes::{ByteArray, Bytes, MemoryView};
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::signals;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::object::work::{Crew, result_of, waiting_for};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "fcntl", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("fcntl(fd, cmd, arg=0, /)", fcntl, "Do something to a descriptor; with bytes, return them as they are then."),
    plain("ioctl(fd, request, arg=0, mutate_flag=True, /)", ioctl, "Tell the device of a descriptor something."),
    plain("flock(fd, operation, /)", flock, "Lock or unlock a file, for all who have it open by this opening."),
    plain("lockf(fd, cmd, len=0, start=0, whence=0, /)", lockf, "Lock or unlock a part of a file for this process."),
];

macro_rules! numbers {
    ($($name:ident)*) => {
        const NUMBERS: &[(&str, i64)] = &[$((stringify!($name), libc::$name as i64)),*];
    };
}

numbers! {
    F_DUPFD F_DUPFD_CLOEXEC F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_GETOWN F_SETOWN F_RDLCK F_WRLCK
    F_UNLCK FD_CLOEXEC LOCK_SH LOCK_EX LOCK_NB LOCK_UN
}

#[cfg(target_os = "linux")]
const MORE: &[(&str, i64)] = &[
    ("F_SETPIPE_SZ", libc::F_SETPIPE_SZ as i64),
    ("F_GETPIPE_SZ", libc::F_GETPIPE_SZ as i64),
    ("F_ADD_SEALS", libc::F_ADD_SEALS as i64),
    ("F_GET_SEALS", libc::F_GET_SEALS as i64),
    ("FICLONE", 0x4004_9409),
];
#[cfg(not(target_os = "linux"))]
const MORE: &[(&str, i64)] = &[];

/// So many bytes are given to a call at most.
const MOST: usize = 1024;

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for &(name, number) in NUMBERS.iter().chain(MORE) {
        module.set(cx, name, Value::small(number));
    }
}

/// The descriptor of the first argument.
fn descriptor(cx: &mut Context, args: Args<'_>) -> Result<i32, Stop> {
    match file_number(cx, args, 0)? {
        number if number < 0 => Err(cx.value_error(format!("file descriptor cannot be a negative integer ({number})"))),
        number => Ok(number),
    }
}

/// The result of a call, which a signal interrupts without harm: it is made again.
fn retried(cx: &mut Context, mut call: impl FnMut() -> i32) -> Result<i64, Stop> {
    loop {
        let result = call();
        if result == -1 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
            signals::look()?;
            continue;
        }
        return checked(cx, result as i64, Value::UNBOUND);
    }
}

/// The bytes of an argument that is a buffer or text, in a room that a call may fill; None for a number.
fn given_bytes(cx: &mut Context, value: Value, function: &str) -> Result<Option<(Vec<u8>, usize)>, Stop> {
    let bytes = match value.get::<Str>() {
        Some(text) => text.bytes().to_vec(),
        None if value.is::<Bytes>() || value.is::<ByteArray>() || value.is::<MemoryView>() => bytes_like(cx, value)?,
        None => return Ok(None),
    };
    if bytes.len() > MOST {
        return Err(cx.value_error(format!("{function} argument 3 is too long")));
    }
    let length = bytes.len();
    let mut room = bytes;
    room.resize(MOST, 0);
    Ok(Some((room, length)))
}

fn fcntl(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, command) = (descriptor(cx, args)?, int(cx, args, 1)?);
    if let Some((mut room, length)) = given_bytes(cx, args.get(2), "fcntl")? {
        // SAFETY: the room is larger than any structure such a call takes.
        retried(cx, || unsafe { libc::fcntl(number, command, room.as_mut_ptr()) })?;
        room.truncate(length);
        return Ok(Bytes::from_vec(cx, room));
    }
    let argument = long(cx, args, 2)?;
    // SAFETY: the call takes numbers.
    let result = retried(cx, || unsafe { libc::fcntl(number, command, argument as libc::c_int) })?;
    Ok(Value::small(result))
}

fn ioctl(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, request) = (descriptor(cx, args)?, long(cx, args, 1)? as libc::c_ulong);
    let changes = Truth::of(cx, args.get(3), 3)?;
    let given = args.get(2);
    if let Some((mut room, length)) = given_bytes(cx, given, "ioctl")? {
        // SAFETY: as above.
        let result = retried(cx, || unsafe { libc::ioctl(number, request as _, room.as_mut_ptr()) })?;
        room.truncate(length);
        return match Target::of(cx, given) {
            Ok(target) if changes => {
                target.write(0, &room);
                Ok(Value::small(result))
            }
            _ => Ok(Bytes::from_vec(cx, room)),
        };
    }
    let argument = long(cx, args, 2)?;
    // SAFETY: the call takes numbers.
    let result = retried(cx, || unsafe { libc::ioctl(number, request as _, argument) })?;
    Ok(Value::small(result))
}

/// Locks: at once, or on another thread where that may have to wait. `position` is where a ticket stands.
fn lock(
    cx: &mut Context,
    args: Args<'_>,
    parameters: usize,
    waits: bool,
    call: impl Fn() -> i32 + Send + 'static,
) -> Result<Value, Stop> {
    if let Some(ticket) = args.behind(parameters).filter(|&ticket| Int::is(ticket)) {
        return result_of(cx, ticket);
    }
    if !waits {
        retried(cx, call)?;
        return Ok(Value::NONE);
    }
    let job = move || loop {
        let error = match call() {
            -1 => io::Error::last_os_error(),
            _ => return None,
        };
        if error.kind() != io::ErrorKind::Interrupted {
            return Some(error);
        }
    };
    let ticket = cx.jobs.hand_in(Crew::Others, job, |cx, error| match error {
        None => Ok(Value::NONE),
        Some(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    });
    Err(waiting_for(ticket))
}

fn flock(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, operation) = (descriptor(cx, args)?, int(cx, args, 1)?);
    let waits = operation & (libc::LOCK_NB | libc::LOCK_UN) == 0;
    // SAFETY: the call takes numbers.
    lock(cx, args, 2, waits, move || unsafe { libc::flock(number, operation) })
}

fn lockf(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (number, operation) = (descriptor(cx, args)?, int(cx, args, 1)?);
    let (length, start, whence) = (long(cx, args, 2)?, long(cx, args, 3)?, int(cx, args, 4)?);
    let kind = match operation & !libc::LOCK_NB {
        libc::LOCK_UN => libc::F_UNLCK,
        libc::LOCK_SH => libc::F_RDLCK,
        libc::LOCK_EX => libc::F_WRLCK,
        _ => return Err(cx.value_error("unrecognized lockf argument")),
    };
    let waits = operation & (libc::LOCK_NB | libc::LOCK_UN) == 0;
    let command = if waits { libc::F_SETLKW } else { libc::F_SETLK };
    lock(cx, args, 5, waits, move || {
        // SAFETY: the structure is numbers, for which zeros are as good as any.
        let mut region: libc::flock = unsafe { std::mem::zeroed() };
        region.l_type = kind as _;
        region.l_whence = whence as _;
        region.l_start = start as _;
        region.l_len = length as _;
        // SAFETY: the call reads the structure.
        unsafe { libc::fcntl(number, command, &region) }
    })
}
