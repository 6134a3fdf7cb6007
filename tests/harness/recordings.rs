//! Recordings made by hand, for the tests of the timeline: a small program of every kind of lane, one with hostile
//! names, and crowds of any size.

use std::collections::BTreeMap;

use corolang::object::timeline::{Extreme, Lane, LaneKind, Outcome, Place, RecordedSource, Recording, Run, Summary};

/// The program that [`small`] shows.
const SOURCE: &str = "\
import asyncio

def numbers():
    for number in range(3):
        yield number

async def produce(queue):
    for number in numbers():
        await asyncio.sleep(0.1)
        await queue.put(number)

async def consume(queue):
    while True:
        number = await queue.get()
        if number == 2:
            raise ValueError('two')
        print('got', number)

async def main():
    queue = asyncio.Queue()
    consumer = asyncio.create_task(consume(queue), name='consumer')
    spare = asyncio.create_task(consume(queue), name='spare')
    await asyncio.create_task(produce(queue), name='producer')
    await asyncio.wait([consumer])
    spare.cancel()

asyncio.run(main())
";

/// One millisecond.
const MS: u64 = 1_000_000;

/// A queue between three tasks, fed by a generator, with every outcome there is but one.
pub fn small() -> Recording {
    let mut sketch = Sketch::new("queue.co", SOURCE);
    let main = sketch.lane(LaneKind::Main, "main", "", None, 0);
    let task = sketch.lane(LaneKind::Task, "Task-1", "main", Some((main, 27)), MS);
    let consumer = sketch.lane(LaneKind::Task, "consumer", "consume", Some((task, 21)), 3 * MS);
    let spare = sketch.lane(LaneKind::Task, "spare", "consume", Some((task, 22)), 4 * MS);
    let producer = sketch.lane(LaneKind::Task, "producer", "produce", Some((task, 23)), 5 * MS);
    let numbers = sketch.lane(LaneKind::Generator, "numbers", "numbers", Some((producer, 8)), 16 * MS);
    sketch.run(main, [0, 0, 2], None, 27, Some("task Task-1"));
    sketch.run(task, [1, 2, 6], Some(main), 23, Some("task producer"));
    sketch.run(consumer, [3, 6, 10], Some(task), 14, Some("Queue.get"));
    sketch.run(spare, [4, 10, 13], Some(task), 14, Some("Queue.get"));
    sketch.run(producer, [5, 13, 20], Some(task), 9, Some("sleep"));
    sketch.run(numbers, [16, 16, 18], Some(producer), 5, None);
    for (number, woken) in [(0, consumer), (1, spare)] {
        let time = 120 + number * 110;
        sketch.run(producer, [time, time, time + 8], None, 9, Some("sleep"));
        sketch.run(numbers, [time + 5, time + 5, time + 7], Some(producer), 5, None);
        sketch.run(woken, [time + 3, time + 8, time + 14], Some(producer), 14, Some("Queue.get"));
    }
    sketch.run(producer, [340, 340, 349], None, 10, None);
    sketch.run(numbers, [346, 346, 348], Some(producer), 5, None);
    sketch.run(consumer, [344, 349, 356], Some(producer), 16, None);
    sketch.run(task, [348, 356, 362], Some(producer), 25, None);
    sketch.run(spare, [360, 362, 365], Some(task), 14, None);
    sketch.run(main, [361, 365, 370], Some(task), 27, None);
    sketch.end(consumer, 356, Outcome::Raised(String::from("ValueError")));
    sketch.end(spare, 365, Outcome::Cancelled);
    for (lane, time) in [(numbers, 348), (producer, 349), (task, 362), (main, 370)] {
        sketch.end(lane, time, Outcome::Returned);
    }
    sketch.finish(370 * MS)
}

/// Names, reasons and source that would leave their element, run something or break JSON if they could.
pub fn hostile() -> Recording {
    let attack = "</script><script>throw 1</script><!-- \"'\\ <img src=x onerror=throw(1)> \u{2028}\0\u{7f} é 🎈";
    let mut sketch = Sketch::new(attack, attack);
    let main = sketch.lane(LaneKind::Main, attack, attack, None, 0);
    let task = sketch.lane(LaneKind::Task, attack, attack, Some((main, 1)), MS);
    sketch.run(main, [0, 0, 2], None, 1, Some(attack));
    sketch.run(task, [1, 2, 4], Some(main), 1, Some(attack));
    sketch.end(task, 4, Outcome::Raised(attack.to_string()));
    sketch.finish(5 * MS)
}

/// So many tasks under one loop, that run, sleep and wake each other until there have been so many runs.
pub fn crowd(tasks: u32, runs: usize) -> Recording {
    let mut sketch = Sketch::new("crowd.co", SOURCE);
    let main = sketch.lane(LaneKind::Main, "main", "main", None, 0);
    let mut random = 7_u64;
    let mut draw = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    // Who becomes ready when, and who wakes it.
    let mut ready = BTreeMap::new();
    for number in 0..tasks {
        let made = u64::from(number) * 2_000;
        let lane = sketch.lane(LaneKind::Task, &format!("fetch-{number}"), "consume", Some((main, 23)), made);
        ready.insert((made, lane), Some(main));
    }
    let mut now = u64::from(tasks) * 2_000 + 10;
    sketch.exact_run(main, [0, 0, now], None, 23, Some("task fetch-0"));
    while sketch.recording.runs.len() < runs {
        let Some(((since, lane), waker)) = ready.pop_first() else {
            break;
        };
        now = since.max(now + 200);
        let ended = now + 1_000 + draw(20_000);
        let sleeps = draw(3) > 0;
        let (line, reason) = if sleeps { (9, "sleep") } else { (14, "Queue.get") };
        sketch.exact_run(lane, [since, now, ended], waker, line, Some(reason));
        // Some of those that sleep are woken before their time, in the midst of this run.
        let sleeper = ready.range((ended + draw(90_000_000), 0)..).next().map(|(&key, _)| key);
        if let Some((time, other)) = sleeper.filter(|_| sleeps) {
            ready.remove(&(time, other));
            ready.insert((now + (ended - now) / 2, other), Some(lane));
        }
        ready.insert((ended + draw(90_000_000), lane), None);
        now = ended;
    }
    sketch.finish(now + 100_000)
}

