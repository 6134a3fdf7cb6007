//! Writes a recording in the trace event format that ui.perfetto.dev and chrome://tracing open.
//!
//! Each lane is a thread of one process. Its spans are complete events (`X`) that lie side by side: `running`,
//! `ready`, with who held it up, and `waiting`, named by what is waited for. A wake-up is a flow from the span of the waker (`s`)
//! to the span it caused (`f`). Times are microseconds with three decimals.

use std::io::{self, Write};

use super::json::{integer, key, string};
use super::lag::{Held, Lags};
use crate::object::timeline::{Lane, LaneKind, Outcome, Recording, Run};

/// The one process of the trace. The main lane is its main thread: it has the same number.
const PROCESS: u64 = 1;

/// Writes the trace of a recording.
pub fn write_trace(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let mut trace = Trace { out: Vec::new(), recording, runs: runs_of_lanes(recording), lags: Lags::new(recording) };
    trace.out.reserve(recording.runs.len() * 400);
    trace.out.extend_from_slice(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    trace.names();
    for lane in 0..recording.lanes.len() {
        trace.lane(lane);
    }
    trace.wake_ups();
    trace.out.extend_from_slice(b"\n]}\n");
    out.write_all(&trace.out)
}

/// The trace while it is written.
struct Trace<'recording> {
    /// What there is of it.
    out: Vec<u8>,
    /// What it shows.
    recording: &'recording Recording,
    /// The runs of each lane in the order of time: indices.
    runs: Vec<Vec<u32>>,
    lags: Lags<'recording>,
}

fn runs_of_lanes(recording: &Recording) -> Vec<Vec<u32>> {
    let mut lanes = vec![Vec::new(); recording.lanes.len()];
    for (index, run) in (0..).zip(&recording.runs) {
        if let Some(runs) = lanes.get_mut(run.lane as usize) {
            runs.push(index);
        }
    }
    lanes
}

