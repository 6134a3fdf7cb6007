//! Ctrl-C: the flag that its signal sets. The loop looks at it at safe points, and so does who waits for the system.
//!
//! A leaf that works for long without looking would hold the program up, so a second signal is set to come when
//! nobody has looked for a while: it ends the process with the status that an interrupt has. Who waits in the poller
//! is woken by a pipe that the handler writes to.
#![allow(unsafe_code)]

use std::io::{self, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::object::context::Context;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;

static PENDING: AtomicBool = AtomicBool::new(false);

/// The pipe: its end for pollers, and the one that the handler writes to.
static WAKE: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();

/// How many seconds a program has to notice the interrupt.
#[cfg(unix)]
const PATIENCE: u32 = 2;

/// Exit status of an interrupted program.
pub const INTERRUPTED: i32 = 130;

/// Is there an interrupt that nobody has taken?
pub fn is_pending() -> bool {
    PENDING.load(Relaxed)
}

/// KeyboardInterrupt, if there is an interrupt, which is taken by that.
#[inline]
pub fn check(cx: &mut Context) -> Result<(), Stop> {
    if !is_pending() {
        return Ok(());
    }
    PENDING.store(false, Relaxed);
    stop_waiting();
    Err(cx.error_with(LayoutId::KEYBOARD_INTERRUPT, &[]))
}

/// A descriptor that can be read from as soon as Ctrl-C comes. It stays open.
pub fn wake_end() -> io::Result<RawFd> {
    if let Some((end, _)) = WAKE.get() {
        return Ok(end.as_raw_fd());
    }
    let (end, wake) = UnixStream::pair()?;
    end.set_nonblocking(true)?;
    wake.set_nonblocking(true)?;
    Ok(WAKE.get_or_init(|| (end, wake)).0.as_raw_fd())
}

/// Takes out what the handler wrote.
pub fn clear_wake_end() {
    if let Some((end, _)) = WAKE.get() {
        let mut end = end;
        while end.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
    }
}

/// Has Ctrl-C set the flag from now on, unless whoever started the process wants it ignored.
#[cfg(unix)]
pub fn watch() {
    extern "C" fn interrupt(_: libc::c_int) {
        let is_first = !PENDING.swap(true, Relaxed);
        // SAFETY: calls that a handler of a signal may make; one byte is there to be written. The pipe has room for
        // it, so the error number of whoever was interrupted stays.
        unsafe {
            libc::alarm(PATIENCE);
            if let Some((_, wake)) = WAKE.get().filter(|_| is_first) {
                libc::write(wake.as_raw_fd(), b"!".as_ptr().cast(), 1);
            }
        }
    }
    extern "C" fn end(_: libc::c_int) {
        if PENDING.load(Relaxed) {
            let message = b"KeyboardInterrupt\n";
            // SAFETY: calls that a handler of a signal may make; the message is as long as is said.
            unsafe {
                libc::write(2, message.as_ptr().cast(), message.len());
                libc::_exit(INTERRUPTED);
            }
        }
    }
    // SAFETY: the actions are filled before use, and the handlers touch nothing but an atomic and the system. Without
    // SA_RESTART a call that waits comes back, and whoever made it looks at the flag.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGINT, std::ptr::null(), &mut action) != 0 || action.sa_sigaction == libc::SIG_IGN {
            return;
        }
        for (signal, handler) in [(libc::SIGALRM, end as *const ()), (libc::SIGINT, interrupt as *const ())] {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as libc::sighandler_t;
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

#[cfg(unix)]
fn stop_waiting() {
    // SAFETY: takes back the alarm.
    unsafe { libc::alarm(0) };
}

/// Ctrl-C ends the process here.
#[cfg(not(unix))]
pub fn watch() {}

#[cfg(not(unix))]
fn stop_waiting() {}
