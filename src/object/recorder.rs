//! What a run with a timeline remembers of itself: which lane ran from when to when, what it waits for then, and who
//! woke it.
//!
//! A lane is a thread, a task, a greenlet or a generator that suspends. The machine tells the recorder when one begins
//! to run and when it stops (`vm::record`); here that becomes runs, and in the end a `Recording`. It holds no value of
//! the script: objects are known by their address, as long as they live, and code by what it was compiled from.
//!
//! The clock is read once a step: what has ended ends when the next begins. With too many runs those of a lane that lie
//! close together are folded into one, until few are left, so neither memory nor the page grow for ever. From then on
//! steps that are short beside what is folded are not timed one by one either: reading the clock is most of what
//! recording costs.

mod folding;
mod lanes;
mod limit;
mod recording;
#[cfg(test)]
mod tests;
mod thread;
mod track;

use std::rc::Rc;
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bytecode::code::Code;
use crate::object::function::CodeObject;
use crate::object::heap::{Body, Ref};
use crate::object::stopwatch::Stopwatch;
use crate::object::timeline::{LaneKind, Outcome};
use folding::MANY_RUNS;
use lanes::Table;
use track::{Longest, Stretch, Track};
pub use track::{Name, Reason};

/// No lane at all.
pub const NOBODY: u32 = u32::MAX;

/// Once runs are folded so many short steps share a reading of the clock at most,
const MOST_UNTIMED: u32 = 16;
/// none of which may take more fuel than this.
const SHORT_STEP: i64 = 100;

/// What a generator waits for that has yielded, and what a loop does: the first of the words. That these wait is no
/// news.
const NO_NEWS: [&str; 2] = ["its caller", SOMETHING_TO_DO];
/// What a loop or a pool waits for.
pub const SOMETHING_TO_DO: &str = "something to do";

/// A longer text is not kept for the page.
const LONGEST_SOURCE: usize = 1 << 20;

/// What an object is known by, as long as it lives.
pub fn key<T: Body>(object: Ref<T>) -> usize {
    std::ptr::from_ref(object.header()) as usize
}

/// Where in the program something happens: the code and its word.
#[derive(Clone, Copy)]
pub struct Spot {
    /// What runs.
    pub code: Ref<CodeObject>,
    /// The word of the instruction.
    pub word: u32,
}

/// The recorder of a program.
pub struct Recorder {
    watch: Stopwatch,
    is_virtual: bool,
    tracks: Vec<Track>,
    lanes: Table,
    runs: Vec<(u32, Stretch)>,
    /// With so many runs it is looked whether they are too many.
    limit: usize,
    resolution: u64,
    /// When the clock was last read,
    now: u64,
    /// how many steps are still to begin without reading it,
    untimed: u32,
    /// and how many that were at first.
    stride: u32,
    /// The fuel there was when the last step began.
    fuel: i64,
    /// When the last step of a task ended.
    last_step: u64,
    /// The lane that runs innermost.
    current: u32,
    /// The lane whose doing the loop carries on, outside of any step.
    behalf: u32,
    /// How late that is which the loop does outside of any step, if it was due at a time.
    late: Option<u64>,
    /// The lane whose step has ended, until the clock is read.
    closing: u32,
    /// The async generator that stopped last in this step to await something.
    awaiting: u32,
    /// The place where a coroutine that nothing awaits came to its end in this step.
    left: u32,
    places: Vec<(Rc<Code>, u32)>,
    place_numbers: FxHashMap<(usize, u32), u32>,
    words: Vec<String>,
    word_numbers: FxHashMap<String, u32>,
    /// The lanes that timers limit the waits of, by timer.
    limits: FxHashMap<usize, u32>,
    run_count: u64,
    more: u32,
    longest_wait: Longest,
    /// The longest of those that are no news.
    longest_idle: Longest,
    longest_run: Longest,
    longest_lag: Longest,
    /// The threads that are of no interest.
    left_out: FxHashSet<usize>,
    /// The script has come to its end.
    is_over: bool,
}

