//! A recording as the viewer reads it: one JSON object of columns.
//!
//! Times of runs are differences, which are short: `began` from the run before, `ready` and `ended` from `began`. An
//! index that may be missing is stored plus one, so that 0 says there is none. `viewer/model.js` is the reader.

use super::json::{array, integer, key, string};
use super::lag::{Held, Lags};
use crate::object::timeline::{Extreme, Lane, LaneKind, Outcome, Recording, Run};

/// Appends the recording.
pub fn write(out: &mut Vec<u8>, recording: &Recording) {
    out.reserve(recording.runs.len() * 40 + recording.lanes.len() * 40);
    out.push(b'{');
    key(out, "program");
    string(out, &recording.program);
    key(out, "virtual");
    integer(out, u64::from(recording.is_virtual));
    key(out, "duration");
    integer(out, recording.duration);
    key(out, "resolution");
    integer(out, recording.resolution);
    write_sources(out, recording);
    key(out, "reasons");
    array(out, &recording.reasons, |out, reason| string(out, reason));
    key(out, "lanes");
    write_lanes(out, &recording.lanes);
    key(out, "runs");
    let lags = Lags::new(recording);
    write_runs(out, &recording.runs, &lags);
    key(out, "summary");
    write_summary(out, recording, &lags);
    out.push(b'}');
}

fn write_sources(out: &mut Vec<u8>, recording: &Recording) {
    key(out, "sources");
    array(out, &recording.sources, |out, source| {
        out.push(b'[');
        string(out, &source.name);
        out.push(b',');
        match &source.text {
            Some(text) => string(out, text),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b']');
    });
    let places = &recording.places;
    key(out, "places");
    out.push(b'{');
    column(out, "source", places.iter().map(|place| u64::from(place.source)));
    column(out, "line", places.iter().map(|place| u64::from(place.line)));
    key(out, "function");
    array(out, places, |out, place| string(out, &place.function));
    out.push(b'}');
}

fn write_lanes(out: &mut Vec<u8>, lanes: &[Lane]) {
    out.push(b'{');
    column(out, "kind", lanes.iter().map(|lane| kind_number(lane.kind)));
    key(out, "name");
    array(out, lanes, |out, lane| string(out, &lane.name));
    key(out, "function");
    array(out, lanes, |out, lane| string(out, &lane.function));
    column(out, "maker", lanes.iter().map(|lane| optional(lane.maker)));
    column(out, "place", lanes.iter().map(|lane| optional(lane.place)));
    column(out, "made", lanes.iter().map(|lane| lane.made));
    column(out, "ended", lanes.iter().map(|lane| lane.ended.map_or(0, |ended| ended.saturating_add(1))));
    key(out, "outcome");
    array(out, lanes, |out, lane| match &lane.outcome {
        Outcome::Returned => integer(out, 0),
        Outcome::Cancelled => integer(out, 1),
        Outcome::Unfinished => integer(out, 2),
        Outcome::Closed => integer(out, 3),
        Outcome::Raised(name) => string(out, name),
    });
    out.push(b'}');
}

fn write_runs(out: &mut Vec<u8>, runs: &[Run], lags: &Lags<'_>) {
    let mut before = 0;
    let from_the_one_before = runs.iter().map(|run| {
        let difference = run.began.saturating_sub(before);
        before = run.began;
        difference
    });
    out.push(b'{');
    column(out, "began", from_the_one_before);
    column(out, "ready", runs.iter().map(|run| run.began.saturating_sub(run.ready)));
    column(out, "length", runs.iter().map(|run| run.ended.saturating_sub(run.began)));
    column(out, "lane", runs.iter().map(|run| u64::from(run.lane)));
    column(out, "waker", runs.iter().map(|run| optional(run.woken_by)));
    column(out, "place", runs.iter().map(|run| optional(run.place)));
    column(out, "reason", runs.iter().map(|run| optional(run.reason)));
    // Few are held up: the numbers of these runs, and by whom.
    let held: Vec<(u64, u64)> =
        (0..).zip(runs).map(|(index, run)| (index, holder(lags.held(run)))).filter(|&(_, holder)| holder > 0).collect();
    column(out, "held", held.iter().map(|&(index, _)| index));
    column(out, "holder", held.iter().map(|&(_, holder)| holder));
    // Only where steps were folded do these two say something.
    let is_folded = runs.iter().any(|run| run.steps != 1 || run.ran != run.ended.saturating_sub(run.began));
    let folded = if is_folded { runs } else { &[] };
    column(out, "steps", folded.iter().map(|run| u64::from(run.steps)));
    column(out, "ran", folded.iter().map(|run| run.ran));
    out.push(b'}');
}

fn write_summary(out: &mut Vec<u8>, recording: &Recording, lags: &Lags<'_>) {
    let summary = &recording.summary;
    out.push(b'{');
    for (name, extreme) in
        [("wait", &summary.longest_wait), ("run", &summary.longest_run), ("lag", &summary.longest_lag)]
    {
        key(out, name);
        match extreme {
            Some(extreme) => write_extreme(out, extreme, lags),
            None => out.extend_from_slice(b"null"),
        }
    }
    key(out, "unfinished");
    integer(out, u64::from(summary.unfinished));
    key(out, "lanes");
    integer(out, u64::from(summary.lanes));
    key(out, "runs");
    integer(out, summary.runs);
    out.push(b'}');
}

/// The last of the numbers is what held it up, if it is a lag.
fn write_extreme(out: &mut Vec<u8>, extreme: &Extreme, lags: &Lags<'_>) {
    let held = lags.held_between(extreme.lane, extreme.began, extreme.began + extreme.nanoseconds);
    let numbers = [
        u64::from(extreme.lane),
        extreme.began,
        extreme.nanoseconds,
        optional(extreme.place),
        optional(extreme.reason),
        holder(held),
    ];
    array(out, numbers, integer);
}

fn column(out: &mut Vec<u8>, name: &str, numbers: impl Iterator<Item = u64>) {
    key(out, name);
    array(out, numbers, integer);
}

fn optional(index: Option<u32>) -> u64 {
    index.map_or(0, |index| u64::from(index) + 1)
}

/// What held something up: 0 if that is not one, 1 if nothing of the program ran, else a lane plus two.
fn holder(held: Option<Held>) -> u64 {
    match held {
        None | Some(Held::BySeveral) => 0,
        Some(Held::ByNothing) => 1,
        Some(Held::By(lane)) => u64::from(lane) + 2,
    }
}

/// The position of the kind in the list of `viewer/model.js`.
fn kind_number(kind: LaneKind) -> u64 {
    match kind {
        LaneKind::Main => 0,
        LaneKind::Thread => 1,
        LaneKind::Task => 2,
        LaneKind::Greenlet => 3,
        LaneKind::Generator => 4,
        LaneKind::More => 5,
    }
}
