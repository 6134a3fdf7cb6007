//! Keeps the runs few: those of a lane that lie close together become one.

use super::track::Stretch;
use super::{NOBODY, Recorder};

/// With so many runs they are folded,
pub(super) const MOST_RUNS: usize = 40_000;
/// with so many already where they come faster than one in so many nanoseconds,
pub(super) const MANY_RUNS: usize = 8_000;
const FAST: u64 = 10_000;
/// until a quarter of them is left: at first those that lie closer together than so many nanoseconds, less than a pixel
/// of the time that so many runs take.
const FIRST_RESOLUTION: u64 = 16_000;

/// Where lanes are many, so many runs of each are not too many,
const FEW_RUNS: usize = 4;
/// and half of that is few enough.
const FEWER_RUNS: usize = 2;

impl Recorder {
    /// Folds runs of a lane that lie close together, until a quarter of them is left at most. Where they do not come
    /// fast, or belong to many lanes, there may be more first.
    #[cold]
    pub(super) fn fold(&mut self) {
        if self.limit < MOST_RUNS && self.now > self.watch.scale().ticks(FAST) * self.limit as u64 {
            self.limit = (self.limit * 2).min(MOST_RUNS);
            return;
        }
        let lanes = self.tracks.len();
        if self.limit < lanes * FEW_RUNS {
            self.limit = lanes * FEW_RUNS;
            return;
        }
        let few = (self.limit / 4).max(lanes * FEWER_RUNS);
        while self.runs.len() > few && self.resolution <= self.now {
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