impl Recorder {
    /// One that begins now, with the lane of the main thread, which runs.
    ///
    /// Where time is virtual what passes of it counts, to the nanosecond.
    pub fn new(main: usize, is_virtual: bool) -> Recorder {
        let mut recorder = Recorder {
            watch: Stopwatch::start(is_virtual),
            is_virtual,
            tracks: Vec::new(),
            lanes: Table::new(),
            runs: Vec::new(),
            limit: MANY_RUNS,
            resolution: 0,
            now: 0,
            untimed: 0,
            stride: 0,
            fuel: 0,
            last_step: 0,
            current: NOBODY,
            behalf: NOBODY,
            late: None,
            closing: NOBODY,
            awaiting: NOBODY,
            left: NOBODY,
            places: Vec::new(),
            place_numbers: FxHashMap::default(),
            words: NO_NEWS.map(String::from).to_vec(),
            word_numbers: NO_NEWS.map(String::from).into_iter().zip(0..).collect(),
            limits: FxHashMap::default(),
            run_count: 0,
            more: NOBODY,
            longest_wait: Longest::NONE,
            longest_idle: Longest::NONE,
            longest_run: Longest::NONE,
            longest_lag: Longest::NONE,
            left_out: FxHashSet::default(),
            is_over: false,
        };
        let lane = recorder.make(main, LaneKind::Main, Name::Text("main".into()), None, NOBODY, None);
        recorder.tracks[0].ready = None;
        recorder.begin(lane);
        // It was there before.
        recorder.tracks[0].made = recorder.now;
        recorder
    }

    /// Virtual time has passed: it counts as if it had.
    pub fn pass(&mut self, time: Duration) {
        self.read();
        self.watch.advance(time);
    }

    // ----- what happens

    /// A lane could go on from now, since another, or the world outside, has seen to that.
    pub fn wake(&mut self, lane: u32, waker: u32) {
        let now = self.read();
        self.wake_since(lane, now, waker);
    }

    fn wake_since(&mut self, lane: u32, since: u64, waker: u32) {
        let track = &mut self.tracks[lane as usize];
        if track.ready.is_none() {
            track.ready = Some((since, waker));
        }
    }

    /// The task could go on from now, by what the lane that runs has done, or since its time came.
    pub fn wake_task(&mut self, task: usize) {
        let Some(lane) = self.lane_of(task) else { return };
        if let Some(late) = self.late {
            let now = self.read();
            return self.wake_since(lane, now.saturating_sub(late), NOBODY);
        }
        // What a thread does beside its tasks is the work of its loop.
        let is_lane = |lane: u32| !matches!(self.tracks[lane as usize].kind, LaneKind::Main | LaneKind::Thread);
        let waker = [self.behalf, self.current].into_iter().find(|&waker| waker != NOBODY && is_lane(waker));
        self.wake(lane, waker.unwrap_or(NOBODY));
    }

    /// What happens from now to the next step is the doing of a task, or of nobody.
    pub fn act_for(&mut self, task: Option<usize>) {
        self.behalf = task.and_then(|task| self.lane_of(task)).unwrap_or(NOBODY);
        self.late = None;
    }

    /// What happens from now to the next step was due so long ago. Who waited for it could have gone on since then.
    pub fn act_late(&mut self, late: Duration) {
        self.late = Some(self.watch.scale().ticks(late.as_nanos() as u64));
    }

    /// A task takes a step, with so much fuel left.
    #[inline]
    pub fn begin_step(&mut self, task: usize, fuel: i64) {
        self.behalf = NOBODY;
        self.late = None;
        let Some(lane) = self.lane_of(task) else { return };
        self.awaiting = NOBODY;
        self.left = NOBODY;
        self.fuel = fuel;
        if self.untimed > 0 {
            self.untimed -= 1;
            return self.begin_untimed(lane);
        }
        let before = self.now;
        let now = self.read();
        self.note_run_of_thread(now);
        let is_short = (now - before) * 4 < self.resolution;
        self.stride = if is_short { (self.stride * 2 + 1).min(MOST_UNTIMED) } else { self.stride / 4 };
        self.untimed = self.stride;
        self.begin_at(lane, now);
    }

