//! Asking the system for addresses and names, with owned data on both sides: what of it may take long runs on
//! another thread.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::net::IpAddr;
use std::ptr::{null, null_mut};

use socket2::SockAddr;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// A name or an address; None: this machine.
    pub host: Option<CString>,
    /// The name or number of a service.
    pub service: Option<CString>,
    /// A family of addresses, or 0 for all.
    pub family: i32,
    /// A kind of socket, or 0 for all.
    pub kind: i32,
    /// A protocol, or 0 for all.
    pub protocol: i32,
    /// `AI_` flags.
    pub flags: i32,
}

/// An address that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its family.
    pub family: i32,
    /// The kind of socket it is for.
    pub kind: i32,
    /// The protocol of that.
    pub protocol: i32,
    /// The canonical name of the host, where it was asked for.
    pub name: Option<CString>,
    /// The address.
    pub address: SockAddr,
}

/// Why nothing was found: a number among `EAI_`, or that of an error of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An error of the look-up.
    Lookup(i32),
    /// An error of the system.
    System(i32),
}

/// What was found, or why nothing was.
pub type Outcome = Result<Vec<Found>, Failure>;

impl Failure {
    fn of(code: i32) -> Failure {
        match code {
            libc::EAI_SYSTEM => Failure::System(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)),
            code => Failure::Lookup(code),
        }
    }
}

/// What the system says of an error of a look-up.
pub fn description(code: i32) -> String {
    // SAFETY: the answer is a C string that stays.
    unsafe { CStr::from_ptr(libc::gai_strerror(code)) }.to_string_lossy().into_owned()
}

impl Query {
    /// Asks the system, which may have to ask others.
    pub fn run(&self) -> Outcome {
        // SAFETY: zeros and null pointers are what the call wants where nothing is said.
        let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
        hints.ai_family = self.family;
        hints.ai_socktype = self.kind;
        hints.ai_protocol = self.protocol;
        hints.ai_flags = self.flags;
        let pointer = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
        let mut list = null_mut();
        // SAFETY: the texts end in null bytes and live longer than the call, which fills in `list`.
        let code = unsafe { libc::getaddrinfo(pointer(&self.host), pointer(&self.service), &hints, &mut list) };
        if code != 0 {
            return Err(Failure::of(code));
        }
        let mut found = Vec::new();
        let mut next = list;
        // SAFETY: the list was filled in, each entry points to the next, and the last to nothing.
        while let Some(entry) = unsafe { next.as_ref() } {
            found.extend(copy(entry));
            next = entry.ai_next;
        }
        // SAFETY: it is the list of this call, and nothing points into it any longer.
        unsafe { libc::freeaddrinfo(list) };
        Ok(found)
    }

    /// The same where nobody has to be asked, since the host is an address or none; None where it is a name.
    pub fn run_at_once(&self) -> Option<Outcome> {
        let here = Query { flags: self.flags | libc::AI_NUMERICHOST, ..self.clone() };
        match here.run() {
            Err(Failure::Lookup(libc::EAI_NONAME)) if self.may_be_name() => None,
            // The canonical name of an address is the address; that of a name needs a look-up.
            result => Some(result),
        }
    }

    fn may_be_name(&self) -> bool {
        let has_text = self.host.as_ref().is_some_and(|host| !host.is_empty());
        has_text && self.flags & libc::AI_NUMERICHOST == 0
    }
}

/// An entry of the system's list; None for what is no address.
fn copy(entry: &libc::addrinfo) -> Option<Found> {
    if entry.ai_addr.is_null() || entry.ai_addrlen as usize > size_of::<socket2::SockAddrStorage>() {
        return None;
    }
    // SAFETY: the address is as long as the entry says, which fits into the room there is.
    let address = unsafe { address_of(entry.ai_addr.cast(), entry.ai_addrlen as usize) };
    let name = (!entry.ai_canonname.is_null()).then(|| {
        // SAFETY: the name is a C string of the list.
        unsafe { CStr::from_ptr(entry.ai_canonname) }.to_owned()
    });
    Some(Found { family: entry.ai_family, kind: entry.ai_socktype, protocol: entry.ai_protocol, name, address })
}

/// An address from its bytes.
///
/// # Safety
///
/// There must be so many bytes, no more than the storage of an address has.
unsafe fn address_of(bytes: *const u8, length: usize) -> SockAddr {
    let mut storage = socket2::SockAddrStorage::zeroed();
    // SAFETY: the caller has seen to it.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes, (&raw mut storage).cast(), length);
        SockAddr::new(storage, length as libc::socklen_t)
    }
}

/// An address from its bytes; None where they are too many.
pub fn address_from_bytes(bytes: &[u8]) -> Option<SockAddr> {
    if bytes.len() > size_of::<socket2::SockAddrStorage>() {
        return None;
    }
    // SAFETY: so many bytes there are, and they fit.
    Some(unsafe { address_of(bytes.as_ptr(), bytes.len()) })
}

/// The bytes of an address.
pub fn address_bytes(address: &SockAddr) -> &[u8] {
    // SAFETY: an address has as many bytes as it says.
    unsafe { std::slice::from_raw_parts(address.as_ptr().cast(), address.len() as usize) }
}

/// The names of the host and the service of an address; `flags` are among `NI_`.
pub fn names_of(address: &SockAddr, flags: i32) -> Result<(CString, CString), Failure> {
    let (mut host, mut service) = ([0u8; 1025], [0u8; 32]);
    // SAFETY: the address is as long as it says, and the call writes no more than there is room for.
    let code = unsafe {
        libc::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            host.as_mut_ptr().cast(),
            host.len() as libc::socklen_t,
            service.as_mut_ptr().cast(),
            service.len() as libc::socklen_t,
            flags,
        )
    };
    if code != 0 {
        return Err(Failure::of(code));
    }
    let text = |bytes: &[u8]| CStr::from_bytes_until_nul(bytes).map(CStr::to_owned).unwrap_or_default();
    Ok((text(&host), text(&service)))
}

/// An address of the internet written in digits.
pub fn address_in_digits(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}
