//! The timeline as text: every lane with its runs in order, where each stopped, and what for.
//!
//! How long something ran is left out, and waits are rounded, so that the same program gives the same text as long as
//! it does the same in the same order.

use std::io::{self, Write};

use crate::object::timeline::{Lane, LaneKind, Outcome, Recording, Run};

/// Shorter waits are not worth a word.
const SHORT: u64 = 1_000_000;

/// Writes the lanes of a recording, in the order in which they were made.
pub fn write_text(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let mut runs: Vec<Vec<&Run>> = vec![Vec::new(); recording.lanes.len()];
    for run in &recording.runs {
        runs[run.lane as usize].push(run);
    }
    for (lane, runs) in recording.lanes.iter().zip(&runs) {
        writeln!(out, "{}", heading(recording, lane))?;
        for (index, run) in runs.iter().enumerate() {
            writeln!(out, "  {}", line(recording, lane, run, runs.get(index + 1).copied()))?;
        }
    }
    Ok(())
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
    if let Some(place) = lane.place {
        heading.push_str(&format!(" at line {}", recording.places[place as usize].line));
    }
    heading
}

fn line(recording: &Recording, lane: &Lane, run: &Run, next: Option<&Run>) -> String {
    let mut line = match run.woken_by {
        Some(waker) => format!("woken by {}, ran", recording.lanes[waker as usize].name),
        None => "ran".to_string(),
    };
    if run.steps > 1 {
        line.push_str(&format!(" {} times", run.steps));
    }
    if let Some(place) = run.place {
        line.push_str(&format!(" to line {}", recording.places[place as usize].line));
    }
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
        9.95..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.1} s", milliseconds / 1000.0),
    }
}
