//! Signals of the system. A handler notes that one has come and wakes who waits, nothing more; the machine looks at the
//! notes at safe points and calls what the script wants called. All that is set up with the system is set up here.
//!
//! Ctrl-C raises KeyboardInterrupt as long as the script wants nothing else. Natives that work for long look for it
//! too, by `check`. One that does not would hold the program up, so an alarm is set to come when nobody has looked for
//! a while: it ends the process with the status that an interrupt has. Whoever presses Ctrl-C a second time while the
//! first is being dealt with is not asked to wait any longer (`vm::signal`).
//!
//! SIGQUIT asks what the program does (`vm::live`), as long as the script wants nothing else of it: that is what the
//! system's default is here. A while after a Ctrl-C that has cancelled a task the program is reminded in the same way to
//! say why it has not ended.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::object::context::Context;
use crate::object::heap::Marker;
use crate::object::layout::LayoutId;
use crate::object::native::{Stop, Wait};
use crate::object::value::Value;

/// The signals that have come and that nobody has taken: bit 0 for number 1.
static PENDING: AtomicU64 = AtomicU64::new(0);

/// Does SIGINT raise KeyboardInterrupt?
static IS_INTERRUPT: AtomicBool = AtomicBool::new(false);

/// Is SIGALRM free for the alarm after an interrupt, since the script does not use it?
static IS_ALARM_FREE: AtomicBool = AtomicBool::new(true);

/// Has that alarm been set?
static IS_ALARM_SET: AtomicBool = AtomicBool::new(false);

/// The process that sent the last SIGINT; 0 where that was the system, for a key of the terminal.
static INTERRUPTER: AtomicI32 = AtomicI32::new(0);

/// Does SIGQUIT ask what the program does?
static TAKES_INQUIRIES: AtomicBool = AtomicBool::new(false);

/// What is to be said of the program: the bits below.
static ASKED: AtomicU8 = AtomicU8::new(0);

/// SIGQUIT has come.
const INQUIRY: u8 = 1;
/// Some time has passed since a Ctrl-C.
const REMINDER: u8 = 2;

/// How often a reminder was asked for: only the last of them counts.
static REMINDERS: AtomicU32 = AtomicU32::new(0);

/// So long after a Ctrl-C it is said what holds the end of the program up.
const REMIND_AFTER: Duration = Duration::from_millis(500);

/// Do the signals that end the process leave time to write down what was recorded?
static TAKES_LAST: AtomicBool = AtomicBool::new(false);

/// Signals that ask the process to end.
const LAST: [i32; 2] = [libc::SIGTERM, libc::SIGHUP];

/// Has whoever started the process wanted SIGQUIT ignored, so that it means nothing where nobody waits for an answer?
static IS_QUIT_IGNORED: AtomicBool = AtomicBool::new(false);

/// The pipe that wakes who waits: its end for pollers, and the one that the handler writes to.
static WAKE: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();

/// A descriptor that the script wants the numbers of signals written to, or -1.
static SCRIPT_WAKE: AtomicI32 = AtomicI32::new(-1);

/// How many seconds a program has to notice the interrupt.
const PATIENCE: u32 = 2;

