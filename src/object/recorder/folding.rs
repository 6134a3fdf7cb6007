//! Keeps the runs few: those of a lane that lie close together become one.

use super::track::Stretch;
use super::{NOBODY, Recorder};

/// With so many runs they are folded,
pub(super) const MOST_RUNS: usize = 40_000;
/// with so many already where they come faster than one in so many nanoseconds,
pub(super) const MANY_RUNS: usize = 8_000;
const FAST: u64 = 10_000;
/// until a quarter of them is left: at first those that lie closer together than so many nanoseconds.
const FIRST_RESOLUTION: u64 = 1_000;

impl Recorder {
    /// Folds runs of a lane that lie close together, until a quarter of them is left at most. Where they do not come
    /// fast there may be more first.
    #[cold]
    pub(super) fn fold(&mut self) {
        if self.limit < MOST_RUNS && self.now > self.watch.scale().ticks(FAST) * self.limit as u64 {
            self.limit = (self.limit * 2).min(MOST_RUNS);
            return;
        }
        while self.runs.len() > self.limit / 4 {
            self.resolution = (self.resolution * 2).max(self.watch.scale().ticks(FIRST_RESOLUTION));
            let resolution = self.resolution;
            let mut last: Vec<u32> = vec![NOBODY; self.tracks.len()];
            let mut kept: Vec<(u32, Stretch)> = Vec::with_capacity(self.runs.len());
            for (lane, run) in self.runs.drain(..) {
                let place = &mut last[lane as usize];
                match kept.get_mut(*place as usize) {
                    Some((_, before)) if run.began.saturating_sub(before.ended) < resolution => before.take(run),
                    _ => {
                        *place = kept.len() as u32;
                        kept.push((lane, run));
                    }
                }
            }
            self.runs = kept;
        }
    }
}
