//! `count`, `cycle` and `repeat`.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::number;
use crate::object::value::Value;
use crate::syntax::ast::BinaryOperator;

use super::module::ADD;
use super::tool::{Pulled, Source, pull};

/// `count(start, step)`
pub struct Count {
    /// The next number.
    pub next: Cell<Value>,
    /// The distance of two.
    pub step: Value,
}

/// `a + b` of two exact numbers; None where script code may have to do it.
pub fn plain_sum(cx: &mut Context, a: Value, b: Value) -> Result<Option<Value>, Stop> {
    let is_exact = |value: Value| match value.header() {
        Some(header) => matches!(header.layout(), LayoutId::INT | LayoutId::COMPLEX),
        None => !value.is_none(),
    };
    if is_exact(a) && is_exact(b) { number::binary(cx, BinaryOperator::Add, a, b) } else { Ok(None) }
}

impl Count {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, fed: Option<Value>) -> Result<Step, Stop> {
        let next = self.next.get();
        let following = match fed {
            Some(sum) => sum,
            None => match plain_sum(cx, next, self.step)? {
                Some(sum) => sum,
                None => return Ok(Step::CallAndFeed(cx.module_state[ADD], vec![next, self.step])),
            },
        };
        self.next.set(following);
        Ok(Step::Item(next))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.next);
        marker.value(self.step);
    }
}

/// `cycle(iterable)`
pub struct Cycle {
    /// Where the first round comes from.
    pub source: Source,
    /// What it gave.
    pub saved: RefCell<Vec<Value>>,
    /// The place in later rounds; None during the first.
    pub place: Cell<Option<usize>>,
}

impl Cycle {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.place.get().is_none() {
            if let Some(item) = pull!(cx, self.source, fed) {
                self.saved.borrow_mut().push(item);
                return Ok(Step::Item(item));
            }
            self.place.set(Some(0));
        }
        let saved = self.saved.borrow();
        let place = self.place.get().unwrap_or(0);
        let Some(&item) = saved.get(place) else { return Ok(Step::Done) };
        self.place.set(Some((place + 1) % saved.len()));
        Ok(Step::Item(item))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
        self.saved.borrow().iter().for_each(|&value| marker.value(value));
    }
}

/// `repeat(object, times)`
pub struct Repeat {
    /// What is given again and again.
    pub item: Value,
    /// How often still; None without end.
    pub left: Cell<Option<i64>>,
}

impl Repeat {
    /// One step.
    pub fn next(&self, _: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        match self.left.get() {
            None => {}
            Some(..1) => return Ok(Step::Done),
            Some(left) => self.left.set(Some(left - 1)),
        }
        Ok(Step::Item(self.item))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.item);
    }
}