/// Signals that say by the end of the process what a failed call says too.
const IGNORED: [i32; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Exit status of an interrupted program.
pub const INTERRUPTED: i32 = status_of(libc::SIGINT);

/// Exit status of a program that a signal ended, as a shell has it.
pub const fn status_of(number: i32) -> i32 {
    128 + number
}

/// Numbers of signals are below this.
pub const END: i32 = if cfg!(target_os = "linux") { 65 } else { 32 };

const fn bit(number: i32) -> u64 {
    1 << (number - 1)
}

/// What scripts have installed for signals, and what has become of Ctrl-C.
#[derive(Default)]
pub struct Handlers {
    by_number: Vec<(i32, Value)>,
    /// When Ctrl-C was last made a KeyboardInterrupt.
    pub interrupted: Cell<Option<Instant>>,
    /// The program is at its end because of one.
    pub is_ending: Cell<bool>,
    /// The task that Ctrl-C has cancelled, or the event loop that is shut down for it.
    pub stopping: Cell<Option<Value>>,
    /// How far the turns of its loop had come then.
    pub mark: Cell<(u32, usize)>,
    /// What the other tasks were waiting for then.
    pub others: RefCell<String>,
    /// The signal that ends the process, once it has come.
    pub ended_by: Cell<Option<i32>>,
}

impl Handlers {
    /// What was installed for a signal: something to call, or 0 or 1 as the script knows the default and ignoring.
    pub fn get(&self, number: i32) -> Option<Value> {
        self.by_number.iter().find(|entry| entry.0 == number).map(|entry| entry.1)
    }

    /// Keeps what is installed for a signal.
    pub fn set(&mut self, number: i32, handler: Value) {
        self.by_number.retain(|entry| entry.0 != number);
        self.by_number.push((number, handler));
    }

    /// Is there something to call for a signal other than Ctrl-C, so that the program may be waiting for it?
    pub fn are_expected(&self) -> bool {
        self.by_number.iter().any(|&(number, handler)| number != libc::SIGINT && !handler.is_small())
    }

    /// Shows the collector the handlers.
    pub fn trace(&self, marker: &mut Marker) {
        self.by_number.iter().for_each(|entry| marker.value(entry.1));
        self.stopping.get().into_iter().for_each(|stopping| marker.value(stopping));
    }
}

// ----- what has come

/// Has a signal come that nobody has taken?
#[inline]
pub fn is_pending() -> bool {
    PENDING.load(Relaxed) != 0
}

/// Has Ctrl-C come, with KeyboardInterrupt to be raised?
#[inline]
pub fn is_interrupted() -> bool {
    PENDING.load(Relaxed) & bit(libc::SIGINT) != 0 && IS_INTERRUPT.load(Relaxed)
}

/// KeyboardInterrupt, if Ctrl-C has come and the main thread runs, which is taken by that.
#[inline]
pub fn check(cx: &mut Context) -> Result<(), Stop> {
    if !is_interrupted() || !cx.threads.is_main() {
        return Ok(());
    }
    PENDING.fetch_and(!bit(libc::SIGINT), Relaxed);
    stop_patience();
    cx.signals.interrupted.set(Some(Instant::now()));
    Err(cx.error_with(LayoutId::KEYBOARD_INTERRUPT, &[]))
}

/// Was the last SIGINT sent by somebody else, not by the program itself?
pub fn is_interrupt_from_outside() -> bool {
    INTERRUPTER.load(Relaxed) != std::process::id() as i32
}

/// Did it come from the terminal?
pub fn is_interrupt_from_terminal() -> bool {
    INTERRUPTER.load(Relaxed) == 0
}

/// Has somebody asked what the program does, or is it to say why it has not ended?
#[inline]
pub fn is_asked() -> bool {
    ASKED.load(Relaxed) != 0
}

/// Has either happened, so that nobody waits before he has looked?
pub fn has_come() -> bool {
    is_pending() || is_asked()
}

/// If somebody has, he need not ask again: whether that is for the standard error output where nobody waits elsewhere.
pub fn take_inquiry() -> Option<bool> {
    (ASKED.fetch_and(!INQUIRY, Relaxed) & INQUIRY != 0).then(|| !IS_QUIT_IGNORED.load(Relaxed))
}

/// Is it time to say what holds the end of the program up? It is not said again.
pub fn take_reminder() -> bool {
    ASKED.fetch_and(!REMINDER, Relaxed) & REMINDER != 0
}

/// Has the program reminded in a while, unless it asks for that again or takes it back first.
pub fn remind() {
    let number = REMINDERS.fetch_add(1, Relaxed).wrapping_add(1);
    let wait = move || {
        leave_to_others();
        std::thread::sleep(REMIND_AFTER);
        if REMINDERS.load(Relaxed) == number {
            ASKED.fetch_or(REMINDER, Relaxed);
            // SAFETY: a handler may do it, and so may we.
            unsafe { wake() };
        }
    };
    // Without a thread nothing is said, which does no other harm.
    let _ = std::thread::Builder::new().spawn(wait);
}

/// There is nothing left to remind of.
pub fn forget_reminder() {
    REMINDERS.fetch_add(1, Relaxed);
    ASKED.fetch_and(!REMINDER, Relaxed);
}

/// Signals that were taken, lowest number first.
#[derive(Clone, Copy)]
pub struct Taken(u64);

impl Taken {
    /// All that have come.
    pub fn all() -> Taken {
        stop_patience();
        Taken(PENDING.swap(0, Relaxed))
    }

    /// Those that `bits` gave the bits of.
    pub fn from_bits(bits: i64) -> Taken {
        Taken(bits as u64)
    }

    /// As a number.
    pub fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Leaves them to the next who takes.
    pub fn put_back(self) {
        PENDING.fetch_or(self.0, Relaxed);
    }
}

impl Iterator for Taken {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        let number = self.0.trailing_zeros() as i32 + 1;
        self.0 &= self.0.wrapping_sub(1);
        (number <= u64::BITS as i32).then_some(number)
    }
}

