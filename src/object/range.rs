//! `Range`: the body of a range. Its numbers are ints of any size.

use std::cell::Cell;

use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::integer::Int;
use crate::object::iterator::{self, IteratorState};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::slice::Slice;
use crate::object::value::Value;

/// The body of a range.
pub struct Range {
    /// `start`
    pub start: Value,
    /// `stop`
    pub stop: Value,
    /// `step`, never 0.
    pub step: Value,
    /// How many items.
    pub length: Value,
}

impl Body for Range {
    const KIND: Kind = Kind::Range;

    fn trace(&self, marker: &mut Marker) {
        for value in [self.start, self.stop, self.step, self.length] {
            marker.value(value);
        }
    }
}

impl Range {
    /// A range of integers, which become exact ints; ValueError if the step is 0.
    pub fn allocate(cx: &mut Context, start: Value, stop: Value, step: Value) -> Result<Value, Stop> {
        if Int::sign(step) == 0 {
            return Err(cx.value_error("range() arg 3 must not be zero"));
        }
        let [start, stop, step] = [start, stop, step].map(|value| Int::exact(cx, value));
        let length = length_of(cx, start, stop, step)?;
        Ok(cx.heap.allocate(LayoutId::RANGE, Range { start, stop, step, length }).value())
    }

    /// How many items, if that is not more than a sequence can have.
    pub fn len(&self) -> Option<usize> {
        Int::to_i64(self.length).map(|length| length as usize)
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        Int::sign(self.length) == 0
    }

    /// The item at a place, which exists.
    fn item(&self, cx: &mut Context, place: Value) -> Result<Value, Stop> {
        let distance = Int::multiply(cx, place, self.step)?;
        Ok(Int::add(cx, self.start, distance))
    }

    /// The item at an index of the language, an integer; None if there is none.
    pub fn at(&self, cx: &mut Context, index: Value) -> Result<Option<Value>, Stop> {
        let place = if Int::sign(index) < 0 { Int::add(cx, index, self.length) } else { index };
        if Int::sign(place) < 0 || Int::compare(place, self.length).is_ge() {
            return Ok(None);
        }
        self.item(cx, place).map(Some)
    }

    /// The place of an integer among the items; None if it is not one of them.
    pub fn index(&self, cx: &mut Context, value: Value) -> Result<Option<Value>, Stop> {
        let distance = Int::subtract(cx, value, self.start);
        let (place, rest) = Int::divide_modulo(cx, distance, self.step)?;
        let is_item = Int::sign(rest) == 0 && Int::sign(place) >= 0 && Int::compare(place, self.length).is_lt();
        Ok(is_item.then_some(place))
    }

    /// Have both the same items?
    pub fn equals(&self, other: &Range) -> bool {
        if Int::compare(self.length, other.length).is_ne() {
            return false;
        }
        let is_one = self.length == Value::small(1);
        self.is_empty()
            || Int::compare(self.start, other.start).is_eq() && (is_one || Int::compare(self.step, other.step).is_eq())
    }

    /// The items of the tuple whose hash is that of the range.
    pub fn hash_parts(&self, _: &mut Context) -> [Value; 3] {
        match self.length {
            length if length == Value::small(0) => [length, Value::NONE, Value::NONE],
            length if length == Value::small(1) => [length, self.start, Value::NONE],
            length => [length, self.start, self.step],
        }
    }

    /// A slice of it, a range again.
    pub fn slice(&self, cx: &mut Context, slice: Ref<Slice>) -> Result<Value, Problem> {
        if let Some(length) = self.len() {
            let indices = slice.indices(cx, length)?;
            let [start, stop, step] = [indices.start, indices.stop, indices.step].map(|index| cx.int(index));
            let (start, stop) = (self.item(cx, start)?, self.item(cx, stop)?);
            let step = Int::multiply(cx, self.step, step)?;
            return Ok(Range::allocate(cx, start, stop, step)?);
        }
        let message = "Python int too large to convert to C ssize_t";
        Err(Problem::Stop(cx.overflow_error(message)))
    }

