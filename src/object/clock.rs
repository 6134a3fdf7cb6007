//! The one clock of a program: the machine's, or a virtual one that moves when nothing else can happen.
//!
//! Reading it waits for nothing, so natives do; who lets time pass is the driver of the VM.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::object::signals;

/// So many readings in a row of a virtual clock, without a sleep between them, move it on by `TICK`: a loop that waits
/// for a time to come must not wait for ever.
const READINGS_PER_TICK: u32 = 1000;
const TICK: Duration = Duration::from_millis(1);

/// The SIGALRM to come by a virtual clock.
#[derive(Clone, Copy)]
struct Alarm {
    /// When, since the start.
    at: Duration,
    /// How long after that it comes again; zero for never.
    interval: Duration,
}

/// What time it is.
pub struct Clock {
    started: Instant,
    /// Since 1970, when the program started.
    wall_start: Duration,
    /// How far the virtual clock has come since the start; None: it is the machine's.
    passed: Option<Duration>,
    /// Readings since the virtual clock last moved.
    readings: u32,
    /// Of a virtual clock only.
    alarm: Option<Alarm>,
}

impl Clock {
    /// A clock that starts now.
    pub fn new(is_virtual: bool) -> Clock {
        Clock {
            started: Instant::now(),
            wall_start: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            passed: is_virtual.then_some(Duration::ZERO),
            readings: 0,
            alarm: None,
        }
    }

    /// Nanoseconds since the start of the program, or since 1970; the largest number where there are more.
    pub fn read(&mut self, wall: bool) -> i64 {
        let time = match self.passed {
            Some(passed) => {
                self.readings += 1;
                if self.readings == READINGS_PER_TICK {
                    self.advance(TICK);
                }
                if wall { self.wall_start.saturating_add(passed) } else { passed }
            }
            None if wall => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            None => self.started.elapsed(),
        };
        i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
    }

    /// Nanoseconds since the start of the program, for who does not wait by reading.
    pub fn now(&self) -> i64 {
        let time = self.passed.unwrap_or_else(|| self.started.elapsed());
        i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
    }

    /// Is it a virtual one?
    pub fn is_virtual(&self) -> bool {
        self.passed.is_some()
    }

    /// Moves a virtual clock on.
    pub fn advance(&mut self, time: Duration) {
        self.readings = 0;
        self.passed = self.passed.map(|passed| passed.saturating_add(time));
        self.ring();
    }

    /// The program has worked for a while without reading the clock. That takes a virtual one no time, unless the
    /// program may be waiting for its alarm so.
    pub fn work(&mut self) {
        if self.alarm.is_some() {
            self.advance(TICK);
        }
    }

    // ----- the alarm of a virtual clock

    /// Sets when SIGALRM comes, and how long after that again; zero for never. How long it would have been until the
    /// one before, and its interval.
    pub fn set_alarm(&mut self, after: Duration, interval: Duration) -> (Duration, Duration) {
        let before = self.alarm();
        let at = self.passed.unwrap_or_default().saturating_add(after);
        self.alarm = (!after.is_zero()).then_some(Alarm { at, interval });
        before
    }

    /// How long it is until SIGALRM comes, and how long after that again.
    pub fn alarm(&self) -> (Duration, Duration) {
        let left = |alarm: Alarm| (alarm.at.saturating_sub(self.passed.unwrap_or_default()), alarm.interval);
        self.alarm.map_or((Duration::ZERO, Duration::ZERO), left)
    }

    /// When the clock may not be moved on any further, since SIGALRM comes then.
    pub fn next_alarm(&self) -> Option<i64> {
        self.alarm.map(|alarm| i64::try_from(alarm.at.as_nanos()).unwrap_or(i64::MAX))
    }

    fn ring(&mut self) {
        let passed = self.passed.unwrap_or_default();
        let Some(alarm) = self.alarm.filter(|alarm| alarm.at <= passed) else { return };
        self.alarm = (!alarm.interval.is_zero()).then(|| Alarm { at: passed.saturating_add(alarm.interval), ..alarm });
        // There is no such error for a signal that every system has.
        let _ = signals::send(libc::SIGALRM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alarm_of_a_virtual_clock_is_where_it_was_set() {
        let mut clock = Clock::new(true);
        let second = Duration::from_secs(1);
        assert_eq!(clock.set_alarm(second * 10, second), (Duration::ZERO, Duration::ZERO));
        clock.advance(second * 4);
        assert_eq!(clock.alarm(), (second * 6, second));
        assert_eq!(clock.next_alarm(), Some(10_000_000_000));
        assert_eq!(clock.set_alarm(Duration::ZERO, Duration::ZERO), (second * 6, second));
        assert_eq!(clock.next_alarm(), None);
    }

    #[test]
    fn a_virtual_clock_moves_when_told_and_by_being_read_often() {
        let mut clock = Clock::new(true);
        assert_eq!(clock.read(false), 0);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(clock.read(false), 3_600_000_000_000);
        for _ in 0..READINGS_PER_TICK {
            clock.read(true);
        }
        assert_eq!(clock.read(false), 3_600_001_000_000);
        clock.advance(Duration::MAX);
        assert_eq!(clock.read(false), i64::MAX);
    }
}
