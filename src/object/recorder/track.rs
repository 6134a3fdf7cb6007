//! A lane in the making, and what it does last.

use std::rc::Rc;

use super::NOBODY;
use super::limit::Limit;
use crate::object::timeline::{LaneKind, Outcome};

/// What a lane waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing: it only lets others run, or it has ended.
    Nothing,
    /// A lane's end.
    Lane(u32),
    /// So many results, by `gather`.
    Gathering(u32),
    /// What the recorder has these words for.
    Words(u32),
}

/// What one lane does last, which may go on.
pub struct Stretch {
    pub ready: u64,
    pub began: u64,
    pub ended: u64,
    pub steps: u32,
    pub ran: u64,
    pub woken_by: u32,
    pub place: u32,
    pub reason: Reason,
    /// What is said of how long it waits at most: one of the words.
    pub limit: u32,
}

impl Stretch {
    pub const NONE: Stretch = Stretch {
        ready: 0,
        began: 0,
        ended: 0,
        steps: 0,
        ran: 0,
        woken_by: NOBODY,
        place: NOBODY,
        reason: Reason::Nothing,
        limit: NOBODY,
    };

    /// Takes in the next of its lane.
    pub fn take(&mut self, next: Stretch) {
        self.ended = next.ended;
        self.steps = self.steps.saturating_add(next.steps);
        self.ran += next.ran;
        self.place = next.place;
        self.reason = next.reason;
        self.limit = next.limit;
    }
}

/// A lane in the making.
pub struct Track {
    pub kind: LaneKind,
    pub name: Name,
    pub function: Option<Rc<str>>,
    pub maker: u32,
    pub place: u32,
    pub made: u64,
    pub ended: Option<u64>,
    pub outcome: Option<Outcome>,
    /// Since when it could run, and who saw to that; None while it waits.
    pub ready: Option<(u64, u32)>,
    /// When its step under way began.
    pub step: u64,
    pub last: Stretch,
    /// The timers that end what it waits for,
    pub limits: Vec<Limit>,
    /// and what is said of the first of them.
    pub limit: u32,
    /// Who ran when it began to.
    pub outer: u32,
    /// Who runs within it while another greenlet has the thread,
    pub inner: u32,
    /// or another thread the machine,
    pub aside: u32,
    /// and how many runs there were when that took it.
    pub runs_before: u64,
    /// The innermost code and word where it stopped last, and the place that was.
    pub stopped_at: (usize, u32, u32),
    /// A generator, greenlet or thread: it has begun to run and has not stopped.
    pub is_running: bool,
}

/// How a lane is called.
pub enum Name {
    /// So.
    Text(String),
    /// A task by number.
    Task(u32),
    /// As what it runs.
    Function,
}

/// The longest of its kind so far.
#[derive(Clone, Copy)]
pub struct Longest {
    pub length: u64,
    pub lane: u32,
    pub began: u64,
    pub place: u32,
    pub reason: Reason,
    pub limit: u32,
}

impl Longest {
    pub const NONE: Longest =
        Longest { length: 0, lane: NOBODY, began: 0, place: NOBODY, reason: Reason::Nothing, limit: NOBODY };
}

impl Track {
    pub fn shown_name(&self) -> String {
        match (&self.name, &self.function) {
            (Name::Text(name), _) => name.clone(),
            (Name::Task(number), _) => format!("Task-{number}"),
            (Name::Function, Some(function)) => short(function).to_string(),
            (Name::Function, None) => String::new(),
        }
    }

    /// What it runs, empty if that is not known.
    pub fn shown_function(&self) -> &str {
        self.function.as_ref().map_or("", |function| short(function))
    }

    /// Has it stopped for nothing?
    pub fn can_go_on(&self) -> bool {
        self.last.steps > 0 && self.last.reason == Reason::Nothing
    }

    /// Is it one whose end is worth waiting for, and did not end?
    pub fn is_unfinished(&self) -> bool {
        self.ended.is_none() && matches!(self.kind, LaneKind::Task | LaneKind::Thread)
    }
}

/// A qualified name without the functions around it.
pub fn short(name: &str) -> &str {
    name.rsplit("<locals>.").next().unwrap_or(name)
}
