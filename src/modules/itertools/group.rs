//! `groupby`, `accumulate`, `pairwise` and `batched`.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::equality::{Problem, equal};
use crate::object::extension::Of;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::native::Stop;
use crate::object::value::Value;

use super::infinite::plain_sum;
use super::module::{ADD, EQUAL, GROUP, class_of};
use super::tool::{Pulled, Source, State, Tool, make, pull, truth_or_step, verdict};

/// What a step of `groupby` or of a group waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing: the keys are to be compared.
    Nothing,
    /// Whether two keys are equal.
    Equality,
    /// An item.
    Item,
    /// Its key.
    Key,
}

/// `groupby(iterable, key)`
pub struct GroupBy {
    /// Where the items come from.
    pub source: Source,
    /// What gives the key; None: the item itself.
    pub key: Value,
    /// The key of the group given last, or UNBOUND.
    pub target: Cell<Value>,
    /// The key of the item read last, or UNBOUND.
    pub current: Cell<Value>,
    /// That item, or UNBOUND once it has been given.
    pub item: Cell<Value>,
    /// The group that may still give items.
    pub group: Cell<Value>,
    /// What is awaited.
    pub waiting: Cell<Waiting>,
}

/// How far a step came in reading the next item with its key.
enum Advance {
    Read,
    Ended,
    Ask(Step),
}

/// Are two keys equal? `Err`: ask.
fn compare(cx: &mut Context, a: Value, b: Value) -> Result<Result<bool, Step>, Stop> {
    if a == b {
        return Ok(Ok(true));
    }
    match equal(cx, a, b) {
        Ok(equal) => Ok(Ok(equal)),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => Ok(Err(Step::CallAndFeed(cx.module_state[EQUAL], vec![a, b]))),
    }
}

impl GroupBy {
    /// A `groupby` at its beginning.
    pub fn new(source: Source, key: Value) -> GroupBy {
        GroupBy {
            source,
            key,
            target: Cell::new(Value::UNBOUND),
            current: Cell::new(Value::UNBOUND),
            item: Cell::new(Value::UNBOUND),
            group: Cell::new(Value::UNBOUND),
            waiting: Cell::new(Waiting::Nothing),
        }
    }

    /// Reads an item and its key. `waiting` is that of the step that reads.
    fn advance(&self, cx: &mut Context, waiting: &Cell<Waiting>, fed: &mut Option<Value>) -> Result<Advance, Stop> {
        if waiting.get() == Waiting::Key {
            self.current.set(fed.take().unwrap_or(Value::NONE));
            return Ok(Advance::Read);
        }
        let item = match self.source.pull(cx, fed)? {
            Pulled::Item(item) => item,
            Pulled::Done => return Ok(Advance::Ended),
            Pulled::Wait => {
                waiting.set(Waiting::Item);
                return Ok(Advance::Ask(Step::Next(self.source.iterator)));
            }
        };
        self.item.set(item);
        if self.key.is_none() {
            self.current.set(item);
            return Ok(Advance::Read);
        }
        waiting.set(Waiting::Key);
        Ok(Advance::Ask(Step::CallAndFeed(self.key, vec![item])))
    }

    /// One step: on to the next key.
    pub fn next(&self, cx: &mut Context, this: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if fed.is_none() {
            self.group.set(Value::UNBOUND);
            self.waiting.set(Waiting::Nothing);
        }
        loop {
            let is_same = match self.waiting.get() {
                Waiting::Equality => match fed.take() {
                    Some(answer) => verdict!(cx, answer),
                    None => return Ok(Step::Done),
                },
                Waiting::Item | Waiting::Key => true,
                Waiting::Nothing if self.current.get().is_unbound() => true,
                Waiting::Nothing if self.target.get().is_unbound() => false,
                Waiting::Nothing => match compare(cx, self.target.get(), self.current.get())? {
                    Ok(is_same) => is_same,
                    Err(step) => {
                        self.waiting.set(Waiting::Equality);
                        return Ok(step);
                    }
                },
            };
            if !is_same {
                break;
            }
            match self.advance(cx, &self.waiting, &mut fed)? {
                Advance::Read => self.waiting.set(Waiting::Nothing),
                Advance::Ended => return Ok(Step::Done),
                Advance::Ask(step) => return Ok(step),
            }
        }
        let key = self.current.get();
        self.target.set(key);
        let state = State::Group(Group { parent: this, key, waiting: Cell::new(Waiting::Nothing) });
        let class = class_of(cx, GROUP);
        let group = make(cx, class, state, None);
        self.group.set(group);
        Ok(Step::Item(cx.tuple(&[key, group])))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
        marker.value(self.key);
        for cell in [&self.target, &self.current, &self.item, &self.group] {
            marker.cell(cell);
        }
    }
}

/// The items of one key.
pub struct Group {
    /// The `groupby` it belongs to.
    pub parent: Value,
    /// The key.
    pub key: Value,
    /// What is awaited.
    pub waiting: Cell<Waiting>,
}

