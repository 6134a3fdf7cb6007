//! A clock that costs next to nothing to read: the counter of the processor where it counts evenly, else the system's.
//!
//! It counts in ticks of its own; how many nanoseconds they are is found out by comparing it with the system's clock.
#![allow(unsafe_code)]

use std::time::{Duration, Instant};

/// Counts from when it was started.
pub struct Stopwatch {
    started: Instant,
    first: u64,
    /// Ticks are those of the processor's counter, not nanoseconds.
    is_counter: bool,
    /// Ticks that did not pass, but count.
    added: u64,
}

impl Stopwatch {
    /// One that starts now; an exact one counts nanoseconds, whatever that costs.
    pub fn start(is_exact: bool) -> Stopwatch {
        let is_counter = !is_exact && counter::is_even();
        let first = if is_counter { counter::read() } else { 0 };
        Stopwatch { started: Instant::now(), first, is_counter, added: 0 }
    }

    /// Ticks since it was started; never less than before.
    #[inline(always)]
    pub fn read(&self) -> u64 {
        match self.is_counter {
            true => counter::read().saturating_sub(self.first) + self.added,
            false => self.started.elapsed().as_nanos() as u64 + self.added,
        }
    }

    /// A time counts as if it had passed.
    pub fn advance(&mut self, time: Duration) {
        self.added += self.scale().ticks(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 4));
    }

    /// How long a tick is, as far as is known by now.
    pub fn scale(&self) -> Scale {
        if !self.is_counter {
            return Scale { ticks_per_nanosecond: 1.0 };
        }
        let ticks = counter::read().saturating_sub(self.first).max(1) as f64;
        Scale { ticks_per_nanosecond: ticks / self.started.elapsed().as_nanos().max(1) as f64 }
    }
}

/// How long a tick of a stopwatch is.
#[derive(Clone, Copy)]
pub struct Scale {
    ticks_per_nanosecond: f64,
}

impl Scale {
    /// Ticks of a time.
    pub fn ticks(self, nanoseconds: u64) -> u64 {
        (nanoseconds as f64 * self.ticks_per_nanosecond) as u64
    }

    /// The time of so many ticks.
    pub fn nanoseconds(self, ticks: u64) -> u64 {
        (ticks as f64 / self.ticks_per_nanosecond) as u64
    }
}

#[cfg(target_arch = "x86_64")]
mod counter {
    use std::arch::x86_64::{__cpuid, _rdtsc};

    /// Does it count at the same rate on all cores, whatever these do? (Intel SDM 3B, "Invariant TSC")
    pub fn is_even() -> bool {
        // SAFETY: every processor with this architecture has the instruction.
        #[allow(unused_unsafe)]
        let (highest, features) = unsafe { (__cpuid(0x8000_0000).eax, __cpuid(0x8000_0007).edx) };
        highest >= 0x8000_0007 && features & (1 << 8) != 0
    }

    #[inline(always)]
    pub fn read() -> u64 {
        // SAFETY: every processor with this architecture has the instruction.
        unsafe { _rdtsc() }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod counter {
    pub fn is_even() -> bool {
        false
    }

    pub fn read() -> u64 {
        0
    }
}
