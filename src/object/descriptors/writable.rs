//! Writing as much as does not hold the machine up.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::RawFd;

use crate::object::descriptors::Direction;
use crate::object::native::{Stop, Wait};
use crate::object::signals::is_interrupted;
use crate::object::value::Value;

/// So many bytes a terminal that can be written to takes at once.
const LINE: usize = 256;

/// How far a write has come.
pub struct Written {
    /// So many bytes are written.
    pub count: usize,
    /// Why it went no further.
    pub end: WriteEnd,
}

/// Why a write went no further.
pub enum WriteEnd {
    /// Everything is written.
    Whole,
    /// More would hold the machine up until somebody reads.
    Full,
    /// The descriptor does not block, and takes no more now.
    Refused,
    /// Ctrl-C was pressed meanwhile.
    Interrupted,
    /// The system has refused it.
    Failed(io::Error),
}

/// Writes bytes to a descriptor. Where it `minds_others`, threads that want to run meanwhile, it goes no further than it
/// can without waiting.
pub fn write_bytes(number: RawFd, bytes: &[u8], minds_others: bool) -> Written {
    let mut count = 0;
    while count < bytes.len() {
        let rest = &bytes[count..];
        let most = if minds_others { room(number, rest.len()) } else { rest.len() };
        if most == 0 {
            let end = if blocks(number) { WriteEnd::Full } else { WriteEnd::Refused };
            return Written { count, end };
        }
        // SAFETY: the range is one of the slice.
        let written = unsafe { libc::write(number, rest.as_ptr().cast(), most) };
        if written >= 0 {
            count += written as usize;
            continue;
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted if !is_interrupted() => {}
            io::ErrorKind::Interrupted => return Written { count, end: WriteEnd::Interrupted },
            io::ErrorKind::WouldBlock => return Written { count, end: WriteEnd::Refused },
            _ => return Written { count, end: WriteEnd::Failed(error) },
        }
    }
    Written { count, end: WriteEnd::Whole }
}

/// Leaves the machine until a descriptor can be written to. The native is called again, then with `progress`.
pub fn until_writable(number: RawFd, progress: Value) -> Stop {
    let interests = vec![(number, Direction::Write)];
    Stop::Wait(Box::new(Wait { interests, progress, ..Wait::NOTHING }))
}

/// How many of so many bytes a descriptor takes without waiting; what it cannot be asked it takes.
fn room(number: RawFd, wanted: usize) -> usize {
    let mut entry = libc::pollfd { fd: number, events: libc::POLLOUT, revents: 0 };
    // SAFETY: the call reads and fills in one entry.
    if unsafe { libc::poll(&mut entry, 1, 0) } == 0 {
        return 0;
    }
    // SAFETY: a status is numbers, for which zeros are as good as any.
    let mut status: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the call fills in the structure.
    unsafe { libc::fstat(number, &mut status) };
    match status.st_mode & libc::S_IFMT {
        // A pipe that can be written to at all has room for so many.
        libc::S_IFIFO | libc::S_IFSOCK => wanted.min(libc::PIPE_BUF),
        libc::S_IFCHR => wanted.min(LINE),
        _ => wanted,
    }
}

fn blocks(number: RawFd) -> bool {
    // SAFETY: the call takes numbers.
    unsafe { libc::fcntl(number, libc::F_GETFL) & libc::O_NONBLOCK == 0 }
}