/// For a native that has had no effect yet: leaves it where a signal is pending, or somebody asks what the program does.
/// What that calls for is done, and then the native is called again.
pub fn look() -> Result<(), Stop> {
    if !has_come() {
        return Ok(());
    }
    // The wait is over before it begins.
    Err(Wait::for_signal(Value::UNBOUND))
}

// ----- waking who waits

/// A descriptor that can be read from as soon as a signal comes. It stays open.
pub fn wake_end() -> io::Result<RawFd> {
    if let Some((end, _)) = WAKE.get() {
        return Ok(end.as_raw_fd());
    }
    let (end, wake) = UnixStream::pair()?;
    end.set_nonblocking(true)?;
    wake.set_nonblocking(true)?;
    let end = WAKE.get_or_init(|| (end, wake)).0.as_raw_fd();
    if has_come() {
        // It came when there was nothing yet to wake anybody by.
        // SAFETY: a handler may do it, and so may we.
        unsafe { self::wake() };
    }
    Ok(end)
}

/// Takes out what the handler wrote.
pub fn clear_wake_end() {
    if let Some((end, _)) = WAKE.get() {
        let mut end = end;
        while end.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
    }
}

/// Has the numbers of signals written to a descriptor, -1 for none; the one there was.
pub fn set_script_wake(number: RawFd) -> RawFd {
    SCRIPT_WAKE.swap(number, Relaxed)
}

// ----- the system

/// What the system does when a signal comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// What it does by itself.
    Default,
    /// Nothing.
    Ignored,
    /// It calls our handler, which notes it.
    Noted,
    /// It calls somebody else's.
    Foreign,
}

/// Notes a signal. Only what a handler may call is called here.
extern "C" fn note(number: libc::c_int, sent: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: calls that a handler may make, with one byte to be written each time; the system says by whom the signal
    // was sent; the error number of whoever was interrupted is put back.
    unsafe {
        let error = error_number();
        let saved = *error;
        if number == libc::SIGINT {
            INTERRUPTER.store((*sent).si_pid(), Relaxed);
        }
        leave_pending(number, number == libc::SIGINT && IS_INTERRUPT.load(Relaxed));
        let descriptor = SCRIPT_WAKE.load(Relaxed);
        if descriptor >= 0 {
            libc::write(descriptor, [number as u8].as_ptr().cast(), 1);
        }
        *error = saved;
    }
}

/// Notes a signal that ends the process.
extern "C" fn note_last(number: libc::c_int) {
    // SAFETY: as in `note`.
    unsafe {
        let error = error_number();
        let saved = *error;
        leave_pending(number, true);
        *error = saved;
    }
}

