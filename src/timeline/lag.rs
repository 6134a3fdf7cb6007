//! Who held up whom: the lane that ran for most of the time in which another was ready and did not.

use crate::object::timeline::{LaneKind, Recording, Run};

/// Being ready for a shorter time than this, in nanoseconds, is no lag: something always runs.
const SHORT: u64 = 1_000_000;

/// Runs lie within runs, as a generator's do in that of its task; deeper than this nobody looks.
const DEEPEST: usize = 100;

/// Looks for those who held up others.
pub struct Lags<'recording> {
    recording: &'recording Recording,
    /// For each run the last one before it that went on when it began.
    around: Vec<Option<u32>>,
}

impl Lags<'_> {
    /// Those of a recording.
    pub fn new(recording: &Recording) -> Lags<'_> {
        let mut around = Vec::with_capacity(recording.runs.len());
        let mut open: Vec<u32> = Vec::new();
        for (index, run) in (0..).zip(&recording.runs) {
            while open.last().is_some_and(|&last| recording.runs[last as usize].ended <= run.began) {
                open.pop();
            }
            around.push(open.last().copied());
            open.push(index);
        }
        Lags { recording, around }
    }

    /// Who held up a run.
    pub fn holder(&self, run: &Run) -> Option<u32> {
        self.holder_between(run.lane, run.ready, run.began)
    }

    /// Who held up a lane between two times: of those that ran for most of it the outermost, since a generator runs for
    /// its task; but a thread only if it is not its task or greenlet.
    pub fn holder_between(&self, lane: u32, ready: u64, began: u64) -> Option<u32> {
        let lag = began.saturating_sub(ready);
        if lag < SHORT {
            return None;
        }
        // Who ran for most of the time ran in the middle of it.
        let runs = &self.recording.runs;
        let middle = ready + lag / 2;
        let last = runs.partition_point(|run| run.began <= middle).checked_sub(1);
        let mut at_hand = last.map(|last| last as u32);
        let mut holder = None;
        for _ in 0..DEEPEST {
            let Some(index) = at_hand else { break };
            let run = &runs[index as usize];
            if run.lane != lane && share(run, ready, began) >= 0.5 && (holder.is_none() || !self.is_thread(run.lane)) {
                holder = Some(run.lane);
            }
            at_hand = self.around[index as usize];
        }
        holder
    }

    fn is_thread(&self, lane: u32) -> bool {
        matches!(self.recording.lanes[lane as usize].kind, LaneKind::Main | LaneKind::Thread)
    }
}

/// For which part of a time something ran; what is folded does not run all of its own.
fn share(run: &Run, from: u64, to: u64) -> f64 {
    let within = run.ended.min(to).saturating_sub(run.began.max(from)) as f64;
    let really = run.ran as f64 / run.ended.saturating_sub(run.began).max(1) as f64;
    within * really / (to - from) as f64
}
