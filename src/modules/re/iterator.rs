//! Iterators of matches: what `finditer` gives, what `sub` with a function goes through, and scanners.

use std::cell::{Cell, RefCell};

use super::found::Match;
use super::pattern::{Pattern, itself};
use super::subject::{Subject, Window};
use super::work::{Goal, SLICE, Work, charge_slice, pattern_of, wrong_item};
use crate::object::bytes;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::iterator::Step;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, FromValue, Stop, control, plain};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::pattern::matcher::{Anchor, Captures, Progress};
use crate::text::pattern::program::Matches;

/// The tables of the class of iterators.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, ..ClassTables::NONE };

/// The tables of the class of scanners.
pub const SCANNER_TABLES: ClassTables =
    ClassTables { methods: SCANNER_METHODS, attributes: SCANNER_ATTRIBUTES, ..ClassTables::NONE };

const METHODS: &[Declaration] = &[
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
];

/// What the half of `sub` calls; no script sees an iterator with these.
pub const FUNCTIONS: &[Declaration] = &[
    plain("add(matches, part, /)", add, "Put a text in the place of the match given last."),
    plain("join(matches, /)", join, "Return the text with all that was added."),
];

const SCANNER_METHODS: &[Declaration] = &[
    plain("match(self, /)", scan_match, "Return a Match right behind the last, or None."),
    plain("search(self, /)", scan_search, "Return the next Match, or None."),
];

const SCANNER_ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "pattern", get: scanner_pattern, set: None, doc: "The pattern." }];

/// All matches of a pattern, one after the other.
pub struct Finder {
    pattern: Value,
    subject: Subject,
    window: Window,
    matches: RefCell<Matches>,
    /// For `sub`: the text it makes.
    parts: Option<RefCell<Parts>>,
}

/// The text that `sub` with a function makes.
pub struct Parts {
    items: Vec<Value>,
    /// Where the last match ended.
    from: usize,
    /// How many matches there may still be.
    left: usize,
    /// How many there were.
    count: usize,
    /// Is the number part of the result?
    with_count: bool,
}

impl Parts {
    /// No text yet, with at most so many matches to be replaced.
    pub fn new(left: usize, with_count: bool) -> Parts {
        Parts { items: Vec::new(), from: 0, left, count: 0, with_count }
    }
}

impl Finder {
    /// An iterator of the matches in a part of a subject.
    pub fn allocate(
        cx: &mut Context,
        pattern: &Of<Pattern>,
        mut subject: Subject,
        window: Window,
        parts: Option<Parts>,
    ) -> Value {
        subject.settle(cx);
        let matches = Matches::new(&pattern.program, window.start, window.end, Anchor::Search);
        let finder = Finder {
            pattern: pattern.value(),
            subject,
            window,
            matches: RefCell::new(matches),
            parts: parts.map(RefCell::new),
        };
        cx.heap.allocate(pattern.layouts.matches, Extension { data: Box::new(finder) }).value()
    }

    /// Keeps the text before a match.
    fn passed(&self, cx: &mut Context, captures: &Captures) {
        if let Some(parts) = &self.parts {
            let (start, end) = captures.whole();
            let mut parts = parts.borrow_mut();
            if start > parts.from {
                let part = self.subject.part(cx, parts.from, start);
                parts.items.push(part);
            }
            parts.from = end;
            parts.left -= 1;
            parts.count += 1;
        }
    }
}

impl Data for Finder {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.pattern);
        self.subject.trace(marker);
        if let Some(parts) = &self.parts {
            parts.borrow().items.iter().for_each(|&item| marker.value(item));
        }
    }

    fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        if self.parts.as_ref().is_some_and(|parts| parts.borrow().left == 0) {
            return Ok(Step::Done);
        }
        let pattern = pattern_of(self.pattern);
        let progress = self.matches.borrow_mut().advance(&pattern.program, self.subject.bytes(), SLICE);
        match progress {
            Progress::Pending => {
                charge_slice(cx);
                Ok(Step::CallAndFeed(cx.module_state["re_pause"], Vec::new()))
            }
            Progress::Done(None) => Ok(Step::Done),
            Progress::Done(Some(captures)) => {
                self.passed(cx, &captures);
                Ok(Step::Item(Match::allocate(cx, &pattern, self.subject, self.window, captures)))
            }
        }
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (finder, part): (Of<Finder>, Value) = args.take(cx)?;
    if let Some(parts) = &finder.parts
        && !part.is_none()
    {
        parts.borrow_mut().items.push(part);
    }
    Ok(Value::NONE)
}

