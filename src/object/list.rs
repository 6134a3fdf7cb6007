//! `List`: the body of a list, a growing vector of values.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ops::Range;

use crate::object::context::Context;
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;

/// The body of a list.
pub struct List {
    items: UnsafeCell<Vec<Value>>,
}

impl Body for List {
    const KIND: Kind = Kind::List;

    fn trace(&self, marker: &mut Marker) {
        self.items().iter().for_each(|&item| marker.value(item));
    }
}

impl List {
    /// A list of these items.
    #[inline(always)]
    pub fn new(items: Vec<Value>) -> List {
        List { items: UnsafeCell::new(items) }
    }

    /// An instance of a subclass of list. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, items: Vec<Value>) -> Value {
        let body = List::new(items);
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity).value(),
            None => cx.heap.allocate(layout, body).value(),
        }
    }

    /// The items. The slice must not be held while the list may change: copy out what outlives the expression.
    #[inline(always)]
    pub fn items(&self) -> &[Value] {
        // SAFETY: the vector is only borrowed within single expressions, and nothing runs between them.
        unsafe { &*self.items.get() }
    }

    /// The vector, for one expression.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn vector(&self) -> &mut Vec<Value> {
        // SAFETY: as for `items`; every caller below lets go of it before it returns.
        unsafe { &mut *self.items.get() }
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        self.items().to_vec()
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
        self.items().get(self.place(index)).copied()
    }

    /// The place an index of the language stands for; beyond the end if there is none.
    #[inline(always)]
    pub fn place(&self, index: i64) -> usize {
        if index >= 0 { index as usize } else { index.wrapping_add(self.len() as i64) as usize }
    }

    /// The item at a place that exists.
    ///
    /// # Safety
    /// `index` is less than `len`.
    #[inline(always)]
    pub unsafe fn get_unchecked(&self, index: usize) -> Value {
        unsafe { *self.items().get_unchecked(index) }
    }

    /// Replaces the item at a place; false if there is none.
    #[inline(always)]
    pub fn set(&self, index: usize, value: Value) -> bool {
        match self.vector().get_mut(index) {
            Some(item) => {
                *item = value;
                true
            }
            None => false,
        }
    }

    /// Appends an item.
    #[inline(always)]
    pub fn push(&self, value: Value) {
        self.vector().push(value);
    }

    /// Takes the last item off.
    #[inline(always)]
    pub fn pop(&self) -> Option<Value> {
        self.vector().pop()
    }

    /// Takes out the item at a place.
    pub fn remove(&self, index: usize) -> Option<Value> {
        let items = self.vector();
        (index < items.len()).then(|| items.remove(index))
    }

    /// Puts an item before the one at a place, or at the end.
    pub fn insert(&self, index: usize, value: Value) {
        let items = self.vector();
        items.insert(index.min(items.len()), value);
    }

    /// Appends items, which must not be a slice of this very list.
    pub fn extend(&self, values: &[Value]) {
        self.vector().extend_from_slice(values);
    }

    /// Exchanges a range of items for others.
    pub fn splice(&self, range: Range<usize>, values: Vec<Value>) {
        self.vector().splice(range, values);
    }

    /// A copy of a range of items.
    pub fn part(&self, range: Range<usize>) -> Vec<Value> {
        self.items().get(range).map_or(Vec::new(), <[Value]>::to_vec)
    }

    /// `length` items beginning at `start`, each `step` from the last, all of which exist.
    pub fn slice(&self, start: i64, step: i64, length: usize) -> Vec<Value> {
        slice(self.items(), start, step, length)
    }

    /// Removes `length` items beginning at `start`, each `step` from the last.
    pub fn remove_slice(&self, start: i64, step: i64, length: usize) {
        if length == 0 {
            return;
        }
        let last = start + (length as i64 - 1) * step;
        let (first, step) = (start.min(last) as usize, step.unsigned_abs() as usize);
        let items = self.vector();
        if step == 1 {
            items.drain(first..first + length);
            return;
        }
        let mut place = 0;
        items.retain(|_| {
            let is_removed = place >= first && (place - first) % step == 0 && (place - first) / step < length;
            place += 1;
            !is_removed
        });
    }

    /// Shortens it.
    pub fn truncate(&self, length: usize) {
        self.vector().truncate(length);
    }

    /// Removes all items.
    pub fn clear(&self) {
        *self.vector() = Vec::new();
    }

    /// Turns the order around.
    pub fn reverse(&self) {
        self.vector().reverse();
    }

    /// Exchanges two items that exist.
    pub fn swap(&self, a: usize, b: usize) {
        self.vector().swap(a, b);
    }

    /// Takes all items out and leaves it empty, as sorting does.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(self.vector())
    }

    /// Puts other items in the place of all.
    pub fn replace(&self, items: Vec<Value>) {
        *self.vector() = items;
    }

    /// How many items fit without growing.
    pub fn capacity(&self) -> usize {
        self.vector().capacity()
    }
}

/// `length` items of a slice beginning at `start`, each `step` from the last, all of which exist.
pub fn slice(items: &[Value], start: i64, step: i64, length: usize) -> Vec<Value> {
    if length == 0 {
        return Vec::new();
    }
    if step == 1 {
        return items[start as usize..start as usize + length].to_vec();
    }
    (0..length as i64).map(|turn| items[(start + turn * step) as usize]).collect()
}

/// The items `count` times over, or MemoryError.
pub fn repeat(cx: &mut Context, items: &[Value], count: i64) -> Result<Vec<Value>, Stop> {
    let count = usize::try_from(count).unwrap_or(0);
    let Some(total) = items.len().checked_mul(count).filter(|&total| total <= isize::MAX as usize / 16) else {
        return Err(cx.memory_error());
    };
    cx.reserve(total * 8)?;
    Ok(match items {
        [item] => vec![*item; count],
        _ => items.repeat(count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_removed_at_any_step() {
        let numbers = |range: std::ops::Range<i64>| range.map(Value::small).collect::<Vec<_>>();
        let list = List::new(numbers(0..10));
        list.remove_slice(8, -3, 3);
        assert_eq!(list.to_vec(), [0, 1, 3, 4, 6, 7, 9].map(Value::small));
        list.remove_slice(1, 1, 2);
        assert_eq!(list.to_vec(), [0, 4, 6, 7, 9].map(Value::small));
        assert_eq!(list.slice(4, -2, 3), [9, 6, 0].map(Value::small));
    }
}
