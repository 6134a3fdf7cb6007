//! Marking: from the roots, every object that is reached tells the marker of those that it refers to.

use std::cell::Cell;

use super::{Body, Header, Ref};
use crate::object::kind::KINDS;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// What a collection has reached so far: the objects not yet looked into, and the layouts.
pub struct Marker {
    work: Vec<*const Header>,
    cycle: u8,
    reached: usize,
    /// Which layouts have been reached; the class of each is shown by `Context`.
    layouts: Vec<bool>,
    reached_layouts: Vec<LayoutId>,
}

impl Marker {
    /// One that has reached nothing yet, for a cycle and so many layouts.
    pub(super) fn new(cycle: u8, layouts: usize) -> Marker {
        Marker {
            work: Vec::with_capacity(1024),
            cycle,
            reached: 0,
            layouts: vec![false; layouts],
            reached_layouts: Vec::new(),
        }
    }

    /// What one object refers to directly, without its class; `cycle` is the mark of each from now on.
    pub(super) fn referents(header: &Header, cycle: u8) -> Vec<*const Header> {
        let mut marker = Marker::new(cycle, 0);
        marker.work.push(header);
        marker.step();
        marker.work
    }

    /// How many objects have been reached.
    pub(super) fn reached(&self) -> usize {
        self.reached
    }

    /// The object a value refers to is alive.
    #[inline(always)]
    pub fn value(&mut self, value: Value) {
        if let Some(header) = value.header() {
            self.header(header);
        }
    }

    /// A cell's value.
    #[inline(always)]
    pub fn cell(&mut self, cell: &Cell<Value>) {
        self.value(cell.get());
    }

    /// An object is alive.
    #[inline(always)]
    pub fn object<T: Body>(&mut self, object: Ref<T>) {
        self.header(object.header());
    }

    /// The object with this header is alive.
    #[inline(always)]
    pub fn header(&mut self, header: &Header) {
        if header.mark.get() != self.cycle {
            header.mark.set(self.cycle);
            self.reached += 1;
            self.work.push(header);
        }
    }

    /// Has it been reached?
    pub fn is_marked(&self, header: &Header) -> bool {
        header.mark.get() == self.cycle
    }

    /// A layout is in use, so its class is alive.
    #[inline(always)]
    pub fn layout(&mut self, layout: LayoutId) {
        let index = layout.0 as usize;
        if index < self.layouts.len() && !self.layouts[index] {
            self.layouts[index] = true;
            self.reached_layouts.push(layout);
        }
    }

    /// Looks into one object; false if none is left.
    pub fn step(&mut self) -> bool {
        let Some(header) = self.work.pop() else { return false };
        // SAFETY: only live objects are pushed, and nothing is freed while marking.
        let header = unsafe { &*header };
        self.layout(header.layout());
        // SAFETY: the entry belongs to the kind of this object.
        unsafe { (KINDS[header.kind() as usize].trace)(header, self) };
        if let Some(dictionary) = header.dictionary() {
            self.value(dictionary.get());
            for index in 0..header.capacity() {
                self.cell(header.slot(index));
            }
        }
        true
    }

    /// The next layout that was reached and whose class has not been shown yet.
    pub fn next_layout(&mut self) -> Option<LayoutId> {
        self.reached_layouts.pop()
    }

    /// Was this layout reached?
    pub fn layout_is_reached(&self, layout: LayoutId) -> bool {
        self.layouts.get(layout.0 as usize).copied().unwrap_or(true)
    }
}