/// Notes a signal for the next safe point. One that is `urgent` does not wait for that for long. Only what a handler may
/// call is called here.
unsafe fn leave_pending(number: i32, urgent: bool) {
    let before = PENDING.fetch_or(bit(number), Relaxed);
    if urgent && IS_ALARM_FREE.load(Relaxed) {
        let _ = set_action(libc::SIGALRM, end as *const () as libc::sighandler_t);
        // SAFETY: a handler may set an alarm.
        unsafe { libc::alarm(PATIENCE) };
        IS_ALARM_SET.store(true, Relaxed);
    }
    if before == 0 {
        // SAFETY: this is called by handlers.
        unsafe { wake() };
    }
}

/// Notes that somebody asks what the program does.
extern "C" fn note_inquiry(_: libc::c_int) {
    ASKED.fetch_or(INQUIRY, Relaxed);
    // SAFETY: as in `note`.
    unsafe {
        let error = error_number();
        let saved = *error;
        wake();
        *error = saved;
    }
}

/// Wakes who waits: a handler may call it.
unsafe fn wake() {
    if let Some((_, wake)) = WAKE.get() {
        // SAFETY: the descriptor stays open, and the byte is there.
        unsafe { libc::write(wake.as_raw_fd(), b"!".as_ptr().cast(), 1) };
    }
}

/// Ends the process if nobody has noticed the interrupt, or the signal that ends it.
extern "C" fn end(_: libc::c_int) {
    for number in LAST {
        if is_last(number) && PENDING.load(Relaxed) & bit(number) != 0 {
            end_by(number);
        }
    }
    if is_interrupted() {
        let message = b"KeyboardInterrupt\n";
        // SAFETY: calls that a handler of a signal may make; the message is as long as is said.
        unsafe {
            libc::write(2, message.as_ptr().cast(), message.len());
            libc::_exit(INTERRUPTED);
        }
    }
}

/// Where the error number of this thread is.
fn error_number() -> *mut libc::c_int {
    // SAFETY: the call takes nothing.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::__errno_location()
    }
    // SAFETY: as above.
    #[cfg(not(target_os = "linux"))]
    unsafe {
        libc::__error()
    }
}

