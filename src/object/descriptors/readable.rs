//! Whether a read would hold the machine up.
#![allow(unsafe_code)]

use std::os::fd::RawFd;

use crate::object::descriptors::Direction;
use crate::object::native::{Stop, Wait};
use crate::object::value::Value;

/// Leaves the machine where a read of a descriptor would hold it up: of a pipe, socket or terminal with nothing to read.
/// The native is called again, then with `progress`.
pub fn until_readable(number: RawFd, progress: Value) -> Result<(), Stop> {
    let mut entry = libc::pollfd { fd: number, events: libc::POLLIN, revents: 0 };
    // SAFETY: the call reads and fills in one entry.
    if unsafe { libc::poll(&mut entry, 1, 0) } != 0 {
        return Ok(());
    }
    // SAFETY: the call takes numbers.
    if unsafe { libc::fcntl(number, libc::F_GETFL) } & libc::O_NONBLOCK != 0 {
        return Ok(());
    }
    let interests = vec![(number, Direction::Read)];
    Err(Stop::Wait(Box::new(Wait { interests, progress, ..Wait::NOTHING })))
}
