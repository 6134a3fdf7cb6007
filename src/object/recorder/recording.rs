//! What a recorder gives in the end: a `Recording`, with times in nanoseconds, words and places.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::track::{Longest, Stretch, Track, short};
use super::{LONGEST_SOURCE, NOBODY, Reason, Recorder};
use crate::object::stopwatch::Scale;
use crate::object::timeline::{Extreme, Lane, Outcome, Place, RecordedSource, Recording, Run, Summary};

impl Recorder {
    /// Everything ends here: what was recorded.
    pub fn finish(mut self, program: &str) -> Recording {
        let now = self.read();
        let scale = self.watch.scale();
        self.close_all(now);
        let end = if self.is_over { self.last_event() } else { now };
        let resolution = scale.nanoseconds(self.resolution);
        let mut reasons = Reasons { words: std::mem::take(&mut self.words), numbers: FxHashMap::default() };
        let runs = self.recorded_runs(scale, &mut reasons);
        let summary = self.summary(scale, &mut reasons);
        let (places, sources) = self.recorded_places();
        Recording {
            program: program.to_string(),
            is_virtual: self.is_virtual,
            duration: scale.nanoseconds(end),
            resolution,
            sources,
            places,
            reasons: reasons.words,
            lanes: self.tracks.iter().map(|track| lane(track, scale)).collect(),
            runs,
            summary,
        }
    }

    /// When the last of what is shown happened.
    fn last_event(&self) -> u64 {
        let of_lanes = self.tracks.iter().map(|track| track.ended.unwrap_or(track.made));
        of_lanes.chain(self.runs.iter().map(|(_, run)| run.ended)).max().unwrap_or(0)
    }

    /// What runs at the end has run until then.
    fn close_all(&mut self, now: u64) {
        self.end_running(now);
        for (lane, track) in self.tracks.iter_mut().enumerate() {
            let last = std::mem::replace(&mut track.last, Stretch::NONE);
            if last.steps > 0 {
                self.runs.push((lane as u32, last));
            }
        }
        self.runs.sort_by_key(|(_, run)| run.began);
    }

    fn recorded_runs(&mut self, scale: Scale, reasons: &mut Reasons) -> Vec<Run> {
        let runs = std::mem::take(&mut self.runs);
        runs.into_iter()
            .map(|(lane, run)| Run {
                lane,
                ready: scale.nanoseconds(run.ready),
                began: scale.nanoseconds(run.began),
                ended: scale.nanoseconds(run.ended),
                steps: run.steps,
                ran: scale.nanoseconds(run.ran),
                woken_by: some(run.woken_by),
                woken_at: scale.nanoseconds(run.ready),
                place: some(run.place),
                reason: reasons.number(run.reason, run.limit, &self.tracks),
            })
            .collect()
    }

    fn summary(&self, scale: Scale, reasons: &mut Reasons) -> Summary {
        let mut extreme = |longest: Longest| {
            (longest.lane != NOBODY).then(|| Extreme {
                lane: longest.lane,
                began: scale.nanoseconds(longest.began),
                nanoseconds: scale.nanoseconds(longest.length),
                place: self.place_in_program(longest),
                reason: reasons.number(longest.reason, longest.limit, &self.tracks),
            })
        };
        Summary {
            longest_wait: extreme(self.longest_wait).or_else(|| extreme(self.longest_idle)),
            longest_run: extreme(self.longest_run),
            longest_lag: extreme(self.longest_lag),
            unfinished: self.tracks.iter().filter(|track| track.is_unfinished()).count() as u32,
            lanes: self.tracks.len() as u32,
            runs: self.run_count,
        }
    }

    /// The line of the program where something was longest; where only the library ran that which has led there.
    fn place_in_program(&self, longest: Longest) -> Option<u32> {
        let is_own = |place: u32| place != NOBODY && !self.places[place as usize].0.source.is_of_library();
        let (mut place, mut lane) = (longest.place, longest.lane);
        while !is_own(place) {
            let track = self.tracks.get(lane as usize)?;
            place = track.place;
            // Who made a lane was there before; all that share one may have been made by any.
            lane = if track.maker < lane { track.maker } else { NOBODY };
        }
        Some(place)
    }

    fn recorded_places(&self) -> (Vec<Place>, Vec<RecordedSource>) {
        let mut sources: Vec<RecordedSource> = Vec::new();
        let mut numbers: FxHashMap<usize, u32> = FxHashMap::default();
        let mut places = Vec::with_capacity(self.places.len());
        for (code, word) in &self.places {
            let source = *numbers.entry(Rc::as_ptr(&code.source) as usize).or_insert_with(|| {
                let is_library = code.source.is_of_library();
                let is_shown = !is_library && code.source.text.len() <= LONGEST_SOURCE;
                let text = is_shown.then(|| code.source.text.to_string());
                sources.push(RecordedSource { name: code.source.name.to_string(), is_library, text });
                sources.len() as u32 - 1
            });
            places.push(Place { source, line: code.line(*word), function: short(&code.qualified_name).to_string() });
        }
        (places, sources)
    }
}

/// The reasons of a recording, each once.
struct Reasons {
    words: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl Reasons {
    /// The number of a reason, with what is said of how long it is waited at most.
    fn number(&mut self, reason: Reason, limit: u32, tracks: &[Track]) -> Option<u32> {
        let words = match reason {
            Reason::Nothing => return None,
            Reason::Words(number) if limit == NOBODY => return Some(number),
            Reason::Words(number) => self.words[number as usize].clone(),
            Reason::Lane(lane) => tracks[lane as usize].shown_name(),
            Reason::Gathering(count) => format!("gather() of {count}"),
        };
        let words = match self.words.get(limit as usize) {
            Some(limit) => format!("{words}, {limit}"),
            None => words,
        };
        Some(*self.numbers.entry(words).or_insert_with_key(|words| {
            self.words.push(words.clone());
            self.words.len() as u32 - 1
        }))
    }
}

fn lane(track: &Track, scale: Scale) -> Lane {
    Lane {
        kind: track.kind,
        name: track.shown_name(),
        function: track.shown_function().to_string(),
        maker: some(track.maker),
        place: some(track.place),
        made: scale.nanoseconds(track.made),
        ended: track.ended.map(|ended| scale.nanoseconds(ended)),
        outcome: track.outcome.clone().unwrap_or(Outcome::Unfinished),
    }
}

fn some(number: u32) -> Option<u32> {
    (number != NOBODY).then_some(number)
}
