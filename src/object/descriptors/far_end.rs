//! Where the other end of a descriptor is: what is in this process does not let time pass by itself.
//!
//! Asked only where time is virtual. Sockets of the internet are told apart by their addresses, those of the file
//! system by the process that made the connection.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustc_hash::FxHashMap;
use socket2::SockRef;

/// Where the other end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FarEnd {
    /// In this process, or there is none: a listener.
    Here,
    /// Somewhere else: it answers in its own time.
    Elsewhere,
}

/// An address and a port, the same for both families that an address may be written in.
type Name = (IpAddr, u16);

fn name_of(address: SocketAddr) -> Name {
    (address.ip().to_canonical(), address.port())
}

/// The addresses of the sockets of this process.
#[derive(Default)]
pub struct Names {
    by_number: RefCell<FxHashMap<RawFd, Name>>,
    /// How many sockets have it.
    by_name: RefCell<FxHashMap<Name, usize>>,
}

impl Names {
    /// Remembers the address a socket has now.
    pub fn remember(&self, number: BorrowedFd<'_>) {
        self.forget(number.as_raw_fd());
        let address = SockRef::from(&number).local_addr().ok();
        if let Some(name) = address.and_then(|address| address.as_socket()).map(name_of) {
            self.by_number.borrow_mut().insert(number.as_raw_fd(), name);
            *self.by_name.borrow_mut().entry(name).or_default() += 1;
        }
    }

    /// The socket is closed.
    pub fn forget(&self, number: RawFd) {
        let Some(name) = self.by_number.borrow_mut().remove(&number) else { return };
        let mut by_name = self.by_name.borrow_mut();
        if let Some(count) = by_name.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                by_name.remove(&name);
            }
        }
    }

    /// Is it the address of a socket of this process, of one bound to all addresses of the machine too?
    pub fn has(&self, address: SocketAddr) -> bool {
        let (name, by_name) = (name_of(address), self.by_name.borrow());
        let any = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
        by_name.contains_key(&name)
            || name.0.is_loopback() && any.into_iter().any(|any| by_name.contains_key(&(any, name.1)))
    }
}

impl FarEnd {
    /// Where the other end of an open descriptor is.
    pub fn of(number: BorrowedFd<'_>, names: &Names) -> FarEnd {
        let socket = SockRef::from(&number);
        let Ok(own) = socket.local_addr() else {
            // The standard streams and terminals are someone else's; a pipe is one of the program's own.
            // SAFETY: the call takes a number.
            let is_terminal = unsafe { libc::isatty(number.as_raw_fd()) } == 1;
            return if number.as_raw_fd() <= 2 || is_terminal { FarEnd::Elsewhere } else { FarEnd::Here };
        };
        let is_here = match socket.peer_addr() {
            Err(_) => true,
            Ok(peer) => match peer.as_socket() {
                Some(peer) => names.has(peer),
                None if own.is_unix() => peer_process(number).is_none_or(|process| process == std::process::id()),
                None => false,
            },
        };
        if is_here { FarEnd::Here } else { FarEnd::Elsewhere }
    }
}

/// The process that made the other end of a connection of the file system.
#[cfg(target_os = "linux")]
fn peer_process(number: BorrowedFd<'_>) -> Option<u32> {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
    // SAFETY: the call writes as many bytes as the structure has.
    let result = unsafe { libc::getsockopt(number.as_raw_fd(), level, option, (&raw mut peer).cast(), &mut size) };
    (result == 0 && peer.pid > 0).then_some(peer.pid as u32)
}

/// Other systems say it in other ways; such connections are mostly the program's own.
#[cfg(not(target_os = "linux"))]
fn peer_process(_: BorrowedFd<'_>) -> Option<u32> {
    None
}
