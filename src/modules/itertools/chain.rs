//! `chain`, `zip_longest` and `starmap`.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::heap::Marker;
use crate::object::items::plain_items;
use crate::object::iterator::Step;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

use super::module::ITER;
use super::tool::{Pulled, Source, plain_iterator, pull};

/// What a chain waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// An item of the current iterator.
    Item,
    /// The next iterable.
    Iterable,
    /// The iterator of that iterable.
    Iterator,
}

/// `chain(*iterables)`
pub struct Chain {
    /// Where the iterables come from.
    pub iterables: Source,
    /// The iterator whose items are given now.
    pub current: Cell<Option<Source>>,
    /// What is awaited.
    pub waiting: Cell<Waiting>,
}

impl Chain {
    /// A chain at its beginning.
    pub fn new(iterables: Source) -> Chain {
        Chain { iterables, current: Cell::new(None), waiting: Cell::new(Waiting::Item) }
    }

    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if fed.is_none() {
            self.waiting.set(Waiting::Item);
        }
        loop {
            match self.waiting.get() {
                Waiting::Item => {
                    if let Some(current) = self.current.get()
                        && let Some(item) = pull!(cx, current, fed)
                    {
                        return Ok(Step::Item(item));
                    }
                    self.current.set(None);
                    self.waiting.set(Waiting::Iterable);
                }
                Waiting::Iterable => {
                    let Some(iterable) = pull!(cx, self.iterables, fed) else { return Ok(Step::Done) };
                    let Some(iterator) = plain_iterator(cx, iterable) else {
                        self.waiting.set(Waiting::Iterator);
                        return Ok(Step::CallAndFeed(cx.module_state[ITER], vec![iterable]));
                    };
                    self.begin(cx, iterator);
                }
                Waiting::Iterator => {
                    let Some(iterator) = fed.take() else { return Ok(Step::Done) };
                    self.begin(cx, iterator);
                }
            }
        }
    }

    fn begin(&self, cx: &mut Context, iterator: Value) {
        self.current.set(Some(Source::new(cx, iterator)));
        self.waiting.set(Waiting::Item);
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.iterables.iterator);
        if let Some(current) = self.current.get() {
            marker.value(current.iterator);
        }
    }
}

/// `zip_longest(*iterables, fillvalue=None)`
pub struct ZipLongest {
    /// Where the items come from; None for those that have ended.
    pub sources: RefCell<Vec<Option<Source>>>,
    /// How many have not ended.
    pub active: Cell<usize>,
    /// What stands for the items of those that have.
    pub filler: Value,
    /// The items of this turn so far.
    pub gathered: RefCell<Vec<Value>>,
}

impl ZipLongest {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.active.get() == 0 {
            return Ok(Step::Done);
        }
        if fed.is_none() {
            self.gathered.borrow_mut().clear();
        }
        let count = self.sources.borrow().len();
        loop {
            let index = self.gathered.borrow().len();
            if index >= count {
                let items = self.gathered.take();
                return Ok(Step::Item(cx.tuple(&items)));
            }
            let source = self.sources.borrow()[index];
            let item = match source {
                None => self.filler,
                Some(source) => match pull!(cx, source, fed) {
                    Some(item) => item,
                    None => {
                        self.sources.borrow_mut()[index] = None;
                        self.active.set(self.active.get() - 1);
                        if self.active.get() == 0 {
                            return Ok(Step::Done);
                        }
                        self.filler
                    }
                },
            };
            self.gathered.borrow_mut().push(item);
        }
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        self.sources.borrow().iter().flatten().for_each(|source| marker.value(source.iterator));
        self.gathered.borrow().iter().for_each(|&value| marker.value(value));
        marker.value(self.filler);
    }
}

/// `starmap(function, iterable)`
pub struct StarMap {
    /// What is called.
    pub function: Value,
    /// Where its arguments come from.
    pub source: Source,
    /// The arguments are being made a tuple.
    pub is_spreading: Cell<bool>,
}

impl StarMap {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        if self.is_spreading.replace(false) && fed.is_some() {
            let arguments =
                fed.and_then(|value| value.get::<Tuple>()).map_or(Vec::new(), |tuple| tuple.items().to_vec());
            return Ok(Step::Call(self.function, arguments));
        }
        let Some(item) = pull!(cx, self.source, fed) else { return Ok(Step::Done) };
        match plain_items(cx, item) {
            Some(arguments) => Ok(Step::Call(self.function, arguments?)),
            None => {
                self.is_spreading.set(true);
                Ok(Step::CallAndFeed(cx.class(LayoutId::TUPLE).value(), vec![item]))
            }
        }
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.function);
        marker.value(self.source.iterator);
    }
}
