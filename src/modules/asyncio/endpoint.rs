//! `Endpoint`: the descriptor of a transport, and the calls of the system that move bytes through it without waiting.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, RawFd};

use socket2::{SockAddr, SockRef};

use crate::modules::socket::address::address_value;
use crate::object::context::Context;
use crate::object::value::Value;

/// A descriptor that is a socket, a pipe or a terminal.
pub(super) struct Endpoint {
    /// The descriptor, -1 once it is closed.
    pub(super) number: Cell<RawFd>,
    /// It is a socket, which can be shut down half by half; else a pipe or terminal.
    pub(super) is_socket: bool,
    /// The addresses of an internet socket and of its peer, as they were in the beginning: they are asked for when
    /// the connection is closed or reset too.
    names: [Option<SocketAddr>; 2],
}

impl Endpoint {
    /// An open descriptor. What a socket is given to send goes out at once: no small piece waits for the
    /// acknowledgement of the one before.
    pub(super) fn new(number: RawFd, is_socket: bool) -> Endpoint {
        let mut names = [None, None];
        if is_socket {
            let (is_on, size) = (1 as libc::c_int, size_of::<libc::c_int>() as libc::socklen_t);
            // SAFETY: the call reads as many bytes as the number has. It fails on sockets that never wait so.
            unsafe {
                libc::setsockopt(number, libc::IPPROTO_TCP, libc::TCP_NODELAY, (&raw const is_on).cast(), size);
            }
            // SAFETY: the descriptor is open, and stays so in this block.
            let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
            let socket = SockRef::from(&descriptor);
            let internet = |address: io::Result<SockAddr>| address.ok().and_then(|address| address.as_socket());
            names = [internet(socket.local_addr()), internet(socket.peer_addr())];
        }
        Endpoint { number: Cell::new(number), is_socket, names }
    }

    /// The addresses of an internet socket and of its peer as a tuple; None for what is not known.
    pub(super) fn names(&self, cx: &mut Context) -> Value {
        let names = self.names.map(|name| name.map_or(Value::NONE, |name| address_value(cx, &SockAddr::from(name))));
        cx.tuple(&names)
    }

    /// Reads what is there, at most as much as fits; 0 at the end.
    pub(super) fn receive(&self, into: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the call writes at most as many bytes as the slice has.
        let count = unsafe {
            match self.is_socket {
                true => libc::recv(self.number.get(), into.as_mut_ptr().cast(), into.len(), libc::MSG_DONTWAIT),
                false => libc::read(self.number.get(), into.as_mut_ptr().cast(), into.len()),
            }
        };
        match count {
            // A terminal whose other end is closed.
            ..0 if !self.is_socket && io::Error::last_os_error().raw_os_error() == Some(libc::EIO) => Ok(0),
            ..0 => Err(io::Error::last_os_error()),
            count => Ok(count as usize),
        }
    }

    /// Writes as much as is taken for now.
    pub(super) fn transmit(&self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        #[cfg(not(target_os = "linux"))]
        const FLAGS: i32 = libc::MSG_DONTWAIT;
        // SAFETY: the call reads as many bytes as the slice has.
        let count = unsafe {
            match self.is_socket {
                true => libc::send(self.number.get(), bytes.as_ptr().cast(), bytes.len(), FLAGS),
                false => libc::write(self.number.get(), bytes.as_ptr().cast(), bytes.len()),
            }
        };
        if count < 0 { Err(io::Error::last_os_error()) } else { Ok(count as usize) }
    }

    /// Closes the writing half.
    pub(super) fn shut_writing(&self) {
        if self.is_socket {
            // SAFETY: the call takes numbers. Where it fails the connection is gone already.
            unsafe { libc::shutdown(self.number.get(), libc::SHUT_WR) };
        }
    }
}

/// Is it only that nothing can be read or written for now?
pub(super) fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
