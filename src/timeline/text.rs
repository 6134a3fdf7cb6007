//! The timeline as text: every lane with its runs in order, where each stopped, and what for.
//!
//! How long something ran is left out unless it held up another for long, and waits are rounded, so that the same
//! program gives the same text as long as it does the same in the same order.

use std::io::{self, Write};

use super::lag::{Held, Lags};
use crate::object::timeline::{Lane, LaneKind, Outcome, Recording, Run, rounded};

/// Shorter waits are not worth a word.
const SHORT: u64 = 1_000_000;

/// Nor is it one that something else ran for less than this before what was ready.
const LONG_LAG: u64 = 50_000_000;

/// So many runs that are alike are one line.
const MANY: usize = 4;

/// Writes the lanes of a recording, in the order in which they were made.
pub fn write_text(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let mut runs: Vec<Vec<&Run>> = vec![Vec::new(); recording.lanes.len()];
    for run in &recording.runs {
        runs[run.lane as usize].push(run);
    }
    let text = Text { recording, lags: Lags::new(recording) };
    for (lane, runs) in recording.lanes.iter().zip(&runs) {
        writeln!(out, "{}", heading(recording, lane))?;
        text.write_runs(lane, runs, out)?;
    }
    Ok(())
}

/// What is written.
struct Text<'recording> {
    recording: &'recording Recording,
    lags: Lags<'recording>,
}

impl Text<'_> {
    fn write_runs(&self, lane: &Lane, runs: &[&Run], out: &mut impl Write) -> io::Result<()> {
        let mut index = 0;
        while let Some(&run) = runs.get(index) {
            // The last run is a line of its own: it tells of the end.
            let others = &runs[index + 1..runs.len().max(index + 2) - 1];
            let alike = 1 + others.iter().take_while(|other| is_like(run, other)).count();
            match alike < MANY {
                true => {
                    writeln!(out, "  {}", self.line(lane, run, runs.get(index + 1).copied()))?;
                    index += 1;
                }
                false => {
                    writeln!(out, "  {}", self.line_of_many(&runs[index..=index + alike]))?;
                    index += alike;
                }
            }
        }
        Ok(())
    }

    /// The line of runs that are alike; the last of these is the one that follows them.
    fn line_of_many(&self, runs: &[&Run]) -> String {
        let waited: u64 = runs.windows(2).map(|pair| pair[1].ready.saturating_sub(pair[0].ended)).sum();
        let mut line = format!("{} times: {}", runs.len() - 1, self.beginning(runs[0]));
        match runs[0].reason {
            Some(reason) if waited >= SHORT => {
                line.push_str(&format!(
                    ", waits {} in all for {}",
                    rounded(waited),
                    self.recording.reasons[reason as usize]
                ));
            }
            Some(reason) => line.push_str(&format!(", waits for {}", self.recording.reasons[reason as usize])),
            None => line.push_str(", lets others run"),
        }
        line
    }

    /// Who woke it, and how far it came.
    fn beginning(&self, run: &Run) -> String {
        let mut line = match run.woken_by {
            Some(waker) => format!("woken by {}, ", self.recording.lanes[waker as usize].name),
            None => String::new(),
        };
        if let Some(lag) = lag_of(run) {
            line.push_str(&match self.lags.held(run) {
                Some(Held::By(holder)) => {
                    format!("held up {} by {}, ", rounded(lag), self.recording.lanes[holder as usize].name)
                }
                Some(Held::ByNothing) => format!("ready for {} in which nothing of the program ran, ", rounded(lag)),
                Some(Held::BySeveral) | None => format!("held up {}, ", rounded(lag)),
            });
        }
        line.push_str("ran");
        if run.steps > 1 {
            line.push_str(&format!(" {} times", run.steps));
        }
        if let Some(place) = run.place.and_then(|place| line_at(self.recording, place)) {
            line.push_str(&format!(" to {place}"));
        }
        line
    }

    fn line(&self, lane: &Lane, run: &Run, next: Option<&Run>) -> String {
        let mut line = self.beginning(run);
        let is_at_line = run.place.is_some_and(|place| line_at(self.recording, place).is_some());
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
                line.push_str(&self.recording.reasons[reason as usize]);
            }
            (None, Some(_)) => line.push_str(", lets others run"),
            (None, None) => match &lane.outcome {
                Outcome::Returned if is_at_line => line.push_str(", returned"),
                Outcome::Returned => line.push_str(" to its end"),
                Outcome::Raised(name) => line.push_str(&format!(", raised {name}")),
                Outcome::Cancelled => line.push_str(", was cancelled"),
                Outcome::Closed => line.push_str(", was closed"),
                Outcome::Unfinished => {}
            },
        }
        line
    }
}

fn is_like(run: &Run, other: &Run) -> bool {
    let is_held_up = lag_of(run).is_some() || lag_of(other).is_some();
    !is_held_up
        && (run.woken_by, run.place, run.reason, run.steps) == (other.woken_by, other.place, other.reason, other.steps)
}

/// For how long something else ran before a run that was ready, if that is worth a word.
fn lag_of(run: &Run) -> Option<u64> {
    Some(run.began.saturating_sub(run.ready)).filter(|&lag| lag >= LONG_LAG)
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
    let mut heading = match lane.kind {
        LaneKind::Main => kind.to_string(),
        // A thread without a name of its own is `thread 4`.
        LaneKind::Thread if lane.name.starts_with("thread ") => lane.name.clone(),
        _ => format!("{kind} {}", lane.name),
    };
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
