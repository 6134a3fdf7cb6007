//! The recording of a run, as pages and files show it: lanes, what each did when, and what was longest.
//!
//! All times are nanoseconds since the start of the program; virtual time that has passed counts in.

/// A time in nanoseconds, rounded so that a program which runs twice is likely to give the same.
pub fn rounded(nanoseconds: u64) -> String {
    let milliseconds = nanoseconds as f64 / 1e6;
    match milliseconds {
        0.0..9.95 => format!("{milliseconds:.1} ms"),
        9.95..999.5 => format!("{milliseconds:.0} ms"),
        999.5..9950.0 => format!("{:.1} s", milliseconds / 1000.0),
        _ => format!("{:.0} s", milliseconds / 1000.0),
    }
}

/// Everything that is shown of a run.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What was run, as it was named.
    pub program: String,
    /// Its time was virtual.
    pub is_virtual: bool,
    /// How long it ran.
    pub duration: u64,
    /// Zero if every step is there; else those that lay closer together than this are one run.
    pub resolution: u64,
    /// The texts that places speak of.
    pub sources: Vec<RecordedSource>,
    /// The lines that lanes stood at.
    pub places: Vec<Place>,
    /// What lanes waited for, in words.
    pub reasons: Vec<String>,
    /// Who ran, in the order in which they were made.
    pub lanes: Vec<Lane>,
    /// What they did, by the time when it began.
    pub runs: Vec<Run>,
    /// What stands out.
    pub summary: Summary,
}

/// A text.
#[derive(Clone, Debug)]
pub struct RecordedSource {
    /// As tracebacks call it.
    pub name: String,
    /// It is the library's.
    pub is_library: bool,
    /// The text itself, unless it is the library's or too long.
    pub text: Option<String>,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Place {
    /// In this one of the sources.
    pub source: u32,
    /// Counted from 1.
    pub line: u32,
    /// In this function.
    pub function: String,
}

/// What a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// The main thread.
    Main,
    /// Another thread.
    Thread,
    /// A task of an event loop.
    Task,
    /// A greenlet that is not the first of its thread.
    Greenlet,
    /// A generator.
    Generator,
    /// All that were too many to have one of their own.
    More,
}

/// How a lane ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Returned,
    /// It raised an exception of this name.
    Raised(String),
    /// It was cancelled.
    Cancelled,
    /// A generator: it was closed before it came to its end.
    Closed,
    /// It had not ended when the program did.
    Unfinished,
}

/// Something that runs by itself.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What it is.
    pub kind: LaneKind,
    /// Its name.
    pub name: String,
    /// The function it runs; empty if that is not known.
    pub function: String,
    /// The lane that made it.
    pub maker: Option<u32>,
    /// Where that was, one of the places.
    pub place: Option<u32>,
    /// When it was made.
    pub made: u64,
    /// When it ended.
    pub ended: Option<u64>,
    /// How.
    pub outcome: Outcome,
}

/// What a lane does from when it is ready until it waits again.
#[derive(Clone, Debug)]
pub struct Run {
    /// The lane.
    pub lane: u32,
    /// Since when it could run.
    pub ready: u64,
    /// When it did.
    pub began: u64,
    /// When it stopped, to wait from then on, or for good.
    pub ended: u64,
    /// One, or how many steps are folded into this.
    pub steps: u32,
    /// How much of the time it really ran.
    pub ran: u64,
    /// The lane that made it ready; None: time, the world outside, or itself.
    pub woken_by: Option<u32>,
    /// When that was.
    pub woken_at: u64,
    /// The line at which it stopped, one of the places.
    pub place: Option<u32>,
    /// What it waits for then, one of the reasons; None: it has ended, or only lets others run.
    pub reason: Option<u32>,
}

/// The longest of its kind.
#[derive(Clone, Debug)]
pub struct Extreme {
    /// Whose.
    pub lane: u32,
    /// From when on.
    pub began: u64,
    /// How long.
    pub nanoseconds: u64,
    /// At which line, one of the places.
    pub place: Option<u32>,
    /// For what, one of the reasons.
    pub reason: Option<u32>,
}

/// What stands out in a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The longest wait of a lane for something.
    pub longest_wait: Option<Extreme>,
    /// The longest that one ran without letting others run.
    pub longest_run: Option<Extreme>,
    /// The longest that one was ready and did not run.
    pub longest_lag: Option<Extreme>,
    /// How many tasks and threads had not ended.
    pub unfinished: u32,
    /// How many lanes there are.
    pub lanes: u32,
    /// How many times one ran, folded or not.
    pub runs: u64,
}
