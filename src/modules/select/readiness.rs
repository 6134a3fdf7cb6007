//! Asking the system which of several descriptors are ready, and waiting until one is.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::RawFd;

use crate::modules::duration::nanoseconds;
use crate::modules::os::argument::file_number;
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::native::{Args, Interest, Stop, Wait};
use crate::object::os_error::os_error;
use crate::object::signals::is_interrupted;
use crate::object::value::Value;

/// A descriptor argument: an int, or an object with a `fileno` method.
pub fn descriptor(cx: &mut Context, args: Args<'_>, index: usize) -> Result<RawFd, Stop> {
    let number = file_number(cx, args, index)?;
    if number < 0 {
        return Err(cx.value_error(format!("file descriptor cannot be a negative integer ({number})")));
    }
    Ok(number)
}

/// How many nanoseconds to wait, of an argument in units of so many; None: without end, which negative numbers mean
/// too.
pub fn patience(cx: &mut Context, value: Value, unit: f64, complaint: &str) -> Result<Option<i64>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    match nanoseconds(cx, value, unit) {
        Some(time) => Ok(Some(time?).filter(|&time| time >= 0)),
        None => Err(cx.type_error(complaint)),
    }
}

/// What a descriptor is asked for or ready for: bits of `poll`.
pub fn entry(number: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd { fd: number, events, revents: 0 }
}

/// Looks which of the descriptors are ready. Where none is, the native waits, and is called again.
pub fn look(cx: &mut Context, entries: &mut [libc::pollfd], timeout: Option<i64>, nothing: Value) -> Result<(), Stop> {
    loop {
        // SAFETY: so many entries there are, and the call does not wait.
        let count = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, 0) };
        if count > 0 {
            return Ok(());
        }
        if count == 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted || is_interrupted() {
            return Err(os_error(cx, &error, Value::UNBOUND));
        }
    }
    let interests = entries.iter().flat_map(interests).collect();
    Err(wait(interests, timeout, nothing))
}

/// Waits for one of the descriptors; the result is this one if none gets ready in time.
pub fn wait(interests: Vec<Interest>, timeout: Option<i64>, nothing: Value) -> Stop {
    Stop::Wait(Box::new(Wait { interests, timeout, otherwise: nothing, ..Wait::NOTHING }))
}

/// What the poller is to look for. Who asks for nothing but urgent data finds it when something else ends the wait.
fn interests(entry: &libc::pollfd) -> impl Iterator<Item = Interest> + use<> {
    let ways =
        [(libc::POLLIN | libc::POLLRDNORM, Direction::Read), (libc::POLLOUT | libc::POLLWRNORM, Direction::Write)];
    let entry = *entry;
    ways.into_iter().filter(move |(bits, _)| entry.events & bits != 0).map(move |(_, way)| (entry.fd, way))
}