impl Group {
    /// One step.
    pub fn next(&self, cx: &mut Context, this: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        let Some(tool) = Of::<Tool>::from(self.parent) else { return Ok(Step::Done) };
        let State::GroupBy(parent) = &tool.state else { return Ok(Step::Done) };
        if fed.is_none() {
            self.waiting.set(Waiting::Nothing);
        }
        if parent.group.get() != this {
            return Ok(Step::Done);
        }
        let is_reading = matches!(self.waiting.get(), Waiting::Item | Waiting::Key);
        if is_reading || self.waiting.get() == Waiting::Nothing && parent.item.get().is_unbound() {
            match parent.advance(cx, &self.waiting, &mut fed)? {
                Advance::Read => self.waiting.set(Waiting::Nothing),
                Advance::Ended => return Ok(Step::Done),
                Advance::Ask(step) => return Ok(step),
            }
        }
        let is_same = match fed.take() {
            Some(answer) => verdict!(cx, answer),
            None => match compare(cx, self.key, parent.current.get())? {
                Ok(is_same) => is_same,
                Err(step) => {
                    self.waiting.set(Waiting::Equality);
                    return Ok(step);
                }
            },
        };
        if !is_same {
            return Ok(Step::Done);
        }
        parent.current.set(Value::UNBOUND);
        Ok(Step::Item(parent.item.replace(Value::UNBOUND)))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.parent);
        marker.value(self.key);
    }
}

/// `accumulate(iterable, function, initial)`
pub struct Accumulate {
    /// Where the items come from.
    pub source: Source,
    /// What combines two; None: addition.
    pub function: Value,
    /// The first total, as long as it has not been given.
    pub initial: Cell<Value>,
    /// The last total, or UNBOUND.
    pub total: Cell<Value>,
    /// The function is at work.
    pub is_combining: Cell<bool>,
}

impl Accumulate {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.is_combining.replace(false)
            && let Some(total) = fed
        {
            self.total.set(total);
            return Ok(Step::Item(total));
        }
        let initial = self.initial.replace(Value::NONE);
        if !initial.is_none() {
            self.total.set(initial);
            return Ok(Step::Item(initial));
        }
        let Some(item) = pull!(cx, self.source, fed) else { return Ok(Step::Done) };
        let total = self.total.get();
        let sum = match self.function {
            _ if total.is_unbound() => item,
            Value::NONE => match plain_sum(cx, total, item)? {
                Some(sum) => sum,
                None => {
                    self.is_combining.set(true);
                    return Ok(Step::CallAndFeed(cx.module_state[ADD], vec![total, item]));
                }
            },
            function => {
                self.is_combining.set(true);
                return Ok(Step::CallAndFeed(function, vec![total, item]));
            }
        };
        self.total.set(sum);
        Ok(Step::Item(sum))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
        marker.value(self.function);
        marker.cell(&self.initial);
        marker.cell(&self.total);
    }
}

/// `pairwise(iterable)`
pub struct Pairwise {
    /// Where the items come from.
    pub source: Source,
    /// The last item, or UNBOUND.
    pub last: Cell<Value>,
    /// The end was reached.
    pub is_done: Cell<bool>,
}

impl Pairwise {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        while !self.is_done.get() {
            let Some(item) = pull!(cx, self.source, fed) else {
                self.is_done.set(true);
                self.last.set(Value::UNBOUND);
                break;
            };
            let last = self.last.replace(item);
            if !last.is_unbound() {
                return Ok(Step::Item(cx.tuple(&[last, item])));
            }
        }
        Ok(Step::Done)
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
        marker.cell(&self.last);
    }
}

/// `batched(iterable, n, strict)`
pub struct Batched {
    /// Where the items come from.
    pub source: Source,
    /// How many make a batch.
    pub size: usize,
    /// The last batch must be whole.
    pub is_strict: bool,
    /// The batch so far.
    pub gathered: RefCell<Vec<Value>>,
    /// The end was reached.
    pub is_done: Cell<bool>,
}

impl Batched {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.is_done.get() {
            return Ok(Step::Done);
        }
        if fed.is_none() {
            self.gathered.borrow_mut().clear();
        }
        loop {
            let item = pull!(cx, self.source, fed);
            let mut gathered = self.gathered.borrow_mut();
            gathered.extend(item);
            if item.is_some() && gathered.len() < self.size {
                continue;
            }
            let batch = std::mem::take(&mut *gathered);
            self.is_done.set(item.is_none());
            if batch.is_empty() {
                return Ok(Step::Done);
            }
            if item.is_none() && self.is_strict {
                return Err(cx.value_error("batched(): incomplete batch"));
            }
            return Ok(Step::Item(cx.tuple(&batch)));
        }
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
        self.gathered.borrow().iter().for_each(|&value| marker.value(value));
    }
}
