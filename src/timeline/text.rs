//! The timeline as text: every lane with its runs in order, where each stopped, and what for.
//!
//! How long something ran is left out, and waits are rounded, so that the same program gives the same text as long as
//! it does the same in the same order.

use std::io::{self, Write};

use crate::object::timeline::{Lane, LaneKind, Outcome, Recording, Run};

/// Shorter waits are not worth a word.
const SHORT: u64 = 1_000_000;

/// So many runs that are alike are one line.
const MANY: usize = 4;

/// Writes the lanes of a recording, in the order in which they were made.
pub fn write_text(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let mut runs: Vec<Vec<&Run>> = vec![Vec::new(); recording.lanes.len()];
    for run in &recording.runs {
        runs[run.lane as usize].push(run);
    }
    for (lane, runs) in recording.lanes.iter().zip(&runs) {
        writeln!(out, "{}", heading(recording, lane))?;
        write_runs(recording, lane, runs, out)?;
    }
    Ok(())
}

fn write_runs(recording: &Recording, lane: &Lane, runs: &[&Run], out: &mut impl Write) -> io::Result<()> {
    let mut index = 0;
    while let Some(&run) = runs.get(index) {
        // The last run is a line of its own: it tells of the end.
        let others = &runs[index + 1..runs.len().max(index + 2) - 1];
        let alike = 1 + others.iter().take_while(|other| is_like(run, other)).count();
        match alike < MANY {
            true => {
                writeln!(out, "  {}", line(recording, lane, run, runs.get(index + 1).copied()))?;
                index += 1;
            }
            false => {
                writeln!(out, "  {}", line_of_many(recording, &runs[index..=index + alike]))?;
                index += alike;
            }
        }
    }
    Ok(())
}

fn is_like(run: &Run, other: &Run) -> bool {
    (run.woken_by, run.place, run.reason, run.steps) == (other.woken_by, other.place, other.reason, other.steps)
}

/// The line of runs that are alike; the last of these is the one that follows them.
fn line_of_many(recording: &Recording, runs: &[&Run]) -> String {
    let waited: u64 = runs.windows(2).map(|pair| pair[1].ready.saturating_sub(pair[0].ended)).sum();
    let mut line = format!("{} times: {}", runs.len() - 1, beginning(recording, runs[0]));
    match runs[0].reason {
        Some(reason) if waited >= SHORT => {
            line.push_str(&format!(", waits {} in all for {}", rounded(waited), recording.reasons[reason as usize]));
        }
        Some(reason) => line.push_str(&format!(", waits for {}", recording.reasons[reason as usize])),
        None => line.push_str(", lets others run"),
    }
    line
}

fn heading(recording: &Recording, lane: &Lane) -> String {
    let kind = match lane.kind {
        LaneKind::Main => "main thread",
        LaneKind::Thread => "thread",
        LaneKind::Task => "task",
        LaneKind::Greenlet => "greenlet",
        LaneKind::Generator => "generator",
        LaneKind::More => return "all the others".to_string(),
    };
    let mut heading = kind.to_string();
    if lane.kind != LaneKind::Main {
        heading.push_str(&format!(" {}", lane.name));
    }
    if !lane.function.is_empty() && lane.function != lane.name {
        heading.push_str(&format!(", {}", lane.function));
    }
    if let Some(maker) = lane.maker {
        heading.push_str(&format!(", by {}", recording.lanes[maker as usize].name));
    }
    if let Some(line) = lane.place.and_then(|place| line_at(recording, place)) {
        heading.push_str(&format!(" at {line}"));
    }
    heading
}

/// A place of the program; where the library has come to is of no interest.
fn line_at(recording: &Recording, place: u32) -> Option<String> {
    let place = &recording.places[place as usize];
    let source = &recording.sources[place.source as usize];
    match &source.name {
        _ if source.is_library => None,
        name if *name == recording.program => Some(format!("line {}", place.line)),
        name => Some(format!("line {} of {}", place.line, name.rsplit('/').next().unwrap_or(name))),
    }
}

/// Who woke it, and how far it came.
fn beginning(recording: &Recording, run: &Run) -> String {
    let mut line = match run.woken_by {
        Some(waker) => format!("woken by {}, ran", recording.lanes[waker as usize].name),
        None => "ran".to_string(),
    };
    if run.steps > 1 {
        line.push_str(&format!(" {} times", run.steps));
    }
    if let Some(place) = run.place.and_then(|place| line_at(recording, place)) {
        line.push_str(&format!(" to {place}"));
    }
    line
}

fn line(recording: &Recording, lane: &Lane, run: &Run, next: Option<&Run>) -> String {
    let mut line = beginning(recording, run);
    match (run.reason, next) {
        (Some(reason), next) => {
            line.push_str(", waits ");
            match next {
                Some(next) if next.ready.saturating_sub(run.ended) >= SHORT => {
                    line.push_str(&format!("{} for ", rounded(next.ready - run.ended)));
                }
                Some(_) => line.push_str("for "),
                None if lane.ended.is_none() => line.push_str("to the end for "),
                None => line.push_str("for "),
            }
            line.push_str(&recording.reasons[reason as usize]);
        }
        (None, Some(_)) => line.push_str(", lets others run"),
        (None, None) => match &lane.outcome {
            Outcome::Returned => line.push_str(", returned"),
            Outcome::Raised(name) => line.push_str(&format!(", raised {name}")),
            Outcome::Cancelled => line.push_str(", was cancelled"),
            Outcome::Closed => line.push_str(", was closed"),
            Outcome::Unfinished => {}
        },
    }
    line
}

/// A time with two digits.
fn rounded(nanoseconds: u64) -> String {
    let milliseconds = nanoseconds as f64 / 1e6;
    match milliseconds {
        0.0..9.95 => format!("{milliseconds:.1} ms"),
        9.95..999.5 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.1} s", milliseconds / 1000.0),
    }
}