    /// A step that is not timed is one more of those before, if these were not long ago.
    #[inline]
    fn begin_untimed(&mut self, lane: u32) {
        let now = self.now;
        self.close(now);
        let track = &mut self.tracks[lane as usize];
        if track.last.steps == 0 || now - track.last.ended >= self.resolution || self.current == lane {
            return self.begin_at(lane, now);
        }
        track.outer = self.current;
        self.current = lane;
        track.step = now;
        track.ready = None;
        track.last.steps = track.last.steps.saturating_add(1);
        self.run_count += 1;
    }

    /// What a thread does between the steps of its tasks, say in a callback, holds them up like what they do.
    fn note_run_of_thread(&mut self, now: u64) {
        let Some(track) = self.tracks.get(self.current as usize).filter(|track| track.kind != LaneKind::Task) else {
            return;
        };
        let began = track.step.max(self.last_step);
        if now - began > self.longest_run.length {
            let (lane, place) = (self.current, track.last.place);
            self.longest_run = Longest { length: now - began, lane, began, place, ..Longest::NONE };
        }
    }

    /// The place where a lane stopped last, if it stood at the same spot then.
    #[inline]
    pub fn last_stop(&self, lane: u32, spot: Spot) -> Option<u32> {
        let (code, word, place) = self.tracks[lane as usize].stopped_at;
        (code == Rc::as_ptr(&spot.code.code) as usize && word == spot.word).then_some(place)
    }

    /// A lane stops at a spot, for which the place that is shown is another or the same.
    #[inline]
    fn stop_at(&mut self, lane: u32, spot: Spot, place: u32) {
        let track = &mut self.tracks[lane as usize];
        track.stopped_at = (Rc::as_ptr(&spot.code.code) as usize, spot.word, place);
        track.last.place = place;
    }

    /// The step of a task that is not timed ends, to let others run. Where it stopped is not looked at then, since what
    /// it is folded with stopped somewhere already. False if there is more to it, and nothing is done.
    #[inline]
    pub fn end_untimed(&mut self, task: usize, fuel: i64) -> bool {
        let is_short = self.untimed > 0 && self.fuel - fuel <= SHORT_STEP && self.awaiting == NOBODY;
        match self.lane_of(task) {
            Some(lane) if is_short && self.tracks[lane as usize].last.place != NOBODY => {
                self.stop(lane, Reason::Nothing);
                true
            }
            _ => false,
        }
    }

    /// The step of a task ends, with so much fuel left; the innermost of its coroutines stands at a spot, for which the
    /// place that is shown is another or the same.
    #[inline]
    pub fn end_step(&mut self, lane: u32, innermost: Spot, place: u32, reason: Reason, fuel: i64) {
        if self.fuel - fuel > SHORT_STEP {
            self.untimed = 0;
        }
        self.stop_at(lane, innermost, place);
        self.stop(lane, reason);
        if self.untimed == 0 && self.stride > 0 {
            // What comes next is not to be taken for this one.
            self.read();
        }
    }

    /// A lane begins to run, within the one that runs.
    pub fn begin(&mut self, lane: u32) {
        let now = self.read();
        self.begin_now(lane, now);
    }

    /// A lane goes on, by what another has done just now.
    pub fn begin_woken(&mut self, lane: u32, waker: u32) {
        let now = self.read();
        self.wake_since(lane, now, waker);
        self.begin_now(lane, now);
    }

    fn begin_now(&mut self, lane: u32, now: u64) {
        self.awaiting = NOBODY;
        self.tracks[lane as usize].is_running = true;
        self.begin_at(lane, now);
    }

    /// Does a lane run that is no task's?
    pub fn is_running(&self, lane: u32) -> bool {
        self.tracks[lane as usize].is_running
    }

