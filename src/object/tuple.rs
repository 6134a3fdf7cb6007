//! `Tuple`: the body of a tuple. The items stand right behind it, or, for instances of subclasses with attributes,
//! in a plain tuple of their own.
#![allow(unsafe_code)]

use crate::object::context::Context;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// The body of a tuple.
pub struct Tuple {
    /// Twice the number of items and 1; or, without the lowest bit, the plain tuple that holds them.
    word: u64,
}

impl Body for Tuple {
    const KIND: Kind = Kind::Tuple;

    fn trace(&self, marker: &mut Marker) {
        match self.holder() {
            Some(holder) => marker.object(holder),
            None => self.items().iter().for_each(|&item| marker.value(item)),
        }
    }
}

impl Tuple {
    /// A tuple of these items.
    #[inline(always)]
    pub fn allocate(cx: &mut Context, items: &[Value]) -> Ref<Tuple> {
        Tuple::allocate_plain(cx, LayoutId::TUPLE, items)
    }

    #[inline(always)]
    fn allocate_plain(cx: &mut Context, layout: LayoutId, items: &[Value]) -> Ref<Tuple> {
        cx.charge(size_of_val(items));
        let body = Tuple { word: (items.len() as u64) << 1 | 1 };
        let tuple = cx.heap.allocate_trailing(layout, body, size_of_val(items));
        // SAFETY: the object was made with room for the items behind its body.
        unsafe { std::ptr::copy_nonoverlapping(items.as_ptr(), tuple.trailing::<Value>(), items.len()) };
        tuple
    }

    /// An instance of a subclass of tuple. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, items: &[Value]) -> Ref<Tuple> {
        match capacity {
            None => Tuple::allocate_plain(cx, layout, items),
            Some(capacity) => {
                let word = Tuple::allocate(cx, items).value().bits();
                cx.heap.allocate_attributed(layout, Tuple { word }, capacity)
            }
        }
    }

    /// The plain tuple that holds the items, if it is not this one.
    #[inline(always)]
    fn holder(&self) -> Option<Ref<Tuple>> {
        if self.word & 1 == 1 {
            return None;
        }
        // SAFETY: without the lowest bit the word is the address of a tuple, which this object keeps alive.
        Some(Ref::from_header(unsafe { &*(self.word as *const crate::object::heap::Header) }))
    }

    /// The items; they never change and never move.
    #[inline(always)]
    pub fn items(&self) -> &[Value] {
        if self.word & 1 == 0 {
            return self.items_of_holder();
        }
        let start = (self as *const Tuple).wrapping_add(1) as *const Value;
        // SAFETY: so many items were written behind the body when the object was made, and a body lives nowhere but
        // in its object.
        unsafe { std::slice::from_raw_parts(start, (self.word >> 1) as usize) }
    }

    #[inline(never)]
    fn items_of_holder(&self) -> &[Value] {
        let items = match self.holder() {
            Some(ref holder) => holder.items() as *const [Value],
            None => &[],
        };
        // SAFETY: the holder lives as long as this object.
        unsafe { &*items }
    }

    /// How many items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.items().len()
    }

    /// Is it empty?
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a place.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.items().get(index).copied()
    }

    /// The item at an index of the language, which counts from the end if it is negative.
    #[inline(always)]
    pub fn at(&self, index: i64) -> Option<Value> {
        let items = self.items();
        let place = if index >= 0 { index } else { index.wrapping_add(items.len() as i64) };
        items.get(place as usize).copied()
    }
}
