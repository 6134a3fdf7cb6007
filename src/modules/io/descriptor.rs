//! A descriptor of the system, closed when nobody holds it, and what is still to be written to one.
//!
//! Buffers that hold something are known here by weak references, so that they can be written out when a file is
//! opened and at the end of the program: a script may have dropped them without closing.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};

use crate::object::descriptors::{WriteEnd, Written, write_bytes};
use crate::object::signals::is_interrupted;

/// A descriptor, or -1 once it is closed.
pub struct Descriptor {
    number: Cell<i32>,
    /// Is it closed with its last holder?
    is_owned: bool,
}

thread_local! {
    /// How many owned descriptors are open.
    static OPEN: Cell<usize> = const { Cell::new(0) };
}

/// Are so many files open that it is time to look for those that were dropped?
pub fn are_many_open() -> bool {
    OPEN.get() >= 256 && OPEN.get() % 128 == 0
}

/// The result of a system call that was not interrupted, unless by Ctrl-C.
fn retried(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(result as usize);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted || is_interrupted() {
            return Err(error);
        }
    }
}

/// None where the call would have to wait.
fn unless_waiting(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some),
    }
}

impl Descriptor {
    /// Takes over a descriptor.
    pub fn new(number: i32, is_owned: bool) -> Rc<Descriptor> {
        OPEN.set(OPEN.get() + is_owned as usize);
        Rc::new(Descriptor { number: Cell::new(number), is_owned })
    }

    /// Its number, -1 if it is closed.
    pub fn number(&self) -> i32 {
        self.number.get()
    }

    /// Is it closed together with its file?
    pub fn is_owned(&self) -> bool {
        self.is_owned
    }

    /// Closes it, if it is its own.
    pub fn close(&self) -> io::Result<()> {
        let number = self.number.replace(-1);
        if number < 0 || !self.is_owned {
            return Ok(());
        }
        OPEN.set(OPEN.get().saturating_sub(1));
        // SAFETY: the number belongs to this object, which forgets it here.
        match unsafe { libc::close(number) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()).or_else(|error: io::Error| match error.kind() {
                // The descriptor is gone all the same.
                io::ErrorKind::Interrupted => Ok(()),
                _ => Err(error),
            }),
        }
    }

    /// Reads at most as many bytes as there is room for; None if it would have to wait.
    pub fn read(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        let (start, length) = (room.as_mut_ptr(), room.len());
        // SAFETY: the range is that of the slice.
        unless_waiting(retried(|| unsafe { libc::read(self.number(), start.cast(), length) }))
    }

    /// Writes the bytes, no further than it can without waiting where it `minds_others`.
    pub fn write(&self, bytes: &[u8], minds_others: bool) -> Written {
        write_bytes(self.number(), bytes, minds_others)
    }

    /// Moves the position.
    pub fn seek(&self, offset: i64, whence: i32) -> io::Result<u64> {
        // SAFETY: the call takes numbers only.
        match unsafe { libc::lseek(self.number(), offset, whence) } {
            -1 => Err(io::Error::last_os_error()),
            position => Ok(position as u64),
        }
    }

    /// Cuts the file.
    pub fn truncate(&self, length: i64) -> io::Result<()> {
        // SAFETY: as above.
        retried(|| unsafe { libc::ftruncate(self.number(), length) } as isize).map(|_| ())
    }

    /// Is it a terminal?
    pub fn is_terminal(&self) -> bool {
        // SAFETY: as above.
        unsafe { libc::isatty(self.number()) == 1 }
    }

    /// What the system knows of the file.
    pub fn status(&self) -> io::Result<libc::stat> {
        // SAFETY: a status is numbers, for which zeros are as good as any.
        let mut status: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: the call fills in the structure.
        match unsafe { libc::fstat(self.number(), &mut status) } {
            0 => Ok(status),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// What has been written and not yet handed to the system.
#[derive(Default)]
pub struct Pending {
    /// Where it goes; None where a stream of another kind is below, which its buffer then writes to.
    pub descriptor: RefCell<Option<Rc<Descriptor>>>,
    /// The bytes.
    pub bytes: RefCell<Vec<u8>>,
    is_listed: Cell<bool>,
}

thread_local! {
    static WRITERS: RefCell<Vec<Weak<Pending>>> = const { RefCell::new(Vec::new()) };
}

impl Pending {
    /// Makes sure that it is written out at the end of the program.
    pub fn list(self: &Rc<Pending>) {
        if self.is_listed.replace(true) {
            return;
        }
        WRITERS.with_borrow_mut(|writers| {
            if writers.len() == writers.capacity() {
                writers.retain(|writer| writer.strong_count() > 0);
            }
            writers.push(Rc::downgrade(self));
        });
    }

    /// Hands everything to the descriptor, if there is one; what it did not take stays.
    pub fn write_out(&self, minds_others: bool) -> WriteEnd {
        let descriptor = self.descriptor.borrow().clone();
        let Some(descriptor) = descriptor else { return WriteEnd::Whole };
        let written = descriptor.write(&self.bytes.borrow(), minds_others);
        self.bytes.borrow_mut().drain(..written.count);
        written.end
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.write_out(false);
    }
}

/// Writes out all that has been written to files and is still held back, where it `minds_others` only what can be
/// without waiting. Nobody can be told of errors.
pub fn flush_all(minds_others: bool) {
    let writers = WRITERS.with_borrow_mut(std::mem::take);
    for writer in writers.iter().filter_map(Weak::upgrade) {
        writer.is_listed.set(false);
        if let WriteEnd::Full | WriteEnd::Interrupted = writer.write_out(minds_others) {
            writer.list();
        }
    }
}