fn set_action(number: i32, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: the action is filled before use. Without SA_RESTART a call that waits comes back, and whoever made it
    // looks at what is pending.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        if handler == note as *const () as libc::sighandler_t {
            action.sa_flags = libc::SA_SIGINFO;
        }
        libc::sigaction(number, &action, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What the system calls when a signal comes.
fn action(number: i32) -> io::Result<libc::sighandler_t> {
    // SAFETY: the call fills in the structure.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        match libc::sigaction(number, std::ptr::null(), &mut action) {
            0 => Ok(action.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// What the system does when a signal comes.
pub fn disposition(number: i32) -> io::Result<Disposition> {
    Ok(match action(number)? {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignored,
        handler if handler == note as *const () as libc::sighandler_t => Disposition::Noted,
        // Ours, after an interrupt.
        handler if handler == end as *const () as libc::sighandler_t => Disposition::Default,
        handler if handler == note_last as *const () as libc::sighandler_t => Disposition::Default,
        handler if handler == note_inquiry as *const () as libc::sighandler_t => match IS_QUIT_IGNORED.load(Relaxed) {
            true => Disposition::Ignored,
            false => Disposition::Default,
        },
        _ => Disposition::Foreign,
    })
}

/// Has the system do something else when a signal comes. `raises` says of SIGINT whether it raises KeyboardInterrupt.
pub fn dispose(number: i32, disposition: Disposition, raises: bool) -> io::Result<()> {
    let handler = match disposition {
        Disposition::Default if number == libc::SIGQUIT && TAKES_INQUIRIES.load(Relaxed) => {
            IS_QUIT_IGNORED.store(false, Relaxed);
            note_inquiry as *const () as libc::sighandler_t
        }
        Disposition::Default if TAKES_LAST.load(Relaxed) && LAST.contains(&number) => {
            note_last as *const () as libc::sighandler_t
        }
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignored => libc::SIG_IGN,
        Disposition::Noted | Disposition::Foreign => note as *const () as libc::sighandler_t,
    };
    if number == libc::SIGALRM {
        claim_alarm();
    }
    set_action(number, handler)?;
    if number == libc::SIGINT {
        IS_INTERRUPT.store(raises, Relaxed);
        stop_patience();
    }
    Ok(())
}

/// Has Ctrl-C raise KeyboardInterrupt from now on, unless whoever started the process wants it ignored, and SIGQUIT ask
/// what the program does: where that was to be ignored, as shells have it for what runs in the background, only if
/// somebody waits for the answer.
pub fn watch() {
    IS_QUIT_IGNORED.store(disposition(libc::SIGQUIT).is_ok_and(|found| found == Disposition::Ignored), Relaxed);
    TAKES_INQUIRIES.store(true, Relaxed);
    let _ = set_action(libc::SIGQUIT, note_inquiry as *const () as libc::sighandler_t);
    if disposition(libc::SIGINT).is_ok_and(|found| found != Disposition::Ignored) {
        let _ = dispose(libc::SIGINT, Disposition::Noted, true);
    }
}

/// Has the signals that end the process by default do so at a safe point, by a request of the machine.
pub fn watch_last() {
    TAKES_LAST.store(true, Relaxed);
    for number in LAST {
        if disposition(number).is_ok_and(|found| found == Disposition::Default) {
            let _ = dispose(number, Disposition::Default, false);
        }
    }
}

/// Does this signal end the process at a safe point, where the script wants nothing else of it?
pub fn is_last(number: i32) -> bool {
    let is_ours = |found| found == note_last as *const () as libc::sighandler_t;
    LAST.contains(&number) && action(number).is_ok_and(is_ours)
}

/// Has a write to a closed pipe, or beyond the size that files may have, fail as other calls fail: the signals that would
/// end the process for it are ignored. Programs that the script starts get them back.
pub fn leave_failures_to_writers() {
    for number in IGNORED {
        let _ = set_action(number, libc::SIG_IGN);
    }
}

/// In a child that is about to become another program: what this program does about signals is undone, and if it
/// `restores` them also that it ignores some. Only what a child may call is called here.
pub fn leave_to_program(restores: bool) {
    for number in 1..END {
        if matches!(disposition(number), Ok(Disposition::Noted | Disposition::Foreign)) {
            let _ = set_action(number, libc::SIG_DFL);
        }
    }
    if disposition(libc::SIGQUIT).is_ok_and(|found| found == Disposition::Ignored) {
        let _ = set_action(libc::SIGQUIT, libc::SIG_IGN);
    }
    if restores {
        for number in IGNORED {
            let _ = set_action(number, libc::SIG_DFL);
        }
    }
}

/// Signals that are blocked.
pub struct Mask(libc::sigset_t);

impl Mask {
    /// Blocks all signals in this thread; those that were blocked before.
    pub fn block_all() -> Mask {
        // SAFETY: the calls fill in and read the sets.
        unsafe {
            let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            Mask(before)
        }
    }

    /// Blocks these and no others.
    pub fn restore(&self) {
        // SAFETY: the call reads the set.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
    }
}

/// Ends the process as a signal does that it does nothing about.
pub fn end_by(number: i32) {
    let _ = set_action(number, libc::SIG_DFL);
    let _ = send(number);
}

/// The script uses SIGALRM itself, so it does not come after an interrupt any longer.
pub fn claim_alarm() {
    stop_patience();
    IS_ALARM_FREE.store(false, Relaxed);
}

fn stop_patience() {
    if IS_ALARM_SET.swap(false, Relaxed) {
        // SAFETY: takes back the alarm.
        unsafe { libc::alarm(0) };
        let _ = set_action(libc::SIGALRM, libc::SIG_DFL);
    }
}

/// Has no signal come to this thread, so that all come to the one that runs the program.
pub fn leave_to_others() {
    Mask::block_all();
}

/// Sends a signal to this thread.
pub fn send(number: i32) -> io::Result<()> {
    // SAFETY: the call takes a number.
    let result = unsafe { libc::raise(number) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_signals_come_in_order() {
        let taken = Taken::from_bits(Taken(bit(64) | bit(1) | bit(10)).bits());
        assert_eq!(taken.collect::<Vec<i32>>(), [1, 10, 64]);
    }
}