    /// The state of an iterator that counts from `start` in steps of `step` as often as the range has items.
    fn state(&self, cx: &mut Context, is_reverse: bool) -> Result<(LayoutId, IteratorState), Stop> {
        let last = Int::subtract(cx, self.length, Value::small(1));
        let last = self.item(cx, last)?;
        let (start, step) = match is_reverse {
            true => (last, Int::negate(cx, self.step)),
            false => (self.start, self.step),
        };
        let end = Int::add(cx, if is_reverse { self.start } else { last }, step);
        if [start, end, step, self.length].iter().all(|value| value.is_small()) {
            let left = Cell::new(self.length.as_small() as u64);
            let state = IteratorState::Range { next: Cell::new(start.as_small()), left, step: step.as_small() };
            return Ok((LayoutId::RANGE_ITERATOR, state));
        }
        Ok((LayoutId::LONGRANGE_ITERATOR, IteratorState::LongRange { next: Cell::new(start), stop: end, step }))
    }
}

/// How many items there are from `start` to before `stop`.
fn length_of(cx: &mut Context, start: Value, stop: Value, step: Value) -> Result<Value, Stop> {
    let is_upward = Int::sign(step) > 0;
    let (low, high) = if is_upward { (start, stop) } else { (stop, start) };
    if Int::compare(low, high).is_ge() {
        return Ok(Value::small(0));
    }
    let distance = Int::subtract(cx, high, low);
    let before = Int::subtract(cx, distance, Value::small(1));
    let size = Int::absolute(cx, step);
    let steps = Int::floor_divide(cx, before, size)?;
    Ok(Int::add(cx, steps, Value::small(1)))
}

/// How many items a range has, if that is not more than a sequence can have.
pub fn length(value: Value) -> Option<usize> {
    value.get::<Range>()?.len()
}

/// An iterator over a range.
pub fn iterator(cx: &mut Context, value: Value) -> Value {
    iterator_from(cx, value, false)
}

/// An iterator over a range from its end.
pub fn reverse_iterator(cx: &mut Context, value: Value) -> Value {
    iterator_from(cx, value, true)
}

fn iterator_from(cx: &mut Context, value: Value, is_reverse: bool) -> Value {
    let Some(range) = value.get::<Range>() else { return value };
    let nothing = || IteratorState::Range { next: Cell::new(0), left: Cell::new(0), step: 1 };
    let (layout, state) = match range.is_empty() {
        true => (LayoutId::RANGE_ITERATOR, nothing()),
        false => range.state(cx, is_reverse).unwrap_or_else(|_| (LayoutId::RANGE_ITERATOR, nothing())),
    };
    iterator::allocate(cx, layout, state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_any_size() {
        let cx = &mut Context::new((1, 2));
        let make = |cx: &mut Context, start: i64, stop: i64, step: i64| {
            let [start, stop, step] = [start, stop, step].map(|number| cx.int(number));
            let range = Range::allocate(cx, start, stop, step).ok().and_then(|range| range.get::<Range>());
            range.expect("a range")
        };
        let range = make(cx, 10, 0, -3);
        assert_eq!(range.len(), Some(4));
        assert_eq!(range.at(cx, Value::small(-1)).ok(), Some(Some(Value::small(1))));
        assert_eq!(range.at(cx, Value::small(4)).ok(), Some(None));
        assert_eq!(range.index(cx, Value::small(4)).ok(), Some(Some(Value::small(2))));
        assert_eq!(range.index(cx, Value::small(0)).ok(), Some(None));
        let wide = make(cx, i64::MIN, i64::MAX, 1);
        assert_eq!(wide.len(), None);
        assert!(make(cx, 0, 3, 2).equals(&make(cx, 0, 4, 2)));
        assert!(make(cx, 0, 0, 2).equals(&make(cx, 5, 4, 1)));
        let parts = Slice::allocate(cx, Value::NONE, Value::NONE, Value::small(-1)).get().expect("a slice");
        let reversed = range.slice(cx, parts).ok().and_then(|range| range.get::<Range>()).expect("a range");
        assert_eq!([reversed.start, reversed.stop, reversed.step], [1, 13, 3].map(Value::small));
    }
}
