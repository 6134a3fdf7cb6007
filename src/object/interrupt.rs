//! Ctrl-C: the flag that its signal sets. The loop looks at it at safe points, and so does who waits for the system.
//!
//! A leaf that works for long without looking would hold the program up, so a second signal is set to come when
//! nobody has looked for a while: it ends the process with the status that an interrupt has.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::object::context::Context;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;

static PENDING: AtomicBool = AtomicBool::new(false);

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

/// Has Ctrl-C set the flag from now on, unless whoever started the process wants it ignored.
#[cfg(unix)]
pub fn watch() {
    extern "C" fn interrupt(_: libc::c_int) {
        PENDING.store(true, Relaxed);
        // SAFETY: one of the calls that a handler of a signal may make.
        unsafe { libc::alarm(PATIENCE) };
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
