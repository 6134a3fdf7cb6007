//! A search that is under way, for one match or for all of them, and what is made of them: the work behind `search`,
//! `findall`, `split` and `sub` with a template.

use std::cell::RefCell;

use super::found::Match;
use super::iterator::Scanner;
use super::module::half;
use super::pattern::Pattern;
use super::subject::{Subject, Window};
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::Marker;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::LONGEST;
use crate::object::value::Value;
use crate::text::pattern::matcher::{Anchor, Captures, Progress};
use crate::text::pattern::program::Matches;
use crate::text::pattern::replacement::{Part, Replacement};

/// The steps of a search between two looks at interrupts and limits.
pub const SLICE: usize = 1 << 16;

/// How many steps of a search count as one of the program's.
const STEPS_PER_INSTRUCTION: usize = 8;

/// The steps that making something of a match counts for.
const STEPS_PER_MATCH: usize = 4;

/// Results smaller than this are not held against the limit of memory before they are there.
const SMALL: usize = 1 << 20;

/// The tables of the class of searches that a half goes on with; no script sees one.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, ..ClassTables::NONE };

const METHODS: &[Declaration] =
    &[plain("advance(self, /)", advance, "Go on; return a tuple of the result once there is one.")];

/// A search that is under way.
pub struct Work {
    pattern: Value,
    subject: Subject,
    window: Window,
    matches: Matches,
    /// Those of the match found last.
    captures: Captures,
    goal: Goal,
}

/// What is made of the matches.
pub enum Goal {
    /// The first one, as a match object or None.
    First,
    /// The next one of this scanner.
    Scan(Value),
    /// A list of texts or of groups.
    FindAll(Vec<Value>),
    /// The parts between them.
    Split(Split),
    /// The text with others in their place.
    Substitute(Box<Substitute>),
}

/// The parts between matches.
pub struct Split {
    /// Those so far.
    pub parts: Vec<Value>,
    /// How many matches there may still be.
    pub left: usize,
    /// Where the last match ended.
    pub from: usize,
}

/// A text in which matches are replaced.
pub struct Substitute {
    /// What is put in their place, or what to say if that is of the wrong kind.
    pub replacement: Result<Replacement, String>,
    /// The text so far.
    pub out: Vec<u8>,
    /// Where the last match ended.
    pub from: usize,
    /// How many matches there may still be.
    pub left: usize,
    /// How many there were.
    pub count: usize,
    /// Is the number part of the result?
    pub with_count: bool,
}

/// How many matches a script wants at most: all for 0, none for a negative number.
pub fn limit(count: i64) -> usize {
    match count {
        0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(0),
    }
}

/// Counts a slice of a search among the steps of the program.
pub fn charge_slice(cx: &mut Context) {
    cx.fuel = cx.fuel.saturating_sub((SLICE / STEPS_PER_INSTRUCTION) as i64);
}

impl Work {
    /// A search of a part of a subject.
    pub fn new(pattern: &Of<Pattern>, subject: Subject, window: Window, anchor: Anchor, goal: Goal) -> Work {
        let matches = Matches::new(&pattern.program, window.start, window.end, anchor);
        Work::going_on(pattern.value(), subject, window, matches, goal)
    }

    /// The same, going on with matches found before.
    pub fn going_on(pattern: Value, subject: Subject, window: Window, matches: Matches, goal: Goal) -> Work {
        Work { pattern, subject, window, matches, captures: Captures::default(), goal }
    }

    /// The result; what is not done in a slice is left to a half.
    pub fn run(mut self, cx: &mut Context) -> Result<Value, Stop> {
        if let Some(result) = self.advance(cx)? {
            return Ok(result);
        }
        self.subject.settle(cx);
        let layout = pattern_of(self.pattern).layouts.search;
        let search = cx.heap.allocate(layout, Extension { data: Box::new(Paused(RefCell::new(self))) });
        Err(half(cx, "re_finish", &[search.value()]))
    }

    /// Goes on for a slice; gives the result once there is one.
    fn advance(&mut self, cx: &mut Context) -> Result<Option<Value>, Stop> {
        let pattern = pattern_of(self.pattern);
        let mut steps = SLICE;
        while self.wants_more() {
            match self.matches.advance_into(&pattern.program, self.subject.bytes(), steps, &mut self.captures) {
                Progress::Pending => {
                    charge_slice(cx);
                    return Ok(None);
                }
                Progress::Done(false) => break,
                Progress::Done(true) => {
                    if let Some(result) = self.take(cx, &pattern)? {
                        return Ok(Some(result));
                    }
                }
            }
            steps = self.matches.steps_left().saturating_sub(STEPS_PER_MATCH);
            if steps == 0 {
                charge_slice(cx);
                return Ok(None);
            }
        }
        self.finish(cx).map(Some)
    }

    fn wants_more(&self) -> bool {
        match &self.goal {
            Goal::Split(split) => split.left > 0,
            Goal::Substitute(substitute) => substitute.left > 0,
            _ => true,
        }
    }

