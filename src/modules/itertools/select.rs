//! `islice`, `compress`, `dropwhile`, `takewhile` and `filterfalse`.

use std::cell::Cell;

use crate::object::context::Context;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::native::Stop;
use crate::object::value::Value;

use super::tool::{Pulled, Source, pull, truth_or_step, verdict};

/// `islice(iterable, start, stop, step)`
pub struct Slice {
    /// Where the items come from.
    pub source: Source,
    /// How many have been taken from it.
    pub taken: Cell<i64>,
    /// The place of the next item given.
    pub next: Cell<i64>,
    /// The place that is not reached, if there is one.
    pub stop: Option<i64>,
    /// The distance of two items.
    pub step: i64,
    /// The end was reached.
    pub is_done: Cell<bool>,
}

impl Slice {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.is_done.get() {
            return Ok(Step::Done);
        }
        loop {
            let is_skipped = self.taken.get() < self.next.get();
            if !is_skipped && self.stop.is_some_and(|stop| self.taken.get() >= stop) {
                break;
            }
            let Some(item) = pull!(cx, self.source, fed) else { break };
            self.taken.set(self.taken.get() + 1);
            if !is_skipped {
                let next = self.next.get().saturating_add(self.step);
                self.next.set(self.stop.map_or(next, |stop| next.min(stop)));
                return Ok(Step::Item(item));
            }
        }
        self.is_done.set(true);
        Ok(Step::Done)
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
    }
}

/// What `compress` waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// An item of the data.
    Item,
    /// Its selector.
    Selector,
    /// The truth of that.
    Truth,
}

/// `compress(data, selectors)`
pub struct Compress {
    /// Where the items come from.
    pub data: Source,
    /// Which are given.
    pub selectors: Source,
    /// The item whose selector is awaited.
    pub candidate: Cell<Value>,
    /// What is awaited.
    pub waiting: Cell<Waiting>,
}

impl Compress {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if fed.is_none() {
            self.waiting.set(Waiting::Item);
        }
        loop {
            if self.waiting.get() == Waiting::Item {
                let Some(item) = pull!(cx, self.data, fed) else { return Ok(Step::Done) };
                self.candidate.set(item);
                self.waiting.set(Waiting::Selector);
            }
            let selector = match self.waiting.get() {
                Waiting::Truth => fed.take(),
                _ => pull!(cx, self.selectors, fed),
            };
            let Some(selector) = selector else { return Ok(Step::Done) };
            self.waiting.set(Waiting::Truth);
            let is_selected = verdict!(cx, selector);
            self.waiting.set(Waiting::Item);
            let item = self.candidate.replace(Value::UNBOUND);
            if is_selected {
                return Ok(Step::Item(item));
            }
        }
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.data.iterator);
        marker.value(self.selectors.iterator);
        marker.cell(&self.candidate);
    }
}

/// What a verdict on an item means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// `dropwhile`: true drops it, until the first false.
    Drop,
    /// `takewhile`: false ends it all.
    Take,
    /// `filterfalse`: false lets it through.
    False,
}

/// `dropwhile`, `takewhile` and `filterfalse`
pub struct Test {
    /// Which of them.
    pub choice: Choice,
    /// What gives the verdict; UNBOUND: the item's own truth.
    pub function: Value,
    /// Where the items come from.
    pub source: Source,
    /// The item whose verdict is awaited.
    pub candidate: Cell<Value>,
    /// `dropwhile` has begun to give items, `takewhile` has ended.
    pub is_decided: Cell<bool>,
}

impl Test {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.choice == Choice::Take && self.is_decided.get() {
            return Ok(Step::Done);
        }
        if fed.is_none() {
            self.candidate.set(Value::UNBOUND);
        }
        loop {
            if self.candidate.get().is_unbound() {
                let Some(item) = pull!(cx, self.source, fed) else { return Ok(Step::Done) };
                if self.choice == Choice::Drop && self.is_decided.get() {
                    return Ok(Step::Item(item));
                }
                self.candidate.set(item);
                if !self.function.is_unbound() {
                    return Ok(Step::CallAndFeed(self.function, vec![item]));
                }
                fed = Some(item);
            }
            let Some(answer) = fed.take() else { return Ok(Step::Done) };
            let is_true = verdict!(cx, answer);
            let item = self.candidate.replace(Value::UNBOUND);
            match (self.choice, is_true) {
                (Choice::Drop, true) | (Choice::False, true) => {}
                (Choice::False, false) | (Choice::Take, true) => return Ok(Step::Item(item)),
                (Choice::Drop, false) => {
                    self.is_decided.set(true);
                    return Ok(Step::Item(item));
                }
                (Choice::Take, false) => {
                    self.is_decided.set(true);
                    return Ok(Step::Done);
                }
            }
        }
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.function);
        marker.value(self.source.iterator);
        marker.cell(&self.candidate);
    }
}