    #[inline]
    fn begin_at(&mut self, lane: u32, now: u64) {
        let track = &mut self.tracks[lane as usize];
        if self.current != lane {
            track.outer = self.current;
            self.current = lane;
        }
        track.step = now;
        let (ready, woken_by) = track.ready.take().unwrap_or((now, NOBODY));
        // It may have been woken before it stopped, or as if it had been.
        let ready = if track.last.steps > 0 { ready.max(track.last.ended) } else { ready };
        self.run_count += 1;
        if now - ready > self.longest_lag.length {
            let place = track.last.place;
            self.longest_lag = Longest { length: now - ready, lane, began: ready, place, ..Longest::NONE };
        }
        if track.last.steps > 0 {
            let (ended, reason, limit) = (track.last.ended, track.last.reason, track.last.limit);
            let is_no_news = matches!(reason, Reason::Words(number) if number < NO_NEWS.len() as u32);
            let longest = if is_no_news { &mut self.longest_idle } else { &mut self.longest_wait };
            if reason != Reason::Nothing && ready.saturating_sub(ended) > longest.length {
                let place = track.last.place;
                *longest = Longest { length: ready - ended, lane, began: ended, place, reason, limit };
            }
            if now - ended < self.resolution {
                track.last.steps = track.last.steps.saturating_add(1);
                return;
            }
        }
        let fresh = Stretch { ready, began: now, ended: now, steps: 1, woken_by, ..Stretch::NONE };
        let before = std::mem::replace(&mut track.last, fresh);
        if before.steps > 0 {
            self.runs.push((lane, before));
            if self.runs.len() >= self.limit {
                self.fold();
            }
        }
    }

    /// A lane stops running, at a spot that stays the last one if it is not known.
    pub fn end(&mut self, lane: u32, spot: Option<Spot>, reason: Reason) {
        if let Some(spot) = spot {
            let place = self.last_stop(lane, spot).unwrap_or_else(|| self.place(spot));
            self.stop_at(lane, spot, place);
        }
        self.tracks[lane as usize].is_running = false;
        self.stop(lane, reason);
        if self.tracks[lane as usize].kind == LaneKind::Generator {
            // What its caller does now is not its doing.
            self.read();
        }
    }

    /// An async generator awaits something, for a reason that is known better if its task has to stop because of it.
    pub fn end_awaiting(&mut self, lane: u32, spot: Spot, reason: Reason) {
        self.end(lane, Some(spot), reason);
        self.awaiting = lane;
    }

    /// What the async generator awaits that the task which takes a step is in, if it is in one.
    pub fn awaited(&self) -> Option<Reason> {
        (self.awaiting != NOBODY).then(|| self.tracks[self.awaiting as usize].last.reason)
    }

    /// The task that takes a step stops for a reason: so does the async generator that it is in, if it is in one.
    pub fn awaits(&mut self, reason: Reason) {
        let lane = std::mem::replace(&mut self.awaiting, NOBODY);
        if lane != NOBODY {
            self.tracks[lane as usize].last.reason = reason;
        }
    }

    #[inline]
    fn stop(&mut self, lane: u32, reason: Reason) {
        if self.closing != NOBODY {
            self.read();
        }
        let track = &mut self.tracks[lane as usize];
        track.last.reason = reason;
        track.last.limit = track.limit;
        if self.current == lane || track.kind == LaneKind::Task {
            // A task stops with all that runs within it.
            self.current = track.outer;
        }
        self.closing = lane;
    }

    /// A coroutine that nothing awaits comes to its end here: if a task is done by that, it stops at this.
    pub fn leave(&mut self, spot: Spot) {
        self.left = self.place(spot);
    }

    /// The task that took the step is done; it has stopped where it was left, if that is known.
    pub fn end_done(&mut self, lane: u32) {
        if self.left != NOBODY {
            self.tracks[lane as usize].last.place = self.left;
        }
        self.stop(lane, Reason::Nothing);
    }

