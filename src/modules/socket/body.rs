//! `Socket`: a descriptor of the system, always in the mode that does not wait, and how long its calls may wait.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::io;
use std::os::fd::{BorrowedFd, IntoRawFd, RawFd};
use std::rc::Rc;

use socket2::SockRef;

use crate::modules::duration::nanoseconds;
use crate::object::context::Context;
use crate::object::descriptors::{Descriptors, Direction};
use crate::object::extension::Data;
use crate::object::heap::Marker;
use crate::object::integer::Int;
use crate::object::native::{Stop, Wait, Wish};
use crate::object::os_error::os_error;
use crate::object::signals::is_interrupted;
use crate::object::value::Value;

/// What the class `socket` keeps.
pub struct Socket {
    number: Cell<RawFd>,
    /// `AF_` number.
    pub family: Cell<i32>,
    /// `SOCK_` number.
    pub kind: Cell<i32>,
    /// `IPPROTO_` number.
    pub protocol: Cell<i32>,
    /// How many nanoseconds a call may wait; None: without end, 0: it raises instead.
    pub timeout: Cell<Option<i64>>,
    /// How many files made of it are open: they keep it open.
    pub files: Cell<usize>,
    /// A transport sees to its being closed.
    pub is_held: Cell<bool>,
    /// `close` was called while there were files.
    pub is_closing: Cell<bool>,
    descriptors: Rc<Descriptors>,
}

impl Data for Socket {
    fn trace(&self, _: &mut Marker) {}

    fn is_resource(&self) -> bool {
        true
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.shut();
    }
}

impl Socket {
    /// One that is not open.
    pub fn closed(cx: &Context) -> Socket {
        Socket {
            number: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            protocol: Cell::new(0),
            timeout: Cell::new(None),
            files: Cell::new(0),
            is_closing: Cell::new(false),
            is_held: Cell::new(false),
            descriptors: cx.descriptors.clone(),
        }
    }

    /// Takes over an open descriptor.
    pub fn adopt(&self, cx: &Context, number: RawFd, [family, kind, protocol]: [i32; 3]) {
        let _ = self.shut();
        self.number.set(number);
        self.family.set(family);
        self.kind.set(kind);
        self.protocol.set(protocol);
        self.timeout.set(default_timeout(cx));
        self.is_closing.set(false);
        self.descriptors.learn_name(number);
    }

    /// The descriptor, or -1 if it is closed.
    pub fn number(&self) -> RawFd {
        self.number.get()
    }

    /// Gives the descriptor away.
    pub fn give_away(&self) -> RawFd {
        if self.timeout.get().is_none() {
            // Whoever gets it expects that its calls wait, as those of this object did.
            let _ = self.call(|socket| socket.set_nonblocking(false));
        }
        self.number.replace(-1)
    }

    /// Closes the descriptor, which nobody watches from then on.
    pub fn shut(&self) -> io::Result<()> {
        let number = self.number.replace(-1);
        if number < 0 {
            return Ok(());
        }
        self.descriptors.forget(number);
        close(number)
    }

    /// Makes a call of the system that is not interrupted, unless by Ctrl-C.
    pub fn call<T>(&self, mut call: impl FnMut(&SockRef<'_>) -> io::Result<T>) -> io::Result<T> {
        if self.number() < 0 {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        // SAFETY: the descriptor is open, and nothing closes it during the call.
        let borrowed = unsafe { BorrowedFd::borrow_raw(self.number()) };
        let socket = SockRef::from(&borrowed);
        loop {
            match call(&socket) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted && !is_interrupted() => {}
                result => return result,
            }
        }
    }

    /// The same as the work of a native that does not wait.
    pub fn checked<T>(&self, cx: &mut Context, call: impl FnMut(&SockRef<'_>) -> io::Result<T>) -> Result<T, Stop> {
        self.call(call).map_err(|error| os_error(cx, &error, Value::UNBOUND))
    }

    /// The same as the work of a native that waits for a direction where the system would have to.
    pub fn attempt<T>(
        &self,
        cx: &mut Context,
        direction: Direction,
        call: impl FnMut(&SockRef<'_>) -> io::Result<T>,
    ) -> Result<T, Stop> {
        self.call(call).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => self.wait(cx, direction, Value::UNBOUND),
            _ => os_error(cx, &error, Value::UNBOUND),
        })
    }

    /// Waits for a direction, or raises BlockingIOError where calls do not wait. `progress` is what the native finds
    /// behind its arguments when it is called again.
    pub fn wait(&self, cx: &mut Context, direction: Direction, progress: Value) -> Stop {
        self.wait_or(cx, direction, progress, Value::UNBOUND)
    }

    /// As `wait`, with a result for the case that the time is over.
    pub fn wait_or(&self, cx: &mut Context, direction: Direction, progress: Value, otherwise: Value) -> Stop {
        let timeout = self.timeout.get();
        if timeout == Some(0) {
            return os_error(cx, &io::Error::from_raw_os_error(libc::EAGAIN), Value::UNBOUND);
        }
        let interests = vec![(self.number(), direction)];
        Stop::Wait(Box::new(Wait { interests, timeout, otherwise, progress, ..Wait::NOTHING }))
    }
}

/// Closes a descriptor.
pub fn close(number: RawFd) -> io::Result<()> {
    // SAFETY: the caller owns it and forgets it now.
    match unsafe { libc::close(number) } {
        0 => Ok(()),
        _ => match io::Error::last_os_error() {
            // It is gone all the same.
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            // A peer that has gone away is no failure of closing.
            error if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
            error => Err(error),
        },
    }
}

/// What the system gave, as a descriptor in the mode that does not wait.
pub fn without_waiting(socket: socket2::Socket) -> io::Result<RawFd> {
    socket.set_nonblocking(true)?;
    Ok(socket.into_raw_fd())
}

/// Makes something that takes a descriptor; where there are none left, those of sockets that were dropped are closed
/// first.
pub fn with_descriptor<T>(cx: &mut Context, mut make: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    match make() {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) => {
            cx.heap.sweep_all();
            make()
        }
        result => result,
    }
}

// ----- timeouts

/// Key of the time that new sockets have, in `Context::module_state`.
const DEFAULT_TIMEOUT: &str = "socket.default timeout";

fn default_timeout(cx: &Context) -> Option<i64> {
    cx.module_state.get(DEFAULT_TIMEOUT).and_then(|&timeout| Int::to_i64(timeout))
}

/// `getdefaulttimeout`
pub fn default_timeout_value(cx: &mut Context) -> Value {
    timeout_value(default_timeout(cx))
}

/// `setdefaulttimeout`
pub fn set_default_timeout(cx: &mut Context, timeout: Option<i64>) {
    let value = timeout.map_or(Value::NONE, |timeout| cx.int(timeout));
    cx.module_state.insert(DEFAULT_TIMEOUT, value);
}

/// A time as scripts have it: seconds as a float, or None.
pub fn timeout_value(timeout: Option<i64>) -> Value {
    timeout.map_or(Value::NONE, |timeout| Value::float(timeout as f64 / 1e9))
}

/// A time that a script gave in seconds, in nanoseconds; None for None.
pub fn timeout_argument(cx: &mut Context, value: Value, position: usize) -> Result<Option<i64>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    let timeout = match nanoseconds(cx, value, 1e9) {
        Some(timeout) => timeout?,
        None => return Err(cx.ask(position, Wish::Index)),
    };
    if timeout < 0 { Err(cx.value_error("Timeout value out of range")) } else { Ok(Some(timeout)) }
}
