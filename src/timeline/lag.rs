//! Who held up whom: the lane that ran for most of the time in which another was ready and did not. If none ran the
//! program was not let to: a machine that is busy with others wakes it late.

use crate::object::timeline::{LaneKind, Recording, Run};

/// Being ready for a shorter time than this, in nanoseconds, is no lag: something always runs.
const SHORT: u64 = 1_000_000;

/// Runs lie within runs, as a generator's do in that of its task; deeper than this nobody looks.
const DEEPEST: usize = 100;

/// What there was in the time in which a lane was ready and did not run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// This lane ran for most of it.
    By(u32),
    /// Several ran.
    BySeveral,
    /// For most of it nothing of the program ran: the machine was busy elsewhere, or had to wake up first.
    ByNothing,
}

/// Time in which something ran.
struct Stretch {
    began: u64,
    ended: u64,
    /// For how much of it: what is folded does not run all of the time.
    share: f64,
    /// How much was run before it.
    before: f64,
}

/// Looks for those who held up others.
pub struct Lags<'recording> {
    recording: &'recording Recording,
    /// For each run the last one before it that went on when it began.
    around: Vec<Option<u32>>,
    /// The runs without those within others, by time.
    busy: Vec<Stretch>,
}

impl Lags<'_> {
    /// Those of a recording.
    pub fn new(recording: &Recording) -> Lags<'_> {
        let mut around = Vec::with_capacity(recording.runs.len());
        let mut open: Vec<u32> = Vec::new();
        let mut busy: Vec<Stretch> = Vec::new();
        let (mut reached, mut before) = (0, 0.0);
        for (index, run) in (0..).zip(&recording.runs) {
            while open.last().is_some_and(|&last| recording.runs[last as usize].ended <= run.began) {
                open.pop();
            }
            around.push(open.last().copied());
            open.push(index);
            let began = run.began.max(reached);
            if run.ended > began {
                let share = share_run(run);
                busy.push(Stretch { began, ended: run.ended, share, before });
                before += (run.ended - began) as f64 * share;
                reached = run.ended;
            }
        }
        Lags { recording, around, busy }
    }

    /// What held up a run; None if it had not to wait for long.
    pub fn held(&self, run: &Run) -> Option<Held> {
        self.held_between(run.lane, run.ready, run.began)
    }

    /// What held up a lane between two times.
    pub fn held_between(&self, lane: u32, ready: u64, began: u64) -> Option<Held> {
        let lag = began.saturating_sub(ready);
        if lag < SHORT {
            return None;
        }
        if let Some(holder) = self.holder_between(lane, ready, began) {
            return Some(Held::By(holder));
        }
        let is_idle = self.busy_until(began) - self.busy_until(ready) < lag as f64 / 2.0;
        Some(if is_idle { Held::ByNothing } else { Held::BySeveral })
    }

    /// For how long something had run until a time.
    fn busy_until(&self, time: u64) -> f64 {
        let next = self.busy.partition_point(|stretch| stretch.began <= time);
        let Some(stretch) = next.checked_sub(1).map(|last| &self.busy[last]) else { return 0.0 };
        stretch.before + (stretch.ended.min(time) - stretch.began) as f64 * stretch.share
    }

    /// Who held up a lane between two times: of those that ran for most of it the outermost, since a generator runs for
    /// its task; but a thread only if it is not its task or greenlet.
    fn holder_between(&self, lane: u32, ready: u64, began: u64) -> Option<u32> {
        // Who ran for most of the time ran in the middle of it.
        let runs = &self.recording.runs;
        let middle = ready + (began - ready) / 2;
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

/// For which part of a time something ran.
fn share(run: &Run, from: u64, to: u64) -> f64 {
    let within = run.ended.min(to).saturating_sub(run.began.max(from)) as f64;
    within * share_run(run) / (to - from) as f64
}

/// For which part of its own time something ran.
fn share_run(run: &Run) -> f64 {
    run.ran as f64 / run.ended.saturating_sub(run.began).max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Held, Lags};
    use crate::object::recorder::{Name, Recorder};
    use crate::object::timeline::LaneKind;

    /// What holds up a task whose time has come three seconds before it runs, while the main thread runs or does not.
    fn held(runs: bool) -> Option<Held> {
        let mut recorder = Recorder::new(1, true);
        let lane = recorder.make(100, LaneKind::Task, Name::Task(1), None, 0, None);
        recorder.begin_step(100, 0);
        let sleep = recorder.words("sleep");
        recorder.end(lane, None, sleep);
        if !runs {
            recorder.put_thread_aside(0, 0, None, sleep);
        }
        recorder.pass(Duration::from_secs(5));
        if !runs {
            recorder.take_thread_up(0, 0);
        }
        recorder.act_late(Duration::from_secs(3));
        recorder.wake_task(100);
        recorder.begin_step(100, 0);
        let recording = recorder.finish("test");
        let last = recording.runs.iter().rfind(|run| run.lane == lane).expect("it has run");
        Lags::new(&recording).held(last)
    }

    #[test]
    fn who_runs_holds_up() {
        assert!(held(true) == Some(Held::By(0)));
    }

    #[test]
    fn where_nothing_runs_nobody_does() {
        assert!(held(false) == Some(Held::ByNothing));
    }
}