/// A recording that is being made.
struct Sketch {
    recording: Recording,
}

impl Sketch {
    fn new(program: &str, text: &str) -> Sketch {
        let summary =
            Summary { longest_wait: None, longest_run: None, longest_lag: None, unfinished: 0, lanes: 0, runs: 0 };
        Sketch {
            recording: Recording {
                program: program.to_string(),
                is_virtual: false,
                duration: 0,
                resolution: 0,
                sources: vec![RecordedSource {
                    name: program.to_string(),
                    is_library: false,
                    text: Some(text.to_string()),
                }],
                places: Vec::new(),
                reasons: Vec::new(),
                lanes: Vec::new(),
                runs: Vec::new(),
                summary,
            },
        }
    }

    fn lane(&mut self, kind: LaneKind, name: &str, function: &str, maker: Option<(u32, u32)>, made: u64) -> u32 {
        let place = maker.map(|(_, line)| self.place(line));
        self.recording.lanes.push(Lane {
            kind,
            name: name.to_string(),
            function: function.to_string(),
            maker: maker.map(|(lane, _)| lane),
            place,
            made,
            ended: None,
            outcome: Outcome::Unfinished,
        });
        self.recording.lanes.len() as u32 - 1
    }

    /// A run with its times in milliseconds: ready, began, ended.
    fn run(&mut self, lane: u32, times: [u64; 3], waker: Option<u32>, line: u32, reason: Option<&str>) {
        self.exact_run(lane, times.map(|time| time * MS), waker, line, reason);
    }

    fn exact_run(
        &mut self,
        lane: u32,
        [ready, began, ended]: [u64; 3],
        woken_by: Option<u32>,
        line: u32,
        reason: Option<&str>,
    ) {
        let place = Some(self.place(line));
        let reason = reason.map(|reason| self.reason(reason));
        self.recording.runs.push(Run {
            lane,
            ready,
            began,
            ended,
            steps: 1,
            ran: ended - began,
            woken_by,
            woken_at: ready,
            place,
            reason,
        });
    }

    /// The index of a line; the function is the last `def` before it.
    fn place(&mut self, line: u32) -> u32 {
        let places = &mut self.recording.places;
        if let Some(index) = places.iter().position(|place| place.line == line) {
            return index as u32;
        }
        let text = self.recording.sources[0].text.as_deref().unwrap_or_default();
        let mut lines: Vec<&str> = text.lines().take(line as usize).collect();
        if lines.last().is_some_and(|last| !last.starts_with(' ')) {
            lines.clear();
        }
        let definition = lines.iter().rev().find_map(|line| line.trim_start_matches("async ").strip_prefix("def "));
        let function = definition.and_then(|rest| rest.split('(').next()).unwrap_or("<module>").to_string();
        places.push(Place { source: 0, line, function });
        places.len() as u32 - 1
    }

    fn reason(&mut self, reason: &str) -> u32 {
        let reasons = &mut self.recording.reasons;
        let known = reasons.iter().position(|other| other == reason);
        known.unwrap_or_else(|| {
            reasons.push(reason.to_string());
            reasons.len() - 1
        }) as u32
    }

    /// Ends a lane, at a time in milliseconds.
    fn end(&mut self, lane: u32, time: u64, outcome: Outcome) {
        let lane = &mut self.recording.lanes[lane as usize];
        lane.ended = Some(time * MS);
        lane.outcome = outcome;
    }

    fn finish(mut self, duration: u64) -> Recording {
        let recording = &mut self.recording;
        recording.duration = duration;
        recording.runs.sort_by_key(|run| run.began);
        let mut before: Vec<Option<usize>> = vec![None; recording.lanes.len()];
        let summary = &mut recording.summary;
        for (index, run) in recording.runs.iter().enumerate() {
            let extreme = |began: u64, ended: u64| Extreme {
                lane: run.lane,
                began,
                nanoseconds: ended - began,
                place: run.place,
                reason: run.reason,
            };
            keep_longest(&mut summary.longest_run, extreme(run.began, run.ended));
            keep_longest(&mut summary.longest_lag, extreme(run.ready, run.began));
            if let Some(last) = before[run.lane as usize].replace(index) {
                let last = &recording.runs[last];
                let wait = Extreme { place: last.place, reason: last.reason, ..extreme(last.ended, run.ready) };
                keep_longest(&mut summary.longest_wait, wait);
            }
        }
        summary.unfinished = recording.lanes.iter().filter(|lane| lane.ended.is_none()).count() as u32;
        summary.lanes = recording.lanes.len() as u32;
        summary.runs = recording.runs.len() as u64;
        self.recording
    }
}

fn keep_longest(longest: &mut Option<Extreme>, extreme: Extreme) {
    if longest.as_ref().is_none_or(|longest| longest.nanoseconds < extreme.nanoseconds) {
        *longest = Some(extreme);
    }
}