    /// Makes something of a match; gives the result if it was the only one wanted.
    fn take(&mut self, cx: &mut Context, pattern: &Of<Pattern>) -> Result<Option<Value>, Stop> {
        match &mut self.goal {
            Goal::First => {}
            Goal::Scan(scanner) => {
                if let Some(scanner) = Of::<Scanner>::from(*scanner) {
                    scanner.moved(Some(self.captures.whole()));
                }
            }
            Goal::FindAll(found) => {
                found.push(texts_of(cx, &self.subject, &self.captures));
                return Ok(None);
            }
            Goal::Split(split) => {
                split.take(cx, &self.subject, &self.captures);
                return Ok(None);
            }
            Goal::Substitute(substitute) => {
                substitute.take(cx, &self.subject, &self.captures)?;
                return Ok(None);
            }
        }
        let captures = std::mem::take(&mut self.captures);
        Ok(Some(Match::allocate(cx, pattern, self.subject, self.window, captures)))
    }

    /// The result once there are no more matches.
    fn finish(&mut self, cx: &mut Context) -> Result<Value, Stop> {
        match &mut self.goal {
            Goal::First => Ok(Value::NONE),
            Goal::Scan(scanner) => {
                if let Some(scanner) = Of::<Scanner>::from(*scanner) {
                    scanner.moved(None);
                }
                Ok(Value::NONE)
            }
            Goal::FindAll(found) => {
                let found = std::mem::take(found);
                Ok(cx.list(found))
            }
            Goal::Split(split) => {
                let rest = self.subject.part(cx, split.from, self.window.end);
                let mut parts = std::mem::take(&mut split.parts);
                parts.push(rest);
                Ok(cx.list(parts))
            }
            Goal::Substitute(substitute) => substitute.finish(cx, &self.subject),
        }
    }

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.pattern);
        self.subject.trace(marker);
        match &self.goal {
            Goal::FindAll(values) | Goal::Split(Split { parts: values, .. }) => {
                values.iter().for_each(|&value| marker.value(value));
            }
            Goal::Scan(scanner) => marker.value(*scanner),
            Goal::First | Goal::Substitute(_) => {}
        }
    }
}

impl Split {
    fn take(&mut self, cx: &mut Context, subject: &Subject, captures: &Captures) {
        let (start, end) = captures.whole();
        self.parts.push(subject.part(cx, self.from, start));
        for group in 1..captures.count() {
            let part = captures.span(group).map_or(Value::NONE, |(start, end)| subject.part(cx, start, end));
            self.parts.push(part);
        }
        self.from = end;
        self.left -= 1;
    }
}

impl Substitute {
    fn take(&mut self, cx: &mut Context, subject: &Subject, captures: &Captures) -> Result<(), Stop> {
        let (start, end) = captures.whole();
        let replacement = match &self.replacement {
            Ok(replacement) => replacement,
            Err(found) => return Err(wrong_item(cx, subject, (start > self.from) as usize, found)),
        };
        let size = self.out.len() + (start - self.from) + replaced_size(replacement, captures);
        if size > SMALL && size > self.out.capacity() {
            if subject.is_str() && size > LONGEST {
                return Err(cx.memory_error());
            }
            cx.reserve(size.saturating_mul(2))?;
        }
        let bytes = subject.bytes();
        self.out.extend_from_slice(&bytes[self.from..start]);
        replacement.expand(captures, bytes, &mut self.out);
        self.from = end;
        self.left -= 1;
        self.count += 1;
        Ok(())
    }

    fn finish(&mut self, cx: &mut Context, subject: &Subject) -> Result<Value, Stop> {
        let length = subject.bytes().len();
        let text = match self.count {
            0 => subject.part(cx, 0, length),
            _ => {
                self.out.extend_from_slice(&subject.bytes()[self.from..]);
                subject.joined(cx, std::mem::take(&mut self.out))?
            }
        };
        Ok(if self.with_count { cx.tuple(&[text, Value::small(self.count as i64)]) } else { text })
    }
}

/// How many bytes the replacement of a match has.
fn replaced_size(replacement: &Replacement, captures: &Captures) -> usize {
    let sizes = replacement.parts.iter().map(|part| match part {
        Part::Text(bytes) => bytes.len(),
        Part::Group(group) => captures.span(*group).map_or(0, |(start, end)| end - start),
    });
    sizes.fold(0, usize::saturating_add)
}

/// TypeError of a replacement that cannot stand in a text of this kind.
pub fn wrong_item(cx: &mut Context, subject: &Subject, index: usize, found: &str) -> Stop {
    let wanted = if subject.is_str() { "str instance" } else { "a bytes-like object" };
    cx.type_error(format!("sequence item {index}: expected {wanted}, {found} found"))
}

/// What `findall` gives for a match: its text, or its only group, or all groups.
fn texts_of(cx: &mut Context, subject: &Subject, captures: &Captures) -> Value {
    let mut part = |group: usize| match captures.span(group) {
        Some((start, end)) => subject.part(cx, start, end),
        None => subject.empty(cx),
    };
    match captures.count() {
        1 => part(0),
        2 => part(1),
        count => {
            let parts: Vec<Value> = (1..count).map(part).collect();
            cx.tuple(&parts)
        }
    }
}

/// The pattern that a search was made with.
pub fn pattern_of(value: Value) -> Of<Pattern> {
    Of::from(value).expect("searches are made with a pattern")
}

/// A search as an object.
struct Paused(RefCell<Work>);

impl Data for Paused {
    fn trace(&self, marker: &mut Marker) {
        self.0.borrow().trace(marker);
    }
}

fn advance(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (search,): (Of<Paused>,) = args.take(cx)?;
    let result = search.0.borrow_mut().advance(cx)?;
    Ok(match result {
        Some(result) => cx.tuple(&[result]),
        None => Value::NONE,
    })
}
