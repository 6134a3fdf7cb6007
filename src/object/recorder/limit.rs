//! Limits in time: how long a task waits at most, since it is in a block that a timer will end.

use std::time::Duration;

use super::{NOBODY, Recorder};
use crate::object::timeline::rounded;

/// A timer that ends what a task waits for.
pub struct Limit {
    timer: usize,
    /// When it does.
    until: u64,
    /// What is said of it: one of the words.
    words: u32,
}

impl Recorder {
    /// From now on a task waits no longer than until a timer has run out, unless that is lifted.
    pub fn limit(&mut self, task: usize, timer: usize, left: Duration) {
        let Some(lane) = self.lane_of(task).filter(|&lane| lane != self.more) else { return };
        let nanoseconds = left.as_nanos() as u64;
        let words = self.number_of(&format!("at most {}", rounded(nanoseconds)));
        let until = self.read() + self.watch.scale().ticks(nanoseconds);
        // An older timer may have been in the same place, and never have run out.
        self.lift(timer);
        self.limits.insert(timer, lane);
        self.tracks[lane as usize].limits.push(Limit { timer, until, words });
        self.look_at_limits(lane);
    }

    /// A timer has run out, or was cancelled.
    pub fn lift(&mut self, timer: usize) {
        if let Some(lane) = self.limits.remove(&timer) {
            self.tracks[lane as usize].limits.retain(|limit| limit.timer != timer);
            self.look_at_limits(lane);
        }
    }

    /// What counts is the limit that ends first.
    fn look_at_limits(&mut self, lane: u32) {
        let track = &mut self.tracks[lane as usize];
        let first = track.limits.iter().min_by_key(|limit| limit.until);
        track.limit = first.map_or(NOBODY, |limit| limit.words);
    }
}
