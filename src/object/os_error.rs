//! Errors of the system as exceptions: the class that an error number means, and what is said of it.

use std::io;

use crate::object::context::Context;
use crate::object::exception::{Exception, set_field};
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::signals;
use crate::object::value::Value;

/// The class of an error number.
pub fn class_of(number: i32) -> LayoutId {
    use LayoutId as Id;
    match number {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => Id::BLOCKING_IO_ERROR,
        libc::EPIPE | libc::ESHUTDOWN => Id::BROKEN_PIPE_ERROR,
        libc::ECHILD => Id::CHILD_PROCESS_ERROR,
        libc::ECONNABORTED => Id::CONNECTION_ABORTED_ERROR,
        libc::ECONNREFUSED => Id::CONNECTION_REFUSED_ERROR,
        libc::ECONNRESET => Id::CONNECTION_RESET_ERROR,
        libc::EEXIST => Id::FILE_EXISTS_ERROR,
        libc::ENOENT => Id::FILE_NOT_FOUND_ERROR,
        libc::EINTR => Id::INTERRUPTED_ERROR,
        libc::EISDIR => Id::IS_A_DIRECTORY_ERROR,
        libc::ENOTDIR => Id::NOT_A_DIRECTORY_ERROR,
        libc::EACCES | libc::EPERM => Id::PERMISSION_ERROR,
        libc::ESRCH => Id::PROCESS_LOOKUP_ERROR,
        libc::ETIMEDOUT => Id::TIMEOUT_ERROR,
        _ => Id::OS_ERROR,
    }
}

/// What the system says of an error number.
pub fn description(number: i32) -> String {
    let text = io::Error::from_raw_os_error(number).to_string();
    let suffix = format!(" (os error {number})");
    text.strip_suffix(&suffix).unwrap_or(&text).to_string()
}

/// What the system says of an error, without its number.
pub fn words(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), description)
}

/// The number nearest to an error that Rust's library made itself.
fn number_of(error: &io::Error) -> i32 {
    use io::ErrorKind as Kind;
    error.raw_os_error().unwrap_or(match error.kind() {
        Kind::NotFound => libc::ENOENT,
        Kind::PermissionDenied => libc::EACCES,
        Kind::AlreadyExists => libc::EEXIST,
        Kind::WouldBlock => libc::EAGAIN,
        Kind::InvalidInput | Kind::InvalidData => libc::EINVAL,
        Kind::TimedOut => libc::ETIMEDOUT,
        Kind::BrokenPipe => libc::EPIPE,
        Kind::Interrupted => libc::EINTR,
        _ => libc::EIO,
    })
}

/// The exception of an error of the system; `filename` is UNBOUND if it is about no file.
pub fn os_error(cx: &mut Context, error: &io::Error, filename: Value) -> Stop {
    numbered_error(cx, number_of(error), filename)
}

/// The exception of an error number; `filename` is UNBOUND if it is about no file.
pub fn numbered_error(cx: &mut Context, number: i32, filename: Value) -> Stop {
    error_of_files(cx, number, filename, Value::UNBOUND)
}

/// The exception of an error number that is about two files.
pub fn error_of_files(cx: &mut Context, number: i32, filename: Value, other: Value) -> Stop {
    if number == libc::EINTR
        && let Err(interrupted) = signals::check(cx)
    {
        return interrupted;
    }
    let exception = exception_of_class(cx, class_of(number), number);
    let names = cx.names;
    if !filename.is_unbound() {
        set_field(exception, names.filename, filename);
    }
    if !other.is_unbound() {
        set_field(exception, names.filename2, other);
    }
    Stop::Raise(exception)
}

/// The exception of an error number, of a class of its own that is a subclass of OSError.
pub fn error_of_class(cx: &mut Context, class: LayoutId, number: i32) -> Stop {
    Stop::Raise(exception_of_class(cx, class, number))
}

fn exception_of_class(cx: &mut Context, class: LayoutId, number: i32) -> Value {
    let text = cx.str(&description(number));
    let number = Value::small(number as i64);
    let args = cx.tuple(&[number, text]);
    let exception = Exception::allocate(cx, class, args);
    let names = cx.names;
    set_field(exception, names.errno, number);
    set_field(exception, names.strerror, text);
    exception
}
