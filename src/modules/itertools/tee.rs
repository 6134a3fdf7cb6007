//! `tee`: several iterators over what one gives. The items stand in a chain of blocks that all of them share; a
//! block no iterator can reach any more is garbage.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::native::Stop;
use crate::object::value::Value;

use super::module::{BLOCK, class_of};
use super::tool::{Pulled, Source, pull};

/// How many items a block holds.
const LENGTH: usize = 57;

/// Some of the items.
pub struct Block {
    source: Source,
    items: RefCell<Vec<Value>>,
    next: Cell<Value>,
}

impl Data for Block {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.source.iterator);
        self.items.borrow().iter().for_each(|&value| marker.value(value));
        marker.cell(&self.next);
    }
}

impl Block {
    /// An empty block before all others.
    pub fn allocate(cx: &mut Context, source: Source) -> Value {
        let block = Block { source, items: RefCell::new(Vec::new()), next: Cell::new(Value::UNBOUND) };
        let layout = class_of(cx, BLOCK).root_layout.get();
        cx.heap.allocate(layout, Extension { data: Box::new(block) }).value()
    }
}

/// One of the iterators.
pub struct Tee {
    /// The block it is in.
    pub block: Cell<Value>,
    /// The place of its next item there.
    pub place: Cell<usize>,
}

impl Tee {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, mut fed: Option<Value>) -> Result<Step, Stop> {
        let Some(mut block) = Of::<Block>::from(self.block.get()) else { return Ok(Step::Done) };
        if self.place.get() == LENGTH {
            if block.next.get().is_unbound() {
                let next = Block::allocate(cx, block.source);
                block.next.set(next);
            }
            self.block.set(block.next.get());
            self.place.set(0);
            let Some(next) = Of::<Block>::from(self.block.get()) else { return Ok(Step::Done) };
            block = next;
        }
        let place = self.place.get();
        // The item the loop got for this iterator stands behind those another has read in the meantime.
        if place == block.items.borrow().len() || fed.is_some() {
            let Some(item) = pull!(cx, block.source, fed) else { return Ok(Step::Done) };
            let mut last = block;
            while last.items.borrow().len() >= LENGTH {
                if last.next.get().is_unbound() {
                    let next = Block::allocate(cx, last.source);
                    last.next.set(next);
                }
                match Of::<Block>::from(last.next.get()) {
                    Some(next) => last = next,
                    None => break,
                }
            }
            last.items.borrow_mut().push(item);
        }
        let Some(block) = Of::<Block>::from(self.block.get()) else { return Ok(Step::Done) };
        self.place.set(place + 1);
        let item = block.items.borrow().get(place).copied();
        Ok(item.map_or(Step::Done, Step::Item))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.block);
    }
}