impl Trace<'_> {
    /// The names of the process and the threads, and their order.
    fn names(&mut self) {
        let recording = self.recording;
        self.metadata("process_name", 0, |out| string(out, &recording.program));
        for (index, lane) in recording.lanes.iter().enumerate() {
            self.metadata("thread_name", index, |out| string(out, &lane_title(lane)));
            self.metadata("thread_sort_index", index, |out| integer(out, index as u64));
        }
    }

    fn metadata(&mut self, name: &str, lane: usize, value: impl FnOnce(&mut Vec<u8>)) {
        self.begin("M", name, lane);
        key(&mut self.out, "args");
        self.out.push(b'{');
        key(&mut self.out, if name == "thread_sort_index" { "sort_index" } else { "name" });
        value(&mut self.out);
        self.out.extend_from_slice(b"}}");
    }

    /// All spans of a lane.
    fn lane(&mut self, index: usize) {
        let recording = self.recording;
        let lane = &recording.lanes[index];
        let mut waits_since = lane.made;
        let mut before: Option<&Run> = None;
        for run in std::mem::take(&mut self.runs[index]) {
            let run = &recording.runs[run as usize];
            self.wait(index, waits_since, run.ready, before);
            if run.began > run.ready {
                self.ready(index, run);
            }
            self.running(index, run);
            waits_since = run.ended;
            before = Some(run);
        }
        self.wait(index, waits_since, lane.ended.unwrap_or(recording.duration), before);
    }

    /// The span before a run in which it could have begun.
    fn ready(&mut self, lane: usize, run: &Run) {
        self.span("ready", "ready", lane, run.ready, run.began);
        let (word, what) = match self.lags.held(run) {
            Some(Held::By(holder)) => ("held up by", self.recording.lanes[holder as usize].name.as_str()),
            Some(Held::ByNothing) => ("meanwhile", "nothing of the program ran"),
            Some(Held::BySeveral) | None => ("", ""),
        };
        if !word.is_empty() {
            key(&mut self.out, "args");
            self.out.push(b'{');
            key(&mut self.out, word);
            string(&mut self.out, what);
            self.out.push(b'}');
        }
        self.out.push(b'}');
    }

    /// The span between two runs, or before the first or after the last.
    fn wait(&mut self, lane: usize, since: u64, until: u64, before: Option<&Run>) {
        if until <= since {
            return;
        }
        let recording = self.recording;
        let reason = before.and_then(|run| run.reason).and_then(|reason| recording.reasons.get(reason as usize));
        let name = match (reason, before, recording.lanes[lane].kind) {
            (Some(reason), _, _) => reason,
            (None, None, _) => "not started",
            (None, Some(_), LaneKind::Generator) => "suspended",
            (None, Some(_), _) => "waiting",
        };
        self.span("waiting", name, lane, since, until);
        self.details(before.and_then(|run| run.place), |_| {});
    }

    fn running(&mut self, lane: usize, run: &Run) {
        let recording = self.recording;
        let place = run.place.and_then(|place| recording.places.get(place as usize));
        let function = place.map_or(recording.lanes[lane].function.as_str(), |place| place.function.as_str());
        self.span("running", if function.is_empty() { "running" } else { function }, lane, run.began, run.ended);
        self.details(run.place, |out| {
            if run.steps > 1 {
                key(out, "steps");
                integer(out, u64::from(run.steps));
                key(out, "nanoseconds really run");
                integer(out, run.ran);
            }
        });
    }

    /// The arguments of an event and its end.
    fn details(&mut self, place: Option<u32>, more: impl FnOnce(&mut Vec<u8>)) {
        let recording = self.recording;
        key(&mut self.out, "args");
        self.out.push(b'{');
        if let Some(place) = place.and_then(|place| recording.places.get(place as usize)) {
            let source = recording.sources.get(place.source as usize).map_or("?", |source| source.name.as_str());
            key(&mut self.out, "stopped at");
            string(&mut self.out, &format!("{source}:{}", place.line));
            key(&mut self.out, "in");
            string(&mut self.out, &place.function);
        }
        more(&mut self.out);
        self.out.extend_from_slice(b"}}");
    }

    /// A flow for each run that another lane made ready. All spans are written by now: a flow binds to the span there
    /// is at its time.
    fn wake_ups(&mut self) {
        let recording = self.recording;
        self.runs = runs_of_lanes(recording);
        for (number, run) in recording.runs.iter().enumerate() {
            let Some(waker) = run.woken_by else {
                continue;
            };
            let Some(cause) = self.run_at(waker as usize, run.woken_at) else {
                continue;
            };
            self.flow("s", number, waker as usize, inside(cause, run.woken_at));
            self.out.push(b'}');
            self.flow("f", number, run.lane as usize, inside(run, run.began));
            key(&mut self.out, "bp");
            string(&mut self.out, "e");
            self.out.push(b'}');
        }
    }

    /// The run of a lane at a time.
    fn run_at(&self, lane: usize, time: u64) -> Option<&Run> {
        let recording = self.recording;
        let runs = self.runs.get(lane)?;
        let next = runs.partition_point(|&run| recording.runs[run as usize].began <= time);
        let run = &recording.runs[runs[next.checked_sub(1)?] as usize];
        (run.ended >= time).then_some(run)
    }

    fn flow(&mut self, phase: &str, number: usize, lane: usize, time: u64) {
        self.begin(phase, "wake-up", lane);
        key(&mut self.out, "cat");
        string(&mut self.out, "wake-up");
        key(&mut self.out, "id");
        integer(&mut self.out, number as u64);
        key(&mut self.out, "ts");
        microseconds(&mut self.out, time);
    }

    fn span(&mut self, category: &str, name: &str, lane: usize, began: u64, ended: u64) {
        self.begin("X", name, lane);
        key(&mut self.out, "cat");
        string(&mut self.out, category);
        key(&mut self.out, "ts");
        microseconds(&mut self.out, began);
        key(&mut self.out, "dur");
        microseconds(&mut self.out, ended.saturating_sub(began));
    }

    /// Begins an event on a line of its own.
    fn begin(&mut self, phase: &str, name: &str, lane: usize) {
        self.out.extend_from_slice(if self.out.ends_with(b"[") { b"\n{" } else { b",\n{" });
        key(&mut self.out, "ph");
        string(&mut self.out, phase);
        key(&mut self.out, "name");
        string(&mut self.out, name);
        key(&mut self.out, "pid");
        integer(&mut self.out, PROCESS);
        key(&mut self.out, "tid");
        integer(&mut self.out, lane as u64 + PROCESS);
    }
}

/// The time moved off the edges of a run: at an edge a reader could take the span beside it.
fn inside(run: &Run, time: u64) -> u64 {
    if run.ended.saturating_sub(run.began) < 2 { run.began } else { time.clamp(run.began + 1, run.ended - 1) }
}

/// What the thread of a lane is called: its name, what it runs, and how it ended if not well.
fn lane_title(lane: &Lane) -> String {
    let mut title = lane.name.clone();
    if !lane.function.is_empty() && lane.function != lane.name {
        title.push_str(&format!(" ({})", lane.function));
    }
    match &lane.outcome {
        Outcome::Returned => {}
        Outcome::Raised(name) => title.push_str(&format!(", raised {name}")),
        Outcome::Cancelled => title.push_str(", cancelled"),
        Outcome::Closed => title.push_str(", closed"),
        Outcome::Unfinished => title.push_str(", never finished"),
    }
    title
}

/// Appends nanoseconds as microseconds.
fn microseconds(out: &mut Vec<u8>, nanoseconds: u64) {
    integer(out, nanoseconds / 1000);
    let rest = nanoseconds % 1000;
    if rest > 0 {
        out.push(b'.');
        out.extend([100, 10, 1].map(|unit| b'0' + (rest / unit % 10) as u8));
    }
}