    /// The lane of an object has come to its end; it has stopped running already.
    pub fn finish_lane(&mut self, object: usize, outcome: Outcome) {
        let Some(lane) = self.lane_of(object) else { return };
        let now = self.read();
        let track = &mut self.tracks[lane as usize];
        if lane != self.more && track.ended.is_none() {
            track.outcome.get_or_insert(outcome);
            track.last.reason = Reason::Nothing;
            track.ended = Some(now);
            track.ready = None;
            if track.kind != LaneKind::Task {
                // Tasks are asked about when they are done; what comes to where this was is another's.
                self.lanes.remove(object);
            }
        }
    }

    /// What the lane of an object runs has raised an exception of this name, and comes to its end by that.
    pub fn fail(&mut self, object: usize, exception: String) {
        if let Some(lane) = self.lane_of(object).filter(|&lane| lane != self.more) {
            self.tracks[lane as usize].outcome = Some(Outcome::Raised(exception));
        }
    }

    /// The script has come to its end, and with it the lane of the main thread, which is that of this object: what the
    /// thread does from now on is the library's, to report what was raised and to clear up. Others may go on.
    pub fn finish_main(&mut self, main: usize, outcome: Outcome) {
        let now = self.read();
        self.end_running(now);
        self.finish_lane(main, outcome);
        self.tracks[0].ended = Some(now);
        self.leave_out(main);
        self.is_over = true;
    }

    /// All that runs ends now.
    fn end_running(&mut self, now: u64) {
        let mut left = self.tracks.len();
        while self.current != NOBODY && left > 0 {
            let lane = self.current;
            let track = &mut self.tracks[lane as usize];
            track.last.reason = Reason::Nothing;
            track.is_running = false;
            self.current = track.outer;
            self.closing = lane;
            self.close(now);
            left -= 1;
        }
        self.current = NOBODY;
    }

    /// Reads the clock: what was to be closed ends now.
    fn read(&mut self) -> u64 {
        let now = self.watch.read();
        self.now = now;
        self.close(now);
        now
    }

    /// What has stopped ends now.
    #[inline]
    fn close(&mut self, now: u64) {
        let lane = std::mem::replace(&mut self.closing, NOBODY);
        if lane != NOBODY {
            let track = &mut self.tracks[lane as usize];
            let ran = now - track.step;
            track.last.ended = now;
            track.last.ran += ran;
            if track.last.reason == Reason::Nothing && track.ready.is_none() {
                track.ready = Some((now, NOBODY));
            }
            // Of a thread what its tasks do is not its own.
            let is_of_task = track.kind == LaneKind::Task;
            let began = if is_of_task { track.step } else { track.step.max(self.last_step) };
            if is_of_task {
                self.last_step = now;
            }
            if now - began > self.longest_run.length {
                let place = track.last.place;
                self.longest_run = Longest { length: now - began, lane, began, place, ..Longest::NONE };
            }
        }
    }

    // ----- words and places

    /// The reason of a generator that has yielded.
    pub fn its_caller(&self) -> Reason {
        Reason::Words(0) // of `NO_NEWS`
    }

    /// The reason that these words give.
    pub fn words(&mut self, words: &str) -> Reason {
        Reason::Words(self.number_of(words))
    }

    fn number_of(&mut self, words: &str) -> u32 {
        if let Some(&number) = self.word_numbers.get(words) {
            return number;
        }
        let number = self.words.len() as u32;
        self.words.push(words.to_string());
        self.word_numbers.insert(words.to_string(), number);
        number
    }

    /// The number of a place.
    pub fn place(&mut self, spot: Spot) -> u32 {
        let key = (Rc::as_ptr(&spot.code.code) as usize, spot.word);
        if let Some(&number) = self.place_numbers.get(&key) {
            return number;
        }
        let number = self.places.len() as u32;
        self.places.push((spot.code.code.clone(), spot.word));
        self.place_numbers.insert(key, number);
        number
    }
}
