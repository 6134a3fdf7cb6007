//! The allocator that counts: how much memory the process holds, and the limit on it.
//!
//! The count is kept by plain loads and stores, so that an allocation costs no locked instruction; threads of the
//! pools may lose an update, which only blurs the count a little.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[cfg(feature = "mimalloc")]
static INNER: mimalloc::MiMalloc = mimalloc::MiMalloc;
#[cfg(not(feature = "mimalloc"))]
static INNER: std::alloc::System = std::alloc::System;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Amounts above this are held against the memory of the machine.
const LARGE: usize = 1 << 28;

/// The global allocator.
pub struct Counting;

/// Has the allocator keep what is freed for ten seconds before the system gets it back. Garbage is freed in bursts, and
/// what was given back costs a fault for every page when the program asks for it again.
pub fn keep_freed() {
    #[cfg(feature = "mimalloc")]
    {
        // `mi_option_purge_delay`, in milliseconds.
        const PURGE_DELAY: std::ffi::c_int = 15;
        unsafe extern "C" {
            fn mi_option_set_default(option: std::ffi::c_int, value: std::ffi::c_long);
        }
        // SAFETY: a function of the allocator that this is linked with, which takes any number.
        unsafe { mi_option_set_default(PURGE_DELAY, 10_000) };
    }
}

/// Gives what is free back to the system now.
pub fn give_back() {
    #[cfg(feature = "mimalloc")]
    {
        unsafe extern "C" {
            fn mi_collect(force: bool);
        }
        // SAFETY: a function of the allocator that this is linked with.
        unsafe { mi_collect(true) };
    }
}

fn add(bytes: usize) {
    ALLOCATED.store(ALLOCATED.load(Relaxed).wrapping_add(bytes), Relaxed);
}

fn subtract(bytes: usize) {
    ALLOCATED.store(ALLOCATED.load(Relaxed).saturating_sub(bytes), Relaxed);
}

// SAFETY: every call is handed on to the allocator below as it came.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { INNER.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        subtract(layout.size());
        unsafe { INNER.dealloc(memory, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { INNER.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        unsafe { INNER.realloc(memory, layout, size) }
    }
}

/// How many bytes the process holds by this allocator; 0 where it is not installed.
#[inline]
pub fn allocated() -> usize {
    ALLOCATED.load(Relaxed)
}

/// Sets the limit on `allocated`.
pub fn set_limit(bytes: usize) {
    LIMIT.store(bytes, Relaxed);
}

/// The limit on `allocated`; `usize::MAX` without one.
pub fn limit() -> usize {
    LIMIT.load(Relaxed)
}

/// Whether so many more bytes are within the limit, and within what the machine has.
pub fn may_allocate(bytes: usize) -> bool {
    let Some(total) = allocated().checked_add(bytes) else { return false };
    total <= limit() && (bytes < LARGE || total <= physical())
}

#[cfg(unix)]
fn physical() -> usize {
    // SAFETY: both calls only read numbers of the system.
    let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    match (usize::try_from(pages), usize::try_from(size)) {
        (Ok(pages), Ok(size)) => pages.saturating_mul(size),
        _ => usize::MAX,
    }
}

#[cfg(not(unix))]
fn physical() -> usize {
    usize::MAX
}
