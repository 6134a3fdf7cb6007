//! A descriptor that can be read from as soon as a process has ended, so that its end is waited for like anything else.
//!
//! Linux has such descriptors; elsewhere, and on kernels that are too old for them, a thread waits for the process and
//! then closes a pipe. Neither takes the status of the process away.
#![allow(unsafe_code)]

use std::io::{self, PipeReader};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::thread;

use crate::object::context::Context;
use crate::object::descriptors::{Descriptors, Direction};
use crate::object::signals;

/// The descriptor, closed when it is dropped.
pub struct ExitWatch {
    number: OwnedFd,
    descriptors: Rc<Descriptors>,
}

impl ExitWatch {
    /// Watches a child of this process. Until it ends no virtual time passes.
    pub fn new(cx: &mut Context, process: libc::pid_t) -> io::Result<ExitWatch> {
        let number = match process_descriptor(process) {
            Some(number) => number,
            None => closed_at_exit(process)?.into(),
        };
        let (ticket, descriptors) = (cx.jobs.ticket(), cx.descriptors.clone());
        descriptors.hold_time(number.as_raw_fd(), ticket);
        Ok(ExitWatch { number, descriptors })
    }

    /// Its number.
    pub fn number(&self) -> RawFd {
        self.number.as_raw_fd()
    }

    /// Is there a callback for the end of the process?
    pub fn is_watched(&self) -> bool {
        self.descriptors.watcher(self.number(), Direction::Read).is_some()
    }
}

impl Drop for ExitWatch {
    fn drop(&mut self) {
        self.descriptors.forget(self.number());
    }
}

/// The descriptor that the system has for a process.
#[cfg(target_os = "linux")]
fn process_descriptor(process: libc::pid_t) -> Option<OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY: the call takes numbers.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
    // SAFETY: what it gives belongs to nobody else.
    (number >= 0).then(|| unsafe { OwnedFd::from_raw_fd(number as RawFd) })
}

#[cfg(not(target_os = "linux"))]
fn process_descriptor(_: libc::pid_t) -> Option<OwnedFd> {
    None
}

/// The end of a pipe whose other end a thread closes when a process has ended.
fn closed_at_exit(process: libc::pid_t) -> io::Result<PipeReader> {
    let (reader, writer) = io::pipe()?;
    thread::Builder::new().spawn(move || {
        signals::leave_to_others();
        await_exit(process);
        drop(writer);
    })?;
    Ok(reader)
}

fn await_exit(process: libc::pid_t) {
    // SAFETY: zeros are as good as any for what the call fills in.
    let mut found: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the call fills in the structure; WNOWAIT leaves the status to whoever wants it.
    while unsafe { libc::waitid(libc::P_PID, process as libc::id_t, &mut found, libc::WEXITED | libc::WNOWAIT) } == -1
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_pipe_is_closed_when_a_process_ends_and_its_status_stays() {
        let mut child = Command::new("/bin/sh").args(["-c", "exit 3"]).spawn().expect("there is a shell");
        let mut end = closed_at_exit(child.id() as libc::pid_t).expect("there are descriptors and threads");
        assert_eq!(end.read(&mut [0]).expect("the pipe is open"), 0);
        assert_eq!(child.try_wait().expect("it is a child").and_then(|status| status.code()), Some(3));
    }
}