fn join(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (finder,): (Of<Finder>,) = args.take(cx)?;
    let Some(parts) = &finder.parts else { return Ok(Value::NONE) };
    let mut parts = parts.borrow_mut();
    let length = finder.subject.bytes().len();
    let text = if parts.count == 0 {
        finder.subject.part(cx, 0, length)
    } else {
        if parts.from < length {
            let rest = finder.subject.part(cx, parts.from, length);
            parts.items.push(rest);
        }
        join_items(cx, &finder.subject, &parts.items)?
    };
    Ok(if parts.with_count { cx.tuple(&[text, Value::small(parts.count as i64)]) } else { text })
}

/// The items one behind the other; TypeError if one is of the wrong kind.
fn join_items(cx: &mut Context, subject: &Subject, items: &[Value]) -> Result<Value, Stop> {
    if subject.is_str() {
        let separator: Ref<Str> = cx.empty_string.get().expect("the empty string is a str");
        return Str::join(cx, separator, items).unwrap_or_else(|index| {
            let found = cx.type_name(items[index]);
            Err(wrong_item(cx, subject, index, &found))
        });
    }
    let total = items.iter().filter_map(|&item| bytes::byte_length(item)).fold(0, usize::saturating_add);
    cx.reserve(total)?;
    let mut joined = Vec::with_capacity(total);
    for (index, item) in items.iter().enumerate() {
        match bytes::bytes_of(item) {
            Some(bytes) => joined.extend_from_slice(&bytes),
            None => {
                let found = cx.type_name(*item);
                return Err(wrong_item(cx, subject, index, &found));
            }
        }
    }
    subject.joined(cx, joined)
}

// ----- scanners

/// A position in a subject that moves with each match.
pub struct Scanner {
    pattern: Value,
    subject: Subject,
    window: Window,
    /// Where to go on, and whether the last match was empty; None behind the last match.
    place: Cell<Option<(usize, bool)>>,
}

impl Data for Scanner {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.pattern);
        self.subject.trace(marker);
    }
}

impl Scanner {
    /// A scanner of a part of a subject.
    pub fn allocate(cx: &mut Context, pattern: &Of<Pattern>, mut subject: Subject, window: Window) -> Value {
        subject.settle(cx);
        let place = Cell::new(Some((window.start, false)));
        let scanner = Scanner { pattern: pattern.value(), subject, window, place };
        cx.heap.allocate(pattern.layouts.scanner, Extension { data: Box::new(scanner) }).value()
    }

    /// Goes behind a match, or to the end if there is none.
    pub fn moved(&self, found: Option<(usize, usize)>) {
        self.place.set(found.map(|(start, end)| (end, start == end)));
    }
}

fn scan_match(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    scan(cx, args, Anchor::Match)
}

fn scan_search(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    scan(cx, args, Anchor::Search)
}

fn scan(cx: &mut Context, args: Args<'_>, anchor: Anchor) -> Result<Value, Stop> {
    let (scanner,): (Of<Scanner>,) = args.take(cx)?;
    let Some((from, was_empty)) = scanner.place.get() else { return Ok(Value::NONE) };
    let pattern = pattern_of(scanner.pattern);
    let mut matches = Matches::new(&pattern.program, from, scanner.window.end, anchor);
    if was_empty {
        matches.forbid_empty(from);
    }
    let goal = Goal::Scan(scanner.value());
    Work::going_on(scanner.pattern, scanner.subject, scanner.window, matches, goal).run(cx)
}

fn scanner_pattern(cx: &mut Context, this: Value) -> Result<Value, Stop> {
    Ok(Of::<Scanner>::from_value(cx, this, 0)?.pattern)
}
